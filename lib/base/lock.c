/*
 * Because ranks rise strictly, the list of locks a thread holds is sorted, has the highest rank at
 * its end, and can be no longer than there are ranks. Locks may be dropped in any order.
 */
#include "base/lock.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#if COHORT_CHECKED
static _Thread_local struct {
	unsigned count;
	const struct lock *lock[LOCK_LOG];
} held;

static bool held_find(const struct lock *l, unsigned *index)
{
	for (unsigned i = 0; i < held.count; i++) {
		if (held.lock[i] == l) {
			*index = i;
			return true;
		}
	}
	return false;
}

void lock_check_order(const struct lock *l)
{
	assert(l->rank >= LOCK_GLOBAL && l->rank <= LOCK_LOG && "lock is not initialised");
	assert((held.count == 0 || held.lock[held.count - 1]->rank < l->rank) &&
	       "locks are taken in the order of their ranks");
	(void)l;
}

void lock_check_push(const struct lock *l)
{
	held.lock[held.count++] = l;
}

void lock_check_pop(const struct lock *l)
{
	unsigned index = 0;
	bool found = held_find(l, &index);

	assert(found && "lock is dropped by a thread which does not hold it");
	if (!found)
		return;
	held.count--;
	memmove(&held.lock[index], &held.lock[index + 1],
		(held.count - index) * sizeof(held.lock[0]));
}

void lock_check_last(const struct lock *l)
{
	assert(held.count > 0 && held.lock[held.count - 1] == l &&
	       "a condition waits with the lock taken last");
	(void)l;
}

void lock_assert_held(const struct lock *l)
{
	unsigned index;

	assert(held_find(l, &index) && "lock is held here");
	(void)l;
	(void)index;
}

void lock_assert_none(void)
{
	assert(held.count == 0 && "no lock is held here");
}
#endif

void lock_init(struct lock *l, enum lock_rank rank)
{
	pthread_mutex_init(&l->mutex, NULL);
	l->rank = rank;
}

void lock_deinit(struct lock *l)
{
	pthread_mutex_destroy(&l->mutex);
}

void cond_init(struct cond *c)
{
	pthread_cond_init(&c->cond, NULL);
}

void cond_deinit(struct cond *c)
{
	pthread_cond_destroy(&c->cond);
}

/* The thread's list keeps l while it waits: it runs nothing which could tell. */
int cond_wait(struct cond *c, struct lock *l, int64_t deadline)
{
	struct timespec ts;

	lock_check_last(l);
	if (deadline == DEADLINE_NEVER)
		return -pthread_cond_wait(&c->cond, &l->mutex);
	deadline_to_timespec(deadline, &ts);
	return -pthread_cond_clockwait(&c->cond, &l->mutex, CLOCK_MONOTONIC, &ts);
}
