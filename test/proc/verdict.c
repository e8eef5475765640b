/*
 * Two phases: a secondary asks the primary for a commit; the primary, in that request's handler, asks every
 * secondary, the requester included, to prepare; if all agree it tells them to apply, else to undo; then it answers.
 * However the others behave, the requester gets one verdict, and all who are left have done what it says.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proc/common/scene.h"

#define MEMBERS 4

/* How long the others have to prepare. Set before there are threads. */
static int64_t prepare_time = PATIENCE;

/* Every one of them must have agreed. What they were asked to prepare they may have prepared also if not. */
static bool all_agree(struct cohort *c)
{
	struct cohort_message question = COHORT_MESSAGE("prepare", NULL, 0);
	struct cohort_replies *replies;
	bool agreed = true;

	if (cohort_request_all(c, &question, prepare_time, &replies))
		return false;
	for (size_t i = 0; i < cohort_replies_count(replies); i++)
		agreed &= cohort_replies_error(replies, i) == 0 &&
			  cohort_reply_status(cohort_replies_reply(replies, i)) == 0;
	agreed &= cohort_replies_count(replies) == MEMBERS;
	cohort_replies_free(replies);
	return agreed;
}

static int on_commit(struct cohort_call *call, void *arg)
{
	struct cohort *c = cohort_call_channel(call);
	bool agreed = all_agree(c);
	struct cohort_message verdict = COHORT_MESSAGE(agreed ? "apply" : "undo", NULL, 0);
	int err = cohort_broadcast(c, &verdict, 0, NULL);

	(void)arg;
	if (err)
		return err;
	return agreed ? 0 : -ECANCELED;
}

struct party {
	struct scene scene;
	struct host host;
	struct child child[MEMBERS];
};

static void party_open(struct party *p)
{
	scene_open(&p->scene);
	host_init(&p->host, COHORT_ROLE_PRIMARY);
	host_add(&p->host, "commit", on_commit, NULL, 0);
	host_open(&p->host, &p->scene);
	for (int i = 0; i < MEMBERS; i++)
		member_open(&p->child[i], "secondary", &p->scene, NULL);
}

static void party_close(struct party *p)
{
	host_close(&p->host);
	scene_close(&p->scene);
}

/* The verdict was sent before the answer and in the same ring, or comes in its own time: wait for it. */
static void expect_state(struct child *child, const char *state)
{
	int64_t end = now_ns() + PATIENCE;
	char line[32];

	snprintf(line, sizeof(line), "state %s", state);
	do
		member_do(child, "state", "state");
	while (strcmp(child->line, line) && now_ns() < end);
	cr_assert_str_eq(child->line, line);
}

static void ask(struct party *p, int status)
{
	char line[32];

	snprintf(line, sizeof(line), "request 0 %d", status);
	member_do(&p->child[0], "request", "request primary commit 60000 0 - x");
	cr_assert_eq(strncmp(p->child[0].line, line, strlen(line)), 0, "%s", p->child[0].line);
}

Test(verdict, is_to_apply_if_all_agree)
{
	struct party p;

	party_open(&p);
	ask(&p, 0);
	for (int i = 0; i < MEMBERS; i++) {
		expect_state(&p.child[i], "applied");
		member_close(&p.child[i]);
	}
	party_close(&p);
}

Test(verdict, is_to_undo_if_one_refuses)
{
	struct party p;

	party_open(&p);
	member_do(&p.child[2], "vote", "vote no");
	ask(&p, -ECANCELED);
	for (int i = 0; i < MEMBERS; i++) {
		expect_state(&p.child[i], "undone");
		member_close(&p.child[i]);
	}
	party_close(&p);
}

Test(verdict, is_to_undo_if_the_requester_itself_refuses)
{
	struct party p;

	party_open(&p);
	member_do(&p.child[0], "vote", "vote no");
	ask(&p, -ECANCELED);
	for (int i = 0; i < MEMBERS; i++) {
		expect_state(&p.child[i], "undone");
		member_close(&p.child[i]);
	}
	party_close(&p);
}

Test(verdict, is_to_undo_if_one_is_stopped_which_undoes_too_once_it_goes_on)
{
	struct party p;

	prepare_time = COHORT_SECONDS(1);
	party_open(&p);
	member_stop(&p.child[1]);
	ask(&p, -ECANCELED);
	member_go_on(&p.child[1]);
	for (int i = 0; i < MEMBERS; i++) {
		expect_state(&p.child[i], "undone");
		member_close(&p.child[i]);
	}
	party_close(&p);
}

Test(verdict, is_to_undo_if_one_is_killed_midway)
{
	struct party p;

	party_open(&p);
	member_do(&p.child[3], "vote", "vote die");
	ask(&p, -ECANCELED);
	for (int i = 0; i < MEMBERS - 1; i++) {
		expect_state(&p.child[i], "undone");
		member_close(&p.child[i]);
	}
	cr_assert(event_wait_for(&p.host.left, MEMBERS, PATIENCE_MS));
	child_end(&p.child[3]);
	party_close(&p);
}
