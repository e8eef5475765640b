/*
 * frame.c: the stack is linked through the C stack of the thread, so it needs no memory of its own.
 *
 * A call made inside a function ends a little before the function's own deadline, as the channel has
 * it: an eighth of what is left, at most 100 ms, so that the function can still answer.
 */
#include "component/frame.h"

#include <stddef.h>

#include "cohort/types.h"
#include "component/clock.h"

#define MARGIN_MAX COHORT_MS(100)

static _Thread_local struct frame *innermost;

void frame_push(struct frame *frame)
{
	frame->outer = innermost;
	innermost = frame;
}

void frame_pop(struct frame *frame)
{
	innermost = frame->outer;
}

struct frame *frame_top(void)
{
	return innermost;
}

bool frame_inside(const void *owner)
{
	for (const struct frame *frame = innermost; frame; frame = frame->outer)
		if (frame->owner == owner)
			return true;
	return false;
}

bool frame_replays(const void *owner)
{
	for (const struct frame *frame = innermost; frame; frame = frame->outer)
		if (frame->owner == owner && frame->replay)
			return true;
	return false;
}

int64_t frame_inherit(int64_t deadline)
{
	int64_t left, margin, end;

	if (!innermost || innermost->deadline == COHORT_FOREVER)
		return deadline;
	left = clock_left(innermost->deadline);
	margin = left / 8 < MARGIN_MAX ? left / 8 : MARGIN_MAX;
	end = innermost->deadline - margin;
	return end < deadline ? end : deadline;
}
