/*
 * fork() and exec in processes with open handles: the child's handles are inert, the parent does not notice, and no
 * descriptor goes where it does not belong.
 */
#include <criterion/criterion.h>

#include "proc/common/scene.h"

#define FORKS 20

static unsigned descriptors_of(pid_t pid)
{
	static struct census census;

	cr_assert_eq(census_take(&census, pid, NULL), 0);
	return census.descriptors;
}

Test(forked, children_get_echild_from_every_call_and_the_parents_do_not_notice)
{
	struct scene scene;
	struct child primary, secondary;

	scene_open(&scene);
	member_open(&primary, "primary", &scene, NULL);
	member_open(&secondary, "secondary", &scene, NULL);
	member_expect(&primary, "joined");
	member_do(&primary, "fork 20", "fork %d", FORKS);
	member_do(&secondary, "fork 20", "fork %d", FORKS);
	member_do(&secondary, "request 0 0 1", "request primary echo 10000 1 - x");
	member_do(&primary, "broadcast 0 10 0", "broadcast 10 10000");
	member_await_sequence(&secondary, 10);
	member_do(&primary, "events", "events");
	cr_assert_eq(number_after(&primary, "left"), 0);
	member_close(&secondary);
	member_close(&primary);
	scene_close(&scene);
}

Test(forked, children_do_not_disturb_traffic)
{
	struct scene scene;
	struct child primary, secondary, asker;

	scene_open(&scene);
	member_open(&primary, "primary", &scene, NULL);
	member_open(&secondary, "secondary", &scene, NULL);
	member_open(&asker, "secondary", &scene, NULL);
	cr_assert(child_say(&asker, "send primary sequence %d 20000 1", 20000));
	member_do(&primary, "fork 20", "fork %d", FORKS);
	member_do(&secondary, "fork 20", "fork %d", FORKS);
	member_expect(&asker, "send 0 20000");
	member_await_sequence(&primary, 20000);
	cr_assert_eq(number_after(&primary, "lost"), 0);
	cr_assert_eq(number_after(&primary, "fds"), 20000);
	member_close(&asker);
	member_close(&secondary);
	member_close(&primary);
	scene_close(&scene);
}

/* The idle program that the member now runs: its main() has begun, so nothing is open only for loading it. */
static pid_t spawned_by(struct child *child)
{
	member_do(child, "spawn", "spawn");
	cr_assert_gt(number_after(child, "spawn"), 0);
	return (pid_t)number_after(child, "spawn");
}

Test(forked, a_program_that_is_executed_inherits_no_descriptor)
{
	char *argv[] = { "member", "idle", NULL };
	struct scene scene;
	struct child primary, secondary, plain;
	unsigned expected;

	scene_open(&scene);
	cr_assert_eq(child_spawn(&plain, "member", argv), 0);
	member_expect(&plain, "idle");
	member_open(&primary, "primary", &scene, NULL);
	member_open(&secondary, "secondary", &scene, NULL);
	member_do(&secondary, "request 0 0 10", "request primary echo 10000 10 - x");
	expected = descriptors_of(plain.pid);
	cr_assert_eq(descriptors_of(spawned_by(&primary)), expected);
	member_do(&primary, "reap", "reap");
	cr_assert_eq(descriptors_of(spawned_by(&secondary)), expected);
	member_do(&secondary, "reap", "reap");
	child_end(&plain);
	member_close(&secondary);
	member_close(&primary);
	scene_close(&scene);
}
