/*
 * How no deadline is lost. A thread X adds a deadline, the timer's thread T has just been woken
 * by an earlier one:
 *
 * X: stores its deadline      T: timer_fired() stores armed = DEADLINE_NEVER
 *      loads armed                 looks through all deadlines
 *
 * If X still sees the old armed time, which is earlier than its own, it arms nothing and relies
 * on T's look. Whether X's store and load and T's store and look are ordered by a lock around the
 * deadlines or by being seq_cst, at least one sees the other: T finds the deadline, or X finds
 * nothing armed and arms. All settings of the descriptor happen under the lock, with the store to
 * `armed`, so that the two always agree; an early wake-up for a time that was forgotten is
 * harmless.
 */
#include "io/timer.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

int timer_init(struct timer *timer)
{
	int fd;

	timer->fd = -1;
	atomic_init(&timer->armed, DEADLINE_NEVER);
	fd = fd_own(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
	if (fd < 0)
		return -errno;
	timer->fd = fd;
	lock_init(&timer->lock, LOCK_TIMER);
	return 0;
}

void timer_deinit(struct timer *timer)
{
	if (!timer || timer->fd < 0)
		return;
	fd_close(&timer->fd);
	lock_deinit(&timer->lock);
}

int timer_fd(const struct timer *timer)
{
	return timer->fd;
}

/*
 * To the kernel an absolute time of zero disarms, so what passed long ago is the clock's first
 * nanosecond.
 */
static void timer_set_locked(struct timer *timer, int64_t deadline)
{
	struct itimerspec spec = { .it_interval = { 0, 0 }, .it_value = { 0, 0 } };

	lock_assert_held(&timer->lock);
	if (deadline != DEADLINE_NEVER)
		deadline_to_timespec(deadline > 0 ? deadline : 1, &spec.it_value);
	(void)timerfd_settime(timer->fd, TFD_TIMER_ABSTIME, &spec, NULL);
	/* seq_cst: the load in timer_arm_earlier(), see above. */
	atomic_store(&timer->armed, deadline);
}

void timer_arm_earlier(struct timer *timer, int64_t deadline)
{
	/*
	 * seq_cst: the store in timer_set_locked() and timer_fired(), see above. On x86 and arm64
	 * an ordinary load.
	 */
	if (deadline >= atomic_load(&timer->armed))
		return;
	lock_take(&timer->lock);
	if (deadline < atomic_load(&timer->armed))
		timer_set_locked(timer, deadline);
	lock_drop(&timer->lock);
}

void timer_fired(struct timer *timer)
{
	uint64_t count;

	lock_take(&timer->lock);
	while (read(timer->fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
	/* seq_cst: the load in timer_arm_earlier(), see above. */
	atomic_store(&timer->armed, DEADLINE_NEVER);
	lock_drop(&timer->lock);
}

void timer_rearm(struct timer *timer, int64_t deadline)
{
	lock_take(&timer->lock);
	timer_set_locked(timer, deadline);
	lock_drop(&timer->lock);
}
