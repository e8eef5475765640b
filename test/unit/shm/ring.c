/*
 * One ring: what goes in comes out, in order and once; what does not fit is told; what cannot be is
 * refused; and nobody sleeps through anything.
 */
#include "shm/ring.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/futex.h"
#include "support/support.h"
#include "unit/shm/memory.h"

#define SIZE 16384u

struct setting {
	struct memory memory;
	struct lane *lane;
	struct ring_out out;
	struct ring_in in;
};

static struct setting s;

static void setup(void)
{
	memory_open(&s.memory, SIZE, SIZE);
	s.lane = s.memory.region.lane[0];
	ring_out_init(&s.out, s.lane, s.memory.region.data[0], SIZE);
	ring_in_init(&s.in, s.lane, s.memory.region.data[0], SIZE);
}

static void teardown(void)
{
	memory_close(&s.memory);
}

#define RING_TEST(name) Test(ring, name, .init = setup, .fini = teardown)

/* A message "n" whose body is `length` bytes of `fill`. */
static struct record message(size_t length)
{
	return (struct record){ .length = (uint32_t)record_size(1, length),
				.kind = RECORD_MESSAGE,
				.name = 1,
				.body = (uint32_t)length,
				.lost = s.out.lost };
}

static void write_record(const struct record *r, unsigned char fill)
{
	unsigned char *at = ring_place(&s.out);

	memcpy(at, r, sizeof(*r));
	memcpy(at + RECORD_HEADER, "n", 2);
	if (r->body)
		memset(at + RECORD_HEADER + record_pad(1), fill, r->body);
}

static int put(size_t length, unsigned char fill)
{
	struct record r = message(length);
	int err = ring_room(&s.out, r.length);

	if (err)
		return err;
	write_record(&r, fill);
	ring_publish(&s.out, r.length);
	return 0;
}

/* Takes one record and says which bytes it has; -1: there is none. */
static int take(size_t *length)
{
	static unsigned char body[SIZE];
	char name[RECORD_NAME_MAX + 1];
	struct record r;
	int n = ring_peek(&s.in, &r);

	cr_assert_geq(n, 0);
	if (n == 0)
		return -1;
	cr_assert_eq(r.kind, RECORD_MESSAGE);
	ring_copy(&s.in, &r, name, body);
	cr_assert_str_eq(name, "n");
	for (size_t i = 1; i < r.body; i++)
		cr_assert_eq(body[i], body[0], "byte %zu", i);
	ring_advance(&s.in, &r);
	if (length)
		*length = r.body;
	return r.body ? body[0] : 0;
}

/* Small records until nothing more fits; how many. */
static unsigned fill_up(void)
{
	unsigned n = 0;

	while (put(100, (unsigned char)n) == 0)
		n++;
	return n;
}

/* --- Going in and coming out ------------------------------------------------------------------ */

RING_TEST(that_is_new_is_empty)
{
	struct record r;

	cr_assert_eq(ring_peek(&s.in, &r), 0);
	cr_assert_not(ring_ready(&s.in));
	cr_assert_eq(take(NULL), -1);
}

RING_TEST(record_is_invisible_until_it_is_published)
{
	struct record r = message(5);

	cr_assert_eq(ring_room(&s.out, r.length), 0);
	write_record(&r, 'a');
	cr_assert_not(ring_ready(&s.in));
	cr_assert_eq(take(NULL), -1);
	ring_publish(&s.out, r.length);
	cr_assert(ring_ready(&s.in));
	cr_assert_eq(take(NULL), 'a');
	cr_assert_eq(take(NULL), -1);
}

RING_TEST(record_that_is_only_looked_at_stays)
{
	struct record r, again;

	put(5, 'a');
	cr_assert_eq(ring_peek(&s.in, &r), 1);
	cr_assert_eq(ring_peek(&s.in, &again), 1);
	cr_assert_eq(memcmp(&r, &again, sizeof(r)), 0);
	cr_assert_eq(atomic_load(&s.lane->head), 0);
	cr_assert_eq(take(NULL), 'a');
}

RING_TEST(header_arrives_as_it_was_written)
{
	struct record r = message(3), got;

	r.kind = RECORD_REQUEST;
	r.flags = RECORD_ANNOUNCE;
	r.hash = 0x12345678;
	r.deadline = INT64_MIN;
	r.sequence = (UINT64_C(1) << 62) - 1;
	r.slot = SLOT_COUNT - 1;
	r.fds = UINT16_MAX;
	r.sidecar = UINT32_MAX;
	write_record(&r, 'a');
	ring_publish(&s.out, r.length);
	cr_assert_eq(ring_peek(&s.in, &got), 1);
	cr_assert_eq(memcmp(&r, &got, sizeof(r)), 0);
}

