/*
 * Requests made inside handlers: there and back, both ways at once, around a ring of channels, and
 * down to the documented number of threads, past which they fail at once.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(nested, .timeout = 120);

/* The status of a request made in a handler; an outcome that is no answer is passed on as it is. */
static int ask_on(struct side *side, cohort_peer to, const char *action, uint64_t number)
{
	struct cohort_message m = COHORT_MESSAGE(action, &number, sizeof(number));
	struct cohort_reply *reply = NULL;
	int err = cohort_request(side->c, to, &m, PATIENCE, &reply);

	if (!err)
		err = cohort_reply_status(reply);
	cohort_reply_free(reply);
	return err;
}

/* Asks whoever asks to fail with the same number. */
static int on_ask_back(struct cohort_call *call, void *arg)
{
	return ask_on(arg, cohort_call_peer(call), "fail", call_number(call));
}

/* Counts down, from one process to the other and back. */
static int on_descend(struct cohort_call *call, void *arg)
{
	uint64_t depth = call_number(call);

	return depth ? ask_on(arg, cohort_call_peer(call), "descend", depth - 1) : 0;
}

static struct stage *stage_for_nesting(size_t nsecondaries)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "ask_back", on_ask_back);
	side_add(&s->primary, "descend", on_descend);
	for (size_t i = 0; i < STAGE_MAX; i++) {
		side_add(&s->secondary[i], "ask_back", on_ask_back);
		side_add(&s->secondary[i], "descend", on_descend);
	}
	stage_start(s, nsecondaries);
	return s;
}

Test(nested, handler_asks_the_one_who_asks)
{
	struct stage *s = stage_for_nesting(1);

	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "ask_back", EDOM), -EDOM);
	cr_assert_eq(ask(&s->primary, id_of(&s->secondary[0]), "ask_back", ERANGE), -ERANGE);
	stage_close(s);
}

struct asking {
	struct side *from;
	cohort_peer to;
	uint64_t wrong;
};

static void *ask_back_often(void *arg)
{
	struct asking *a = arg;

	for (uint64_t i = 0; i < 500; i++)
		a->wrong += ask_on(a->from, a->to, "ask_back", EDOM) != -EDOM;
	return NULL;
}

Test(nested, handlers_ask_each_other_at_the_same_time)
{
	struct stage *s = stage_for_nesting(1);
	struct asking a = { &s->secondary[0], COHORT_PRIMARY, 0 };
	struct asking b = { &s->primary, id_of(&s->secondary[0]), 0 };
	pthread_t threads[] = { thread_start(ask_back_often, &a),
				thread_start(ask_back_often, &b) };

	thread_join(threads[0]);
	thread_join(threads[1]);
	cr_assert_eq(a.wrong + b.wrong, 0);
	stage_close(s);
}

Test(nested, handlers_of_many_peers_ask_back_at_the_same_time)
{
	struct stage *s = stage_for_nesting(4);
	struct asking a[4];
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++) {
		a[i] = (struct asking){ &s->secondary[i], COHORT_PRIMARY, 0 };
		threads[i] = thread_start(ask_back_often, &a[i]);
	}
	for (size_t i = 0; i < 4; i++) {
		thread_join(threads[i]);
		cr_assert_eq(a[i].wrong, 0);
	}
	stage_close(s);
}

Test(nested, depth_works_up_to_the_limit_and_past_it_fails_at_once)
{
	struct stage *s = stage_for_nesting(1);
	uint64_t depth = 0;
	int status = 0;
	int64_t begin = now_ns();

	while (!status) {
		status = ask(&s->secondary[0], COHORT_PRIMARY, "descend", ++depth);
		cr_assert_lt(depth, 2 * COHORT_THREADS_MAX + 2);
	}
	cr_assert_lt(now_ns() - begin, COHORT_SECONDS(20));
	cr_assert_eq(status, -EDEADLK);
	cr_assert_geq(depth, COHORT_THREADS_MAX / 2, "the limit is %lu", (unsigned long)depth);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "descend", depth - 1), 0);
	cr_assert_eq(ask(&s->primary, id_of(&s->secondary[0]), "descend", depth - 1), 0);
	stage_close(s);
}

/* Primary i and secondary i share channel i; process i has primary i and secondary i + 1. */
#define RING 5

