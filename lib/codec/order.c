/*
 * order.c: heapsort: it needs no memory, no recursion, and has no bad case that a caller's data could
 * be.
 */
#include "codec/order.h"

#include "codec/object.h"

struct entries {
	const struct cohort_type *key;
	const unsigned char *first; /* key */
	size_t stride;
};

static struct entries entries_of(const struct cohort_type *of, const void *entries)
{
	return (struct entries){ .key = of->fields[0].type,
				 .first = (const unsigned char *)entries + of->fields[0].offset,
				 .stride = of->size };
}

static int compare(const struct entries *e, size_t a, size_t b)
{
	return codec_compare(e->key, e->first + a * e->stride, e->first + b * e->stride);
}

bool codec_is_ascending(const struct cohort_type *of, const void *entries, size_t count)
{
	struct entries e = entries_of(of, entries);

	for (size_t i = 1; i < count; i++)
		if (compare(&e, i - 1, i) >= 0)
			return false;
	return true;
}

/* Lets order[root] sink until none of its children in [0, count) is greater. */
static void sink(const struct entries *e, uint32_t *order, size_t root, size_t count)
{
	uint32_t sinking = order[root];
	size_t child;

	while ((child = 2 * root + 1) < count) {
		if (child + 1 < count && compare(e, order[child], order[child + 1]) < 0)
			child++;
		if (compare(e, sinking, order[child]) >= 0)
			break;
		order[root] = order[child];
		root = child;
	}
	order[root] = sinking;
}

static void heapsort(const struct entries *e, uint32_t *order, size_t count)
{
	uint32_t greatest;

	for (size_t root = count / 2; root-- > 0;)
		sink(e, order, root, count);
	for (size_t end = count; end-- > 1;) {
		greatest = order[0];
		order[0] = order[end];
		order[end] = greatest;
		sink(e, order, 0, end);
	}
}

bool codec_order(const struct cohort_type *of, const void *entries, uint32_t *order, uint32_t count)
{
	struct entries e = entries_of(of, entries);

	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	heapsort(&e, order, count);
	for (uint32_t i = 1; i < count; i++)
		if (compare(&e, order[i - 1], order[i]) == 0)
			return false;
	return true;
}
