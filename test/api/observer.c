/*
 * Observers: they see everything, and nobody sees them; nothing that they do or leave undone is
 * felt by the channel.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/un.h>

#include "api/verbs.h"

TestSuite(observer, .timeout = 120);

static struct cohort *observe(struct stage *s)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct cohort *c = NULL;
	int err;

	config.role = COHORT_ROLE_OBSERVER;
	config.open_timeout = config.handshake_timeout = PATIENCE;
	err = cohort_open(&c, s->path, &config);
	cr_assert_eq(err, 0, "the observer cannot open: %d", err);
	return c;
}

static struct cohort_tap *tap_of(struct cohort *c, uint32_t flags)
{
	struct cohort_tap *tap = NULL;
	int err = cohort_tap_open(c, flags, PATIENCE, &tap);

	cr_assert_eq(err, 0, "no tap: %d", err);
	return tap;
}

/* The next event of that kind; those before it are dropped. */
static struct cohort_event event_of(struct cohort_tap *tap, enum cohort_event_kind kind)
{
	struct cohort_event event = { .size = sizeof(event) };

	do {
		int n = cohort_tap_next(tap, &event, PATIENCE);

		cr_assert_eq(n, 1, "no event of kind %d: %d", (int)kind, n);
	} while (event.kind != kind);
	return event;
}

Test(observer, is_no_peer)
{
	struct stage *s = stage_open(1);
	struct cohort *c = observe(s);
	struct cohort_delivery delivery = COHORT_DELIVERY_INIT;

	cr_assert_eq(cohort_peers(s->primary.c, NULL, 0, 0), 1);
	cr_assert_eq(tell_all(&s->primary, "note", 1, PATIENCE, &delivery), 0);
	cr_assert_eq(delivery.delivered, 1);
	cr_assert_eq(delivery.nmissed, 0);
	cr_assert_eq(cohort_close(c), 0);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	cr_assert_eq(journal_count(&s->primary.journal, JOINED), 1);
	cr_assert_eq(journal_count(&s->primary.journal, LEFT), 0);
	stage_close(s);
}

Test(observer, can_ask_and_do_nothing_else)
{
	struct stage *s = stage_open(2);
	struct cohort *c = observe(s);
	struct side self = { .c = c };
	struct cohort_counters counters = COHORT_COUNTERS_INIT;
	struct cohort_message m = COHORT_MESSAGE("note", NULL, 0);
	struct cohort_replies *replies;
	char text[65536];

	EXPECT(2, cohort_peers(c, NULL, 0, PATIENCE));
	EXPECT(12, cohort_actions(c, COHORT_ALL, NULL, 0, PATIENCE));
	EXPECT(0, cohort_remote_stats(c, id_of(&s->secondary[0]), &counters, PATIENCE));
	EXPECT(0, cohort_stats(c, COHORT_ALL, &counters));
	cr_assert_gt(cohort_describe(c, text, sizeof(text), PATIENCE), 0);
	EXPECT(-EOPNOTSUPP, tell(&self, COHORT_PRIMARY, "note", 1));
	EXPECT(-EOPNOTSUPP, ask_within(&self, COHORT_PRIMARY, "echo", 1, PATIENCE));
	EXPECT(-EOPNOTSUPP, ask_async(&self, COHORT_PRIMARY, "echo", 1, PATIENCE, NULL));
	EXPECT(-EOPNOTSUPP, cohort_register(c, &s->primary.actions[0]));
	EXPECT(-EOPNOTSUPP, cohort_unregister(c, "note"));
	EXPECT(-EPERM, cohort_broadcast(c, &m, PATIENCE, NULL));
	EXPECT(-EPERM, cohort_request_all(c, &m, PATIENCE, &replies));
	cr_assert_eq(cohort_close(c), 0);
	stage_close(s);
}

Test(observer, with_actions_is_an_error)
{
	struct stage *s = stage_open(0);
	struct cohort_config config = s->primary.config;
	struct cohort *c;

	config.role = COHORT_ROLE_OBSERVER;
	INVALID(cohort_open(&c, s->path, &config));
	stage_close(s);
}

Test(observer, is_answered_while_every_handler_is_stuck)
{
	struct stage *s = stage_new();
	char text[65536], *thread;
	struct cohort *c;

	s->primary.config.handler_threads = 1;
	stage_start(s, 1);
	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "hold", 1, PATIENCE, NULL), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	c = observe(s);
	cr_assert_eq(cohort_peers(c, NULL, 0, PATIENCE), 1);
	cr_assert_gt(cohort_describe(c, text, sizeof(text), PATIENCE), 0);
	thread = strstr(text, "thread kind=handler index=0 state=running");
	cr_assert_not_null(thread, "%s", text);
	cr_assert_not_null(strstr(thread, "action=hold"), "%s", text);
	cr_assert_eq(cohort_close(c), 0);
	gate_open(&s->gate);
	cr_assert(journal_await(&s->secondary[0].journal, DONE, 1));
	stage_close(s);
}

