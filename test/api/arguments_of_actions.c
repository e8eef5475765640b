/*
 * What registering, looking, waiting, counting and answering say to arguments that cannot be right.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(arguments_of_actions, .timeout = 120);

static const char *const bad_names[] = {
	NULL,
	"",
	"0123456789012345678901234567890123456789012345678901234567890123",
	"a b",
	"\t",
	"caf\xc3\xa9",
	"\x1f",
	"cohort.mine",
};
#define BAD_NAMES (sizeof(bad_names) / sizeof(bad_names[0]))

static struct cohort_action good_action(struct side *side)
{
	struct cohort_action action = COHORT_ACTION_INIT;

	action.name = "good";
	action.handler = on_note;
	action.arg = side;
	action.released = on_released;
	return action;
}

static void checks_register(struct side *side)
{
	const struct cohort_action good = good_action(side);
	struct cohort_action action = good;
	char help[162];

	INVALID(cohort_register(NULL, &good));
	INVALID(cohort_register(side->c, NULL));
	for (size_t i = 0; i < BAD_NAMES; i++) {
		action.name = bad_names[i];
		INVALID(cohort_register(side->c, &action));
	}
	action = good;
	action.size = 0;
	INVALID(cohort_register(side->c, &action));
	action = good;
	action.handler = NULL;
	INVALID(cohort_register(side->c, &action));
	action = good;
	action.flags = 0x80;
	INVALID(cohort_register(side->c, &action));
	action = good;
	memset(help, 'h', sizeof(help));
	help[161] = '\0';
	action.help = help;
	INVALID(cohort_register(side->c, &action));
	action = good;
	action.name = "note";
	EXPECT(-EEXIST, cohort_register(side->c, &action));
	cr_assert_eq(journal_count(&side->journal, RELEASED), 0);
}

static void accepts_the_longest(struct side *side)
{
	struct cohort_action action = good_action(side);
	char help[161];

	action.name = "!23456789012345678901234567890123456789012345678901234567890123~";
	action.name++;
	memset(help, 'h', sizeof(help));
	help[160] = '\0';
	action.help = help;
	EXPECT(0, register_at(side, &action));
	EXPECT(0, cohort_unregister(side->c, action.name));
	cr_assert_eq(journal_count(&side->journal, RELEASED), 1);
}

Test(arguments_of_actions, register_checks_them)
{
	struct stage *s = stage_open(1);

	checks_register(&s->primary);
	checks_register(&s->secondary[0]);
	accepts_the_longest(&s->primary);
	accepts_the_longest(&s->secondary[0]);
	stage_close(s);
}

Test(arguments_of_actions, unregister_checks_them)
{
	struct stage *s = stage_open(1);

	INVALID(cohort_unregister(NULL, "note"));
	for (size_t i = 0; i + 1 < BAD_NAMES; i++)
		INVALID(cohort_unregister(s->secondary[0].c, bad_names[i]));
	EXPECT(-ENOENT, cohort_unregister(s->secondary[0].c, "nobody"));
	EXPECT(-ENOENT, cohort_unregister(s->primary.c, "nobody"));
	stage_close(s);
}

static void checks_lists(struct cohort *c)
{
	struct cohort_peer_info peers[2] = { { .size = 0 } };
	struct cohort_action_info actions[2] = { { .size = 0 } };

	INVALID(cohort_peers(c, NULL, 1, PATIENCE));
	INVALID(cohort_peers(c, peers, 2, PATIENCE));
	peers[0].size = sizeof(peers[0]);
	INVALID(cohort_peers(c, peers, 2, -1));
	INVALID(cohort_peers(NULL, peers, 2, PATIENCE));
	INVALID(cohort_actions(c, COHORT_ALL, NULL, 1, PATIENCE));
	INVALID(cohort_actions(c, COHORT_ALL, actions, 2, PATIENCE));
	actions[0].size = sizeof(actions[0]);
	INVALID(cohort_actions(c, COHORT_ALL, actions, 2, -1));
	INVALID(cohort_actions(NULL, COHORT_ALL, actions, 2, PATIENCE));
}

Test(arguments_of_actions, lists_check_them)
{
	struct stage *s = stage_open(1);

	checks_lists(s->primary.c);
	checks_lists(s->secondary[0].c);
	stage_close(s);
}

Test(arguments_of_actions, wait_checks_them)
{
	struct stage *s = stage_open(1);

	INVALID(cohort_wait(NULL, NULL, 1, PATIENCE));
	INVALID(cohort_wait(s->primary.c, NULL, 1, -1));
	INVALID(cohort_wait(s->secondary[0].c, NULL, 1, -1));
	for (size_t i = 1; i + 1 < BAD_NAMES; i++)
		INVALID(cohort_wait(s->primary.c, bad_names[i], 1, PATIENCE));
	EXPECT(-EOPNOTSUPP, cohort_wait(s->secondary[0].c, "note", 1, PATIENCE));
	EXPECT(-EOPNOTSUPP, cohort_wait(s->secondary[0].c, NULL, 2, PATIENCE));
	EXPECT(0, cohort_wait(s->secondary[0].c, NULL, 1, 0));
	EXPECT(-ETIMEDOUT, cohort_wait(s->primary.c, NULL, 2, 0));
	stage_close(s);
}

Test(arguments_of_actions, counters_check_them)
{
	struct stage *s = stage_open(1);
	struct cohort_counters counters = COHORT_COUNTERS_INIT;

	INVALID(cohort_stats(NULL, COHORT_ALL, &counters));
	INVALID(cohort_stats(s->primary.c, COHORT_ALL, NULL));
	INVALID(cohort_remote_stats(NULL, COHORT_ALL, &counters, PATIENCE));
	INVALID(cohort_remote_stats(s->secondary[0].c, COHORT_ALL, NULL, PATIENCE));
	INVALID(cohort_remote_stats(s->secondary[0].c, COHORT_ALL, &counters, -1));
	EXPECT(-EOPNOTSUPP, cohort_remote_stats(s->primary.c, COHORT_ALL, &counters, PATIENCE));
	counters.size = 0;
	INVALID(cohort_stats(s->primary.c, COHORT_ALL, &counters));
	INVALID(cohort_remote_stats(s->secondary[0].c, COHORT_ALL, &counters, PATIENCE));
	stage_close(s);
}

Test(arguments_of_actions, peers_data_and_the_loop_check_them)
{
	struct stage *s = stage_open(1);

	cr_expect_eq(cohort_self(NULL), COHORT_NOBODY);
	INVALID(cohort_peer_set_data(NULL, COHORT_PRIMARY, s));
	cr_expect_null(cohort_peer_data(NULL, COHORT_PRIMARY));
	INVALID(cohort_peer_pidfd(NULL, COHORT_PRIMARY));
	INVALID(cohort_peer_disconnect(NULL, COHORT_PRIMARY));
	EXPECT(-EPERM, cohort_peer_disconnect(s->secondary[0].c, COHORT_PRIMARY));
	INVALID(cohort_fd(NULL));
	INVALID(cohort_fd(s->primary.c));
	INVALID(cohort_dispatch(NULL, 0));
	INVALID(cohort_dispatch(s->primary.c, 0));
	INVALID(cohort_want_writable(NULL, COHORT_PRIMARY));
	INVALID(cohort_want_writable(s->secondary[0].c, COHORT_PRIMARY));
	stage_close(s);
}

/* A wrong answer must leave the call as it was, so that the right one still goes out. */
static int on_bad_replies(struct cohort_call *call, void *arg)
{
	struct cohort_message m = COHORT_MESSAGE(NULL, "x", 1);
	uint64_t wrong = 0;
	char byte = 0;

	(void)arg;
	wrong |= (uint64_t)(cohort_call_reply(call, 1, NULL) != -EINVAL) << 0;
	wrong |= (uint64_t)(cohort_call_reply(call, -4096, NULL) != -EINVAL) << 1;
	wrong |= (uint64_t)(cohort_call_reply(NULL, 0, NULL) != -EINVAL) << 2;
	m.action = "note";
	wrong |= (uint64_t)(cohort_call_reply(call, 0, &m) != -EINVAL) << 3;
	m.action = NULL;
	m.size = 0;
	wrong |= (uint64_t)(cohort_call_reply(call, 0, &m) != -EINVAL) << 4;
	m.size = sizeof(m);
	m.data = NULL;
	wrong |= (uint64_t)(cohort_call_reply(call, 0, &m) != -EINVAL) << 5;
	m.data = &byte;
	m.length = (64 << 20) + 1;
	wrong |= (uint64_t)(cohort_call_reply(call, 0, &m) != -EMSGSIZE) << 6;
	m.length = 1;
	m.nfds = 254;
	m.fds = (const int[254]){ 0 };
	wrong |= (uint64_t)(cohort_call_reply(call, 0, &m) != -EINVAL) << 7;
	m.nfds = 1;
	m.fds = (const int[]){ -1 };
	wrong |= (uint64_t)(cohort_call_reply(call, 0, &m) != -EBADF) << 8;
	wrong |= (uint64_t)(cohort_call_keep(call, NULL) != -EINVAL) << 9;
	m = (struct cohort_message)COHORT_MESSAGE(NULL, &wrong, sizeof(wrong));
	return cohort_call_reply(call, 0, &m) < 0 ? -EIO : 0;
}

