/*
 * A thin skin over epoll. Deadlines have nanoseconds, so epoll_pwait2() (Linux 5.11) waits; where
 * a sandbox forbids that, epoll_wait() with the time rounded up to milliseconds, which wakes late
 * but never early.
 */
#include "io/loop.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"

/* Set once, by whoever learns it first; it guards nothing: relaxed. */
static _Atomic bool loop_has_no_pwait2;

int loop_init(struct loop *loop)
{
	int fd;

	*loop = LOOP_NONE;
	fd = fd_own(epoll_create1(EPOLL_CLOEXEC));
	if (fd < 0)
		return -errno;
	loop->fd = fd;
	return 0;
}

void loop_deinit(struct loop *loop)
{
	if (loop)
		fd_close(&loop->fd);
}

static int loop_control(struct loop *loop, int operation, int fd, uint32_t events, uint64_t tag)
{
	struct epoll_event event = { .events = events, .data = { .u64 = tag } };

	if (epoll_ctl(loop->fd, operation, fd, &event) == 0)
		return 0;
	return errno == ENOSPC ? -ENOMEM : -errno; /* ENOSPC: the user's limit of watches */
}

int loop_add(struct loop *loop, int fd, uint32_t events, uint64_t tag)
{
	return loop_control(loop, EPOLL_CTL_ADD, fd, events, tag);
}

int loop_change(struct loop *loop, int fd, uint32_t events, uint64_t tag)
{
	return loop_control(loop, EPOLL_CTL_MOD, fd, events, tag);
}

int loop_remove(struct loop *loop, int fd)
{
	return loop_control(loop, EPOLL_CTL_DEL, fd, 0, 0);
}

static int wait_precise(int fd, struct epoll_event *events, int max, int64_t deadline)
{
	struct timespec left;

	if (deadline == DEADLINE_NEVER)
		return epoll_pwait2(fd, events, max, NULL, NULL);
	deadline_to_timespec(deadline_left(clock_now(), deadline), &left);
	return epoll_pwait2(fd, events, max, &left, NULL);
}

static int wait_coarse(int fd, struct epoll_event *events, int max, int64_t deadline)
{
	return epoll_wait(fd, events, max, deadline_to_ms(clock_now(), deadline));
}

static int wait_events(int fd, struct epoll_event *events, int max, int64_t deadline)
{
	int n;

	if (!atomic_load_explicit(&loop_has_no_pwait2, memory_order_relaxed)) {
		n = wait_precise(fd, events, max, deadline);
		if (n >= 0 || (errno != ENOSYS && errno != EPERM))
			return n;
		atomic_store_explicit(&loop_has_no_pwait2, true, memory_order_relaxed);
	}
	return wait_coarse(fd, events, max, deadline);
}

int loop_wait(struct loop *loop, struct loop_event *out, int max, int64_t deadline)
{
	struct epoll_event events[LOOP_WAIT_MAX];
	int n = wait_events(loop->fd, events, max < LOOP_WAIT_MAX ? max : LOOP_WAIT_MAX, deadline);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++)
		out[i] = (struct loop_event){ .events = events[i].events,
					      .tag = events[i].data.u64 };
	return n;
}
