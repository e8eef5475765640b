/*
 * The limits of names and bodies: at each one it works, one past it nothing happens.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(limits, .timeout = 120);

#define RING ((size_t)256 << 10)
#define BULK ((size_t)4 << 20)
#define LIMIT ((size_t)64 << 20)

/* Around each place at which a body takes another way. */
static const size_t sizes[] = {
	0,	  1,
	7,	  8,
	1023,	  1024,
	1025,	  RING / 4 - 1,
	RING / 4, RING / 4 + 1,
	65536,	  RING,
	1 << 20,  BULK / 2 - 1,
	BULK / 2, BULK / 2 + 1,
	BULK,	  BULK + 1,
};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static char *new_body(size_t length)
{
	char *body = malloc(length + 1);

	cr_assert_not_null(body);
	pattern_fill(body, length, (uint32_t)length);
	return body;
}

/* Notes the length, and as number whether the body is right. */
static int on_body(struct cohort_call *call, void *arg)
{
	struct entry e = { .deed = CALLED };
	const void *data = cohort_call_data(call, &e.length);

	e.number = pattern_matches(data, e.length, (uint32_t)e.length);
	journal_write(&((struct side *)arg)->journal, e);
	return 0;
}

static struct stage *stage_for_bodies(void)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "body", on_body);
	side_add(&s->secondary[0], "body", on_body);
	stage_start(s, 1);
	return s;
}

static void message_of(struct side *from, struct side *to, cohort_peer peer, size_t length)
{
	size_t before = journal_count(&to->journal, CALLED);
	char *body = new_body(length);
	struct cohort_message m = COHORT_MESSAGE("body", body, length);

	cr_assert_eq(cohort_send(from->c, peer, &m, PATIENCE), 0, "%zu bytes", length);
	free(body);
	cr_assert(journal_await(&to->journal, CALLED, before + 1), "%zu bytes", length);
	cr_assert_eq(journal_entry(&to->journal, CALLED, before).length, length);
	cr_assert_eq(journal_entry(&to->journal, CALLED, before).number, 1, "%zu bytes", length);
}

static void echo_of(struct side *from, cohort_peer peer, size_t length)
{
	char *body = new_body(length);
	struct cohort_message m = COHORT_MESSAGE("echo", body, length);
	struct cohort_reply *reply = NULL;
	size_t got = 0;

	cr_assert_eq(cohort_request(from->c, peer, &m, PATIENCE, &reply), 0, "%zu bytes", length);
	cr_assert_eq(cohort_reply_status(reply), 0, "%zu bytes", length);
	cr_assert_not_null(cohort_reply_data(reply, &got));
	cr_assert_eq(got, length);
	cr_assert_arr_eq(cohort_reply_data(reply, NULL), body, length, "%zu bytes", length);
	cohort_reply_free(reply);
	free(body);
}

Test(limits, messages_of_every_size_arrive)
{
	struct stage *s = stage_for_bodies();
	cohort_peer peer = id_of(&s->secondary[0]);

	for (size_t i = 0; i < SIZES; i++) {
		message_of(&s->secondary[0], &s->primary, COHORT_PRIMARY, sizes[i]);
		message_of(&s->primary, &s->secondary[0], peer, sizes[i]);
	}
	stage_close(s);
}

Test(limits, requests_and_answers_of_every_size_arrive)
{
	struct stage *s = stage_for_bodies();
	cohort_peer peer = id_of(&s->secondary[0]);

	for (size_t i = 0; i < SIZES; i++) {
		echo_of(&s->secondary[0], COHORT_PRIMARY, sizes[i]);
		echo_of(&s->primary, peer, sizes[i]);
	}
	stage_close(s);
}

Test(limits, bodies_of_64_mebibytes_arrive)
{
	struct stage *s = stage_for_bodies();

	message_of(&s->secondary[0], &s->primary, COHORT_PRIMARY, LIMIT);
	echo_of(&s->primary, id_of(&s->secondary[0]), LIMIT);
	stage_close(s);
}

