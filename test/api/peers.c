/*
 * Who is there: lists from both sides, waiting for somebody, data and pidfds of peers, and how one
 * is disconnected.
 */
#include <criterion/criterion.h>
#include <poll.h>

#include "api/verbs.h"

TestSuite(peers, .timeout = 120);

static int list_peers(const struct side *side, struct cohort_peer_info *peers, size_t capacity)
{
	peers[0].size = sizeof(peers[0]);
	return cohort_peers(side->c, peers, capacity, PATIENCE);
}

static bool has_peer(const struct cohort_peer_info *peers, int n, cohort_peer id)
{
	for (int i = 0; i < n; i++)
		if (peers[i].id == id)
			return true;
	return false;
}

static void expect_list(struct stage *s, const struct side *side, size_t n)
{
	struct cohort_peer_info peers[STAGE_MAX] = { { .size = 0 } };
	int64_t end = now_ns();

	cr_assert_eq(cohort_peers(side->c, NULL, 0, PATIENCE), (int)n);
	cr_assert_eq(list_peers(side, peers, STAGE_MAX), (int)n);
	for (size_t i = 0; i < n; i++) {
		cr_assert(has_peer(peers, (int)n, id_of(&s->secondary[i])));
		cr_assert_eq(peers[i].pid, getpid());
		cr_assert_eq(peers[i].uid, getuid());
		cr_assert_eq(peers[i].gid, getgid());
		cr_assert_leq(peers[i].since, end);
		cr_assert_gt(peers[i].since, end - COHORT_SECONDS(300));
		cr_assert_eq(peers[i].actions, 4);
		cr_assert_gt(strnlen(peers[i].program, 64), 0);
		cr_assert_lt(strnlen(peers[i].program, 64), 64);
	}
}

Test(peers, are_listed_alike_on_both_sides)
{
	struct stage *s = stage_open(3);

	expect_list(s, &s->primary, 3);
	expect_list(s, &s->secondary[0], 3);
	expect_list(s, &s->secondary[2], 3);
	stage_close(s);
}

Test(peers, more_than_fit_are_counted_and_not_written)
{
	struct stage *s = stage_open(3);
	struct cohort_peer_info peers[3] = { { .size = 0 } };

	for (int i = 0; i < 2; i++) {
		struct side *side = i ? &s->primary : &s->secondary[0];

		memset(peers, 0, sizeof(peers));
		cr_assert_eq(list_peers(side, peers, 2), 3);
		cr_assert_neq(peers[0].id, 0);
		cr_assert_neq(peers[1].id, 0);
		cr_assert_eq(peers[2].id, 0);
	}
	stage_close(s);
}

static int list_actions(const struct side *side, cohort_peer peer,
			struct cohort_action_info *actions, size_t capacity)
{
	actions[0].size = sizeof(actions[0]);
	return cohort_actions(side->c, peer, actions, capacity, PATIENCE);
}

static const struct cohort_action_info *find_action(const struct cohort_action_info *actions, int n,
						    const char *name, cohort_peer peer)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(actions[i].name, name) && actions[i].peer == peer)
			return &actions[i];
	return NULL;
}

static void expect_actions(struct stage *s, const struct side *side)
{
	static struct cohort_action_info actions[64];
	const struct cohort_action_info *found;
	cohort_peer peer = id_of(&s->secondary[0]);
	int n = list_actions(side, peer, actions, 64);

	cr_assert_eq(n, 5);
	found = find_action(actions, n, "special", peer);
	cr_assert_not_null(found);
	cr_assert_str_eq(found->help, "does something special");
	cr_assert_eq(found->flags, COHORT_BLOCKING);
	n = list_actions(side, COHORT_PRIMARY, actions, 64);
	cr_assert_eq(n, 4);
	cr_assert_not_null(find_action(actions, n, "echo", cohort_self(s->primary.c)));
	n = list_actions(side, COHORT_ALL, actions, 64);
	cr_assert_eq(n, 4 + 5 + 4);
	cr_assert_not_null(find_action(actions, n, "echo", id_of(&s->secondary[1])));
	cr_assert_eq(cohort_actions(side->c, COHORT_ALL, NULL, 0, PATIENCE), 13);
}

