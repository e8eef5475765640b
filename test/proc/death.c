/*
 * Processes die: in every way there is, while they serve, while they are asked, and right after they have spoken.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "proc/common/scene.h"

/* Death is noticed within 100 ms; a loaded machine gets this long, and a request has far longer. */
#define SOON COHORT_SECONDS(10)

#define OPEN_SECONDARIES 8
#define OPEN_EACH 125 /* of 128 slots */

/* A process that was made by the one that died holds everything that it held. */
static void end_orphan_of(struct child *child, const char *how)
{
	if (strcmp(how, "fork") && strcmp(how, "clone"))
		return;
	cr_assert(child_wait(child, PATIENCE_MS) >= 0); /* from then on the orphan is ours */
	member_expect(child, "orphan ");
	orphan_end((pid_t)number_after(child, "orphan"));
}

static void a_secondary_dies_serving(const char *how)
{
	struct scene scene;
	struct host host;
	struct child child;
	cohort_peer peer;
	int64_t began;
	int err;

	scene_open(&scene);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host_open(&host, &scene);
	peer = host_peer(&host, member_open(&child, "secondary", &scene, NULL));

	began = now_ns();
	err = host_ask(&host, peer, "die", how, COHORT_SECONDS(60), NULL);
	cr_assert_eq(err, -EPIPE, "%s: %d", how, err);
	cr_assert_lt(now_ns() - began, SOON);
	cr_assert(event_wait_for(&host.left, 1, PATIENCE_MS));
	cr_assert_eq(host_last_left(&host), peer);
	cr_assert_eq(host_reason(&host), COHORT_LEFT_DIED);
	cr_assert_eq(host_send(&host, peer, "sequence", 0, 0, 0), -ESTALE);
	cr_assert_eq(cohort_peers(host.c, NULL, 0, 0), 0);

	end_orphan_of(&child, how);
	child_end(&child);
	host_close(&host);
	scene_close(&scene);
}

Test(death, of_a_secondary_by_sigkill_ends_the_request_it_serves)
{
	a_secondary_dies_serving("kill");
}

Test(death, of_a_secondary_by_exit_ends_the_request_it_serves)
{
	a_secondary_dies_serving("exit");
}

Test(death, of_a_secondary_by_exec_ends_the_request_it_serves)
{
	a_secondary_dies_serving("exec");
}

Test(death, of_a_secondary_by_a_crash_ends_the_request_it_serves)
{
	a_secondary_dies_serving("crash");
}

Test(death, of_a_secondary_is_seen_though_its_forked_child_lives)
{
	a_secondary_dies_serving("fork");
}

Test(death, of_a_secondary_is_seen_though_a_cloned_child_keeps_everything_open)
{
	a_secondary_dies_serving("clone");
}

static void the_primary_dies_serving(const char *how)
{
	struct scene scene;
	struct host host;
	struct child child;
	int64_t began;
	int err;

	scene_open(&scene);
	member_open(&child, "primary", &scene, NULL);
	host_init(&host, COHORT_ROLE_SECONDARY);
	host.config.open_timeout = PATIENCE;
	host_open(&host, &scene);

	began = now_ns();
	err = host_ask(&host, COHORT_PRIMARY, "die", how, COHORT_SECONDS(60), NULL);
	cr_assert_eq(err, -EPIPE, "%s: %d", how, err);
	cr_assert_lt(now_ns() - began, SOON);
	cr_assert(event_wait_for(&host.left, 1, PATIENCE_MS));
	cr_assert_eq(host_reason(&host), COHORT_LEFT_DIED);

	end_orphan_of(&child, how);
	child_end(&child);
	host_close(&host);
	scene_sweep(&scene);
	scene_close(&scene);
}

Test(death, of_the_primary_by_sigkill_ends_the_request_it_serves)
{
	the_primary_dies_serving("kill");
}

Test(death, of_the_primary_by_exit_ends_the_request_it_serves)
{
	the_primary_dies_serving("exit");
}

Test(death, of_the_primary_by_exec_ends_the_request_it_serves)
{
	the_primary_dies_serving("exec");
}

Test(death, of_the_primary_by_a_crash_ends_the_request_it_serves)
{
	the_primary_dies_serving("crash");
}

Test(death, of_the_primary_is_seen_though_its_forked_child_lives)
{
	the_primary_dies_serving("fork");
}

Test(death, of_the_primary_is_seen_though_a_cloned_child_keeps_everything_open)
{
	the_primary_dies_serving("clone");
}

struct outcome {
	struct event done;
	int error;
};

static void on_done(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply, void *arg)
{
	struct outcome *outcome = arg;

	(void)c;
	(void)id;
	cohort_reply_free(reply);
	outcome->error = error;
	event_signal(&outcome->done);
}

