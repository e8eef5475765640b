/*
 * Descriptors when something is short or slow: the table of descriptors, the credit, a close() that
 * blocks; and in order among messages that carry none.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include "api/verbs.h"

TestSuite(descriptors_under_pressure, .timeout = 120);

static int send_some(struct side *from, cohort_peer to, const char *action, uint64_t number,
		     size_t n, int64_t timeout)
{
	struct cohort_message m = COHORT_MESSAGE(action, &number, sizeof(number));
	int fds[COHORT_FDS_MAX];
	int err;

	fds[0] = make_memfd();
	for (size_t i = 1; i < n; i++)
		fds[i] = fds[0];
	m.fds = fds;
	m.nfds = n;
	err = cohort_send(from->c, to, &m, timeout);
	close(fds[0]);
	return err;
}

Test(descriptors_under_pressure, do_not_overtake_and_are_not_overtaken)
{
	struct stage *s = stage_open(1);

	for (uint64_t i = 0; i < 500; i++)
		cr_assert_eq(send_some(&s->secondary[0], COHORT_PRIMARY, "note", i, i % 4 * 5,
				       PATIENCE),
			     0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 500));
	for (size_t i = 0; i < 500; i++) {
		cr_assert_eq(journal_entry(&s->primary.journal, CALLED, i).number, i);
		cr_assert_eq(journal_entry(&s->primary.journal, CALLED, i).fds, i % 4 * 5);
	}
	stage_close(s);
}

Test(descriptors_under_pressure, sent_to_a_peer_that_does_not_take_them_end_in_eagain)
{
	struct stage *s = stage_open(1);
	size_t accepted = 0;
	int err;

	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "hold", 1000), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	while (!(err = send_some(&s->secondary[0], COHORT_PRIMARY, "note", accepted, 50, 0)))
		cr_assert_lt(++accepted, 100);
	cr_assert_eq(err, -EAGAIN);
	cr_assert_geq(accepted, 1);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "note", accepted), 0,
		     "a message without descriptors has room");
	gate_open(&s->gate);
	cr_assert(journal_await(&s->primary.journal, CALLED, accepted + 2));
	for (size_t i = 0; i <= accepted; i++)
		cr_assert_eq(journal_entry(&s->primary.journal, CALLED, i + 1).number, i);
	cr_assert_eq(send_some(&s->secondary[0], COHORT_PRIMARY, "note", 0, 253, PATIENCE), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, accepted + 3));
	stage_close(s);
}

/* No further descriptor can be opened; returns what was allowed before. */
static struct rlimit forbid_descriptors(void)
{
	struct rlimit before, none;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	return before;
}

Test(descriptors_under_pressure, message_without_room_for_them_is_lost_and_the_channel_lives)
{
	struct stage *s = stage_open(1);
	struct rlimit before;
	struct cohort_message m = COHORT_MESSAGE("note", NULL, 0);
	int fd = make_memfd();

	m.fds = &fd;
	m.nfds = 1;
	before = forbid_descriptors();
	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), 0);
	cr_assert(journal_await(&s->primary.journal, LOST, 1));
	cr_assert_eq(journal_entry(&s->primary.journal, LOST, 0).number, 1);
	cr_assert_eq(journal_entry(&s->primary.journal, LOST, 0).detail, COHORT_LOST_DESCRIPTORS);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "note", 1), 0);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 2));
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 1).fds, 1);
	close(fd);
	stage_close(s);
}

Test(descriptors_under_pressure, request_without_room_for_them_did_not_run)
{
	struct stage *s = stage_open(1);
	struct rlimit before;
	struct cohort_message m = COHORT_MESSAGE("note", NULL, 0);
	int fd = make_memfd();

	m.fds = &fd;
	m.nfds = 1;
	before = forbid_descriptors();
	cr_assert_eq(cohort_request(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE, NULL),
		     -EMFILE);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	cr_assert_eq(journal_count(&s->primary.journal, CALLED), 0);
	cr_assert_eq(cohort_request(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE, NULL), 0);
	cr_assert_eq(journal_count(&s->primary.journal, CALLED), 1);
	close(fd);
	stage_close(s);
}

/* A connection whose close() waits for 20 s, because its peer does not read; returns the peer. */
static int lingering(int *slow)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct linger linger = { .l_onoff = 1, .l_linger = 20 };
	socklen_t length = sizeof(name);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char block[65536] = "";
	int peer;

	cr_assert_eq(bind(listener, (struct sockaddr *)&name, sizeof(name)), 0);
	cr_assert_eq(listen(listener, 1), 0);
	cr_assert_eq(getsockname(listener, (struct sockaddr *)&name, &length), 0);
	*slow = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(connect(*slow, (struct sockaddr *)&name, sizeof(name)), 0);
	peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	cr_assert_geq(peer, 0);
	while (send(*slow, block, sizeof(block), MSG_DONTWAIT) > 0)
		;
	cr_assert_eq(setsockopt(*slow, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	close(listener);
	return peer;
}

/* Held until the sender's own copy is closed, so that the last close() is the library's. */
Test(descriptors_under_pressure, whose_close_blocks_delay_nobody)
{
	struct stage *s = stage_open(2);
	struct cohort_message m = COHORT_MESSAGE("hold", NULL, 0);
	int slow;
	int peer = lingering(&slow);
	int64_t begin;

	m.fds = &slow;
	m.nfds = 1;
	m.flags = COHORT_GIVE_FDS;
	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	begin = now_ns();
	gate_open(&s->gate);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "note", 1), 0);
	cr_assert_eq(ask(&s->secondary[1], COHORT_PRIMARY, "note", 1), 0);
	cr_assert_eq(ask(&s->primary, id_of(&s->secondary[0]), "note", 1), 0);
	cr_assert_lt(now_ns() - begin, COHORT_SECONDS(10));
	close(peer);
	stage_close(s);
}