Test(peers, actions_are_listed_alike_on_both_sides)
{
	struct stage *s = stage_new();
	struct cohort_action *special = side_add(&s->secondary[0], "special", on_note);

	special->help = "does something special";
	special->flags = COHORT_BLOCKING;
	stage_start(s, 2);
	expect_actions(s, &s->primary);
	expect_actions(s, &s->secondary[0]);
	expect_actions(s, &s->secondary[1]);
	stage_close(s);
}

Test(peers, actions_of_our_own_have_counts)
{
	struct stage *s = stage_open(1);
	struct cohort_action_info actions[8] = { { .size = 0 } };
	const struct cohort_action_info *found;
	int n;

	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "fail", EDOM), -EDOM);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "fail", 0), 0);
	n = list_actions(&s->primary, COHORT_PRIMARY, actions, 8);
	found = find_action(actions, n, "fail", cohort_self(s->primary.c));
	cr_assert_not_null(found);
	cr_assert_eq(found->calls, 2);
	cr_assert_eq(found->errors, 1);
	cr_assert_leq(found->worst_ns, found->total_ns);
	stage_close(s);
}

Test(peers, and_actions_are_listed_while_every_handler_is_stuck)
{
	struct stage *s = stage_open(2);
	struct cohort_counters counters = COHORT_COUNTERS_INIT;

	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "hold", 0), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	expect_list(s, &s->secondary[1], 2);
	cr_assert_eq(cohort_actions(s->secondary[0].c, COHORT_ALL, NULL, 0, PATIENCE), 12);
	cr_assert_eq(cohort_remote_stats(s->secondary[0].c, COHORT_ALL, &counters, PATIENCE), 0);
	cr_assert_eq(counters.joined, 2);
	cr_assert_eq(journal_count(&s->primary.journal, CALLED), 1);
	stage_close(s);
}

static void *open_third(void *arg)
{
	struct side *side = arg;

	return side_open(side) ? side : NULL;
}

Test(peers, can_be_waited_for)
{
	struct stage *s = stage_new();
	pthread_t thread;
	void *failed;

	side_add(&s->secondary[2], "special", on_note);
	stage_start(s, 2);
	EXPECT(0, cohort_wait(s->primary.c, NULL, 0, 0));
	EXPECT(0, cohort_wait(s->primary.c, "note", 2, 0));
	EXPECT(-ETIMEDOUT, cohort_wait(s->primary.c, "special", 1, COHORT_MS(20)));
	thread = thread_start(open_third, &s->secondary[2]);
	EXPECT(0, cohort_wait(s->primary.c, "special", 1, PATIENCE));
	EXPECT(0, cohort_wait(s->primary.c, NULL, 3, PATIENCE));
	cr_assert_eq(pthread_join(thread, &failed), 0);
	cr_assert_null(failed);
	stage_close(s);
}

/* In `left` the data is there for the last time. */
static void free_in_left(struct cohort *c, cohort_peer peer, enum cohort_reason reason, void *user)
{
	char *data = cohort_peer_data(c, peer);

	(void)reason;
	journal_write(&((struct side *)user)->journal,
		      (struct entry){ .deed = LEFT, .peer = peer, .number = data ? 1 : 0 });
	free(data);
}

