/*
 * region: the memory that the two processes of a session share, one sealed memfd.
 *
 *	offset 0      lane 0   control words of secondary -> primary    4096 bytes
 *	4096          lane 1   control words of primary -> secondary    4096 bytes
 *	8192          slots of the secondary's requests (count * 1024)
 *	...           slots of the primary's requests
 *	...           ring of lane 0, ring of lane 1; each starts on a page and is mapped twice in a row
 *
 * A lane is one direction. Every word in it has one writer, except those that the comment names.
 * What a side writes it keeps in private memory too and never reads back; what it reads it reads
 * once and checks.
 */
#ifndef COHORT_SHM_REGION_H
#define COHORT_SHM_REGION_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

#define LANE_SIZE 4096u
#define SLOT_SIZE 1024u
#define SLOT_COUNT 128u

/* Values of lane.waiting, or'ed: what the consumer shall do when there is room. */
#define LANE_WAIT_FUTEX 1u /* wake the futex `waiting` */
#define LANE_WAIT_BELL 2u  /* ring the producer's bell */

struct lane {
	/* producer: changed with every record */
	_Alignas(CACHE_LINE) _Atomic uint64_t tail; /* bytes ever published */

	/* producer: changed now and then */
	_Alignas(CACHE_LINE) _Atomic uint32_t producer_cpu;
	/* LANE_WAIT_*: or'ed in by the producer, exchanged to 0 by the consumer */
	_Atomic uint32_t waiting;
	_Atomic uint64_t lost; /* messages that found no room, ever */

	/* consumer: changed with every record */
	_Alignas(CACHE_LINE) _Atomic uint64_t head; /* bytes ever taken */

	/* consumer: changed when it goes to sleep */
	/* 1 by the consumer, exchanged to 0 by who will ring */
	_Alignas(CACHE_LINE) _Atomic uint32_t asleep;
	_Atomic uint32_t consumer_cpu;

	/* consumer: what it has taken of the things that travel beside the ring, ever */
	_Alignas(CACHE_LINE) _Atomic uint64_t fds_taken;
	_Atomic uint64_t body_taken; /* bytes of memfd bodies */
	_Atomic uint64_t bulk_head;  /* bytes of the bulk ring */

	/*
	 * One bit for each slot of requests that travelled in this lane and whose reply must be
	 * announced: set by the consumer (it replied), exchanged to 0 by the producer (it asked).
	 */
	_Alignas(CACHE_LINE) _Atomic uint64_t completed[SLOT_COUNT / 64];
};

static_assert(sizeof(struct lane) == 6 * CACHE_LINE, "lane layout");
static_assert(offsetof(struct lane, producer_cpu) == 64 && offsetof(struct lane, waiting) == 68 &&
		      offsetof(struct lane, lost) == 72 && offsetof(struct lane, head) == 128,
	      "lane layout");
static_assert(offsetof(struct lane, asleep) == 192 && offsetof(struct lane, fds_taken) == 256 &&
		      offsetof(struct lane, bulk_head) == 272 &&
		      offsetof(struct lane, completed) == 320,
	      "lane layout");
static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2,
	      "shared words must be lock-free");

struct slot;

enum region_side {
	REGION_SECONDARY = 0,
	REGION_PRIMARY = 1
};

struct region_shape {
	size_t ring_size[2]; /* by lane */
	size_t size;	     /* of the memfd */
};

/* One process's view of a region. */
struct region {
	struct region_shape shape;
	void *control; /* lanes and slots */
	size_t control_size;
	struct lane *lane[2];	/* [REGION_SECONDARY] is what the secondary produces, and so on */
	struct slot *slots[2];	/* by who asks */
	unsigned char *data[2]; /* by lane; 2 * ring_size bytes of addresses */
	int shared_with;	/* a place in the table of mappings that two handles share, or -1 */
};

/* Sizes from the two ring sizes (powers of two, whole pages). */
void region_shape(struct region_shape *shape, size_t ring0, size_t ring1);

/* Maps `fd`, which must have that shape (checked by the caller). On failure nothing is mapped. */
int region_map(struct region *region, int fd, const struct region_shape *shape);
void region_unmap(struct region *region);

/*
 * `size` bytes of `fd` from `offset`, mapped twice in a row: writable or read-only. NULL: errno is
 * set.
 */
unsigned char *region_map_twice(int fd, size_t offset, size_t size, bool writable);
void region_unmap_twice(unsigned char *base, size_t size);

#endif
