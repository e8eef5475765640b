/*
 * hello: the frames that begin a session, in this order.
 *
 *	secondary                        primary
 *	   | HELLO                          |   versions, features, clock, actions
 *	   |------------------------------->|
 *	   |   WELCOME + region, bell       |   version, id, sizes, clock
 *	   |<-------------------------------|   or REFUSED, and the end
 *	   | MAPPED                         |   clock
 *	   |------------------------------->|
 *	   |                         READY  |
 *	   |<-------------------------------|
 *
 * Version rule. A HELLO names a range of versions; the primary answers with the highest that both
 * speak, or REFUSED with WIRE_REFUSED_VERSION and its own range. So that this works between any
 * two versions, the frame header, HELLO and REFUSED never change; and should they have to, then
 * at least a HELLO's first 24 bytes will not: wire_hello_peek() reads no more than those. A
 * feature that needs no new version is a bit of `features`: unknown ones are ignored, WELCOME has
 * those that both have.
 *
 * The decoders check the shape. Whether the sizes of a WELCOME make sense is for those who map
 * the region to say.
 */
#ifndef COHORT_WIRE_HELLO_H
#define COHORT_WIRE_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/entries.h"
#include "wire/text.h"

#define WIRE_MAGIC 0x54484f43u /* "COHT", as the bytes lie in the frame */

#define WIRE_VERSION_MIN 1
#define WIRE_VERSION_MAX 1

#define WIRE_FEATURES 0u /* those this version knows */

#define WIRE_HELLO_OBSERVER 1u /* wants to look (QUERY), not to be counted among the peers */
#define WIRE_HELLO_FLAGS WIRE_HELLO_OBSERVER

#define WIRE_WELCOME_FDS 2 /* the region's memfd, then the bell */

/* 1 <= min <= max */
struct wire_versions {
	uint16_t min;
	uint16_t max;
};

/* Clocks: CLOCK_MONOTONIC in nanoseconds; t1 and t4 are the secondary's, t2 and t3 the primary's. */
struct wire_hello {
	struct wire_versions versions;
	uint32_t features;
	uint32_t flags;		     /* WIRE_HELLO_*; unknown bits are -EPROTO */
	uint32_t pid;		     /* for people; who it is comes from the kernel */
	int64_t t1;		     /* when this was sent */
	bool more;		     /* further actions follow in ANNOUNCE */
	struct wire_text program;    /* for people */
	struct wire_entries actions; /* wire_action_next(); the same name may come twice */
};

/* Comes with WIRE_WELCOME_FDS descriptors. */
struct wire_welcome {
	uint16_t version;  /* the one that is spoken from here on */
	uint32_t features; /* those that both have */
	uint64_t id;	   /* of the secondary: epoch << 32 | number */
	uint64_t primary_id;
	uint32_t ring_to_primary; /* bytes */
	uint32_t ring_to_secondary;
	uint16_t slots_secondary; /* for requests that the secondary makes */
	uint16_t slots_primary;
	uint32_t slot_size;
	uint64_t max_body;
	uint64_t bulk_size;
	uint64_t region_size;
	int64_t t1; /* as HELLO had it */
	int64_t t2; /* when HELLO was received */
	int64_t t3; /* when this was sent */
	struct wire_text program;
};

struct wire_mapped {
	int64_t t4;	/* when WELCOME was received */
	int64_t offset; /* the secondary's clock less the primary's, 0 if they are one clock */
};

enum wire_refusal {
	WIRE_REFUSED_VERSION = 1,
	WIRE_REFUSED_PROTOCOL = 2,
	WIRE_REFUSED_NOT_ALLOWED = 3,
	WIRE_REFUSED_FULL = 4,
	WIRE_REFUSED_SHUTTING_DOWN = 5,
	WIRE_REFUSED_NO_DESCRIPTORS = 6,
	WIRE_REFUSED_NO_MEMORY = 7,
	WIRE_REFUSED_DUPLICATE = 8,
	WIRE_REFUSED_TIMEOUT = 9,
};

/* Since this frame never changes, reasons that are not known here are accepted: any but 0. */
struct wire_refused {
	uint32_t reason;	       /* enum wire_refusal, or one of a later version */
	uint32_t code;		       /* a positive errno, at most 4095, or 0 */
	struct wire_versions versions; /* of the primary */
	struct wire_text text;	       /* up to TEXT_REASON_MAX bytes */
};

/* "version", "full" and so on, "unknown" for any other number. */
const char *wire_refusal_name(uint32_t reason);

/* The highest version that both speak, or -EPROTONOSUPPORT. */
int wire_versions_choose(struct wire_versions ours, struct wire_versions theirs);

/*
 * The versions of a HELLO whose remainder we may not understand: look here first, refuse with
 * WIRE_REFUSED_VERSION if there is none in common, and only then decode. 0 or -EPROTO.
 */
int wire_hello_peek(const void *buf, size_t len, struct wire_versions *versions);

int wire_hello_encode(void *buf, size_t size, const struct wire_hello *hello);
int wire_hello_decode(const void *buf, size_t len, struct wire_hello *hello);

int wire_welcome_encode(void *buf, size_t size, const struct wire_welcome *welcome);
int wire_welcome_decode(const void *buf, size_t len, struct wire_welcome *welcome);

int wire_mapped_encode(void *buf, size_t size, const struct wire_mapped *mapped);
int wire_mapped_decode(const void *buf, size_t len, struct wire_mapped *mapped);

int wire_ready_encode(void *buf, size_t size);
int wire_ready_decode(const void *buf, size_t len);

int wire_refused_encode(void *buf, size_t size, const struct wire_refused *refused);
int wire_refused_decode(const void *buf, size_t len, struct wire_refused *refused);

#endif
