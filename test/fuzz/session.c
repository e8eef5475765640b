/*
 * Sessions at random: what a hostile secondary can do with its socket, its descriptors and its bell
 * once it has joined; a hostile primary before a secondary; and, one by one, attacks that were
 * thought of.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/futex.h"
#include "fuzz/common/hostile.h"
#include "io/bell.h"
#include "io/memfd.h"
#include "io/sock.h"
#include "io/xfer.h"
#include "wire/control.h"
#include "wire/frame.h"
#include "wire/query.h"

#define BULK_SIZE 65536u

/* --- Descriptors of every kind ------------------------------------------------------------------ */

static int memfd_of(size_t size, unsigned seals)
{
	int fd = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	(void)!ftruncate(fd, (off_t)size);
	for (size_t n = 0; n < size && seals; n += 4096)
		(void)!pwrite(fd, "x", 1, (off_t)n);
	fcntl(fd, F_ADD_SEALS, seals);
	return fd;
}

static int pipe_end(void)
{
	int fds[2];

	if (pipe(fds))
		return -1;
	close(fds[1]);
	return fds[0];
}

static int some_fd(struct hostile *h, size_t size)
{
	switch (draw_below(&h->random, 11)) {
	case 0:
		return pipe_end();
	case 1:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case 2:
		return open("/", O_PATH | O_CLOEXEC);
	case 3:
		return socket(AF_UNIX, SOCK_STREAM, 0);
	case 4:
		return memfd_of(size, 0);
	case 5:
		return memfd_of(size / 2 + 1, MEMFD_BODY_SEALS);
	case 6:
		return memfd_of(size, F_SEAL_SHRINK | F_SEAL_GROW);
	case 7:
		return memfd_of(size, F_SEAL_SHRINK | F_SEAL_GROW | 0x10);
	case 8: /* sparse */
	{
		int fd = memfd_of(size, 0);

		fcntl(fd, F_ADD_SEALS, MEMFD_BODY_SEALS);
		return fd;
	}
	default:
		return memfd_of(size, MEMFD_BODY_SEALS);
	}
}

/* --- What it sends -------------------------------------------------------------------------------- */

/* A frame as it was encoded, or with some of its bytes changed. */
static void send_bent(struct hostile *h, unsigned char *bytes, int n, const int *fds, size_t nfds)
{
	if (n > 16 && draw_below(&h->random, 12) == 0)
		bytes[draw_below(&h->random, (uint64_t)n)] = (unsigned char)draw(&h->random);
	hostile_send(h, bytes, n, fds, nfds);
}

static void give(struct hostile *h, unsigned char *bytes, int n, int *fds, size_t nfds)
{
	send_bent(h, bytes, n, fds, nfds);
	for (size_t i = 0; i < nfds; i++)
		close(fds[i]);
}

static size_t some_fds(struct hostile *h, int *fds, size_t max)
{
	size_t n = 1 + draw_below(&h->random, max);

	for (size_t i = 0; i < n; i++)
		fds[i] = some_fd(h, 4096);
	return n;
}

static uint64_t some_key(struct hostile *h)
{
	uint64_t step = draw_below(&h->random, 16);

	return h->next_sidecar + (step == 0 ? draw(&h->random) : step == 1);
}

static void sidecar(struct hostile *h)
{
	struct wire_sidecar frame = { .key = some_key(h) };
	unsigned char bytes[64];
	int fds[8];
	size_t n = some_fds(h, fds, 8);

	frame.fds = (uint16_t)(n + (draw_below(&h->random, 16) == 0));
	give(h, bytes, wire_sidecar_encode(bytes, sizeof(bytes), &frame), fds, n);
	if (draw_below(&h->random, 4)) {
		struct record r = { .kind = RECORD_MESSAGE,
				    .fds = (uint16_t)n,
				    .sidecar = (uint32_t)h->next_sidecar };

		r.fds = (uint16_t)(r.fds + (draw_below(&h->random, 16) == 0));
		hostile_push(h, &r, draw_below(&h->random, 2) ? "note" : "echo", NULL);
	}
	h->next_sidecar++;
}

static void body_frame(struct hostile *h)
{
	size_t size = 1 + draw_below(&h->random, 300000);
	struct wire_body frame = { .key = some_key(h), .length = size };
	struct record r = { .kind = RECORD_MESSAGE,
			    .flags = RECORD_IN_MEMFD,
			    .body = (uint32_t)size,
			    .sidecar = (uint32_t)h->next_sidecar };
	unsigned char bytes[64];
	int fd = some_fd(h, size);

	if (draw_below(&h->random, 8) == 0)
		r.body += (uint32_t)draw_below(&h->random, 8192);
	send_bent(h, bytes, wire_body_encode(bytes, sizeof(bytes), &frame), &fd, 1);
	h->next_sidecar++;
	if (draw_below(&h->random, 8))
		hostile_push(h, &r, draw_below(&h->random, 2) ? "note" : "echo", NULL);
	(void)!ftruncate(fd, 0); /* after it was sent */
	close(fd);
}

static void bulk_frame(struct hostile *h)
{
	struct wire_bulk frame = { .size = draw_below(&h->random, 4) ? BULK_SIZE
								     : draw(&h->random) >> 1 };
	struct record r = { .kind = RECORD_MESSAGE,
			    .flags = RECORD_IN_BULK,
			    .body = (uint32_t)draw_below(&h->random, BULK_SIZE + 100) };
	unsigned char bytes[64];
	int fd = draw_below(&h->random, 3) ? memfd_of(BULK_SIZE, F_SEAL_SHRINK | F_SEAL_GROW | 0x10)
					   : some_fd(h, BULK_SIZE);

	if (draw_below(&h->random, 3))
		give(h, bytes, wire_bulk_encode(bytes, sizeof(bytes), &frame), &fd, 1);
	else
		close(fd);
	for (int n = (int)draw_below(&h->random, 5); n > 0; n--)
		hostile_push(h, &r, draw_below(&h->random, 2) ? "note" : "echo", NULL);
}

