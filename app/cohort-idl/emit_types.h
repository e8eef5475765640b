/* The constants and types of a file, as declarations in its header. */
#ifndef COHORT_IDL_EMIT_TYPES_H
#define COHORT_IDL_EMIT_TYPES_H

#include "ast.h"

#include <stdio.h>

void put_constants(const struct file *file, FILE *to);
void put_enums(const struct file *file, FILE *to);
/* With those of the methods, and the composite types that they consist of. */
void put_structs(const struct file *file, FILE *to);

#endif
