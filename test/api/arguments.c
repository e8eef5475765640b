/*
 * What each call that sends or asks says to arguments that cannot be right, and that it then did
 * nothing.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(arguments, .timeout = 120);

static const char *const bad_names[] = {
	NULL,
	"",
	"0123456789012345678901234567890123456789012345678901234567890123",
	"a b",
	" ",
	"a\n",
	"\x7f",
	"caf\xc3\xa9",
	"\x01",
};
#define BAD_NAMES (sizeof(bad_names) / sizeof(bad_names[0]))

/* Calls one of the functions that send a message. */
typedef int sender(const struct side *side, cohort_peer to, const struct cohort_message *m,
		   int64_t timeout);

static int by_send(const struct side *side, cohort_peer to, const struct cohort_message *m,
		   int64_t timeout)
{
	return cohort_send(side->c, to, m, timeout);
}

static int by_broadcast(const struct side *side, cohort_peer to, const struct cohort_message *m,
			int64_t timeout)
{
	(void)to;
	return cohort_broadcast(side->c, m, timeout, NULL);
}

static int by_request(const struct side *side, cohort_peer to, const struct cohort_message *m,
		      int64_t timeout)
{
	return cohort_request(side->c, to, m, timeout, NULL);
}

static int by_request_async(const struct side *side, cohort_peer to, const struct cohort_message *m,
			    int64_t timeout)
{
	return cohort_request_async(side->c, to, m, timeout, on_done, (void *)side, NULL);
}

static int by_request_all(const struct side *side, cohort_peer to, const struct cohort_message *m,
			  int64_t timeout)
{
	struct cohort_replies *replies = NULL;
	int err = cohort_request_all(side->c, m, timeout, &replies);

	(void)to;
	cohort_replies_free(replies);
	return err;
}

static void on_done_all(struct cohort *c, uint64_t id, struct cohort_replies *replies, void *arg)
{
	(void)c;
	(void)id;
	(void)arg;
	cohort_replies_free(replies);
}

static int by_request_all_async(const struct side *side, cohort_peer to,
				const struct cohort_message *m, int64_t timeout)
{
	(void)to;
	return cohort_request_all_async(side->c, m, timeout, on_done_all, NULL, NULL);
}

static void refuses_bad_names(const struct side *side, cohort_peer to, sender *send)
{
	struct cohort_message m = COHORT_MESSAGE_INIT;

	for (size_t i = 0; i < BAD_NAMES; i++) {
		m.action = bad_names[i];
		INVALID(send(side, to, &m, PATIENCE));
	}
}

static void refuses_bad_bodies(const struct side *side, cohort_peer to, sender *send)
{
	const struct cohort_message good = COHORT_MESSAGE("note", NULL, 0);
	struct iovec iov[1025] = { { NULL, 1 } };
	struct cohort_message m = good;

	m.length = 1;
	INVALID(send(side, to, &m, PATIENCE));
	m = good;
	m.niov = 1;
	INVALID(send(side, to, &m, PATIENCE));
	m.iov = iov;
	INVALID(send(side, to, &m, PATIENCE));
	iov[0].iov_len = 0;
	m.niov = 1025;
	INVALID(send(side, to, &m, PATIENCE));
	iov[0] = (struct iovec){ iov, SIZE_MAX };
	m.niov = 1;
	EXPECT(-EMSGSIZE, send(side, to, &m, PATIENCE));
	iov[1] = (struct iovec){ iov, 2 };
	m.niov = 2;
	EXPECT(-EMSGSIZE, send(side, to, &m, PATIENCE));
	m = good;
	m.data = iov;
	m.length = (64 << 20) + 1;
	EXPECT(-EMSGSIZE, send(side, to, &m, PATIENCE));
}

static void refuses_bad_words(const struct side *side, cohort_peer to, sender *send)
{
	const struct cohort_message good = COHORT_MESSAGE("note", NULL, 0);
	struct cohort_message m = good;

	INVALID(send(side, to, NULL, PATIENCE));
	INVALID(send(side, to, &m, -1));
	INVALID(send(side, to, &m, INT64_MIN));
	m.size = 0;
	INVALID(send(side, to, &m, PATIENCE));
	m = good;
	m.flags = UINT32_C(1) << 31;
	INVALID(send(side, to, &m, PATIENCE));
	m = good;
	m.nfds = 1;
	INVALID(send(side, to, &m, PATIENCE));
	m.fds = (const int[254]){ 0 };
	m.nfds = 254;
	INVALID(send(side, to, &m, PATIENCE));
	m.fds = (const int[]){ -1 };
	m.nfds = 1;
	EXPECT(-EBADF, send(side, to, &m, PATIENCE));
	EXPECT(-EINVAL, send(&(struct side){ .c = NULL }, to, &good, PATIENCE));
}