RING_TEST(name_of_every_length_arrives_with_its_body)
{
	char want[RECORD_NAME_MAX + 1], name[RECORD_NAME_MAX + 1];
	char body[8];

	memset(want, 'q', sizeof(want));
	for (uint8_t n = 1; n <= RECORD_NAME_MAX; n++) {
		struct record r = message(5);
		unsigned char *at = ring_place(&s.out);

		r.name = n;
		r.length = (uint32_t)record_size(n, 5);
		cr_assert_eq(ring_room(&s.out, r.length), 0);
		memcpy(at, &r, sizeof(r));
		memcpy(at + RECORD_HEADER, want, n);
		memcpy(at + RECORD_HEADER + record_pad(n), "body", 5);
		ring_publish(&s.out, r.length);
		cr_assert_eq(ring_peek(&s.in, &r), 1);
		ring_copy(&s.in, &r, name, body);
		ring_advance(&s.in, &r);
		cr_assert_eq(strlen(name), n);
		cr_assert_eq(memcmp(name, want, n), 0);
		cr_assert_str_eq(body, "body");
	}
}

RING_TEST(body_that_lies_elsewhere_is_not_copied)
{
	const uint8_t where[] = { RECORD_IN_BULK, RECORD_IN_MEMFD };
	char name[RECORD_NAME_MAX + 1], body[4] = "abc";
	struct record r;

	for (size_t i = 0; i < 2; i++) {
		r = message(0);
		r.flags = where[i];
		r.body = UINT32_MAX;
		memcpy(ring_place(&s.out), &r, sizeof(r));
		memcpy(ring_place(&s.out) + RECORD_HEADER, "n", 1);
		ring_publish(&s.out, r.length);
		cr_assert_eq(ring_peek(&s.in, &r), 1);
		cr_assert_eq(r.body, UINT32_MAX);
		ring_copy(&s.in, &r, name, body);
		cr_assert_str_eq(body, "abc");
		ring_advance(&s.in, &r);
	}
}

RING_TEST(records_of_all_sizes_wrap_around_whole_and_in_order)
{
	unsigned next_in = 0, next_out = 0;
	size_t length;

	srandom(1);
	while (next_in < 20000) {
		size_t want = (size_t)(random() % 10 ? random() % 200 : random() % (SIZE / 4 + 1));
		int got;

		if (put(want, (unsigned char)(next_in | 1)) == 0) {
			next_in++;
			if (random() % 3)
				continue;
		}
		got = take(&length);
		if (got >= 0 && length)
			cr_assert_eq(got, (next_out | 1) & 0xff);
		next_out += got >= 0;
	}
	while (take(NULL) >= 0)
		next_out++;
	cr_assert_eq(next_out, next_in);
	cr_assert_gt(s.out.tail, 10 * SIZE, "it went around");
}

RING_TEST(record_that_straddles_the_end_arrives_whole)
{
	for (unsigned step = 0; step < 3 * SIZE / record_size(1, 1000); step++) {
		cr_assert_eq(put(1000, (unsigned char)(step | 1)), 0);
		cr_assert_eq(take(NULL), (step | 1) & 0xff);
	}
}

RING_TEST(positions_grow_past_32_bits)
{
	const uint64_t far = UINT64_C(0xfffffff0) * 16;

	s.out.tail = s.out.head_seen = far;
	atomic_store(&s.lane->tail, far);
	atomic_store(&s.lane->head, far);
	atomic_store(&s.in.head, far);
	s.in.tail_seen = far;
	for (int i = 0; i < 1000; i++) {
		cr_assert_eq(put(500, (unsigned char)(i | 1)), 0);
		cr_assert_eq(take(NULL), (i | 1) & 0xff);
	}
}

RING_TEST(peak_is_the_most_that_ever_waited)
{
	struct record r = message(100);

	for (int i = 0; i < 3; i++)
		put(100, 1);
	take(NULL);
	put(100, 1);
	while (take(NULL) >= 0)
		;
	cr_assert_eq(s.in.peak, 3 * r.length);
}

/* --- Full ------------------------------------------------------------------------------------- */

RING_TEST(that_is_full_says_again_and_nothing_changes)
{
	unsigned n = fill_up();
	struct ring_out before = s.out;
	uint64_t tail = atomic_load(&s.lane->tail);

	cr_assert_gt(n, 50);
	cr_assert_eq(put(100, 1), -EAGAIN);
	cr_assert_eq(memcmp(&before, &s.out, sizeof(before)), 0);
	cr_assert_eq(atomic_load(&s.lane->tail), tail);
	for (unsigned i = 0; i < n; i++)
		cr_assert_eq(take(NULL), (int)(i & 0xff));
	cr_assert_eq(take(NULL), -1);
}

