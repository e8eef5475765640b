/*
 * Opening, registering and closing fail at every step: the error is returned, nothing is left
 * behind, and the next attempt succeeds.
 */
#include <criterion/criterion.h>

#include "fault/common/scene.h"

TestSuite(open, .timeout = 600);

static int is_open(void)
{
	return scene_send(SECONDARY, SMALL, 0);
}

static void open_and_close(const struct fault *fault, unsigned n, bool by_pair)
{
	scene_begin(by_pair);
	if (by_pair)
		scene_make_pair();
	inject_arm(fault, n);
	if (!scene_open_side(PRIMARY))
		scene_open_side(SECONDARY);
	scene_close_side(SECONDARY);
	scene_close_side(PRIMARY);
	if (!inject_disarm())
		run_finished();
	scene_end(is_open);
}

static void by_path(const struct fault *fault, unsigned n)
{
	open_and_close(fault, n, false);
}

static void by_pair(const struct fault *fault, unsigned n)
{
	open_and_close(fault, n, true);
}

Test(open, failing_at_any_step_leaves_nothing_behind)
{
	cr_assert_eq(inject_everywhere(by_path), 0);
}

Test(open, over_a_pair_failing_at_any_step_leaves_nothing_behind)
{
	cr_assert_eq(inject_everywhere(by_pair), 0);
}

static int registers(void)
{
	int err = scene_register(SECONDARY);

	if (!err)
		err = scene_register(PRIMARY);
	if (!err)
		err = scene_unregister(SECONDARY);
	return err ? err : scene_unregister(PRIMARY);
}

static void registering(const struct fault *fault, unsigned n)
{
	scene_begin(false);
	scene_open();
	inject_arm(fault, n);
	registers();
	if (!inject_disarm())
		run_finished();
	scene_end(registers);
}

Test(open, registering_fails_at_any_step_and_works_again)
{
	cr_assert_eq(inject_everywhere(registering), 0);
}
