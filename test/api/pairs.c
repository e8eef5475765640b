/*
 * Channels over pairs of sockets, without a file: either side first, more than one secondary, the
 * other end missing.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(pairs, .timeout = 120);

static void make_pair(int pair[2])
{
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

struct opener {
	struct side *side;
	int fd;
	int err;
};

static void *open_end(void *arg)
{
	struct opener *o = arg;

	o->err = cohort_open_fd(&o->side->c, o->fd, &o->side->config);
	return NULL;
}

Test(pairs, secondary_may_come_before_its_primary)
{
	struct stage *s = stage_new();
	struct opener o = { .side = &s->secondary[0] };
	pthread_t thread;
	int pair[2];

	make_pair(pair);
	o.fd = pair[1];
	thread = thread_start(open_end, &o);
	cr_assert_eq(cohort_open_fd(&s->primary.c, pair[0], &s->primary.config), 0);
	thread_join(thread);
	cr_assert_eq(o.err, 0);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	stage_close(s);
}

Test(pairs, primary_may_adopt_many)
{
	struct stage *s = stage_new();

	stage_start_pair(s);
	for (size_t i = 1; i < 8; i++) {
		int pair[2];

		make_pair(pair);
		cr_assert_eq(cohort_adopt(s->primary.c, pair[0]), 0);
		cr_assert_eq(cohort_open_fd(&s->secondary[i].c, pair[1], &s->secondary[i].config),
			     0);
	}
	cr_assert_eq(cohort_wait(s->primary.c, NULL, 8, PATIENCE), 0);
	cr_assert_eq(tell_all(&s->primary, "note", 5, PATIENCE, NULL), 0);
	for (size_t i = 0; i < 8; i++)
		cr_assert(journal_await(&s->secondary[i].journal, CALLED, 1));
	stage_close(s);
}

Test(pairs, primary_with_a_path_may_adopt)
{
	struct stage *s = stage_open(1);
	int pair[2];

	make_pair(pair);
	cr_assert_eq(cohort_adopt(s->primary.c, pair[0]), 0);
	cr_assert_eq(cohort_open_fd(&s->secondary[1].c, pair[1], &s->secondary[1].config), 0);
	cr_assert_eq(ask(&s->secondary[1], COHORT_PRIMARY, "echo", 1), 0);
	cr_assert_eq(cohort_peers(s->primary.c, NULL, 0, PATIENCE), 2);
	stage_close(s);
}

Test(pairs, silent_other_end_is_a_timeout_and_the_descriptor_stays_the_callers)
{
	struct stage *s = stage_new();
	int pair[2];

	make_pair(pair);
	s->secondary[0].config.handshake_timeout = COHORT_MS(50);
	s->secondary[0].config.open_timeout = 0;
	EXPECT(-ETIMEDOUT, cohort_open_fd(&s->secondary[0].c, pair[1], &s->secondary[0].config));
	cr_assert(is_open(pair[1]));
	close(pair[0]);
	close(pair[1]);
	stage_close(s);
}

Test(pairs, closed_other_end_is_an_error_at_once)
{
	struct stage *s = stage_new();
	int64_t begin = now_ns();
	int pair[2];

	make_pair(pair);
	close(pair[0]);
	cr_assert_lt(cohort_open_fd(&s->secondary[0].c, pair[1], &s->secondary[0].config), 0);
	cr_assert_null(s->secondary[0].c);
	cr_assert_lt(now_ns() - begin, COHORT_SECONDS(10));
	cr_assert(is_open(pair[1]));
	close(pair[1]);
	stage_close(s);
}

Test(pairs, adopted_end_that_stays_silent_ends_alone)
{
	struct stage *s = stage_new();
	char byte;
	int pair[2];

	s->primary.config.handshake_timeout = COHORT_SECONDS(2); /* the other one keeps it */
	stage_start(s, 1);
	make_pair(pair);
	cr_assert_eq(cohort_adopt(s->primary.c, pair[0]), 0);
	while (recv(pair[1], &byte, 1, 0) > 0)
		;
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	cr_assert_eq(journal_count(&s->primary.journal, JOINED), 1);
	close(pair[1]);
	stage_close(s);
}

static void part_at_once(struct cohort *c, cohort_peer peer, void *user)
{
	on_joined(c, peer, user);
	cohort_peer_disconnect(c, peer);
}

/* It had a session, whose messages are served, though that may be over before open() looks. */
Test(pairs, secondary_that_is_parted_with_at_once_has_been_open)
{
	struct stage *s = stage_new();
	int pair[2];

	s->primary.config.joined = part_at_once;
	for (size_t i = 0; i < 200; i++) {
		make_pair(pair);
		cr_assert_eq(cohort_open_fd(&s->primary.c, pair[0], &s->primary.config), 0);
		EXPECT(0, cohort_open_fd(&s->secondary[0].c, pair[1], &s->secondary[0].config));
		cr_assert(journal_await(&s->secondary[0].journal, LEFT, i + 1));
		side_close(&s->secondary[0]);
		side_close(&s->primary);
	}
	cr_assert_eq(journal_count(&s->secondary[0].journal, JOINED), 200);
	stage_close(s);
}

Test(pairs, secondary_of_a_pair_does_not_come_back)
{
	struct stage *s = stage_new();
	cohort_peer peer;

	stage_start_pair(s);
	peer = id_of(&s->secondary[0]);
	EXPECT(0, cohort_peer_disconnect(s->primary.c, peer));
	cr_assert(journal_await(&s->secondary[0].journal, LEFT, 1));
	EXPECT(-ENOTCONN, tell(&s->secondary[0], COHORT_PRIMARY, "note", 1));
	EXPECT(-ENOTCONN, ask_within(&s->secondary[0], COHORT_PRIMARY, "note", 1, PATIENCE));
	stage_close(s);
}

Test(pairs, everything_travels_over_them)
{
	struct stage *s = stage_new();
	char *body = calloc(1, 5 << 20);
	struct cohort_message m = COHORT_MESSAGE("echo", body, 5 << 20);
	struct cohort_reply *reply = NULL;
	size_t length;
	int fd = make_memfd();

	m.fds = &fd;
	m.nfds = 1;
	stage_start_pair(s);
	cr_assert_eq(cohort_request(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE, &reply), 0);
	cohort_reply_data(reply, &length);
	cr_assert_eq(length, 5 << 20);
	cr_assert_eq(cohort_reply_fds(reply), 1);
	cohort_reply_free(reply);
	close(fd);
	free(body);
	stage_close(s);
}
