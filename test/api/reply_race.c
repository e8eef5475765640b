/*
 * An answer and its deadline meet at every distance: both sides always agree on what came of it,
 * and a late answer is never taken for another one.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(reply_race, .timeout = 290);

#define ROUNDS_MAX 100000

/* What the answerer was told, by the number of the request; 1 as long as it was not served. */
static int verdicts[ROUNDS_MAX];
static int outcomes[ROUNDS_MAX];

static uint64_t rounds(void)
{
	return soak() ? ROUNDS_MAX : 3000;
}

/* The distances between answer and deadline: up to 127 us, the same in every run. */
static int64_t delay_of(uint64_t i)
{
	return COHORT_US(i * 2654435761u >> 5 & 127);
}

static void pass_time(int64_t delay)
{
	int64_t end = now_ns() + delay;

	while (now_ns() < end)
		;
}

static void answer_with_number(struct cohort_call *call)
{
	uint64_t number = call_number(call);
	struct cohort_message body = COHORT_MESSAGE(NULL, &number, sizeof(number));
	int err = cohort_call_reply(call, 0, &body);

	verdicts[number] = err == COHORT_QUEUED ? 0 : err;
}

static int on_dawdle(struct cohort_call *call, void *arg)
{
	(void)arg;
	pass_time(delay_of(call_number(call)));
	answer_with_number(call);
	return 0;
}

/* Asks once; the answer must be the one to this very question. */
static int race(struct side *from, cohort_peer to, uint64_t i)
{
	struct cohort_message m = COHORT_MESSAGE("dawdle", &i, sizeof(i));
	struct cohort_reply *reply = NULL;
	uint64_t number;
	size_t length = 0;
	int err = cohort_request(from->c, to, &m, COHORT_US(70), &reply);

	if (err)
		return err;
	cr_assert_not_null(cohort_reply_data(reply, &length));
	cr_assert_eq(length, sizeof(number));
	memcpy(&number, cohort_reply_data(reply, NULL), sizeof(number));
	cr_assert_eq(number, i, "the answer is another one's");
	cohort_reply_free(reply);
	return 0;
}

/* Each question was answered on both sides or on neither. */
static void expect_agreement(void)
{
	for (uint64_t i = 0; i < rounds(); i++) {
		cr_assert_eq(outcomes[i] == 0, verdicts[i] == 0, "round %lu: asked %d, answered %d",
			     (unsigned long)i, outcomes[i], verdicts[i]);
		cr_assert(outcomes[i] == 0 || outcomes[i] == -ETIMEDOUT || outcomes[i] == -EAGAIN,
			  "round %lu: %d", (unsigned long)i, outcomes[i]);
	}
}

static void agrees(struct stage *s, struct side *from, cohort_peer to)
{
	for (uint64_t i = 0; i < rounds(); i++)
		verdicts[i] = 1;
	for (uint64_t i = 0; i < rounds(); i++)
		outcomes[i] = race(from, to, i);
	cr_assert_eq(ask(from, to, "note", 0), 0);
	side_close(&s->secondary[0]);
	side_close(&s->primary);
	expect_agreement();
	stage_close(s);
}

Test(reply_race, of_the_primary_and_the_deadline_has_one_outcome)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "dawdle", on_dawdle);
	stage_start(s, 1);
	agrees(s, &s->secondary[0], COHORT_PRIMARY);
}

Test(reply_race, of_a_secondary_and_the_deadline_has_one_outcome)
{
	struct stage *s = stage_new();

	side_add(&s->secondary[0], "dawdle", on_dawdle);
	stage_start(s, 1);
	agrees(s, &s->primary, id_of(&s->secondary[0]));
}

/* Asks its own peer back before it answers, with as much time as the requester gave. */
static int on_nested_dawdle(struct cohort_call *call, void *arg)
{
	ask_within(arg, cohort_call_peer(call), "dawdle_back", call_number(call), COHORT_US(70));
	answer_with_number(call);
	return 0;
}

static int on_dawdle_back(struct cohort_call *call, void *arg)
{
	(void)arg;
	pass_time(delay_of(call_number(call)));
	return 0;
}

Test(reply_race, with_nested_requests_of_equal_timeouts_has_one_outcome)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "dawdle", on_nested_dawdle);
	side_add(&s->secondary[0], "dawdle_back", on_dawdle_back);
	stage_start(s, 1);
	agrees(s, &s->secondary[0], COHORT_PRIMARY);
}

Test(reply_race, with_a_cancel_has_one_outcome)
{
	struct stage *s = stage_open(1);
	struct journal *j = &s->secondary[0].journal;

	for (uint64_t i = 0; i < rounds(); i++) {
		uint64_t id = 0;
		int err;

		cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "echo", i, PATIENCE, &id),
			     0);
		pass_time(delay_of(i));
		err = cohort_cancel(s->secondary[0].c, id);
		cr_assert(err == 0 || err == -ENOENT);
		cr_assert(journal_await(j, DONE, 1));
		cr_assert_eq(journal_entry(j, DONE, 0).number, id);
		cr_assert_eq(journal_entry(j, DONE, 0).detail, err ? 0 : -ECANCELED);
		journal_clear(j);
	}
	side_close(&s->secondary[0]);
	cr_assert_eq(journal_count(j, DONE), 0, "it was called back twice");
	stage_close(s);
}
