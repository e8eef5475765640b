/*
 * announce: actions that come and go: what a secondary tells its primary, and what the primary
 * knows of it. Also the calls that wait for an ACK or an ANSWER.
 */
#ifndef COHORT_ENGINE_ANNOUNCE_H
#define COHORT_ENGINE_ANNOUNCE_H

#include "cohort/action.h"
#include "engine/channel.h"
#include "engine/receive.h"
#include "engine/session.h"
#include "wire/hello.h"

/*
 * A secondary: HELLO with all our actions, and ANNOUNCE for those that do not fit. From then on `s`
 * hears of changes.
 */
int announce_all(struct session *s, struct wire_hello *hello, struct frame_buffer *buffer);

/* The primary: what HELLO had; it is heard from when the session goes live. */
int announce_add(struct session *s, const struct wire_entries *entries);
int announce_join_locked(struct session *s);
int announce_frame(struct session *s, struct control_frame *frame);

int announce_register(struct cohort *c, const struct cohort_action *action);
int announce_unregister(struct cohort *c, const char *name);

/* A call that waits for a frame with its key, on its stack. */
struct pending {
	struct list_node node; /* channel.pending_keys */
	uint64_t key;
	struct session *session;
	bool done;
	int error;
	struct control_frame *answer; /* of a QUERY; the waiter's to free */
};

/* Gets a key, sends, waits: the frame's error, -ETIMEDOUT, -ENOTCONN, -EDEADLK, -ESHUTDOWN. */
int pending_begin(struct cohort *c, struct pending *p, struct session *s);
int pending_wait(struct cohort *c, struct pending *p, int64_t deadline, struct executor_wait *wait);
/* The io thread: a frame with that key has come. True: somebody waited, and has the frame now. */
bool pending_finish(struct session *s, uint64_t key, int error, struct control_frame *answer);

int announce_ack(struct session *s, struct control_frame *frame);

/* Sends an ACK. */
int announce_send_ack(struct session *s, uint64_t key, int error);

#endif
