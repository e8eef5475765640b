/*
 * COHORT_FENCE: the request returns after everything that the peer sent before its answer was
 * handled.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(fence, .timeout = 120);

/* Sends as many notes as it was asked for, and then answers. */
static int on_burst(struct cohort_call *call, void *arg)
{
	struct side *side = arg;

	for (uint64_t i = 0; i < call_number(call); i++) {
		int err = tell(side, cohort_call_peer(call), "note", i);

		if (err)
			return err;
	}
	return 0;
}

static struct stage *stage_with_bursts(void)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "burst", on_burst);
	side_add(&s->secondary[0], "burst", on_burst);
	return s;
}

static int ask_fenced(const struct side *from, cohort_peer to, uint64_t n)
{
	struct cohort_message m = COHORT_MESSAGE("burst", &n, sizeof(n));
	struct cohort_reply *reply = NULL;
	int err;

	m.flags = COHORT_FENCE;
	err = cohort_request(from->c, to, &m, PATIENCE, &reply);
	if (!err)
		err = cohort_reply_status(reply);
	cohort_reply_free(reply);
	return err;
}

/* All n were handled when the request returned: nothing here waits for them. */
static void fences(struct side *from, cohort_peer to, uint64_t n)
{
	size_t before = journal_count(&from->journal, CALLED);

	cr_assert_eq(ask_fenced(from, to, n), 0);
	cr_assert_eq(journal_count(&from->journal, CALLED), before + n);
	cr_assert_eq(journal_count(&from->journal, LOST), 0);
}

Test(fence, returns_after_the_messages_of_the_primary_were_handled)
{
	struct stage *s = stage_with_bursts();

	stage_start(s, 1);
	for (int round = 0; round < 20; round++) {
		fences(&s->secondary[0], COHORT_PRIMARY, 0);
		fences(&s->secondary[0], COHORT_PRIMARY, 1);
		fences(&s->secondary[0], COHORT_PRIMARY, 1000);
	}
	stage_close(s);
}

Test(fence, returns_after_the_messages_of_a_secondary_were_handled)
{
	struct stage *s = stage_with_bursts();

	stage_start(s, 1);
	for (int round = 0; round < 20; round++) {
		fences(&s->primary, id_of(&s->secondary[0]), 0);
		fences(&s->primary, id_of(&s->secondary[0]), 1);
		fences(&s->primary, id_of(&s->secondary[0]), 1000);
	}
	stage_close(s);
}

Test(fence, holds_for_more_messages_than_fit_the_ring)
{
	struct stage *s = stage_with_bursts();

	s->primary.config.ring_size = 16 << 10;
	stage_start(s, 1);
	fences(&s->secondary[0], COHORT_PRIMARY, 5000);
	stage_close(s);
}

/* In a handler; the number of notes that were handled when it returned goes into the journal. */
static int on_fenced(struct cohort_call *call, void *arg)
{
	struct side *side = arg;
	int err = ask_fenced(side, cohort_call_peer(call), call_number(call));

	return err ? err : -(int)journal_count(&side->journal, CALLED);
}

Test(fence, works_in_a_handler)
{
	struct stage *s = stage_with_bursts();

	side_add(&s->secondary[0], "fenced", on_fenced);
	stage_start(s, 1);
	cr_assert_eq(ask(&s->primary, id_of(&s->secondary[0]), "fenced", 1000), -1000);
	stage_close(s);
}

struct asking {
	struct side *from;
	cohort_peer to;
	int status;
};

static void *ask_for_fence(void *arg)
{
	struct asking *a = arg;

	a->status = ask(a->from, a->to, "fenced", 100);
	return NULL;
}

