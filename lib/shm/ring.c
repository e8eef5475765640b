/*
 * How it works
 *
 *	        head                      tail
 *	  ...----+-------+------+-----+----+----------...     positions only grow; the byte of position p lies at
 *	  taken  | rec   | rec  | rec | free             p & (size - 1), and the ring is mapped twice in a row, so
 *	  ...----+-------+------+-----+----+----------...     that a record never wraps.
 *
 * Publishing: the producer writes the record into free room and then stores `tail`, seq_cst. The
 * consumer loads `tail` (acquire is enough there) and so sees all of the record.
 *
 * No wake-up is lost: the producer stores `tail`, then loads `asleep`. The consumer stores `asleep`
 * = 1, then loads `tail`. All four are seq_cst, so at least one of them sees the other: either the
 * consumer finds the record, or the producer finds it asleep and takes the flag with an exchange,
 * which makes it ring exactly once a sleep.
 *
 * Room is the same with the parts exchanged: the producer stores `waiting`, then loads `head`; the
 * consumer stores `head`, then loads `waiting`. A seq_cst store for every record is not needed: the
 * consumer stores head with release for each record, and seq_cst with the look at `waiting`
 * whenever it crosses an eighth of the ring, and before it sleeps. A producer that waits saw the
 * ring full; while the consumer empties it, it crosses an eighth at which half is free and looks;
 * and when it stops before that, it is because the ring is empty, and it looks before it sleeps.
 *
 * Losses: a message that finds no room is counted in `lost`. Each record carries the count so far,
 * so that the consumer can say where the gap is. For a gap that nothing follows there is the
 * marker, an empty record for which every other record leaves room. A loss adds to `lane->lost`
 * first (seq_cst), then looks at `head`: if the last record is a marker that is not yet taken, the
 * consumer will look at `lane->lost` after it; else a marker is published. Past a marker the
 * consumer stores head, loads `lane->lost`, then `tail`: if nothing follows it reports the
 * difference itself; if something follows, that record's header says it. If it saw the old count,
 * then the producer's load of `head` came after the consumer's store, and the producer published
 * another marker.
 *
 * The producer never reads what it wrote, and the consumer copies a header once and checks the
 * copy.
 */
#include "shm/ring.h"

#include <errno.h>
#include <string.h>

#define NO_MARKER (~UINT64_C(0))

void ring_out_init(struct ring_out *ring, struct lane *lane, unsigned char *data, size_t size)
{
	*ring = (struct ring_out){
		.lane = lane, .data = data, .size = size, .marker_end = NO_MARKER
	};
	ring->cpu = ~UINT32_C(0);
}

/* Reads the consumer's head once. It can only lie between what was seen and what was published. */
static int look_at_head(struct ring_out *ring)
{
	uint64_t head = atomic_load(&ring->lane->head); /* seq_cst: pairs with ring_advance() */

	if (head < ring->head_seen || head > ring->tail)
		return -EPROTO;
	ring->head_seen = head;
	return 0;
}

static bool fits(const struct ring_out *ring, size_t size)
{
	return ring->size - (ring->tail - ring->head_seen) >= size + RECORD_HEADER + ring->held;
}

int ring_room(struct ring_out *ring, size_t size)
{
	int err;

	if (fits(ring, size))
		return 0;
	err = look_at_head(ring);
	if (err)
		return err;
	return fits(ring, size) ? 0 : -EAGAIN;
}

void ring_hold(struct ring_out *ring, size_t size)
{
	ring->held += size;
}

void ring_unhold(struct ring_out *ring, size_t size)
{
	ring->held -= size;
}

unsigned char *ring_place(struct ring_out *ring)
{
	return ring->data + (ring->tail & (ring->size - 1));
}

static void announce_cpu(struct ring_out *ring)
{
	uint32_t cpu = cpu_current();

	if (cpu == ring->cpu)
		return;
	ring->cpu = cpu;
	atomic_store_explicit(&ring->lane->producer_cpu, cpu, memory_order_relaxed); /* a hint */
}

void ring_publish(struct ring_out *ring, size_t size)
{
	announce_cpu(ring);
	ring->tail += size;
	ring->marker_end = NO_MARKER;
	/* seq_cst: before the load in ring_take_bell() */
	atomic_store(&ring->lane->tail, ring->tail);
}

