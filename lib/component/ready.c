#include "component/ready.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define READY_MAGIC UINT32_C(0x31525743) /* "CWR1" */
#define ERRNO_MAX 4095

struct packet {
	uint32_t magic;
	int32_t error;
	uint8_t sandbox[COHORT_SANDBOX_COUNT];
	uint8_t reserved[6];
	char text[READY_TEXT_MAX + 1];
};

static_assert(sizeof(struct packet) == 280, "no padding");
static_assert(offsetof(struct packet, sandbox) == 8, "as drawn");
static_assert(offsetof(struct packet, text) == 24, "as drawn");

void ready_say(struct ready *ready, int error, const char *format, ...)
{
	va_list arguments;

	ready->error = error;
	va_start(arguments, format);
	vsnprintf(ready->text, sizeof(ready->text), format, arguments);
	va_end(arguments);
}

int ready_send(int channel, const struct ready *ready)
{
	struct packet packet = { .magic = READY_MAGIC, .error = ready->error };
	ssize_t sent;

	for (unsigned i = 0; i < COHORT_SANDBOX_COUNT; i++)
		packet.sandbox[i] = (uint8_t)ready->sandbox[i];
	memcpy(packet.text, ready->text, sizeof(packet.text) - 1);
	do
		sent = send(channel, &packet, sizeof(packet), MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

static bool outcomes_are_valid(const struct packet *packet)
{
	for (unsigned i = 0; i < COHORT_SANDBOX_COUNT; i++)
		if (packet->sandbox[i] > COHORT_SANDBOX_FAILED)
			return false;
	return true;
}

static bool packet_is_valid(const struct packet *packet)
{
	static const uint8_t zero[sizeof(packet->reserved)];

	return packet->magic == READY_MAGIC && packet->error <= 0 && packet->error >= -ERRNO_MAX &&
	       outcomes_are_valid(packet) && memcmp(packet->reserved, zero, sizeof(zero)) == 0 &&
	       memchr(packet->text, '\0', sizeof(packet->text));
}

/* What goes to the log and from there to a terminal has no control characters. */
static void text_copy(char *to, const char *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = from[i] && (unsigned char)from[i] < ' ' ? '?' : from[i];
}

/* recv() takes no descriptors: the kernel closes those that came along. */
static int packet_receive(int channel, struct packet *packet)
{
	ssize_t got;

	do
		got = recv(channel, packet, sizeof(*packet), MSG_DONTWAIT | MSG_TRUNC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	if (got == 0)
		return -EPIPE;
	return (size_t)got == sizeof(*packet) && packet_is_valid(packet) ? 0 : -EPROTO;
}

int ready_receive(int channel, struct ready *ready)
{
	struct packet packet;
	int err = packet_receive(channel, &packet);

	if (err)
		return err;
	ready->error = packet.error;
	for (unsigned i = 0; i < COHORT_SANDBOX_COUNT; i++)
		ready->sandbox[i] = (enum cohort_sandbox_outcome)packet.sandbox[i];
	text_copy(ready->text, packet.text, sizeof(packet.text));
	return 0;
}
