/*
 * A peer that keeps every rule, but is quick: it publishes a record whenever the other side has said
 * that it goes to sleep and has not looked for the last time yet. So the bell rings for one that
 * stays awake, again and again, and the bytes gather while nobody looks at the bell. In the end the
 * other side does sleep, and must still be waked.
 */
#include <sched.h>
#include <time.h>

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
