/*
 * stats.c: a round has up to a million samples and we want two of them, so a percentile is found by
 * selection: each pass partitions the samples around a pivot and goes on in the part that holds the
 * rank. The median of a few rounds is sorted for.
 */
#include "stats.h"

#include <stdlib.h>

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

double stats_median(double *values, size_t count)
{
	if (count == 0)
		return 0;
	qsort(values, count, sizeof(*values), compare_doubles);
	if (count % 2)
		return values[count / 2];
	return (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void swap(uint32_t *a, uint32_t *b)
{
	uint32_t held = *a;

	*a = *b;
	*b = held;
}

/*
 * Afterwards everything in [first, *below) is less than the pivot, everything in [*above, last) is
 * greater.
 */
static void partition(uint32_t *v, size_t first, size_t last, size_t *below, size_t *above)
{
	uint32_t pivot = v[first + (last - first) / 2];
	size_t next = first;

	while (next < last) {
		if (v[next] < pivot)
			swap(&v[next++], &v[first++]);
		else if (v[next] > pivot)
			swap(&v[next], &v[--last]);
		else
			next++;
	}
	*below = first;
	*above = last;
}

static uint32_t select_nth(uint32_t *v, size_t count, size_t nth)
{
	size_t first = 0;
	size_t last = count;

	while (last - first > 1) {
		size_t below, above;

		partition(v, first, last, &below, &above);
		if (nth < below)
			last = below;
		else if (nth >= above)
			first = above;
		else
			break;
	}
	return v[nth];
}

uint32_t stats_percentile(uint32_t *samples, size_t count, double rank)
{
	size_t nth;

	if (count == 0)
		return 0;
	nth = (size_t)((double)count * rank);
	return select_nth(samples, count, nth < count ? nth : count - 1);
}