Test(observer, the_text_is_cut_to_the_buffer_and_its_length_told)
{
	struct stage *s = stage_open(1);
	char text[65536], cut[32];
	int length = cohort_describe(s->primary.c, text, sizeof(text), 0);

	cr_assert_eq((int)strlen(text), length);
	cr_assert_eq(strncmp(text, "channel pid=", 12), 0);
	cr_assert_not_null(strstr(text, "\nring peer="));
	cr_assert_gt(cohort_describe(s->primary.c, cut, sizeof(cut), 0), 31);
	cr_assert_eq(strlen(cut), 31);
	cr_assert_gt(cohort_describe(s->secondary[0].c, NULL, 0, PATIENCE), 31);
	INVALID(cohort_describe(s->primary.c, NULL, 1, 0));
	INVALID(cohort_describe(s->primary.c, text, sizeof(text), -1));
	stage_close(s);
}

Test(observer, sees_each_message_request_and_reply)
{
	struct stage *s = stage_open(1);
	struct cohort *c = observe(s);
	struct cohort_tap *tap = tap_of(c, COHORT_TAP_PAYLOAD);
	cohort_peer primary = id_of(&s->primary), peer = id_of(&s->secondary[0]);
	struct cohort_event e, reply;

	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "note", 0x0102030405060708), 0);
	e = event_of(tap, COHORT_EVENT_MESSAGE);
	cr_assert(e.from == peer && e.to == primary && e.length == 8 && e.captured == 8);
	cr_assert_eq(e.payload[0], 8);
	cr_assert_str_eq(e.action, "note");
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "fail", 5), -5);
	e = event_of(tap, COHORT_EVENT_REQUEST);
	reply = event_of(tap, COHORT_EVENT_REPLY);
	cr_assert(e.from == peer && e.to == primary && e.request);
	cr_assert(reply.from == primary && reply.to == peer && reply.request == e.request);
	cr_assert_eq(reply.outcome, -5);
	cr_assert_gt(reply.latency, 0);
	cr_assert_eq(ask(&s->primary, peer, "echo", 9), 0);
	e = event_of(tap, COHORT_EVENT_REQUEST);
	reply = event_of(tap, COHORT_EVENT_REPLY);
	cr_assert(e.from == primary && e.to == peer && reply.from == peer && reply.to == primary);
	cr_assert(reply.request == e.request && reply.outcome == 0 && reply.length == 8);
	cr_assert_eq(ask_within(&s->secondary[0], COHORT_PRIMARY, "nobody", 1, PATIENCE), -ENOENT);
	reply = event_of(tap, COHORT_EVENT_REPLY);
	cr_assert_eq(reply.outcome, -ENOENT);
	side_close(&s->secondary[0]);
	e = event_of(tap, COHORT_EVENT_LEFT);
	cr_assert(e.from == peer && e.outcome == COHORT_LEFT_CLOSED);
	cr_assert_eq(cohort_tap_lost(tap), 0);
	cohort_tap_close(tap);
	cr_assert_eq(cohort_close(c), 0);
	stage_close(s);
}

Test(observer, that_does_not_read_loses_and_counts_and_delays_nobody)
{
	enum {
		MESSAGES = 20000
	};
	struct stage *s = stage_open(1);
	struct cohort *c = observe(s);
	struct cohort_tap *tap = tap_of(c, 0);
	struct cohort_event e = { .size = sizeof(e) };
	uint64_t seen = 0;

	for (uint64_t i = 0; i < MESSAGES; i++)
		cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "note", i), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, MESSAGES));
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	/* the messages, the request and its reply */
	for (; seen + cohort_tap_lost(tap) < MESSAGES + 2; seen++)
		cr_assert_eq(cohort_tap_next(tap, &e, PATIENCE), 1);
	cr_assert_eq(cohort_tap_next(tap, &e, 0), 0);
	cr_assert_eq(seen + cohort_tap_lost(tap), MESSAGES + 2);
	cr_assert_gt(cohort_tap_lost(tap), 0);
	cohort_tap_close(tap);
	cr_assert_eq(cohort_close(c), 0);
	stage_close(s);
}

Test(observer, learns_that_the_primary_has_gone)
{
	struct stage *s = stage_open(0);
	struct cohort *c = observe(s);
	struct cohort_tap *tap = tap_of(c, 0);
	struct cohort_event e = { .size = sizeof(e) };

	side_close(&s->primary);
	cr_assert_eq(cohort_tap_next(tap, &e, PATIENCE), -ENOTCONN);
	cr_assert_eq(cohort_peers(c, NULL, 0, PATIENCE), -ENOTCONN);
	cohort_tap_close(tap);
	cr_assert_eq(cohort_close(c), 0);
	stage_close(s);
}

