/*
 * Closing: whatever goes on meanwhile, when it returns nothing runs and nothing is left.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(close, .timeout = 290);

static void *ask_hold(void *arg)
{
	struct side *side = arg;
	int err = ask_within(side, COHORT_PRIMARY, "hold", 1, COHORT_FOREVER);

	journal_write(&side->journal, (struct entry){ .deed = DONE, .detail = err });
	return NULL;
}

Test(close, ends_requests_that_wait)
{
	struct stage *s = stage_open(1);
	struct journal *j = &s->secondary[0].journal;
	pthread_t thread = thread_start(ask_hold, &s->secondary[0]);

	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	side_close(&s->secondary[0]);
	cr_assert(journal_await(j, DONE, 1));
	thread_join(thread);
	cr_assert_eq(journal_entry(j, DONE, 0).detail, -ESHUTDOWN);
	stage_close(s);
}

static int on_slow(struct cohort_call *call, void *arg)
{
	int err = on_hold(call, arg);

	journal_write(&((struct side *)arg)->journal, (struct entry){ .deed = RELEASED });
	return err;
}

static void *close_primary(void *arg)
{
	struct stage *s = arg;
	int err = cohort_close(s->primary.c);

	journal_write(&s->primary.journal, (struct entry){ .deed = DONE, .detail = err });
	return NULL;
}

/* Closes the primary beside the test, whose handler is held; returns when closing has begun. */
static pthread_t begin_to_close(struct stage *s)
{
	pthread_t thread = thread_start(close_primary, s);
	int64_t end = now_ns() + PATIENCE;

	while (cohort_unregister(s->primary.c, "nobody") != -ESHUTDOWN && now_ns() < end)
		sched_yield();
	return thread;
}

static void end_closing(struct stage *s, pthread_t thread)
{
	gate_open(&s->gate);
	thread_join(thread);
	s->primary.c = NULL;
	cr_assert_eq(journal_entry(&s->primary.journal, DONE, 0).detail, 0);
}

static struct stage *stage_with_a_held_primary(void)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "slow", on_slow);
	s->secondary[0].config.flags |= COHORT_NO_RECONNECT;
	stage_start(s, 1);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "slow", 1), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	return s;
}

Test(close, waits_for_the_handler_that_runs)
{
	struct stage *s = stage_with_a_held_primary();
	struct journal *j = &s->primary.journal;

	end_closing(s, begin_to_close(s));
	cr_assert_gt(journal_find(j, DONE, 0), journal_find(j, RELEASED, 0));
	cr_assert_geq(journal_find(j, RELEASED, 0), 0);
	stage_close(s);
}

Test(close, makes_calls_of_other_threads_eshutdown)
{
	struct stage *s = stage_with_a_held_primary();
	pthread_t thread = begin_to_close(s);
	cohort_peer peer = journal_entry(&s->primary.journal, JOINED, 0).peer;

	EXPECT(-ESHUTDOWN, tell(&s->primary, peer, "note", 1));
	EXPECT(-ESHUTDOWN, ask_within(&s->primary, peer, "note", 1, PATIENCE));
	EXPECT(-ESHUTDOWN, ask_async(&s->primary, peer, "note", 1, PATIENCE, NULL));
	EXPECT(-ESHUTDOWN, tell_all(&s->primary, "note", 1, 0, NULL));
	EXPECT(-ESHUTDOWN, cohort_register(s->primary.c, &s->primary.actions[0]));
	EXPECT(-ESHUTDOWN, cohort_unregister(s->primary.c, "note"));
	EXPECT(-ESHUTDOWN, cohort_peers(s->primary.c, NULL, 0, PATIENCE));
	EXPECT(-ESHUTDOWN, cohort_wait(s->primary.c, NULL, 9, PATIENCE));
	end_closing(s, thread);
	stage_close(s);
}

Test(close, by_a_second_thread_is_ealready)
{
	struct stage *s = stage_with_a_held_primary();
	pthread_t thread = begin_to_close(s);

	EXPECT(-EALREADY, cohort_close(s->primary.c));
	EXPECT(-EALREADY, cohort_close(s->primary.c));
	end_closing(s, thread);
	stage_close(s);
}

/* Tries to close its own handle and another one. */
static int on_close(struct cohort_call *call, void *arg)
{
	struct side *side = arg;
	struct entry e = { .deed = CALLED };

	e.number = cohort_close(cohort_call_channel(call)) == -EDEADLK &&
		   cohort_close(side->stage->secondary[1].c) == -EDEADLK;
	journal_write(&side->journal, e);
	return 0;
}

Test(close, in_a_handler_of_any_handle_is_edeadlk)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "close", on_close);
	stage_start(s, 2);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "close", 1), 0);
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).number, 1);
	cr_assert_eq(ask(&s->secondary[1], COHORT_PRIMARY, "echo", 1), 0);
	stage_close(s);
}

