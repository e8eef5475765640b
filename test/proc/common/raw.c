/*
 * The raw client writes little-endian fields by hand. Its receives have a time limit, so that a test ends which waits
 * for what does not come.
 */
#include "proc/common/raw.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define MAGIC 0x54484f43u

int raw_connect(const struct scene *s)
{
	struct timeval patience = { 3 * PATIENCE_MS / 1000, 0 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	cr_assert_geq(fd, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	strcpy(address.sun_path, s->path);
	cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0, "connect: %d",
		     errno);
	return fd;
}

bool raw_send(int sock, const void *data, size_t length, int fd)
{
	struct iovec part = { (void *)(uintptr_t)data, length };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(sock, &message, MSG_NOSIGNAL) == (ssize_t)length;
}

static void close_received(struct msghdr *message)
{
	int fds[RAW_FDS_MAX];

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		size_t size = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || size > sizeof(fds))
			continue;
		memcpy(fds, CMSG_DATA(c), size);
		for (size_t i = 0; i < size / sizeof(int); i++)
			close(fds[i]);
	}
}

long raw_receive(int sock, uint8_t *data, size_t size)
{
	struct iovec part = { data, size };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(RAW_FDS_MAX * sizeof(int))];
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t got = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);

	if (got > 0)
		close_received(&message);
	if (got < 0 && errno == ECONNRESET)
		return 0;
	return got;
}

bool raw_ended(int sock)
{
	uint8_t data[2048];
	long got;

	while ((got = raw_receive(sock, data, sizeof(data))) > 0)
		;
	return got == 0;
}

static size_t put(uint8_t *place, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		place[i] = (uint8_t)(value >> (8 * i));
	return size;
}

size_t raw_header(uint8_t *frame, uint32_t length, uint16_t kind, uint16_t fds, uint64_t key)
{
	size_t n = put(frame, length, 4);

	n += put(frame + n, kind, 2);
	n += put(frame + n, fds, 2);
	n += put(frame + n, key, 8);
	return n;
}

size_t raw_hello(uint8_t *frame, uint16_t version, uint32_t pid)
{
	size_t n = raw_header(frame, RAW_HELLO_SIZE, RAW_HELLO, 0, 0);

	n += put(frame + n, MAGIC, 4);
	n += put(frame + n, version, 2);
	n += put(frame + n, version, 2);
	n += put(frame + n, 0, 4); /* features */
	n += put(frame + n, 0, 4); /* flags */
	n += put(frame + n, pid, 4);
	n += put(frame + n, 0, 4); /* reserved */
	n += put(frame + n, (uint64_t)now_ns(), 8);
	n += put(frame + n, 0, 1); /* nothing follows */
	n += put(frame + n, 0, 1); /* reserved */
	n += put(frame + n, 0, 2); /* actions */
	n += put(frame + n, 0, 1); /* the program's name: none */
	return n;
}

static bool receive_kind(int sock, unsigned kind)
{
	uint8_t data[2048];

	return raw_receive(sock, data, sizeof(data)) >= RAW_HEADER && data[4] == kind &&
	       data[5] == 0;
}

bool raw_join(int sock, uint32_t pid)
{
	uint8_t frame[64];
	size_t n = raw_hello(frame, 1, pid);

	if (!raw_send(sock, frame, n, -1) || !receive_kind(sock, RAW_WELCOME))
		return false;
	n = raw_header(frame, RAW_HEADER + 16, RAW_MAPPED, 0, 0);
	n += put(frame + n, (uint64_t)now_ns(), 8);
	n += put(frame + n, 0, 8); /* one clock */
	return raw_send(sock, frame, n, -1) && receive_kind(sock, RAW_READY);
}
