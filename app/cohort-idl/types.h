/* What the types of fields mean, and which are allowed where. */
#ifndef COHORT_IDL_TYPES_H
#define COHORT_IDL_TYPES_H

#include "ast.h"

/* Constants and enums of all files have been computed. */
void types_check(struct file *file);

#endif
