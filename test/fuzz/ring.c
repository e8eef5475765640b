/*
 * Shared memory at random: a secondary that has joined in order scribbles over all of the region
 * while the primary sends, asks and broadcasts. The primary must not crash or hang, every call must
 * return by its deadline, the honest secondary must be served all the time, and in the end nothing
 * may be left.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/common/hostile.h"
#include "io/bell.h"

/* --- What it does to the memory ------------------------------------------------------------------ */

static uint64_t near(struct hostile *h, uint64_t position)
{
	static const uint64_t steps[] = {
		8, 48, 64, 4096, 65536, 65544, UINT64_C(1) << 32, UINT64_C(1) << 63
	};
	uint64_t step = steps[draw_below(&h->random, 8)];

	if (draw_below(&h->random, 4) == 0)
		step = draw_below(&h->random, 256);
	return draw_below(&h->random, 2) ? position + step : position - step;
}

static void any_word(struct hostile *h)
{
	size_t n = h->region.control_size / 8;
	_Atomic uint64_t *words = h->region.control;

	atomic_store(&words[draw_below(&h->random, n)], draw(&h->random));
}

static void position_words(struct hostile *h)
{
	struct lane *lane = h->region.lane[draw_below(&h->random, 2)];

	switch (draw_below(&h->random, 8)) {
	case 0:
		atomic_store(&lane->tail, near(h, atomic_load(&lane->tail)));
		break;
	case 1:
		atomic_store(&lane->head, near(h, atomic_load(&lane->head)));
		break;
	case 2:
		atomic_store(&lane->lost, near(h, atomic_load(&lane->lost)));
		break;
	case 3:
		atomic_store(&lane->fds_taken, near(h, atomic_load(&lane->fds_taken)));
		break;
	case 4:
		atomic_store(&lane->body_taken, near(h, atomic_load(&lane->body_taken)));
		break;
	case 5:
		atomic_store(&lane->bulk_head, near(h, atomic_load(&lane->bulk_head)));
		break;
	case 6:
		atomic_store(&lane->head,
			     atomic_load(&lane->tail)); /* takes what it has not read */
		break;
	default:
		atomic_store(&lane->tail, atomic_load(&lane->head));
	}
}

static void flag_words(struct hostile *h)
{
	struct lane *lane = h->region.lane[draw_below(&h->random, 2)];

	switch (draw_below(&h->random, 5)) {
	case 0:
		atomic_store(&lane->asleep, (uint32_t)draw_below(&h->random, 3));
		break;
	case 1:
		atomic_store(&lane->waiting, (uint32_t)draw_below(&h->random, 5));
		break;
	case 2:
		atomic_store(&lane->producer_cpu, (uint32_t)draw_below(&h->random, 4));
		break;
	case 3:
		atomic_store(&lane->consumer_cpu, (uint32_t)draw_below(&h->random, 4));
		break;
	default:
		atomic_fetch_or(&lane->completed[draw_below(&h->random, 2)], draw(&h->random));
		bell_ring(h->bell);
	}
}

static struct slot *some_slot(struct hostile *h)
{
	/* the first ones are in use */
	return &h->region.slots[draw_below(&h->random, 8) ? 1 : 0][draw_below(&h->random, 4)];
}

static void slot_words(struct hostile *h)
{
	struct slot *slot = some_slot(h);
	uint64_t word = atomic_load(&slot->word);

	word = (word & ~UINT64_C(3)) | draw_below(&h->random, 4);
	if (draw_below(&h->random, 8) == 0)
		word += (draw_below(&h->random, 3) - 1) * 4;
	atomic_store(&slot->word, word);
	slot_wake(slot);
}

static void slot_answers(struct hostile *h)
{
	unsigned i = (unsigned)draw_below(&h->random, 4);
	struct slot *slot = hostile_asked(h, i);
	unsigned char *bytes = (unsigned char *)slot;
	uint64_t word = atomic_load(&slot->word);

	for (int n = (int)draw_below(&h->random, 5); n > 0; n--)
		bytes[8 + draw_below(&h->random, 24)] = (unsigned char)draw(&h->random);
	if (draw_below(&h->random, 2)) {
		slot->outcome = -(int32_t)draw_below(&h->random, 4097);
		slot->status = 0;
		slot->form = (uint8_t)draw_below(&h->random, 2);
	}
	atomic_compare_exchange_strong(&slot->word, &word, (word & ~UINT64_C(3)) | SLOT_DONE);
	slot_wake(slot);
	slot_announce(hostile_lane_in(h), i);
	bell_ring(h->bell);
}

