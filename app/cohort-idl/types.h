/* What the types of fields mean, and which are allowed where. */
#ifndef COHORT_IDL_TYPES_H
#define COHORT_IDL_TYPES_H

#include "ast.h"

/* Constants and enums of all files have been computed. */
void types_check(struct file *file);

/* Whether it is the type of libcamera's that is a descriptor, by its present or its former name: its uses
 * are TYPE_HANDLE. */
bool is_descriptor(const struct declaration *d);

#endif
