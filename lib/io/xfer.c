/*
 * How one packet travels, and what the kernel does that one would not think. All of it was
 * measured (Linux 6.18) and is tested.
 *
 * Length 0. recvmsg() returns 0 for an empty packet as for the end of stream. What tells them
 * apart is a control message (its descriptors, or credentials where sock_passcred() was called),
 * and else whether the socket is hung up at all.
 *
 * Reset. When the other end closes with unread data in its queue, our next call fails with
 * ECONNRESET, once; what it had sent before is still in our queue. Whatever call comes first gets
 * that error, a send as well.
 *
 * No descriptors left. The kernel installs one after another until RLIMIT_NOFILE is met, then
 * stops: SCM_RIGHTS holds those that fitted (no such message at all if none did), MSG_CTRUNC is
 * set, the rest is closed. The packet's bytes come whole. It happens once: the packet is gone
 * from the queue. SCM_PIDFD comes last and then holds a negative errno (-24) instead of a
 * descriptor.
 *
 * The packets of a connected SEQPACKET pair are bounded by the sender's buffer alone (no
 * max_dgram_qlen), each counted with several hundred bytes of overhead.
 */
#include "io/xfer.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* Linux 6.5; the headers of Debian 12 do not have it. */
#define XFER_SCM_PIDFD 0x04

/* How often one receive tries again after ECONNRESET; once is what the kernel needs. */
#define XFER_RESETS_MAX 8

/*
 * Besides the descriptors: credentials, a pidfd, and room for a time stamp or a label, should
 * somebody who shares the socket ask for them.
 */
#define XFER_CONTROL_SIZE (CMSG_SPACE(sizeof(int) * XFER_FDS_MAX) + 1024)

union xfer_control {
	struct cmsghdr align;
	char space[XFER_CONTROL_SIZE];
};

/*
 * Where the next control message of a message under construction goes; the caller fills its data.
 */
static void *control_add(struct msghdr *message, union xfer_control *control, int type, size_t size)
{
	struct cmsghdr *header = (void *)(control->space + message->msg_controllen);

	message->msg_control = control->space;
	message->msg_controllen += CMSG_SPACE(size);
	memset(header, 0, CMSG_SPACE(size));
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = type;
	header->cmsg_len = CMSG_LEN(size);
	return CMSG_DATA(header);
}

static void control_add_self(struct msghdr *message, union xfer_control *control)
{
	struct ucred self = { .pid = getpid(), .uid = geteuid(), .gid = getegid() };

	memcpy(control_add(message, control, SCM_CREDENTIALS, sizeof(self)), &self, sizeof(self));
}

static void control_add_fds(struct msghdr *message, union xfer_control *control, const int *fds,
			    size_t nfds)
{
	size_t size = nfds * sizeof(*fds);

	memcpy(control_add(message, control, SCM_RIGHTS, size), fds, size);
}

/* Descriptors in flight are limited for each *user*: room comes when anybody receives. */
static int send_error(int e)
{
	switch (e) {
	case ENOBUFS:
	case ETOOMANYREFS:
#if EWOULDBLOCK != EAGAIN
	case EWOULDBLOCK:
#endif
		return -EAGAIN;
	case ECONNRESET:
		return -EPIPE;
	default:
		return -e;
	}
}

int xfer_send(int fd, const struct iovec *parts, size_t n, const int *fds, size_t nfds,
	      unsigned flags)
{
	union xfer_control control;
	struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = n };

	if (nfds > XFER_FDS_MAX)
		return -EINVAL;
	if (flags & XFER_CREDENTIALS)
		control_add_self(&message, &control);
	if (nfds)
		control_add_fds(&message, &control, fds, nfds);
	while (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return send_error(errno);
	return 0;
}

void xfer_in_init(struct xfer_in *in)
{
	in->length = 0;
	in->truncated = false;
	in->fds_truncated = false;
	in->has_credentials = false;
	in->credentials = (struct ucred){ .pid = -1, .uid = (uid_t)-1, .gid = (gid_t)-1 };
	in->pidfd = -1;
	fdlist_init(&in->fds);
}

void xfer_in_deinit(struct xfer_in *in)
{
	if (!in)
		return;
	fd_close(&in->pidfd);
	fdlist_close(&in->fds);
}

static ssize_t receive_message(int fd, struct msghdr *message)
{
	/* The kernel changes these in place, and a failed call may have done so. */
	const size_t control_size = message->msg_controllen;
	int resets = 0;
	ssize_t got;

	do {
		message->msg_controllen = control_size;
		got = recvmsg(fd, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_TRUNC);
	} while (got < 0 &&
		 (errno == EINTR || (errno == ECONNRESET && ++resets < XFER_RESETS_MAX)));
	return got < 0 ? -errno : got;
}

static void in_add_fds(struct xfer_in *in, const unsigned char *data, size_t size)
{
	int fd;

	for (; size >= sizeof(fd); data += sizeof(fd), size -= sizeof(fd)) {
		memcpy(&fd, data, sizeof(fd));
		fd_own(fd);
		if (fdlist_push(&in->fds, fd) < 0)
			fd_close(&fd);
	}
}

/* Negative: there was no descriptor left for it, or (old kernels) the sender is gone. */
static void in_set_pidfd(struct xfer_in *in, const unsigned char *data, size_t size)
{
	int pidfd;

	if (size < sizeof(pidfd))
		return;
	memcpy(&pidfd, data, sizeof(pidfd));
	if (pidfd < 0)
		return;
	fd_close(&in->pidfd);
	in->pidfd = fd_own(pidfd);
}

static void in_set_credentials(struct xfer_in *in, const unsigned char *data, size_t size)
{
	if (size < sizeof(in->credentials))
		return;
	memcpy(&in->credentials, data, sizeof(in->credentials));
	in->has_credentials = true;
}

static void in_add_control(struct xfer_in *in, const struct cmsghdr *header)
{
	const unsigned char *data = CMSG_DATA(header);
	size_t size = header->cmsg_len - CMSG_LEN(0);

	if (header->cmsg_level != SOL_SOCKET)
		return;
	if (header->cmsg_type == SCM_RIGHTS)
		in_add_fds(in, data, size);
	else if (header->cmsg_type == XFER_SCM_PIDFD)
		in_set_pidfd(in, data, size);
	else if (header->cmsg_type == SCM_CREDENTIALS)
		in_set_credentials(in, data, size);
}

static bool socket_is_hung_up(int fd)
{
	struct pollfd poll_one = { .fd = fd, .events = POLLRDHUP };

	return poll(&poll_one, 1, 0) != 0;
}

static bool is_end_of_stream(int fd, const struct msghdr *message, ssize_t got)
{
	return got == 0 && message->msg_controllen == 0 && !(message->msg_flags & MSG_CTRUNC) &&
	       socket_is_hung_up(fd);
}

int xfer_recv(int fd, void *buf, size_t size, struct xfer_in *in)
{
	union xfer_control control;
	struct iovec part = { .iov_base = buf, .iov_len = size };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	ssize_t got = receive_message(fd, &message);

	xfer_in_init(in);
	if (got < 0)
		return (int)got;
	if (is_end_of_stream(fd, &message, got))
		return 0;
	for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
	     header = CMSG_NXTHDR(&message, header))
		in_add_control(in, header);
	in->length = (size_t)got;
	in->truncated = message.msg_flags & MSG_TRUNC;
	in->fds_truncated = message.msg_flags & MSG_CTRUNC;
	return in->fds_truncated ? -EMFILE : 1;
}
