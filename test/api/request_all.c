/*
 * Asking everyone: all are asked at once, and each has an outcome of its own.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(request_all, .timeout = 120);

static struct cohort_replies *ask_all(struct side *primary, const char *action, uint64_t number,
				      int64_t timeout)
{
	struct cohort_message m = COHORT_MESSAGE(action, &number, sizeof(number));
	struct cohort_replies *replies = NULL;
	int err = cohort_request_all(primary->c, &m, timeout, &replies);

	cr_assert_eq(err, 0, "request_all returned %d", err);
	cr_assert_not_null(replies);
	return replies;
}

/* The index of a peer's answer. */
static size_t find(const struct cohort_replies *replies, cohort_peer peer)
{
	size_t i = 0;

	while (i < cohort_replies_count(replies) && cohort_replies_peer(replies, i) != peer)
		i++;
	cr_assert_lt(i, cohort_replies_count(replies), "a peer has no outcome");
	return i;
}

static int outcome(const struct cohort_replies *replies, cohort_peer peer)
{
	return cohort_replies_error(replies, find(replies, peer));
}

static int status(const struct cohort_replies *replies, cohort_peer peer)
{
	return cohort_reply_status(cohort_replies_reply(replies, find(replies, peer)));
}

Test(request_all, has_an_answer_of_each)
{
	struct stage *s = stage_open(5);
	struct cohort_replies *replies = ask_all(&s->primary, "echo", 1234, PATIENCE);

	cr_assert_eq(cohort_replies_count(replies), 5);
	for (size_t i = 0; i < 5; i++) {
		size_t at = find(replies, id_of(&s->secondary[i]));
		size_t length = 0;
		const void *data;

		cr_assert_eq(cohort_replies_error(replies, at), 0);
		data = cohort_reply_data(cohort_replies_reply(replies, at), &length);
		cr_assert_eq(length, 8);
		cr_assert_arr_eq(data, &(uint64_t){ 1234 }, 8);
	}
	cohort_replies_free(replies);
	stage_close(s);
}

Test(request_all, of_nobody_returns_at_once_with_none)
{
	struct stage *s = stage_open(0);
	struct cohort_replies *replies = ask_all(&s->primary, "echo", 1, COHORT_FOREVER);

	cr_assert_eq(cohort_replies_count(replies), 0);
	cohort_replies_free(replies);
	stage_close(s);
}

static void on_done_all(struct cohort *c, uint64_t id, struct cohort_replies *replies, void *arg)
{
	struct entry e = { .deed = DONE, .number = id, .length = cohort_replies_count(replies) };

	(void)c;
	for (size_t i = 0; i < e.length; i++)
		e.detail += cohort_replies_error(replies, i) == 0;
	cohort_replies_free(replies);
	journal_write(&((struct side *)arg)->journal, e);
}

static void calls_back_once(struct stage *s, size_t n)
{
	struct cohort_message m = COHORT_MESSAGE("echo", NULL, 0);
	struct journal *j = &s->primary.journal;
	uint64_t id = 0;

	cr_assert_eq(cohort_request_all_async(s->primary.c, &m, PATIENCE, on_done_all, &s->primary,
					      &id),
		     0);
	cr_assert(journal_await(j, DONE, 1));
	cr_assert_eq(journal_entry(j, DONE, 0).number, id);
	cr_assert_eq(journal_entry(j, DONE, 0).length, n);
	cr_assert_eq(journal_entry(j, DONE, 0).detail, (int)n);
	for (size_t i = 0; i < STAGE_MAX; i++)
		side_close(&s->secondary[i]);
	side_close(&s->primary);
	cr_assert_eq(journal_count(j, DONE), 1);
	stage_close(s);
}

Test(request_all, of_nobody_without_waiting_calls_back_exactly_once)
{
	calls_back_once(stage_open(0), 0);
}

Test(request_all, without_waiting_calls_back_exactly_once)
{
	calls_back_once(stage_open(4), 4);
}

Test(request_all, is_the_primarys_alone)
{
	struct stage *s = stage_open(1);
	struct cohort_message m = COHORT_MESSAGE("echo", NULL, 0);
	struct cohort_replies *replies = NULL;

	EXPECT(-EPERM, cohort_request_all(s->secondary[0].c, &m, PATIENCE, &replies));
	cr_assert_null(replies);
	EXPECT(-EPERM,
	       cohort_request_all_async(s->secondary[0].c, &m, PATIENCE, on_done_all, NULL, NULL));
	stage_close(s);
}

/* Each has to end by its timeout, for one never answers; on a busy machine the others need longer. */
static struct cohort_replies *ask_until_voted(struct stage *s)
{
	struct cohort_replies *replies = NULL;
	int64_t timeout = COHORT_MS(250);

	do {
		cohort_replies_free(replies);
		replies = ask_all(&s->primary, "vote", EDOM, timeout);
		timeout *= 2;
	} while (timeout < PATIENCE && (outcome(replies, id_of(&s->secondary[0])) == -ETIMEDOUT ||
					outcome(replies, id_of(&s->secondary[1])) == -ETIMEDOUT));
	return replies;
}

Test(request_all, keeps_the_outcomes_apart)
{
	struct stage *s = stage_new();
	struct cohort_replies *replies;

	side_add(&s->secondary[0], "vote", on_note);
	side_add(&s->secondary[1], "vote", on_fail);
	side_add(&s->secondary[2], "vote", on_hold);
	stage_start(s, 4);
	replies = ask_until_voted(s);
	cr_assert_eq(cohort_replies_count(replies), 4);
	cr_assert_eq(outcome(replies, id_of(&s->secondary[0])), 0);
	cr_assert_eq(status(replies, id_of(&s->secondary[0])), 0);
	cr_assert_eq(outcome(replies, id_of(&s->secondary[1])), 0);
	cr_assert_eq(status(replies, id_of(&s->secondary[1])), -EDOM);
	cr_assert_eq(outcome(replies, id_of(&s->secondary[2])), -ETIMEDOUT);
	cr_assert_null(cohort_replies_reply(replies, find(replies, id_of(&s->secondary[2]))));
	cr_assert_eq(outcome(replies, id_of(&s->secondary[3])), -ENOENT);
	cohort_replies_free(replies);
	stage_close(s);
}

