/*
 * The primary goes and comes back: secondaries are told once, come back by themselves with their
 * actions, and nothing of the old life is valid in the new one.
 */
#include <criterion/criterion.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "api/verbs.h"

TestSuite(restart, .timeout = 120);

static void primary_goes(struct stage *s)
{
	side_close(&s->primary);
}

static void primary_comes(struct stage *s, size_t nsecondaries)
{
	cr_assert_eq(side_open(&s->primary), 0);
	cr_assert_eq(cohort_wait(s->primary.c, NULL, nsecondaries, PATIENCE), 0);
}

Test(restart, secondaries_are_told_once_and_come_back_by_themselves)
{
	struct stage *s = stage_open(3);

	primary_goes(s);
	for (size_t i = 0; i < 3; i++) {
		struct journal *j = &s->secondary[i].journal;

		cr_assert(journal_await(j, LEFT, 1));
		cr_assert_eq(journal_entry(j, LEFT, 0).number, COHORT_LEFT_CLOSED);
		cr_assert_eq(journal_entry(j, LEFT, 0).peer, journal_entry(j, JOINED, 0).peer);
	}
	primary_comes(s, 3);
	for (size_t i = 0; i < 3; i++) {
		cr_assert(journal_await(&s->secondary[i].journal, JOINED, 2));
		cr_assert_eq(journal_count(&s->secondary[i].journal, LEFT), 1);
		cr_assert_eq(ask(&s->secondary[i], COHORT_PRIMARY, "echo", i), 0);
	}
	stage_close(s);
}

Test(restart, actions_are_announced_again)
{
	struct stage *s = stage_open(1);
	struct cohort_action action = COHORT_ACTION_INIT;
	struct cohort_delivery delivery = COHORT_DELIVERY_INIT;

	action.name = "later";
	action.handler = on_note;
	action.arg = &s->secondary[0];
	cr_assert_eq(register_at(&s->secondary[0], &action), 0);
	primary_goes(s);
	primary_comes(s, 1);
	cr_assert_eq(tell_all(&s->primary, "later", 8, PATIENCE, &delivery), 0);
	cr_assert_eq(delivery.delivered, 1);
	cr_assert(journal_await(&s->secondary[0].journal, CALLED, 1));
	stage_close(s);
}

Test(restart, actions_registered_while_no_primary_was_there_are_announced)
{
	struct stage *s = stage_open(1);
	struct cohort_action action = COHORT_ACTION_INIT;

	action.name = "between";
	action.handler = on_note;
	action.arg = &s->secondary[0];
	primary_goes(s);
	cr_assert(journal_await(&s->secondary[0].journal, LEFT, 1));
	cr_assert_eq(cohort_register(s->secondary[0].c, &action), 0);
	cr_assert_eq(side_open(&s->primary), 0);
	cr_assert_eq(cohort_wait(s->primary.c, "between", 1, PATIENCE), 0);
	stage_close(s);
}

Test(restart, ids_of_the_old_life_are_stale)
{
	struct stage *s = stage_open(1);
	cohort_peer old_primary = cohort_self(s->primary.c);
	cohort_peer old_secondary = id_of(&s->secondary[0]);

	primary_goes(s);
	primary_comes(s, 1);
	cr_assert(journal_await(&s->secondary[0].journal, JOINED, 2));
	cr_assert_neq(cohort_self(s->primary.c) >> 32, old_primary >> 32);
	cr_assert_neq(id_of(&s->secondary[0]), old_secondary);
	cr_assert_neq(old_primary >> 32, 0);
	EXPECT(-ESTALE, tell(&s->primary, old_secondary, "note", 1));
	EXPECT(-ESTALE, ask_within(&s->primary, old_secondary, "note", 1, PATIENCE));
	EXPECT(-ESTALE, tell(&s->secondary[0], old_primary, "note", 1));
	EXPECT(-ESTALE, ask_within(&s->secondary[0], old_primary, "note", 1, PATIENCE));
	stage_close(s);
}

