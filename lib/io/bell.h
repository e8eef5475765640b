/*
 * bell: a pair of doorbells, one end for each of two processes that do not trust one another.
 *
 * A ring is one byte in a socket buffer. It wakes an epoll wait on the other end, edge-triggered
 * or not. Neither side can make the other block: each call carries MSG_DONTWAIT, and a full
 * buffer means that the bell has rung already.
 */
#ifndef COHORT_IO_BELL_H
#define COHORT_IO_BELL_H

#include <stdbool.h>

#include "base/fd.h"

/* The most that one bell_drain() takes. */
#define BELL_DRAIN_MAX 4096u

int bell_pair(int pair[2]);

/*
 * True: it rings there. False, with errno set: the other end is gone; or the kernel has no memory
 * (ENOBUFS, ENOMEM): then whoever asked for it sleeps on, and it must be tried again.
 */
bool bell_ring(int fd);

/*
 * Returns how many rings were taken out; BELL_DRAIN_MAX means that there may be more. `strays`,
 * overwritten, owns descriptors that the other side attached to its bytes: that is a violation,
 * there may be more rings, and they belong in a reaper.
 */
unsigned bell_drain_into(int fd, struct fdlist *strays);

/*
 * The same, and closes strays here and now, which can block where bell_pair() could not forbid
 * them (see there): for bells of one process, and of peers that are trusted.
 */
unsigned bell_drain(int fd);

#endif