static void publish_marker(struct ring_out *ring)
{
	struct record marker = { .length = RECORD_HEADER, .kind = RECORD_LOST, .lost = ring->lost };

	memcpy(ring_place(ring), &marker, sizeof(marker));
	ring_publish(ring, RECORD_HEADER);
	ring->marker_end = ring->tail;
}

int ring_lose(struct ring_out *ring, uint64_t count)
{
	int err;

	ring->lost += count;
	atomic_store(&ring->lane->lost, ring->lost); /* seq_cst: before the load of head */
	err = look_at_head(ring);
	if (err)
		return err;
	if (ring->marker_end == ring->tail && ring->head_seen < ring->tail)
		return 0; /* a marker waits there: who takes it reads `lost` */
	publish_marker(ring);
	return 0;
}

uint64_t ring_left(const struct ring_out *ring)
{
	uint64_t at = atomic_load(&ring->lane->head), count = 0;

	if (at < ring->head_seen || at > ring->tail)
		return 0;
	while (ring->tail - at >= RECORD_HEADER) {
		struct record record;

		memcpy(&record, ring->data + (at & (ring->size - 1)), sizeof(record));
		if (record.length < RECORD_HEADER || record.length > ring->tail - at)
			break; /* the consumer has written there */
		count += record.kind == RECORD_MESSAGE;
		at += record.length;
	}
	return count;
}

bool ring_take_bell(struct lane *lane)
{
	/* seq_cst: after the store of tail; pairs with ring_sleep() */
	return atomic_load(&lane->asleep) == 1 && atomic_exchange(&lane->asleep, 0) == 1;
}

void ring_want_room(struct ring_out *ring, uint32_t how)
{
	/* seq_cst: before the load of head; pairs with who_waits() */
	atomic_fetch_or(&ring->lane->waiting, how);
}

void ring_in_init(struct ring_in *ring, struct lane *lane, const unsigned char *data, size_t size)
{
	*ring = (struct ring_in){ .lane = lane, .data = data, .size = size };
	ring->cpu = ~UINT32_C(0);
}

static uint64_t own_head(const struct ring_in *ring)
{
	return atomic_load_explicit(&ring->head, memory_order_relaxed);
}

/* Reads the producer's tail once. 0, or -EPROTO if it cannot be. */
static int look_at_tail(struct ring_in *ring)
{
	uint64_t tail;

	if (ring->frozen)
		return 0;
	/* seq_cst: also the second look after ring_sleep() */
	tail = atomic_load(&ring->lane->tail);

	if (tail < ring->tail_seen || tail - own_head(ring) > ring->size || tail % 8 != 0)
		return -EPROTO;
	ring->tail_seen = tail;
	if (tail - own_head(ring) > atomic_load_explicit(&ring->peak, memory_order_relaxed))
		atomic_store_explicit(&ring->peak, tail - own_head(ring), memory_order_relaxed);
	return 0;
}

void ring_freeze(struct ring_in *ring)
{
	look_at_tail(ring); /* a bad tail is ignored: what was seen before is taken */
	ring->frozen = true;
}

bool ring_ready(struct ring_in *ring)
{
	if (ring->tail_seen != own_head(ring))
		return true;
	return !ring->frozen && atomic_load(&ring->lane->tail) != ring->tail_seen;
}

static bool is_sound(const struct record *r, uint64_t available)
{
	size_t inline_body = r->flags & (RECORD_IN_BULK | RECORD_IN_MEMFD) ? 0 : r->body;

	if (r->length < RECORD_HEADER || r->length > available || r->zero ||
	    r->flags & ~RECORD_FLAGS)
		return false;
	if (r->kind == RECORD_LOST)
		return r->length == RECORD_HEADER && !r->flags && !r->name && !r->body && !r->fds;
	if (r->kind != RECORD_MESSAGE && r->kind != RECORD_REQUEST)
		return false;
	if (r->name == 0 || r->name > RECORD_NAME_MAX || inline_body > available)
		return false;
	if ((r->flags & RECORD_IN_BULK) && (r->flags & RECORD_IN_MEMFD))
		return false;
	if (r->kind == RECORD_REQUEST && (r->slot >= SLOT_COUNT || r->sequence >> 62))
		return false;
	return r->length == record_size(r->name, inline_body);
}

