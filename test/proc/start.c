/*
 * The first instant: who asks as early as it can finds the actions that were configured, on both sides.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdatomic.h>

#include "proc/common/scene.h"

/* The primary, too, asks as soon as it sees the other. */
static void ask_at_once(struct cohort *c, cohort_peer peer, void *user)
{
	struct cohort_message question = COHORT_MESSAGE("echo", "early", 5);
	struct cohort_reply *reply = NULL;
	struct host *host = user;
	int err = cohort_request(c, peer, &question, PATIENCE, &reply);

	cohort_reply_free(reply);
	pthread_mutex_lock(&host->lock);
	host->ticks += err == 0;
	pthread_mutex_unlock(&host->lock);
	event_signal(&host->joined);
}

/* Half of the time the primary is there first, half of the time the secondary is. */
static void start_both(bool secondary_first)
{
	struct scene scene;
	struct host host;
	struct child child;

	scene_open(&scene);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host.config.joined = ask_at_once;
	if (!secondary_first)
		host_open(&host, &scene);
	program_start(&child, "early", "secondary", &scene, "open=20000", NULL);
	if (secondary_first)
		host_open(&host, &scene);
	member_expect(&child, "early");
	cr_assert_str_eq(child.line, "early 0 0");
	cr_assert(event_wait_for(&host.joined, 1, PATIENCE_MS));
	cr_assert_eq(host.ticks, 1, "the primary's first request failed");
	child_hush(&child);
	member_expect(&child, "close 0");
	cr_assert_eq(child_wait(&child, PATIENCE_MS), 0);
	child_end(&child);
	host_close(&host);
	scene_close(&scene);
}

Test(start, configured_actions_are_there_from_the_first_instant)
{
	for (unsigned i = 0; i < rounds(50, 1000); i++)
		start_both(i % 2);
}
