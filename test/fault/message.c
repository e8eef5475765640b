/*
 * Sending fails at every step: a message that was accepted is handled once or its loss is
 * reported, one that was not had no effect, and the next goes through.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>

#include "fault/common/scene.h"

TestSuite(message, .timeout = 600);

static void with_session(const struct fault *fault, unsigned n, bool by_pair, int (*step)(void))
{
	scene_begin(by_pair);
	scene_open();
	inject_arm(fault, n);
	step();
	scene_await();
	if (!inject_disarm())
		run_finished();
	scene_end(step);
}

#define SCENARIO(name, by_pair, step)                           \
	static void name(const struct fault *fault, unsigned n) \
	{                                                       \
		with_session(fault, n, by_pair, step);          \
	}

static int send_in_ring(void)
{
	int err = scene_send(SECONDARY, SMALL, 0);

	if (!err)
		err = scene_send(PRIMARY, SMALL, SCENE_FDS);
	return err ? err : scene_send(SECONDARY, SMALL, 1);
}

static int send_in_bulk(void)
{
	int err = scene_send(SECONDARY, BULK, 0);

	if (!err)
		err = scene_send(SECONDARY, BULK, SCENE_FDS);
	return err ? err : scene_send(PRIMARY, BULK, 0);
}

static int send_in_memfd(void)
{
	int err = scene_send(SECONDARY, LARGE, 0);

	if (!err)
		err = scene_send(SECONDARY, LARGE, SCENE_FDS);
	return err ? err : scene_send(PRIMARY, LARGE, 1);
}

static int broadcast(void)
{
	int err = scene_broadcast(SMALL, 0);

	if (!err)
		err = scene_broadcast(BULK, 1);
	return err ? err : scene_broadcast(LARGE, SCENE_FDS);
}

SCENARIO(in_ring, false, send_in_ring)
SCENARIO(in_ring_over_pair, true, send_in_ring)
SCENARIO(in_bulk, false, send_in_bulk)
SCENARIO(in_memfd, false, send_in_memfd)
SCENARIO(to_all, false, broadcast)

/* Long enough that the first to try gives up, and the io thread, more than once. */
static void send_without_memory(const void *arg)
{
	static const struct fault no_memory = { CALL_BELL, ENOBUFS, "send ENOBUFS" };
	int64_t end = now_ns() + COHORT_SECONDS(30);

	(void)arg;
	scene_begin(false);
	scene_open();
	inject_arm_times(&no_memory, 1, 200);
	EXPECT(send_in_ring() == 0);
	while (scene_missing() && now_ns() < end)
		sched_yield();
	EXPECT(!scene_missing());
	inject_disarm();
	scene_end(send_in_ring);
}

Test(message, rings_the_bell_again_while_there_is_no_memory_for_it)
{
	cr_assert(run_in_child(send_without_memory, NULL, "send ENOBUFS", NULL));
}

Test(message, in_the_ring_fails_at_any_step_without_effect)
{
	cr_assert_eq(inject_everywhere(in_ring), 0);
}

Test(message, over_a_pair_fails_at_any_step_without_effect)
{
	cr_assert_eq(inject_everywhere(in_ring_over_pair), 0);
}

Test(message, in_the_bulk_ring_fails_at_any_step_without_effect)
{
	cr_assert_eq(inject_everywhere(in_bulk), 0);
}

Test(message, in_a_memfd_fails_at_any_step_without_effect)
{
	cr_assert_eq(inject_everywhere(in_memfd), 0);
}

Test(message, to_all_fails_at_any_step_without_effect)
{
	cr_assert_eq(inject_everywhere(to_all), 0);
}
