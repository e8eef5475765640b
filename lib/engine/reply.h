/*
 * reply: an answer in private memory, and the answers of many.
 */
#ifndef COHORT_ENGINE_REPLY_H
#define COHORT_ENGINE_REPLY_H

#include "base/fd.h"
#include "cohort/request.h"
#include "shm/slot.h"

struct cohort;
struct reply_part;
struct session;

struct cohort_reply {
	int status;
	size_t length;
	const void *data;
	void *map;		 /* a mapped memfd of `length` bytes, or NULL */
	struct reply_part *part; /* owns frame bytes and descriptors, or NULL */
	unsigned char body[SLOT_INLINE_MAX];
};

struct reply_entry {
	cohort_peer peer;
	int error;
	struct cohort_reply *reply;
};

struct cohort_replies {
	size_t count;
	struct reply_entry entry[];
};

/* Frees one that nobody takes: its descriptors are closed where that may take its time. */
void reply_drop(struct cohort *c, struct cohort_reply *r);

/*
 * Brings the answer of slot `index`, which is DONE, into private memory. Returns the outcome of the
 * request: 0 with *reply, or negative: -ENOBUFS if the answer could not be brought here, -EPROTO if
 * the peer broke the rules.
 */
int reply_collect(struct session *s, unsigned index, struct cohort_reply **reply, uint64_t *fence);

#endif
