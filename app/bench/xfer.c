/*
 * xfer.c: all descriptors of a packet travel in one SCM_RIGHTS message, so there is one control
 * header to fill and to read.
 */
#include "xfer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union control {
	struct cmsghdr align;
	unsigned char bytes[CMSG_SPACE(sizeof(int) * XFER_FDS_MAX)];
};

int xfer_send(int sock, const void *data, size_t size, const int *fds, size_t nfds)
{
	union control control;
	struct iovec iov = { .iov_base = (void *)(size_t)data, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	msg.msg_control = control.bytes;
	msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
	memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * nfds);
	return sendmsg(sock, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int xfer_receive(int sock, void *data, size_t size, int *fds, size_t nfds)
{
	union control control;
	struct iovec iov = { .iov_base = data, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;
	ssize_t n;

	msg.msg_control = control.bytes;
	msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
	n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -EPIPE;
	cmsg = CMSG_FIRSTHDR(&msg);
	if ((size_t)n != size || !cmsg || cmsg->cmsg_type != SCM_RIGHTS ||
	    (msg.msg_flags & MSG_CTRUNC))
		return -EBADMSG;
	nfds = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(cmsg), nfds * sizeof(int));
	return (int)nfds;
}
