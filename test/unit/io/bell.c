/*
 * Bells: what wakes, what is counted, what cannot be done to us.
 */
#include "io/bell.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/loop.h"
#include "io/xfer.h"

#define BELL_SO_PASSRIGHTS 83

static int pair[2];

static void setup(void)
{
	cr_assert_eq(bell_pair(pair), 0);
}

static void teardown(void)
{
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

Test(bell, rings_are_counted_and_drained_without_blocking, .init = setup, .fini = teardown)
{
	cr_assert_eq(bell_drain(pair[1]), 0);
	cr_assert(bell_ring(pair[0]));
	cr_assert(bell_ring(pair[0]));
	cr_assert_eq(bell_drain(pair[1]), 2);
	cr_assert_eq(bell_drain(pair[1]), 0);
	cr_assert(bell_ring(pair[1]));
	cr_assert_eq(bell_drain(pair[0]), 1);
}

Test(bell, a_bell_that_nobody_drains_has_rung, .init = setup, .fini = teardown)
{
	unsigned drained = 0;
	unsigned got;

	for (int i = 0; i < 100000; i++)
		cr_assert(bell_ring(pair[0]));
	while ((got = bell_drain(pair[1])) > 0) {
		cr_assert_leq(got, BELL_DRAIN_MAX);
		drained += got;
	}
	cr_assert_geq(drained, 64);
	cr_assert_lt(drained, 100000);
}

Test(bell, nothing_can_make_a_ring_or_a_drain_block, .init = setup, .fini = teardown)
{
	for (int i = 0; i < 2; i++)
		fcntl(pair[i], F_SETFL, 0);
	for (int i = 0; i < 10000; i++)
		cr_assert(bell_ring(pair[0]));
	while (bell_drain(pair[1]) > 0)
		;
	cr_assert_eq(bell_drain(pair[0]), 0);
}

Test(bell, ring_is_false_once_the_other_end_is_gone, .init = setup, .fini = teardown)
{
	cr_assert(bell_ring(pair[0]));
	cr_assert(bell_ring(pair[1]));
	fd_close(&pair[1]);
	cr_assert_not(bell_ring(pair[0]));
	cr_assert_not(bell_ring(pair[0]));
	cr_assert_eq(bell_drain(pair[0]), 1);
	cr_assert_eq(bell_drain(pair[0]), 0);
}

Test(bell, edge_triggered_epoll_fires_for_each_ring_also_with_old_ones_unread, .init = setup,
     .fini = teardown)
{
	struct loop loop;
	struct loop_event event;

	cr_assert_eq(loop_init(&loop), 0);
	cr_assert_eq(loop_add(&loop, pair[1], EPOLLIN | EPOLLET, 7), 0);
	for (int i = 0; i < 60; i++) {
		cr_assert(bell_ring(pair[0]));
		cr_assert_eq(loop_wait(&loop, &event, 1, clock_now() + 10 * CLOCK_NS_PER_S), 1);
		cr_assert_eq(event.tag, 7);
		cr_assert_eq(loop_wait(&loop, &event, 1, 0), 0);
	}
	cr_assert_eq(bell_drain(pair[1]), 60);
	loop_deinit(&loop);
}

/* What a hostile peer sends where the kernel lets it. */
static int ring_with_descriptor(int fd)
{
	struct iovec part = { .iov_base = "", .iov_len = 1 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int err = xfer_send(fd, &part, 1, &null, 1, 0);

	close(null);
	return err;
}

Test(bell, descriptors_on_a_bell_are_refused_or_taken_out, .init = setup, .fini = teardown)
{
	struct fdlist strays;
	int on = 1;

	if (setsockopt(pair[1], SOL_SOCKET, BELL_SO_PASSRIGHTS, &on, sizeof(on)) == 0) {
		int off = 0;

		setsockopt(pair[1], SOL_SOCKET, BELL_SO_PASSRIGHTS, &off, sizeof(off));
		cr_assert_eq(ring_with_descriptor(pair[0]), -EPERM);
		setsockopt(pair[1], SOL_SOCKET, BELL_SO_PASSRIGHTS, &on, sizeof(on));
	}
	cr_assert(bell_ring(pair[0]));
	cr_assert_eq(ring_with_descriptor(pair[0]), 0);
	cr_assert_eq(ring_with_descriptor(pair[0]), 0);
	cr_assert_eq(bell_drain_into(pair[1], &strays), 2);
	cr_assert_eq(strays.count, 1);
	cr_assert(fcntl(strays.fd[0], F_GETFD) & FD_CLOEXEC);
	fdlist_close(&strays);
	cr_assert_eq(bell_drain(pair[1]), 1);
}

Test(bell, a_fresh_pair_refuses_descriptors_where_the_kernel_can, .init = setup, .fini = teardown)
{
	int on = 1;
	int other[2];

	if (setsockopt(pair[1], SOL_SOCKET, BELL_SO_PASSRIGHTS, &on, sizeof(on)) < 0)
		return;
	cr_assert_eq(bell_pair(other), 0);
	cr_assert_eq(ring_with_descriptor(other[0]), -EPERM);
	cr_assert_eq(ring_with_descriptor(other[1]), -EPERM);
	fd_close(&other[0]);
	fd_close(&other[1]);
}
