/* The grammar: text to tree. What the names mean is check.c's. */
#ifndef COHORT_IDL_PARSE_H
#define COHORT_IDL_PARSE_H

#include "ast.h"

/* Fills the file from its text. What could not be read is left out, and errors say so. */
void parse(struct file *file);

#endif
