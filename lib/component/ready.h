/*
 * ready: the first packet on a worker's channel, by which it says that it has loaded its component
 * and is about to open the session, or why it cannot.
 *
 * It is a bare packet, before the session, so that the reason arrives however early the worker fails:
 * there need be no session, no thread, no memory for it. Sequenced packets keep their borders, so
 * who has read this one can hand the descriptor to cohort_open_fd().
 *
 *	  0 magic       u32  "CWR1": another layout has another magic
 *	  4 error       i32  0, or a negative errno
 *	  8 sandbox     u8 x 10, enum cohort_sandbox_outcome by bit
 *	 18 reserved    u8 x 6, zero
 *	 24 text        up to 255 bytes and a NUL: the reason, for people
 *
 * All of the worker is hostile: what it sends is checked, and copied.
 */
#ifndef COMPONENT_READY_H
#define COMPONENT_READY_H

#include "cohort/component.h"

#define READY_TEXT_MAX 255

struct ready {
	int error; /* 0, or -1 to -4095 */
	enum cohort_sandbox_outcome sandbox[COHORT_SANDBOX_COUNT];
	char text[READY_TEXT_MAX + 1];
};

/* The reason of an error. Cut to what fits. */
void ready_say(struct ready *ready, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The worker's. 0, or a negative errno: nobody is there to hear it. */
int ready_send(int channel, const struct ready *ready);

/*
 * The caller's; does not block. -EAGAIN: nothing there yet; -EPIPE: the worker closed its end; -EPROTO:
 * that is no such packet.
 */
int ready_receive(int channel, struct ready *ready);

#endif
