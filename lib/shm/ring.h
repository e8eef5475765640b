/*
 * ring: one direction of a session: records from one producer process to one consumer process.
 *
 * A record is a header, the action's name and the body, each padded to 8 bytes:
 *
 *	 0  u32 length    of the whole record, a multiple of 8
 *	 4  u8  kind      RECORD_*
 *	 5  u8  flags     RECORD_HAS_*
 *	 6  u8  name      bytes of the name
 *	 7  u8  zero
 *	 8  u32 hash      hash_name() of the name
 *	12  u32 body      bytes of the body, wherever it lies
 *	16  u64 lost      how many messages the producer has lost so far
 *	24  i64 deadline  of a request, on the clock of the primary
 *	32  u64 sequence  of a request: its slot's sequence
 *	40  u16 slot      of a request
 *	42  u16 fds       descriptors in its sidecar
 *	44  u32 sidecar   the number of its first sidecar frame, modulo 2^32
 *	48  name, padded; then the body if it lies here, padded
 *
 * The producer's threads take turns under a lock of theirs; here is no lock.
 */
#ifndef COHORT_SHM_RING_H
#define COHORT_SHM_RING_H

#include <stdbool.h>
#include <sys/uio.h>

#include "shm/region.h"

enum record_kind {
	RECORD_MESSAGE = 1,
	RECORD_REQUEST = 2,
	RECORD_LOST = 3, /* nothing but its `lost`: see ring_lose() */
};

#define RECORD_IN_BULK 0x1u  /* the body is the next bytes of the bulk ring */
#define RECORD_IN_MEMFD 0x2u /* the body is a sealed memfd: a BODY frame */
#define RECORD_ANNOUNCE \
	0x4u /* a request whose completion must be announced in the bitmap, with a bell */
#define RECORD_FLAGS 0x7u

struct record {
	uint32_t length;
	uint8_t kind;
	uint8_t flags;
	uint8_t name;
	uint8_t zero;
	uint32_t hash;
	uint32_t body;
	uint64_t lost;
	int64_t deadline;
	uint64_t sequence;
	uint16_t slot;
	uint16_t fds;
	uint32_t sidecar;
};

#define RECORD_HEADER 48u
static_assert(sizeof(struct record) == RECORD_HEADER && offsetof(struct record, lost) == 16 &&
		      offsetof(struct record, slot) == 40 && offsetof(struct record, sidecar) == 44,
	      "record layout");

#define RECORD_NAME_MAX 63u

static inline size_t record_pad(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* Bytes of a record in the ring; `inline_body` is 0 if the body lies elsewhere. */
static inline size_t record_size(size_t name, size_t inline_body)
{
	return RECORD_HEADER + record_pad(name) + record_pad(inline_body);
}

/* The largest body that lies in the record itself. */
static inline size_t ring_inline_max(size_t ring_size)
{
	return ring_size / 4;
}

/* The producer's side. All of it is guarded by the producer's own lock. */
struct ring_out {
	struct lane *lane;
	unsigned char *data;
	size_t size;
	uint64_t tail;	    /* what was published */
	uint64_t head_seen; /* what the consumer was seen to have taken */
	uint64_t held;	    /* bytes promised to a broadcast that is being prepared */
	uint64_t lost;
	uint64_t marker_end; /* where the last record ends if it is a marker, else ~0 */
	uint32_t cpu;
};

void ring_out_init(struct ring_out *ring, struct lane *lane, unsigned char *data, size_t size);

/*
 * Whether a record of `size` bytes fits now, beside what is held. -EPROTO: the consumer's word is
 * impossible.
 */
int ring_room(struct ring_out *ring, size_t size);

/* Promises room, or takes the promise back. */
void ring_hold(struct ring_out *ring, size_t size);
void ring_unhold(struct ring_out *ring, size_t size);

/*
 * Where the next record lies: `size` bytes that ring_room() granted. Nothing is visible before
 * ring_publish().
 */
unsigned char *ring_place(struct ring_out *ring);
void ring_publish(struct ring_out *ring, size_t size);

/*
 * Counts a message that found no room, and sees to it that the consumer learns of it without
 * another record.
 */
int ring_lose(struct ring_out *ring, uint64_t count);

/*
 * How many messages lie there that nobody will take any more, as far as the shared memory can be
 * believed.
 */
uint64_t ring_left(const struct ring_out *ring);

/* Whether the consumer sleeps and this caller must ring: true once for each sleep. */
bool ring_take_bell(struct lane *lane);

/* Asks for a wake when there is room; look again with ring_room() afterwards, before sleeping. */
void ring_want_room(struct ring_out *ring, uint32_t how);

/* The consumer's side: one thread at a time. */
struct ring_in {
	struct lane *lane;
	const unsigned char *data;
	size_t size;
	_Atomic uint64_t head; /* private; read by others for statistics */
	uint64_t tail_seen;
	uint64_t lost_seen;
	bool frozen;	       /* what is published from now on is not taken */
	_Atomic uint64_t peak; /* of bytes waiting; read by others for statistics */
	uint32_t cpu;
};

void ring_in_init(struct ring_in *ring, struct lane *lane, const unsigned char *data, size_t size);

/*
 * Looks at the next record: 1: its header is in *record, checked; 0: there is none; -EPROTO: the
 * producer broke the rules. The ring does not change. A second look at the same record reads the
 * shared header again, so the copy that was checked is the one to use.
 */
int ring_peek(struct ring_in *ring, struct record *record);

/* Whether there may be a record: one load if none was seen. */
bool ring_ready(struct ring_in *ring);

/* The producer is gone, or shall be: only what is published now is still taken. */
void ring_freeze(struct ring_in *ring);

/* Copies the record's name (NUL-terminated) and inline body out. The name is not checked. */
void ring_copy(const struct ring_in *ring, const struct record *record,
	       char name[RECORD_NAME_MAX + 1], void *body);

/*
 * Goes past the record. What it returns are LANE_WAIT_* bits: the producer waits for room, has it
 * now, and must be woken that way.
 */
uint32_t ring_advance(struct ring_in *ring, const struct record *record);

/* Room was made elsewhere (descriptors, bulk ring): whom to wake. Any thread. */
uint32_t ring_room_made(struct ring_in *ring);

/*
 * How many messages were lost before `record`, not yet reported. After a marker call
 * ring_lost_at_end().
 */
uint64_t ring_lost_before(struct ring_in *ring, const struct record *record);
uint64_t ring_lost_at_end(struct ring_in *ring);

/*
 * Says that this consumer is about to sleep: look again with ring_ready() afterwards. And that it
 * does not.
 */
uint32_t ring_sleep(struct ring_in *ring);
void ring_stay_awake(struct ring_in *ring);

/* Tells the other side which CPU this one runs on. A store only when it changed. */
void ring_in_cpu(struct ring_in *ring, uint32_t cpu);

#endif
