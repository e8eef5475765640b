/*
 * Each event has a number, which `next` gives away, and goes into slot number % TAPE_SLOTS. The
 * slot's `turn` is odd while it is written. A writer that finds the slot being written by another,
 * which a whole round ago got stuck there, gives its event up.
 *
 * A reader copies a slot and looks at `turn` before and after. The words are stored with release
 * after `turn` became odd, and loaded with acquire: who has read a word of a newer event sees at
 * least its odd turn afterwards, and takes the copy for what it is.
 *
 * An event that was given up leaves a slot that never becomes ready. The reader passes it when it
 * has looked often, or when it is far behind, and counts it as lost.
 */
#include "shm/tape.h"

#include <string.h>

#define LOOKS_MAX 100u

static size_t words_of(const struct tape_event *event)
{
	return (offsetof(struct tape_event, payload) + event->captured + 7) / sizeof(uint64_t);
}

void tape_write(struct tape *tape, const struct tape_event *event)
{
	uint64_t n = atomic_fetch_add_explicit(&tape->next, 1, memory_order_relaxed);
	struct tape_slot *slot = &tape->slot[n % TAPE_SLOTS];
	uint64_t turn = atomic_load_explicit(&slot->turn, memory_order_relaxed);
	size_t words = words_of(event);

	if (turn & 1 || turn > 2 * n ||
	    !atomic_compare_exchange_strong_explicit(&slot->turn, &turn, 2 * n + 1,
						     memory_order_acq_rel, memory_order_relaxed))
		return;
	for (size_t i = 0; i < words; i++) {
		uint64_t word;

		memcpy(&word, (const char *)event + i * sizeof(word), sizeof(word));
		atomic_store_explicit(&slot->word[i], word, memory_order_release);
	}
	atomic_store_explicit(&slot->turn, 2 * n + 2, memory_order_release);
}

void tape_reader_init(struct tape_reader *reader, const struct tape *tape)
{
	*reader = (struct tape_reader){ .tape = tape };
	reader->at = atomic_load_explicit(&tape->next, memory_order_acquire);
}

static void skip_to(struct tape_reader *reader, uint64_t at)
{
	reader->lost += at - reader->at;
	reader->at = at;
	reader->looks = 0;
}

/* Copies what is in the slot; false if it was written meanwhile. */
static bool copy(const struct tape_slot *slot, uint64_t turn, struct tape_event *event)
{
	for (size_t i = 0; i < TAPE_WORDS; i++) {
		uint64_t word = atomic_load_explicit(&slot->word[i], memory_order_acquire);

		memcpy((char *)event + i * sizeof(word), &word, sizeof(word));
	}
	if (atomic_load_explicit(&slot->turn, memory_order_relaxed) != turn)
		return false;
	event->action[TAPE_NAME - 1] = '\0';
	if (event->captured > TAPE_PAYLOAD)
		event->captured = TAPE_PAYLOAD;
	return true;
}

/* 1: read, 0: nothing is there, -1: look again. */
static int look(struct tape_reader *reader, struct tape_event *event)
{
	uint64_t next = atomic_load_explicit(&reader->tape->next, memory_order_acquire);
	const struct tape_slot *slot = &reader->tape->slot[reader->at % TAPE_SLOTS];
	uint64_t ready = 2 * reader->at + 2, turn;

	if (reader->at >= next)
		return 0;
	if (next - reader->at > TAPE_SLOTS) {
		skip_to(reader, next - TAPE_SLOTS / 2);
		return -1;
	}
	turn = atomic_load_explicit(&slot->turn, memory_order_acquire);
	if (turn == ready && copy(slot, turn, event)) {
		reader->at++;
		reader->looks = 0;
		return 1;
	}
	if (turn >= ready || ++reader->looks >= LOOKS_MAX || next - reader->at > TAPE_SLOTS / 2) {
		skip_to(reader, reader->at + 1);
		return -1;
	}
	return 0;
}

bool tape_read(struct tape_reader *reader, struct tape_event *event)
{
	int found = -1;

	for (unsigned i = 0; i <= TAPE_SLOTS && found < 0; i++)
		found = look(reader, event);
	return found > 0;
}
