/*
 * One slot: every step that a request can take, the race between an answer and giving up, wake-ups,
 * and words that a hostile side stores.
 */
#include "shm/slot.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/futex.h"
#include "support/support.h"
#include "unit/shm/memory.h"

#define SEQUENCE UINT64_C(0x123456789abc)

static struct memory memory;
static struct slot *slot;
static _Atomic uint32_t over;

static void setup(void)
{
	memory_open(&memory, 16384, 16384);
	slot = &memory.region.slots[0][7];
	atomic_store(&over, 0);
}

static void teardown(void)
{
	memory_close(&memory);
}

#define SLOT_TEST(name) Test(slot, name, .init = setup, .fini = teardown)

static uint64_t word(void)
{
	return atomic_load(&slot->word);
}

static void set(uint64_t sequence, enum slot_state state)
{
	atomic_store(&slot->word, slot_word(sequence, state));
}

static int answer(uint64_t sequence, int status)
{
	struct slot_answer a = { .status = status };

	return slot_answer(slot, sequence, &a, NULL, 0);
}

static bool soak(void)
{
	return getenv("COHORT_SOAK") != NULL;
}

/* --- Steps ------------------------------------------------------------------------------------ */

SLOT_TEST(that_was_opened_waits_for_its_answer)
{
	slot_open(slot, SEQUENCE);
	cr_assert_eq(word(), SEQUENCE << 2);
	cr_assert_eq(slot_look(slot, SEQUENCE), 0);
	cr_assert(slot_is_open(slot, SEQUENCE));
}

SLOT_TEST(is_not_open_for_another_sequence)
{
	slot_open(slot, SEQUENCE);
	cr_assert_not(slot_is_open(slot, SEQUENCE + 1));
	cr_assert_not(slot_is_open(slot, SEQUENCE - 1));
	cr_assert_not(slot_is_open(slot, 0));
}

SLOT_TEST(that_was_answered_is_done_for_both)
{
	slot_open(slot, SEQUENCE);
	cr_assert_eq(answer(SEQUENCE, 0), 0);
	cr_assert_eq(word(), slot_word(SEQUENCE, SLOT_DONE));
	cr_assert_eq(slot_look(slot, SEQUENCE), 1);
	cr_assert_not(slot_is_open(slot, SEQUENCE));
	cr_assert_eq(slot_give_up(slot, SEQUENCE), 1);
	cr_assert_eq(word(), slot_word(SEQUENCE, SLOT_DONE));
}

SLOT_TEST(that_was_given_up_takes_no_answer)
{
	slot_open(slot, SEQUENCE);
	cr_assert_eq(slot_give_up(slot, SEQUENCE), 0);
	cr_assert_eq(word(), slot_word(SEQUENCE, SLOT_GIVEN_UP));
	cr_assert_eq(answer(SEQUENCE, 0), -ETIMEDOUT);
	cr_assert_eq(word(), slot_word(SEQUENCE, SLOT_GIVEN_UP));
	cr_assert_not(slot_is_open(slot, SEQUENCE));
}

SLOT_TEST(takes_one_answer)
{
	slot_open(slot, SEQUENCE);
	cr_assert_eq(answer(SEQUENCE, -1), 0);
	cr_assert_eq(answer(SEQUENCE, -2), -ETIMEDOUT);
	cr_assert_eq(slot->status, -1);
}

SLOT_TEST(late_answer_does_not_touch_the_next_request)
{
	struct slot_answer got;

	slot_open(slot, SEQUENCE);
	slot_give_up(slot, SEQUENCE);
	slot_open(slot, SEQUENCE + 1);
	cr_assert_eq(answer(SEQUENCE, -1), -ETIMEDOUT);
	cr_assert_eq(slot_look(slot, SEQUENCE + 1), 0);
	cr_assert_eq(answer(SEQUENCE + 1, -2), 0);
	cr_assert_eq(slot_read(slot, &got), 0);
	cr_assert_eq(got.status, -2);
}

SLOT_TEST(of_a_sleeper_is_answered_with_the_word_to_wake)
{
	slot_open(slot, SEQUENCE);
	cr_assert_eq(slot_sleep(slot, SEQUENCE, &over, clock_now()), -ETIMEDOUT);
	cr_assert_eq(word(), slot_word(SEQUENCE, SLOT_OPEN_SLEEPS));
	cr_assert_eq(slot_look(slot, SEQUENCE), 0);
	cr_assert(slot_is_open(slot, SEQUENCE));
	cr_assert_eq(answer(SEQUENCE, 0), 1);
	cr_assert_eq(slot_look(slot, SEQUENCE), 1);
}

