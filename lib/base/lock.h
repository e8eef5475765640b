/*
 * Locks with an order, and conditions.
 *
 * Deadlocks between locks are ruled out by a rank: a thread may take a lock only if its rank is
 * above the ranks of all locks it holds. Two locks of the same rank are never held together. Built
 * with -DCOHORT_CHECKED=1, each thread keeps a list of the locks it holds and asserts this rule on
 * every take, before it can wait; built without, a lock is a plain mutex and the rules cost
 * nothing.
 *
 * Conditions wait on CLOCK_MONOTONIC with absolute deadlines. A thread may wait only with the lock
 * it took last, because waiting takes that lock again while it still holds the others.
 */
#ifndef COHORT_BASE_LOCK_H
#define COHORT_BASE_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#ifndef COHORT_CHECKED
#define COHORT_CHECKED 0
#endif

/* In the order in which they are taken: the first may be held while any later one is taken. */
enum lock_rank {
	LOCK_GLOBAL = 1, /* tables of the whole process */
	LOCK_CHANNEL,	 /* a channel's tables of actions and peers */
	LOCK_ORDER,	 /* the order of broadcasts */
	LOCK_SESSION,	 /* the state of one session */
	LOCK_RING,	 /* a ring's turn to produce */
	LOCK_RECEIVE,	 /* receiving from a socket */
	LOCK_SLOT,	 /* a slot for one outstanding call */
	LOCK_EXECUTOR,	 /* an executor's state */
	LOCK_QUEUE,	 /* leaf queues */
	LOCK_TIMER,	 /* timers */
	LOCK_LOG,	 /* the log queue: can be taken anywhere */
};

struct lock {
	pthread_mutex_t mutex;
	enum lock_rank rank;
};

struct cond {
	pthread_cond_t cond;
};

#if COHORT_CHECKED
void lock_check_order(const struct lock *l);
void lock_check_push(const struct lock *l);
void lock_check_pop(const struct lock *l);
void lock_check_last(const struct lock *l);
void lock_assert_held(const struct lock *l);
void lock_assert_none(void);
#else
static inline void lock_check_order(const struct lock *l)
{
	(void)l;
}

static inline void lock_check_push(const struct lock *l)
{
	(void)l;
}

static inline void lock_check_pop(const struct lock *l)
{
	(void)l;
}

static inline void lock_check_last(const struct lock *l)
{
	(void)l;
}

/* Asserts that this thread holds l. */
static inline void lock_assert_held(const struct lock *l)
{
	(void)l;
}

/* Asserts that this thread holds no lock at all: before it calls the application, or sleeps. */
static inline void lock_assert_none(void) {}
#endif

void lock_init(struct lock *l, enum lock_rank rank);
void lock_deinit(struct lock *l);

static inline void lock_take(struct lock *l)
{
	lock_check_order(l);
	pthread_mutex_lock(&l->mutex);
	lock_check_push(l);
}

/* Takes l if nobody holds it; true if so. Bound to the ranks like lock_take(). */
static inline bool lock_try(struct lock *l)
{
	lock_check_order(l);
	if (pthread_mutex_trylock(&l->mutex) != 0)
		return false;
	lock_check_push(l);
	return true;
}

static inline void lock_drop(struct lock *l)
{
	lock_check_pop(l);
	pthread_mutex_unlock(&l->mutex);
}

void cond_init(struct cond *c);
void cond_deinit(struct cond *c);

/* Waits, l held, until c is signalled or the deadline passes: 0 or -ETIMEDOUT. Can return 0 for no
 * reason: check what was waited for in a loop. l is held again in either case. */
int cond_wait(struct cond *c, struct lock *l, int64_t deadline);

static inline void cond_signal(struct cond *c)
{
	pthread_cond_signal(&c->cond);
}

static inline void cond_broadcast(struct cond *c)
{
	pthread_cond_broadcast(&c->cond);
}

#endif
