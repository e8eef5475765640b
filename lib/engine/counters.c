#include "engine/counters.h"

#include <assert.h>

static_assert(sizeof(struct cohort_counters) ==
		      offsetof(struct cohort_counters, messages_sent) + COUNTERS * sizeof(uint64_t),
	      "all counters are 64-bit words");

static void merge_one(struct counters *to, size_t i, uint64_t n)
{
	if (i != COUNTER(queue_peak))
		counter_add_shared(to, i, n);
	else if (n > counter_get(to, i))
		counter_set(to, i, n);
}

void counters_merge(struct counters *to, const struct counters *from)
{
	for (size_t i = 0; i < COUNTERS; i++)
		merge_one(to, i, counter_get(from, i));
}

void counters_move(struct counters *to, struct counters *from)
{
	for (size_t i = 0; i < COUNTERS; i++)
		merge_one(to, i,
			  atomic_exchange_explicit(&from->value[i], 0, memory_order_relaxed));
}

void counters_read(const struct counters *from, struct cohort_counters *out)
{
	uint64_t *word = &out->messages_sent;

	for (size_t i = 0; i < COUNTERS; i++)
		word[i] = counter_get(from, i);
}
