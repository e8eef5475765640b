/* The attributes: which there are, and where. */
#ifndef COHORT_IDL_ATTRIBUTES_H
#define COHORT_IDL_ATTRIBUTES_H

#include "ast.h"

/* Looks at all attributes of a file, and sets what those of its declarations say. */
void attributes_check(struct file *file);

const struct attribute *attribute_find(const struct attribute *list, const char *name);

#endif