static void ring_bytes(struct hostile *h)
{
	unsigned lane = (unsigned)draw_below(&h->random, 2);
	uint64_t at = atomic_load(&h->region.lane[lane]->head) + draw_below(&h->random, 512);
	unsigned char *data = h->region.data[lane];

	data[at & (h->region.shape.ring_size[lane] - 1)] = (unsigned char)draw(&h->random);
}

/* A record whose header is right, or nearly. */
static void records(struct hostile *h)
{
	static const unsigned char body[1024];
	struct record r = { .kind = (uint8_t)(1 + draw_below(&h->random, 2)),
			    .body = (uint32_t)draw_below(&h->random, 1024),
			    .deadline = draw_below(&h->random, 4) ? INT64_MAX
								  : (int64_t)draw(&h->random),
			    .sequence = draw_below(&h->random, 4),
			    .slot = (uint16_t)draw_below(&h->random, 4),
			    .lost = draw_below(&h->random, 16) ? 0 : draw(&h->random) };
	unsigned char *at = ring_place(&h->out);

	if (draw_below(&h->random, 8) == 0)
		r.flags = (uint8_t)draw_below(&h->random, 8);
	if (r.kind == RECORD_REQUEST)
		slot_open(&h->region.slots[0][r.slot], r.sequence);
	if (!hostile_push(h, &r, draw_below(&h->random, 3) ? "echo" : "nobody", body))
		return;
	if (draw_below(&h->random, 8) == 0)
		at[draw_below(&h->random, 48)] = (unsigned char)draw(&h->random);
}

static void bells(struct hostile *h)
{
	for (int n = (int)draw_below(&h->random, 50); n > 0; n--)
		bell_ring(h->bell);
}

/* Moves those who wait on one word to another one. */
static void futexes(struct hostile *h)
{
	struct slot *slot = some_slot(h);
	uint32_t *from = draw_below(&h->random, 2)
				 ? (uint32_t *)(void *)slot
				 : (uint32_t *)(void *)&h->region.lane[1]->waiting;
	uint32_t *to = (uint32_t *)(void *)some_slot(h)->body;

	if (draw_below(&h->random, 4) == 0)
		syscall(SYS_futex, from, FUTEX_WAKE, 99, NULL, NULL, 0);
	else
		syscall(SYS_futex, from, FUTEX_REQUEUE, 0, 99L, to, 0);
}

/* All of it must fail, or change nothing for the other side. */
static void the_file(struct hostile *h)
{
	off_t size = (off_t)h->region.shape.size;

	fallocate(h->region_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, size);
	fallocate(h->region_fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096);
	(void)!ftruncate(h->region_fd, 0);
	(void)!ftruncate(h->region_fd, size * 2);
	madvise(h->region.control, h->region.control_size, MADV_REMOVE);
	madvise(h->region.data[0], h->region.shape.ring_size[0], MADV_DONTNEED);
	fcntl(h->region_fd, F_ADD_SEALS, F_SEAL_WRITE);
}

