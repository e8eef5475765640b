/*
 * COHORT_BLOCKING: handlers that block elsewhere do not hold up others. COHORT_IN_PLACE: large
 * bodies without a copy.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(action_flags, .timeout = 120);

static struct stage *stage_with(const char *name, cohort_handler *handler, uint32_t flags)
{
	struct stage *s = stage_new();

	side_add(&s->primary, name, handler)->flags = flags;
	side_add(&s->secondary[0], name, handler)->flags = flags;
	stage_start(s, 2);
	return s;
}

Test(action_flags, blocking_lets_other_actions_of_the_same_peer_be_served)
{
	struct stage *s = stage_with("sleep", on_hold, COHORT_BLOCKING);
	cohort_peer peer = id_of(&s->secondary[0]);

	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "sleep", 1, PATIENCE, NULL), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	cr_assert_eq(ask(&s->secondary[1], COHORT_PRIMARY, "echo", 1), 0);
	cr_assert_eq(ask_async(&s->primary, peer, "sleep", 1, PATIENCE, NULL), 0);
	cr_assert(journal_await(&s->secondary[0].journal, CALLED, 1));
	cr_assert_eq(ask(&s->primary, peer, "echo", 1), 0);
	gate_open(&s->gate);
	cr_assert(journal_await(&s->secondary[0].journal, DONE, 1));
	cr_assert(journal_await(&s->primary.journal, DONE, 1));
	stage_close(s);
}

Test(action_flags, blocking_calls_wait_in_a_bounded_queue_and_all_are_served)
{
	struct stage *s = stage_with("sleep", on_hold, COHORT_BLOCKING);

	for (uint64_t i = 0; i < 500; i++)
		cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "sleep", i), 0);
	cr_assert_eq(ask(&s->secondary[1], COHORT_PRIMARY, "echo", 1), 0);
	cr_assert_leq(journal_count(&s->primary.journal, CALLED), 64);
	gate_open(&s->gate);
	cr_assert(journal_await(&s->primary.journal, CALLED, 500));
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	stage_close(s);
}

static int on_sum(struct cohort_call *call, void *arg)
{
	struct entry e = { .deed = CALLED, .fds = cohort_call_fds(call) };
	const void *data = cohort_call_data(call, &e.length);

	e.number = pattern_matches(data, e.length, (uint32_t)e.length);
	journal_write(&((struct side *)arg)->journal, e);
	return 0;
}

static void send_pattern(struct side *from, cohort_peer to, size_t length)
{
	char *body = malloc(length + 1);
	struct cohort_message m = COHORT_MESSAGE("sum", body, length);

	pattern_fill(body, length, (uint32_t)length);
	cr_assert_eq(cohort_send(from->c, to, &m, PATIENCE), 0);
	free(body);
}

static const size_t lengths[] = { 0, 100, 65536, 65537, 1 << 20, 2 << 20, (2 << 20) + 1, 9 << 20 };
#define LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

static void bodies_are_right(uint32_t flags)
{
	struct stage *s = stage_with("sum", on_sum, flags);
	struct journal *j = &s->primary.journal;

	for (size_t i = 0; i < 5 * LENGTHS; i++)
		send_pattern(&s->secondary[0], COHORT_PRIMARY, lengths[i % LENGTHS]);
	cr_assert(journal_await(j, CALLED, 5 * LENGTHS));
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	for (size_t i = 0; i < 5 * LENGTHS; i++)
		cr_assert_eq(journal_entry(j, CALLED, i).number, 1, "call %zu", i);
	send_pattern(&s->primary, id_of(&s->secondary[0]), 1 << 20);
	cr_assert(journal_await(&s->secondary[0].journal, CALLED, 1));
	cr_assert_eq(journal_entry(&s->secondary[0].journal, CALLED, 0).number, 1);
	stage_close(s);
}

Test(action_flags, in_place_bodies_of_every_size_are_right)
{
	bodies_are_right(COHORT_IN_PLACE);
}

Test(action_flags, blocking_bodies_of_every_size_are_right)
{
	bodies_are_right(COHORT_BLOCKING);
}

Test(action_flags, blocking_bodies_in_place_are_right)
{
	bodies_are_right(COHORT_BLOCKING | COHORT_IN_PLACE);
}

static struct cohort_call *kept;

static int on_keep(struct cohort_call *call, void *arg)
{
	int err = cohort_call_keep(call, &kept);

	side_write_call(arg, call);
	return err;
}

Test(action_flags, in_place_body_that_is_kept_is_a_copy)
{
	struct stage *s = stage_with("sum", on_keep, COHORT_IN_PLACE);

	send_pattern(&s->secondary[0], COHORT_PRIMARY, 1 << 20);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	side_close(&s->primary);
	cr_assert(pattern_matches(cohort_call_data(kept, NULL), 1 << 20, 1 << 20));
	cohort_call_drop(kept);
	stage_close(s);
}

static int on_ask_back(struct cohort_call *call, void *arg)
{
	return ask_within(arg, cohort_call_peer(call), "echo", 1, PATIENCE);
}

Test(action_flags, blocking_handlers_may_ask_too)
{
	struct stage *s = stage_with("ask_back", on_ask_back, COHORT_BLOCKING);

	for (uint64_t i = 0; i < 100; i++)
		cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "ask_back", i, PATIENCE,
				       NULL),
			     0);
	cr_assert(journal_await(&s->secondary[0].journal, DONE, 100));
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "ask_back", 1), 0);
	cr_assert_eq(ask(&s->primary, id_of(&s->secondary[0]), "ask_back", 1), 0);
	stage_close(s);
}
