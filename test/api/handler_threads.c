/*
 * The threads that run handlers: none is idle while something waits for one.
 */
#include <criterion/criterion.h>
#include <stdatomic.h>

#include "api/verbs.h"

TestSuite(handler_threads, .timeout = 120);

static struct gate second_gate = GATE_INIT;

static int hold_at(struct side *side, cohort_peer peer)
{
	struct cohort_message m = COHORT_MESSAGE("hold", NULL, 0);

	return cohort_request(side->c, peer, &m, 4 * PATIENCE, NULL);
}

/* Waits for another peer, has its answer, and goes on for long. */
static int on_ask_and_linger(struct cohort_call *call, void *arg)
{
	struct side *side = arg;
	struct entry e = { .deed = DONE };

	(void)call;
	e.detail = hold_at(side, id_of(&side->stage->secondary[1]));
	journal_write(&side->journal, e);
	return gate_pass(&second_gate) ? 0 : -EIO;
}

/*
 * There is one thread too many when the first one has its answer: it took that one's place. The next
 * bell may wake the thread that now has to park.
 */
Test(handler_threads, who_parks_passes_on_what_it_was_woken_for)
{
	struct stage *s = stage_new();
	struct journal *j = &s->primary.journal;

	s->primary.config.handler_threads = 2;
	s->primary.config.spin = 0;
	side_add(&s->primary, "linger", on_ask_and_linger);
	stage_start(s, 3);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "linger", 0), 0);
	cr_assert(journal_await(&s->secondary[1].journal, CALLED, 1));
	cr_assert_eq(ask(&s->secondary[2], COHORT_PRIMARY, "echo", 1), 0);
	gate_open(&s->gate);
	cr_assert(journal_await(j, DONE, 1));
	cr_assert_eq(journal_entry(j, DONE, 0).detail, 0);
	for (size_t i = 1; i <= 3; i++) {
		cr_assert_eq(tell(&s->secondary[2], COHORT_PRIMARY, "note", i), 0);
		cr_assert(journal_await(j, CALLED, i), "not while the other handler lingers");
	}
	gate_open(&second_gate);
	stage_close(s);
}

static int on_slow(struct cohort_call *call, void *arg)
{
	int64_t end = now_ns() + COHORT_US(300);

	(void)call;
	(void)arg;
	while (now_ns() < end)
		;
	return 0;
}

static int on_once(struct cohort_call *call, void *arg)
{
	struct side *side = arg;

	side_write_call(side, call);
	return cohort_unregister(side->c, "once") == COHORT_DRAINING ? 0 : -EIO;
}

static void released_beside_a_stream(bool own_loop)
{
	struct stage *s = stage_new();
	struct sender sender = { .side = &s->secondary[0], .to = COHORT_PRIMARY };
	pthread_t threads[2];
	int64_t end = now_ns() + PATIENCE;

	side_add(&s->primary, "slow", on_slow);
	side_add(&s->primary, "once", on_once)->released = on_released;
	s->primary.config.flags |= own_loop ? COHORT_OWN_LOOP : 0;
	stage_start(s, 2);
	for (size_t i = 0; i < 2; i++)
		threads[i] = thread_start(send_on, &sender);
	cr_assert_eq(tell(&s->secondary[1], COHORT_PRIMARY, "once", 0), 0);
	while (own_loop && !journal_count(&s->primary.journal, RELEASED) && now_ns() < end)
		cr_assert_geq(cohort_dispatch(s->primary.c, COHORT_MS(10)), 0);
	cr_assert(journal_await(&s->primary.journal, RELEASED, 1), "not while a peer streams");
	sender.stop = true;
	if (own_loop)
		side_close(&s->primary);
	for (size_t i = 0; i < 2; i++)
		thread_join(threads[i]);
	stage_close(s);
}

Test(handler_threads, callbacks_of_no_peer_have_their_turn_beside_one_that_streams)
{
	released_beside_a_stream(false);
	released_beside_a_stream(true);
}

/* The first to come waits for a peer, as long as the test wants; the other does not. */
static void on_released_one_waits(void *arg)
{
	struct side *side = arg;
	static atomic_int nth;

	if (nth++ == 0)
		hold_at(side, id_of(&side->stage->secondary[1]));
	else
		on_released(side);
}

static int on_remove_self(struct cohort_call *call, void *arg)
{
	struct side *side = arg;
	const char *name = cohort_call_action(call);
	bool drains = cohort_unregister(side->c, name) == COHORT_DRAINING;

	side_write_call(side, call);
	return drains ? 0 : -EIO;
}

static int on_linger(struct cohort_call *call, void *arg)
{
	side_write_call(arg, call);
	return gate_pass(&second_gate) ? 0 : -EIO;
}

/* Both are there when the only thread comes to them. */
Test(handler_threads, a_callback_that_waits_does_not_keep_those_behind_it)
{
	struct stage *s = stage_new();
	struct journal *j = &s->primary.journal;

	side_add(&s->primary, "linger", on_linger);
	for (int i = 0; i < 2; i++) {
		struct cohort_action *a =
			side_add(&s->primary, i ? "first" : "second", on_remove_self);

		a->flags = COHORT_BLOCKING;
		a->released = on_released_one_waits;
	}
	stage_start(s, 2);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "first", 0), 0);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "second", 0), 0);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "linger", 0), 0);
	cr_assert(journal_await(j, CALLED, 3));
	gate_open(&second_gate);
	cr_assert(journal_await(j, RELEASED, 1), "not while the other waits");
	gate_open(&s->gate);
	stage_close(s);
}