static void the_bell(struct hostile *h)
{
	int small = 1;

	fcntl(h->bell, F_SETFL, 0);
	fcntl(h->socket, F_SETFL, 0);
	setsockopt(h->bell, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	if (draw_below(&h->random, 16) == 0)
		shutdown(h->bell, SHUT_RDWR);
	fcntl(h->socket, F_SETFL, O_NONBLOCK);
}

static void serve(struct hostile *h)
{
	hostile_serve(h, 50);
}

static void serve_anew(struct hostile *h)
{
	uint64_t tail = atomic_load(&h->region.lane[1]->tail);

	atomic_store(&h->in.head, tail);
	h->in.tail_seen = tail;
	atomic_store(&h->region.lane[1]->head, tail);
}

typedef void act_fn(struct hostile *h);

static act_fn *const acts[] = { any_word,     position_words, flag_words, slot_words,
				slot_answers, ring_bytes,     records,	  bells,
				futexes,      the_file,	      the_bell,	  serve_anew };

#define ACTS (sizeof(acts) / sizeof(*acts))

/* A session is given to a few acts, so that each is also tried among what is harmless. */
static void one_session(struct hostile *h, struct hostile_board *board)
{
	act_fn *chosen[3];
	const struct timespec pause = { .tv_nsec = 50000 };

	for (int i = 0; i < 3; i++)
		chosen[i] = acts[draw_below(&h->random, ACTS)];
	for (unsigned n = 0; n < 20000 && !hostile_is_out(h); n++) {
		switch (draw_below(&h->random, 4)) {
		case 0:
			chosen[draw_below(&h->random, 3)](h);
			break;
		case 1:
			records(h);
			break;
		case 2:
			nanosleep(&pause, NULL);
			break;
		default:
			serve(h);
		}
		atomic_fetch_add(&board->acts, 1);
	}
}

static void scribble_for_ever(struct hostile *h, struct hostile_board *board)
{
	for (;;) {
		if (hostile_join(h)) {
			atomic_fetch_add(&board->sessions, 1);
			one_session(h, board);
		}
		hostile_part(h);
	}
}

/* --- Two threads of it: the second one never stops writing ---------------------------------------- */

struct storm {
	struct hostile h; /* a copy: its own randomness and positions */
	_Atomic bool stop;
	act_fn *act;
};

static void *storm_on(void *arg)
{
	struct storm *storm = arg;

	while (!atomic_load(&storm->stop))
		storm->act(&storm->h);
	return NULL;
}

static void storm_for_ever(struct hostile *h, struct hostile_board *board)
{
	static act_fn *const wild[] = { ring_bytes, slot_words, flag_words, slot_answers,
					position_words };

	for (unsigned n = 0;; n++) {
		struct storm storm = { .act = wild[n % 5] };
		bool joined = hostile_join(h);
		pthread_t thread;

		storm.h = *h;
		storm.h.random = draw(&h->random);
		if (joined && !pthread_create(&thread, NULL, storm_on, &storm)) {
			atomic_fetch_add(&board->sessions, 1);
			for (unsigned i = 0; i < 3000 && !hostile_is_out(h); i++) {
				records(h);
				hostile_serve(h, 80);
			}
			atomic_store(&storm.stop, true);
			pthread_join(thread, NULL);
		}
		hostile_part(h);
	}
}

/* --- The other side ---------------------------------------------------------------------------- */

static void *honest_echoes(void *arg)
{
	struct target *t = arg;
	uint64_t random = 5;

	while (!atomic_load(&t->is_over))
		target_echo(t, draw_below(&random, 8) ? 100 : 50000, draw_below(&random, 4) == 0);
	return NULL;
}

static void withstand(void (*body)(struct hostile *, struct hostile_board *))
{
	struct hostile_board *board;
	static struct target t;
	pthread_t echoes;
	uint64_t random;
	int64_t end;
	pid_t pid;

	target_init(&t);
	pid = hostile_start(body, t.path, &board);
	target_open(&t);
	random = 1;
	cr_assert_eq(pthread_create(&echoes, NULL, honest_echoes, &t), 0);
	for (end = fuzz_end(); fuzz_goes_on(end, board);)
		target_bother(&t, atomic_load(&t.last_joined), &random);
	cr_assert_gt(atomic_load(&board->sessions), 2, "it hardly got in");
	hostile_stop(pid, board);
	atomic_store(&t.is_over, true);
	pthread_join(echoes, NULL);
	target_echo(&t, 100, true);
	cr_assert_eq(cohort_peers(t.primary, NULL, 0, 0) >= 1, 1);
	target_close(&t);
	target_deinit(&t);
}

Test(fuzz_ring, primary_withstands_a_secondary_that_scribbles_over_the_region, .timeout = 300)
{
	withstand(scribble_for_ever);
}

Test(fuzz_ring, primary_withstands_a_secondary_with_a_thread_that_never_stops_writing,
     .timeout = 300)
{
	if (UNDER_TSAN)
		cr_skip_test("its two threads race by design");
	withstand(storm_for_ever);
}
