/*
 * Who may join: a callback, lists of users, a check from the other side; and what the log says.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(admission, .timeout = 120);

/* Refuses with the error in `verdict`, or lets in. */
static int verdict;

static int on_allow(struct cohort *c, const struct cohort_peer_info *who, void *user)
{
	struct entry e = { .deed = ASKED, .number = (uint64_t)who->pid };

	(void)c;
	e.detail = who->uid == getuid() && who->gid == getgid();
	journal_write(&((struct side *)user)->journal, e);
	return verdict;
}

static void on_log(struct cohort *c, enum cohort_log_level level, int error, const char *text,
		   void *user)
{
	struct entry e = { .deed = LOGGED, .number = level, .detail = error };

	(void)c;
	e.length = strlen(text);
	journal_write(&((struct side *)user)->journal, e);
}

static struct stage *stage_that_asks(int answer)
{
	struct stage *s = stage_new();

	verdict = answer;
	s->primary.config.allow = on_allow;
	stage_start(s, 0);
	return s;
}

Test(admission, callback_sees_who_asks_and_lets_it_in)
{
	struct stage *s = stage_that_asks(0);
	struct journal *j = &s->primary.journal;

	cr_assert_eq(side_open(&s->secondary[0]), 0);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	cr_assert_eq(journal_count(j, ASKED), 1);
	cr_assert_eq(journal_entry(j, ASKED, 0).number, (uint64_t)getpid());
	cr_assert_eq(journal_entry(j, ASKED, 0).detail, 1);
	cr_assert_lt(journal_find(j, ASKED, 0), journal_find(j, JOINED, 0));
	stage_close(s);
}

Test(admission, who_is_refused_is_told_why_and_never_joined)
{
	struct stage *s = stage_that_asks(-EACCES);

	EXPECT(-EACCES, side_open(&s->secondary[0]));
	cr_assert_null(s->secondary[0].c);
	cr_assert_eq(journal_count(&s->primary.journal, ASKED), 1);
	cr_assert_eq(journal_count(&s->primary.journal, JOINED), 0);
	cr_assert_eq(stats_of(&s->primary, COHORT_ALL).refused_peers, 1);
	verdict = 0;
	EXPECT(0, side_open(&s->secondary[0]));
	stage_close(s);
}

Test(admission, who_knows_that_it_was_refused_has_been_counted)
{
	struct stage *s = stage_that_asks(-EACCES);

	for (uint64_t i = 1; i <= 300; i++) {
		EXPECT(-EACCES, side_open(&s->secondary[0]));
		cr_assert_eq(stats_of(&s->primary, COHORT_ALL).refused_peers, i);
	}
	stage_close(s);
}

static int on_allow_held(struct cohort *c, const struct cohort_peer_info *who, void *user)
{
	struct side *side = user;

	on_allow(c, who, user);
	return journal_count(&side->journal, ASKED) == 1 && !gate_pass(&side->stage->gate);
}

static void *open_side(void *arg)
{
	struct side *side = arg;

	return side_open(side) ? side : NULL;
}

Test(admission, waits_for_a_callback_that_takes_its_time)
{
	struct stage *s = stage_new();
	pthread_t thread;
	void *failed;

	s->primary.config.allow = on_allow_held;
	stage_start(s, 0);
	thread = thread_start(open_side, &s->secondary[0]);
	cr_assert(journal_await(&s->primary.journal, ASKED, 1));
	cr_assert_eq(cohort_peers(s->primary.c, NULL, 0, PATIENCE), 0);
	gate_open(&s->gate);
	cr_assert_eq(pthread_join(thread, &failed), 0);
	cr_assert_null(failed);
	cr_assert_eq(cohort_wait(s->primary.c, NULL, 1, PATIENCE), 0);
	stage_close(s);
}

Test(admission, our_own_user_may_always_join)
{
	static const uid_t uids[] = { 4242 };
	static const gid_t gids[] = { 4242 };
	struct stage *s = stage_new();

	s->primary.config.allow_uids = uids;
	s->primary.config.nallow_uids = 1;
	s->primary.config.allow_gids = gids;
	s->primary.config.nallow_gids = 1;
	stage_start(s, 1);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	stage_close(s);
}

Test(admission, secondary_can_insist_on_the_user_of_its_primary)
{
	struct stage *s = stage_open(0);
	struct cohort_config *config = &s->secondary[0].config;

	config->flags |= COHORT_CHECK_PRIMARY_UID;
	config->primary_uid = getuid() + 1;
	EXPECT(-EACCES, side_open(&s->secondary[0]));
	cr_assert_null(s->secondary[0].c);
	config->primary_uid = getuid();
	EXPECT(0, side_open(&s->secondary[0]));
	stage_close(s);
}

Test(admission, log_tells_of_refusals_only_as_urgent_as_asked)
{
	struct stage *s = stage_new();
	struct journal *j = &s->primary.journal;

	verdict = -EACCES;
	s->primary.config.allow = on_allow;
	s->primary.config.log = on_log;
	s->primary.config.log_level = COHORT_LOG_WARNING;
	stage_start(s, 0);
	EXPECT(-EACCES, side_open(&s->secondary[0]));
	cr_assert(journal_await(j, LOGGED, 1), "the refusal is not logged");
	side_close(&s->primary);
	for (size_t i = 0; i < journal_count(j, LOGGED); i++) {
		cr_assert_leq(journal_entry(j, LOGGED, i).number, COHORT_LOG_WARNING);
		cr_assert_gt(journal_entry(j, LOGGED, i).length, 0);
		cr_assert_leq(journal_entry(j, LOGGED, i).detail, 0);
	}
	stage_close(s);
}

Test(admission, log_tells_of_everything_if_asked)
{
	struct stage *s = stage_new();
	struct side *sides[] = { &s->primary, &s->secondary[0] };

	for (size_t i = 0; i < 2; i++) {
		sides[i]->config.log = on_log;
		sides[i]->config.log_level = COHORT_LOG_DEBUG;
	}
	stage_start(s, 1);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	side_close(&s->secondary[0]);
	side_close(&s->primary);
	cr_assert_gt(journal_count(&s->primary.journal, LOGGED), 0);
	cr_assert_gt(journal_count(&s->secondary[0].journal, LOGGED), 0);
	stage_close(s);
}

/* Any function may be called from any callback, the log's too. */
static void on_log_ask(struct cohort *c, enum cohort_log_level level, int error, const char *text,
		       void *user)
{
	struct side *side = user;
	struct cohort_message m = COHORT_MESSAGE("echo", text, strlen(text));

	(void)level;
	(void)error;
	if (journal_count(&side->journal, LOGGED) < 10)
		cohort_request(c, COHORT_PRIMARY, &m, PATIENCE, NULL);
	journal_write(&side->journal, (struct entry){ .deed = LOGGED });
}

Test(admission, log_may_use_the_channel_itself)
{
	struct stage *s = stage_new();

	s->secondary[0].config.log = on_log_ask;
	s->secondary[0].config.log_level = COHORT_LOG_DEBUG;
	stage_start(s, 1);
	cr_assert_eq(ask(&s->primary, id_of(&s->secondary[0]), "echo", 1), 0);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	stage_close(s);
}