Test(close, of_a_secondary_leaves_what_it_sent_to_be_served)
{
	struct stage *s = stage_open(1);
	struct journal *j = &s->primary.journal;

	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "hold", 0), 0);
	for (uint64_t i = 1; i < 1000; i++)
		cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "note", i), 0);
	side_close(&s->secondary[0]);
	gate_open(&s->gate);
	cr_assert(journal_await(j, LEFT, 1));
	cr_assert_eq(journal_entry(j, LEFT, 0).number, COHORT_LEFT_CLOSED);
	cr_assert_eq(journal_count(j, CALLED), 1000);
	cr_assert_lt(journal_find(j, CALLED, 999), journal_find(j, LEFT, 0));
	stage_close(s);
}

Test(close, of_the_primary_leaves_what_it_sent_to_be_served)
{
	struct stage *s = stage_open(1);
	struct journal *j = &s->secondary[0].journal;

	for (uint64_t i = 0; i < 1000; i++)
		cr_assert_eq(tell(&s->primary, id_of(&s->secondary[0]), "note", i), 0);
	side_close(&s->primary);
	cr_assert(journal_await(j, LEFT, 1));
	cr_assert_eq(journal_entry(j, LEFT, 0).number, COHORT_LEFT_CLOSED);
	cr_assert_eq(journal_count(j, CALLED), 1000);
	stage_close(s);
}

Test(close, tells_our_own_left_callback_that_it_was_us)
{
	struct stage *s = stage_open(2);

	side_close(&s->primary);
	cr_assert_eq(journal_count(&s->primary.journal, LEFT), 2);
	cr_assert_eq(journal_entry(&s->primary.journal, LEFT, 0).number, COHORT_LEFT_SHUTDOWN);
	cr_assert_eq(journal_entry(&s->primary.journal, LEFT, 1).number, COHORT_LEFT_SHUTDOWN);
	stage_close(s);
}

Test(close, serves_what_peers_had_sent)
{
	struct stage *s = stage_with_a_held_primary();
	struct journal *j = &s->primary.journal;

	for (uint64_t i = 0; i < 500; i++)
		cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "note", i), 0);
	end_closing(s, begin_to_close(s));
	cr_assert_eq(journal_count(j, CALLED), 501);
	cr_assert_eq(journal_count(j, LOST), 0);
	stage_close(s);
}

Test(close, counts_what_it_did_not_serve_in_time_as_lost)
{
	struct stage *s = stage_new();
	struct journal *j = &s->primary.journal;

	s->primary.config.close_timeout = 0;
	stage_start(s, 1);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "hold", 0), 0);
	cr_assert(journal_await(j, CALLED, 1));
	for (uint64_t i = 0; i < 50; i++)
		cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "note", i), 0);
	end_closing(s, begin_to_close(s));
	cr_assert_eq(journal_count(j, CALLED) + journal_await_sum(j, LOST, 0), 51);
	for (size_t i = 0; i < journal_count(j, LOST); i++)
		cr_assert_eq(journal_entry(j, LOST, i).detail, COHORT_LOST_CLOSED);
	stage_close(s);
}

static void *close_side(void *arg)
{
	struct side *side = arg;

	journal_write(&side->journal,
		      (struct entry){ .deed = DONE, .detail = cohort_close(side->c) });
	side->c = NULL;
	return NULL;
}

Test(close, of_both_sides_at_once_ends)
{
	for (int round = 0; round < (soak() ? 2000 : 100); round++) {
		struct stage *s = stage_open(2);
		pthread_t threads[3];

		ask_async(&s->secondary[0], COHORT_PRIMARY, "echo", 1, PATIENCE, NULL);
		tell_all(&s->primary, "note", 1, 0, NULL);
		threads[0] = thread_start(close_side, &s->primary);
		threads[1] = thread_start(close_side, &s->secondary[0]);
		threads[2] = thread_start(close_side, &s->secondary[1]);
		for (size_t i = 0; i < 3; i++)
			thread_join(threads[i]);
		cr_assert_eq(journal_entry(&s->primary.journal, DONE, 0).detail, 0);
		cr_assert_eq(journal_entry(&s->secondary[1].journal, DONE, 0).detail, 0);
		stage_close(s);
	}
}

/* As often as fits into four minutes: on some kernels taking a watch off a folder takes 10 ms. */
Test(close, and_open_of_a_secondary_can_be_repeated)
{
	struct stage *s = stage_open(0);
	int64_t end = now_ns() + COHORT_SECONDS(240);
	size_t rounds = soak() ? 100000 : 500;
	size_t n = 0;

	for (; n < rounds && now_ns() < end; n++) {
		cr_assert_eq(side_open(&s->secondary[0]), 0);
		side_close(&s->secondary[0]);
	}
	cr_assert(journal_await(&s->primary.journal, LEFT, n));
	cr_assert_eq(journal_count(&s->primary.journal, JOINED), n);
	stage_close(s);
}

Test(close, and_open_of_a_primary_can_be_repeated)
{
	struct stage *s = stage_new();

	for (int i = 0; i < (soak() ? 10000 : 300); i++) {
		cr_assert_eq(side_open(&s->primary), 0);
		side_close(&s->primary);
		cr_assert_neq(access(s->path, F_OK), 0);
	}
	stage_close(s);
}
