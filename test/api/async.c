/*
 * Requests that do not wait: whatever happens, the callback comes exactly once.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(async, .timeout = 120);

/* Closes everything that could still call back, and only then counts. */
static void expect_one_outcome(struct stage *s, int error)
{
	struct journal *j = &s->secondary[0].journal;

	cr_assert(journal_await(j, DONE, 1));
	gate_open(&s->gate);
	side_close(&s->secondary[0]);
	side_close(&s->primary);
	cr_assert_eq(journal_count(j, DONE), 1);
	cr_assert_eq(journal_entry(j, DONE, 0).detail, error, "the outcome is %d",
		     journal_entry(j, DONE, 0).detail);
	stage_close(s);
}

Test(async, calls_back_once_with_the_answer)
{
	struct stage *s = stage_open(1);
	uint64_t id = 0;

	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "echo", 5, PATIENCE, &id), 0);
	cr_assert_neq(id, 0);
	cr_assert(journal_await(&s->secondary[0].journal, DONE, 1));
	cr_assert_eq(journal_entry(&s->secondary[0].journal, DONE, 0).number, id);
	cr_assert_eq(journal_entry(&s->secondary[0].journal, DONE, 0).length, 8);
	expect_one_outcome(s, 0);
}

Test(async, calls_back_once_with_the_error)
{
	struct stage *s = stage_open(1);

	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "nobody", 5, PATIENCE, NULL), 0);
	expect_one_outcome(s, -ENOENT);
}

Test(async, calls_back_once_after_its_time)
{
	struct stage *s = stage_open(1);

	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "hold", 5, COHORT_MS(30), NULL),
		     0);
	expect_one_outcome(s, -ETIMEDOUT);
}

Test(async, calls_back_once_after_cancel)
{
	struct stage *s = stage_open(1);
	uint64_t id;

	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "hold", 5, COHORT_FOREVER, &id),
		     0);
	cr_assert_eq(cohort_cancel(s->secondary[0].c, id), 0);
	cr_assert_eq(cohort_cancel(s->secondary[0].c, id), -ENOENT);
	expect_one_outcome(s, -ECANCELED);
}

Test(async, calls_back_once_when_the_session_is_given_up)
{
	struct stage *s = stage_new();

	s->secondary[0].config.flags |= COHORT_NO_RECONNECT;
	stage_start(s, 1);
	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "hold", 5, PATIENCE, NULL), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	cr_assert_eq(cohort_peer_disconnect(s->primary.c, id_of(&s->secondary[0])), 0);
	expect_one_outcome(s, -ECANCELED);
}

Test(async, calls_back_once_before_close_returns)
{
	struct stage *s = stage_open(1);

	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "hold", 5, PATIENCE, NULL), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	side_close(&s->secondary[0]);
	cr_assert_eq(journal_count(&s->secondary[0].journal, DONE), 1);
	expect_one_outcome(s, -ESHUTDOWN);
}

Test(async, with_no_time_is_not_sent_and_calls_nobody_back)
{
	struct stage *s = stage_open(1);
	uint64_t id = 99;

	EXPECT(-ETIMEDOUT, ask_async(&s->secondary[0], COHORT_PRIMARY, "note", 5, 0, &id));
	INVALID(ask_async(&s->secondary[0], COHORT_PRIMARY, "note", 5, -1, &id));
	cr_assert_eq(id, 99);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "note", 6), 0);
	side_close(&s->secondary[0]);
	cr_assert_eq(journal_count(&s->secondary[0].journal, DONE), 0);
	cr_assert_eq(journal_count(&s->primary.journal, CALLED), 1);
	stage_close(s);
}

Test(async, with_one_nanosecond_calls_back_once_or_was_not_sent)
{
	struct stage *s = stage_open(1);
	size_t accepted = 0;

	for (uint64_t i = 0; i < 300; i++) {
		int err = ask_async(&s->secondary[0], COHORT_PRIMARY, "echo", i, 1, NULL);

		cr_assert(err == 0 || err == -ETIMEDOUT || err == -EAGAIN, "%d", err);
		accepted += !err;
	}
	cr_assert(journal_await(&s->secondary[0].journal, DONE, accepted));
	side_close(&s->secondary[0]);
	cr_assert_eq(journal_count(&s->secondary[0].journal, DONE), accepted);
	stage_close(s);
}

Test(async, more_than_128_at_once_have_no_slot)
{
	struct stage *s = stage_open(1);
	size_t accepted = 0;
	int err;

	while (!(err = ask_async(&s->secondary[0], COHORT_PRIMARY, "hold", accepted, PATIENCE,
				 NULL)))
		cr_assert_lt(++accepted, 1000);
	cr_assert_eq(err, -EAGAIN);
	cr_assert_eq(accepted, 128);
	EXPECT(-EAGAIN, ask_within(&s->secondary[0], COHORT_PRIMARY, "echo", 1, COHORT_MS(20)));
	gate_open(&s->gate);
	cr_assert(journal_await(&s->secondary[0].journal, DONE, 128));
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	for (size_t i = 0; i < 128; i++)
		cr_assert_eq(journal_entry(&s->secondary[0].journal, DONE, i).detail, 0);
	stage_close(s);
}

