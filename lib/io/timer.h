/*
 * timer: one timerfd that holds one time, the earliest that anybody asked for.
 *
 * Whoever has a deadline calls timer_arm_earlier(); that costs a system call only when the
 * deadline comes before the armed one. When the descriptor is readable its thread calls
 * timer_fired(), looks through all deadlines, and arms the next one.
 */
#ifndef COHORT_IO_TIMER_H
#define COHORT_IO_TIMER_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/lock.h"

struct timer {
	int fd;
	struct lock lock;      /* LOCK_TIMER: orders the setting of the descriptor */
	_Atomic int64_t armed; /* written under the lock, read without it; DEADLINE_NEVER: none */
};

int timer_init(struct timer *timer);
void timer_deinit(struct timer *timer);
int timer_fd(const struct timer *timer);

/*
 * The descriptor is readable at `deadline` (absolute CLOCK_MONOTONIC nanoseconds) at the latest.
 * Any thread. The deadline must have been stored before, where the thread of timer_fired() looks:
 * under a lock which that takes, or with a seq_cst store.
 */
void timer_arm_earlier(struct timer *timer, int64_t deadline);

/*
 * The thread that found the descriptor readable calls this *before* it looks through its
 * deadlines: a time that is armed concurrently is then either seen by that look or armed anew,
 * never lost. Harmless when nothing fired.
 */
void timer_fired(struct timer *timer);

/*
 * Replaces the armed time, later or earlier; DEADLINE_NEVER disarms. Only for who knows all
 * deadlines: after a look through deadlines that others may add to meanwhile it is
 * timer_arm_earlier() that forgets none of theirs.
 */
void timer_rearm(struct timer *timer, int64_t deadline);

#endif