int ring_peek(struct ring_in *ring, struct record *record)
{
	uint64_t head = own_head(ring);
	struct record copy;

	if (ring->tail_seen == head) {
		int err = look_at_tail(ring);

		if (err)
			return err;
		if (ring->tail_seen == head)
			return 0;
	}
	memcpy(&copy, ring->data + (head & (ring->size - 1)), sizeof(copy));
	/* the checks below are made on this copy, not on a second read */
	__asm__ volatile("" ::: "memory");
	if (ring->tail_seen - head < RECORD_HEADER || !is_sound(&copy, ring->tail_seen - head))
		return -EPROTO;
	if (copy.lost < ring->lost_seen)
		return -EPROTO;
	*record = copy;
	return 1;
}

void ring_copy(const struct ring_in *ring, const struct record *record,
	       char name[RECORD_NAME_MAX + 1], void *body)
{
	const unsigned char *at = ring->data + (own_head(ring) & (ring->size - 1)) + RECORD_HEADER;

	memcpy(name, at, record->name);
	name[record->name] = '\0';
	if (record->body && !(record->flags & (RECORD_IN_BULK | RECORD_IN_MEMFD)))
		memcpy(body, at + record_pad(record->name), record->body);
}

/* seq_cst: after a store of head, and pairs with ring_want_room(). */
static uint32_t who_waits(struct ring_in *ring, uint64_t head)
{
	if (atomic_load(&ring->lane->waiting) == 0)
		return 0;
	if (head != ring->tail_seen && ring->tail_seen - head > ring->size / 2)
		return 0;
	return atomic_exchange(&ring->lane->waiting, 0);
}

uint32_t ring_room_made(struct ring_in *ring)
{
	/* seq_cst: after the caller's store; pairs with ring_want_room() */
	return atomic_load(&ring->lane->waiting) ? atomic_exchange(&ring->lane->waiting, 0) : 0;
}

uint32_t ring_advance(struct ring_in *ring, const struct record *record)
{
	uint64_t head = own_head(ring), next = head + record->length;
	uint64_t eighth = ~(uint64_t)(ring->size / 8 - 1);

	atomic_store_explicit(&ring->head, next, memory_order_relaxed);
	if (((head ^ next) & eighth) == 0) {
		/* look_at_head() */
		atomic_store_explicit(&ring->lane->head, next, memory_order_release);
		return 0;
	}
	atomic_store(&ring->lane->head, next);
	return who_waits(ring, next);
}

uint64_t ring_lost_before(struct ring_in *ring, const struct record *record)
{
	uint64_t n = record->lost - ring->lost_seen;

	ring->lost_seen = record->lost;
	return n;
}

uint64_t ring_lost_at_end(struct ring_in *ring)
{
	uint64_t head = own_head(ring), lost, n;

	/* seq_cst: before the load of lost; pairs with ring_lose() */
	atomic_store(&ring->lane->head, head);
	lost = atomic_load(&ring->lane->lost);
	if (look_at_tail(ring) || ring->tail_seen != head || lost < ring->lost_seen)
		return 0; /* what follows says it, or is refused by ring_peek() */
	n = lost - ring->lost_seen;
	ring->lost_seen = lost;
	return n;
}

uint32_t ring_sleep(struct ring_in *ring)
{
	atomic_store(&ring->lane->head, own_head(ring)); /* seq_cst: before who_waits() */
	/* seq_cst: before the look at tail; ring_take_bell() */
	atomic_store(&ring->lane->asleep, 1);
	return who_waits(ring, own_head(ring));
}

void ring_stay_awake(struct ring_in *ring)
{
	atomic_store(&ring->lane->asleep, 0);
}

void ring_in_cpu(struct ring_in *ring, uint32_t cpu)
{
	if (cpu == ring->cpu)
		return;
	ring->cpu = cpu;
	atomic_store_explicit(&ring->lane->consumer_cpu, cpu, memory_order_relaxed); /* a hint */
}
