/*
 * How times are distributed: a histogram of fixed size, whatever is counted and however often.
 *
 * The buckets are log-linear: each power of two is cut into 32 of equal width, so that a bucket is
 * at most 1/32 of the values that it holds wide. The least and the greatest value are kept exactly.
 */
#ifndef COHORT_HISTOGRAM_H
#define COHORT_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_SUB_BITS 5
#define HISTOGRAM_SUB (1u << HISTOGRAM_SUB_BITS)
/* Values below HISTOGRAM_SUB have a bucket each, then come 63 - 5 powers of two (int64_t). */
#define HISTOGRAM_BUCKETS ((63 - HISTOGRAM_SUB_BITS + 1) * HISTOGRAM_SUB)

struct histogram {
	uint64_t count;
	int64_t least, most; /* of those counted; 0 while there are none */
	double sum;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_clear(struct histogram *h);
void histogram_add(struct histogram *h, int64_t value); /* a negative one counts as 0 */

/*
 * The value that `share` (0 to 1) of those counted do not exceed: the greatest that its bucket may
 * hold, but not more than the greatest counted. 0 while there are none.
 */
int64_t histogram_quantile(const struct histogram *h, double share);
double histogram_mean(const struct histogram *h);

/* The bucket of a value, and the least value of a bucket (of HISTOGRAM_BUCKETS: INT64_MAX). */
size_t histogram_bucket(int64_t value);
int64_t histogram_floor(size_t bucket);

/*
 * How many are counted in [from, to), where buckets that lie only partly in it count in part, as if
 * their values were spread evenly.
 */
double histogram_between(const struct histogram *h, double from, double to);

#endif
