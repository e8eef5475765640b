/*
 * A tape gives its readers whole events in order, or tells them how many they have missed.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "shm/tape.h"
#include "support/support.h"

TestSuite(tape, .timeout = 120);

static struct tape *tape_new(void)
{
	void *tape = aligned_alloc(CACHE_LINE, sizeof(struct tape));

	cr_assert_not_null(tape);
	memset(tape, 0, sizeof(struct tape));
	return tape;
}

/* Every field says the number. */
static struct tape_event event_of(uint64_t n)
{
	struct tape_event event = {
		.from = n, .to = n, .length = n, .captured = (uint32_t)(n % 257)
	};

	memset(event.payload, (int)(n & 0xff), event.captured);
	return event;
}

static bool is_whole(const struct tape_event *event)
{
	uint64_t n = event->from;

	if (event->to != n || event->length != n || event->captured != n % 257)
		return false;
	for (size_t i = 0; i < event->captured; i++)
		if (event->payload[i] != (n & 0xff))
			return false;
	return true;
}

static void write_one(struct tape *tape, uint64_t n)
{
	struct tape_event event = event_of(n);

	tape_write(tape, &event);
}

Test(tape, gives_what_was_written_since_the_reader_began)
{
	struct tape *tape = tape_new();
	struct tape_reader reader;
	struct tape_event event;

	write_one(tape, 1);
	tape_reader_init(&reader, tape);
	cr_assert_not(tape_read(&reader, &event));
	for (uint64_t n = 2; n < 1000; n++)
		write_one(tape, n);
	for (uint64_t n = 2; n < 1000; n++)
		cr_assert(tape_read(&reader, &event) && is_whole(&event) && event.from == n);
	cr_assert_not(tape_read(&reader, &event));
	cr_assert_eq(reader.lost, 0);
	free(tape);
}

Test(tape, a_slow_reader_is_told_how_many_it_has_missed)
{
	struct tape *tape = tape_new();
	struct tape_reader reader;
	struct tape_event event;
	uint64_t seen = 0;

	tape_reader_init(&reader, tape);
	for (uint64_t n = 0; n < 3 * TAPE_SLOTS + 7; n++)
		write_one(tape, n);
	for (; tape_read(&reader, &event); seen++)
		cr_assert(is_whole(&event));
	cr_assert_eq(event.from, 3 * TAPE_SLOTS + 6);
	cr_assert_gt(reader.lost, 0);
	cr_assert_eq(seen + reader.lost, 3 * TAPE_SLOTS + 7);
	free(tape);
}

Test(tape, an_event_that_was_never_finished_is_passed_and_counted)
{
	struct tape *tape = tape_new();
	struct tape_reader reader;
	struct tape_event event;
	unsigned looks = 0;

	tape_reader_init(&reader, tape);
	write_one(tape, 0);
	atomic_fetch_add(&tape->next, 1);
	write_one(tape, 2);
	cr_assert(tape_read(&reader, &event) && event.from == 0);
	while (!tape_read(&reader, &event))
		cr_assert_lt(++looks, 1000);
	cr_assert_eq(event.from, 2);
	cr_assert_eq(reader.lost, 1);
	free(tape);
}

Test(tape, a_tape_that_lies_keeps_no_reader)
{
	struct tape *tape = tape_new();
	struct tape_reader reader;
	struct tape_event event;

	tape_reader_init(&reader, tape);
	for (uint64_t n = 0; n < 100; n++) {
		atomic_store(&tape->next, n * 0x123456789abcdef);
		if (tape_read(&reader, &event))
			cr_assert_leq(event.captured, TAPE_PAYLOAD);
		memset(tape->slot, (int)n * 37, sizeof(tape->slot));
	}
	free(tape);
}

enum {
	WRITERS = 3,
	EACH = 100000
};

static void *write_many(void *arg)
{
	for (uint64_t n = 0; n < EACH; n++)
		write_one(arg, n);
	return NULL;
}

Test(tape, no_torn_event_is_seen_while_many_write)
{
	struct tape *tape = tape_new();
	struct tape_reader reader;
	struct tape_event event;
	pthread_t threads[WRITERS];
	int64_t end = now_ns() + PATIENCE_MS * INT64_C(1000000);
	uint64_t seen = 0;

	tape_reader_init(&reader, tape);
	for (int i = 0; i < WRITERS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, write_many, tape), 0);
	while (seen + reader.lost < WRITERS * (uint64_t)EACH && now_ns() < end) {
		if (!tape_read(&reader, &event))
			continue;
		seen++;
		cr_assert(is_whole(&event));
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(seen + reader.lost, WRITERS * (uint64_t)EACH);
	cr_assert_gt(seen, 0);
	free(tape);
}