RING_TEST(that_is_full_has_room_after_one_record_was_taken)
{
	fill_up();
	cr_assert_eq(put(100, 1), -EAGAIN);
	cr_assert_eq(take(NULL), 0);
	cr_assert_eq(put(100, 1), 0);
	cr_assert_eq(put(100, 1), -EAGAIN);
}

RING_TEST(that_is_full_still_has_room_for_one_marker)
{
	fill_up();
	while (put(0, 0) == 0)
		;
	cr_assert_geq(SIZE - (s.out.tail - s.out.head_seen), RECORD_HEADER);
	cr_assert_eq(ring_lose(&s.out, 1), 0);
	cr_assert_leq(s.out.tail - s.out.head_seen, SIZE);
}

RING_TEST(largest_record_fits_an_empty_ring_at_every_position)
{
	size_t largest = ring_inline_max(SIZE);

	cr_assert_eq(largest, SIZE / 4);
	for (int i = 0; i < 300; i++) {
		cr_assert_eq(put(largest, 7), 0);
		cr_assert_eq(take(NULL), 7);
		cr_assert_eq(put((size_t)i, 7), 0);
		take(NULL);
	}
}

RING_TEST(shared_head_is_read_only_when_the_copy_says_full)
{
	fill_up();
	take(NULL);
	cr_assert_eq(s.out.head_seen, 0);
	atomic_store(&s.lane->head, UINT64_MAX); /* what is not needed is not looked at */
	s.out.head_seen = s.out.tail;
	cr_assert_eq(put(100, 1), 0);
}

RING_TEST(room_that_is_held_is_nobody_elses)
{
	struct record r = message(100);
	size_t most = 0;

	ring_hold(&s.out, r.length);
	for (; put(100, 1) == 0; most++)
		;
	cr_assert_eq(ring_room(&s.out, r.length), -EAGAIN);
	ring_unhold(&s.out, r.length);
	cr_assert_eq(put(100, 1), 0, "the promise is kept");
	cr_assert_eq(put(100, 1), -EAGAIN);
	cr_assert_eq(s.out.held, 0);
	cr_assert_gt(most, 0);
}

RING_TEST(room_that_is_held_twice_must_be_given_back_twice)
{
	ring_hold(&s.out, SIZE / 2);
	ring_hold(&s.out, SIZE / 2);
	cr_assert_eq(ring_room(&s.out, 64), -EAGAIN);
	ring_unhold(&s.out, SIZE / 2);
	cr_assert_eq(ring_room(&s.out, 64), 0);
	cr_assert_eq(ring_room(&s.out, SIZE / 2), -EAGAIN);
	ring_unhold(&s.out, SIZE / 2);
	cr_assert_eq(ring_room(&s.out, SIZE / 2), 0);
}

/* --- Losses ----------------------------------------------------------------------------------- */

/* What a consumer does with the next record: how many losses it learns of; -1: nothing is there. */
static int64_t take_losses(bool *marker)
{
	struct record r;
	uint64_t lost;
	int n = ring_peek(&s.in, &r);

	cr_assert_geq(n, 0);
	if (n == 0)
		return -1;
	lost = ring_lost_before(&s.in, &r);
	ring_advance(&s.in, &r);
	*marker = r.kind == RECORD_LOST;
	if (*marker)
		lost += ring_lost_at_end(&s.in);
	return (int64_t)lost;
}

static void expect_record(int64_t lost_before)
{
	bool marker = true;

	cr_assert_eq(take_losses(&marker), lost_before);
	cr_assert_not(marker);
}

static void expect_marker(int64_t lost)
{
	bool marker = false;

	cr_assert_eq(take_losses(&marker), lost);
	cr_assert(marker);
}

static void expect_nothing(void)
{
	bool marker;

	cr_assert_eq(take_losses(&marker), -1);
}

RING_TEST(loss_after_which_nothing_comes_is_told_by_a_marker)
{
	put(1, 1);
	cr_assert_eq(ring_lose(&s.out, 3), 0);
	expect_record(0);
	expect_marker(3);
	expect_nothing();
}

RING_TEST(losses_behind_one_marker_make_no_second_one)
{
	uint64_t tail;

	put(1, 1);
	ring_lose(&s.out, 1);
	tail = s.out.tail;
	ring_lose(&s.out, 1);
	ring_lose(&s.out, 5);
	cr_assert_eq(s.out.tail, tail);
	expect_record(0);
	expect_marker(7);
	expect_nothing();
}

RING_TEST(loss_after_the_marker_was_taken_makes_another_marker)
{
	ring_lose(&s.out, 1);
	expect_marker(1);
	ring_lose(&s.out, 2);
	expect_marker(2);
	expect_nothing();
	cr_assert_eq(ring_lost_at_end(&s.in), 0);
}

