/*
 * What the grammar cannot say: what names mean, and everything that must hold besides. Fills what
 * ast.h leaves to it.
 */
#ifndef COHORT_IDL_CHECK_H
#define COHORT_IDL_CHECK_H

#include "ast.h"

/* All files of a run. Whether they are good is diagnostics_count(). */
void check(struct file *files);

#endif