Test(arguments_of_actions, reply_checks_them_and_the_call_can_still_be_answered)
{
	struct stage *s = stage_new();
	struct cohort_message m = COHORT_MESSAGE("bad", NULL, 0);
	struct cohort_reply *reply = NULL;
	uint64_t wrong;

	side_add(&s->primary, "bad", on_bad_replies);
	stage_start(s, 1);
	cr_assert_eq(cohort_request(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE, &reply), 0);
	cr_assert_eq(cohort_reply_status(reply), 0);
	memcpy(&wrong, cohort_reply_data(reply, NULL), sizeof(wrong));
	cr_assert_eq(wrong, 0, "bits %lx are wrong", (unsigned long)wrong);
	cohort_reply_free(reply);
	stage_close(s);
}

Test(arguments_of_actions, null_may_be_freed_dropped_and_closed)
{
	cohort_reply_free(NULL);
	cohort_replies_free(NULL);
	cohort_call_drop(NULL);
	EXPECT(0, cohort_close(NULL));
}

Test(arguments_of_actions, every_number_has_words)
{
	for (int e = -5000; e < 5000; e++)
		cr_assert_not_null(cohort_strerror(e));
	cr_assert_str_neq(cohort_strerror(COHORT_DRAINING), cohort_strerror(COHORT_QUEUED));
	cr_assert_str_eq(cohort_version(), "0.1.0");
}
