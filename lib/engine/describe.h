/*
 * describe: the state of a handle as lines of text; cohort_describe() says how they look.
 */
#ifndef COHORT_ENGINE_DESCRIBE_H
#define COHORT_ENGINE_DESCRIBE_H

#include <stddef.h>

struct cohort;

/* All lines, NUL-terminated, for free(). NULL: no memory. */
char *describe_channel(struct cohort *c);

#endif