Test(limits, one_byte_more_is_refused_and_changes_nothing)
{
	struct stage *s = stage_for_bodies();
	char *body = calloc(1, LIMIT + 1);
	struct iovec iov[] = { { body, LIMIT }, { body, 1 } };
	struct cohort_message m = COHORT_MESSAGE("body", body, LIMIT + 1);

	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), -EMSGSIZE);
	m.length = 0;
	m.iov = iov;
	m.niov = 2;
	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), -EMSGSIZE);
	cr_assert_eq(cohort_request(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE, NULL),
		     -EMSGSIZE);
	message_of(&s->secondary[0], &s->primary, COHORT_PRIMARY, 10);
	cr_assert_eq(journal_count(&s->primary.journal, CALLED), 1);
	free(body);
	stage_close(s);
}

Test(limits, primary_says_how_large_a_body_may_be_for_both_sides)
{
	struct stage *s = stage_new();
	char body[5001] = "";
	struct cohort_message m = COHORT_MESSAGE("note", body, 5001);

	s->primary.config.max_body = 5000;
	stage_start(s, 1);
	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), -EMSGSIZE);
	cr_assert_eq(cohort_send(s->primary.c, id_of(&s->secondary[0]), &m, PATIENCE), -EMSGSIZE);
	m.length = 5000;
	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), 0);
	cr_assert_eq(cohort_send(s->primary.c, id_of(&s->secondary[0]), &m, PATIENCE), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	cr_assert(journal_await(&s->secondary[0].journal, CALLED, 1));
	stage_close(s);
}

Test(limits, smallest_rings_carry_every_size)
{
	struct stage *s = stage_new();
	cohort_peer peer;

	s->primary.config.ring_size = 16 << 10;
	s->primary.config.bulk_size = 64 << 10;
	side_add(&s->primary, "body", on_body);
	side_add(&s->secondary[0], "body", on_body);
	stage_start(s, 1);
	peer = id_of(&s->secondary[0]);
	for (size_t length = 0; length < 100000; length = length * 3 / 2 + 1) {
		message_of(&s->secondary[0], &s->primary, COHORT_PRIMARY, length);
		echo_of(&s->primary, peer, length);
	}
	stage_close(s);
}

Test(limits, large_bodies_one_after_another_wait_for_room)
{
	struct stage *s = stage_for_bodies();
	char *body = new_body(BULK / 3);
	struct cohort_message m = COHORT_MESSAGE("body", body, BULK / 3);

	for (size_t i = 0; i < 60; i++)
		cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), 0);
	free(body);
	cr_assert(journal_await(&s->primary.journal, CALLED, 60));
	for (size_t i = 0; i < 60; i++)
		cr_assert_eq(journal_entry(&s->primary.journal, CALLED, i).number, 1);
	stage_close(s);
}

Test(limits, memory_sent_and_not_taken_ends_in_eagain)
{
	struct stage *s = stage_for_bodies();
	char *body = new_body(8 << 20);
	struct cohort_message m = COHORT_MESSAGE("body", body, 8 << 20);
	size_t accepted = 0;
	int err;

	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "hold", 0), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	while (!(err = cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, 0)))
		cr_assert_lt(++accepted, 20);
	cr_assert_eq(err, -EAGAIN);
	cr_assert_eq(accepted, 8);
	free(body);
	gate_open(&s->gate);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1 + accepted));
	for (size_t i = 1; i <= accepted; i++)
		cr_assert_eq(journal_entry(&s->primary.journal, CALLED, i).number, 1);
	message_of(&s->secondary[0], &s->primary, COHORT_PRIMARY, 8 << 20);
	stage_close(s);
}

Test(limits, names_of_one_and_of_63_bytes_work)
{
	static const char longest[] =
		"!23456789012345678901234567890123456789012345678901234567890123";
	struct stage *s = stage_new();

	side_add(&s->primary, longest, on_note);
	side_add(&s->primary, "~", on_note);
	side_add(&s->secondary[0], longest, on_note);
	stage_start(s, 1);
	cr_assert_eq(strlen(longest), COHORT_NAME_MAX);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, longest, 1), 0);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "~", 2), 0);
	cr_assert_eq(tell_all(&s->primary, longest, 3, PATIENCE, NULL), 0);
	cr_assert(journal_await(&s->secondary[0].journal, CALLED, 1));
	cr_assert_eq(ask_within(&s->secondary[0], COHORT_PRIMARY, "!", 1, PATIENCE), -ENOENT);
	stage_close(s);
}
