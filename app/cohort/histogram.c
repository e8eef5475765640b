/*
 * histogram.c: a value's highest bit says which power of two, the five bits below it which bucket
 * there. What is less than 32 is its own bucket, which continues the sequence without a seam: the
 * first power of two that is cut, 32 to 63, has buckets of width 1.
 */
#include "histogram.h"

#include <string.h>

void histogram_clear(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
}

size_t histogram_bucket(int64_t value)
{
	uint64_t v = value > 0 ? (uint64_t)value : 0;
	unsigned shift;

	if (v < HISTOGRAM_SUB)
		return (size_t)v;
	shift = 63 - (unsigned)__builtin_clzll(v) - HISTOGRAM_SUB_BITS;
	return (size_t)shift * HISTOGRAM_SUB + (size_t)(v >> shift);
}

int64_t histogram_floor(size_t bucket)
{
	size_t shift = bucket < HISTOGRAM_SUB ? 0 : bucket / HISTOGRAM_SUB - 1;

	if (bucket >= HISTOGRAM_BUCKETS)
		return INT64_MAX;
	return (int64_t)((uint64_t)(bucket - shift * HISTOGRAM_SUB) << shift);
}

void histogram_add(struct histogram *h, int64_t value)
{
	int64_t v = value > 0 ? value : 0;

	if (h->count == 0 || v < h->least)
		h->least = v;
	if (v > h->most)
		h->most = v;
	h->count++;
	h->sum += (double)v;
	h->buckets[histogram_bucket(v)]++;
}

int64_t histogram_quantile(const struct histogram *h, double share)
{
	double wanted = share * (double)h->count;
	uint64_t seen = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen > 0 && (double)seen >= wanted) {
			int64_t last = histogram_floor(i + 1) - 1;

			return last < h->most ? last : h->most;
		}
	}
	return h->most;
}

double histogram_mean(const struct histogram *h)
{
	return h->count ? h->sum / (double)h->count : 0;
}

/* How much of [floor, ceiling) lies in [from, to), 0 to 1. */
static double overlap(double floor, double ceiling, double from, double to)
{
	double first = from > floor ? from : floor;
	double last = to < ceiling ? to : ceiling;

	return last > first ? (last - first) / (ceiling - floor) : 0;
}

double histogram_between(const struct histogram *h, double from, double to)
{
	double sum = 0, least = (double)h->least, most = (double)h->most + 1;

	for (size_t i = histogram_bucket((int64_t)from); i < HISTOGRAM_BUCKETS; i++) {
		double floor = (double)histogram_floor(i), ceiling = (double)histogram_floor(i + 1);

		if (floor >= to)
			break;
		/* The first and the last bucket have no values beyond the least and the greatest. */
		if (h->buckets[i])
			sum += (double)h->buckets[i] * overlap(floor > least ? floor : least,
							       ceiling < most ? ceiling : most,
							       from, to);
	}
	return sum;
}