Test(restart, calls_meanwhile_fail_at_once)
{
	struct stage *s = stage_open(1);
	struct side *side = &s->secondary[0];
	struct cohort_counters counters = COHORT_COUNTERS_INIT;

	primary_goes(s);
	cr_assert(journal_await(&side->journal, LEFT, 1));
	cr_assert_eq(id_of(side), COHORT_NOBODY);
	EXPECT(-ENOTCONN, tell(side, COHORT_PRIMARY, "note", 1));
	EXPECT(-ENOTCONN, ask_within(side, COHORT_PRIMARY, "note", 1, PATIENCE));
	EXPECT(-ENOTCONN, ask_async(side, COHORT_PRIMARY, "note", 1, PATIENCE, NULL));
	EXPECT(-ENOTCONN, cohort_peers(side->c, NULL, 0, PATIENCE));
	EXPECT(-ENOTCONN, cohort_actions(side->c, COHORT_ALL, NULL, 0, PATIENCE));
	EXPECT(-ENOTCONN, cohort_remote_stats(side->c, COHORT_ALL, &counters, PATIENCE));
	EXPECT(-ENOTCONN, cohort_stats(side->c, COHORT_PRIMARY, &counters));
	EXPECT(-ENOTCONN, cohort_peer_pidfd(side->c, COHORT_PRIMARY));
	EXPECT(-ENOTCONN, cohort_peer_set_data(side->c, COHORT_PRIMARY, s));
	EXPECT(-ETIMEDOUT, cohort_wait(side->c, NULL, 1, 0));
	EXPECT(0, cohort_stats(side->c, COHORT_ALL, &counters));
	side_close(side);
	cr_assert_eq(journal_count(&side->journal, DONE), 0);
	stage_close(s);
}

struct waiter {
	struct side *side;
	struct event began;
	int sent;
	int asked;
	int waited;
};

static void *wait_for_primary(void *arg)
{
	struct waiter *w = arg;
	struct cohort_message m = COHORT_MESSAGE("note", "x", 1);

	m.flags = COHORT_WAIT_FOR_PRIMARY;
	event_signal(&w->began);
	w->sent = cohort_send(w->side->c, COHORT_PRIMARY, &m, PATIENCE);
	w->asked = cohort_request(w->side->c, COHORT_PRIMARY, &m, PATIENCE, NULL);
	w->waited = cohort_wait(w->side->c, NULL, 1, PATIENCE);
	return NULL;
}

Test(restart, calls_wait_for_the_next_primary_if_their_caller_says_so)
{
	struct stage *s = stage_open(1);
	struct waiter w = { .side = &s->secondary[0], .sent = 1, .asked = 1, .waited = 1 };
	pthread_t thread;

	primary_goes(s);
	cr_assert(journal_await(&w.side->journal, LEFT, 1));
	event_init(&w.began);
	thread = thread_start(wait_for_primary, &w);
	cr_assert(event_wait_for(&w.began, 1, PATIENCE_MS));
	primary_comes(s, 1);
	thread_join(thread);
	cr_assert_eq(w.sent, 0);
	cr_assert_eq(w.asked, 0);
	cr_assert_eq(w.waited, 0);
	cr_assert_eq(journal_count(&s->primary.journal, CALLED), 2);
	event_deinit(&w.began);
	stage_close(s);
}

Test(restart, waiting_for_a_primary_ends_at_the_deadline)
{
	struct stage *s = stage_open(1);
	struct cohort_message m = COHORT_MESSAGE("note", "x", 1);
	int64_t begin;

	m.flags = COHORT_WAIT_FOR_PRIMARY;
	primary_goes(s);
	cr_assert(journal_await(&s->secondary[0].journal, LEFT, 1));
	begin = now_ns();
	EXPECT(-ENOTCONN, cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, COHORT_MS(50)));
	EXPECT(-ENOTCONN,
	       cohort_request(s->secondary[0].c, COHORT_PRIMARY, &m, COHORT_MS(50), NULL));
	cr_assert_geq(now_ns() - begin, COHORT_MS(100));
	stage_close(s);
}