static void reply_frame(struct hostile *h)
{
	static unsigned char bytes[FRAME_MAX];
	static uint8_t data[FRAME_INLINE_MAX];
	unsigned i = (unsigned)draw_below(&h->random, 4);
	struct slot *slot = hostile_asked(h, i);
	uint64_t sequence = atomic_load(&slot->word) >> 2;
	struct wire_reply frame = { .form = (uint8_t)draw_below(&h->random, 3), .data = NULL };
	struct slot_answer a = { .form = SLOT_FRAME };
	int fds[8];
	size_t n = frame.form == WIRE_REPLY_MEMFD ? 1 : some_fds(h, fds, 8);

	if (draw_below(&h->random, 6) == 0)
		i = (unsigned)draw_below(&h->random, 140);
	frame.key = wire_reply_key((uint16_t)i, sequence + (draw_below(&h->random, 6) == 0));
	if (frame.form != WIRE_REPLY_FDS)
		frame.length = 1 + draw_below(&h->random, FRAME_INLINE_MAX);
	if (frame.form == WIRE_REPLY_INLINE)
		frame.data = data;
	if (frame.form == WIRE_REPLY_MEMFD) {
		frame.more = draw_below(&h->random, 2);
		fds[0] = some_fd(h, (size_t)frame.length);
	}
	frame.fds = (uint16_t)n;
	give(h, bytes, wire_reply_encode(bytes, sizeof(bytes), &frame), fds, n);
	a.length = (uint32_t)(frame.length + (draw_below(&h->random, 8) == 0));
	a.fds = (uint16_t)(frame.form == WIRE_REPLY_MEMFD ? 0 : n);
	if (i < SLOT_COUNT && draw_below(&h->random, 4) &&
	    slot_answer(hostile_asked(h, i), sequence, &a, NULL, 0) >= 0) {
		slot_wake(hostile_asked(h, i));
		slot_announce(hostile_lane_in(h), i);
		hostile_ring(h);
	}
}

static void announce_frame(struct hostile *h)
{
	static unsigned char bytes[FRAME_MAX], page[WIRE_ENTRIES_MAX];
	struct wire_announce frame = { .key = draw_below(&h->random, 3),
				       .op = (uint8_t)(1 + draw_below(&h->random, 2)) };
	struct writer writer;
	uint32_t count = 0;

	writer_init(&writer, page, sizeof(page));
	for (int n = (int)draw_below(&h->random, 30); n >= 0; n--) {
		char name[16];
		struct wire_action action = { .flags = 0 };

		snprintf(name, sizeof(name), n ? "n%d" : "note", (int)draw_below(&h->random, 500));
		action.name = wire_text_of(name, COHORT_NAME_MAX);
		wire_action_append(&writer, &count, &action);
	}
	frame.actions = (struct wire_entries){ page, writer.used, count };
	send_bent(h, bytes, wire_announce_encode(bytes, sizeof(bytes), &frame), NULL, 0);
}

static void query_frames(struct hostile *h)
{
	unsigned char bytes[128];
	struct wire_query frame = { .key = 1 + draw_below(&h->random, 4) };

	for (int n = (int)draw_below(&h->random, 40); n > 0; n--) {
		frame.what = (uint8_t)(1 + draw_below(&h->random, 6));
		frame.argument =
			frame.what == 4 || frame.what == 6 ? 1 + draw_below(&h->random, 2) : 0;
		frame.cursor = draw_below(&h->random, 4) ? 0 : draw(&h->random);
		send_bent(h, bytes, wire_query_encode(bytes, sizeof(bytes), &frame), NULL, 0);
	}
}

static void any_packet(struct hostile *h)
{
	unsigned char bytes[256];
	size_t length = draw_below(&h->random, sizeof(bytes));
	struct iovec part = { bytes, length };
	int fds[4];
	size_t n = draw_below(&h->random, 2) ? some_fds(h, fds, 4) : 0;

	for (size_t i = 0; i < length; i++)
		bytes[i] = (unsigned char)draw(&h->random);
	xfer_send(h->socket, &part, 1, fds, n, 0);
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
}

static void bell_with_fds(struct hostile *h)
{
	struct iovec part = { (void *)(uintptr_t) "b", 1 };
	int fds[4];
	size_t n = some_fds(h, fds, 4);

	xfer_send(h->bell, &part, 1, fds, n, 0);
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	for (int k = (int)draw_below(&h->random, 40); k > 0; k--)
		bell_ring(h->bell);
}

static void bye_frame(struct hostile *h)
{
	struct wire_bye frame = { .reason = 1 + (uint32_t)draw_below(&h->random, 7),
				  .position = draw(&h->random) };
	unsigned char bytes[64];

	if (draw_below(&h->random, 50) == 0)
		hostile_send(h, bytes, wire_bye_encode(bytes, sizeof(bytes), &frame), NULL, 0);
}

typedef void act_fn(struct hostile *h);

static act_fn *const acts[] = { sidecar,     body_frame,     bulk_frame,
				reply_frame, announce_frame, query_frames,
				any_packet,  bell_with_fds,  bye_frame };

#define ACTS (sizeof(acts) / sizeof(*acts))

