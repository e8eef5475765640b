/* The tables of a file's types, as definitions in its source. */
#ifndef COHORT_IDL_EMIT_TABLES_H
#define COHORT_IDL_EMIT_TABLES_H

#include "ast.h"

#include <stdio.h>

/* Of all enums and structs, with those of the methods. */
void put_tables(const struct file *file, FILE *to);
/* Of the parameters or results of a method; also without any there is a table. */
const char *name_of_record_table(const struct declaration *interface, const struct method *method,
				 bool out);

#endif
