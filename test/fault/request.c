/*
 * Requests fail at every step: each has one outcome, which tells the truth about whether the
 * handler ran, and the next is answered.
 */
#include <criterion/criterion.h>

#include "fault/common/scene.h"

TestSuite(request, .timeout = 600);

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

static int ask_with_large_bodies(void)
{
	int err = scene_request(SECONDARY, "echo", SMALL + 64, 0);

	if (!err)
		err = scene_request(SECONDARY, "echo", BULK, 0);
	return err ? err : scene_request(PRIMARY, "echo", LARGE, 0);
}

static int ask_with_descriptors(void)
{
	int err = scene_request(SECONDARY, "echo", 64, SCENE_FDS);

	if (!err)
		err = scene_request(PRIMARY, "echo", BULK, SCENE_FDS);
	return err ? err : scene_request(SECONDARY, "echo", LARGE, 1);
}

static int ask_asynchronously(void)
{
	int err = scene_request_async(SECONDARY, 64, 0);

	if (!err)
		err = scene_request_async(PRIMARY, BULK, SCENE_FDS);
	return err ? err : scene_request_async(SECONDARY, LARGE, 0);
}

static int ask_all(void)
{
	int err = scene_request_all(64, 0);

	if (!err)
		err = scene_request_all(BULK, SCENE_FDS);
	return err ? err : scene_request_all_async(SMALL);
}

static int ask_nested(void)
{
	int err = scene_request(SECONDARY, "relay", 64, 0);

	return err ? err : scene_request(PRIMARY, "relay", BULK, 0);
}

static int ask_blocking(void)
{
	int err = scene_request(SECONDARY, "slow", 64, SCENE_FDS);

	return err ? err : scene_request(PRIMARY, "slow", BULK, 0);
}

SCENARIO(large, false, ask_with_large_bodies)
SCENARIO(large_over_pair, true, ask_with_large_bodies)
SCENARIO(descriptors, false, ask_with_descriptors)
SCENARIO(asynchronous, false, ask_asynchronously)
SCENARIO(of_all, false, ask_all)
SCENARIO(nested, false, ask_nested)
SCENARIO(blocking, false, ask_blocking)

Test(request, with_large_bodies_fails_at_any_step_with_one_outcome)
{
	cr_assert_eq(inject_everywhere(large), 0);
}

Test(request, over_a_pair_fails_at_any_step_with_one_outcome)
{
	cr_assert_eq(inject_everywhere(large_over_pair), 0);
}

Test(request, with_descriptors_fails_at_any_step_with_one_outcome)
{
	cr_assert_eq(inject_everywhere(descriptors), 0);
}

Test(request, asynchronous_fails_at_any_step_with_one_outcome)
{
	cr_assert_eq(inject_everywhere(asynchronous), 0);
}

Test(request, of_all_fails_at_any_step_with_one_outcome)
{
	cr_assert_eq(inject_everywhere(of_all), 0);
}

Test(request, in_a_handler_fails_at_any_step_with_one_outcome)
{
	cr_assert_eq(inject_everywhere(nested), 0);
}

Test(request, of_a_blocking_action_fails_at_any_step_with_one_outcome)
{
	cr_assert_eq(inject_everywhere(blocking), 0);
}