static void refuses_bad_messages(sender *send, bool of_primary_only)
{
	struct stage *s = stage_open(1);
	struct side *sides[] = { &s->primary, &s->secondary[0] };
	cohort_peer to[] = { id_of(&s->secondary[0]), COHORT_PRIMARY };

	for (size_t i = 0; i < (of_primary_only ? 1 : 2); i++) {
		refuses_bad_names(sides[i], to[i], send);
		refuses_bad_bodies(sides[i], to[i], send);
		refuses_bad_words(sides[i], to[i], send);
	}
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 0), 0);
	cr_assert_eq(ask(&s->primary, to[0], "echo", 0), 0);
	cr_assert_eq(journal_count(&s->primary.journal, CALLED), 0);
	cr_assert_eq(journal_count(&s->secondary[0].journal, CALLED), 0);
	stage_close(s);
}

Test(arguments, of_send_are_checked)
{
	refuses_bad_messages(by_send, false);
}

Test(arguments, of_broadcast_are_checked)
{
	refuses_bad_messages(by_broadcast, true);
}

Test(arguments, of_request_are_checked)
{
	refuses_bad_messages(by_request, false);
}

Test(arguments, of_request_async_are_checked)
{
	refuses_bad_messages(by_request_async, false);
}

Test(arguments, of_request_all_are_checked)
{
	refuses_bad_messages(by_request_all, true);
}

Test(arguments, of_request_all_async_are_checked)
{
	refuses_bad_messages(by_request_all_async, true);
}

Test(arguments, peers_that_never_were_or_are_no_more_are_stale)
{
	struct stage *s = stage_open(2);
	cohort_peer gone = id_of(&s->secondary[1]);
	cohort_peer never = id_of(&s->secondary[0]) ^ (UINT64_C(1) << 63);
	struct cohort_counters counters = COHORT_COUNTERS_INIT;

	side_close(&s->secondary[1]);
	cr_assert(journal_await(&s->primary.journal, LEFT, 1));
	for (int i = 0; i < 2; i++) {
		cohort_peer peer = i ? gone : never;

		EXPECT(-ESTALE, tell(&s->primary, peer, "note", 0));
		EXPECT(-ESTALE, ask_within(&s->primary, peer, "note", 0, PATIENCE));
		EXPECT(-ESTALE, ask_async(&s->primary, peer, "note", 0, PATIENCE, NULL));
		EXPECT(-ESTALE, cohort_actions(s->primary.c, peer, NULL, 0, PATIENCE));
		EXPECT(-ESTALE, cohort_actions(s->secondary[0].c, peer, NULL, 0, PATIENCE));
		EXPECT(-ESTALE, cohort_peer_set_data(s->primary.c, peer, s));
		EXPECT(-ESTALE, cohort_peer_pidfd(s->primary.c, peer));
		EXPECT(-ESTALE, cohort_peer_disconnect(s->primary.c, peer));
		EXPECT(-ESTALE, cohort_stats(s->primary.c, peer, &counters));
		EXPECT(-ESTALE, cohort_remote_stats(s->secondary[0].c, peer, &counters, PATIENCE));
		cr_expect_null(cohort_peer_data(s->primary.c, peer));
	}
	stage_close(s);
}

Test(arguments, nobody_and_all_are_no_peer_to_send_to)
{
	struct stage *s = stage_open(1);

	for (int i = 0; i < 2; i++) {
		cohort_peer peer = i ? COHORT_ALL : COHORT_NOBODY;

		INVALID(tell(&s->primary, peer, "note", 0));
		INVALID(tell(&s->secondary[0], peer, "note", 0));
		INVALID(ask_within(&s->primary, peer, "note", 0, PATIENCE));
		INVALID(ask_within(&s->secondary[0], peer, "note", 0, PATIENCE));
		INVALID(ask_async(&s->secondary[0], peer, "note", 0, PATIENCE, NULL));
	}
	stage_close(s);
}

Test(arguments, of_broadcasts_delivery_are_checked)
{
	struct stage *s = stage_open(1);
	struct cohort_delivery delivery = COHORT_DELIVERY_INIT;

	delivery.size = 0;
	INVALID(tell_all(&s->primary, "note", 0, 0, &delivery));
	delivery.size = sizeof(delivery);
	delivery.capacity = 1;
	INVALID(tell_all(&s->primary, "note", 0, 0, &delivery));
	cr_assert_eq(ask(&s->primary, id_of(&s->secondary[0]), "echo", 0), 0);
	cr_assert_eq(journal_count(&s->secondary[0].journal, CALLED), 0);
	stage_close(s);
}

Test(arguments, callbacks_of_asynchronous_requests_are_required)
{
	struct stage *s = stage_open(1);
	struct cohort_message m = COHORT_MESSAGE("note", NULL, 0);
	uint64_t id = 99;

	INVALID(cohort_request_async(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE, NULL, NULL,
				     &id));
	INVALID(cohort_request_all_async(s->primary.c, &m, PATIENCE, NULL, NULL, &id));
	INVALID(cohort_request_all(s->primary.c, &m, PATIENCE, NULL));
	cr_assert_eq(id, 99);
	INVALID(cohort_cancel(NULL, 1));
	EXPECT(-ENOENT, cohort_cancel(s->secondary[0].c, 0));
	EXPECT(-ENOENT, cohort_cancel(s->secondary[0].c, UINT64_MAX));
	stage_close(s);
}
