/*
 * Random bytes nobody can guess: for the nonces of sessions and the seeds of hash tables.
 */
#ifndef COHORT_BASE_RANDOM_H
#define COHORT_BASE_RANDOM_H

#include <stddef.h>

/* Fills buf: 0 or a negative errno. */
int random_bytes(void *buf, size_t len);

#endif
