/*
 * Messages: they arrive whole, once, in order, and the handler knows whose they are.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(message, .timeout = 120);

/* Each checks what it got and writes the body's length, or 0xbad, as the number. */
static int on_text(struct cohort_call *call, void *arg)
{
	struct side *side = arg;
	struct entry e = { .deed = CALLED, .peer = cohort_call_peer(call) };
	const char *data = cohort_call_data(call, &e.length);

	e.number = e.length == 11 && !memcmp(data, "hello world", 11) ? 11 : 0xbad;
	e.detail = cohort_call_is_request(call);
	journal_write(&side->journal, e);
	return 0;
}

static struct stage *stage_with_text(void)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "text", on_text);
	for (size_t i = 0; i < STAGE_MAX; i++)
		side_add(&s->secondary[i], "text", on_text);
	return s;
}

static void expect_text(struct side *side, cohort_peer from)
{
	struct entry e;

	cr_assert(journal_await(&side->journal, CALLED, 1));
	e = journal_entry(&side->journal, CALLED, 0);
	cr_assert_eq(e.number, 11);
	cr_assert_eq(e.detail, 0);
	cr_assert_eq(e.peer, from);
}

static void texts_go_both_ways(struct stage *s)
{
	struct cohort_message m = COHORT_MESSAGE("text", "hello world", 11);
	cohort_peer secondary = id_of(&s->secondary[0]);

	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), 0);
	expect_text(&s->primary, secondary);
	cr_assert_eq(cohort_send(s->primary.c, secondary, &m, PATIENCE), 0);
	cr_assert(journal_await(&s->secondary[0].journal, CALLED, 1));
	cr_assert_eq(journal_entry(&s->secondary[0].journal, CALLED, 0).number, 11);
}

Test(message, goes_both_ways_over_a_path)
{
	struct stage *s = stage_with_text();

	stage_start(s, 1);
	texts_go_both_ways(s);
	stage_close(s);
}

Test(message, goes_both_ways_over_a_pair_of_sockets)
{
	struct stage *s = stage_with_text();

	stage_start_pair(s);
	texts_go_both_ways(s);
	stage_close(s);
}

Test(message, body_is_its_data_followed_by_its_pieces)
{
	struct stage *s = stage_with_text();
	struct iovec iov[] = {
		{ (char[]){ "lo" }, 2 },
		{ NULL, 0 },
		{ (char[]){ " worl" }, 5 },
		{ (char[]){ "d" }, 1 },
	};
	struct cohort_message m = COHORT_MESSAGE("text", "hel", 3);

	stage_start(s, 1);
	m.iov = iov;
	m.niov = 4;
	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), 0);
	expect_text(&s->primary, id_of(&s->secondary[0]));
	stage_close(s);
}

Test(message, body_may_lie_in_pieces_alone)
{
	struct stage *s = stage_with_text();
	struct iovec iov[1024] = { { (char[]){ "hello wor" }, 9 } };
	struct cohort_message m = COHORT_MESSAGE("text", NULL, 0);

	stage_start(s, 1);
	iov[1023] = (struct iovec){ (char[]){ "ld" }, 2 };
	m.iov = iov;
	m.niov = 1024;
	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), 0);
	expect_text(&s->primary, id_of(&s->secondary[0]));
	stage_close(s);
}

static int on_empty(struct cohort_call *call, void *arg)
{
	struct entry e = { .deed = CALLED };

	e.number = cohort_call_data(call, &e.length) && cohort_call_data(call, NULL);
	journal_write(&((struct side *)arg)->journal, e);
	return 0;
}

Test(message, empty_body_has_an_address_and_no_length)
{
	struct stage *s = stage_new();
	struct cohort_message m = COHORT_MESSAGE("empty", NULL, 0);

	side_add(&s->primary, "empty", on_empty);
	stage_start(s, 1);
	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).number, 1);
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).length, 0);
	stage_close(s);
}

