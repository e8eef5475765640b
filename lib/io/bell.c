/*
 * How a bell rings, and why it is a stream socket.
 *
 * Not an eventfd: its file flags are shared with the peer, who can clear O_NONBLOCK and fill the
 * counter, and our write blocks for ever. A socket's MSG_DONTWAIT cannot be taken away.
 *
 * Not a packet socket: measured (Linux 6.18, ring + epoll wake + drain in one thread) 1.1 us for
 * SOCK_STREAM against 1.4 us for SOCK_SEQPACKET and SOCK_DGRAM, because one recvmsg() empties a
 * stream, whatever number of rings is in it, while packets take one call each and one more to
 * learn that none is left. The buffer holds 278 rings, for either type.
 *
 * Edge-triggered epoll reports each ring anew, also while older ones lie unread. So a consumer
 * need not drain at every wake; but a ring into a full buffer makes no edge, so it has to before
 * 278 have gathered.
 *
 * Bytes can carry descriptors. Received without a look at control messages they would be closed
 * by the kernel inside recv(), and a TCP socket with SO_LINGER makes that last for seconds. Linux
 * 6.16 lets a receiver forbid them (SO_PASSRIGHTS); but whoever made the pair may have kept a
 * copy of our end and allow them again, so bell_drain_into() takes them out and hands them to its
 * caller.
 */
#include "io/bell.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Linux 6.16; the headers of Debian 12 do not have it. */
#define BELL_SO_PASSRIGHTS 83

/* Linux takes it twice, and a ring costs 768: room for 278, as with its own default. */
#define BELL_BYTES 106496

/* A ring that finds no memory is tried again, here and later: a lost one leaves the other side asleep. */
#define BELL_TRIES 64

union bell_control {
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int) * FDLIST_MAX) + 256];
};

/* Fails on older kernels, where strays are only taken out. */
static void bell_refuse_fds(int fd)
{
	int off = 0;

	(void)setsockopt(fd, SOL_SOCKET, BELL_SO_PASSRIGHTS, &off, sizeof(off));
}

/* However little the system gives by default. */
static void bell_make_room(int fd)
{
	int bytes = BELL_BYTES;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

int bell_pair(int pair[2])
{
	int made[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, made) < 0)
		return -errno;
	bell_refuse_fds(made[0]);
	bell_refuse_fds(made[1]);
	bell_make_room(made[0]);
	bell_make_room(made[1]);
	pair[0] = fd_own(made[0]);
	pair[1] = fd_own(made[1]);
	return 0;
}

bool bell_ring(int fd)
{
	for (int i = 0; i < BELL_TRIES; i++) {
		if (send(fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
			return true;
		if (errno == EAGAIN)
			return true;
		if (errno != EINTR && errno != ENOBUFS && errno != ENOMEM)
			return false;
		sched_yield();
	}
	return false;
}

static void strays_add(struct fdlist *strays, const struct cmsghdr *header)
{
	const unsigned char *data = CMSG_DATA(header);
	size_t size = header->cmsg_len - CMSG_LEN(0);
	int fd;

	for (; size >= sizeof(fd); data += sizeof(fd), size -= sizeof(fd)) {
		memcpy(&fd, data, sizeof(fd));
		fd_own(fd);
		if (fdlist_push(strays, fd) < 0)
			fd_close(&fd);
	}
}

/*
 * One call takes all there is, up to a byte with descriptors. A reset says nothing here: the next
 * send fails, or the socket hangs up.
 */
unsigned bell_drain_into(int fd, struct fdlist *strays)
{
	union bell_control control;
	char rings[BELL_DRAIN_MAX];
	struct iovec part = { .iov_base = rings, .iov_len = sizeof(rings) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	ssize_t got;

	fdlist_init(strays);
	do
		got = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return 0;
	for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
	     header = CMSG_NXTHDR(&message, header))
		if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
			strays_add(strays, header);
	return (unsigned)got;
}

unsigned bell_drain(int fd)
{
	struct fdlist strays;
	unsigned rings = bell_drain_into(fd, &strays);

	fdlist_close(&strays);
	return rings;
}