static struct stage *ring[RING];

static int on_pass(struct cohort_call *call, void *arg)
{
	uint64_t hops = call_number(call);

	for (size_t i = 0; i < RING && hops; i++)
		if (arg == &ring[i]->primary)
			return ask_on(&ring[(i + 1) % RING]->secondary[0], COHORT_PRIMARY, "pass",
				      hops - 1);
	return 0;
}

static void ring_open(void)
{
	for (size_t i = 0; i < RING; i++) {
		ring[i] = stage_new();
		side_add(&ring[i]->primary, "pass", on_pass);
	}
	for (size_t i = 0; i < RING; i++)
		stage_start(ring[i], 1);
}

static void ring_close(void)
{
	for (size_t i = 0; i < RING; i++) {
		side_close(&ring[i]->secondary[0]);
		side_close(&ring[i]->primary);
	}
	for (size_t i = RING; i-- > 0;)
		stage_close(ring[i]);
}

Test(nested, requests_go_around_a_ring_of_five_processes)
{
	ring_open();
	for (uint64_t hops = 0; hops <= 4 * RING; hops++)
		cr_assert_eq(ask(&ring[hops % RING]->secondary[0], COHORT_PRIMARY, "pass", hops), 0,
			     "%lu hops", (unsigned long)hops);
	ring_close();
}

Test(nested, too_many_turns_around_the_ring_fail_at_once)
{
	ring_open();
	cr_assert_eq(ask(&ring[0]->secondary[0], COHORT_PRIMARY, "pass", 100 * RING), -EDEADLK);
	cr_assert_eq(ask(&ring[0]->secondary[0], COHORT_PRIMARY, "pass", RING), 0);
	ring_close();
}

/* Asks the peer for "hold", which ends only when the test says so. */
static int on_ask_hold(struct cohort_call *call, void *arg)
{
	return ask_on(arg, cohort_call_peer(call), "hold", 0);
}

Test(nested, waiting_handlers_of_one_peer_leave_threads_for_the_others)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "ask_hold", on_ask_hold);
	stage_start(s, 2);
	for (uint64_t i = 0; i < 40; i++)
		cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "ask_hold", i, PATIENCE,
				       NULL),
			     0);
	cr_assert(journal_await(&s->secondary[0].journal, CALLED, 1));
	cr_assert_eq(ask(&s->secondary[1], COHORT_PRIMARY, "echo", 1), 0);
	cr_assert_leq(stats_of(&s->primary, COHORT_ALL).threads, COHORT_THREADS_MAX + 1);
	gate_open(&s->gate);
	cr_assert(journal_await(&s->secondary[0].journal, DONE, 40));
	for (size_t i = 0; i < 40; i++)
		cr_assert_eq(journal_entry(&s->secondary[0].journal, DONE, i).detail, 0);
	stage_close(s);
}

static void ask_who_joined(struct cohort *c, cohort_peer peer, void *user)
{
	struct side *side = user;
	uint64_t number = EDOM;
	struct cohort_message m = COHORT_MESSAGE("fail", &number, sizeof(number));
	struct cohort_reply *reply = NULL;
	struct entry e = { .deed = JOINED, .peer = peer };

	e.detail = cohort_request(c, peer, &m, PATIENCE, &reply);
	if (reply)
		e.number = (uint64_t)-cohort_reply_status(reply);
	cohort_reply_free(reply);
	journal_write(&side->journal, e);
}

Test(nested, callbacks_may_ask_too)
{
	struct stage *s = stage_new();

	s->primary.config.joined = ask_who_joined;
	s->secondary[0].config.joined = ask_who_joined;
	stage_start(s, 1);
	cr_assert(journal_await(&s->primary.journal, JOINED, 1));
	cr_assert(journal_await(&s->secondary[0].journal, JOINED, 1));
	cr_assert_eq(journal_entry(&s->primary.journal, JOINED, 0).detail, 0);
	cr_assert_eq(journal_entry(&s->primary.journal, JOINED, 0).number, EDOM);
	cr_assert_eq(journal_entry(&s->secondary[0].journal, JOINED, 0).detail, 0);
	cr_assert_eq(journal_entry(&s->secondary[0].journal, JOINED, 0).number, EDOM);
	stage_close(s);
}
