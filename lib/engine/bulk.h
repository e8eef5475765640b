/*
 * bulk: the ring for bodies that are too large for a record's ring: one a direction, made by the
 * sender when first needed.
 *
 * The sender maps it for writing and seals it, so that the receiver can map it only for reading and
 * nobody can shrink it. A record's body is the next bytes of it, padded to 64. The receiver gives
 * them back by `bulk_head` in its lane.
 */
#ifndef COHORT_ENGINE_BULK_H
#define COHORT_ENGINE_BULK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/lock.h"

struct session;
struct cohort_message;

#define BULK_ALIGN 64u

struct bulk_out {
	unsigned char *base;
	size_t size;
	int fd;
	bool offered; /* the peer has got a BULK frame */
	uint64_t tail, head_seen;
};

/* One body that the receiver still reads. */
struct bulk_hold {
	struct list_node node;
	uint64_t end; /* what its release gives back */
};

struct bulk_in {
	struct lock lock;  /* LOCK_QUEUE */
	struct list holds; /* in order */
	unsigned char *base;
	size_t size;
	uint64_t tail; /* where the next body begins; the claim's */
};

/* What a body takes of the ring. */
uint64_t bulk_padded(size_t length);

/* Makes the sender's side, if there is none yet. Not under the ring's lock. */
int bulk_prepare(struct session *s);

/*
 * Under the ring's lock: room for a body: -EAGAIN; -EPROTO. Then the place for it, and taking it.
 */
int bulk_room(struct session *s, size_t length);
unsigned char *bulk_place(struct session *s);
void bulk_push(struct session *s, size_t length);

/* The peer could not receive it: the next body brings it again. */
void bulk_offer_again(struct session *s);

/*
 * The receiver's side, with the claim: the next body. -EPROTO: it cannot be there. Ends with
 * bulk_release().
 */
int bulk_take(struct session *s, size_t length, struct bulk_hold *hold, const void **data);
void bulk_release(struct session *s, struct bulk_hold *hold);

void bulk_deinit(struct session *s);

#endif
