/*
 * send: puts records into a peer's ring, with their bodies and descriptors.
 */
#ifndef COHORT_ENGINE_SEND_H
#define COHORT_ENGINE_SEND_H

#include "cohort/message.h"
#include "engine/executor.h"
#include "engine/session.h"

#define SEND_PARTS_MAX 1024u

/* A message that was checked, on its way to one peer or many. */
struct outgoing {
	const struct cohort_message *message;
	size_t name; /* bytes */
	uint32_t hash;
	size_t body;   /* bytes */
	int memfd;     /* holds the body, once a receiver needs that; -1 */
	bool waited;   /* a broadcast that has had its turn in a queue for room */
	bool promised; /* found no room, while some was promised to a broadcast */
};

/* -EINVAL, -EMSGSIZE. `flags`: those that this call allows beside COHORT_GIVE_FDS. */
int outgoing_init(struct outgoing *o, const struct cohort_message *message, uint32_t flags,
		  size_t max_body);

/* For many receivers: what one sendmsg() would find out only halfway. -EBADF. */
int outgoing_check_fds(const struct outgoing *o);

/* Closes the memfd; and the caller's descriptors, if the message succeeded and gave them. */
void outgoing_finish(struct outgoing *o, bool success);

/* The length of the body, and whether it is one that can be; -EINVAL, -EMSGSIZE. */
int message_body_length(const struct cohort_message *message, size_t max_body, size_t *length);
/* Copies the body together. */
void message_copy_body(const struct cohort_message *message, void *to);
/* A sealed memfd of the body. */
int message_to_memfd(const struct cohort_message *message, size_t length, int *out);

/* Makes what a record for this peer needs outside of its ring. Before any lock. */
int send_prepare(struct session *s, struct outgoing *o);

/*
 * Puts a record into the ring, waiting for room until the deadline (0: does not wait) in turn with
 * other senders. `head` says kind, slot, sequence, deadline and flags. 0; -EAGAIN; or what
 * session_error_unsent() and the resources say.
 */
int send_record(struct session *s, struct outgoing *o, const struct record *head, int64_t deadline,
		struct executor_wait *wait);

/*
 * For broadcasts, under the order lock: promise room (any result but -EAGAIN counts as promised:
 * that peer is over); give the promise back; push into promised or free room.
 */
int send_hold(struct session *s, struct outgoing *o);
void send_unhold(struct session *s, struct outgoing *o);
int send_push(struct session *s, struct outgoing *o, const struct record *head, bool held);
void send_miss(struct session *s);

/* Waits until a record would fit, without putting it there. */
int send_wait_room(struct session *s, struct outgoing *o, int64_t deadline,
		   struct executor_wait *wait);

int send_message(struct cohort *c, cohort_peer to, const struct cohort_message *message,
		 int64_t timeout);
int send_broadcast(struct cohort *c, const struct cohort_message *message, int64_t timeout,
		   struct cohort_delivery *delivery);

#endif
