/*
 * frame: what one packet on the control socket is, and the 16 bytes with which each one begins.
 *
 * One SEQPACKET packet is one frame. All fields are little-endian and of fixed width; nothing is
 * aligned by the compiler, because encoders and decoders go byte by byte (writer.h, cursor.h).
 *
 *	 0       4     6     8              16
 *	+--------+-----+-----+---------------+----------- - -
 *	| length | kind| fds |      key      | payload of the kind
 *	+--------+-----+-----+---------------+----------- - -
 *
 *	length  of the whole frame with this header; it equals the packet's
 *	kind    enum frame_kind
 *	fds     how many descriptors come with this packet; the receiver compares it with
 *	        what the kernel delivered
 *	key     what the frame answers or belongs to; 0 for kinds that need none
 *
 * Decoding is total: a frame is accepted whole, or it is -EPROTO and no out-parameter was
 * touched. It is also canonical: two different packets never decode to the same value, so
 * encoding what was decoded gives the packet back. Decoded texts and entries are borrowed from
 * the packet's buffer.
 *
 * An encoder returns the frame's length, -EMSGSIZE if it does not fit the buffer or FRAME_MAX, or
 * -EINVAL if the decoder would not take it; after an error the buffer's contents are undefined.
 *
 * Version rule: this header, HELLO and REFUSED are the same in every version for ever, since they
 * travel before a version is agreed upon; all else may change with the version. See hello.h.
 */
#ifndef COHORT_WIRE_FRAME_H
#define COHORT_WIRE_FRAME_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/cursor.h"
#include "wire/writer.h"

enum {
	FRAME_HEADER_SIZE = 16,
	FRAME_INLINE_MAX = 65536, /* bytes of a reply inside a frame */
	FRAME_MAX = FRAME_INLINE_MAX + 64,
	FRAME_FDS_MAX = 253,	/* SCM_MAX_FD: the kernel takes no more in one packet */
	FRAME_ERRNO_MAX = 4095, /* the kernel's MAX_ERRNO */
};

enum frame_kind {
	FRAME_HELLO = 1,    /* hello.h   secondary -> primary */
	FRAME_WELCOME = 2,  /* hello.h   primary -> secondary */
	FRAME_MAPPED = 3,   /* hello.h   secondary -> primary */
	FRAME_READY = 4,    /* hello.h   primary -> secondary */
	FRAME_REFUSED = 5,  /* hello.h   primary -> secondary */
	FRAME_ANNOUNCE = 6, /* control.h secondary -> primary */
	FRAME_ACK = 7,	    /* control.h either */
	FRAME_SIDECAR = 8,  /* control.h either */
	FRAME_BODY = 9,	    /* control.h either */
	FRAME_REPLY = 10,   /* control.h either */
	FRAME_BULK = 11,    /* control.h either */
	FRAME_BYE = 12,	    /* control.h either */
	FRAME_QUERY = 13,   /* query.h   secondary -> primary */
	FRAME_ANSWER = 14,  /* query.h   primary -> secondary */
};

struct frame_header {
	uint32_t length;
	uint16_t kind;
	uint16_t fds;
	uint64_t key;
};

static_assert(sizeof(struct frame_header) == FRAME_HEADER_SIZE, "the header is 16 bytes");
static_assert(offsetof(struct frame_header, kind) == 4, "as drawn above");
static_assert(offsetof(struct frame_header, fds) == 6, "as drawn above");
static_assert(offsetof(struct frame_header, key) == 8, "as drawn above");

/*
 * The header of a packet of `len` bytes. Checks what it can without the payload: the length, a
 * known kind, a number of descriptors that this kind may have, a key where the kind has one. 0 or
 * -EPROTO.
 */
int frame_peek(const void *buf, size_t len, struct frame_header *header);

/* "HELLO" and so on, "unknown" for any other number; for logs. */
const char *frame_kind_name(unsigned int kind);

/*
 * For the modules of this layer. frame_open() checks the header, and that the kind is this one,
 * and leaves the cursor at the payload; `header` may be NULL. frame_begin() writes a header,
 * frame_end() fills in the length and returns what an encoder returns.
 */
int frame_open(struct cursor *cursor, const void *buf, size_t len, enum frame_kind kind,
	       struct frame_header *header);
void frame_begin(struct writer *writer, void *buf, size_t size, enum frame_kind kind,
		 unsigned int fds, uint64_t key);
int frame_end(struct writer *writer);

#endif
