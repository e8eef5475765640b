/*
 * What of the user's code runs on this thread because a component called it: a stack, innermost
 * first. From it a call knows the deadline that it inherits and the turn that it gives away while it
 * waits, and cohort_component_stop() that it was called from inside.
 */
#ifndef COMPONENT_FRAME_H
#define COMPONENT_FRAME_H

#include <stdbool.h>
#include <stdint.h>

struct pending;
struct turn;

struct frame {
	struct frame *outer;
	const void *owner; /* whose code it is: port->owner */
	int64_t deadline;  /* that calls made in here inherit, or COHORT_FOREVER */
	bool replay;	   /* the replay() of that component */
	/* direct: */
	struct turn *home;	 /* of the side whose function it is, or NULL */
	struct turn *turn;	 /* the turn it holds, or NULL: none, or no longer */
	struct pending *pending; /* one-way calls made in here that wait for their turn, or NULL */
};

void frame_push(struct frame *frame);
void frame_pop(struct frame *frame);
/* The innermost, or NULL. */
struct frame *frame_top(void);
/* Whether code of this owner runs on this thread. */
bool frame_inside(const void *owner);
/* Whether a replay() of it does. */
bool frame_replays(const void *owner);
/* The earlier of `deadline` and a little before that of the innermost frame. */
int64_t frame_inherit(int64_t deadline);

#endif
