/*
 * Turns, with threads that take them.
 */
#include "component/turn.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "cohort/types.h"
#include "component/clock.h"
#include "component/frame.h"
#include "support/support.h"

static struct turn *turn;
static struct event ran, went_on;

static void set_up(void)
{
	cr_assert_eq(turn_new(&turn), 0);
	event_init(&ran);
	event_init(&went_on);
}

static void tear_down(void)
{
	turn_drain(turn);
	turn_unref(turn);
	event_deinit(&ran);
	event_deinit(&went_on);
}

static bool run_item(struct turn_item *item, struct turn *of)
{
	cr_assert_eq(of, turn);
	free(item);
	event_signal(&ran);
	return true;
}

static struct turn_item *new_item(void)
{
	struct turn_item *item = calloc(1, sizeof(*item));

	item->run = run_item;
	return item;
}

static void take(void)
{
	bool held;

	cr_assert_eq(turn_take(turn, COHORT_FOREVER, &held), 0);
	cr_assert(held);
}

Test(turn, an_item_runs_at_once_if_it_is_nobodys_turn, .init = set_up, .fini = tear_down)
{
	cr_assert_eq(turn_post(turn, new_item(), NULL), 0);
	cr_assert_eq(event_count(&ran), 1);
	take(); /* and it was given back */
	turn_give(turn);
}

Test(turn, an_item_waits_for_the_end_of_a_turn, .init = set_up, .fini = tear_down)
{
	take();
	cr_assert_eq(turn_post(turn, new_item(), NULL), 0);
	cr_assert_eq(turn_post(turn, new_item(), NULL), 0);
	cr_assert_eq(event_count(&ran), 0);
	turn_give(turn);
	cr_assert_eq(event_count(&ran), 2);
}

static void *post_and_await(void *arg)
{
	struct frame frame = { .deadline = COHORT_FOREVER };

	(void)arg;
	cr_assert_eq(turn_post(turn, new_item(), &frame), 0);
	event_signal(&went_on);
	cr_assert_eq(turn_await(turn, frame.pending, COHORT_FOREVER), 0);
	cr_assert_eq(event_count(&ran), 1);
	return NULL;
}

Test(turn, who_sent_an_item_can_wait_until_it_was_handled, .init = set_up, .fini = tear_down)
{
	pthread_t thread;

	take();
	cr_assert_eq(pthread_create(&thread, NULL, post_and_await, NULL), 0);
	cr_assert(event_wait_for(&went_on, 1, PATIENCE_MS));
	turn_give(turn);
	pthread_join(thread, NULL);
}

Test(turn, who_gives_up_waiting_for_an_item_leaves_it_to_be_handled, .init = set_up,
     .fini = tear_down)
{
	struct frame frame = { .deadline = COHORT_FOREVER };

	take();
	cr_assert_eq(turn_post(turn, new_item(), &frame), 0);
	cr_assert_eq(turn_await(turn, frame.pending, clock_now()), -ETIMEDOUT);
	turn_give(turn);
	cr_assert_eq(event_count(&ran), 1);
}

Test(turn, a_thread_that_has_the_turn_goes_on_inside_it, .init = set_up, .fini = tear_down)
{
	bool held = true;

	take();
	cr_assert_eq(turn_take(turn, COHORT_FOREVER, &held), 0);
	cr_assert_not(held);
	turn_give(turn);
}

static void *take_and_give(void *arg)
{
	bool held;

	*(int *)arg = turn_take(turn, COHORT_FOREVER, &held);
	if (!*(int *)arg)
		turn_give(turn);
	event_signal(&went_on);
	return NULL;
}

Test(turn, a_function_that_waits_gives_its_turn_away_for_good, .init = set_up, .fini = tear_down)
{
	struct frame frame = { .deadline = COHORT_FOREVER, .home = turn, .turn = turn };
	pthread_t thread;
	int err;

	take();
	frame_push(&frame);
	cr_assert_eq(pthread_create(&thread, NULL, take_and_give, &err), 0);
	cr_assert_eq(turn_wait_begin(turn), 0);
	cr_assert(event_wait_for(&went_on, 1, PATIENCE_MS));
	turn_wait_end(turn);
	frame_pop(&frame);
	pthread_join(thread, NULL);
	cr_assert_eq(err, 0);
	cr_assert_null(frame.turn);
}

Test(turn, not_more_than_eight_functions_of_a_side_wait, .init = set_up, .fini = tear_down)
{
	for (int i = 0; i < COHORT_THREADS_MAX / 2; i++)
		cr_assert_eq(turn_wait_begin(turn), 0);
	cr_assert_eq(turn_wait_begin(turn), -EDEADLK);
	turn_wait_end(turn);
	cr_assert_eq(turn_wait_begin(turn), 0);
}

Test(turn, nobody_waits_for_a_turn_that_was_shut, .init = set_up, .fini = tear_down)
{
	struct turn_item *late = new_item();
	pthread_t thread;
	int err;

	take();
	cr_assert_eq(turn_post(turn, new_item(), NULL), 0);
	cr_assert_eq(pthread_create(&thread, NULL, take_and_give, &err), 0);
	turn_shut(turn);
	pthread_join(thread, NULL);
	cr_assert_eq(err, -ESHUTDOWN);
	cr_assert_eq(turn_post(turn, late, NULL), -ESHUTDOWN);
	free(late);
	turn_give(turn);
	cr_assert_eq(event_count(&ran), 1); /* what was accepted runs */
}

static void *take_in_vain(void *arg)
{
	bool held;

	*(int *)arg = turn_take(turn, clock_now(), &held);
	return NULL;
}

Test(turn, a_turn_that_does_not_come_in_time_is_given_up, .init = set_up, .fini = tear_down)
{
	pthread_t thread;
	int err;

	take();
	cr_assert_eq(pthread_create(&thread, NULL, take_in_vain, &err), 0);
	pthread_join(thread, NULL);
	cr_assert_eq(err, -ETIMEDOUT);
	turn_give(turn);
}
