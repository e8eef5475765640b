/*
 * Requests that wait: what the handler said comes back, and the outcome says how far it got.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(request, .timeout = 120);

/* Sends text to "echo" and checks what comes back. */
static void expect_echo(struct side *from, cohort_peer to, const char *text)
{
	struct cohort_message m = COHORT_MESSAGE("echo", text, strlen(text));
	struct cohort_reply *reply = NULL;
	size_t length = 0;

	cr_assert_eq(cohort_request(from->c, to, &m, PATIENCE, &reply), 0);
	cr_assert_not_null(reply);
	cr_assert_eq(cohort_reply_status(reply), 0);
	cr_assert_not_null(cohort_reply_data(reply, NULL));
	cr_assert_arr_eq(cohort_reply_data(reply, &length), text, strlen(text));
	cr_assert_eq(length, strlen(text));
	cr_assert_eq(cohort_reply_fds(reply), 0);
	cohort_reply_free(reply);
}

Test(request, gets_the_answer_of_the_primary)
{
	struct stage *s = stage_open(1);

	expect_echo(&s->secondary[0], COHORT_PRIMARY, "hello");
	stage_close(s);
}

Test(request, gets_the_answer_of_a_secondary)
{
	struct stage *s = stage_open(2);

	expect_echo(&s->primary, id_of(&s->secondary[0]), "hello");
	expect_echo(&s->primary, id_of(&s->secondary[1]), "world");
	stage_close(s);
}

Test(request, goes_both_ways_over_a_pair_of_sockets)
{
	struct stage *s = stage_new();

	stage_start_pair(s);
	expect_echo(&s->secondary[0], COHORT_PRIMARY, "hello");
	expect_echo(&s->primary, id_of(&s->secondary[0]), "world");
	stage_close(s);
}

Test(request, may_leave_the_answer_alone)
{
	struct stage *s = stage_open(1);

	cr_assert_eq(ask_within(&s->secondary[0], COHORT_PRIMARY, "echo", 1, PATIENCE), 0);
	stage_close(s);
}

Test(request, for_an_unknown_action_did_not_run)
{
	struct stage *s = stage_open(1);
	struct cohort_message m = COHORT_MESSAGE("nobody", NULL, 0);
	struct cohort_reply *reply = NULL;

	cr_assert_eq(cohort_request(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE, &reply),
		     -ENOENT);
	cr_assert_null(reply);
	cr_assert_eq(cohort_request(s->primary.c, id_of(&s->secondary[0]), &m, PATIENCE, &reply),
		     -ENOENT);
	cr_assert_null(reply);
	cr_assert_eq(journal_count(&s->primary.journal, LOST), 0);
	stage_close(s);
}

Test(request, gives_the_error_of_the_handler_as_status_whatever_it_is)
{
	static const int errors[] = { EIO,	EAGAIN, ENOENT,	   ETIMEDOUT, EPIPE,
				      ENOTCONN, EINVAL, ECANCELED, EMSGSIZE,  ESHUTDOWN,
				      ESTALE,	1,	4095 };
	struct stage *s = stage_open(1);

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "fail", (uint64_t)errors[i]),
			     -errors[i]);
		cr_assert_eq(ask(&s->primary, id_of(&s->secondary[0]), "fail", (uint64_t)errors[i]),
			     -errors[i]);
	}
	stage_close(s);
}

Test(request, gives_einval_for_a_handler_that_returns_something_else)
{
	struct stage *s = stage_open(1);

	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "fail", 4096), -EINVAL);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "fail", (uint64_t)-1), -EINVAL);
	stage_close(s);
}

Test(request, gets_an_empty_answer_from_a_handler_that_gave_none)
{
	struct stage *s = stage_open(1);
	struct cohort_message m = COHORT_MESSAGE("note", "x", 1);
	struct cohort_reply *reply = NULL;
	size_t length = 1;

	cr_assert_eq(cohort_request(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE, &reply), 0);
	cr_assert_eq(cohort_reply_status(reply), 0);
	cr_assert_not_null(cohort_reply_data(reply, &length));
	cr_assert_eq(length, 0);
	cohort_reply_free(reply);
	stage_close(s);
}

static int on_status(struct cohort_call *call, void *arg)
{
	struct cohort_message body = COHORT_MESSAGE(NULL, "why", 3);

	(void)arg;
	return cohort_call_reply(call, -(int)call_number(call), &body);
}

Test(request, can_be_answered_with_an_error_and_a_body)
{
	struct stage *s = stage_new();
	uint64_t error = EDOM;
	struct cohort_message m = COHORT_MESSAGE("status", &error, sizeof(error));
	struct cohort_reply *reply = NULL;
	size_t length = 0;

	side_add(&s->primary, "status", on_status);
	stage_start(s, 1);
	cr_assert_eq(cohort_request(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE, &reply), 0);
	cr_assert_eq(cohort_reply_status(reply), -EDOM);
	cr_assert_arr_eq(cohort_reply_data(reply, &length), "why", 3);
	cr_assert_eq(length, 3);
	cohort_reply_free(reply);
	stage_close(s);
}