SLOT_TEST(of_a_sleeper_can_be_given_up)
{
	slot_open(slot, SEQUENCE);
	slot_sleep(slot, SEQUENCE, &over, clock_now());
	cr_assert_eq(slot_give_up(slot, SEQUENCE), 0);
	cr_assert_eq(word(), slot_word(SEQUENCE, SLOT_GIVEN_UP));
}

SLOT_TEST(sequence_of_62_bits_works)
{
	const uint64_t last = (UINT64_C(1) << 62) - 1;

	slot_open(slot, last);
	cr_assert(slot_is_open(slot, last));
	cr_assert_eq(answer(last, 0), 0);
	cr_assert_eq(slot_look(slot, last), 1);
}

/* --- Answers ---------------------------------------------------------------------------------- */

SLOT_TEST(answer_arrives_as_it_was_given)
{
	const struct slot_answer given = { .fence = UINT64_MAX,
					   .outcome = -4095,
					   .status = -4095,
					   .length = 12,
					   .fds = 253,
					   .form = SLOT_INLINE };
	struct iovec parts[] = { { (void *)(uintptr_t) "one", 3 },
				 { NULL, 0 },
				 { (void *)(uintptr_t) " and two.", 9 } };
	struct slot_answer got;
	char body[13] = "";

	slot_open(slot, SEQUENCE);
	cr_assert_eq(slot_answer(slot, SEQUENCE, &given, parts, 3), 0);
	cr_assert_eq(slot_read(slot, &got), 0);
	cr_assert_eq(got.fence, given.fence);
	cr_assert_eq(got.outcome, given.outcome);
	cr_assert_eq(got.status, given.status);
	cr_assert_eq(got.length, given.length);
	cr_assert_eq(got.fds, given.fds);
	cr_assert_eq(got.form, given.form);
	slot_copy_body(slot, body, got.length);
	cr_assert_str_eq(body, "one and two.");
}

SLOT_TEST(answer_that_fills_the_slot_stays_in_it)
{
	struct slot_answer a = { .length = SLOT_INLINE_MAX };
	unsigned char given[SLOT_INLINE_MAX], got[SLOT_INLINE_MAX];
	struct iovec part = { given, sizeof(given) };

	memset(given, 0xa5, sizeof(given));
	atomic_store(&slot[1].word, 42);
	slot_open(slot, SEQUENCE);
	cr_assert_eq(slot_answer(slot, SEQUENCE, &a, &part, 1), 0);
	cr_assert_eq(slot_read(slot, &a), 0);
	slot_copy_body(slot, got, a.length);
	cr_assert_eq(memcmp(given, got, sizeof(got)), 0);
	cr_assert_eq(atomic_load(&slot[1].word), 42);
}

SLOT_TEST(answer_in_a_frame_writes_no_body)
{
	struct slot_answer a = { .length = 100000, .form = SLOT_FRAME };
	struct iovec part = { (void *)(uintptr_t) "x", 1 };

	slot_open(slot, SEQUENCE);
	cr_assert_eq(slot_answer(slot, SEQUENCE, &a, &part, 1), 0);
	cr_assert_eq(slot->body[0], 0);
	cr_assert_eq(slot_read(slot, &a), 0);
	cr_assert_eq(a.length, 100000);
}

static int read_changed(size_t offset, const void *value, size_t size)
{
	struct slot_answer got = { .length = 77 };
	int err;

	memset((unsigned char *)slot + 8, 0, SLOT_SIZE - 8);
	memcpy((unsigned char *)slot + offset, value, size);
	err = slot_read(slot, &got);
	if (err)
		cr_assert_eq(got.length, 77, "an error touches nothing");
	return err;
}

SLOT_TEST(answer_that_cannot_be_is_refused)
{
	const int32_t numbers[] = { 1, INT32_MAX, -4096, INT32_MIN };
	const uint32_t lengths[] = { SLOT_INLINE_MAX + 1, UINT32_MAX };
	const uint16_t fds[] = { 254, UINT16_MAX };

	for (size_t i = 0; i < 4; i++) {
		cr_assert_eq(read_changed(offsetof(struct slot, outcome), &numbers[i], 4), -EPROTO);
		cr_assert_eq(read_changed(offsetof(struct slot, status), &numbers[i], 4), -EPROTO);
	}
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(read_changed(offsetof(struct slot, length), &lengths[i], 4), -EPROTO);
		cr_assert_eq(read_changed(offsetof(struct slot, fds), &fds[i], 2), -EPROTO);
	}
	for (unsigned form = SLOT_FRAME + 1; form < 256; form++)
		cr_assert_eq(read_changed(offsetof(struct slot, form), &(uint8_t){ (uint8_t)form },
					  1),
			     -EPROTO);
	cr_assert_eq(read_changed(offsetof(struct slot, fence), &(uint64_t){ 1 }, 8), 0);
}

