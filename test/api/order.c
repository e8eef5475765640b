/*
 * Handlers start in the order in which a process sent, whatever it sent: small and large, messages
 * and requests, with descriptors and without.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(order, .timeout = 290);

/* What arrives is numbered; whatever does not follow its predecessor is counted. */
struct sequence {
	struct event end;
	uint64_t total;
	uint64_t next;
	uint64_t wrong;
};

static struct sequence sequence;

static size_t size_of(uint64_t i)
{
	size_t spread = (size_t)(i * 2654435761u >> 7);

	if (i % 64 == 0)
		return 8 + spread % 65536;
	if (i % 8 == 0)
		return 8 + spread % 4096;
	return 8 + spread % 200;
}

static size_t fds_of(uint64_t i)
{
	return i % 97 ? 0 : i % 5;
}

static bool is_right(const struct cohort_call *call, uint64_t i)
{
	size_t length;
	const unsigned char *data = cohort_call_data(call, &length);

	return call_number(call) == i && length == size_of(i) &&
	       cohort_call_fds(call) == fds_of(i) &&
	       (length == 8 || data[length - 1] == (unsigned char)i) &&
	       cohort_call_is_request(call) == (i % 50 == 3);
}

static int on_sequence(struct cohort_call *call, void *arg)
{
	(void)arg;
	sequence.wrong += !is_right(call, sequence.next);
	if (++sequence.next == sequence.total)
		event_signal(&sequence.end);
	return 0;
}

static void send_numbered(struct side *from, cohort_peer to, uint64_t i, unsigned char *body)
{
	static int fds[4] = { 0, 0, 0, 0 };
	struct cohort_message m = COHORT_MESSAGE("sequence", body, size_of(i));
	int err;

	memcpy(body, &i, sizeof(i));
	if (m.length > sizeof(i))
		body[m.length - 1] = (unsigned char)i;
	m.fds = fds;
	m.nfds = fds_of(i);
	do {
		err = i % 50 == 3
			      ? cohort_request_async(from->c, to, &m, PATIENCE, on_done, from, NULL)
			      : cohort_send(from->c, to, &m, PATIENCE);
	} while (err == -EAGAIN);
	cr_assert_eq(err, 0, "record %lu: %d", (unsigned long)i, err);
}

static void keeps_its_order(struct stage *s, struct side *from, cohort_peer to)
{
	static unsigned char body[65536 + 8];
	size_t answers = 0;

	event_init(&sequence.end);
	sequence.total = soak() ? 1000000 : 100000;
	for (uint64_t i = 0; i < sequence.total; i++) {
		send_numbered(from, to, i, body);
		answers += i % 50 == 3;
	}
	cr_assert(event_wait_for(&sequence.end, 1, 120000));
	cr_assert_eq(sequence.wrong, 0, "%lu are out of order", (unsigned long)sequence.wrong);
	cr_assert(journal_await(&from->journal, DONE, answers));
	event_deinit(&sequence.end);
	stage_close(s);
}

Test(order, of_mixed_records_from_a_secondary_is_kept)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "sequence", on_sequence);
	stage_start(s, 1);
	keeps_its_order(s, &s->secondary[0], COHORT_PRIMARY);
}

Test(order, of_mixed_records_from_the_primary_is_kept)
{
	struct stage *s = stage_new();

	side_add(&s->secondary[0], "sequence", on_sequence);
	stage_start(s, 1);
	keeps_its_order(s, &s->primary, id_of(&s->secondary[0]));
}

/* Threads of one sender share the ring; each one's own records keep their order. */
#define THREADS 4
#define EACH 5000

struct teller {
	struct side *side;
	uint64_t which;
	uint64_t failed;
};

static void *tell_many(void *arg)
{
	struct teller *t = arg;

	for (uint64_t i = 0; i < EACH; i++)
		t->failed += tell(t->side, COHORT_PRIMARY, "note", t->which << 32 | i) != 0;
	return NULL;
}

static void check_turns(struct journal *j)
{
	uint64_t next[THREADS] = { 0 };
	size_t n;
	uint64_t *numbers = journal_numbers(j, CALLED, &n);

	cr_assert_eq(n, THREADS * EACH);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(numbers[i] & UINT32_MAX, next[numbers[i] >> 32]++);
	free(numbers);
}

Test(order, of_each_thread_is_kept_when_several_send)
{
	struct stage *s = stage_open(1);
	struct teller tellers[THREADS];
	pthread_t threads[THREADS];

	for (uint64_t i = 0; i < THREADS; i++) {
		tellers[i] = (struct teller){ &s->secondary[0], i, 0 };
		threads[i] = thread_start(tell_many, &tellers[i]);
	}
	for (size_t i = 0; i < THREADS; i++) {
		thread_join(threads[i]);
		cr_assert_eq(tellers[i].failed, 0);
	}
	cr_assert(journal_await(&s->primary.journal, CALLED, THREADS * EACH));
	check_turns(&s->primary.journal);
	stage_close(s);
}

Test(order, of_peers_is_kept_with_several_handler_threads)
{
	struct stage *s = stage_new();
	struct teller tellers[THREADS];
	pthread_t threads[THREADS];

	s->primary.config.handler_threads = 4;
	stage_start(s, THREADS);
	for (uint64_t i = 0; i < THREADS; i++) {
		tellers[i] = (struct teller){ &s->secondary[i], i, 0 };
		threads[i] = thread_start(tell_many, &tellers[i]);
	}
	for (size_t i = 0; i < THREADS; i++)
		thread_join(threads[i]);
	cr_assert(journal_await(&s->primary.journal, CALLED, THREADS * EACH));
	check_turns(&s->primary.journal);
	stage_close(s);
}