Test(request, with_no_time_is_not_sent)
{
	struct stage *s = stage_open(1);

	cr_assert_eq(ask_within(&s->secondary[0], COHORT_PRIMARY, "note", 1, 0), -ETIMEDOUT);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "note", 2), 0);
	cr_assert_eq(journal_count(&s->primary.journal, CALLED), 1);
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).number, 2);
	stage_close(s);
}

Test(request, that_gets_no_answer_ends_at_its_deadline_and_not_before)
{
	struct stage *s = stage_open(1);
	int64_t begin = now_ns();
	int64_t took;

	cr_assert_eq(ask_within(&s->secondary[0], COHORT_PRIMARY, "hold", 1, COHORT_MS(60)),
		     -ETIMEDOUT);
	took = now_ns() - begin;
	cr_assert_geq(took, COHORT_MS(60));
	cr_assert_lt(took, COHORT_SECONDS(10));
	gate_open(&s->gate);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "note", 2), 0);
	stage_close(s);
}

Test(request, may_wait_for_ever)
{
	struct stage *s = stage_open(1);

	cr_assert_eq(ask_within(&s->secondary[0], COHORT_PRIMARY, "echo", 1, COHORT_FOREVER), 0);
	cr_assert_eq(ask_within(&s->secondary[0], COHORT_PRIMARY, "echo", 1, COHORT_FOREVER - 1),
		     0);
	stage_close(s);
}

Test(request, answer_outlives_both_handles)
{
	struct stage *s = stage_open(1);
	struct cohort_message m = COHORT_MESSAGE("echo", NULL, 100000);
	struct cohort_reply *reply = NULL;
	char *body = malloc(100000);
	int fd = make_memfd();
	int taken;

	pattern_fill(body, 100000, 1);
	m.data = body;
	m.fds = &fd;
	m.nfds = 1;
	cr_assert_eq(cohort_request(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE, &reply), 0);
	side_close(&s->secondary[0]);
	side_close(&s->primary);
	cr_assert(pattern_matches(cohort_reply_data(reply, NULL), 100000, 1));
	taken = cohort_reply_fd_take(reply, 0);
	cr_assert(same_file(taken, fd));
	close(taken);
	close(fd);
	cohort_reply_free(reply);
	free(body);
	stage_close(s);
}

/* 64 threads ask at once; each must get back its own numbers. */
struct asker {
	struct side *side;
	cohort_peer to;
	uint64_t first;
	uint64_t rounds;
	uint64_t wrong;
};

static bool echoes(struct side *side, cohort_peer to, uint64_t number)
{
	struct cohort_message m = COHORT_MESSAGE("echo", &number, sizeof(number));
	struct cohort_reply *reply = NULL;
	size_t length = 0;
	bool right = false;

	if (cohort_request(side->c, to, &m, PATIENCE, &reply))
		return false;
	if (cohort_reply_data(reply, &length) && length == sizeof(number))
		right = !memcmp(cohort_reply_data(reply, NULL), &number, sizeof(number));
	cohort_reply_free(reply);
	return right;
}

static void *ask_again_and_again(void *arg)
{
	struct asker *a = arg;

	for (uint64_t i = 0; i < a->rounds; i++)
		a->wrong += !echoes(a->side, a->to, a->first + i);
	return NULL;
}

static void ask_from_many_threads(struct side *side, cohort_peer to, uint64_t total)
{
	struct asker askers[64];
	pthread_t threads[64];
	uint64_t wrong = 0;

	for (size_t i = 0; i < 64; i++) {
		askers[i] = (struct asker){ side, to, i << 32, total / 64, 0 };
		threads[i] = thread_start(ask_again_and_again, &askers[i]);
	}
	for (size_t i = 0; i < 64; i++) {
		thread_join(threads[i]);
		wrong += askers[i].wrong;
	}
	cr_assert_eq(wrong, 0, "%lu of %lu answers are wrong", (unsigned long)wrong,
		     (unsigned long)total);
}

Test(request, from_64_threads_at_once_gets_each_its_own_answer, .timeout = 600)
{
	struct stage *s = stage_open(1);

	ask_from_many_threads(&s->secondary[0], COHORT_PRIMARY, soak() ? 1000000 : 20000);
	ask_from_many_threads(&s->primary, id_of(&s->secondary[0]), soak() ? 1000000 : 20000);
	stage_close(s);
}

Test(request, is_known_as_one_in_the_handler)
{
	struct stage *s = stage_open(1);

	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "note", 1), 0);
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).detail, 1);
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).peer, id_of(&s->secondary[0]));
	stage_close(s);
}
