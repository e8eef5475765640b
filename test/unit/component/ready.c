/*
 * The first packet of a worker: what it says arrives, and what is no such packet is refused.
 */
#include "component/ready.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PACKET_SIZE 280
#define ERROR_AT 4
#define SANDBOX_AT 8
#define RESERVED_AT 18
#define TEXT_AT 24

static int caller, worker;

static void setup(void)
{
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	caller = ends[0];
	worker = ends[1];
}

static void teardown(void)
{
	if (worker >= 0)
		close(worker);
	close(caller);
}

/* The bytes of a good packet. */
static void good(unsigned char packet[PACKET_SIZE])
{
	struct ready ready = { 0 };

	ready_say(&ready, -ENOENT, "no such file");
	cr_assert_eq(ready_send(worker, &ready), 0);
	cr_assert_eq(recv(caller, packet, PACKET_SIZE, MSG_DONTWAIT | MSG_TRUNC), PACKET_SIZE);
}

static int received(const void *packet, size_t length)
{
	struct ready ready;

	cr_assert_eq(send(worker, packet, length, 0), (ssize_t)length);
	return ready_receive(caller, &ready);
}

Test(ready, arrives_as_it_was_sent, .init = setup, .fini = teardown)
{
	struct ready sent = { 0 }, got;

	ready_say(&sent, -ELIBBAD, "%s is %d", "this", 7);
	sent.sandbox[0] = COHORT_SANDBOX_APPLIED;
	sent.sandbox[9] = COHORT_SANDBOX_FAILED;
	cr_assert_eq(ready_send(worker, &sent), 0);
	cr_assert_eq(ready_receive(caller, &got), 0);
	cr_assert_eq(got.error, -ELIBBAD);
	cr_assert_str_eq(got.text, "this is 7");
	for (unsigned i = 0; i < COHORT_SANDBOX_COUNT; i++)
		cr_assert_eq(got.sandbox[i], sent.sandbox[i]);
}

Test(ready, a_long_reason_is_cut, .init = setup, .fini = teardown)
{
	struct ready sent = { 0 }, got;

	ready_say(&sent, -EINVAL, "%0999d", 1);
	cr_assert_eq(ready_send(worker, &sent), 0);
	cr_assert_eq(ready_receive(caller, &got), 0);
	cr_assert_eq(strlen(got.text), READY_TEXT_MAX);
}

Test(ready, nothing_there_is_not_the_end, .init = setup, .fini = teardown)
{
	struct ready got;

	cr_assert_eq(ready_receive(caller, &got), -EAGAIN);
	close(worker);
	worker = -1;
	cr_assert_eq(ready_receive(caller, &got), -EPIPE);
}

Test(ready, nobody_to_hear_it_is_an_error, .init = setup, .fini = teardown)
{
	struct ready sent = { 0 };

	shutdown(caller, SHUT_RDWR);
	cr_assert_eq(ready_send(worker, &sent), -EPIPE);
}

Test(ready, control_characters_do_not_reach_a_terminal, .init = setup, .fini = teardown)
{
	struct ready sent = { 0 }, got;

	ready_say(&sent, -EINVAL, "a\033[2Jb\nc");
	cr_assert_eq(ready_send(worker, &sent), 0);
	cr_assert_eq(ready_receive(caller, &got), 0);
	cr_assert_str_eq(got.text, "a?[2Jb?c");
}

Test(ready, another_size_is_refused, .init = setup, .fini = teardown)
{
	unsigned char packet[PACKET_SIZE + 1] = { 0 };

	good(packet);
	cr_assert_eq(received(packet, PACKET_SIZE), 0);
	cr_assert_eq(received(packet, PACKET_SIZE - 1), -EPROTO);
	cr_assert_eq(received(packet, PACKET_SIZE + 1), -EPROTO);
	cr_assert_eq(received(packet, 1), -EPROTO);
}

static int received_with(size_t offset, unsigned char byte)
{
	unsigned char packet[PACKET_SIZE];

	good(packet);
	packet[offset] = byte;
	return received(packet, sizeof(packet));
}

Test(ready, each_field_is_checked, .init = setup, .fini = teardown)
{
	cr_assert_eq(received_with(0, 'X'), -EPROTO, "another magic");
	cr_assert_eq(received_with(ERROR_AT + 1, 0xe0), -EPROTO, "an errno below -4095");
	cr_assert_eq(received_with(ERROR_AT + 3, 0x7f), -EPROTO, "a positive errno");
	cr_assert_eq(received_with(RESERVED_AT, 1), -EPROTO, "reserved");
	cr_assert_eq(received_with(RESERVED_AT + 5, 1), -EPROTO, "reserved");
	for (size_t i = 0; i < COHORT_SANDBOX_COUNT; i++) {
		cr_assert_eq(received_with(SANDBOX_AT + i, 3), 0);
		cr_assert_eq(received_with(SANDBOX_AT + i, 4), -EPROTO, "outcome %zu", i);
	}
}

Test(ready, a_text_without_an_end_is_refused, .init = setup, .fini = teardown)
{
	unsigned char packet[PACKET_SIZE];

	good(packet);
	memset(packet + TEXT_AT, 'x', PACKET_SIZE - TEXT_AT);
	cr_assert_eq(received(packet, sizeof(packet)), -EPROTO);
}

Test(ready, descriptors_that_come_along_are_closed, .init = setup, .fini = teardown)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	unsigned char packet[PACKET_SIZE];
	struct iovec part = { packet, sizeof(packet) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.space,
				  .msg_controllen = sizeof(control.space) };
	struct ready got;
	int ends[2];
	char byte;

	good(packet);
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &ends[1], sizeof(int));
	cr_assert_eq(sendmsg(worker, &message, 0), PACKET_SIZE);
	close(ends[1]);
	cr_assert_eq(ready_receive(caller, &got), 0);
	cr_assert_eq(read(ends[0], &byte, 1), 0, "somebody still has the other end");
	close(ends[0]);
}
