/*
 * outbox: control frames and large replies on their way to a peer. What does not fit into the
 * socket waits here and is sent by the io thread; a peer that lets more than a few wait is
 * disconnected.
 */
#ifndef COHORT_ENGINE_OUTBOX_H
#define COHORT_ENGINE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fd.h"
#include "base/list.h"
#include "shm/slot.h"

struct session;

#define OUTBOX_FRAMES 16u
#define OUTBOX_REPLY_FDS 253u

/*
 * Sends one frame now, or queues a copy. -EDQUOT: too many wait: end the session. Frames with
 * descriptors are never queued: -EAGAIN. Any thread; never blocks.
 */
int outbox_send(struct session *s, const void *bytes, size_t length, const int *fds, size_t nfds);

/* A reply whose body or descriptors do not fit into its slot. Lives on the heap. */
struct reply_job {
	struct list_node node;
	uint16_t slot;
	uint64_t sequence;
	bool announce;
	struct slot_answer answer;
	int memfd; /* -1: the body is `bytes` */
	bool memfd_sent;
	struct fdlist fds; /* duplicates of the caller's */
	size_t length;
	unsigned char bytes[];
};
void reply_job_free(struct reply_job *job);

/* Sends it: 0, or -EAGAIN, or what slot_answer() or the socket says. The caller keeps the job. */
int outbox_try_reply(struct session *s, struct reply_job *job);

/* Queues it for the io thread: 0, the job is taken; or -ENOBUFS: too many descriptors wait. */
int outbox_queue_reply(struct session *s, struct reply_job *job);
bool outbox_has_replies(struct session *s);

/* The io thread: sends what it can. True: something still waits for room in the socket. */
bool outbox_flush(struct session *s);

void outbox_deinit(struct session *s);

#endif
