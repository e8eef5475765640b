/*
 * Counters tell what happened, of each peer and of the channel, from near and from afar.
 */
#include <criterion/criterion.h>
#include <stdatomic.h>

#include "api/verbs.h"

TestSuite(stats, .timeout = 120);

/* Both sides count a known traffic alike. */
Test(stats, count_messages_bytes_and_descriptors_on_both_sides)
{
	struct stage *s = stage_open(2);
	struct cohort_message m = COHORT_MESSAGE("note", "0123456789", 10);
	cohort_peer peer = id_of(&s->secondary[0]);
	struct cohort_counters sent, received;
	int fd = make_memfd();

	for (int i = 0; i < 7; i++)
		cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), 0);
	m.fds = &fd;
	m.nfds = 1;
	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), 0);
	close(fd);
	cr_assert(journal_await(&s->primary.journal, CALLED, 8));
	sent = stats_of(&s->secondary[0], COHORT_PRIMARY);
	received = stats_of(&s->primary, peer);
	cr_assert_eq(sent.messages_sent, 8);
	cr_assert_eq(sent.bytes_sent, 80);
	cr_assert_eq(sent.fds_sent, 1);
	cr_assert_eq(received.messages_received, 8);
	cr_assert_eq(received.bytes_received, 80);
	cr_assert_eq(received.fds_received, 1);
	cr_assert_eq(stats_of(&s->primary, id_of(&s->secondary[1])).messages_received, 0);
	stage_close(s);
}

Test(stats, count_each_outcome_of_requests)
{
	struct stage *s = stage_new();
	struct side *side = &s->secondary[0];
	struct cohort_counters ours, theirs;
	uint64_t id, late;

	s->primary.config.handler_threads = 1;
	stage_start(s, 1);
	cr_assert_eq(ask(side, COHORT_PRIMARY, "echo", 1), 0);
	cr_assert_eq(ask(side, COHORT_PRIMARY, "fail", 1), -1);
	cr_assert_eq(ask_within(side, COHORT_PRIMARY, "nobody", 1, PATIENCE), -ENOENT);
	cr_assert_eq(ask_in_vain(side, &s->primary, "hold", &s->primary.journal), -ETIMEDOUT);
	late = stats_of(&s->primary, COHORT_ALL).expired;
	cr_assert_eq(ask_async(side, COHORT_PRIMARY, "echo", 1, PATIENCE, &id), 0);
	cr_assert_eq(cohort_cancel(side->c, id), 0);
	cr_assert(journal_await(&side->journal, DONE, 1));
	gate_open(&s->gate);
	cr_assert_eq(ask(side, COHORT_PRIMARY, "echo", 1), 0);
	ours = stats_of(side, COHORT_PRIMARY);
	theirs = stats_of(&s->primary, id_of(side));
	cr_assert_eq(ours.requests_sent, 6 + late);
	cr_assert_eq(ours.answered, 3);
	cr_assert_eq(ours.refused, 1);
	cr_assert_eq(ours.timed_out, 1 + late);
	cr_assert_eq(ours.cancelled, 1);
	cr_assert_eq(ours.broken, 0);
	cr_assert_eq(theirs.late_replies, 1);
	cr_assert_eq(theirs.expired, 1 + late);
	stage_close(s);
}

Test(stats, of_the_channel_include_peers_that_left)
{
	struct stage *s = stage_open(2);
	struct cohort_counters all;

	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(ask(&s->secondary[i], COHORT_PRIMARY, "note", 1), 0);
	side_close(&s->secondary[0]);
	cr_assert(journal_await(&s->primary.journal, LEFT, 1));
	all = stats_of(&s->primary, COHORT_ALL);
	cr_assert_eq(all.requests_received, 2);
	cr_assert_eq(all.replies_sent, 2);
	cr_assert_eq(all.joined, 2);
	cr_assert_eq(all.left, 1);
	cr_assert_eq(all.violations, 0);
	cr_assert_eq(all.refused_peers, 0);
	stage_close(s);
}

struct reader {
	const struct side *side;
	atomic_bool stop;
	bool goes_back;
};

