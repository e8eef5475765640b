/*
 * A receiver that does not read: sends to it end, broadcasts pass it by, and it learns exactly what
 * it missed.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(overrun, .timeout = 120);

/* Two secondaries with small rings; the handler thread of the first is held. */
static struct stage *stage_with_a_stuck_one(enum cohort_overrun policy)
{
	struct stage *s = stage_new();

	s->primary.config.ring_size = 16 << 10;
	s->primary.config.overrun = policy;
	s->primary.config.writable = on_writable;
	stage_start(s, 2);
	cr_assert_eq(tell(&s->primary, id_of(&s->secondary[0]), "hold", 0), 0);
	cr_assert(journal_await(&s->secondary[0].journal, CALLED, 1));
	return s;
}

/* Sends until there is no room; returns how many were accepted. */
static uint64_t fill(struct stage *s)
{
	cohort_peer peer = id_of(&s->secondary[0]);
	uint64_t n = 0;
	int err;

	while (!(err = tell_within(&s->primary, peer, "note", n, 0)))
		cr_assert_lt(++n, 100000);
	cr_assert_eq(err, -EAGAIN);
	return n;
}

Test(overrun, send_to_a_full_ring_has_no_effect_and_goes_through_after_one_was_taken)
{
	struct stage *s = stage_with_a_stuck_one(COHORT_OVERRUN_LOSE);
	cohort_peer peer = id_of(&s->secondary[0]);
	uint64_t n = fill(s);

	cr_assert_eq(tell_within(&s->primary, peer, "note", 77777, 0), -EAGAIN);
	cr_assert_eq(ask_within(&s->primary, peer, "note", 77777, COHORT_MS(20)), -EAGAIN);
	gate_open(&s->gate);
	cr_assert_eq(tell(&s->primary, peer, "note", n), 0);
	cr_assert(journal_await(&s->secondary[0].journal, CALLED, n + 2));
	for (uint64_t i = 0; i <= n; i++)
		cr_assert_eq(journal_entry(&s->secondary[0].journal, CALLED, i + 1).number, i);
	cr_assert_eq(journal_count(&s->secondary[0].journal, LOST), 0);
	stage_close(s);
}

Test(overrun, send_to_a_full_ring_returns_at_its_deadline_and_not_before)
{
	struct stage *s = stage_with_a_stuck_one(COHORT_OVERRUN_LOSE);
	cohort_peer peer = id_of(&s->secondary[0]);
	int64_t begin, took;

	fill(s);
	begin = now_ns();
	cr_assert_eq(tell_within(&s->primary, peer, "note", 1, COHORT_MS(100)), -EAGAIN);
	took = now_ns() - begin;
	cr_assert_geq(took, COHORT_MS(100));
	cr_assert_lt(took, COHORT_SECONDS(10));
	stage_close(s);
}

static void *open_gate_when_full(void *arg)
{
	struct stage *s = arg;

	while (stats_of(&s->primary, id_of(&s->secondary[0])).messages_sent < 10)
		sched_yield();
	gate_open(&s->gate);
	return NULL;
}

Test(overrun, broadcast_with_time_waits_for_the_slow_one)
{
	struct stage *s = stage_with_a_stuck_one(COHORT_OVERRUN_LOSE);
	struct cohort_delivery delivery = COHORT_DELIVERY_INIT;
	uint64_t n = fill(s);
	pthread_t thread = thread_start(open_gate_when_full, s);

	cr_assert_eq(tell_all(&s->primary, "note", n, PATIENCE, &delivery), 0);
	thread_join(thread);
	cr_assert_eq(delivery.delivered, 2);
	cr_assert_eq(delivery.nmissed, 0);
	cr_assert(journal_await(&s->secondary[0].journal, CALLED, n + 2));
	cr_assert(journal_await(&s->secondary[1].journal, CALLED, 1));
	stage_close(s);
}

static int on_slow(struct cohort_call *call, void *arg)
{
	(void)call;
	(void)arg;
	usleep(1000);
	return 0;
}

#define SENDERS 4