/* Everything that a handler can see of a message; each wrong answer sets a bit. */
static int on_look(struct cohort_call *call, void *arg)
{
	struct side *side = arg;
	struct cohort_credentials who = cohort_call_credentials(call);
	struct cohort_message empty = COHORT_MESSAGE_INIT;
	uint64_t wrong = 0;

	wrong |= (uint64_t)(strcmp(cohort_call_action(call), "look") != 0) << 0;
	wrong |= (uint64_t)(cohort_call_channel(call) != side->c) << 1;
	wrong |= (uint64_t)(who.pid != getpid()) << 2;
	wrong |= (uint64_t)(who.uid != getuid() || who.gid != getgid()) << 3;
	wrong |= (uint64_t)(cohort_call_is_request(call)) << 4;
	wrong |= (uint64_t)(cohort_call_deadline(call) != COHORT_FOREVER) << 5;
	wrong |= (uint64_t)(cohort_call_cancelled(call)) << 6;
	wrong |= (uint64_t)(cohort_call_fds(call) != 0) << 7;
	wrong |= (uint64_t)(cohort_call_reply(call, 0, &empty) != -EOPNOTSUPP) << 8;
	wrong |= (uint64_t)(cohort_call_fd_take(call, 0) != -EINVAL) << 9;
	journal_write(&side->journal, (struct entry){ .deed = CALLED, .number = wrong });
	return 0;
}

static void look_at_a_message(struct stage *s)
{
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "look", 0), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).number, 0, "bits %lx are wrong",
		     (long)journal_entry(&s->primary.journal, CALLED, 0).number);
}

Test(message, handler_sees_who_sent_what)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "look", on_look);
	stage_start(s, 1);
	look_at_a_message(s);
	stage_close(s);
}

Test(message, over_a_pair_of_sockets_the_handler_sees_who_sent_what)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "look", on_look);
	stage_start_pair(s);
	look_at_a_message(s);
	stage_close(s);
}

static int on_return(struct cohort_call *call, void *arg)
{
	struct side *side = arg;
	struct cohort_message m = COHORT_MESSAGE("note", NULL, 0);

	m.data = cohort_call_data(call, &m.length);
	return cohort_send(side->c, cohort_call_peer(call), &m, 0);
}

Test(message, can_be_sent_to_the_peer_that_a_call_names)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "return", on_return);
	side_add(&s->secondary[0], "return", on_return);
	stage_start(s, 1);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "return", 5), 0);
	cr_assert(journal_await(&s->secondary[0].journal, CALLED, 1));
	cr_assert_eq(journal_entry(&s->secondary[0].journal, CALLED, 0).number, 5);
	cr_assert_eq(tell(&s->primary, id_of(&s->secondary[0]), "return", 6), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).number, 6);
	stage_close(s);
}

Test(message, to_another_secondary_is_not_supported)
{
	struct stage *s = stage_open(2);

	cr_assert_eq(tell(&s->secondary[0], id_of(&s->secondary[1]), "note", 1), -EOPNOTSUPP);
	cr_assert_eq(ask_within(&s->secondary[0], id_of(&s->secondary[1]), "note", 1, PATIENCE),
		     -EOPNOTSUPP);
	stage_close(s);
}

Test(message, that_nobody_handles_is_reported_to_the_receiver_in_order)
{
	struct stage *s = stage_open(1);
	struct entry lost;

	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "note", 1), 0);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "nobody", 2), 0);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "note", 3), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 2));
	cr_assert(journal_await(&s->primary.journal, LOST, 1));
	lost = journal_entry(&s->primary.journal, LOST, 0);
	cr_assert_eq(lost.peer, id_of(&s->secondary[0]));
	cr_assert_eq(lost.number, 1);
	cr_assert_eq(lost.detail, COHORT_LOST_UNHANDLED);
	cr_assert_gt(journal_find(&s->primary.journal, LOST, 0),
		     journal_find(&s->primary.journal, CALLED, 0));
	cr_assert_lt(journal_find(&s->primary.journal, LOST, 0),
		     journal_find(&s->primary.journal, CALLED, 1));
	cr_assert_eq(stats_of(&s->primary, COHORT_ALL).unhandled, 1);
	cr_assert_eq(stats_of(&s->primary, COHORT_ALL).lost_received, 1);
	stage_close(s);
}

Test(message, failing_handler_only_counts)
{
	struct stage *s = stage_open(1);

	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "fail", EIO), 0);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "note", 0), 0);
	cr_assert_eq(journal_count(&s->primary.journal, LOST), 0);
	stage_close(s);
}