RING_TEST(loss_before_a_record_is_told_by_that_record)
{
	ring_lose(&s.out, 2);
	put(1, 1);
	ring_lose(&s.out, 4);
	put(1, 1);
	expect_marker(2);
	expect_record(0);
	expect_marker(4);
	expect_record(0);
	expect_nothing();
}

RING_TEST(loss_behind_a_marker_that_a_record_follows_is_told_by_the_record)
{
	ring_lose(&s.out, 1);
	ring_lose(&s.out, 1); /* no marker of its own */
	put(1, 1);
	expect_marker(1);
	expect_record(1);
	expect_nothing();
}

RING_TEST(marker_in_a_full_ring_tells_all_that_was_lost_meanwhile)
{
	unsigned n = fill_up();

	for (int i = 0; i < 1000; i++)
		cr_assert_eq(ring_lose(&s.out, 1), 0);
	cr_assert_leq(s.out.tail, SIZE);
	for (unsigned i = 0; i < n; i++)
		expect_record(0);
	expect_marker(1000);
	expect_nothing();
}

RING_TEST(loss_while_the_marker_is_looked_at_is_not_forgotten)
{
	struct record r;
	uint64_t lost;

	ring_lose(&s.out, 1);
	cr_assert_eq(ring_peek(&s.in, &r), 1);
	ring_lose(&s.out, 1); /* before the head has moved: no new marker */
	lost = ring_lost_before(&s.in, &r);
	ring_advance(&s.in, &r);
	lost += ring_lost_at_end(&s.in);
	cr_assert_eq(lost, 2);
	expect_nothing();
}

RING_TEST(loss_between_the_head_and_the_look_at_the_count_is_told_once)
{
	struct record r;
	uint64_t lost;

	ring_lose(&s.out, 1);
	cr_assert_eq(ring_peek(&s.in, &r), 1);
	lost = ring_lost_before(&s.in, &r);
	ring_advance(&s.in, &r);
	ring_lose(&s.out, 1); /* the marker is taken: another one is published */
	lost += ring_lost_at_end(&s.in);
	cr_assert_eq(lost, 1, "what follows will tell it");
	expect_marker(1);
	expect_nothing();
}

RING_TEST(losses_at_random_moments_add_up)
{
	uint64_t lost = 0, told = 0, sent = 0, got = 0;
	bool marker;

	srandom(3);
	for (int i = 0; i < 200000; i++) {
		int64_t n;

		if (random() % 2) {
			if (put((size_t)(random() % 400), 1) == 0) {
				sent++;
			} else {
				lost++;
				cr_assert_eq(ring_lose(&s.out, 1), 0);
			}
		} else if ((n = take_losses(&marker)) >= 0) {
			got += !marker;
			told += (uint64_t)n;
			cr_assert_leq(told, lost);
		}
	}
	for (int64_t n; (n = take_losses(&marker)) >= 0;) {
		got += !marker;
		told += (uint64_t)n;
	}
	cr_assert_gt(lost, 1000);
	cr_assert_eq(told, lost);
	cr_assert_eq(got, sent);
}

RING_TEST(lost_count_that_goes_down_is_refused)
{
	struct record r = message(1);

	ring_lose(&s.out, 5);
	expect_marker(5);
	r.lost = 4;
	write_record(&r, 1);
	ring_publish(&s.out, r.length);
	cr_assert_eq(ring_peek(&s.in, &r), -EPROTO);
}

RING_TEST(lost_word_that_goes_down_is_ignored)
{
	ring_lose(&s.out, 5);
	expect_marker(5);
	atomic_store(&s.lane->lost, 2);
	cr_assert_eq(ring_lost_at_end(&s.in), 0);
	atomic_store(&s.lane->lost, 6);
	cr_assert_eq(ring_lost_at_end(&s.in), 1);
}

/* --- Bells, sleep and room -------------------------------------------------------------------- */

RING_TEST(bell_of_one_who_is_awake_is_not_rung)
{
	put(1, 1);
	cr_assert_not(ring_take_bell(s.lane));
}

RING_TEST(bell_is_taken_once_a_sleep)
{
	for (int i = 0; i < 3; i++) {
		ring_sleep(&s.in);
		put(1, 1);
		cr_assert(ring_take_bell(s.lane));
		cr_assert_not(ring_take_bell(s.lane));
	}
	ring_sleep(&s.in);
	ring_stay_awake(&s.in);
	cr_assert_not(ring_take_bell(s.lane));
}

RING_TEST(asleep_words_that_are_neither_0_nor_1_ring_nothing)
{
	atomic_store(&s.lane->asleep, 2);
	cr_assert_not(ring_take_bell(s.lane));
	atomic_store(&s.lane->asleep, UINT32_MAX);
	cr_assert_not(ring_take_bell(s.lane));
}

