/*
 * turn.c: how functions take turns when there is no thread that would serve them in order.
 *
 * Over a channel each side has a handler thread: its functions run one at a time, one-way calls wait
 * in a ring, and a function that waits for a call of its own lets others run beside it. In mode direct
 * the thread that calls also runs the function, and a turn for each side makes the same of it:
 *
 * - A call that waits takes the turn of the other side, runs the function, gives the turn back.
 *   Before that the functions that this thread is inside of give away theirs, and do not get them back:
 *   exactly those that a channel would let others run beside. So nobody who waits for a turn holds
 *   another one, and there is no cycle.
 * - A call that does not wait (one-way, asynchronous) must not give away anything. It runs at once if
 *   the turn is free. If not it is left in the queue of the turn, and whoever gives the turn away
 *   runs it first. So it needs neither a thread nor a wait, keeps its place before the later calls of
 *   the same thread, and two sides that send to each other at the same time cannot block each other.
 * - What a function sent to its caller, and had to leave in a queue, is counted (`pending`): the
 *   caller's call returns when it has been handled, as a fence on a channel.
 * - A call into a side whose turn this thread has, further out (a function sent an event, the event's
 *   handler calls back), runs inside: here, and only here, two functions of one side are on one stack
 *   although none of them waited. On a channel the second one would run after the first.
 *
 * The number of functions of one side that wait is limited as on a channel, so that a recursion without
 * end is an error, and not the end of the stack.
 */
#include "component/turn.h"

#include <errno.h>
#include <stdlib.h>

#include "cohort/types.h"
#include "component/clock.h"
#include "component/frame.h"

#define WAITING_MAX (COHORT_THREADS_MAX / 2)

int turn_new(struct turn **out)
{
	struct turn *turn = calloc(1, sizeof(*turn));
	int err = turn ? clock_cond_init(&turn->changed) : -ENOMEM;

	if (err) {
		free(turn);
		return err;
	}
	pthread_mutex_init(&turn->lock, NULL);
	atomic_init(&turn->refs, 1);
	turn->last = &turn->first;
	*out = turn;
	return 0;
}

struct turn *turn_ref(struct turn *turn)
{
	atomic_fetch_add_explicit(&turn->refs, 1, memory_order_relaxed);
	return turn;
}

void turn_unref(struct turn *turn)
{
	/* acq_rel: what other holders did with it happened before it is freed */
	if (!turn || atomic_fetch_sub_explicit(&turn->refs, 1, memory_order_acq_rel) != 1)
		return;
	pthread_cond_destroy(&turn->changed);
	pthread_mutex_destroy(&turn->lock);
	free(turn);
}

static bool is_ours(const struct turn *turn)
{
	return turn->taken && pthread_equal(turn->owner, pthread_self());
}

static void take_locked(struct turn *turn)
{
	turn->taken = true;
	turn->owner = pthread_self();
}

int turn_take(struct turn *turn, int64_t deadline, bool *held)
{
	int err = 0;

	pthread_mutex_lock(&turn->lock);
	*held = !is_ours(turn);
	while (*held && turn->taken && !turn->shut && !err)
		err = clock_cond_wait(&turn->changed, &turn->lock, deadline);
	if (turn->shut)
		err = -ESHUTDOWN;
	else if (*held && !turn->taken)
		err = 0;
	if (!err && *held)
		take_locked(turn);
	pthread_mutex_unlock(&turn->lock);
	return err;
}

static void handled_locked(struct turn *turn, struct pending *pending)
{
	if (!pending || --pending->count)
		return;
	if (pending->abandoned)
		free(pending);
	else
		pthread_cond_broadcast(&turn->changed);
}