/* Asks again from its callback, until the number has counted down. */
static uint64_t left_to_ask;

static void on_done_again(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply,
			  void *arg)
{
	struct cohort_message m = COHORT_MESSAGE("echo", "again", 5);

	if (!error && left_to_ask-- > 0)
		error = cohort_request_async(c, COHORT_PRIMARY, &m, PATIENCE, on_done_again, arg,
					     NULL);
	else
		on_done(c, id, error, NULL, arg);
	if (error)
		journal_write(&((struct side *)arg)->journal,
			      (struct entry){ .deed = DONE, .detail = error });
	cohort_reply_free(reply);
}

Test(async, callback_may_ask_again)
{
	struct stage *s = stage_open(1);
	struct cohort_message m = COHORT_MESSAGE("echo", NULL, 0);

	left_to_ask = 1000;
	cr_assert_eq(cohort_request_async(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE,
					  on_done_again, &s->secondary[0], NULL),
		     0);
	expect_one_outcome(s, 0);
}

/* Its own request has its outcome already; waiting for another one is allowed. */
static void on_done_and_ask(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply,
			    void *arg)
{
	struct cohort_message m = COHORT_MESSAGE("echo", NULL, 0);

	if (!error && cohort_cancel(c, id) != -ENOENT)
		error = -EIO;
	if (!error)
		error = cohort_request(c, COHORT_PRIMARY, &m, PATIENCE, NULL);
	on_done(c, id, error, reply, arg);
}

Test(async, callback_may_wait_for_another_answer)
{
	struct stage *s = stage_open(1);
	struct cohort_message m = COHORT_MESSAGE("echo", NULL, 0);

	cr_assert_eq(cohort_request_async(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE,
					  on_done_and_ask, &s->secondary[0], NULL),
		     0);
	expect_one_outcome(s, 0);
}

/* The id is there before the callback can look at it. */
static uint64_t id_to_see;

static void on_done_sees_id(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply,
			    void *arg)
{
	on_done(c, id, id == id_to_see ? error : -EIO, reply, arg);
}

Test(async, id_is_written_before_the_callback_runs)
{
	struct stage *s = stage_open(1);
	struct cohort_message m = COHORT_MESSAGE("echo", NULL, 0);

	for (size_t i = 0; i < 1000; i++) {
		cr_assert_eq(cohort_request_async(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE,
						  on_done_sees_id, &s->secondary[0], &id_to_see),
			     0);
		cr_assert(journal_await(&s->secondary[0].journal, DONE, i + 1));
		cr_assert_eq(journal_entry(&s->secondary[0].journal, DONE, i).detail, 0);
	}
	stage_close(s);
}

Test(async, large_answers_with_descriptors_arrive)
{
	struct stage *s = stage_open(1);
	char *body = calloc(1, 1 << 20);
	struct cohort_message m = COHORT_MESSAGE("echo", body, 1 << 20);
	int fd = make_memfd();

	m.fds = &fd;
	m.nfds = 1;
	m.flags = COHORT_GIVE_FDS;
	cr_assert_eq(cohort_request_async(s->primary.c, id_of(&s->secondary[0]), &m, PATIENCE,
					  on_done, &s->primary, NULL),
		     0);
	free(body);
	cr_assert(journal_await(&s->primary.journal, DONE, 1));
	cr_assert_eq(journal_entry(&s->primary.journal, DONE, 0).detail, 0);
	cr_assert_eq(journal_entry(&s->primary.journal, DONE, 0).length, 1 << 20);
	stage_close(s);
}

static void *ask_without_waiting(void *arg)
{
	struct side *side = arg;

	for (uint64_t i = 0; i < 5000;)
		i += !ask_async(side, COHORT_PRIMARY, "echo", i, PATIENCE, NULL);
	return NULL;
}

Test(async, requests_of_several_threads_each_have_one_outcome)
{
	struct stage *s = stage_open(1);
	struct journal *j = &s->secondary[0].journal;
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		threads[i] = thread_start(ask_without_waiting, &s->secondary[0]);
	for (size_t i = 0; i < 4; i++)
		thread_join(threads[i]);
	cr_assert(journal_await(j, DONE, 20000));
	side_close(&s->secondary[0]);
	cr_assert_eq(journal_count(j, DONE), 20000);
	for (size_t i = 0; i < j->count; i++)
		cr_assert(j->entries[i].deed != DONE || j->entries[i].detail == 0);
	stage_close(s);
}
