/*
 * Looking at a channel from outside, for tools.
 *
 * An observer is a handle with config.role = COHORT_ROLE_OBSERVER. The primary's peers do not see
 * it: it is not in the list of peers, joined and left are not called for it, it gets no broadcasts
 * and has no actions. It may ask cohort_peers(), cohort_actions(), cohort_remote_stats() and the
 * calls below, which the primary's control thread answers even while every handler there is stuck;
 * calls that send or register are -EOPNOTSUPP (those which only a primary has, -EPERM). Only root and the primary's own uid may observe,
 * whatever the primary's rules for peers are. At most 16 observers at once.
 */
#ifndef COHORT_MONITOR_H
#define COHORT_MONITOR_H

#include "cohort/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct cohort_channel_info {
	size_t size;	/* set by the caller in the first element of an array */
	char name[64];	/* as cohort_open() takes it */
	char path[108]; /* of its socket */
	pid_t pid; /* of the primary, the kernel's word; 0: nobody serves it, the file is stale */
	uid_t uid; /* of the primary; if it is stale, the file's */
};

/*
 * Lists the channels by name in the folder in which cohort_open() looks for them: fills up to
 * `capacity` elements and returns how many there are in all. Connects to each for a moment, without
 * joining. `channels` may be NULL if capacity is 0.
 * -EINVAL, -ENOMEM, and what opening the folder says; no folder is no channels.
 */
COHORT_API int cohort_channels(struct cohort_channel_info *channels, size_t capacity);

/*
 * The primary's state as text: sessions, their rings and our requests, threads and the handlers
 * that they run. Each line is a word that says of what, then words of the form key=value, ended by a
 * newline; at most 255 bytes:
 *
 *	channel pid=1 uid=0 program=camera since=123 epoch=1f peers=2 max_peers=1000 observers=1 ...
 *	session peer=100000002 pid=2 program=sensor state=live since=456 claim=idle handlers=0 ...
 *	ring peer=100000002 direction=in size=262144 head=1 tail=1 asleep=1 waiting=0 ...
 *	slot peer=100000002 index=3 state=waited sequence=17 age_ns=1000000
 *	thread kind=handler index=0 state=running peer=100000002 action=grab age_ns=2000000
 *
 * Keys may be added. Values have no spaces. Times are nanoseconds, ages as coarse as the clock's
 * tick. Writes at most `size` bytes with the final NUL and returns the length of the whole text
 * without it. A secondary and an observer ask the primary; the primary itself answers at once.
 * -EINVAL, -ENOTCONN, -ETIMEDOUT, -ENOMEM, -EDEADLK, -ESHUTDOWN
 */
COHORT_API int cohort_describe(struct cohort *c, char *text, size_t size, int64_t timeout);

enum cohort_event_kind {
	COHORT_EVENT_MESSAGE =
		1, /* a message or broadcast was sent (from the primary) or handled */
	COHORT_EVENT_REQUEST =
		2,		/* a request was sent (from the primary) or met (to the primary) */
	COHORT_EVENT_REPLY = 3, /* its outcome: latency since the request event at the primary */
	COHORT_EVENT_LOST = 4,	/* `length` messages from `from` to `to` were lost or not handled */
	COHORT_EVENT_JOINED = 5,
	COHORT_EVENT_LEFT = 6, /* outcome: enum cohort_reason */
};

#define COHORT_EVENT_PAYLOAD 256 /* bytes of a body that an event has at most */

struct cohort_event {
	size_t size;	 /* set by the caller */
	int64_t time;	 /* CLOCK_REALTIME nanoseconds */
	int64_t latency; /* REPLY: nanoseconds from request to outcome; else 0 */
	int64_t busy;	 /* nanoseconds in the primary's handler, of what it handled; else 0 */
	cohort_peer from, to;
	enum cohort_event_kind kind;
	int outcome;	   /* REPLY: 0, the handler's status or the error that the requester got */
	uint64_t request;  /* REQUEST and REPLY: the same number in both; else 0 */
	uint64_t length;   /* bytes of the body */
	uint32_t fds;	   /* descriptors */
	uint32_t captured; /* bytes of the body in `payload` */
	/* "" of JOINED, LEFT and LOST, and of a REPLY to the primary: see that REQUEST */
	char action[64];
	unsigned char payload[COHORT_EVENT_PAYLOAD];
};

struct cohort_tap;

#define COHORT_TAP_PAYLOAD UINT32_C(1) /* also the first bytes of the bodies */

/*
 * Opens a view of every message that passes the primary, which is every message of the channel. The
 * primary writes into a ring of 4096 events that never waits for a reader: who reads too slowly
 * loses the oldest, and cohort_tap_lost() counts them. The tap is the caller's, for
 * cohort_tap_close(), which must come before the observer's cohort_close(). One thread at a time.
 * Costs the primary nothing while nobody has a tap.
 * -EPERM: not an observer; -EINVAL, -ENOTCONN, -ETIMEDOUT, -ENOMEM, -EMFILE
 */
COHORT_API int cohort_tap_open(struct cohort *observer, uint32_t flags, int64_t timeout,
			       struct cohort_tap **out);

/*
 * The next event: 1; or 0 if none came until `timeout`; or -ENOTCONN when the primary has gone and
 * all events were read. Looks every few milliseconds while it waits: the primary wakes nobody.
 * -EINVAL
 */
COHORT_API int cohort_tap_next(struct cohort_tap *tap, struct cohort_event *event, int64_t timeout);

/* How many events passed unseen, ever. */
COHORT_API uint64_t cohort_tap_lost(const struct cohort_tap *tap);
COHORT_API void cohort_tap_close(struct cohort_tap *tap);

/*
 * The name of an action that every primary answers, without being registered: the reply is the
 * request's body, a message is dropped. For measuring.
 */
#define COHORT_ECHO "cohort.echo"

#ifdef __cplusplus
}
#endif

#endif
