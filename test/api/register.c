/*
 * Actions come and go: those of the configuration exist from the first instant, others from the
 * moment they are registered, and an action that is removed has no handler running, or says that
 * one still is.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(register_action, .timeout = 120);

static int add(struct side *side, const char *name, cohort_handler *handler)
{
	struct cohort_action action = COHORT_ACTION_INIT;

	action.name = name;
	action.handler = handler;
	action.arg = side;
	action.released = on_released;
	return register_at(side, &action);
}

static void ask_at_once(struct cohort *c, cohort_peer peer, void *user)
{
	struct cohort_message m = COHORT_MESSAGE("echo", NULL, 0);
	struct entry e = { .deed = JOINED, .peer = peer };

	e.detail = cohort_request(c, peer, &m, PATIENCE, NULL);
	journal_write(&((struct side *)user)->journal, e);
}

Test(register_action, in_the_configuration_is_answered_from_the_first_instant)
{
	struct stage *s = stage_new();
	size_t rounds = soak() ? 1000 : 100;

	s->primary.config.joined = ask_at_once;
	stage_start(s, 0);
	for (size_t i = 0; i < rounds; i++) {
		cr_assert_eq(side_open(&s->secondary[0]), 0);
		cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", i), 0);
		cr_assert(journal_await(&s->primary.journal, JOINED, i + 1));
		cr_assert_eq(journal_entry(&s->primary.journal, JOINED, i).detail, 0);
		side_close(&s->secondary[0]);
	}
	stage_close(s);
}

Test(register_action, later_works_on_both_sides)
{
	struct stage *s = stage_open(1);
	cohort_peer peer = id_of(&s->secondary[0]);

	cr_assert_eq(ask_within(&s->secondary[0], COHORT_PRIMARY, "later", 1, PATIENCE), -ENOENT);
	cr_assert_eq(add(&s->primary, "later", on_note), 0);
	cr_assert_eq(add(&s->secondary[0], "later", on_note), 0);
	cr_assert_eq(add(&s->primary, "later", on_note), -EEXIST);
	cr_assert_eq(add(&s->secondary[0], "later", on_note), -EEXIST);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "later", 1), 0);
	cr_assert_eq(ask(&s->primary, peer, "later", 1), 0);
	cr_assert_eq(cohort_unregister(s->primary.c, "later"), 0);
	cr_assert_eq(cohort_unregister(s->secondary[0].c, "later"), 0);
	cr_assert_eq(journal_count(&s->primary.journal, RELEASED), 1);
	cr_assert_eq(journal_count(&s->secondary[0].journal, RELEASED), 1);
	cr_assert_eq(ask_within(&s->secondary[0], COHORT_PRIMARY, "later", 1, PATIENCE), -ENOENT);
	cr_assert_eq(ask_within(&s->primary, peer, "later", 1, PATIENCE), -ENOENT);
	cr_assert_eq(cohort_unregister(s->primary.c, "later"), -ENOENT);
	stage_close(s);
}

Test(register_action, many_times_under_the_same_name_serves_the_latest)
{
	struct stage *s = stage_open(1);

	for (uint64_t i = 0; i < 200; i++) {
		cr_assert_eq(add(&s->secondary[0], "again", i % 2 ? on_fail : on_echo), 0);
		cr_assert_eq(ask(&s->primary, id_of(&s->secondary[0]), "again", 5), i % 2 ? -5 : 0);
		cr_assert_eq(cohort_unregister(s->secondary[0].c, "again"), 0);
		cr_assert_eq(journal_count(&s->secondary[0].journal, RELEASED), i + 1);
	}
	stage_close(s);
}

Test(register_action, strings_are_copied)
{
	struct stage *s = stage_open(1);
	char name[] = "copied";

	cr_assert_eq(add(&s->primary, name, on_note), 0);
	memset(name, 'x', 6);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "copied", 1), 0);
	stage_close(s);
}

Test(register_action, close_releases_every_action_once)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "a", on_note)->released = on_released;
	side_add(&s->primary, "b", on_note)->released = on_released;
	stage_start(s, 1);
	cr_assert_eq(add(&s->primary, "c", on_note), 0);
	cr_assert_eq(cohort_unregister(s->primary.c, "a"), 0);
	cr_assert_eq(journal_count(&s->primary.journal, RELEASED), 1);
	side_close(&s->primary);
	cr_assert_eq(journal_count(&s->primary.journal, RELEASED), 3);
	stage_close(s);
}

/* Writes an entry when it begins, and another one, with number 99, when it ends. */
static int on_slow(struct cohort_call *call, void *arg)
{
	struct side *side = arg;

	on_hold(call, arg);
	journal_write(&side->journal, (struct entry){ .deed = CALLED, .number = 99 });
	return 0;
}

static struct event removing;

static void *remove_slow(void *arg)
{
	struct side *side = arg;

	event_signal(&removing);
	if (cohort_unregister(side->c, "slow"))
		abort();
	journal_write(&side->journal, (struct entry){ .deed = DONE });
	return NULL;
}

