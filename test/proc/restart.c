/*
 * The primary goes and another one comes: secondaries return by themselves.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "proc/common/scene.h"

#define SECONDARIES 3

struct play {
	struct scene scene;
	struct child primary, secondary[SECONDARIES];
};

static void play_open(struct play *p)
{
	scene_open(&p->scene);
	member_open(&p->primary, "primary", &p->scene, NULL);
	for (int i = 0; i < SECONDARIES; i++)
		member_open(&p->secondary[i], "secondary", &p->scene, "open=10000", NULL);
}

static void play_close(struct play *p)
{
	for (int i = 0; i < SECONDARIES; i++)
		member_close(&p->secondary[i]);
	member_close(&p->primary);
	scene_close(&p->scene);
}

static void come_back(struct play *p)
{
	member_open(&p->primary, "primary", &p->scene, NULL);
	member_do(&p->primary, "wait 0", "wait sequence %d 20000", SECONDARIES);
}

Test(restart, secondaries_of_a_killed_primary_find_the_next_one_by_themselves)
{
	struct play p;

	play_open(&p);
	member_kill(&p.primary);
	for (int i = 0; i < SECONDARIES; i++)
		member_await(&p.secondary[i], "left", 1);
	come_back(&p);
	for (int i = 0; i < SECONDARIES; i++) {
		member_await(&p.secondary[i], "joined", 2);
		member_do(&p.secondary[i], "request 0 0", "request primary echo 10000 1 - x");
	}
	play_close(&p);
}

Test(restart, secondaries_of_a_primary_that_closed_find_the_next_one_by_themselves)
{
	struct play p;

	play_open(&p);
	member_close(&p.primary);
	for (int i = 0; i < SECONDARIES; i++)
		member_await(&p.secondary[i], "left", 1);
	come_back(&p);
	for (int i = 0; i < SECONDARIES; i++) {
		member_await(&p.secondary[i], "joined", 2);
		member_do(&p.secondary[i], "request 0 0", "request primary echo 10000 1 - x");
	}
	play_close(&p);
}

Test(restart, actions_are_announced_to_the_next_primary)
{
	struct play p;

	play_open(&p);
	member_kill(&p.primary);
	come_back(&p);
	member_do(&p.primary, "broadcast 0 300 0", "broadcast 100 10000");
	for (int i = 0; i < SECONDARIES; i++)
		member_await_sequence(&p.secondary[i], 100);
	play_close(&p);
}

Test(restart, a_request_made_meanwhile_fails_at_once)
{
	struct play p;
	int64_t began;

	play_open(&p);
	member_kill(&p.primary);
	member_await(&p.secondary[0], "left", 1);
	began = now_ns();
	member_do(&p.secondary[0], "request", "request primary echo 60000 0 - x");
	cr_assert_lt(now_ns() - began, COHORT_SECONDS(5));
	cr_assert_eq(number_after(&p.secondary[0], "request"), -ENOTCONN, "%s",
		     p.secondary[0].line);
	member_do(&p.secondary[0], "self 0", "self");
	come_back(&p);
	play_close(&p);
}

Test(restart, a_request_made_meanwhile_waits_if_its_caller_asked_for_that)
{
	struct play p;

	play_open(&p);
	member_kill(&p.primary);
	member_await(&p.secondary[0], "left", 1);
	cr_assert(child_say(&p.secondary[0], "request primary echo 60000 0 wait x"));
	come_back(&p);
	member_expect(&p.secondary[0], "request 0 0");
	play_close(&p);
}

Test(restart, a_request_that_waits_for_a_primary_ends_at_its_deadline)
{
	struct play p;
	int64_t began;

	play_open(&p);
	member_kill(&p.primary);
	member_await(&p.secondary[0], "left", 1);
	began = now_ns();
	member_do(&p.secondary[0], "request -", "request primary echo 200 0 wait x");
	cr_assert_geq(now_ns() - began, COHORT_MS(200));
	cr_assert_lt(now_ns() - began, COHORT_SECONDS(5));
	come_back(&p);
	play_close(&p);
}

Test(restart, ids_of_the_old_primary_are_stale_under_the_next_one)
{
	struct scene scene;
	struct host host;
	struct child child;
	cohort_peer before, after;

	scene_open(&scene);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host_open(&host, &scene);
	before = host_peer(&host, member_open(&child, "secondary", &scene, "open=10000", NULL));
	cr_assert_eq(cohort_close(host.c), 0);
	host_open(&host, &scene);
	cr_assert_eq(cohort_wait(host.c, "sequence", 1, 2 * PATIENCE), 0);
	member_await(&child, "joined", 2);
	member_do(&child, "self", "self");
	after = host_peer(&host, (unsigned)number_after(&child, "self"));
	cr_assert_neq(before, after);
	cr_assert_neq(before >> 32, after >> 32, "the epoch is the same");
	cr_assert_eq(host_send(&host, before, "sequence", 0, 0, 0), -ESTALE);
	cr_assert_eq(host_ask(&host, before, "echo", "x", PATIENCE, NULL), -ESTALE);
	cr_assert_eq(cohort_peer_disconnect(host.c, before), -ESTALE);
	cr_assert_eq(host_send(&host, after, "sequence", 0, 0, 0), 0);
	member_await_sequence(&child, 1);
	member_close(&child);
	host_close(&host);
	scene_close(&scene);
}

Test(restart, a_secondary_that_was_told_not_to_look_for_the_next_one_does_not)
{
	struct scene scene;
	struct child primary, secondary, other;

	scene_open(&scene);
	member_open(&primary, "primary", &scene, NULL);
	member_open(&secondary, "secondary", &scene, "open=10000", "once=1", NULL);
	member_kill(&primary);
	member_await(&secondary, "left", 1);
	member_open(&primary, "primary", &scene, NULL);
	member_open(&other, "secondary", &scene, NULL);
	member_do(&other, "peers 1", "peers");
	member_do(&secondary, "request -107", "request primary echo 10000 0 - x");
	member_close(&secondary);
	member_close(&other);
	member_close(&primary);
	scene_close(&scene);
}
