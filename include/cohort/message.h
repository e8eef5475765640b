/*
 * One-way messages: to one peer, or from the primary to all that registered the action.
 *
 * What was accepted is delivered whole and once, in order, or its loss is reported: to the
 * receiver's `lost` callback, in order, and in the counters of both sides.
 */
#ifndef COHORT_MESSAGE_H
#define COHORT_MESSAGE_H

#include <sys/uio.h>

#include "cohort/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * On success the descriptors given are closed: the message took them. Without it they stay the
 * caller's (the receiver gets duplicates in any case). A call that fails leaves them with the
 * caller.
 */
#define COHORT_GIVE_FDS UINT32_C(0x1)
/*
 * Requests only: returns when every record that the peer sent before its answer has been taken here
 * and its handler has returned, or itself waits in this library.
 */
#define COHORT_FENCE UINT32_C(0x2)
/*
 * To COHORT_PRIMARY from a secondary: while no primary is there wait for one, instead of returning
 * -ENOTCONN.
 */
#define COHORT_WAIT_FOR_PRIMARY UINT32_C(0x4)
/* Made in a handler: do not end with the handler's own deadline. */
#define COHORT_NO_INHERIT UINT32_C(0x8)

/*
 * The body is `data`, then the pieces of `iov`: any of them may be empty. Everything is borrowed
 * until return.
 */
struct cohort_message {
	size_t size;		 /* sizeof(struct cohort_message) */
	const char *action;	 /* what to do */
	const void *data;	 /* may be NULL if length is 0 */
	size_t length;		 /* bytes */
	const struct iovec *iov; /* may be NULL if niov is 0; 1024 pieces at most */
	size_t niov;
	const int *fds; /* may be NULL if nfds is 0 */
	size_t nfds;	/* 253 at most */
	uint32_t flags; /* COHORT_GIVE_FDS and so on */
};

#define COHORT_MESSAGE_INIT                                                       \
	{                                                                         \
		sizeof(struct cohort_message), NULL, NULL, 0, NULL, 0, NULL, 0, 0 \
	}
/* COHORT_MESSAGE("greet", text, strlen(text)) */
#define COHORT_MESSAGE(action, data, length)                                                   \
	{                                                                                      \
		sizeof(struct cohort_message), (action), (data), (length), NULL, 0, NULL, 0, 0 \
	}

/*
 * Sends a message to one peer: from the primary to a secondary, from a secondary to the primary.
 * Waits for room up to `timeout`; with 0 it does not wait. 0 means that the message lies in the
 * peer's ring. A message for an action that the peer does not have is reported to the peer's `lost`
 * callback, not here.
 *
 * -EAGAIN     no room until the timeout: nothing was sent; wait longer, or ask for cohort_want_writable()
 * -ENOTCONN   no session with the primary now (a secondary); -ESTALE: that peer's session is over
 * -EINVAL     bad arguments;  -EMSGSIZE: larger than the channel's limit
 * -EBADF      a descriptor is not open;  -EMFILE, -ENOMEM, -EFBIG: no resources for a large body
 * -EOPNOTSUPP a secondary sends to another secondary: it talks to the primary only
 * -EDEADLK    it would have to wait in a handler, and no thread is left to take its place
 * -ESHUTDOWN  the handle is closing
 */
COHORT_API int cohort_send(struct cohort *c, cohort_peer to, const struct cohort_message *message,
			   int64_t timeout);

struct cohort_missed {
	cohort_peer peer;
	int error; /* -EAGAIN no room; -ESTALE it left meanwhile; -EMFILE and so on */
};

/*
 * What became of a broadcast. The caller sets size and, if it wants to know who missed it, missed
 * and capacity.
 */
struct cohort_delivery {
	size_t size;
	size_t delivered;	      /* out: peers whose ring it lies in */
	size_t nmissed;		      /* out: peers that registered the action and missed it */
	struct cohort_missed *missed; /* room for `capacity` of them, or NULL */
	size_t capacity;
};

#define COHORT_DELIVERY_INIT                                  \
	{                                                     \
		sizeof(struct cohort_delivery), 0, 0, NULL, 0 \
	}

/*
 * Sends a message to every secondary that registered the action; all see broadcasts in one and the
 * same order. With a timeout it waits until every receiver has room; who has none by then misses
 * it, and is told exactly how many it missed (or is disconnected: config.overrun). No receivers: 0.
 * `delivery` may be NULL.
 *
 * -EPERM     not the primary
 * -EINVAL, -EMSGSIZE, -EBADF, -EMFILE, -ENOMEM, -EFBIG, -EDEADLK, -ESHUTDOWN as in cohort_send(): nobody got it
 */
COHORT_API int cohort_broadcast(struct cohort *c, const struct cohort_message *message,
				int64_t timeout, struct cohort_delivery *delivery);

#ifdef __cplusplus
}
#endif

#endif