Test(overrun, broadcast_with_time_has_its_turn_among_those_who_wait_for_the_same_room)
{
	struct stage *s = stage_new();
	struct sender sender = { .side = &s->primary };
	pthread_t threads[SENDERS];

	side_add(&s->secondary[0], "slow", on_slow);
	stage_start(s, 1);
	sender.to = id_of(&s->secondary[0]);
	for (size_t i = 0; i < SENDERS; i++)
		threads[i] = thread_start(send_on, &sender);
	while (tell_within(&s->primary, sender.to, "slow", 0, 0) == 0)
		;
	for (uint64_t i = 0; i < 5; i++) {
		struct cohort_delivery delivery = COHORT_DELIVERY_INIT;

		cr_assert_eq(tell_all(&s->primary, "note", i, COHORT_SECONDS(10), &delivery), 0);
		cr_assert_eq(delivery.delivered, 1, "it was always somebody else's turn");
	}
	sender.stop = true;
	for (size_t i = 0; i < SENDERS; i++)
		thread_join(threads[i]);
	stage_close(s);
}

/* Broadcasts until the stuck one has missed `misses`; returns how many it got. */
static uint64_t broadcast_past(struct stage *s, uint64_t misses)
{
	cohort_peer stuck = id_of(&s->secondary[0]);
	uint64_t got = 0;

	for (uint64_t missed = 0; missed < misses;) {
		struct cohort_missed who[1] = { { 0, 0 } };
		struct cohort_delivery delivery = COHORT_DELIVERY_INIT;

		delivery.missed = who;
		delivery.capacity = 1;
		cr_assert_eq(tell_all(&s->primary, "note", got + missed, 0, &delivery), 0);
		cr_assert_eq(delivery.delivered + delivery.nmissed, 2);
		cr_assert(journal_await(&s->secondary[1].journal, CALLED, got + missed + 1));
		cr_assert(delivery.nmissed == 0 || who[0].peer == stuck);
		cr_assert(delivery.nmissed == 0 || who[0].error == -EAGAIN);
		missed += delivery.nmissed;
		got += delivery.delivered - 1;
	}
	return got;
}

Test(overrun, who_has_no_room_misses_broadcasts_and_is_told_how_many_in_order)
{
	struct stage *s = stage_with_a_stuck_one(COHORT_OVERRUN_LOSE);
	struct journal *stuck = &s->secondary[0].journal;
	uint64_t got = broadcast_past(s, 25);

	gate_open(&s->gate);
	cr_assert_eq(journal_await_sum(stuck, LOST, 25), 25);
	cr_assert_eq(journal_entry(stuck, LOST, 0).detail, COHORT_LOST_OVERRUN);
	cr_assert(journal_await(stuck, CALLED, got + 1));
	cr_assert_gt(journal_find(stuck, LOST, 0), journal_find(stuck, CALLED, got));
	cr_assert_eq(tell(&s->primary, id_of(&s->secondary[0]), "note", 4242), 0);
	cr_assert(journal_await(stuck, CALLED, got + 2));
	cr_assert_eq(journal_entry(stuck, CALLED, got + 1).number, 4242);
	cr_assert_eq(journal_await_sum(stuck, LOST, 25), 25);
	cr_assert_eq(stats_of(&s->primary, COHORT_ALL).lost_sent, 25);
	cr_assert_eq(stats_of(&s->secondary[0], COHORT_ALL).lost_received, 25);
	cr_assert_eq(journal_count(&s->secondary[1].journal, LOST), 0);
	stage_close(s);
}

Test(overrun, loss_of_the_very_last_broadcast_is_told_without_another_message)
{
	struct stage *s = stage_with_a_stuck_one(COHORT_OVERRUN_LOSE);
	struct journal *stuck = &s->secondary[0].journal;
	uint64_t got = broadcast_past(s, 1);

	gate_open(&s->gate);
	cr_assert_eq(journal_await_sum(stuck, LOST, 1), 1);
	cr_assert_eq(journal_count(stuck, CALLED), got + 1);
	stage_close(s);
}