Test(peers, carry_a_pointer_until_they_have_left)
{
	struct stage *s = stage_new();
	cohort_peer peer;
	char *data = malloc(1);

	s->primary.config.left = free_in_left;
	stage_start(s, 2);
	peer = id_of(&s->secondary[0]);
	cr_assert_null(cohort_peer_data(s->primary.c, peer));
	EXPECT(0, cohort_peer_set_data(s->primary.c, peer, data));
	cr_assert_eq(cohort_peer_data(s->primary.c, peer), data);
	cr_assert_null(cohort_peer_data(s->primary.c, id_of(&s->secondary[1])));
	EXPECT(0, cohort_peer_set_data(s->secondary[0].c, COHORT_PRIMARY, s));
	cr_assert_eq(cohort_peer_data(s->secondary[0].c, COHORT_PRIMARY), s);
	side_close(&s->secondary[0]);
	cr_assert(journal_await(&s->primary.journal, LEFT, 1));
	cr_assert_eq(journal_entry(&s->primary.journal, LEFT, 0).number, 1);
	cr_assert_eq(ask(&s->secondary[1], COHORT_PRIMARY, "note", 0), 0);
	cr_assert_null(cohort_peer_data(s->primary.c, peer));
	stage_close(s);
}

Test(peers, have_a_pidfd)
{
	struct stage *s = stage_open(1);
	int fds[2] = { cohort_peer_pidfd(s->primary.c, id_of(&s->secondary[0])),
		       cohort_peer_pidfd(s->secondary[0].c, COHORT_PRIMARY) };

	for (size_t i = 0; i < 2; i++) {
		struct pollfd p = { .fd = fds[i], .events = POLLIN };

		cr_assert_geq(fds[i], 0);
		cr_assert(is_close_on_exec(fds[i]));
		cr_assert_eq(poll(&p, 1, 0), 0, "the process is said to be dead");
		close(fds[i]);
	}
	stage_close(s);
}

Test(peers, can_be_disconnected)
{
	struct stage *s = stage_new();
	cohort_peer peer;

	s->secondary[0].config.flags |= COHORT_NO_RECONNECT;
	stage_start(s, 2);
	peer = id_of(&s->secondary[0]);
	EXPECT(0, cohort_peer_disconnect(s->primary.c, peer));
	cr_assert(journal_await(&s->primary.journal, LEFT, 1));
	cr_assert_eq(journal_entry(&s->primary.journal, LEFT, 0).peer, peer);
	cr_assert_eq(journal_entry(&s->primary.journal, LEFT, 0).number, COHORT_LEFT_EVICTED);
	cr_assert(journal_await(&s->secondary[0].journal, LEFT, 1));
	cr_assert_eq(journal_entry(&s->secondary[0].journal, LEFT, 0).number, COHORT_LEFT_EVICTED);
	EXPECT(-ESTALE, cohort_peer_disconnect(s->primary.c, peer));
	cr_assert_eq(ask(&s->secondary[1], COHORT_PRIMARY, "echo", 1), 0);
	stage_close(s);
}

Test(peers, that_were_disconnected_come_back_under_a_new_id)
{
	struct stage *s = stage_open(1);
	cohort_peer peer = id_of(&s->secondary[0]);

	EXPECT(0, cohort_peer_disconnect(s->primary.c, peer));
	cr_assert(journal_await(&s->secondary[0].journal, JOINED, 2));
	cr_assert_neq(id_of(&s->secondary[0]), peer);
	cr_assert_eq(id_of(&s->secondary[0]) >> 32, peer >> 32);
	cr_assert_lt(journal_find(&s->secondary[0].journal, LEFT, 0),
		     journal_find(&s->secondary[0].journal, JOINED, 1));
	stage_close(s);
}

/* Until that handler has returned nothing of it can be taken, but its bell rings all the same. */
Test(peers, that_are_back_before_a_handler_has_returned_may_send_all_the_time)
{
	struct stage *s = stage_new();
	struct side *secondary = &s->secondary[0];
	const size_t notes = 1500;

	s->primary.config.handler_threads = 2;
	stage_start(s, 1);
	cr_assert_eq(tell(secondary, COHORT_PRIMARY, "hold", 1), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	side_close(secondary);
	cr_assert_eq(side_open(secondary), 0);
	for (size_t i = 0; i < notes; i++) {
		cr_assert_eq(tell(secondary, COHORT_PRIMARY, "note", i), 0);
		usleep(300); /* time to go to sleep again */
	}
	gate_open(&s->gate);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1 + notes));
	cr_assert_eq(journal_count(&s->primary.journal, LEFT), 1);
	stage_close(s);
}
