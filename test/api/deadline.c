/*
 * Deadlines travel: the handler sees when its requester stops waiting, requests it makes end before
 * that, and what nobody waits for any more is not served.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(deadline, .timeout = 120);

static int on_deadline(struct cohort_call *call, void *arg)
{
	journal_write(&((struct side *)arg)->journal,
		      (struct entry){ .deed = CALLED,
				      .number = (uint64_t)cohort_call_deadline(call) });
	return 0;
}

static int64_t deadline_seen(struct stage *s, struct side *from, struct side *to, cohort_peer peer,
			     int64_t timeout)
{
	size_t n = journal_count(&to->journal, CALLED);

	(void)s;
	cr_assert_eq(ask_within(from, peer, "deadline", 0, timeout), 0);
	return (int64_t)journal_entry(&to->journal, CALLED, n).number;
}

Test(deadline, reaches_the_handler)
{
	struct stage *s = stage_new();
	struct side *a = &s->secondary[0], *b = &s->primary;
	int64_t before, seen;

	side_add(a, "deadline", on_deadline);
	side_add(b, "deadline", on_deadline);
	stage_start(s, 1);
	before = now_ns();
	seen = deadline_seen(s, a, b, COHORT_PRIMARY, COHORT_SECONDS(40));
	cr_assert_geq(seen, before + COHORT_SECONDS(40));
	cr_assert_leq(seen, now_ns() + COHORT_SECONDS(40));
	before = now_ns();
	seen = deadline_seen(s, b, a, id_of(a), COHORT_SECONDS(40));
	cr_assert_geq(seen, before + COHORT_SECONDS(40));
	cr_assert_leq(seen, now_ns() + COHORT_SECONDS(40));
	cr_assert_eq(deadline_seen(s, a, b, COHORT_PRIMARY, COHORT_FOREVER), COHORT_FOREVER);
	stage_close(s);
}

Test(deadline, request_that_nobody_waits_for_is_not_served)
{
	struct stage *s = stage_open(1);

	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "hold", 0), 0);
	cr_assert_eq(ask_within(&s->secondary[0], COHORT_PRIMARY, "note", 1, COHORT_MS(30)),
		     -ETIMEDOUT);
	gate_open(&s->gate);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "note", 2), 0);
	cr_assert_eq(journal_count(&s->primary.journal, CALLED), 2);
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 1).number, 2);
	cr_assert_eq(stats_of(&s->primary, COHORT_ALL).expired, 1);
	cr_assert_eq(journal_count(&s->primary.journal, LOST), 0);
	stage_close(s);
}

/* Asks the secondary that the test names for "hold", for longer than that lasts. */
static struct side *holder;

static int ask_holder(struct side *side, uint32_t flags)
{
	struct cohort_message m = COHORT_MESSAGE("hold", NULL, 0);

	m.flags = flags;
	return cohort_request(side->c, id_of(holder), &m, 10 * PATIENCE, NULL);
}

/* Asks the holder for the deadline that it sees, with more time than there is. */
static int on_ask_deadline(struct cohort_call *call, void *arg)
{
	struct entry e = { .deed = CALLED, .number = (uint64_t)cohort_call_deadline(call) };
	struct cohort_message m = COHORT_MESSAGE("deadline", NULL, 0);
	struct side *side = arg;

	e.detail = cohort_request(side->c, id_of(holder), &m, 2 * PATIENCE, NULL);
	journal_write(&side->journal, e);
	return 0;
}

/* A tenth of a second before, or an eighth of what is left. */
Test(deadline, nested_request_ends_in_time_for_an_answer)
{
	struct stage *s = stage_new();
	int64_t outer, inner;

	holder = &s->secondary[1];
	side_add(&s->primary, "ask_deadline", on_ask_deadline);
	side_add(holder, "deadline", on_deadline);
	stage_start(s, 2);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "ask_deadline", 0), 0);
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).detail, 0);
	outer = (int64_t)journal_entry(&s->primary.journal, CALLED, 0).number;
	inner = (int64_t)journal_entry(&holder->journal, CALLED, 0).number;
	cr_assert_lt(inner, outer);
	cr_assert_geq(inner, outer - COHORT_MS(100));
	stage_close(s);
}

