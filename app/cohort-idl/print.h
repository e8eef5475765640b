/* A file again, in the one form that all files with the same meaning have but for their comments. */
#ifndef COHORT_IDL_PRINT_H
#define COHORT_IDL_PRINT_H

#include "ast.h"

#include <stdio.h>

/* Comments other than doc comments are not known any more. */
void print(const struct file *file, FILE *to);

#endif
