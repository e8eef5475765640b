/*
 * stats.h: medians and percentiles. Both reorder the values they are given; an empty set has the
 * value 0.
 */
#ifndef COHORT_BENCH_STATS_H
#define COHORT_BENCH_STATS_H

#include <stddef.h>
#include <stdint.h>

double stats_median(double *values, size_t count);

/* The value that a share of `rank` (0 to 1) of the samples does not exceed. */
uint32_t stats_percentile(uint32_t *samples, size_t count, double rank);

#endif