Test(death, from_outside_while_a_handler_runs_ends_the_request_once)
{
	struct cohort_message message = COHORT_MESSAGE("nap", "60000", 5);
	struct outcome outcome;
	struct scene scene;
	struct host host;
	struct child child;
	cohort_peer peer;

	scene_open(&scene);
	event_init(&outcome.done);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host_open(&host, &scene);
	peer = host_peer(&host, member_open(&child, "secondary", &scene, NULL));

	cr_assert_eq(cohort_request_async(host.c, peer, &message, COHORT_FOREVER, on_done, &outcome,
					  NULL),
		     0);
	member_expect(&child, "napping");
	member_kill(&child);
	cr_assert(event_wait_for(&outcome.done, 1, PATIENCE_MS));
	cr_assert_eq(outcome.error, -EPIPE);
	cr_assert(event_wait_for(&host.left, 1, PATIENCE_MS));
	host_close(&host);
	cr_assert_eq(event_count(&outcome.done), 1);
	event_deinit(&outcome.done);
	scene_close(&scene);
}

Test(death, of_the_primary_ends_a_thousand_open_requests_and_each_secondary_is_told_once)
{
	struct child primary, secondary[OPEN_SECONDARIES];
	struct scene scene;
	int64_t began;

	scene_open(&scene);
	member_open(&primary, "primary", &scene, NULL);
	for (int i = 0; i < OPEN_SECONDARIES; i++) {
		member_open(&secondary[i], "secondary", &scene, "open=10000", NULL);
		member_do(&secondary[i], "async 0 125", "async primary keep 600000 %d", OPEN_EACH);
	}
	began = now_ns();
	member_kill(&primary);
	for (int i = 0; i < OPEN_SECONDARIES; i++)
		member_expect(&secondary[i], "done 125 -32");
	cr_assert_lt(now_ns() - began, SOON);
	for (int i = 0; i < OPEN_SECONDARIES; i++) {
		cr_assert_null(strstr(secondary[i].line, "mixed"), "%s", secondary[i].line);
		member_await(&secondary[i], "left", 1);
		member_close(&secondary[i]);
	}
	scene_sweep(&scene);
	scene_close(&scene);
}

/* The secondary sends `count` messages with `nfds` descriptors each, and kills itself at once. */
static void a_secondary_speaks_last(unsigned count, unsigned nfds)
{
	struct scene scene;
	struct host host;
	struct child child;

	scene_open(&scene);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host_open(&host, &scene);
	member_open(&child, "secondary", &scene, NULL);
	member_do(&child, "send 0", "last primary sequence %u 10000 %u", count, nfds);
	cr_assert_eq(number_after(&child, "send 0 "), count);
	cr_assert(event_wait_for(&host.left, 1, PATIENCE_MS));
	cr_assert_eq(host.handled_at_left, count, "%llu of %u",
		     (unsigned long long)host.handled_at_left, count);
	cr_assert_eq(host.sequence.disorder, 0);
	cr_assert_eq(host.sequence.lost, 0);
	cr_assert_eq(host.descriptors, count * nfds);
	child_end(&child);
	host_close(&host);
	scene_close(&scene);
}

Test(death, comes_after_everything_that_a_secondary_had_sent)
{
	a_secondary_speaks_last(1000, 0);
}

Test(death, comes_after_the_descriptors_that_a_secondary_had_sent)
{
	a_secondary_speaks_last(100, 2);
}

Test(death, comes_after_everything_that_the_primary_had_sent)
{
	struct scene scene;
	struct host host;
	struct child child;

	scene_open(&scene);
	member_open(&child, "primary", &scene, NULL);
	host_init(&host, COHORT_ROLE_SECONDARY);
	host.config.open_timeout = PATIENCE;
	host_open(&host, &scene);
	member_expect(&child, "joined");
	member_do(&child, "send 0 1000", "last %u sequence 1000 10000 0",
		  (unsigned)(cohort_self(host.c) & UINT32_MAX));
	cr_assert(event_wait_for(&host.left, 1, PATIENCE_MS));
	cr_assert_eq(host.handled_at_left, 1000, "%llu", (unsigned long long)host.handled_at_left);
	cr_assert_eq(host.sequence.disorder, 0);
	child_end(&child);
	host_close(&host);
	scene_sweep(&scene);
	scene_close(&scene);
}

Test(death, is_seen_at_once_but_left_waits_for_the_last_handler)
{
	struct scene scene;
	struct host host;
	struct child child;
	int64_t end = now_ns() + PATIENCE;

	scene_open(&scene);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host_open(&host, &scene);
	member_open(&child, "secondary", &scene, NULL);
	member_do(&child, "send 0 1", "last primary hold 1 10000 0");
	cr_assert(event_wait_for(&host.held, 1, PATIENCE_MS));
	while (cohort_peers(host.c, NULL, 0, 0) > 0 && now_ns() < end)
		child_wait(&child, 1);
	cr_assert_eq(cohort_peers(host.c, NULL, 0, 0), 0, "it is still listed");
	cr_assert_eq(event_count(&host.left), 0, "left came while a handler ran");
	sem_post(&host.release);
	cr_assert(event_wait_for(&host.left, 1, PATIENCE_MS));
	child_end(&child);
	host_close(&host);
	scene_close(&scene);
}
