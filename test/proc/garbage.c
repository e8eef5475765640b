/*
 * Garbage on the socket: only the connection that it came on ends, and nothing leaks.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc/common/raw.h"

#define PACKET_MAX 70000
#define SILENT 100		 /* more than may be unfinished at a time */
#define COMES_AGAIN "open=20000" /* if the primary had no time for it */

/* A primary with a secondary that must not notice anything. */
struct stage {
	struct scene scene;
	struct host host;
	struct child child;
	cohort_peer peer;
	struct census quiet;
};

static void stage_open_for(struct stage *s, int64_t handshake_timeout)
{
	scene_open(&s->scene);
	host_init(&s->host, COHORT_ROLE_PRIMARY);
	s->host.config.handshake_timeout = handshake_timeout;
	host_open(&s->host, &s->scene);
	s->peer = host_peer(&s->host,
			    member_open(&s->child, "secondary", &s->scene, COMES_AGAIN, NULL));
	cr_assert(event_wait_for(&s->host.joined, 1, PATIENCE_MS)); /* its callback may be late */
	host_echo(&s->host, s->peer);
	cr_assert_eq(census_take(&s->quiet, 0, NULL), 0);
}

static void stage_open(struct stage *s)
{
	stage_open_for(s, PATIENCE);
}

static void stage_close(struct stage *s)
{
	char why[1024] = "";

	host_echo(&s->host, s->peer);
	member_do(&s->child, "request 0 0", "request primary echo 10000 1 - x");
	cr_assert(census_settle(&s->quiet, why, sizeof(why)), "leaked: %s", why);
	member_close(&s->child);
	member_open(&s->child, "secondary", &s->scene, COMES_AGAIN, NULL); /* one more can join */
	member_close(&s->child);
	host_close(&s->host);
	scene_close(&s->scene);
}

/* Sends one packet as the first of a connection, which then must be ended by the primary. */
static void send_alone(struct stage *s, const void *data, size_t length, int fd)
{
	int sock = raw_connect(&s->scene);

	raw_send(sock, data, length, fd);
	cr_assert(raw_ended(sock), "after %zu bytes of garbage the connection is still there",
		  length);
	close(sock);
	host_echo(&s->host, s->peer);
}

Test(garbage, of_every_length_around_the_header_ends_only_its_connection)
{
	static const size_t lengths[] = { 1,	RAW_HEADER - 1, RAW_HEADER, RAW_HEADER + 1,
					  1000, PACKET_MAX };
	static uint8_t zeroes[PACKET_MAX], ones[PACKET_MAX];
	struct stage s;

	memset(ones, 0xff, sizeof(ones));
	stage_open(&s);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		send_alone(&s, zeroes, lengths[i], -1);
		send_alone(&s, ones, lengths[i], -1);
	}
	stage_close(&s);
}

Test(garbage, with_a_descriptor_nobody_asked_for_leaves_no_descriptor)
{
	uint8_t frame[RAW_HELLO_SIZE];
	struct stage s;
	size_t n;

	stage_open(&s);
	n = raw_hello(frame, 1, 1);
	for (int i = 0; i < 20; i++) {
		send_alone(&s, frame, n, STDERR_FILENO);
		send_alone(&s, "x", 1, STDERR_FILENO);
	}
	stage_close(&s);
}

Test(garbage, a_packet_of_no_bytes_with_a_descriptor_leaves_no_descriptor)
{
	struct stage s;
	int sock;

	stage_open(&s);
	for (int i = 0; i < 20; i++) {
		sock = raw_connect(&s.scene);
		cr_assert(raw_send(sock, "", 0, STDERR_FILENO));
		close(sock);
	}
	stage_close(&s);
}

Test(garbage, lengths_that_are_not_the_packets_end_the_connection)
{
	static const uint32_t lengths[] = {
		0, 1, RAW_HEADER, RAW_HELLO_SIZE - 1, RAW_HELLO_SIZE + 1, UINT32_MAX / 2, UINT32_MAX
	};
	uint8_t frame[RAW_HELLO_SIZE];
	struct stage s;
	size_t n;

	stage_open(&s);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		n = raw_hello(frame, 1, 1);
		raw_header(frame, lengths[i], RAW_HELLO, 0, 0);
		send_alone(&s, frame, n, -1);
	}
	stage_close(&s);
}

Test(garbage, unknown_kinds_and_kinds_out_of_turn_end_the_connection)
{
	uint8_t frame[RAW_HELLO_SIZE];
	struct stage s;
	size_t n;

	stage_open(&s);
	for (uint16_t kind = 0; kind < 40; kind++) {
		if (kind == RAW_HELLO)
			continue;
		n = raw_hello(frame, 1, 1);
		raw_header(frame, (uint32_t)n, kind, 0, 0);
		send_alone(&s, frame, n, -1);
		n = raw_header(frame, RAW_HEADER, kind, 0, 1);
		send_alone(&s, frame, n, -1);
	}
	stage_close(&s);
}