RING_TEST(record_published_before_the_sleep_is_seen_by_the_second_look)
{
	put(1, 1);
	ring_sleep(&s.in);
	cr_assert(ring_ready(&s.in));
	ring_stay_awake(&s.in);
	cr_assert_eq(take(NULL), 1);
}

RING_TEST(sender_that_wants_room_is_woken_once_half_is_free)
{
	uint32_t how = 0;
	struct record r;

	fill_up();
	ring_want_room(&s.out, LANE_WAIT_FUTEX);
	while (!how && ring_peek(&s.in, &r) == 1)
		how = ring_advance(&s.in, &r);
	cr_assert_eq(how, LANE_WAIT_FUTEX);
	cr_assert_eq(atomic_load(&s.lane->waiting), 0);
	cr_assert_eq(ring_room(&s.out, SIZE / 2 - RECORD_HEADER), 0, "half of it is free");
	while (ring_peek(&s.in, &r) == 1)
		cr_assert_eq(ring_advance(&s.in, &r), 0, "once");
	cr_assert_eq(ring_sleep(&s.in), 0);
}

RING_TEST(sender_that_wants_room_is_woken_before_the_consumer_sleeps)
{
	struct record r;

	put(10, 1);
	ring_want_room(&s.out, LANE_WAIT_BELL);
	cr_assert_eq(ring_peek(&s.in, &r), 1);
	cr_assert_eq(ring_advance(&s.in, &r), 0);
	cr_assert_eq(ring_sleep(&s.in), LANE_WAIT_BELL);
	cr_assert_eq(ring_sleep(&s.in), 0);
}

RING_TEST(ways_to_wake_are_gathered_and_all_told)
{
	ring_want_room(&s.out, LANE_WAIT_BELL);
	ring_want_room(&s.out, LANE_WAIT_FUTEX);
	cr_assert_eq(ring_sleep(&s.in), LANE_WAIT_BELL | LANE_WAIT_FUTEX);
	ring_want_room(&s.out, LANE_WAIT_BELL);
	cr_assert_eq(ring_room_made(&s.in), LANE_WAIT_BELL);
	cr_assert_eq(ring_room_made(&s.in), 0);
}

RING_TEST(cpus_are_told_to_the_other_side)
{
	ring_in_cpu(&s.in, 3);
	cr_assert_eq(atomic_load(&s.lane->consumer_cpu), 3);
	atomic_store(&s.lane->consumer_cpu, 9);
	ring_in_cpu(&s.in, 3);
	cr_assert_eq(atomic_load(&s.lane->consumer_cpu), 9, "stored only when it changes");
	put(1, 1);
	cr_assert_eq(atomic_load(&s.lane->producer_cpu), s.out.cpu);
}

/* --- The end ---------------------------------------------------------------------------------- */

RING_TEST(that_is_frozen_gives_what_was_published_before)
{
	put(1, 1);
	put(1, 2);
	ring_freeze(&s.in);
	put(1, 3);
	cr_assert_eq(take(NULL), 1);
	cr_assert(ring_ready(&s.in));
	cr_assert_eq(take(NULL), 2);
	cr_assert_not(ring_ready(&s.in));
	cr_assert_eq(take(NULL), -1);
	cr_assert_eq(ring_lost_at_end(&s.in), 0);
}

RING_TEST(that_is_frozen_with_a_bad_tail_gives_what_was_seen)
{
	struct record r;

	put(1, 1);
	cr_assert_eq(ring_peek(&s.in, &r), 1);
	atomic_store(&s.lane->tail, UINT64_MAX);
	ring_freeze(&s.in);
	cr_assert_eq(take(NULL), 1);
	cr_assert_eq(take(NULL), -1);
}

/* --- What cannot be --------------------------------------------------------------------------- */

static int peek_with_tail(uint64_t tail)
{
	struct record r;

	atomic_store(&s.lane->tail, tail);
	return ring_peek(&s.in, &r);
}

RING_TEST(tail_that_jumps_past_the_ring_is_refused)
{
	cr_assert_eq(peek_with_tail(SIZE + 8), -EPROTO);
	cr_assert_eq(peek_with_tail(UINT64_MAX - 7), -EPROTO);
	cr_assert_eq(peek_with_tail(UINT64_C(1) << 63), -EPROTO);
}

RING_TEST(tail_that_goes_backwards_is_refused)
{
	put(100, 1);
	take(NULL);
	cr_assert_eq(peek_with_tail(s.out.tail - 8), -EPROTO);
	cr_assert_eq(peek_with_tail(0), -EPROTO);
}

RING_TEST(tail_that_is_no_multiple_of_8_is_refused)
{
	for (uint64_t i = 1; i < 8; i++)
		cr_assert_eq(peek_with_tail(64 + i), -EPROTO);
}

