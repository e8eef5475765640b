/*
 * The timer: earlier times win, none is lost.
 */
#include "io/timer.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/clock.h"

static struct timer timer;

static void setup(void)
{
	cr_assert_eq(timer_init(&timer), 0);
}

static void teardown(void)
{
	timer_deinit(&timer);
	timer_deinit(&timer);
	timer_deinit(NULL);
}

static bool fires_within(int ms)
{
	struct pollfd one = { .fd = timer_fd(&timer), .events = POLLIN };

	return poll(&one, 1, ms) == 1;
}

Test(timer, fires_at_the_armed_time_and_not_before, .init = setup, .fini = teardown)
{
	int64_t deadline = clock_now() + 2 * CLOCK_NS_PER_MS;

	timer_arm_earlier(&timer, deadline);
	cr_assert(fires_within(10000));
	cr_assert_geq(clock_now(), deadline);
	timer_fired(&timer);
	cr_assert_not(fires_within(0));
}

Test(timer, a_later_time_changes_nothing_and_an_earlier_one_wins, .init = setup, .fini = teardown)
{
	timer_arm_earlier(&timer, clock_now() + 3600 * CLOCK_NS_PER_S);
	timer_arm_earlier(&timer, DEADLINE_NEVER);
	cr_assert_not(fires_within(0));
	timer_arm_earlier(&timer, clock_now() + CLOCK_NS_PER_MS);
	timer_arm_earlier(&timer, clock_now() + 3600 * CLOCK_NS_PER_S);
	cr_assert(fires_within(10000));
}

Test(timer, a_time_in_the_past_fires_at_once, .init = setup, .fini = teardown)
{
	static const int64_t past[] = { 1, 0, -1, INT64_MIN };

	for (int i = 0; i < 4; i++) {
		timer_arm_earlier(&timer, past[i]);
		cr_assert(fires_within(10000));
		timer_fired(&timer);
	}
}

Test(timer, fired_forgets_so_that_a_later_time_can_be_armed, .init = setup, .fini = teardown)
{
	timer_arm_earlier(&timer, 1);
	cr_assert(fires_within(10000));
	timer_fired(&timer);
	timer_arm_earlier(&timer, clock_now() + CLOCK_NS_PER_MS);
	cr_assert(fires_within(10000));
}

Test(timer, rearm_replaces_the_time_and_never_disarms, .init = setup, .fini = teardown)
{
	timer_arm_earlier(&timer, 1);
	timer_rearm(&timer, clock_now() + 3600 * CLOCK_NS_PER_S);
	cr_assert_not(fires_within(0));
	timer_rearm(&timer, clock_now() + CLOCK_NS_PER_MS);
	cr_assert(fires_within(10000));
	timer_rearm(&timer, DEADLINE_NEVER);
	cr_assert_not(fires_within(0));
	timer_fired(&timer);
	timer_arm_earlier(&timer, clock_now() + CLOCK_NS_PER_MS);
	cr_assert(fires_within(10000));
}

#define ROUNDS 2000

/* A deadline that one thread sets and the timer's thread serves; DEADLINE_NEVER: none. */
static _Atomic int64_t wanted;
static _Atomic bool served;

static void serve_once(void)
{
	int64_t deadline;

	timer_fired(&timer);
	deadline = atomic_load(&wanted);
	if (deadline <= clock_now()) {
		atomic_store(&wanted, DEADLINE_NEVER);
		atomic_store(&served, true);
	} else {
		timer_arm_earlier(&timer, deadline);
	}
}

static void *serve_all(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS;) {
		if (!fires_within(10000))
			return NULL;
		serve_once();
		if (atomic_exchange(&served, false))
			i++;
	}
	return &timer;
}

Test(timer, no_time_is_lost_when_arming_races_with_firing, .init = setup, .fini = teardown)
{
	pthread_t thread;
	void *all;

	atomic_store(&wanted, DEADLINE_NEVER);
	cr_assert_eq(pthread_create(&thread, NULL, serve_all, NULL), 0);
	for (int i = 0; i < ROUNDS; i++) {
		int64_t deadline = clock_now() + 20000;
		int64_t until = clock_now() + 20 * CLOCK_NS_PER_S;

		/* A time of nobody's, that fires about when the real one is armed. */
		timer_arm_earlier(&timer, clock_now() + (i % 50) * 100);
		atomic_store(&wanted, deadline);
		timer_arm_earlier(&timer, deadline);
		while (atomic_load(&wanted) != DEADLINE_NEVER && clock_now() < until)
			sched_yield();
		cr_assert_eq(atomic_load(&wanted), DEADLINE_NEVER, "round %d", i);
	}
	pthread_join(thread, &all);
	cr_assert_eq(all, &timer);
}
