/* Locks exclude, conditions wake and time out; with checks built in, wrong orders abort. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "base/lock.h"

#define ROUNDS 20000

struct shared {
	struct lock lock;
	struct cond cond;
	long counter;
	bool ready;
	bool tried;
};

static void shared_init(struct shared *s)
{
	*s = (struct shared){ 0 };
	lock_init(&s->lock, LOCK_SESSION);
	cond_init(&s->cond);
}

static void shared_deinit(struct shared *s)
{
	cond_deinit(&s->cond);
	lock_deinit(&s->lock);
}

static void *count_up(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < ROUNDS; i++) {
		lock_take(&s->lock);
		s->counter++;
		lock_drop(&s->lock);
	}
	return NULL;
}

static void *set_ready(void *arg)
{
	struct shared *s = arg;

	lock_take(&s->lock);
	s->ready = true;
	cond_signal(&s->cond);
	lock_drop(&s->lock);
	return NULL;
}

static void *await_ready(void *arg)
{
	struct shared *s = arg;

	lock_take(&s->lock);
	while (!s->ready)
		cond_wait(&s->cond, &s->lock, DEADLINE_NEVER);
	lock_drop(&s->lock);
	return NULL;
}

static void *try_once(void *arg)
{
	struct shared *s = arg;

	s->tried = lock_try(&s->lock);
	if (s->tried)
		lock_drop(&s->lock);
	return NULL;
}

static bool try_elsewhere(struct shared *s)
{
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, try_once, s), 0);
	pthread_join(thread, NULL);
	return s->tried;
}

Test(lock, two_threads_exclude_each_other)
{
	struct shared s;
	pthread_t thread;

	shared_init(&s);
	cr_assert_eq(pthread_create(&thread, NULL, count_up, &s), 0);
	count_up(&s);
	pthread_join(thread, NULL);
	cr_assert_eq(s.counter, 2 * ROUNDS);
	shared_deinit(&s);
}

Test(lock, trying_fails_while_another_thread_holds_it)
{
	struct shared s;

	shared_init(&s);
	lock_take(&s.lock);
	cr_assert_not(try_elsewhere(&s));
	lock_drop(&s.lock);
	cr_assert(try_elsewhere(&s));
	shared_deinit(&s);
}

Test(lock, a_condition_times_out_and_holds_the_lock_again)
{
	struct shared s;
	int64_t deadline;

	shared_init(&s);
	lock_take(&s.lock);
	cr_assert_eq(cond_wait(&s.cond, &s.lock, 0), -ETIMEDOUT);
	cr_assert_eq(cond_wait(&s.cond, &s.lock, INT64_MIN), -ETIMEDOUT);
	deadline = deadline_after(clock_now(), CLOCK_NS_PER_MS);
	while (cond_wait(&s.cond, &s.lock, deadline) == 0)
		;
	cr_assert_geq(clock_now(), deadline);
	lock_assert_held(&s.lock);
	cr_assert_not(try_elsewhere(&s));
	lock_drop(&s.lock);
	lock_assert_none();
	shared_deinit(&s);
}

Test(lock, a_signal_wakes_one_who_waits)
{
	struct shared s;
	pthread_t thread;
	int result = 0;

	shared_init(&s);
	lock_take(&s.lock);
	cr_assert_eq(pthread_create(&thread, NULL, set_ready, &s), 0);
	while (!s.ready && result == 0)
		result = cond_wait(&s.cond, &s.lock,
				   deadline_after(clock_now(), 20 * CLOCK_NS_PER_S));
	lock_drop(&s.lock);
	pthread_join(thread, NULL);
	cr_assert(s.ready);
	shared_deinit(&s);
}

Test(lock, a_broadcast_wakes_all_who_wait)
{
	struct shared s;
	pthread_t threads[3];

	shared_init(&s);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, await_ready, &s), 0);
	lock_take(&s.lock);
	s.ready = true;
	cond_broadcast(&s.cond);
	lock_drop(&s.lock);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	shared_deinit(&s);
}

Test(lock, rising_ranks_may_be_dropped_in_any_order)
{
	struct lock low;
	struct lock middle;
	struct lock high;

	lock_init(&low, LOCK_GLOBAL);
	lock_init(&middle, LOCK_RING);
	lock_init(&high, LOCK_LOG);
	lock_take(&low);
	lock_take(&middle);
	cr_assert(lock_try(&high));
	lock_drop(&middle);
	lock_drop(&low);
	lock_assert_held(&high);
	lock_drop(&high);
	lock_assert_none();
	lock_deinit(&low);
	lock_deinit(&middle);
	lock_deinit(&high);
}

#if COHORT_CHECKED && !defined(NDEBUG)
Test(lock, a_falling_rank_aborts, .signal = SIGABRT)
{
	struct lock low;
	struct lock high;

	lock_init(&low, LOCK_GLOBAL);
	lock_init(&high, LOCK_LOG);
	lock_take(&high);
	lock_take(&low);
}

Test(lock, an_equal_rank_aborts, .signal = SIGABRT)
{
	struct lock a;
	struct lock b;

	lock_init(&a, LOCK_RING);
	lock_init(&b, LOCK_RING);
	lock_take(&a);
	lock_try(&b);
}

Test(lock, taking_a_lock_twice_aborts_instead_of_hanging, .signal = SIGABRT)
{
	struct lock a;

	lock_init(&a, LOCK_RING);
	lock_take(&a);
	lock_take(&a);
}

Test(lock, dropping_what_is_not_held_aborts, .signal = SIGABRT)
{
	struct lock a;

	lock_init(&a, LOCK_RING);
	lock_drop(&a);
}

Test(lock, waiting_with_a_lock_which_is_not_the_last_aborts, .signal = SIGABRT)
{
	struct lock low;
	struct lock high;
	struct cond cond;

	lock_init(&low, LOCK_GLOBAL);
	lock_init(&high, LOCK_LOG);
	cond_init(&cond);
	lock_take(&low);
	lock_take(&high);
	cond_wait(&cond, &low, 0);
}

Test(lock, asserting_a_lock_held_which_is_not_aborts, .signal = SIGABRT)
{
	struct lock a;

	lock_init(&a, LOCK_RING);
	lock_assert_held(&a);
}

Test(lock, asserting_no_lock_while_one_is_held_aborts, .signal = SIGABRT)
{
	struct lock a;

	lock_init(&a, LOCK_RING);
	lock_take(&a);
	lock_assert_none();
}

Test(lock, an_uninitialised_lock_aborts, .signal = SIGABRT)
{
	struct lock a = { .rank = 0 };

	lock_take(&a);
}
#endif
