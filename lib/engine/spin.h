/*
 * spin: what a waiter does before it sleeps, because sleeping and waking cost more than most waits.
 */
#ifndef COHORT_ENGINE_SPIN_H
#define COHORT_ENGINE_SPIN_H

#include <stdbool.h>
#include <stdint.h>

struct session;

/* Whether what is waited for is there. */
typedef bool spin_look(struct session *s, const void *arg);

/*
 * Looks again and again, until look() is true (then so is the result), the budget is spent, the
 * deadline has come or the session is over. `peer_cpu`: where the other side was last seen.
 */
bool spin_until(struct session *s, uint32_t peer_cpu, spin_look *look, const void *arg,
		int64_t deadline);

#endif