Test(observer, only_so_many_are_admitted_and_places_become_free)
{
	enum {
		MOST = 16
	};
	struct stage *s = stage_open(0);
	struct cohort *c[MOST], *more = NULL;
	struct cohort_config config = COHORT_CONFIG_INIT;

	config.role = COHORT_ROLE_OBSERVER;
	config.handshake_timeout = PATIENCE;
	for (int i = 0; i < MOST; i++)
		c[i] = observe(s);
	EXPECT(-EUSERS, cohort_open(&more, s->path, &config));
	cr_assert_eq(cohort_close(c[0]), 0);
	config.open_timeout = PATIENCE;
	for (int err = -EUSERS; err; usleep(1000)) {
		err = cohort_open(&more, s->path, &config);
		cr_assert(err == 0 || err == -EUSERS, "%d", err);
	}
	cr_assert_eq(cohort_close(more), 0);
	for (int i = 1; i < MOST; i++)
		cr_assert_eq(cohort_close(c[i]), 0);
	stage_close(s);
}

Test(observer, a_tap_is_for_observers_only)
{
	struct stage *s = stage_open(1);
	struct cohort *c = observe(s);
	struct cohort_tap *tap = NULL;
	struct cohort_event e = { .size = sizeof(e) };

	EXPECT(-EPERM, cohort_tap_open(s->secondary[0].c, 0, PATIENCE, &tap));
	EXPECT(-EPERM, cohort_tap_open(s->primary.c, 0, PATIENCE, &tap));
	INVALID(cohort_tap_open(c, 2, PATIENCE, &tap));
	INVALID(cohort_tap_open(c, 0, PATIENCE, NULL));
	INVALID(cohort_tap_open(c, 0, -1, &tap));
	INVALID(cohort_tap_open(NULL, 0, PATIENCE, &tap));
	INVALID(cohort_tap_next(NULL, &e, 0));
	tap = tap_of(c, 0);
	INVALID(cohort_tap_next(tap, NULL, 0));
	e.size = 1;
	INVALID(cohort_tap_next(tap, &e, 0));
	cohort_tap_close(tap);
	cohort_tap_close(NULL);
	cr_assert_eq(cohort_tap_lost(NULL), 0);
	cr_assert_eq(cohort_close(c), 0);
	stage_close(s);
}

Test(observer, the_echo_answers_without_being_registered)
{
	struct stage *s = stage_open(1);
	struct cohort *c = observe(s);
	struct cohort_tap *tap = tap_of(c, 0);
	struct cohort_message m = COHORT_MESSAGE(COHORT_ECHO, "12345", 5);
	struct cohort_reply *reply;
	size_t length;

	cr_assert_eq(cohort_request(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE, &reply), 0);
	cr_assert_eq(memcmp(cohort_reply_data(reply, &length), "12345", 5), 0);
	cr_assert_eq(length, 5);
	cohort_reply_free(reply);
	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE), 0);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	cr_assert_eq(stats_of(&s->primary, COHORT_ALL).unhandled, 0);
	cr_assert_str_eq(event_of(tap, COHORT_EVENT_MESSAGE).action, COHORT_ECHO);
	cohort_tap_close(tap);
	cr_assert_eq(cohort_close(c), 0);
	stage_close(s);
}

Test(observer, channels_are_found_by_name_and_stale_ones_told)
{
	struct stage *s = stage_new();
	struct cohort_channel_info found[4] = { { .size = sizeof(found[0]) } };
	struct cohort *c;
	char stale[TEMP_DIR_MAX + 32];
	int fd;

	setenv("XDG_RUNTIME_DIR", s->folder, 1);
	unsetenv("RUNTIME_DIRECTORY");
	cr_assert_eq(cohort_channels(found, 4), 0);
	cr_assert_eq(cohort_open(&c, "alive", &s->primary.config), 0);
	snprintf(stale, sizeof(stale), "%s/old.sock", s->folder);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	{
		struct sockaddr_un address = { .sun_family = AF_UNIX };

		strcpy(address.sun_path, stale);
		cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	}
	cr_assert_eq(cohort_channels(found, 4), 1, "a socket without a lock is no channel");
	strcat(stale, ".lock");
	close(open(stale, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	cr_assert_eq(cohort_channels(found, 4), 2);
	cr_assert_str_eq(found[0].name, "alive");
	cr_assert_eq(found[0].pid, getpid());
	cr_assert_str_eq(found[1].name, "old");
	cr_assert_eq(found[1].pid, 0);
	cr_assert_eq(cohort_channels(NULL, 0), 2);
	INVALID(cohort_channels(NULL, 1));
	close(fd);
	unlink(stale);
	stale[strlen(stale) - 5] = '\0';
	unlink(stale);
	cr_assert_eq(cohort_close(c), 0);
	stage_close(s);
}
