/*
 * slot: where the answer to one request lies. 1 KiB in the region; which are free, and the sequence
 * of each, only the requester knows, privately.
 *
 *	 0  u64 word      sequence << 2 | state; both sides write it
 *	 8  u64 fence     the replier's tail when it replied
 *	16  i32 outcome   0: a handler answered; else a negative errno: it did not run, or the answer was lost
 *	20  i32 status    the handler's word: 0 or a negative errno
 *	24  u32 length    bytes of the body
 *	28  u16 fds       descriptors, in REPLY frames
 *	30  u8  form      SLOT_INLINE ...
 *	31  u8  zero
 *	32  the body if it is inline: up to 992 bytes
 */
#ifndef COHORT_SHM_SLOT_H
#define COHORT_SHM_SLOT_H

#include <sys/uio.h>

#include "shm/region.h"

enum slot_state {
	SLOT_OPEN = 0,	      /* asked; the requester is awake or needs no wake */
	SLOT_OPEN_SLEEPS = 1, /* asked; the requester sleeps on the word's low half */
	SLOT_DONE = 2,	      /* answered */
	SLOT_GIVEN_UP = 3,    /* the requester has stopped waiting */
};

enum slot_form {
	SLOT_INLINE = 0, /* the body lies in the slot */
	SLOT_FRAME = 1,	 /* the body came in a REPLY frame, as bytes or as a memfd */
};

#define SLOT_INLINE_MAX (SLOT_SIZE - 32u)

struct slot {
	_Alignas(CACHE_LINE) _Atomic uint64_t word;
	uint64_t fence;
	int32_t outcome;
	int32_t status;
	uint32_t length;
	uint16_t fds;
	uint8_t form;
	uint8_t zero;
	unsigned char body[SLOT_INLINE_MAX];
};

static_assert(sizeof(struct slot) == SLOT_SIZE && offsetof(struct slot, status) == 20 &&
		      offsetof(struct slot, form) == 30 && offsetof(struct slot, body) == 32,
	      "slot layout");

/* The fixed part of an answer, in private memory. */
struct slot_answer {
	uint64_t fence;
	int32_t outcome;
	int32_t status;
	uint32_t length;
	uint16_t fds;
	uint8_t form;
};

static inline uint64_t slot_word(uint64_t sequence, enum slot_state state)
{
	return sequence << 2 | (uint64_t)state;
}

/* The requester's side. `sequence` is its private knowledge. */

/*
 * Opens the slot for the next request. Nothing else can be in it: the one before is DONE or
 * GIVEN_UP.
 */
void slot_open(struct slot *slot, uint64_t sequence);

/* 1: answered; 0: not yet; -EPROTO: the word is none that this request can have. */
int slot_look(struct slot *slot, uint64_t sequence);

/*
 * Sleeps until the slot is answered, *over is not 0 any more, or the deadline (-ETIMEDOUT). 0: look
 * again. Returns at once when the word is not OPEN.
 */
int slot_sleep(struct slot *slot, uint64_t sequence, _Atomic uint32_t *over, int64_t deadline);

/* Gives up: 0: no answer will come; 1: it was answered before; -EPROTO. */
int slot_give_up(struct slot *slot, uint64_t sequence);

/*
 * The answer of a slot that is DONE: copied once, then checked. -EPROTO. `body` has room for
 * SLOT_INLINE_MAX.
 */
int slot_read(const struct slot *slot, struct slot_answer *answer);
void slot_copy_body(const struct slot *slot, void *body, size_t length);

/* The replier's side, under its own lock for this slot. */

/* Whether the request still waits for an answer. */
bool slot_is_open(struct slot *slot, uint64_t sequence);

/*
 * Writes the answer and publishes it. 0; 1: the same, and the requester sleeps: wake it;
 * -ETIMEDOUT: it had given up, or the word is another request's: nothing was published.
 */
int slot_answer(struct slot *slot, uint64_t sequence, const struct slot_answer *answer,
		const struct iovec *parts, size_t nparts);
void slot_wake(struct slot *slot);

/* Announces the answer in the completion bitmap of the lane that the request came in. */
void slot_announce(struct lane *lane, unsigned index);

#endif