Test(register_action, removing_waits_for_the_running_handler)
{
	struct stage *s = stage_open(1);
	struct journal *j = &s->primary.journal;
	pthread_t thread;

	event_init(&removing);
	cr_assert_eq(add(&s->primary, "slow", on_slow), 0);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "slow", 1), 0);
	cr_assert(journal_await(j, CALLED, 1));
	thread = thread_start(remove_slow, &s->primary);
	cr_assert(event_wait_for(&removing, 1, PATIENCE_MS));
	cr_assert_eq(journal_count(j, RELEASED), 0);
	gate_open(&s->gate);
	thread_join(thread);
	cr_assert_eq(journal_entry(j, CALLED, 1).number, 99);
	cr_assert_eq(journal_count(j, RELEASED), 1);
	cr_assert_gt(journal_find(j, RELEASED, 0), journal_find(j, CALLED, 1));
	cr_assert_gt(journal_find(j, DONE, 0), journal_find(j, RELEASED, 0));
	event_deinit(&removing);
	stage_close(s);
}

static int on_remove_itself(struct cohort_call *call, void *arg)
{
	struct side *side = arg;
	struct entry e = { .deed = CALLED };

	e.detail = cohort_unregister(side->c, cohort_call_action(call));
	e.number = journal_count(&side->journal, RELEASED);
	journal_write(&side->journal, e);
	return 0;
}

Test(register_action, handler_that_removes_itself_is_told_that_it_still_runs)
{
	struct stage *s = stage_open(1);
	struct journal *j = &s->primary.journal;

	cr_assert_eq(add(&s->primary, "once", on_remove_itself), 0);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "once", 1), 0);
	cr_assert(journal_await(j, RELEASED, 1));
	cr_assert_eq(journal_entry(j, CALLED, 0).detail, COHORT_DRAINING);
	cr_assert_eq(journal_entry(j, CALLED, 0).number, 0, "released while the handler ran");
	cr_assert_eq(ask_within(&s->secondary[0], COHORT_PRIMARY, "once", 1, PATIENCE), -ENOENT);
	side_close(&s->primary);
	cr_assert_eq(journal_count(j, RELEASED), 1);
	stage_close(s);
}

static int on_remove_note(struct cohort_call *call, void *arg)
{
	(void)call;
	return cohort_unregister(((struct side *)arg)->c, "idle") ? -EIO : 0;
}

Test(register_action, handler_may_remove_one_that_does_not_run)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "remove", on_remove_note);
	stage_start(s, 1);
	cr_assert_eq(add(&s->primary, "idle", on_note), 0);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "remove", 1), 0);
	cr_assert_eq(journal_count(&s->primary.journal, RELEASED), 1);
	stage_close(s);
}

/* Two handlers that run at the same time and remove each other. */
static struct event met;

static int on_remove_other(struct cohort_call *call, void *arg)
{
	struct side *side = arg;
	const char *other = strcmp(cohort_call_action(call), "left") ? "left" : "right";
	struct entry e = { .deed = CALLED };

	event_signal(&met);
	if (!event_wait_for(&met, 2, PATIENCE_MS))
		return -EIO;
	e.detail = cohort_unregister(side->c, other);
	journal_write(&side->journal, e);
	return 0;
}

Test(register_action, handlers_that_remove_each_other_both_end)
{
	struct stage *s = stage_new();
	struct journal *j = &s->primary.journal;

	event_init(&met);
	s->primary.config.handler_threads = 2;
	stage_start(s, 2);
	cr_assert_eq(add(&s->primary, "left", on_remove_other), 0);
	cr_assert_eq(add(&s->primary, "right", on_remove_other), 0);
	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "left", 0, PATIENCE, NULL), 0);
	cr_assert_eq(ask_async(&s->secondary[1], COHORT_PRIMARY, "right", 0, PATIENCE, NULL), 0);
	cr_assert(journal_await(j, RELEASED, 2));
	cr_assert(journal_await(j, CALLED, 2));
	for (size_t i = 0; i < 2; i++)
		cr_assert(journal_entry(j, CALLED, i).detail == COHORT_DRAINING ||
			  journal_entry(j, CALLED, i).detail == 0);
	cr_assert_eq(journal_entry(j, CALLED, 0).detail, COHORT_DRAINING);
	side_close(&s->primary);
	cr_assert_eq(journal_count(j, RELEASED), 2);
	event_deinit(&met);
	stage_close(s);
}

static struct cohort_call *kept;

static int on_keep(struct cohort_call *call, void *arg)
{
	int err = cohort_call_keep(call, &kept);

	side_write_call(arg, call);
	return err;
}

Test(register_action, removing_does_not_wait_for_kept_calls)
{
	struct stage *s = stage_open(1);

	cr_assert_eq(add(&s->primary, "keep", on_keep), 0);
	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "keep", 0, PATIENCE, NULL), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	cr_assert_eq(cohort_unregister(s->primary.c, "keep"), 0);
	cr_assert_eq(journal_count(&s->primary.journal, RELEASED), 1);
	cr_assert_eq(cohort_call_reply(kept, 0, NULL), 0);
	cr_assert(journal_await(&s->secondary[0].journal, DONE, 1));
	cr_assert_eq(journal_entry(&s->secondary[0].journal, DONE, 0).detail, 0);
	cohort_call_drop(kept);
	stage_close(s);
}