RING_TEST(tail_inside_a_header_is_refused)
{
	struct record r = message(0);

	write_record(&r, 0);
	for (uint64_t tail = 8; tail < RECORD_HEADER; tail += 8) {
		s.in.tail_seen = 0;
		cr_assert_eq(peek_with_tail(tail), -EPROTO, "%ju", (uintmax_t)tail);
	}
}

RING_TEST(bad_tail_is_refused_and_nothing_is_taken)
{
	cr_assert_eq(peek_with_tail(SIZE + 8), -EPROTO);
	cr_assert_eq(s.in.tail_seen, 0);
	cr_assert_eq(atomic_load(&s.in.head), 0);
	cr_assert_eq(s.in.peak, 0);
}

RING_TEST(head_beyond_the_tail_is_refused_by_the_producer)
{
	fill_up();
	atomic_store(&s.lane->head, s.out.tail + 8);
	cr_assert_eq(put(100, 1), -EPROTO);
	cr_assert_eq(ring_lose(&s.out, 1), -EPROTO);
	cr_assert_eq(s.out.head_seen, 0);
}

RING_TEST(head_that_goes_backwards_is_refused_by_the_producer)
{
	unsigned n = fill_up();

	while (n--)
		take(NULL);
	cr_assert_eq(put(100, 1), 0);
	fill_up();
	atomic_store(&s.lane->head, s.out.head_seen - 8);
	cr_assert_eq(put(100, 1), -EPROTO);
}

/* Publishes a good record and then a header made of it; what a look at that says. */
static int peek_at(const struct record *r)
{
	struct record got, untouched;
	int n;

	memset(&got, 0x5a, sizeof(got));
	untouched = got;
	ring_out_init(&s.out, s.lane, s.memory.region.data[0], SIZE);
	ring_in_init(&s.in, s.lane, s.memory.region.data[0], SIZE);
	memcpy(ring_place(&s.out), r, sizeof(*r));
	ring_publish(&s.out, 1024);
	n = ring_peek(&s.in, &got);
	if (n != 1)
		cr_assert_eq(memcmp(&got, &untouched, sizeof(got)), 0, "an error touches nothing");
	return n;
}

