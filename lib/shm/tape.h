/*
 * tape: a ring of events in shared memory that never waits for its readers. Any number of threads
 * of one process write, any number of processes read, with read-only mappings.
 */
#ifndef COHORT_SHM_TAPE_H
#define COHORT_SHM_TAPE_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

#define TAPE_SLOTS 4096u
#define TAPE_PAYLOAD 256u
#define TAPE_NAME 64u

/* As in struct cohort_event, which says what they mean. */
struct tape_event {
	int64_t time, latency, busy;
	uint64_t from, to;
	uint64_t request, length;
	uint32_t kind;
	int32_t outcome;
	uint32_t fds;
	uint32_t captured;
	char action[TAPE_NAME];
	uint8_t payload[TAPE_PAYLOAD];
};

#define TAPE_WORDS (sizeof(struct tape_event) / sizeof(uint64_t))

struct tape_slot {
	_Atomic uint64_t turn; /* 2n + 1: event n is being written; 2n + 2: it is there */
	_Atomic uint64_t word[TAPE_WORDS];
	uint64_t unused[6];
};

struct tape {
	_Alignas(CACHE_LINE) _Atomic uint64_t next; /* number of the next event */
	_Alignas(CACHE_LINE) struct tape_slot slot[TAPE_SLOTS];
};

static_assert(sizeof(struct tape_event) == 392 && sizeof(struct tape_slot) == 448, "tape layout");

/* Never blocks. Under any lock. */
void tape_write(struct tape *tape, const struct tape_event *event);

struct tape_reader {
	const struct tape *tape;
	uint64_t at;	/* number of the next event to read */
	uint64_t lost;	/* events that passed unread */
	unsigned looks; /* at a slot that is not ready */
};

/* What comes from now on. */
void tape_reader_init(struct tape_reader *reader, const struct tape *tape);

/* False: there is none now. Whatever the writer does, it ends and stays within the tape. */
bool tape_read(struct tape_reader *reader, struct tape_event *event);

#endif