/* Returns only when as many have arrived as the number says. */
static struct event arrived;

static int on_meet(struct cohort_call *call, void *arg)
{
	(void)arg;
	event_signal(&arrived);
	return event_wait_for(&arrived, (unsigned long)call_number(call), PATIENCE_MS) ? 0 : -EIO;
}

Test(request_all, asks_everyone_at_once)
{
	struct stage *s = stage_new();
	struct cohort_replies *replies;

	event_init(&arrived);
	for (size_t i = 0; i < 8; i++)
		side_add(&s->secondary[i], "meet", on_meet);
	stage_start(s, 8);
	replies = ask_all(&s->primary, "meet", 8, PATIENCE);
	for (size_t i = 0; i < 8; i++)
		cr_assert_eq(status(replies, id_of(&s->secondary[i])), 0);
	cohort_replies_free(replies);
	event_deinit(&arrived);
	stage_close(s);
}

static void *disconnect_when_held(void *arg)
{
	struct stage *s = arg;

	if (journal_await(&s->secondary[1].journal, CALLED, 1))
		cohort_peer_disconnect(s->primary.c, id_of(&s->secondary[1]));
	return NULL;
}

Test(request_all, keeps_the_other_answers_when_a_peer_goes_midway)
{
	struct stage *s = stage_new();
	struct cohort_replies *replies;
	cohort_peer gone;
	pthread_t thread;

	side_add(&s->secondary[0], "vote", on_note);
	side_add(&s->secondary[1], "vote", on_hold);
	s->secondary[1].config.flags |= COHORT_NO_RECONNECT;
	stage_start(s, 2);
	gone = id_of(&s->secondary[1]);
	thread = thread_start(disconnect_when_held, s);
	replies = ask_all(&s->primary, "vote", 1, PATIENCE);
	thread_join(thread);
	cr_assert_eq(outcome(replies, id_of(&s->secondary[0])), 0);
	cr_assert_eq(outcome(replies, gone), -ECANCELED);
	cohort_replies_free(replies);
	stage_close(s);
}

/* The answers outlive the handle and may carry descriptors. */
Test(request_all, answers_outlive_the_handle)
{
	struct stage *s = stage_open(3);
	struct cohort_message m = COHORT_MESSAGE("echo", "x", 1);
	struct cohort_replies *replies = NULL;
	int fd = make_memfd();

	m.fds = &fd;
	m.nfds = 1;
	cr_assert_eq(cohort_request_all(s->primary.c, &m, PATIENCE, &replies), 0);
	for (size_t i = 0; i < 3; i++)
		side_close(&s->secondary[i]);
	side_close(&s->primary);
	for (size_t i = 0; i < 3; i++) {
		struct cohort_reply *reply = cohort_replies_reply(replies, i);
		int taken = i ? cohort_reply_fd_take(reply, 0) : -1;

		cr_assert_eq(cohort_reply_fds(reply), 1);
		cr_assert(i == 0 || same_file(taken, fd));
		cr_assert(i == 0 || close(taken) == 0);
	}
	cohort_replies_free(replies);
	close(fd);
	stage_close(s);
}

/*
 * Two-phase commit: the primary, serving a request, asks every secondary, the requester included,
 * and answers with what came of it. Who refuses makes all roll back.
 */
static int tell_verdict(struct side *side, const char *action)
{
	struct cohort_message m = COHORT_MESSAGE(action, NULL, 0);
	struct cohort_replies *replies = NULL;
	int verdict = cohort_request_all(side->c, &m, PATIENCE, &replies);

	for (size_t i = 0; !verdict && i < cohort_replies_count(replies); i++) {
		verdict = cohort_replies_error(replies, i);
		if (!verdict)
			verdict = cohort_reply_status(cohort_replies_reply(replies, i));
	}
	cohort_replies_free(replies);
	return verdict;
}

static int on_transaction(struct cohort_call *call, void *arg)
{
	int verdict = tell_verdict(arg, "prepare");
	int err = tell_verdict(arg, verdict ? "roll_back" : "commit");

	(void)call;
	return err ? err : verdict;
}

static struct stage *stage_of_a_transaction(cohort_handler *prepare_of_the_last)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "transaction", on_transaction);
	for (size_t i = 0; i < 4; i++) {
		side_add(&s->secondary[i], "prepare", i < 3 ? on_note : prepare_of_the_last);
		side_add(&s->secondary[i], "commit", on_note);
		side_add(&s->secondary[i], "roll_back", on_note);
	}
	stage_start(s, 4);
	return s;
}

Test(request_all, in_a_handler_commits_when_all_are_well)
{
	struct stage *s = stage_of_a_transaction(on_note);

	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "transaction", 0), 0);
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(journal_count(&s->secondary[i].journal, CALLED), 2);
	stage_close(s);
}

static int on_refuse(struct cohort_call *call, void *arg)
{
	side_write_call(arg, call);
	return -EDOM;
}

Test(request_all, in_a_handler_rolls_back_when_one_refuses)
{
	struct stage *s = stage_of_a_transaction(on_refuse);

	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "transaction", 0), -EDOM);
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(journal_count(&s->secondary[i].journal, CALLED), 2);
	stage_close(s);
}