/* --- Hostile words ---------------------------------------------------------------------------- */

/* Words that the request SEQUENCE never has while it is open. */
static const uint64_t impossible[] = {
	0,
	1,
	UINT64_MAX,
	SEQUENCE << 2 | SLOT_GIVEN_UP,
	(SEQUENCE + 1) << 2 | SLOT_OPEN,
	(SEQUENCE + 1) << 2 | SLOT_DONE,
	(SEQUENCE - 1) << 2 | SLOT_DONE,
	(SEQUENCE | UINT64_C(1) << 40) << 2 | SLOT_DONE, /* the low half is right */
};

#define IMPOSSIBLE (sizeof(impossible) / sizeof(*impossible))

SLOT_TEST(word_that_no_request_can_have_is_a_violation_to_the_requester)
{
	for (size_t i = 0; i < IMPOSSIBLE; i++) {
		atomic_store(&slot->word, impossible[i]);
		cr_expect_eq(slot_look(slot, SEQUENCE), -EPROTO, "%zu", i);
		cr_expect_eq(slot_give_up(slot, SEQUENCE), -EPROTO, "%zu", i);
		cr_expect_eq(word(), impossible[i], "it is not changed");
	}
}

SLOT_TEST(word_that_is_not_this_requests_takes_no_answer_of_it)
{
	for (size_t i = 0; i < IMPOSSIBLE; i++) {
		atomic_store(&slot->word, impossible[i]);
		cr_expect_not(slot_is_open(slot, SEQUENCE));
		cr_expect_eq(answer(SEQUENCE, 0), -ETIMEDOUT, "%zu", i);
		cr_expect_eq(word(), impossible[i]);
	}
}

SLOT_TEST(word_that_cannot_be_lets_nobody_sleep)
{
	for (size_t i = 0; i < IMPOSSIBLE; i++) {
		atomic_store(&slot->word, impossible[i]);
		cr_assert_eq(slot_sleep(slot, SEQUENCE, &over, DEADLINE_NEVER), 0, "%zu", i);
	}
}

SLOT_TEST(that_is_answered_lets_nobody_sleep)
{
	set(SEQUENCE, SLOT_DONE);
	cr_assert_eq(slot_sleep(slot, SEQUENCE, &over, DEADLINE_NEVER), 0);
	cr_assert_eq(word(), slot_word(SEQUENCE, SLOT_DONE));
}

SLOT_TEST(of_a_session_that_is_over_lets_nobody_sleep)
{
	slot_open(slot, SEQUENCE);
	atomic_store(&over, 1);
	cr_assert_eq(slot_sleep(slot, SEQUENCE, &over, DEADLINE_NEVER), 0);
}

/* --- Bits of completion ----------------------------------------------------------------------- */

SLOT_TEST(announcements_set_one_bit_each)
{
	struct lane *lane = memory.region.lane[1];

	slot_announce(lane, 0);
	slot_announce(lane, 63);
	slot_announce(lane, 64);
	slot_announce(lane, 127);
	slot_announce(lane, 127);
	cr_assert_eq(atomic_load(&lane->completed[0]), UINT64_C(1) << 63 | 1);
	cr_assert_eq(atomic_load(&lane->completed[1]), UINT64_C(1) << 63 | 1);
}

/* --- Threads ---------------------------------------------------------------------------------- */

struct sleeper {
	pthread_t thread;
	int64_t deadline;
	int result;
};

/* As a requester does: looks, sleeps, looks. */
static void *sleep_until_answered(void *arg)
{
	struct sleeper *s = arg;

	while (!(s->result = slot_look(slot, SEQUENCE)) && !atomic_load(&over)) {
		if (slot_sleep(slot, SEQUENCE, &over, s->deadline) == -ETIMEDOUT) {
			s->result = -ETIMEDOUT;
			break;
		}
	}
	return NULL;
}

