/*
 * xfer: one packet, with its descriptors, in or out of a SEQPACKET socket. Never blocks, raises
 * no SIGPIPE.
 */
#ifndef COHORT_IO_XFER_H
#define COHORT_IO_XFER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/fd.h"

/* The kernel's own limit for one packet (SCM_MAX_FD). */
#define XFER_FDS_MAX FDLIST_MAX

/* Attach SCM_CREDENTIALS that name this process. */
#define XFER_CREDENTIALS 0x1u

/*
 * Sends one packet whole, or has no effect. The descriptors stay the caller's; the kernel dups
 * them.
 * -EAGAIN: no room now (the socket's buffer, or the user's limit of descriptors in flight).
 * -EPIPE: the other end is gone.
 * -EMSGSIZE: larger than the socket's buffer can ever hold. -EBADF: a descriptor that is not
 * open.
 * -EINVAL: more than 253 descriptors, or one that cannot be sent (an io_uring). More than IOV_MAX
 * parts are -EMSGSIZE.
 */
int xfer_send(int fd, const struct iovec *parts, size_t n, const int *fds, size_t nfds,
	      unsigned flags);

/* What came with a packet. It owns `fds` and `pidfd`. */
struct xfer_in {
	size_t length;	    /* the packet's true length, also when it did not fit into the buffer */
	bool truncated;	    /* it did not fit: the rest is gone */
	bool fds_truncated; /* more descriptors were sent than could be received into `fds` */
	bool has_credentials;
	struct ucred credentials; /* who sent it; valid if has_credentials */
	int pidfd;		  /* of the sender, or -1 */
	struct fdlist fds;
};

void xfer_in_init(struct xfer_in *in);

/*
 * Closes here whatever was not taken out. A peer's descriptors belong in a reaper: closing one
 * can block.
 */
void xfer_in_deinit(struct xfer_in *in);

/*
 * Receives one packet, be it of length 0 (except that one without credentials from a peer that
 * has since closed looks like the end of stream). `in` is overwritten, not freed: it must be
 * empty (fresh from xfer_in_init(), or all taken out).
 * 1: a packet, in `buf` and `in`. 0: end of stream. -EAGAIN: nothing there.
 * -EMFILE: a packet, as with 1, but of its descriptors only the first in->fds came, or none. Else
 * a negative errno, and nothing was received.
 */
int xfer_recv(int fd, void *buf, size_t size, struct xfer_in *in);

#endif
