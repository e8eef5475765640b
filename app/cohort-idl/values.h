/* What constants, enumerators and defaults are worth, and whether they fit. */
#ifndef COHORT_IDL_VALUES_H
#define COHORT_IDL_VALUES_H

#include "ast.h"

/* The constants and enumerators of a file. */
void values_check(struct file *file);

/*
 * An integer between the two, written as a literal or as a constant's name; `what` begins the error.
 * False: there was one.
 */
bool value_integer(const struct file *file, const struct value *v, uint64_t lowest,
		   uint64_t highest, const char *what, uint64_t *out);

/* Whether the default of a field fits its type, which has been resolved. */
void value_check_default(const struct file *file, const struct field *field);

#endif