static void start_sleeper(struct sleeper *s)
{
	slot_open(slot, SEQUENCE);
	s->deadline = clock_now() + PATIENCE_MS * CLOCK_NS_PER_MS;
	cr_assert_eq(pthread_create(&s->thread, NULL, sleep_until_answered, s), 0);
	while (word() != slot_word(SEQUENCE, SLOT_OPEN_SLEEPS))
		cpu_relax();
}

SLOT_TEST(sleeper_is_woken_by_the_answer)
{
	struct sleeper s;

	for (int slices = 0; slices < 2; slices++) {
		futex_force_slices(slices);
		start_sleeper(&s);
		cr_assert_eq(answer(SEQUENCE, 0), 1);
		slot_wake(slot);
		pthread_join(s.thread, NULL);
		cr_assert_eq(s.result, 1);
	}
	futex_force_slices(false);
}

SLOT_TEST(sleeper_is_woken_by_the_end_of_the_session)
{
	struct sleeper s;

	start_sleeper(&s);
	atomic_store(&over, 1);
	futex_wake(&over, 1, false);
	pthread_join(s.thread, NULL);
	cr_assert_eq(s.result, 0);
}

SLOT_TEST(sleeper_whose_word_is_scribbled_over_finds_out_when_it_is_woken)
{
	struct sleeper s;

	start_sleeper(&s);
	atomic_store(&slot->word, 12345);
	slot_wake(slot);
	pthread_join(s.thread, NULL);
	cr_assert_eq(s.result, -EPROTO);
}

/* The requester gives up at a random moment, the replier answers at a random moment. */
struct race {
	_Atomic uint64_t asked, replied; /* the last sequence that was opened, and was dealt with */
	_Atomic bool stop;
	uint64_t sleeps;
	_Atomic uint32_t published[2]; /* by parity of the sequence: the replier's view */
	uint64_t bad_bytes, disagree, answered, given_up;
};

static void idle(unsigned *seed)
{
	for (int n = rand_r(seed) % 100; n > 0; n--)
		cpu_relax();
}

/* Lets others run now and then: on a busy machine the two may share a processor. */
static bool comes_to(_Atomic uint64_t *number, uint64_t value, _Atomic bool *stop)
{
	for (unsigned n = 1; atomic_load(number) < value; n++) {
		if (atomic_load(stop))
			return false;
		if (n % 1000)
			cpu_relax();
		else
			sched_yield();
	}
	return true;
}

static void *reply_to_all(void *arg)
{
	struct race *r = arg;
	unsigned seed = 1;

	for (uint64_t sequence = 1; comes_to(&r->asked, sequence, &r->stop); sequence++) {
		struct slot_answer a = { .fence = sequence, .length = sizeof(sequence) };
		struct iovec part = { &sequence, sizeof(sequence) };
		int n;

		idle(&seed);
		n = slot_answer(slot, sequence, &a, &part, 1);
		if (n == 1)
			slot_wake(slot);
		atomic_store(&r->published[sequence % 2], n >= 0);
		atomic_store(&r->replied, sequence);
	}
	return NULL;
}

static void check_bytes(struct race *r, uint64_t sequence)
{
	struct slot_answer a;
	uint64_t body = 0;

	if (slot_read(slot, &a) == 0)
		slot_copy_body(slot, &body, sizeof(body));
	r->bad_bytes += body != sequence || a.fence != sequence;
	r->answered++;
}

/*
 * 1 or 0, as slot_give_up(): mostly looks a little, sometimes sleeps a little or gives way to who
 * has the same processor, then gives up.
 */
static int ask(struct race *r, uint64_t sequence, unsigned *seed)
{
	int n;

	slot_open(slot, sequence);
	atomic_store(&r->asked, sequence);
	idle(seed);
	if (rand_r(seed) % 4 == 0) {
		r->sleeps++;
		slot_sleep(slot, sequence, &over, clock_now() + rand_r(seed) % 3000);
	} else if (rand_r(seed) % 16 == 0) {
		sched_yield();
	}
	n = slot_look(slot, sequence);
	return n ? n : slot_give_up(slot, sequence);
}