static void *read_on(void *arg)
{
	struct reader *r = arg;
	uint64_t seen = 0;

	while (!r->stop && !r->goes_back) {
		uint64_t now = stats_of(r->side, COHORT_ALL).messages_received;

		r->goes_back = now < seen;
		seen = now;
	}
	return NULL;
}

/* What a peer has done is at no moment neither its own nor the channel's. */
Test(stats, of_the_channel_never_go_back)
{
	struct stage *s = stage_open(0);
	struct reader reader = { .side = &s->primary };
	pthread_t thread = thread_start(read_on, &reader);
	size_t rounds = soak() ? 3000 : 300;

	for (size_t i = 0; i < rounds; i++) {
		cr_assert_eq(side_open(&s->secondary[0]), 0);
		cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "note", i), 0);
		side_close(&s->secondary[0]);
	}
	reader.stop = true;
	thread_join(thread);
	cr_assert_not(reader.goes_back);
	stage_close(s);
}

Test(stats, of_an_idle_handle_show_two_threads)
{
	struct stage *s = stage_open(1);

	cr_assert_eq(stats_of(&s->primary, COHORT_ALL).threads, 2);
	cr_assert_eq(stats_of(&s->secondary[0], COHORT_ALL).threads, 2);
	stage_close(s);
}

Test(stats, show_the_queue_to_us)
{
	struct stage *s = stage_open(1);
	struct cohort_counters full, empty;

	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "hold", 0), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	for (uint64_t i = 0; i < 100; i++)
		cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "note", i), 0);
	full = stats_of(&s->primary, id_of(&s->secondary[0]));
	cr_assert_geq(full.queue_depth, 800);
	gate_open(&s->gate);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	empty = stats_of(&s->primary, id_of(&s->secondary[0]));
	cr_assert_eq(empty.queue_depth, 0);
	cr_assert_geq(empty.queue_peak, 800);
	stage_close(s);
}

Test(stats, count_slow_handlers)
{
	struct stage *s = stage_new();

	s->primary.config.slow_handler = COHORT_MS(5);
	stage_start(s, 1);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "note", 1), 0);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "hold", 1), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 2));
	cr_assert_eq(ask_within(&s->secondary[0], COHORT_PRIMARY, "note", 1, COHORT_MS(50)),
		     -ETIMEDOUT, "it passed one that runs");
	gate_open(&s->gate);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "note", 1), 0);
	cr_assert_geq(stats_of(&s->primary, COHORT_ALL).slow_handlers, 1);
	cr_assert_eq(stats_of(&s->secondary[0], COHORT_ALL).slow_handlers, 0);
	stage_close(s);
}

Test(stats, of_the_primary_can_be_asked_for_from_afar)
{
	struct stage *s = stage_open(2);
	struct cohort_counters far = COHORT_COUNTERS_INIT;
	struct cohort *c = s->secondary[1].c;

	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "note", 1), 0);
	cr_assert_eq(cohort_remote_stats(c, COHORT_ALL, &far, PATIENCE), 0);
	cr_assert_eq(far.requests_received, 1);
	cr_assert_eq(far.joined, 2);
	cr_assert_eq(cohort_remote_stats(c, id_of(&s->secondary[0]), &far, PATIENCE), 0);
	cr_assert_eq(far.requests_received, 1);
	cr_assert_eq(cohort_remote_stats(c, id_of(&s->secondary[1]), &far, PATIENCE), 0);
	cr_assert_eq(far.requests_received, 0);
	stage_close(s);
}

static int on_ask_far(struct cohort_call *call, void *arg)
{
	struct cohort_counters counters = COHORT_COUNTERS_INIT;
	struct side *side = arg;
	int err = cohort_remote_stats(side->c, COHORT_ALL, &counters, PATIENCE);

	(void)call;
	return err ? err : cohort_peers(side->c, NULL, 0, PATIENCE) == 1 ? 0 : -EIO;
}

Test(stats, and_lists_can_be_asked_for_in_a_handler)
{
	struct stage *s = stage_new();

	side_add(&s->secondary[0], "ask_far", on_ask_far);
	stage_start(s, 1);
	cr_assert_eq(ask(&s->primary, id_of(&s->secondary[0]), "ask_far", 1), 0);
	stage_close(s);
}
