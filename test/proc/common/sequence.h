/*
 * A sequence watches one stream of messages that their sender numbered 0, 1, 2 and so on: each must be the next one,
 * once as many as were reported lost are counted in. It need not begin with the first.
 *
 * Used by the tests and by the programs that they start.
 */
#ifndef COHORT_PROC_SEQUENCE_H
#define COHORT_PROC_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

struct sequence {
	bool started;
	uint64_t first;
	uint64_t next;
	uint64_t handled;
	uint64_t lost;
	uint64_t disorder; /* messages that were not the next one */
};

static inline void sequence_handle(struct sequence *s, uint64_t number)
{
	if (!s->started) {
		s->started = true;
		s->first = number;
		s->next = number;
		s->lost = 0; /* before the first nobody knows what it counts */
	}
	if (number != s->next)
		s->disorder++;
	s->handled++;
	s->next = number + 1;
}

static inline void sequence_lose(struct sequence *s, uint64_t count)
{
	s->lost += count;
	s->next += count;
}

#endif
