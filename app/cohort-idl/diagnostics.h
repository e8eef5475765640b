/*
 * What is wrong with the input: collected while the compiler goes on, and printed at the end, in the
 * order of the source.
 */
#ifndef COHORT_IDL_DIAGNOSTICS_H
#define COHORT_IDL_DIAGNOSTICS_H

#include "ast.h"

#include <stdio.h>

/* Of several errors at one place the first counts: the others come from it. A place without a line is
 * the whole file. */
void error_at(struct place place, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Says more about the error before. */
void note_at(struct place place, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How many errors there are. */
size_t diagnostics_count(void);
/*
 * Something could not be read, so not all names are known: from now on it says nothing that a name
 * is missing.
 */
void names_incomplete_set(void);
bool names_incomplete(void);

/* Each with its line of the source and a caret; twenty errors at most. */
void diagnostics_print(const struct file *files, FILE *to);

#endif
