/* Whether structs can be laid out in memory: none contains itself, and none is huge. */
#ifndef COHORT_IDL_LAYOUT_H
#define COHORT_IDL_LAYOUT_H

#include "ast.h"

/* Types have been resolved. */
void layout_check(struct file *files);

#endif