/* As many rounds as fit into twenty seconds, where the two have to share what others leave them. */
SLOT_TEST(answer_that_races_giving_up_has_one_outcome_that_both_agree_on)
{
	uint64_t most = soak() ? 2000000 : 100000, sequence = 0;
	int64_t end = clock_now() + (soak() ? 600 : 20) * CLOCK_NS_PER_S;
	struct race r = { .stop = false };
	unsigned seed = 2;
	pthread_t replier;

	cr_assert_eq(pthread_create(&replier, NULL, reply_to_all, &r), 0);
	while (sequence < most && (sequence < 1000 || clock_now() < end)) {
		int n = ask(&r, ++sequence, &seed);

		cr_assert(n == 0 || n == 1, "round %ju: %d", (uintmax_t)sequence, n);
		if (n == 1)
			check_bytes(&r, sequence);
		comes_to(&r.replied, sequence, &r.stop);
		r.given_up += n == 0;
		r.disagree += (uint32_t)n != atomic_load(&r.published[sequence % 2]);
	}
	atomic_store(&r.stop, true);
	pthread_join(replier, NULL);
	cr_assert_eq(r.disagree, 0, "the two sides disagree %ju times", (uintmax_t)r.disagree);
	cr_assert_eq(r.bad_bytes, 0);
	cr_assert_eq(r.answered + r.given_up, sequence);
	cr_assert_gt(r.answered, 0);
	cr_assert_gt(r.given_up, 0);
	cr_assert_gt(r.sleeps, 0);
}

/*
 * The requester reuses the slot at once; answers of older requests may still be on their way. The
 * repliers share a lock for the slot, as they do in a session.
 */
struct reuse {
	pthread_mutex_t lock;
	_Atomic uint64_t asked;
	_Atomic bool stop;
	uint64_t rounds;
	_Atomic uint64_t published;
};

static void *reply_late(void *arg)
{
	struct reuse *r = arg;
	unsigned seed = (unsigned)(uintptr_t)&seed;

	while (!atomic_load(&r->stop)) {
		uint64_t sequence = atomic_load(&r->asked);
		struct slot_answer a = { .fence = sequence, .length = sizeof(sequence) };
		struct iovec part = { &sequence, sizeof(sequence) };
		int n;

		if (!sequence)
			continue;
		idle(&seed); /* long enough to be late now and then */
		pthread_mutex_lock(&r->lock);
		n = slot_answer(slot, sequence, &a, &part, 1);
		pthread_mutex_unlock(&r->lock);
		if (n >= 0)
			atomic_fetch_add(&r->published, 1);
		if (n == 1)
			slot_wake(slot);
	}
	return NULL;
}

SLOT_TEST(that_is_reused_at_once_never_shows_an_older_answer)
{
	struct reuse r = { .lock = PTHREAD_MUTEX_INITIALIZER, .rounds = soak() ? 2000000 : 20000 };
	struct race seen = { 0 };
	pthread_t replier[2];
	unsigned seed = 3;

	for (int i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&replier[i], NULL, reply_late, &r), 0);
	for (uint64_t sequence = 1; sequence <= r.rounds; sequence++) {
		int n;

		slot_open(slot, sequence);
		atomic_store(&r.asked, sequence);
		idle(&seed);
		n = slot_give_up(slot, sequence);
		cr_assert(n == 0 || n == 1, "round %ju: %d", (uintmax_t)sequence, n);
		if (n == 1)
			check_bytes(&seen, sequence);
	}
	atomic_store(&r.stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(replier[i], NULL);
	cr_assert_eq(seen.bad_bytes, 0);
	cr_assert_eq(seen.answered, atomic_load(&r.published));
}

/* Stores every state at every moment. */
static void *scribble(void *arg)
{
	_Atomic bool *stop = arg;
	unsigned seed = 4;

	while (!atomic_load(stop))
		set(SEQUENCE + (uint64_t)(rand_r(&seed) % 16 == 0),
		    (enum slot_state)(rand_r(&seed) % 4));
	return NULL;
}

SLOT_TEST(calls_return_whatever_the_other_side_stores_meanwhile)
{
	_Atomic bool stop = false;
	pthread_t writer;
	int n;

	cr_assert_eq(pthread_create(&writer, NULL, scribble, &stop), 0);
	for (int i = 0; i < 20000; i++) {
		n = slot_look(slot, SEQUENCE);
		cr_assert(n == 0 || n == 1 || n == -EPROTO);
		n = slot_give_up(slot, SEQUENCE);
		cr_assert(n == 0 || n == 1 || n == -EPROTO);
		n = answer(SEQUENCE, 0);
		cr_assert(n == 0 || n == 1 || n == -ETIMEDOUT);
		n = slot_sleep(slot, SEQUENCE, &over, clock_now());
		cr_assert(n == 0 || n == -ETIMEDOUT);
	}
	atomic_store(&stop, true);
	pthread_join(writer, NULL);
}
