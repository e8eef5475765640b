/* Which files the outputs depend on, for make. */
#ifndef COHORT_IDL_DEPFILE_H
#define COHORT_IDL_DEPFILE_H

#include "ast.h"

#include <stdio.h>

/* One rule for all targets, and an empty one for each import, so that one may go away. */
void depfile(const struct file *files, const char *const *targets, size_t ntargets, FILE *to);

#endif
