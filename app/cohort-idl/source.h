/* The text of a file. */
#ifndef COHORT_IDL_SOURCE_H
#define COHORT_IDL_SOURCE_H

#include "ast.h"

/* A file of which nothing is known but its path, which is borrowed. */
struct file *source_new(const char *path);
/*
 * Reads it. 0, or the negative errno with which that failed; -EFBIG: larger than 16 MiB. Only regular
 * files unless `any`.
 */
int source_read(struct file *file, bool any);
/* Whether it is text: UTF-8 without control characters. If not, that is an error at the first one. */
bool source_verify(const struct file *file);

#endif
