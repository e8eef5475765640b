/*
 * counters: what a session or a channel has counted. Each has one writer at a time (the comment
 * says under what), so a relaxed load and store is enough; readers see values that were true a
 * moment ago.
 */
#ifndef COHORT_ENGINE_COUNTERS_H
#define COHORT_ENGINE_COUNTERS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "cohort/stats.h"

/*
 * The fields of struct cohort_counters after `size`, as indices. They also travel in ANSWER frames.
 */
#define COUNTER(field)                                       \
	((offsetof(struct cohort_counters, field) -          \
	  offsetof(struct cohort_counters, messages_sent)) / \
	 8)
#define COUNTERS \
	((sizeof(struct cohort_counters) - offsetof(struct cohort_counters, messages_sent)) / 8)

struct counters {
	_Atomic uint64_t value[COUNTERS];
};

/* One writer at a time. */
static inline void counter_add(struct counters *c, size_t index, uint64_t n)
{
	uint64_t old = atomic_load_explicit(&c->value[index], memory_order_relaxed);

	atomic_store_explicit(&c->value[index], old + n, memory_order_relaxed);
}

/* Any number of writers. */
static inline void counter_add_shared(struct counters *c, size_t index, uint64_t n)
{
	atomic_fetch_add_explicit(&c->value[index], n, memory_order_relaxed);
}

static inline void counter_set(struct counters *c, size_t index, uint64_t n)
{
	atomic_store_explicit(&c->value[index], n, memory_order_relaxed);
}

static inline uint64_t counter_get(const struct counters *c, size_t index)
{
	return atomic_load_explicit(&c->value[index], memory_order_relaxed);
}

/* Adds all of `from` to `to`; the peak is the larger one. Moving leaves zeros behind. */
void counters_merge(struct counters *to, const struct counters *from);
void counters_move(struct counters *to, struct counters *from);
void counters_read(const struct counters *from, struct cohort_counters *out);

#endif
