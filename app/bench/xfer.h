/*
 * xfer.h: a packet with descriptors, sent and received with plain sendmsg and recvmsg.
 */
#ifndef COHORT_BENCH_XFER_H
#define COHORT_BENCH_XFER_H

#include <stddef.h>

#define XFER_FDS_MAX 253

/* Returns 0 or a negative errno; the descriptors stay the caller's. */
int xfer_send(int sock, const void *data, size_t size, const int *fds, size_t nfds);

/*
 * Returns the number of descriptors, which are now the caller's; -EPIPE at the end, -EBADMSG when
 * not `size` bytes came.
 */
int xfer_receive(int sock, void *data, size_t size, int *fds, size_t nfds);

#endif