Test(restart, secondary_that_does_not_want_to_reconnect_stays_away)
{
	struct stage *s = stage_new();

	s->secondary[1].config.flags |= COHORT_NO_RECONNECT;
	stage_start(s, 2);
	primary_goes(s);
	primary_comes(s, 1);
	cr_assert(journal_await(&s->secondary[0].journal, JOINED, 2));
	cr_assert(journal_await(&s->secondary[1].journal, LEFT, 1));
	cr_assert_eq(journal_count(&s->secondary[1].journal, JOINED), 1);
	cr_assert_eq(id_of(&s->secondary[1]), COHORT_NOBODY);
	EXPECT(-ENOTCONN, ask_within(&s->secondary[1], COHORT_PRIMARY, "note", 1, PATIENCE));
	stage_close(s);
}

/* What listens there hangs up: no primary at all. */
static void hang_up_on_one(const struct stage *s)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), one;

	strcpy(address.sun_path, s->path);
	cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(listener, 4), 0);
	one = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	cr_assert_geq(one, 0);
	close(one);
	close(listener);
	unlink(s->path);
}

Test(restart, joined_comes_after_left_though_a_handshake_failed_in_between)
{
	struct stage *s = stage_open(1);
	struct journal *j = &s->secondary[0].journal;

	cr_assert_eq(tell(&s->primary, id_of(&s->secondary[0]), "hold", 1), 0);
	cr_assert(journal_await(j, CALLED, 1));
	primary_goes(s);
	hang_up_on_one(s);
	primary_comes(s, 1);
	cr_assert_eq(cohort_wait(s->secondary[0].c, NULL, 1, PATIENCE), 0);
	cr_assert_eq(tell(&s->primary, id_of(&s->secondary[0]), "note", 2), 0);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	gate_open(&s->gate);
	cr_assert(journal_await(j, JOINED, 2));
	cr_assert(journal_await(j, CALLED, 2));
	cr_assert_lt(journal_find(j, LEFT, 0), journal_find(j, JOINED, 1));
	stage_close(s);
}

Test(restart, open_requests_end_with_the_primary)
{
	struct stage *s = stage_new();
	struct journal *j = &s->secondary[0].journal;

	s->primary.config.close_timeout = 0;
	stage_start(s, 1);
	for (uint64_t i = 0; i < 20; i++)
		cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "hold", i, PATIENCE, NULL),
			     0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	gate_open(&s->gate);
	primary_goes(s);
	cr_assert(journal_await(j, DONE, 20));
	for (size_t i = 0; i < 20; i++) {
		int outcome = journal_entry(j, DONE, i).detail;

		cr_assert(outcome == 0 || outcome == -ESHUTDOWN || outcome == -EPIPE, "%d",
			  outcome);
	}
	stage_close(s);
}

Test(restart, again_and_again_loses_nobody)
{
	struct stage *s = stage_open(3);
	struct journal *j = &s->primary.journal;

	for (size_t round = 1; round <= 20; round++) {
		primary_goes(s);
		primary_comes(s, 3);
		cr_assert(journal_await(j, JOINED, 3 * round + 3));
		for (size_t i = 0; i < 3; i++)
			cr_assert_eq(ask(&s->primary, journal_entry(j, JOINED, 3 * round + i).peer,
					 "echo", 1),
				     0);
	}
	stage_close(s);
}

static void evict(struct cohort *c, cohort_peer peer, void *user)
{
	on_joined(c, peer, user);
	cohort_peer_disconnect(c, peer);
}

/* 10 ms, then twice as much each time. */
Test(restart, who_is_thrown_out_at_once_again_and_again_takes_its_time)
{
	struct stage *s = stage_open(1);
	int64_t begin;

	primary_goes(s);
	s->primary.config.joined = evict;
	begin = now_ns();
	cr_assert_eq(side_open(&s->primary), 0);
	cr_assert(journal_await(&s->primary.journal, JOINED, 7));
	cr_assert_geq(now_ns() - begin, COHORT_MS(10 + 20 + 40 + 80));
	stage_close(s);
}
