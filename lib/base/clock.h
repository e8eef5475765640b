/*
 * Time and deadlines.
 *
 * Every wait of the library is bounded by a deadline: an absolute CLOCK_MONOTONIC time in
 * nanoseconds, as an int64_t. Absolute times survive spurious wakeups and retries without drift,
 * and CLOCK_MONOTONIC is the one clock which neither jumps nor differs between processes of a
 * machine. DEADLINE_NEVER is the largest value, so that "the earlier of two" needs no special case.
 * The arithmetic saturates: no timeout, however large, wraps around into the past.
 */
#ifndef COHORT_BASE_CLOCK_H
#define COHORT_BASE_CLOCK_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define DEADLINE_NEVER INT64_MAX

#define CLOCK_NS_PER_US INT64_C(1000)
#define CLOCK_NS_PER_MS INT64_C(1000000)
#define CLOCK_NS_PER_S INT64_C(1000000000)

/* Nanoseconds of CLOCK_MONOTONIC. */
static inline int64_t clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * CLOCK_NS_PER_S + ts.tv_nsec;
}

/* The deadline `timeout` ns after `now`. A timeout below zero counts as zero. */
static inline int64_t deadline_after(int64_t now, int64_t timeout)
{
	int64_t sum;

	if (timeout <= 0)
		return now;
	if (timeout == DEADLINE_NEVER || __builtin_add_overflow(now, timeout, &sum))
		return DEADLINE_NEVER;
	return sum;
}

/* The ns left until `deadline`: 0 when it has passed, DEADLINE_NEVER when there is none. */
static inline int64_t deadline_left(int64_t now, int64_t deadline)
{
	int64_t left;

	if (deadline == DEADLINE_NEVER)
		return DEADLINE_NEVER;
	if (deadline <= now)
		return 0;
	if (__builtin_sub_overflow(deadline, now, &left))
		return DEADLINE_NEVER;
	return left;
}

/* The earlier of two deadlines. */
static inline int64_t deadline_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* As an absolute timespec; a deadline before the clock's start is written as that start. */
static inline void deadline_to_timespec(int64_t deadline, struct timespec *ts)
{
	if (deadline < 0)
		deadline = 0;
	ts->tv_sec = (time_t)(deadline / CLOCK_NS_PER_S);
	ts->tv_nsec = (long)(deadline % CLOCK_NS_PER_S);
}

/* As a timeout for epoll_wait or poll: rounded up, so that a wait never ends early and then spins
 * on the rest; -1 for never; a time too far for an int is cut to INT_MAX. */
static inline int deadline_to_ms(int64_t now, int64_t deadline)
{
	int64_t left = deadline_left(now, deadline);
	int64_t ms;

	if (left == DEADLINE_NEVER)
		return -1;
	ms = left / CLOCK_NS_PER_MS + (left % CLOCK_NS_PER_MS != 0);
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

/*
 * A deadline on another clock: `offset` is added (sign 1) or taken off (sign -1), saturating; never
 * stays never. Any values are allowed: both may come from another process.
 */
static inline int64_t deadline_shift(int64_t deadline, int64_t offset, int sign)
{
	int64_t sum;
	bool over;

	if (deadline == DEADLINE_NEVER)
		return deadline;
	over = sign > 0 ? __builtin_add_overflow(deadline, offset, &sum)
			: __builtin_sub_overflow(deadline, offset, &sum);
	if (over)
		return (offset > 0) == (sign > 0) ? DEADLINE_NEVER - 1 : 0;
	return sum;
}

/* CLOCK_MONOTONIC as of the last tick (some ms): a few ns instead of some tens. */
static inline int64_t clock_coarse(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (int64_t)ts.tv_sec * CLOCK_NS_PER_S + ts.tv_nsec;
}

#endif
