/*
 * receive: reads a session's socket: sidecars, bodies, replies and bulk rings go where they belong;
 * control frames go to the inbox, for the io thread. Any thread may read, under the session's
 * receive lock, and never waits.
 */
#ifndef COHORT_ENGINE_RECEIVE_H
#define COHORT_ENGINE_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fd.h"
#include "base/list.h"
#include "engine/session.h"
#include "io/xfer.h"

/* A control frame as it came. */
struct control_frame {
	struct list_node node;
	struct ucred credentials; /* pid -1: none came; 0: from a pid namespace not seen here */
	int pidfd;
	struct fdlist fds;
	size_t length;
	unsigned char bytes[];
};
void control_frame_free(struct cohort *c, struct control_frame *frame);

/* What came in REPLY frames for one request. */
struct reply_part {
	uint64_t key;
	bool complete;
	bool missing_fds; /* some could not be received (EMFILE) */
	uint64_t length;  /* of the body */
	int memfd;	  /* -1: the body is in `bytes`, or there is none */
	struct fdlist fds;
	unsigned char bytes[];
};
void reply_part_free(struct reply_part *part);
/* A part that nobody wants: closing what a peer chose to send must not block the caller. */
void reply_part_discard(struct cohort *c, struct reply_part *part);

/*
 * Reads what is there, up to a limit: 0: nothing is left; RECEIVE_MORE: the limit was reached; or
 * what is wrong with the peer (it stays so). `hangup` is then in the session.
 */
#define RECEIVE_MORE 1
int receive_drain(struct session *s);

/* The next control frame, or NULL. */
struct control_frame *receive_pop(struct session *s);

/*
 * The descriptors or the body of the record that names `key`. -ENODATA: they are not there: the
 * peer lied.
 */
struct sidecar_taken {
	struct fdlist fds;
	int body;
	uint64_t body_length;
	bool missing_fds; /* EMFILE when they came */
};
int receive_take(struct session *s, uint32_t key, bool body, unsigned fds,
		 struct sidecar_taken *out);

/* The reply part of slot `index`, which must have come; -ENODATA. */
int receive_reply(struct session *s, unsigned index, struct reply_part **out);

/* Drops what came for slot `index`: nobody wants it any more. */
void receive_drop_reply(struct session *s, unsigned index);

/* The memfd of the bulk ring; -ENODATA; -EMFILE: this process had no room for it. */
int receive_bulk(struct session *s, int *fd, uint64_t *size);
/* Gives it back: it could not be mapped now. */
void receive_bulk_return(struct session *s, int fd);

void receive_deinit(struct session *s);

/* Closes descriptors that came from elsewhere, without ever blocking the caller. */
void receive_discard(struct cohort *c, struct fdlist *fds);

#endif
