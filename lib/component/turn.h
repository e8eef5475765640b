/*
 * A turn: whose turn it is to run the functions of one side, in mode direct, where there is no handler
 * thread that would put them in order. turn.c has the rules.
 */
#ifndef COMPONENT_TURN_H
#define COMPONENT_TURN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct frame;
struct turn;

/* A call that nobody waits for, until it can run. */
struct turn_item {
	struct turn_item *next;
	struct pending *pending; /* of the function that made it, or NULL */
	/* Runs with the turn, and says whether it still has it. Frees the item. */
	bool (*run)(struct turn_item *item, struct turn *turn);
};

/*
 * How many items of one function have not been handled. Guarded by the lock of the turn they wait
 * for.
 */
struct pending {
	unsigned count;
	bool abandoned; /* by the function's frame: the last item frees it */
};

struct turn {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	atomic_uint refs; /* partner: turn_unref() */
	bool shut;	  /* whoever waits gives up */
	bool taken;	  /* some thread runs a function, or items */
	pthread_t owner;  /* if taken */
	unsigned running; /* functions that have not returned, with the turn or without */
	unsigned waiting; /* of those: that wait for a call of their own */
	struct turn_item *first, **last;
};

/*
 * The port holds one reference, each call that is served at it another: a job that was kept may be
 * answered when the port is gone. -ENOMEM, -EAGAIN
 */
int turn_new(struct turn **out);
struct turn *turn_ref(struct turn *turn);
void turn_unref(struct turn *turn);

/*
 * Waits for the turn. *held is false if this thread has it already, further out: then the function
 * runs at once, inside. -ETIMEDOUT, -ESHUTDOWN
 */
int turn_take(struct turn *turn, int64_t deadline, bool *held);
/* What waits runs, then the next may take it. */
void turn_give(struct turn *turn);

/* A function starts, or has returned. */
void turn_enter(struct turn *turn);
void turn_leave(struct turn *turn);

/*
 * The innermost function of this thread is about to wait: all functions further out give away what they
 * hold, for good. `home` is its turn, or NULL. -EDEADLK: too many of that side wait already.
 */
int turn_wait_begin(struct turn *home);
void turn_wait_end(struct turn *home);

/*
 * Runs the item at once if it is nobody's turn, else when this one is over; then, if there is a
 * sender, its `pending` counts it.
 */
int turn_post(struct turn *turn, struct turn_item *item, struct frame *sender);
/* Waits until what `pending` counts has been handled, and frees it. NULL: 0. -ETIMEDOUT */
int turn_await(struct turn *turn, struct pending *pending, int64_t deadline);

/* Whoever waits gets -ESHUTDOWN, then and from then on. Items run nevertheless. */
void turn_shut(struct turn *turn);
/* Waits until no function runs any more. */
void turn_drain(struct turn *turn);

#endif