static void misbehave_for_ever(struct hostile *h, struct hostile_board *board)
{
	const struct timespec pause = { .tv_nsec = 20000 };

	for (;;) {
		act_fn *chosen[2] = { acts[draw_below(&h->random, ACTS)],
				      acts[draw_below(&h->random, ACTS)] };

		if (hostile_join(h)) {
			atomic_fetch_add(&board->sessions, 1);
			for (unsigned n = 0; n < 3000 && !hostile_is_out(h); n++) {
				chosen[draw_below(&h->random, 2)](h);
				hostile_serve(h, 30);
				if (n % 8 == 0)
					nanosleep(&pause, NULL);
			}
		}
		hostile_part(h);
	}
}

/* What belongs to records, from somebody who has no ring. */
static void stray_frame(struct hostile *h)
{
	struct wire_sidecar sidecar = { .key = draw(&h->random) >> 32, .fds = 1 };
	struct wire_body body = { .key = draw(&h->random) >> 32, .length = 4096 };
	struct wire_bulk bulk = { .size = 65536 };
	unsigned char bytes[64];
	int fd = some_fd(h, 4096), n;

	switch (draw_below(&h->random, 3)) {
	case 0:
		n = wire_sidecar_encode(bytes, sizeof(bytes), &sidecar);
		break;
	case 1:
		n = wire_body_encode(bytes, sizeof(bytes), &body);
		break;
	default:
		n = wire_bulk_encode(bytes, sizeof(bytes), &bulk);
	}
	give(h, bytes, n, &fd, 1);
}

static void observe_badly_for_ever(struct hostile *h, struct hostile_board *board)
{
	static act_fn *const of_observer[] = { stray_frame,  announce_frame, query_frames,
					       query_frames, any_packet,     bye_frame };

	for (;;) {
		act_fn *chosen[2] = { of_observer[draw_below(&h->random, 6)],
				      of_observer[draw_below(&h->random, 6)] };

		if (hostile_observe(h)) {
			atomic_fetch_add(&board->sessions, 1);
			for (unsigned n = 0; n < 100 && !hostile_is_out(h); n++)
				chosen[draw_below(&h->random, 2)](h);
		}
		hostile_part(h);
	}
}

static void *honest_echoes(void *arg)
{
	struct target *t = arg;
	uint64_t random = 5;

	while (!atomic_load(&t->is_over))
		target_echo(t, draw_below(&random, 8) ? 100 : 50000, draw_below(&random, 4) == 0);
	return NULL;
}

Test(fuzz_session, primary_withstands_a_secondary_that_sends_what_it_likes, .timeout = 300)
{
	struct hostile_board *board;
	static struct target t;
	pthread_t echoes;
	uint64_t random = 1;
	int64_t end;
	pid_t pid;

	target_init(&t);
	pid = hostile_start(misbehave_for_ever, t.path, &board);
	target_open(&t);
	cr_assert_eq(pthread_create(&echoes, NULL, honest_echoes, &t), 0);
	for (end = fuzz_end(); fuzz_goes_on(end, board);)
		target_bother(&t, atomic_load(&t.last_joined), &random);
	cr_assert_gt(atomic_load(&board->sessions), 2, "it hardly got in");
	hostile_stop(pid, board);
	atomic_store(&t.is_over, true);
	pthread_join(echoes, NULL);
	target_echo(&t, 100, true);
	target_close(&t);
	target_deinit(&t);
}

Test(fuzz_session, primary_withstands_an_observer_that_sends_what_it_likes, .timeout = 300)
{
	struct hostile_board *board;
	static struct target t;
	int64_t end;
	pid_t pid;

	target_init(&t);
	pid = hostile_start(observe_badly_for_ever, t.path, &board);
	target_open(&t);
	for (end = fuzz_end(); fuzz_goes_on(end, board);)
		target_echo(&t, 100, true);
	cr_assert_gt(atomic_load(&board->sessions), 2, "it hardly got in");
	hostile_stop(pid, board);
	target_echo(&t, 50000, true);
	target_close(&t);
	target_deinit(&t);
}

/* --- Attacks one by one --------------------------------------------------------------------------- */

/* Joins, does something once, says so, and stays until it is killed. */
static void attack(struct target *t, void (*body)(struct hostile *, struct hostile_board *),
		   pid_t *pid, struct hostile_board **board)
{
	target_init(t);
	*pid = hostile_start(body, t->path, board);
	target_open(t);
	cr_assert(board_await(&(*board)->stage, 1), "the hostile one did not get in");
}

static void attack_over(struct target *t, pid_t pid, struct hostile_board *board)
{
	target_echo(t, 100, true);
	hostile_stop(pid, board);
	target_echo(t, 100, true);
	target_close(t);
	target_deinit(t);
}