Test(garbage, a_version_that_nobody_speaks_is_refused_with_the_range_that_is_spoken)
{
	uint8_t frame[RAW_HELLO_SIZE], answer[2048];
	struct stage s;
	size_t n;
	int sock;

	stage_open(&s);
	for (unsigned version = 2; version <= UINT16_MAX; version += 13111) {
		sock = raw_connect(&s.scene);
		n = raw_hello(frame, (uint16_t)version, 1);
		cr_assert(raw_send(sock, frame, n, -1));
		cr_assert_gt(raw_receive(sock, answer, sizeof(answer)), RAW_HEADER);
		cr_assert_eq(answer[4], RAW_REFUSED);
		cr_assert(raw_ended(sock));
		close(sock);
	}
	stage_close(&s);
}

Test(garbage, a_second_hello_ends_the_session)
{
	uint8_t frame[RAW_HELLO_SIZE];
	struct stage s;
	size_t n;
	int sock;

	stage_open(&s);
	n = raw_hello(frame, 1, 1);
	sock = raw_connect(&s.scene);
	cr_assert(raw_send(sock, frame, n, -1));
	raw_send(sock, frame, n, -1);
	cr_assert(raw_ended(sock), "before READY");
	close(sock);
	cr_assert_eq(event_count(&s.host.joined), 1, "it has joined");

	sock = raw_connect(&s.scene);
	cr_assert(raw_join(sock, 1));
	cr_assert(event_wait_for(&s.host.joined, 2, PATIENCE_MS));
	cr_assert(raw_send(sock, frame, n, -1));
	cr_assert(raw_ended(sock), "after READY");
	close(sock);
	cr_assert(event_wait_for(&s.host.left, 1, PATIENCE_MS));
	cr_assert_eq(host_reason(&s.host), COHORT_LEFT_VIOLATION);
	stage_close(&s);
}

Test(garbage, at_random_ends_only_its_connection)
{
	static uint8_t frame[PACKET_MAX];
	struct stage s;
	size_t n;

	stage_open(&s);
	srandom(7);
	for (unsigned round = 0; round < rounds(500, 20000); round++) {
		n = 1 + (size_t)random() % (round % 10 ? 200 : PACKET_MAX - 1);
		for (size_t i = 0; i < n; i++)
			frame[i] = (uint8_t)random();
		if (round % 2) /* with a header that is right */
			raw_header(frame, (uint32_t)n, (uint16_t)(random() % 16), 0, 0);
		if (round % 2 == 0 || n >= RAW_HEADER)
			send_alone(&s, frame, n, round % 3 ? -1 : STDERR_FILENO);
	}
	stage_close(&s);
}

Test(garbage, in_a_session_ends_only_that_session)
{
	uint8_t frame[256];
	struct stage s;
	int sock;

	stage_open(&s);
	srandom(11);
	for (unsigned round = 0; round < rounds(60, 2000); round++) {
		size_t n = 1 + (size_t)random() % (sizeof(frame) - 1);

		for (size_t i = 0; i < n; i++)
			frame[i] = (uint8_t)random();
		sock = raw_connect(&s.scene);
		cr_assert(raw_join(sock, 1));
		cr_assert(raw_send(sock, frame, n, round % 2 ? -1 : STDERR_FILENO));
		cr_assert(raw_ended(sock));
		close(sock);
		cr_assert(event_wait_for(&s.host.left, round + 1, PATIENCE_MS));
		cr_assert_eq(host_reason(&s.host), COHORT_LEFT_VIOLATION);
		host_echo(&s.host, s.peer);
	}
	stage_close(&s);
}

Test(garbage, who_connects_and_says_nothing_is_turned_away_and_keeps_nobody_out)
{
	struct stage s;
	int sock[SILENT];

	stage_open_for(&s, COHORT_SECONDS(1));
	for (int i = 0; i < SILENT; i++)
		sock[i] = raw_connect(&s.scene);
	host_echo(&s.host, s.peer);
	for (int i = 0; i < SILENT; i++) {
		cr_assert(raw_ended(sock[i]), "number %d is still there", i);
		close(sock[i]);
	}
	stage_close(&s);
}

Test(garbage, ten_thousand_connections_leave_nothing)
{
	struct stage s;

	stage_open(&s);
	for (int i = 0; i < 10000; i++) {
		int sock = raw_connect(&s.scene);

		if (i % 2)
			raw_send(sock, "x", 1, -1);
		close(sock);
	}
	stage_close(&s);
}
