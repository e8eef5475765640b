/*
 * control: the frames of a running session: actions that come and go, what a ring's record or a
 * slot could not carry, and the end.
 */
#ifndef COHORT_WIRE_CONTROL_H
#define COHORT_WIRE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/entries.h"
#include "wire/text.h"

enum wire_announce_op {
	WIRE_ANNOUNCE_ADD = 1,
	WIRE_ANNOUNCE_REMOVE = 2, /* the entries have neither flags nor help */
};

struct wire_announce {
	uint64_t key; /* the ACK's; 0: none is wanted */
	uint8_t op;   /* enum wire_announce_op */
	bool more;    /* further ones follow that belong to this */
	struct wire_entries actions;
};

/* The key of an ACK that answers nothing: the BULK could not be received, offer it again. */
#define WIRE_KEY_BULK_AGAIN UINT64_MAX

struct wire_ack {
	uint64_t key;  /* of the frame that it answers, not 0 */
	int32_t error; /* 0, or a negative errno down to -4095 */
};

/*
 * Numbers of sidecars grow with each frame. A BODY whose record also has descriptors says so in the
 * highest bit of its key: its SIDECAR is the next of these frames, or the sender gave up between the
 * two, and no record names the BODY.
 */
#define WIRE_SIDECAR_FOLLOWS (UINT64_C(1) << 63)

/* The descriptors of one record, all of them. */
struct wire_sidecar {
	uint64_t key; /* the number that the record names */
	uint16_t fds; /* 1 to FRAME_FDS_MAX */
};

/* The body of one record in a sealed memfd, the frame's one descriptor. */
struct wire_body {
	uint64_t key;	 /* as in wire_sidecar */
	uint64_t length; /* 1 to INT64_MAX; the limit of the session is the receiver's to check */
};

/*
 * What of a reply does not fit in its slot. One frame, except that a memfd travels alone: if
 * there are descriptors besides, its frame has `more` and a WIRE_REPLY_FDS with the same key
 * follows.
 */
enum wire_reply_form {
	WIRE_REPLY_FDS = 0,    /* 1 to FRAME_FDS_MAX descriptors, no body: length is 0 */
	WIRE_REPLY_INLINE = 1, /* the body in the frame, 0 to FRAME_FDS_MAX descriptors */
	WIRE_REPLY_MEMFD = 2,  /* one descriptor: a sealed memfd with the body */
};

struct wire_reply {
	uint64_t key;	 /* wire_reply_key() */
	uint16_t fds;	 /* as the form says */
	uint8_t form;	 /* enum wire_reply_form */
	bool more;	 /* WIRE_REPLY_MEMFD only */
	int32_t status;	 /* the handler's own, any number */
	uint64_t length; /* of the body: 1 to INT64_MAX in a memfd, up to FRAME_INLINE_MAX inline */
	const uint8_t *data; /* WIRE_REPLY_INLINE: the body, borrowed; else NULL */
};

/* The memfd of a bulk ring, the frame's one descriptor; one for each direction. */
struct wire_bulk {
	uint64_t size; /* 1 to INT64_MAX */
};

enum wire_bye_reason {
	WIRE_BYE_CLOSING = 1,	/* orderly */
	WIRE_BYE_PROTOCOL = 2,	/* the receiver of this broke a rule */
	WIRE_BYE_VERSION = 3,	/* a version outside the range that was offered */
	WIRE_BYE_OVERRUN = 4,	/* its ring was full, and the policy is to disconnect */
	WIRE_BYE_STALLED = 5,	/* it does not read its socket, or is too slow in the set-up */
	WIRE_BYE_EVICTED = 6,	/* the application wanted it */
	WIRE_BYE_RESOURCES = 7, /* the sender has no memory or no descriptors left for it */
};

struct wire_bye {
	uint32_t reason;       /* enum wire_bye_reason */
	uint64_t position;     /* the tail of the sender's ring: nothing comes behind it */
	struct wire_text text; /* up to TEXT_REASON_MAX bytes */
};

/* "closing", "protocol" and so on, "unknown" for any other number. */
const char *wire_bye_reason_name(uint32_t reason);

/* A reply's key: the slot in the low 16 bits, above it the low 48 bits of the slot's sequence. */
static inline uint64_t wire_reply_key(uint16_t slot, uint64_t sequence)
{
	return sequence << 16 | slot;
}

static inline uint16_t wire_reply_key_slot(uint64_t key)
{
	return (uint16_t)key;
}

static inline uint64_t wire_reply_key_sequence(uint64_t key)
{
	return key >> 16;
}

int wire_announce_encode(void *buf, size_t size, const struct wire_announce *announce);
int wire_announce_decode(const void *buf, size_t len, struct wire_announce *announce);

int wire_ack_encode(void *buf, size_t size, const struct wire_ack *ack);
int wire_ack_decode(const void *buf, size_t len, struct wire_ack *ack);

int wire_sidecar_encode(void *buf, size_t size, const struct wire_sidecar *sidecar);
int wire_sidecar_decode(const void *buf, size_t len, struct wire_sidecar *sidecar);

int wire_body_encode(void *buf, size_t size, const struct wire_body *body);
int wire_body_decode(const void *buf, size_t len, struct wire_body *body);

int wire_reply_encode(void *buf, size_t size, const struct wire_reply *reply);
int wire_reply_decode(const void *buf, size_t len, struct wire_reply *reply);

int wire_bulk_encode(void *buf, size_t size, const struct wire_bulk *bulk);
int wire_bulk_decode(const void *buf, size_t len, struct wire_bulk *bulk);

int wire_bye_encode(void *buf, size_t size, const struct wire_bye *bye);
int wire_bye_decode(const void *buf, size_t len, struct wire_bye *bye);

#endif
