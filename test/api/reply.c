/*
 * Answers: given once, by any thread, during the handler or after it; and what the answerer is told
 * when nobody waits any more.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(reply, .timeout = 120);

/* What the handlers below kept; valid once the journal says that the handler was called. */
static struct cohort_call *kept;

static int on_keep(struct cohort_call *call, void *arg)
{
	int err = cohort_call_keep(call, &kept);

	side_write_call(arg, call);
	return err;
}

/* One secondary, whose requests for "keep" come to be in `kept`. */
static struct stage *stage_for_kept(void)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "keep", on_keep);
	side_add(&s->secondary[0], "keep", on_keep);
	s->secondary[0].config.flags |= COHORT_NO_RECONNECT;
	stage_start(s, 1);
	return s;
}

/* The same, and one that was sent without waiting is in it. */
static struct stage *stage_with_kept(int64_t timeout, uint64_t *id)
{
	struct stage *s = stage_for_kept();

	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "keep", 77, timeout, id), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	return s;
}

static int answer(struct cohort_call *call, int status, const char *text)
{
	struct cohort_message body = COHORT_MESSAGE(NULL, text, strlen(text));

	return cohort_call_reply(call, status, &body);
}

static int outcome_of(struct stage *s)
{
	cr_assert(journal_await(&s->secondary[0].journal, DONE, 1));
	cr_assert_eq(journal_count(&s->secondary[0].journal, DONE), 1);
	return journal_entry(&s->secondary[0].journal, DONE, 0).detail;
}

static int on_twice(struct cohort_call *call, void *arg)
{
	struct entry e = { .deed = CALLED };

	e.number = answer(call, -EDOM, "first") == 0 && answer(call, 0, "second") == -EALREADY;
	journal_write(&((struct side *)arg)->journal, e);
	return -EIO;
}

Test(reply, second_one_and_the_handlers_result_do_not_count)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "twice", on_twice);
	stage_start(s, 1);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "twice", 0), -EDOM);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).number, 1);
	stage_close(s);
}

Test(reply, can_be_given_after_the_handler_by_another_thread)
{
	struct stage *s = stage_with_kept(PATIENCE, NULL);

	cr_assert_eq(call_number(kept), 77);
	cr_assert_str_eq(cohort_call_action(kept), "keep");
	cr_assert(cohort_call_is_request(kept));
	cr_assert_not(cohort_call_cancelled(kept));
	cr_assert_eq(cohort_call_peer(kept), id_of(&s->secondary[0]));
	cr_assert_eq(cohort_call_channel(kept), s->primary.c);
	cr_assert_eq(journal_count(&s->secondary[0].journal, DONE), 0);
	cr_assert_eq(answer(kept, 0, "late but in time"), 0);
	cr_assert_eq(outcome_of(s), 0);
	cr_assert_eq(journal_entry(&s->secondary[0].journal, DONE, 0).length, 16);
	cr_assert_eq(answer(kept, 0, "again"), -EALREADY);
	cohort_call_drop(kept);
	stage_close(s);
}

Test(reply, of_a_call_that_was_dropped_is_ecanceled)
{
	struct stage *s = stage_new();
	uint64_t id = 0;

	side_add(&s->primary, "keep", on_keep);
	stage_start(s, 1);
	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "keep", 0, PATIENCE, &id), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	cohort_call_drop(kept);
	cr_assert_eq(outcome_of(s), 0, "it was answered: the status says how");
	stage_close(s);
}

Test(reply, keeping_a_kept_call_is_ealready)
{
	struct stage *s = stage_with_kept(PATIENCE, NULL);
	struct cohort_call *again = NULL;

	cr_assert_eq(cohort_call_keep(kept, &again), -EALREADY);
	cr_assert_null(again);
	cohort_call_drop(kept);
	stage_close(s);
}

Test(reply, after_the_requester_gave_up_says_so)
{
	struct stage *s = stage_for_kept();
	struct journal *done = &s->secondary[0].journal;
	struct attempt a = attempt_first(&s->primary, &s->primary.journal);
	size_t n = 0;

	do {
		cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "keep", 77, a.timeout,
				       NULL),
			     0);
		cr_assert(journal_await(done, DONE, ++n));
		cr_assert_eq(journal_entry(done, DONE, n - 1).detail, -ETIMEDOUT);
	} while (attempt_failed(&a));
	cr_assert(cohort_call_cancelled(kept));
	cr_assert_eq(answer(kept, 0, "too late"), -ETIMEDOUT);
	cohort_call_drop(kept);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 5), 0);
	cr_assert_eq(stats_of(&s->primary, COHORT_ALL).late_replies, 1);
	cr_assert_eq(journal_count(done, DONE), n);
	stage_close(s);
}