static int on_ask_holder(struct cohort_call *call, void *arg)
{
	struct side *side = arg;
	struct entry e = { .deed = CALLED };

	(void)call;
	e.detail = ask_holder(side, 0);
	journal_write(&side->journal, e);
	return 0;
}

Test(deadline, nested_request_does_not_outlast_it)
{
	struct stage *s = stage_new();

	holder = &s->secondary[1];
	side_add(&s->primary, "ask_holder", on_ask_holder);
	stage_start(s, 2);
	ask_in_vain(&s->secondary[0], &s->primary, "ask_holder", &s->primary.journal);
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).detail, -ETIMEDOUT);
	stage_close(s);
}

static int on_ask_holder_anyway(struct cohort_call *call, void *arg)
{
	struct side *side = arg;
	struct entry e = { .deed = CALLED };

	(void)call;
	e.detail = ask_holder(side, COHORT_NO_INHERIT);
	journal_write(&side->journal, e);
	return 0;
}

Test(deadline, nested_request_may_outlast_it_if_its_caller_says_so)
{
	struct stage *s = stage_new();

	holder = &s->secondary[1];
	side_add(&s->primary, "anyway", on_ask_holder_anyway);
	stage_start(s, 2);
	cr_assert_eq(ask_in_vain(&s->secondary[0], &s->primary, "anyway", &holder->journal),
		     -ETIMEDOUT);
	cr_assert_eq(journal_count(&s->primary.journal, CALLED), 0);
	gate_open(&s->gate);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).detail, 0);
	stage_close(s);
}

/* Sends on until it is told that nobody waits. */
static int on_long_work(struct cohort_call *call, void *arg)
{
	int64_t end = now_ns() + PATIENCE;

	while (!cohort_call_cancelled(call) && now_ns() < end)
		sched_yield();
	journal_write(&((struct side *)arg)->journal,
		      (struct entry){ .deed = CALLED, .detail = cohort_call_cancelled(call) });
	return 0;
}

Test(deadline, long_handler_can_see_that_its_requester_gave_up)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "work", on_long_work);
	stage_start(s, 1);
	cr_assert_eq(ask_in_vain(&s->secondary[0], &s->primary, "work", &s->primary.journal),
		     -ETIMEDOUT);
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).detail, 1);
	stage_close(s);
}

Test(deadline, long_handler_can_see_that_its_requester_cancelled)
{
	struct stage *s = stage_new();
	uint64_t id;

	side_add(&s->primary, "work", on_long_work);
	stage_start(s, 1);
	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "work", 0, COHORT_FOREVER, &id),
		     0);
	cr_assert_eq(cohort_cancel(s->secondary[0].c, id), 0);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 0), 0);
	stage_close(s);
}

/* A send in a handler inherits the deadline too. */
static int on_send_to_holder(struct cohort_call *call, void *arg)
{
	struct entry e = { .deed = CALLED };
	struct side *side = arg;

	(void)call;
	do
		e.detail = tell_within(side, id_of(holder), "note", 0, 10 * PATIENCE);
	while (!e.detail);
	journal_write(&side->journal, e);
	return 0;
}

Test(deadline, nested_send_to_a_full_ring_does_not_outlast_it)
{
	struct stage *s = stage_new();

	holder = &s->secondary[1];
	s->primary.config.ring_size = 16 << 10;
	side_add(&s->primary, "send", on_send_to_holder);
	stage_start(s, 2);
	cr_assert_eq(tell(&s->primary, id_of(holder), "hold", 0), 0);
	cr_assert(journal_await(&holder->journal, CALLED, 1));
	ask_in_vain(&s->secondary[0], &s->primary, "send", &s->primary.journal);
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).detail, -EAGAIN);
	stage_close(s);
}