#define REFUSED(change)                                            \
	do {                                                       \
		struct record r = good;                            \
		r.change;                                          \
		cr_expect_eq(peek_at(&r), -EPROTO, "%s", #change); \
	} while (0)

RING_TEST(message_that_is_not_sound_is_refused)
{
	const struct record good = message(100);

	cr_assert_eq(peek_at(&good), 1);
	REFUSED(length = 0);
	REFUSED(length = 8);
	REFUSED(length = RECORD_HEADER - 8);
	REFUSED(length = RECORD_HEADER);
	REFUSED(length -= 8);
	REFUSED(length += 8);
	REFUSED(length += 1);
	REFUSED(length = 1024);
	REFUSED(length = 1032);
	REFUSED(length = UINT32_MAX);
	REFUSED(length = UINT32_MAX - 7);
	REFUSED(kind = 0);
	REFUSED(kind = 4);
	REFUSED(kind = 255);
	REFUSED(kind = RECORD_LOST);
	REFUSED(flags = 8);
	REFUSED(flags = 0x80);
	REFUSED(flags = RECORD_IN_BULK); /* then the length counts no body */
	REFUSED(flags = RECORD_IN_MEMFD);
	REFUSED(flags = RECORD_IN_MEMFD | RECORD_IN_BULK);
	REFUSED(zero = 1);
	REFUSED(name = 0);
	REFUSED(name = 9);
	REFUSED(name = RECORD_NAME_MAX + 1);
	REFUSED(name = 255);
	REFUSED(body = 105);
	REFUSED(body = 96);
	REFUSED(body = UINT32_MAX);
	REFUSED(body = UINT32_MAX - 63);
	REFUSED(body = 1u << 31);
}

RING_TEST(request_that_is_not_sound_is_refused)
{
	struct record good = message(100);

	good.kind = RECORD_REQUEST;
	good.slot = SLOT_COUNT - 1;
	cr_assert_eq(peek_at(&good), 1);
	REFUSED(slot = SLOT_COUNT);
	REFUSED(slot = UINT16_MAX);
	REFUSED(sequence = UINT64_C(1) << 62);
	REFUSED(sequence = UINT64_MAX);
	REFUSED(length = 8);
	REFUSED(zero = 1);
}

RING_TEST(marker_that_is_not_sound_is_refused)
{
	const struct record good = { .length = RECORD_HEADER, .kind = RECORD_LOST, .lost = 4 };

	cr_assert_eq(peek_at(&good), 1);
	REFUSED(length = RECORD_HEADER + 8);
	REFUSED(length = 0);
	REFUSED(flags = RECORD_ANNOUNCE);
	REFUSED(name = 1);
	REFUSED(body = 1);
	REFUSED(fds = 1);
	REFUSED(zero = 1);
}

RING_TEST(headers_at_random_are_refused_or_sound)
{
	unsigned sound = 0;

	srandom(5);
	for (int i = 0; i < 300000; i++) {
		struct record r = message((size_t)random() % 300);
		unsigned char *bytes = (unsigned char *)&r;
		int n;

		for (long k = random() % 4; k > 0; k--)
			bytes[random() % 48] = (unsigned char)random();
		n = peek_at(&r);
		cr_assert(n == 1 || n == -EPROTO);
		if (n != 1)
			continue;
		sound++;
		cr_assert_leq(r.length, 1024);
		if (r.kind != RECORD_LOST && !(r.flags & (RECORD_IN_BULK | RECORD_IN_MEMFD)))
			cr_assert_leq(RECORD_HEADER + record_pad(r.name) + r.body, r.length);
	}
	cr_assert_gt(sound, 1000);
}

/* --- Two threads ------------------------------------------------------------------------------ */

#define THREAD_DEADLINE (60 * CLOCK_NS_PER_S)

/* Stands for the doorbells: each side has a word on which it sleeps. */
struct bells {
	_Atomic uint32_t consumer;
	int64_t deadline;
	uint64_t records;
	uint64_t rung, slept, waited;
	_Atomic uint32_t failed;
};

static bool soak(void)
{
	return getenv("COHORT_SOAK") != NULL;
}

/* Sleeps until the word is not what it was. False: the test has waited too long. */
static bool sleep_on(struct bells *b, _Atomic uint32_t *word, uint32_t seen)
{
	while (atomic_load(word) == seen) {
		if (futex_wait(word, seen, b->deadline, false) == -ETIMEDOUT) {
			atomic_store(&b->failed, 1);
			return false;
		}
	}
	return true;
}

static void ring_consumer(struct bells *b)
{
	if (!ring_take_bell(s.lane))
		return;
	b->rung++;
	atomic_fetch_add(&b->consumer, 1);
	futex_wake(&b->consumer, 1, false);
}

/* Until the record fits: the producer's side of waiting for room. */
static bool await_room(struct bells *b, size_t size)
{
	while (ring_room(&s.out, size)) {
		ring_want_room(&s.out, LANE_WAIT_FUTEX);
		if (ring_room(&s.out, size) == 0)
			break;
		b->waited++;
		if (!sleep_on(b, &s.lane->waiting, LANE_WAIT_FUTEX))
			return false;
	}
	return true;
}

static void put_number(uint64_t number, size_t body)
{
	struct record r = message(body);
	unsigned char *at = ring_place(&s.out);

	r.sequence = number;
	memcpy(at, &r, sizeof(r));
	memset(at + RECORD_HEADER, 'n', 8);
	memset(at + RECORD_HEADER + 8, (int)(number & 0xff), record_pad(body));
	ring_publish(&s.out, r.length);
}

static size_t body_of(uint64_t number)
{
	return (size_t)(number * 2654435761u % (number % 64 ? 200 : 3000));
}

static void *produce(void *arg)
{
	struct bells *b = arg;

	for (uint64_t i = 0; i < b->records; i++) {
		if (!await_room(b, record_size(1, body_of(i))))
			break;
		put_number(i, body_of(i));
		ring_consumer(b);
	}
	return NULL;
}

static void wake_producer(uint32_t how)
{
	if (how & LANE_WAIT_FUTEX)
		futex_wake(&s.lane->waiting, 1, false);
}

/* Leaves only when there is something, or the test has waited too long. */
static bool consumer_sleep(struct bells *b)
{
	uint32_t seen = atomic_load(&b->consumer);

	wake_producer(ring_sleep(&s.in));
	if (ring_ready(&s.in)) {
		ring_stay_awake(&s.in);
		return true;
	}
	b->slept++;
	return sleep_on(b, &b->consumer, seen);
}

static bool check_record(const struct record *r, uint64_t number)
{
	static unsigned char body[4096];
	char name[RECORD_NAME_MAX + 1];

	if (r->sequence != number || r->body != body_of(number))
		return false;
	ring_copy(&s.in, r, name, body);
	for (size_t i = 0; i < r->body; i++) {
		if (body[i] != (unsigned char)number)
			return false;
	}
	return name[0] == 'n' && name[1] == '\0';
}

RING_TEST(two_threads_pass_every_record_and_miss_no_wake)
{
	struct bells b = { .records = soak() ? 5000000 : 1000000,
			   .deadline = clock_now() + THREAD_DEADLINE };
	struct record r;
	pthread_t producer;
	uint64_t taken = 0;
	int n = 0;

	cr_assert_eq(pthread_create(&producer, NULL, produce, &b), 0);
	while (taken < b.records) {
		n = ring_peek(&s.in, &r);
		if (n < 0 || (n == 0 && !consumer_sleep(&b)) || (n && !check_record(&r, taken)))
			break;
		if (n == 0)
			continue;
		wake_producer(ring_advance(&s.in, &r));
		taken++;
	}
	if (taken < b.records) {
		atomic_store(&s.lane->waiting, 0);
		b.deadline = 0;
		futex_wake(&s.lane->waiting, 1, false);
	}
	pthread_join(producer, NULL);
	cr_assert_eq(atomic_load(&b.failed), 0, "slept for ever: %ju taken, head %ju, tail %ju",
		     (uintmax_t)taken, (uintmax_t)s.lane->head, (uintmax_t)s.lane->tail);
	cr_assert_eq(taken, b.records, "after %d", n);
	cr_assert_leq(b.rung, b.slept + 1 + b.records / 2);
}

/* The producer loses what does not fit; sent and lost add up. */
static void *produce_or_lose(void *arg)
{
	struct bells *b = arg;
	uint64_t sent = 0;

	for (uint64_t i = 0; i < b->records; i++) {
		size_t body = body_of(i);

		if (ring_room(&s.out, record_size(1, body)) == 0)
			put_number(sent++, body);
		else if (ring_lose(&s.out, 1))
			atomic_store(&b->failed, 1);
		ring_consumer(b);
	}
	b->waited = sent;
	return NULL;
}

RING_TEST(two_threads_agree_on_every_loss)
{
	struct bells b = { .records = soak() ? 5000000 : 500000,
			   .deadline = clock_now() + THREAD_DEADLINE };
	uint64_t taken = 0, lost = 0, order = 0;
	pthread_t producer;
	struct record r;
	int n = 0;

	cr_assert_eq(pthread_create(&producer, NULL, produce_or_lose, &b), 0);
	while (taken + lost < b.records) {
		n = ring_peek(&s.in, &r);
		if (n < 0 || (n == 0 && !consumer_sleep(&b)))
			break;
		if (n == 0)
			continue;
		lost += ring_lost_before(&s.in, &r);
		order += r.kind == RECORD_MESSAGE && r.sequence != taken;
		taken += r.kind == RECORD_MESSAGE;
		ring_advance(&s.in, &r);
		if (r.kind == RECORD_LOST)
			lost += ring_lost_at_end(&s.in);
	}
	pthread_join(producer, NULL);
	cr_assert_eq(atomic_load(&b.failed), 0);
	cr_assert_eq(n < 0, 0);
	cr_assert_eq(taken + lost, b.records, "%ju taken, %ju lost of %ju", (uintmax_t)taken,
		     (uintmax_t)lost, (uintmax_t)b.records);
	cr_assert_eq(taken, b.waited);
	cr_assert_eq(order, 0);
	cr_assert_gt(lost, 0);
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RACES_ARE_REPORTED 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define RACES_ARE_REPORTED 1
#endif

#ifndef RACES_ARE_REPORTED /* a race on purpose: the copy is what is checked */
/* Rewrites headers and positions while the consumer reads. */
static void *scribble(void *arg)
{
	struct bells *b = arg;
	_Atomic uint32_t *word;
	unsigned seed = 9;

	while (atomic_load(&b->consumer) == 0) {
		word = (_Atomic uint32_t *)(void *)(s.memory.region.data[0] +
						    (unsigned)rand_r(&seed) % 64 * 4);
		atomic_store_explicit(word, (uint32_t)rand_r(&seed) % 2048, memory_order_relaxed);
		if (rand_r(&seed) % 8 == 0)
			atomic_store(&s.lane->tail, (uint64_t)rand_r(&seed) % 4096);
	}
	return NULL;
}

RING_TEST(headers_rewritten_while_they_are_read_are_refused_or_sound)
{
	static unsigned char body[SIZE];
	struct bells b = { 0 };
	char name[RECORD_NAME_MAX + 1];
	pthread_t writer;
	struct record r;

	cr_assert_eq(pthread_create(&writer, NULL, scribble, &b), 0);
	for (int i = 0; i < 1000000; i++) {
		int n = ring_peek(&s.in, &r);

		if (n == 1) {
			cr_assert_leq(record_size(r.name, r.flags & 3 ? 0 : r.body), 4096);
			ring_copy(&s.in, &r, name, body);
			ring_advance(&s.in, &r);
		}
		if (n != 1 || atomic_load(&s.in.head) > 2048)
			ring_in_init(&s.in, s.lane, s.memory.region.data[0], SIZE);
	}
	atomic_store(&b.consumer, 1);
	pthread_join(writer, NULL);
}
#endif