static void join_or_die(struct hostile *h, struct hostile_board *board)
{
	/* It may be far ahead of the primary that it shall join. */
	for (int i = 0; i < 30000; i++) {
		if (hostile_join(h)) {
			atomic_fetch_add(&board->sessions, 1);
			return;
		}
		hostile_part(h);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	_exit(1);
}

static void stage(struct hostile_board *board, uint32_t value)
{
	atomic_store(&board->stage, value);
	futex_wake(&board->stage, 99, true);
}

/* Until the primary has read all that was sent, or has hung up. */
static void flush(struct hostile *h)
{
	while (sock_outq(h->socket) > 0 && !hostile_is_out(h))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static bool send_reply(struct hostile *h, struct wire_reply *frame, const int *fds)
{
	unsigned char bytes[128];

	for (;;) {
		if (hostile_send(h, bytes, wire_reply_encode(bytes, sizeof(bytes), frame), fds,
				 frame->fds))
			return true;
		if (hostile_is_out(h))
			return false;
	}
}

/* The next request that comes. */
static struct record await_request(struct hostile *h)
{
	struct record r;

	while (ring_peek(&h->in, &r) != 1 || r.kind != RECORD_REQUEST) {
		if (hostile_is_out(h))
			_exit(1);
	}
	ring_advance(&h->in, &r);
	return r;
}

#define TWICE 60

static void send_memfd_twice(struct hostile *h, struct hostile_board *board)
{
	struct wire_reply frame = {
		.fds = 1, .form = WIRE_REPLY_MEMFD, .more = true, .length = 4096
	};
	int fd = memfd_of(4096, MEMFD_BODY_SEALS);
	struct record r;

	join_or_die(h, board);
	stage(board, 1);
	r = await_request(h);
	frame.key = wire_reply_key(r.slot, r.sequence);
	for (int i = 0; i < TWICE && send_reply(h, &frame, &fd); i++)
		;
	flush(h);
	hostile_part(h);
	pause();
}

Test(fuzz_session, memfd_that_comes_twice_for_one_reply_leaves_no_descriptor, .timeout = 120)
{
	struct cohort_message m = COHORT_MESSAGE("echo", NULL, 0);
	struct hostile_board *board;
	static struct target t;
	pid_t pid;

	attack(&t, send_memfd_twice, &pid, &board);
	cr_assert_lt(cohort_request(t.primary, target_hostile_peer(&t), &m, PATIENCE, NULL), 0);
	attack_over(&t, pid, board);
}

static void send_replies_nobody_asked_for(struct hostile *h, struct hostile_board *board)
{
	struct wire_reply frame = { .fds = 10, .form = WIRE_REPLY_FDS };
	int fds[10];

	for (int i = 0; i < 10; i++)
		fds[i] = STDOUT_FILENO;
	join_or_die(h, board);
	for (uint16_t slot = 0; slot < SLOT_COUNT; slot++) {
		frame.key = wire_reply_key(slot, 12345);
		if (!send_reply(h, &frame, fds))
			break;
	}
	flush(h);
	stage(board, 1);
	pause();
}

Test(fuzz_session, replies_nobody_asked_for_are_not_kept, .timeout = 120)
{
	int64_t end = deadline_after(clock_now(), PATIENCE);
	struct hostile_board *board;
	struct census before, after;
	static struct target t;
	pid_t pid;

	target_init(&t);
	pid = hostile_start(send_replies_nobody_asked_for, t.path, &board);
	cr_assert_eq(census_take(&before, 0, NULL), 0);
	target_open(&t);
	cr_assert(board_await(&board->stage, 1));
	target_echo(&t, 100, true);
	do /* the reaper may have some left to close */
		cr_assert_eq(census_take(&after, 0, NULL), 0);
	while (after.descriptors > before.descriptors + 600 && clock_now() < end);
	cr_assert_leq(after.descriptors, before.descriptors + 600,
		      "it makes us hold %u descriptors", after.descriptors - before.descriptors);
	attack_over(&t, pid, board);
}

static void *flood_replies(void *arg)
{
	struct hostile *h = arg;
	struct wire_reply frame = { .key = wire_reply_key(5, 999),
				    .form = WIRE_REPLY_INLINE,
				    .length = 1,
				    .data = (const uint8_t *)"x" };
	unsigned char bytes[128];
	int n = wire_reply_encode(bytes, sizeof(bytes), &frame);

	for (;;)
		hostile_send(h, bytes, n, NULL, 0);
	return NULL;
}

static void flood_socket(struct hostile *h, struct hostile_board *board)
{
	pthread_t thread;

	join_or_die(h, board);
	pthread_create(&thread, NULL, flood_replies, h);
	stage(board, 1);
	flood_replies(h);
}

/* One more secondary can come, which is the work of the same thread that reads the flood. */
static void expect_that_others_can_join(struct target *t)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct cohort *c = NULL;
	int err;

	config.open_timeout = PATIENCE;
	config.handshake_timeout = PATIENCE;
	for (int i = 0; i < 5; i++) {
		err = cohort_open(&c, t->path, &config);
		cr_assert_eq(err, 0, "nobody can join: %s", cohort_strerror(err));
		cr_assert_eq(cohort_close(c), 0);
	}
}

Test(fuzz_session, flood_of_frames_keeps_nobody_else_out, .timeout = 120)
{
	struct hostile_board *board;
	static struct target t;
	pid_t pid;

	attack(&t, flood_socket, &pid, &board);
	expect_that_others_can_join(&t);
	attack_over(&t, pid, board);
}

/* Re-announces thousands of names over and over. */
static void flood_announcements(struct hostile *h, struct hostile_board *board)
{
	static unsigned char bytes[FRAME_MAX], page[WIRE_ENTRIES_MAX];
	struct wire_announce frame = { .op = WIRE_ANNOUNCE_ADD };
	struct writer writer;
	uint32_t count = 0;
	int n;

	writer_init(&writer, page, sizeof(page));
	for (int i = 0; i < 4090; i++) {
		char name[16];
		struct wire_action action = { .flags = 0 };

		snprintf(name, sizeof(name), "x%d", i);
		action.name = wire_text_of(name, COHORT_NAME_MAX);
		wire_action_append(&writer, &count, &action);
	}
	frame.actions = (struct wire_entries){ page, writer.used, count };
	n = wire_announce_encode(bytes, sizeof(bytes), &frame);
	join_or_die(h, board);
	stage(board, 1);
	while (!hostile_is_out(h))
		hostile_send(h, bytes, n, NULL, 0);
	pause();
}

Test(fuzz_session, flood_of_announcements_keeps_nobody_else_out, .timeout = 120)
{
	struct hostile_board *board;
	static struct target t;
	pid_t pid;

	attack(&t, flood_announcements, &pid, &board);
	expect_that_others_can_join(&t);
	attack_over(&t, pid, board);
}

/* Sets completion bits as fast as it can; it is asked asynchronously and never answers. */
static void *set_bits(void *arg)
{
	struct hostile *h = arg;

	for (;;) {
		atomic_store_explicit(&hostile_lane_in(h)->completed[0], UINT64_MAX,
				      memory_order_relaxed);
		atomic_store_explicit(&hostile_lane_in(h)->completed[1], UINT64_MAX,
				      memory_order_relaxed);
	}
	return NULL;
}

static void flood_completions(struct hostile *h, struct hostile_board *board)
{
	struct record r;

	join_or_die(h, board);
	stage(board, 1);
	while (ring_peek(&h->in, &r) != 1)
		;
	bell_ring(h->bell);
	set_bits(h);
}

static void on_done(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply, void *arg)
{
	struct target *t = arg;

	(void)c;
	(void)id;
	(void)error;
	cohort_reply_free(reply);
	atomic_fetch_add(&t->done, 1);
}

Test(fuzz_session, flood_of_completions_keeps_nobody_else_waiting, .timeout = 120)
{
	struct cohort_message m = COHORT_MESSAGE("echo", NULL, 0);
	struct hostile_board *board;
	cohort_peer peer;
	static struct target t;
	pid_t pid;

	attack(&t, flood_completions, &pid, &board);
	peer = target_hostile_peer(&t);
	for (int i = 0; i < 20; i++) {
		if (!cohort_request_async(t.primary, peer, &m, PATIENCE, on_done, &t, NULL))
			atomic_fetch_add(&t.asked, 1);
		target_echo(&t, 100, false);
	}
	cr_assert_gt(atomic_load(&t.asked), 0);
	attack_over(&t, pid, board);
}

/* Not even hostile: one message in the ring whenever it is empty, as fast as it is taken. */
static void never_pause(struct hostile *h, struct hostile_board *board)
{
	unsigned burst = 1;

	join_or_die(h, board);
	stage(board, 1);
	for (;;) {
		struct record r = { .kind = RECORD_MESSAGE };

		while (h->out.tail - atomic_load(&hostile_lane_out(h)->head) > 64 * burst)
			;
		hostile_push(h, &r, "note", NULL);
		burst = burst % 16 + 1;
	}
}

/*
 * A turn is 32 records and a thread passes after 64 rounds at the latest, but the other peer also
 * needs a processor: with two of them busy that is some ticks of the scheduler, and a million of
 * empty messages a tenth of a second. One echo may have to wait for a processor for longer than
 * that, but not half of them.
 */
#define NOTES_MAX 1000000
#define ECHOES 50

static int compare_counts(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

Test(fuzz_session, peer_that_never_pauses_keeps_nobody_else_waiting, .timeout = 120)
{
	struct hostile_board *board;
	uint64_t notes[ECHOES];
	static struct target t;
	pid_t pid;

	attack(&t, never_pause, &pid, &board);
	for (int i = 0; i < ECHOES; i++) {
		uint64_t before = atomic_load(&t.notes);

		target_echo(&t, 100, i % 8 == 0);
		notes[i] = atomic_load(&t.notes) - before;
	}
	qsort(notes, ECHOES, sizeof(*notes), compare_counts);
	cr_assert_leq(notes[ECHOES / 2], NOTES_MAX,
		      "%ju of its messages were handled before one of another peer, at worst %ju",
		      (uintmax_t)notes[ECHOES / 2], (uintmax_t)notes[ECHOES - 1]);
	attack_over(&t, pid, board);
}

/* The frame of a body that belongs to no record, as when its sender could not send the second one. */
static void drop_a_body(struct hostile *h, struct hostile_board *board)
{
	struct wire_body body = { .key = 0, .length = 5000 };
	struct wire_sidecar fds = { .key = 1, .fds = 1 };
	struct record r = { .kind = RECORD_MESSAGE, .fds = 1, .sidecar = 1 };
	unsigned char bytes[64];
	int fd = memfd_of(5000, MEMFD_BODY_SEALS);

	join_or_die(h, board);
	hostile_send(h, bytes, wire_body_encode(bytes, sizeof(bytes), &body), &fd, 1);
	hostile_send(h, bytes, wire_sidecar_encode(bytes, sizeof(bytes), &fds), &fd, 1);
	hostile_push(h, &r, "note", NULL);
	while (atomic_load(&hostile_lane_out(h)->head) < h->out.tail && !hostile_is_out(h))
		;
	atomic_store(&board->acts, atomic_load(&hostile_lane_out(h)->body_taken) |
					   atomic_load(&hostile_lane_out(h)->fds_taken) << 32);
	stage(board, 1);
	pause();
}

/* Bodies whose memory its owner could take away again while they are read. */
static void send_loose_bodies(struct hostile *h, struct hostile_board *board)
{
	static const unsigned seals[] = { 0, F_SEAL_SHRINK,
					  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
					  MEMFD_BODY_SEALS & ~(unsigned)F_SEAL_SHRINK };

	for (size_t i = 0; i < sizeof(seals) / sizeof(*seals); i++) {
		struct wire_body body = { .length = 8192 };
		struct record r = { .kind = RECORD_MESSAGE,
				    .flags = RECORD_IN_MEMFD,
				    .body = 8192 };
		unsigned char bytes[64];
		int fd = memfd_of(8192, seals[i]);

		join_or_die(h, board);
		hostile_send(h, bytes, wire_body_encode(bytes, sizeof(bytes), &body), &fd, 1);
		hostile_push(h, &r, "note", NULL);
		close(fd);
		while (!hostile_is_out(h))
			;
		hostile_part(h);
		atomic_fetch_add(&board->acts, 1);
	}
	stage(board, 1);
	pause();
}

Test(fuzz_session, body_that_could_be_taken_away_is_a_violation, .timeout = 120)
{
	struct hostile_board *board;
	static struct target t;
	pid_t pid;

	attack(&t, send_loose_bodies, &pid, &board);
	cr_assert_eq(atomic_load(&board->acts), 4);
	cr_assert_eq(atomic_load(&t.notes), 0);
	attack_over(&t, pid, board);
}

Test(fuzz_session, body_that_belongs_to_no_record_is_dropped_and_not_counted, .timeout = 120)
{
	struct hostile_board *board;
	static struct target t;
	pid_t pid;

	attack(&t, drop_a_body, &pid, &board);
	cr_assert_eq(atomic_load(&board->acts) >> 32, 1, "descriptors");
	cr_assert_eq(atomic_load(&board->acts) & UINT32_MAX, 0, "bytes");
	attack_over(&t, pid, board);
}

Test(fuzz_session, sends_that_fail_between_their_two_frames_leave_nothing_with_the_receiver,
     .timeout = 120)
{
	static const char body[200000]; /* goes by memfd */
	struct cohort_message m = COHORT_MESSAGE("note", body, sizeof(body));
	const int closed = 1000000;
	static struct target t;

	m.fds = &closed;
	m.nfds = 1;
	target_init(&t);
	target_open(&t);
	for (int i = 0; i < 600; i++)
		cr_assert_eq(cohort_send(t.honest, COHORT_PRIMARY, &m, PATIENCE), -EBADF, "time %d",
			     i);
	target_echo(&t, 100, true);
	cr_assert_eq(event_count(&t.left), 0, "it was thrown out");
	target_close(&t);
	target_deinit(&t);
}

/* A descriptor whose close() blocks for seconds: unread data, and SO_LINGER. */
static int lingering(int *other)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct linger linger = { .l_onoff = 1, .l_linger = 30 };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	static char data[65536];
	int small = 4096;

	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &size) ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return -1;
	*other = accept(listener, NULL, NULL);
	close(listener);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	while (send(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	return fd;
}

/* WELCOME is for secondaries, and carries two descriptors. */
static void give_lingering_in_control(struct hostile *h, struct hostile_board *board)
{
	struct wire_welcome w = { .version = 1, .id = 5, .primary_id = 6, .slots_secondary = 1 };
	unsigned char bytes[512];
	int other[2], fds[2] = { lingering(&other[0]), lingering(&other[1]) };

	join_or_die(h, board);
	atomic_store(&board->acts, fds[0] >= 0 && fds[1] >= 0);
	if (fds[0] >= 0 && fds[1] >= 0)
		hostile_send(h, bytes, wire_welcome_encode(bytes, sizeof(bytes), &w), fds, 2);
	/* Not closed here: if the other side has closed its copies already, ours would linger. */
	stage(board, 1);
	pause();
}

/* A reply whose body is said to be in a memfd, which is none. */
static void answer_with_lingering(struct hostile *h, struct hostile_board *board)
{
	struct wire_reply frame = { .fds = 1, .form = WIRE_REPLY_MEMFD, .length = 4096 };
	struct slot_answer a = { .form = SLOT_FRAME, .length = 4096 };
	int other, fd = lingering(&other);
	struct record r;

	join_or_die(h, board);
	atomic_store(&board->acts, fd >= 0);
	stage(board, 1);
	r = await_request(h);
	frame.key = wire_reply_key(r.slot, r.sequence);
	send_reply(h, &frame, &fd); /* not closed here: it could linger here */
	if (slot_answer(hostile_asked(h, r.slot), r.sequence, &a, NULL, 0) == 1)
		slot_wake(hostile_asked(h, r.slot));
	pause();
}

Test(fuzz_session, replys_descriptor_whose_close_blocks_delays_nobody, .timeout = 120)
{
	struct cohort_message m = COHORT_MESSAGE("echo", NULL, 0);
	struct hostile_board *board;
	static struct target t;
	int64_t began;
	pid_t pid;

	attack(&t, answer_with_lingering, &pid, &board);
	if (atomic_load(&board->acts)) {
		began = clock_now();
		cr_assert_lt(cohort_request(t.primary, target_hostile_peer(&t), &m, PATIENCE, NULL),
			     0);
		cr_assert_lt(clock_now() - began, PATIENCE + COHORT_SECONDS(8));
	}
	attack_over(&t, pid, board);
}

static void expect_prompt_service(void (*body)(struct hostile *, struct hostile_board *))
{
	struct hostile_board *board;
	static struct target t;
	pid_t pid;

	attack(&t, body, &pid, &board);
	if (!atomic_load(&board->acts)) {
		attack_over(&t, pid, board);
		cr_skip_test("no TCP here");
	}
	expect_that_others_can_join(&t);
	attack_over(&t, pid, board);
}

Test(fuzz_session, control_frames_descriptor_whose_close_blocks_delays_nobody, .timeout = 120)
{
	expect_prompt_service(give_lingering_in_control);
}

/* An honest one that only reads, when it must, and rings because the primary wants to know about room. */
static void read_and_ring(struct hostile *h, struct hostile_board *board)
{
	join_or_die(h, board);
	stage(board, 1);
	for (;;) {
		while (!(atomic_load(&hostile_lane_in(h)->waiting) & LANE_WAIT_BELL))
			nanosleep(&(struct timespec){ .tv_nsec = 20000 }, NULL);
		hostile_serve(h, 0);
		bell_drain(h->bell);
	}
}

static void fill(struct target *t, cohort_peer peer, int round)
{
	static const char body[8192];
	struct cohort_message m = COHORT_MESSAGE("note", body, sizeof(body));
	int err;

	do {
		err = cohort_send(t->primary, peer, &m, 0);
		cr_assert(err == 0 || err == -EAGAIN, "it was thrown out after %d rounds: %s",
			  round, cohort_strerror(err));
	} while (!err);
}

Test(fuzz_session, peer_that_only_rings_when_it_has_room_may_do_so_for_ever, .timeout = 120)
{
	struct hostile_board *board;
	static struct target t;
	cohort_peer peer;
	pid_t pid;
	int err;

	attack(&t, read_and_ring, &pid, &board);
	peer = target_hostile_peer(&t);
	for (int i = 0; i < 2000; i++) {
		fill(&t, peer, i);
		err = cohort_want_writable(t.primary, peer);
		cr_assert_eq(err, 0, "it was thrown out after %d times: %s", i,
			     cohort_strerror(err));
		cr_assert(event_wait_for(&t.writable, (unsigned long)i + 1, PATIENCE_MS),
			  "no word of room, time %d", i);
	}
	cr_assert_eq(atomic_load(&t.reasons[COHORT_LEFT_VIOLATION]), 0, "it was thrown out");
	attack_over(&t, pid, board);
}

/* --- The mirror image: a hostile primary ----------------------------------------------------------- */

struct bend {
	struct wire_welcome welcome;
	unsigned seals;
	size_t region_size;
	bool sparse, no_ready, no_seal, swap, short_fds;
};

static int64_t bent_time(struct hostile *h, int64_t now)
{
	static const int64_t times[] = { INT64_MIN, INT64_MAX, 0, -1, INT64_MIN + 1 };

	return draw_below(&h->random, 8) ? now : times[draw_below(&h->random, 5)];
}

static void bend_one(struct hostile *h, struct bend *b)
{
	struct wire_welcome *w = &b->welcome;
	uint64_t any = draw_below(&h->random, 3) ? draw_below(&h->random, 70000) : draw(&h->random);

	switch (draw_below(&h->random, 20)) {
	case 0:
		w->ring_to_primary = (uint32_t)any;
		break;
	case 1:
		w->ring_to_secondary = UINT32_C(1) << draw_below(&h->random, 32);
		break;
	case 2:
		w->slots_secondary = (uint16_t)any;
		break;
	case 3:
		w->slot_size = (uint32_t)any;
		break;
	case 4:
		w->max_body = any;
		break;
	case 5:
		w->bulk_size = UINT64_C(1) << draw_below(&h->random, 64);
		break;
	case 6:
		w->region_size = any;
		break;
	case 7:
		w->id = any;
		break;
	case 8:
		w->primary_id = any;
		break;
	case 9:
		w->version = (uint16_t)any;
		break;
	case 10:
		b->seals = 0;
		break;
	case 11:
		b->region_size /= 2;
		break;
	case 12:
		b->sparse = true;
		break;
	case 13:
		b->no_ready = true;
		break;
	case 14:
		b->no_seal = true;
		break;
	case 15:
		b->swap = true;
		break;
	case 16:
		b->short_fds = true;
		break;
	default:
		w->t2 = bent_time(h, w->t2);
		w->t3 = bent_time(h, w->t3);
		w->t1 = bent_time(h, w->t1);
	}
}

static int make_region(const struct bend *b)
{
	int fd = memfd_create("hostile-region", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	(void)!ftruncate(fd, (off_t)b->region_size);
	if (!b->sparse)
		(void)!fallocate(fd, 0, 0, (off_t)b->region_size);
	fcntl(fd, F_ADD_SEALS, b->seals);
	return fd;
}

static void init_bend(struct bend *b, int64_t t1)
{
	struct region_shape shape;

	region_shape(&shape, 16384, 16384);
	*b = (struct bend){ .seals = F_SEAL_SHRINK | F_SEAL_GROW, .region_size = shape.size };
	b->welcome = (struct wire_welcome){
		.version = 1,
		.id = UINT64_C(9) << 32 | 2,
		.primary_id = UINT64_C(9) << 32 | 1,
		.ring_to_primary = 16384,
		.ring_to_secondary = 16384,
		.slots_secondary = SLOT_COUNT,
		.slots_primary = SLOT_COUNT,
		.slot_size = SLOT_SIZE,
		.max_body = 1 << 20,
		.bulk_size = 262144,
		.region_size = shape.size,
		.t1 = t1,
		.t2 = now_ns(),
		.t3 = now_ns(),
	};
}

static bool send_welcome(struct hostile *h, struct bend *b)
{
	unsigned char bytes[512];
	int bells[2], fds[2];
	bool sent;

	h->region_fd = make_region(b);
	if (bell_pair(bells))
		return false;
	h->bell = bells[0];
	fds[0] = b->swap ? bells[1] : h->region_fd;
	fds[1] = b->swap ? h->region_fd : bells[1];
	sent = hostile_send(h, bytes, wire_welcome_encode(bytes, sizeof(bytes), &b->welcome), fds,
			    b->short_fds ? 1 : 2);
	fd_close(&bells[1]);
	return sent;
}

/* The handshake as a primary does it, with at most a few things wrong. */
static bool welcome_somebody(struct hostile *h, int listener)
{
	static unsigned char bytes[FRAME_MAX];
	struct region_shape shape;
	struct wire_hello hello;
	struct bend bend;
	int n;

	if (sock_accept(listener, &h->socket))
		return false;
	n = hostile_receive(h, bytes, sizeof(bytes), NULL);
	if (n < 0 || wire_hello_decode(bytes, (size_t)n, &hello))
		return false;
	init_bend(&bend, hello.t1);
	for (uint64_t k = draw_below(&h->random, 3); k > 0; k--)
		bend_one(h, &bend);
	if (!send_welcome(h, &bend) || hostile_receive(h, bytes, sizeof(bytes), NULL) < 0 ||
	    bend.no_ready)
		return false;
	region_shape(&shape, 16384, 16384);
	if (region_map(&h->region, h->region_fd, &shape))
		return false;
	ring_out_init(&h->out, h->region.lane[1], h->region.data[1], 16384);
	ring_in_init(&h->in, h->region.lane[0], h->region.data[0], 16384);
	if (!bend.no_seal)
		fcntl(h->region_fd, F_ADD_SEALS, 0x10 | F_SEAL_SEAL);
	return hostile_send(h, bytes, wire_ready_encode(bytes, sizeof(bytes)), NULL, 0);
}

static void scribble_a_word(struct hostile *h)
{
	_Atomic uint64_t *words = h->region.control;
	struct lane *lane = h->region.lane[draw_below(&h->random, 2)];

	switch (draw_below(&h->random, 5)) {
	case 0:
		atomic_store(&words[draw_below(&h->random, h->region.control_size / 8)],
			     draw(&h->random));
		break;
	case 1:
		atomic_fetch_add(&lane->tail, 8 * draw_below(&h->random, 100));
		break;
	case 2:
		atomic_fetch_add(&lane->head, 8 * draw_below(&h->random, 100));
		break;
	case 3:
		atomic_fetch_or(&lane->completed[0], draw(&h->random));
		break;
	default:
		atomic_fetch_xor(&hostile_asked(h, (unsigned)draw_below(&h->random, 4))->word,
				 draw_below(&h->random, 8));
	}
	bell_ring(h->bell);
}

/* A record with a deadline from anywhere. */
static void ask_something(struct hostile *h)
{
	static const int64_t deadlines[] = { INT64_MIN, INT64_MIN + 1, -1,
					     0,		INT64_MAX - 1, INT64_MAX };
	unsigned i = (unsigned)draw_below(&h->random, 4);
	struct record r = { .kind = RECORD_REQUEST,
			    .slot = (uint16_t)i,
			    .sequence = draw_below(&h->random, 9),
			    .deadline = deadlines[draw_below(&h->random, 6)] };

	slot_open(&h->region.slots[1][i], r.sequence);
	hostile_push(h, &r, "echo", NULL);
}

static void reign(struct hostile *h)
{
	bool mild = draw_below(&h->random, 2);

	for (int n = 0; n < 2000 && !hostile_is_out(h); n++) {
		if (!mild && draw_below(&h->random, 20) == 0)
			scribble_a_word(h);
		else if (!mild && draw_below(&h->random, 40) == 0)
			acts[draw_below(&h->random, ACTS)](h);
		else if (draw_below(&h->random, 10) == 0)
			ask_something(h);
		hostile_serve(h, 60);
		nanosleep(&(struct timespec){ .tv_nsec = 20000 }, NULL);
	}
}

static void reign_for_ever(struct hostile *h, struct hostile_board *board)
{
	int listener;

	h->is_primary = true;
	if (sock_bind(h->path, 0600, (uid_t)-1, (gid_t)-1, &listener) || sock_listen(listener, 100))
		_exit(1);
	stage(board, 1);
	for (;;) {
		struct pollfd p = { .fd = listener, .events = POLLIN };

		poll(&p, 1, -1);
		if (welcome_somebody(h, listener)) {
			atomic_fetch_add(&board->sessions, 1);
			reign(h);
		}
		hostile_part(h);
	}
}

static int open_secondary(struct target *t, struct cohort **c)
{
	struct cohort_config config = COHORT_CONFIG_INIT;

	config.open_timeout = COHORT_MS(200);
	config.handshake_timeout = COHORT_MS(100);
	config.close_timeout = COHORT_MS(50);
	config.max_body = 1 << 20;
	return cohort_open(c, t->path, &config);
}

/* Everything that a secondary can do to its primary. */
static void bother_primary(struct cohort *c, struct target *t, uint64_t *random)
{
	static const unsigned char body[100000];
	struct cohort_message m = COHORT_MESSAGE("echo", body, 0);
	int64_t timeout = (int64_t)draw_below(random, COHORT_MS(10)),
		deadline = clock_now() + timeout;
	struct cohort_reply *reply = NULL;
	int fd = STDOUT_FILENO, err = 0;

	m.length = draw_below(random, 4) ? 10 : draw_below(random, sizeof(body));
	m.fds = &fd;
	m.nfds = draw_below(random, 4) == 0;
	switch (draw_below(random, 4)) {
	case 0:
		err = cohort_send(c, COHORT_PRIMARY, &m, timeout);
		break;
	case 1:
		if (!cohort_request_async(c, COHORT_PRIMARY, &m, timeout, on_done, t, NULL))
			atomic_fetch_add(&t->asked, 1);
		break;
	case 2:
		err = cohort_peers(c, NULL, 0, timeout);
		break;
	default:
		err = cohort_request(c, COHORT_PRIMARY, &m, timeout, &reply);
		cohort_reply_free(reply);
	}
	cr_assert_leq(clock_now(), deadline + COHORT_SECONDS(8), "late: %d", err);
}

Test(fuzz_session, secondary_withstands_a_hostile_primary, .timeout = 300)
{
	struct hostile_board *board;
	static struct target t;
	uint64_t random = 2;
	int64_t end;
	pid_t pid;

	target_init(&t);
	pid = hostile_start(reign_for_ever, t.path, &board);
	cr_assert(board_await(&board->stage, 1));
	for (end = fuzz_end(); fuzz_goes_on(end, board);) {
		struct cohort *c = NULL;
		int err = open_secondary(&t, &c);

		if (err) {
			cr_assert_leq(err, -1);
			continue;
		}
		for (int i = 0; i < 30; i++)
			bother_primary(c, &t, &random);
		cr_assert_eq(cohort_close(c), 0);
	}
	cr_assert_eq(atomic_load(&t.asked), atomic_load(&t.done));
	cr_assert_gt(atomic_load(&board->sessions), 2, "it hardly got in");
	hostile_stop(pid, board);
	unlink(t.path);
	target_deinit(&t);
}