Test(reply, after_the_requester_cancelled_says_so)
{
	uint64_t id;
	struct stage *s = stage_with_kept(PATIENCE, &id);

	cr_assert_eq(cohort_cancel(s->secondary[0].c, id), 0);
	cr_assert_eq(outcome_of(s), -ECANCELED);
	cr_assert(cohort_call_cancelled(kept));
	cr_assert_eq(answer(kept, 0, "too late"), -ECANCELED);
	cohort_call_drop(kept);
	stage_close(s);
}

Test(reply, after_the_requester_closed_is_epipe)
{
	struct stage *s = stage_with_kept(PATIENCE, NULL);

	side_close(&s->secondary[0]);
	cr_assert_eq(outcome_of(s), -ESHUTDOWN);
	cr_assert(journal_await(&s->primary.journal, LEFT, 1));
	cr_assert(cohort_call_cancelled(kept));
	cr_assert_eq(answer(kept, 0, "too late"), -EPIPE);
	cohort_call_drop(kept);
	stage_close(s);
}

Test(reply, after_the_session_was_ended_is_epipe)
{
	struct stage *s = stage_with_kept(PATIENCE, NULL);

	cr_assert_eq(cohort_peer_disconnect(s->primary.c, id_of(&s->secondary[0])), 0);
	cr_assert_eq(outcome_of(s), -ECANCELED);
	cr_assert(journal_await(&s->primary.journal, LEFT, 1));
	cr_assert_eq(answer(kept, 0, "too late"), -EPIPE);
	cohort_call_drop(kept);
	stage_close(s);
}

Test(reply, after_our_own_close_is_eshutdown_and_the_call_is_still_readable)
{
	struct stage *s = stage_with_kept(PATIENCE, NULL);
	int outcome;

	side_close(&s->primary);
	outcome = outcome_of(s);
	cr_assert(outcome == -ESHUTDOWN || outcome == -EPIPE, "the outcome is %d", outcome);
	cr_assert_eq(call_number(kept), 77);
	cr_assert_str_eq(cohort_call_action(kept), "keep");
	cr_assert(cohort_call_cancelled(kept));
	cr_assert_eq(answer(kept, 0, "too late"), -ESHUTDOWN);
	side_close(&s->secondary[0]);
	cohort_call_drop(kept);
	stage_close(s);
}

Test(reply, messages_can_be_kept_with_bytes_and_descriptors)
{
	struct stage *s = stage_new();
	char *body = malloc(1 << 20);
	struct cohort_message m = COHORT_MESSAGE("keep", body, 1 << 20);
	int fd = make_memfd();
	int taken;

	pattern_fill(body, 1 << 20, 4);
	m.fds = &fd;
	m.nfds = 1;
	side_add(&s->primary, "keep", on_keep);
	stage_start(s, 1);
	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	cr_assert_eq(answer(kept, 0, "x"), -EOPNOTSUPP);
	side_close(&s->primary);
	cr_assert(pattern_matches(cohort_call_data(kept, NULL), 1 << 20, 4));
	taken = cohort_call_fd_take(kept, 0);
	cr_assert(same_file(taken, fd));
	cr_assert_eq(cohort_call_fd_take(kept, 0), -EALREADY);
	close(taken);
	close(fd);
	cohort_call_drop(kept);
	free(body);
	stage_close(s);
}

static struct cohort_call *many[300];
static size_t nmany;

static int on_keep_many(struct cohort_call *call, void *arg)
{
	(void)arg;
	return nmany < 300 ? cohort_call_keep(call, &many[nmany++]) : -EIO;
}

Test(reply, more_than_256_calls_of_one_peer_are_refused_until_some_have_ended)
{
	struct stage *s = stage_new();
	int err = -ETIMEDOUT;

	side_add(&s->primary, "keep", on_keep_many);
	stage_start(s, 1);
	while (err == -ETIMEDOUT || err == -EAGAIN)
		err = ask_within(&s->secondary[0], COHORT_PRIMARY, "keep", 0, COHORT_MS(1));
	cr_assert_eq(err, -EBUSY);
	cr_assert_eq(nmany, 256);
	for (size_t i = 0; i < nmany; i++)
		cohort_call_drop(many[i]);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 5), 0);
	stage_close(s);
}