/* Runs the first item, without the lock. Whether the turn is still ours. */
static bool run_first_locked(struct turn *turn)
{
	struct turn_item *item = turn->first;
	struct pending *pending = item->pending;
	bool ours;

	turn->first = item->next;
	if (!turn->first)
		turn->last = &turn->first;
	pthread_mutex_unlock(&turn->lock);
	ours = item->run(item, turn);
	pthread_mutex_lock(&turn->lock);
	handled_locked(turn, pending);
	return ours;
}

void turn_give(struct turn *turn)
{
	bool ours = true;

	pthread_mutex_lock(&turn->lock);
	while (ours && turn->first)
		ours = run_first_locked(turn);
	if (ours) {
		turn->taken = false;
		pthread_cond_broadcast(&turn->changed);
	}
	pthread_mutex_unlock(&turn->lock);
}

void turn_enter(struct turn *turn)
{
	pthread_mutex_lock(&turn->lock);
	turn->running++;
	pthread_mutex_unlock(&turn->lock);
}

void turn_leave(struct turn *turn)
{
	pthread_mutex_lock(&turn->lock);
	turn->running--;
	pthread_cond_broadcast(&turn->changed);
	pthread_mutex_unlock(&turn->lock);
}

static void yield_all(void)
{
	for (struct frame *frame = frame_top(); frame; frame = frame->outer) {
		struct turn *turn = frame->turn;

		frame->turn = NULL;
		if (turn)
			turn_give(turn);
	}
}

int turn_wait_begin(struct turn *home)
{
	bool full = false;

	if (home) {
		pthread_mutex_lock(&home->lock);
		full = home->waiting >= WAITING_MAX;
		if (!full)
			home->waiting++;
		pthread_mutex_unlock(&home->lock);
	}
	if (full)
		return -EDEADLK;
	yield_all();
	return 0;
}

void turn_wait_end(struct turn *home)
{
	if (!home)
		return;
	pthread_mutex_lock(&home->lock);
	home->waiting--;
	pthread_mutex_unlock(&home->lock);
}

static int count_for(struct frame *sender, struct turn_item *item)
{
	if (!sender)
		return 0;
	if (!sender->pending)
		sender->pending = calloc(1, sizeof(*sender->pending));
	if (!sender->pending)
		return -ENOMEM;
	sender->pending->count++;
	item->pending = sender->pending;
	return 0;
}

static int queue_locked(struct turn *turn, struct turn_item *item, struct frame *sender)
{
	int err = count_for(sender, item);

	if (err)
		return err;
	item->next = NULL;
	*turn->last = item;
	turn->last = &item->next;
	return 0;
}

int turn_post(struct turn *turn, struct turn_item *item, struct frame *sender)
{
	bool now;
	int err = 0;

	pthread_mutex_lock(&turn->lock);
	now = !turn->taken;
	item->pending = NULL;
	if (turn->shut)
		err = -ESHUTDOWN;
	else if (now)
		take_locked(turn);
	else
		err = queue_locked(turn, item, sender);
	pthread_mutex_unlock(&turn->lock);
	if (!err && now && item->run(item, turn))
		turn_give(turn);
	return err;
}

int turn_await(struct turn *turn, struct pending *pending, int64_t deadline)
{
	int err = 0;

	if (!pending)
		return 0;
	pthread_mutex_lock(&turn->lock);
	while (pending->count && !err)
		err = clock_cond_wait(&turn->changed, &turn->lock, deadline);
	pending->abandoned = pending->count > 0;
	if (!pending->abandoned) {
		free(pending);
		err = 0;
	}
	pthread_mutex_unlock(&turn->lock);
	return err;
}

void turn_shut(struct turn *turn)
{
	pthread_mutex_lock(&turn->lock);
	turn->shut = true;
	pthread_cond_broadcast(&turn->changed);
	pthread_mutex_unlock(&turn->lock);
}

void turn_drain(struct turn *turn)
{
	pthread_mutex_lock(&turn->lock);
	while (turn->running || turn->taken || turn->first)
		pthread_cond_wait(&turn->changed, &turn->lock);
	pthread_mutex_unlock(&turn->lock);
}
