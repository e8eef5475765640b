/*
 * COHORT_ROLE_AUTO: who comes first leads, and there is never a second one.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(election, .timeout = 120);

static void *open_side(void *arg)
{
	struct side *side = arg;
	int err = side_open(side);

	journal_write(&side->journal, (struct entry){ .deed = DONE, .detail = err });
	return NULL;
}

/* A secondary may not broadcast; that tells who leads. */
static bool leads(struct side *side)
{
	return tell_all(side, "note", 0, 0, NULL) != -EPERM;
}

static struct stage *stage_of_candidates(void)
{
	struct stage *s = stage_new();

	for (size_t i = 0; i < STAGE_MAX; i++) {
		s->secondary[i].config.role = COHORT_ROLE_AUTO;
		s->secondary[i].config.open_timeout = PATIENCE;
	}
	return s;
}

/* Opens all at once; returns who leads. */
static struct side *elect(struct stage *s, size_t n)
{
	struct side *leader = NULL;
	pthread_t threads[STAGE_MAX];

	for (size_t i = 0; i < n; i++)
		threads[i] = thread_start(open_side, &s->secondary[i]);
	for (size_t i = 0; i < n; i++)
		thread_join(threads[i]);
	for (size_t i = 0; i < n; i++) {
		struct side *side = &s->secondary[i];

		cr_assert_eq(journal_entry(&side->journal, DONE, 0).detail, 0, "candidate %zu: %d",
			     i, journal_entry(&side->journal, DONE, 0).detail);
		cr_assert(!leads(side) || !leader, "two lead");
		leader = leads(side) ? side : leader;
	}
	cr_assert_not_null(leader, "nobody leads");
	return leader;
}

Test(election, of_sixteen_at_once_has_one_winner)
{
	struct stage *s = stage_of_candidates();
	struct side *leader = elect(s, 16);

	cr_assert_eq(cohort_wait(leader->c, NULL, 15, PATIENCE), 0);
	for (size_t i = 0; i < 16; i++)
		if (&s->secondary[i] != leader)
			cr_assert_eq(ask(&s->secondary[i], COHORT_PRIMARY, "echo", i), 0);
	stage_close(s);
}

Test(election, of_four_at_once_has_one_winner_every_time)
{
	for (int round = 0; round < 20; round++) {
		struct stage *s = stage_of_candidates();

		elect(s, 4);
		stage_close(s);
	}
}

Test(election, follows_a_primary_that_is_there)
{
	struct stage *s = stage_of_candidates();

	stage_start(s, 3);
	for (size_t i = 0; i < 3; i++)
		cr_assert_not(leads(&s->secondary[i]));
	stage_close(s);
}

Test(election, is_decided_once)
{
	struct stage *s = stage_of_candidates();
	struct side *leader = elect(s, 3);
	struct side *other = leader == &s->secondary[0] ? &s->secondary[1] : &s->secondary[0];

	side_close(leader);
	cr_assert(journal_await(&other->journal, LEFT, 1));
	cr_assert_eq(tell_all(other, "note", 0, 0, NULL), -EPERM);
	cr_assert_eq(side_open(leader), 0);
	cr_assert(leads(leader));
	cr_assert_eq(cohort_wait(leader->c, NULL, 2, PATIENCE), 0);
	stage_close(s);
}

static void *close_primary(void *arg)
{
	side_close(arg);
	return NULL;
}

static void *open_gate_later(void *arg)
{
	struct timespec moment = { 0, COHORT_MS(50) };

	nanosleep(&moment, NULL);
	gate_open(arg);
	return NULL;
}

/* Its lock is held until its last handler has returned, but nobody can connect any more. */
Test(election, auto_role_waits_for_a_primary_that_closes_and_takes_its_place)
{
	struct stage *s = stage_new();
	pthread_t closer, opener;

	s->secondary[0].config.flags |= COHORT_NO_RECONNECT;
	stage_start(s, 1);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "hold", 1), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	closer = thread_start(close_primary, &s->primary);
	while (!access(s->path, F_OK))
		sched_yield();
	opener = thread_start(open_gate_later, &s->gate);
	s->secondary[1].config.role = COHORT_ROLE_AUTO;
	EXPECT(0, side_open(&s->secondary[1]));
	thread_join(closer);
	thread_join(opener);
	stage_close(s);
}