Test(fence, of_two_handlers_at_once_ends)
{
	struct stage *s = stage_with_bursts();
	struct asking a, b;
	pthread_t threads[2];

	side_add(&s->primary, "fenced", on_fenced);
	side_add(&s->secondary[0], "fenced", on_fenced);
	stage_start(s, 1);
	for (int round = 0; round < 20; round++) {
		a = (struct asking){ &s->secondary[0], COHORT_PRIMARY, 1 };
		b = (struct asking){ &s->primary, id_of(&s->secondary[0]), 1 };
		threads[0] = thread_start(ask_for_fence, &a);
		threads[1] = thread_start(ask_for_fence, &b);
		thread_join(threads[0]);
		thread_join(threads[1]);
		cr_assert_leq(a.status, -100 * (round + 1));
		cr_assert_leq(b.status, -100 * (round + 1));
	}
	stage_close(s);
}

static struct gate next_primary = GATE_INIT;

static int ask_next(struct side *side)
{
	uint64_t n = 1;
	struct cohort_message m = COHORT_MESSAGE("burst", &n, sizeof(n));

	m.flags = COHORT_FENCE | COHORT_WAIT_FOR_PRIMARY;
	return cohort_request(side->c, COHORT_PRIMARY, &m, 4 * PATIENCE, NULL);
}

static int on_ask_next(struct cohort_call *call, void *arg)
{
	struct side *side = arg;
	struct entry e = { .deed = DONE };

	side_write_call(side, call);
	if (!gate_pass(&next_primary))
		return -EIO;
	e.detail = ask_next(side);
	journal_write(&side->journal, e);
	return 0;
}

static void on_left_ask_next(struct cohort *c, cohort_peer peer, enum cohort_reason reason,
			     void *user)
{
	struct side *side = user;
	struct entry e = { .deed = DONE };

	e.detail = ask_next(side);
	journal_write(&side->journal, e);
	on_left(c, peer, reason, user);
}

/* What the next primary sends is handled after `left` of the last one, and so after this handler. */
Test(fence, to_the_next_primary_fails_at_once_in_a_handler_of_the_last_one)
{
	struct stage *s = stage_with_bursts();
	struct side *side = &s->secondary[0];

	side->config.left = on_left_ask_next;
	side_add(side, "ask_next", on_ask_next);
	stage_start(s, 1);
	cr_assert_eq(tell(&s->primary, id_of(side), "ask_next", 1), 0);
	cr_assert(journal_await(&side->journal, CALLED, 1));
	side_close(&s->primary);
	cr_assert_eq(side_open(&s->primary), 0);
	cr_assert_eq(cohort_wait(s->primary.c, NULL, 1, PATIENCE), 0);
	gate_open(&next_primary);
	cr_assert(journal_await(&side->journal, DONE, 2));
	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(journal_entry(&side->journal, DONE, i).detail, -EDEADLK, "%s: %d",
			     i ? "left" : "handler", journal_entry(&side->journal, DONE, i).detail);
	cr_assert_eq(ask_fenced(side, COHORT_PRIMARY, 5), 0);
	stage_close(s);
}

Test(fence, is_for_calls_that_wait)
{
	struct stage *s = stage_with_bursts();
	struct cohort_message m = COHORT_MESSAGE("burst", NULL, 0);

	m.flags = COHORT_FENCE;
	stage_start(s, 1);
	INVALID(cohort_request_async(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE, on_done,
				     &s->secondary[0], NULL));
	INVALID(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE));
	INVALID(cohort_broadcast(s->primary.c, &m, PATIENCE, NULL));
	stage_close(s);
}

Test(fence, does_not_outlast_its_deadline)
{
	struct stage *s = stage_with_bursts();
	uint64_t n = 1;
	struct cohort_message m = COHORT_MESSAGE("burst", &n, sizeof(n));

	stage_start(s, 1);
	cr_assert_eq(tell(&s->primary, id_of(&s->secondary[0]), "hold", 0), 0);
	cr_assert(journal_await(&s->secondary[0].journal, CALLED, 1));
	m.flags = COHORT_FENCE;
	cr_assert_eq(cohort_request(s->secondary[0].c, COHORT_PRIMARY, &m, COHORT_MS(50), NULL),
		     -ETIMEDOUT);
	stage_close(s);
}
