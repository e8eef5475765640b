/*
 * Peers that keep every rule, but are quick. The first publishes a record whenever the other side has said
 * that it goes to sleep and has not looked for the last time yet. So the bell rings for one that
 * stays awake, again and again, and the bytes gather while nobody looks at the bell. In the end the
 * other side does sleep, and must still be waked.
 *
 * The second answers requests so fast that its answer has been seen when its bell rings for it. It
 * must not be taken for one that rings for nothing.
 */
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "fuzz/common/hostile.h"

#define NOTES 30000u

static struct target target;

static void rest(long ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

/* It is asked to ring for room, too, and does that between the two looks: there is time enough. */
static bool note_when_it_goes_to_sleep(struct hostile *h)
{
	struct record note = { .kind = RECORD_MESSAGE };
	int64_t deadline = deadline_after(clock_now(), PATIENCE);

	ring_want_room(&h->out, LANE_WAIT_BELL);
	for (unsigned n = 1; !atomic_load(&hostile_lane_out(h)->asleep); n++) {
		cpu_relax();
		if (n % 10000 == 0)
			sched_yield();
		if (n % 10000 == 0 && clock_now() > deadline)
			return false;
	}
	return hostile_push(h, &note, "note", NULL);
}

static void be_quick(struct hostile *h, struct hostile_board *board)
{
	while (!hostile_join(h)) {
		hostile_part(h);
		rest(1);
	}
	atomic_store(&board->sessions, 1);
	for (unsigned i = 0; i < NOTES && note_when_it_goes_to_sleep(h); i++) {
		if (i % 1000 == 999) /* all events have been taken */
			rest(2);
	}
	for (;;)
		rest(100);
}

Test(bell, of_one_that_stayed_awake_again_and_again_still_wakes)
{
	struct hostile_board *board;
	int64_t deadline;
	pid_t pid;

	target_init(&target);
	pid = hostile_start(be_quick, target.path, &board);
	target_open(&target);
	deadline = deadline_after(clock_now(), 4 * PATIENCE);
	while (atomic_load(&target.notes) < NOTES && clock_now() < deadline)
		rest(5);
	cr_assert_eq(atomic_load(&target.notes), NOTES, "%u", (unsigned)atomic_load(&target.notes));
	hostile_stop(pid, board);
	target_close(&target);
	target_deinit(&target);
}

#define PASSED 2500u

static void announce_and_ring(struct hostile *h, int slot)
{
	if (slot < 0)
		return;
	slot_announce(hostile_lane_in(h), (unsigned)slot);
	hostile_ring(h);
}

/* Rings for an answer when the next request is there; or nobody has seen it, and the other sleeps. */
static void answer_before_ringing(struct hostile *h, struct hostile_board *board)
{
	int rings_for = -1;
	int64_t until = 0;
	struct record r;

	while (!hostile_join(h)) {
		hostile_part(h);
		rest(1);
	}
	ring_in_cpu(&h->in, 12345); /* another one than the other side's, which spins then */
	atomic_store(&board->stage, 1);
	for (;;) {
		struct slot_answer answer = { .form = SLOT_INLINE };

		if (ring_peek(&h->in, &r) != 1) {
			if (clock_now() > until) {
				announce_and_ring(h, rings_for);
				rings_for = -1;
				ring_sleep(&h->in);
				sched_yield();
			}
			continue;
		}
		announce_and_ring(h, rings_for);
		if (slot_answer(hostile_asked(h, r.slot), r.sequence, &answer, NULL, 0) == 1)
			slot_wake(hostile_asked(h, r.slot));
		rings_for = r.slot;
		until = deadline_after(clock_now(), COHORT_MS(2));
		ring_advance(&h->in, &r);
	}
}

struct hub {
	struct cohort *c;
	cohort_peer quick;
	unsigned passed;
	int error;
};

/* In a handler of one's own loop: so the answer is to be announced. */
static int on_pass(struct cohort_call *call, void *arg)
{
	struct cohort_message m = COHORT_MESSAGE("echo", NULL, 0);
	struct hub *hub = arg;
	int err = cohort_request(hub->c, hub->quick, &m, PATIENCE, NULL);

	(void)call;
	hub->passed++;
	if (err && !hub->error)
		hub->error = err;
	return 0;
}

static void hub_open(struct hub *hub)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct cohort_action action = COHORT_ACTION_INIT;

	action.name = "pass";
	action.handler = on_pass;
	action.arg = hub;
	config.role = COHORT_ROLE_PRIMARY;
	config.flags = COHORT_OWN_LOOP;
	config.spin = COHORT_MS(100);
	config.handshake_timeout = PATIENCE;
	config.actions = &action;
	config.nactions = 1;
	cr_assert_eq(cohort_open(&hub->c, target.path, &config), 0);
}

static cohort_peer first_peer(struct cohort *c)
{
	struct cohort_peer_info peer = { .size = sizeof(peer) };

	while (cohort_peers(c, &peer, 1, 0) < 1)
		cr_assert_geq(cohort_dispatch(c, COHORT_MS(10)), 0);
	return peer.id;
}

static void *pass_often(void *arg)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct cohort_message m = COHORT_MESSAGE("pass", NULL, 0);
	struct cohort *c;

	(void)arg;
	config.role = COHORT_ROLE_SECONDARY;
	config.open_timeout = config.handshake_timeout = PATIENCE;
	config.spin = 0; /* one thread of a process spins: the hub */
	if (cohort_open(&c, target.path, &config))
		return NULL;
	for (unsigned i = 0; i < PASSED; i++) {
		cohort_request(c, COHORT_PRIMARY, &m, PATIENCE, NULL);
		usleep(100); /* the hub goes back to its loop, and takes its events */
	}
	cohort_close(c);
	return NULL;
}

Test(bell, of_one_whose_answers_are_seen_before_it_is_no_bell_for_nothing)
{
	struct hub hub = { .passed = 0 };
	struct hostile_board *board;
	pthread_t thread;
	pid_t pid;

	target_init(&target);
	pid = hostile_start(answer_before_ringing, target.path, &board);
	hub_open(&hub);
	hub.quick = first_peer(hub.c);
	cr_assert_eq(pthread_create(&thread, NULL, pass_often, NULL), 0);
	while (hub.passed < PASSED && !hub.error)
		cr_assert_geq(cohort_dispatch(hub.c, PATIENCE), 0);
	cr_assert_eq(hub.error, 0, "%s after %u", cohort_strerror(hub.error), hub.passed);
	while (cohort_dispatch(hub.c, COHORT_MS(100)) > 0)
		;
	pthread_join(thread, NULL);
	hostile_stop(pid, board);
	cr_assert_eq(cohort_close(hub.c), 0);
	target_deinit(&target);
}
