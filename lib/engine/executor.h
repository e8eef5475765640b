/*
 * executor: the threads that run handlers and callbacks, and the one rule that they follow: a
 * thread that is about to block inside the library first hands its place to another, and waits for
 * nobody when it comes back.
 */
#ifndef COHORT_ENGINE_EXECUTOR_H
#define COHORT_ENGINE_EXECUTOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/deferred.h"
#include "base/list.h"
#include "base/lock.h"
#include "cohort/types.h"
#include "engine/running.h"
#include "io/loop.h"
#include "io/wake.h"

struct cohort;
struct session;

/* Tags of the executor's epoll set: session numbers, and this. */
#define EXECUTOR_WAKE (UINT64_C(1) << 32)

#define EXECUTOR_DEPTH 16 /* nested dispatches on one stack (own loop) */

/* A thread's memory for the record that it serves. */
struct worker {
	struct worker *next;
	unsigned char *buffer; /* as large as the largest body in a ring */
	/* for larger ones that are copied; grows; freed when the thread ends */
	unsigned char *large;
	size_t large_size;
};

/*
 * What this thread is in the middle of: a callback of which handle. Frames lie on the stack, the
 * innermost first.
 */
struct frame {
	struct frame *up;
	struct cohort *channel;
	struct session
		*session;   /* NULL: a callback of no session, or of one that is served no more */
	struct session *of; /* whose `left` waits for this callback; NULL: of no session */
	int64_t deadline;   /* of the request that is served, our clock */
	bool yielded;	    /* the session's claim was handed on */
	_Atomic bool *pool_waits; /* a COHORT_BLOCKING handler: whether it waits; else NULL */
};

struct executor {
	struct loop loop;
	struct wake wake;
	struct lock lock;	      /* LOCK_EXECUTOR */
	struct cond park;	      /* with lock */
	struct list ready;	      /* sessions with a claim that wait for a thread */
	_Atomic uint32_t ready_count; /* written under the lock, read without as a hint */
	_Atomic bool local;	      /* there is something that belongs to no session */
	bool local_was_last;	      /* under the lock: the work that was taken last */
	struct list deferred;
	unsigned target;   /* threads that shall be in the loop */
	unsigned inside;   /* are in the loop */
	unsigned sleeping; /* of those, in epoll_wait */
	unsigned parked;   /* wait for a place */
	unsigned called;   /* of those, told to come in */
	unsigned blocked;  /* wait inside a handler */
	unsigned reserved; /* promised that a thread will take their place */
	unsigned total;
	bool stop;
	pthread_t thread[COHORT_THREADS_MAX];
	bool used[COHORT_THREADS_MAX];	   /* the entry has a thread */
	bool finished[COHORT_THREADS_MAX]; /* which may be joined */
	struct running running[COHORT_THREADS_MAX];
	struct worker *workers; /* spare ones */
	bool dispatching;	/* own loop: a thread is inside cohort_dispatch() */
	bool dispatched;	/* `dispatcher` was set: who is inside, or was last */
	pthread_t dispatcher;
	unsigned depth; /* of nested dispatches; the dispatcher's */

	/* COHORT_BLOCKING: a pool of its own; see pool.c */
	struct {
		struct lock lock; /* LOCK_EXECUTOR */
		struct cond work;
		struct list queue;
		uint64_t turns; /* jobs that were queued so far */
		unsigned total, idle, queued, waiting;
		bool stop;
		pthread_t thread[COHORT_THREADS_MAX];
		bool used[COHORT_THREADS_MAX], finished[COHORT_THREADS_MAX];
		struct running running[COHORT_THREADS_MAX];
	} pool;
};

int executor_init(struct executor *e);
void executor_deinit(struct executor *e);

/* Starts the first threads; with an own loop there are none. */
int executor_start(struct cohort *c);
void executor_stop(struct cohort *c);

/* Something is to be done for this session: an event was set, or its bell rang. Any thread. */
void executor_kick(struct session *s);

/* Hands a session whose claim the caller holds to whichever thread comes next. */
void executor_push(struct session *s);

/* Whether something waits for a thread: a hint. */
bool executor_has_work(const struct executor *e);

/* The log has entries: somebody shall call config.log. */
void executor_kick_local(struct cohort *c);

/* A callback that belongs to no session, for a handler thread. */
void executor_defer(struct cohort *c, struct deferred *deferred);
unsigned executor_run_deferred(struct cohort *c);

/* The innermost callback of this thread, or NULL. */
struct frame *executor_frame(void);
void executor_push_frame(struct frame *frame);
void executor_pop_frame(struct frame *frame);

/*
 * A wait inside the library, possibly in a handler:
 *
 *	err = executor_wait_begin(&wait);     before anything is sent: reserves what the wait needs, or -EDEADLK
 *	executor_wait_yield(&wait);           right before sleeping; may be called again
 *	executor_wait_end(&wait);
 *
 * Outside handlers all three do nothing.
 */
struct executor_wait {
	struct frame *frame;
	bool yielded;
};

int executor_wait_begin(struct executor_wait *wait);
void executor_wait_yield(struct executor_wait *wait);
void executor_wait_end(struct executor_wait *wait);

/*
 * Whether this wait must dispatch while it waits: in a handler of a handle with an own loop, on its
 * dispatching thread. Then executor_wait_dispatch() serves what is due and sleeps until something
 * happens, or the deadline.
 */
struct cohort *executor_wait_loop(const struct executor_wait *wait);
int executor_wait_dispatch(struct cohort *c, int64_t deadline);

/* cohort_dispatch() */
int executor_dispatch(struct cohort *c, int64_t deadline);

/*
 * Whether this thread is the one that dispatches this handle: a wait on it outside of handlers must
 * dispatch, too.
 */
bool executor_dispatches_here(struct cohort *c);

/* Looks for bells without waiting. */
void executor_poll(struct cohort *c);

/*
 * The pool: takes over a job that lives on the heap. -ENOMEM: there is no thread and none could be
 * started.
 */
struct pool_job {
	struct list_node node;
	uint64_t turn; /* the pool's */
	void (*run)(struct pool_job *job);
};
void pool_init(struct executor *e);
void pool_deinit(struct executor *e);
bool pool_is_full(struct session *s); /* this peer has as many jobs there as it may */
int pool_submit(struct cohort *c, struct pool_job *job);
void pool_stop(struct cohort *c);
/* A job is about to wait inside the library: -EDEADLK if it is the last that does not. */
int pool_reserve(struct executor *e);
void pool_unreserve(struct executor *e);

#endif