Test(overrun, what_was_sent_is_what_was_handled_and_what_was_reported_lost)
{
	struct stage *s = stage_with_a_stuck_one(COHORT_OVERRUN_LOSE);
	struct journal *j = &s->secondary[0].journal;
	uint64_t missed = 0, delivered = 0, lost;

	gate_open(&s->gate);
	for (uint64_t i = 0; i < 100000; i++) {
		struct cohort_delivery delivery = COHORT_DELIVERY_INIT;
		struct cohort_missed who[2];

		delivery.missed = who;
		delivery.capacity = 2;
		cr_assert_eq(tell_all(&s->primary, "note", i, 0, &delivery), 0);
		for (size_t k = 0; k < delivery.nmissed; k++)
			missed += who[k].peer == id_of(&s->secondary[0]);
	}
	delivered = 100000 - missed;
	cr_assert(journal_await(j, CALLED, delivered + 1));
	lost = journal_await_sum(j, LOST, missed);
	cr_assert_eq(lost, missed);
	cr_assert_eq(journal_count(j, CALLED), delivered + 1);
	stage_close(s);
}

Test(overrun, policy_to_disconnect_ends_the_session_of_the_stuck_one)
{
	struct stage *s = stage_with_a_stuck_one(COHORT_OVERRUN_DISCONNECT);
	cohort_peer stuck = id_of(&s->secondary[0]);
	struct cohort_delivery delivery = COHORT_DELIVERY_INIT;

	for (uint64_t i = 0; !delivery.nmissed; i++) {
		cr_assert_eq(tell_all(&s->primary, "note", i, 0, &delivery), 0);
		cr_assert(journal_await(&s->secondary[1].journal, CALLED, i + 1));
	}
	cr_assert(journal_await(&s->primary.journal, LEFT, 1));
	cr_assert_eq(journal_entry(&s->primary.journal, LEFT, 0).peer, stuck);
	cr_assert_eq(journal_entry(&s->primary.journal, LEFT, 0).number, COHORT_LEFT_OVERRUN);
	gate_open(&s->gate);
	cr_assert(journal_await(&s->secondary[0].journal, LEFT, 1));
	cr_assert_eq(journal_entry(&s->secondary[0].journal, LEFT, 0).number, COHORT_LEFT_OVERRUN);
	cr_assert_eq(tell(&s->primary, id_of(&s->secondary[1]), "note", 1), 0);
	stage_close(s);
}

Test(overrun, writable_comes_once_when_there_is_room_again)
{
	struct stage *s = stage_with_a_stuck_one(COHORT_OVERRUN_LOSE);
	cohort_peer peer = id_of(&s->secondary[0]);

	fill(s);
	cr_assert_eq(cohort_want_writable(s->primary.c, peer), 0);
	cr_assert_eq(ask(&s->secondary[1], COHORT_PRIMARY, "note", 1), 0);
	cr_assert_eq(journal_count(&s->primary.journal, WRITABLE), 0);
	gate_open(&s->gate);
	cr_assert(journal_await(&s->primary.journal, WRITABLE, 1));
	cr_assert_eq(journal_entry(&s->primary.journal, WRITABLE, 0).peer, peer);
	cr_assert_eq(tell_within(&s->primary, peer, "note", 1, 0), 0);
	cr_assert_eq(ask(&s->primary, peer, "note", 1), 0);
	cr_assert_eq(journal_count(&s->primary.journal, WRITABLE), 1);
	stage_close(s);
}

Test(overrun, writable_comes_at_once_when_there_is_room_already)
{
	struct stage *s = stage_with_a_stuck_one(COHORT_OVERRUN_LOSE);

	cr_assert_eq(cohort_want_writable(s->primary.c, id_of(&s->secondary[1])), 0);
	cr_assert(journal_await(&s->primary.journal, WRITABLE, 1));
	cr_assert_eq(cohort_want_writable(s->primary.c, id_of(&s->secondary[1])), 0);
	cr_assert(journal_await(&s->primary.journal, WRITABLE, 2));
	stage_close(s);
}
