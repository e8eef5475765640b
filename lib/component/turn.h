/*
 * A turn: whose turn it is to run the functions of one side, in mode direct, where there is no handler
 * thread that would put them in order. turn.c has the rules.
 */
#ifndef COMPONENT_TURN_H
#define COMPONENT_TURN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct frame;
struct turn;

/* A one-way call that waits until it can run. */
struct turn_item {
	struct turn_item *next;
	struct frame
		*sender; /* whose caller's return waits for it, or NULL: guarded by turn->lock */
	void (*run)(struct turn_item *item); /* with the turn; frees it */
};

struct turn {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool initialized;
	bool shut;	  /* whoever waits gives up */
	bool taken;	  /* some thread runs a function, or drains the queue */
	pthread_t owner;  /* if taken */
	unsigned yielded; /* functions that gave their turn away and have not returned */
	struct turn_item *first, **last;
};

int turn_init(struct turn *turn);
void turn_deinit(struct turn *turn);

/*
 * Waits for the turn, for `frame`. A frame inside a function of the same turn that did not give it
 * away runs at once, and holds nothing. -ETIMEDOUT, -ESHUTDOWN; -EDEADLK: too many gave theirs away.
 */
int turn_take(struct turn *turn, struct frame *frame, int64_t deadline);
/* The function of the frame has returned: what waits runs, then the next may take it. */
void turn_give(struct frame *frame);
/* All frames of this thread are about to wait: they give away what they hold, for good. */
void turn_yield_all(void);

/*
 * Runs the item at once if it is nobody's turn, else when it is over: then the caller of `sender` (may be NULL)
 * waits for it in turn_await().
 */
void turn_post(struct turn *turn, struct turn_item *item, struct frame *frame,
	       struct frame *sender);
/* Waits until the one-way calls that were made in `frame` have been handled at that turn. */
int turn_await(struct turn *turn, struct frame *frame, int64_t deadline);

/* Whoever waits gets -ESHUTDOWN, then and from then on. Items run nevertheless. */
void turn_shut(struct turn *turn);
/* Waits until no function runs, yielded or not. */
void turn_drain(struct turn *turn);

#endif
