/*
 * reaper: closes descriptors that came from elsewhere, on a thread of its own.
 *
 * close() of a foreign descriptor can block for seconds (a TCP socket with SO_LINGER) or for ever
 * (a file of a dead FUSE or NFS server). No thread that serves anybody may run into that.
 */
#ifndef COHORT_IO_REAPER_H
#define COHORT_IO_REAPER_H

#include <stdint.h>

/*
 * Our own sockets belong here too, when the session is over: their queues may hold a peer's
 * descriptors, which the kernel closes with the socket.
 */

/* How many descriptors wait at most; past it they are closed by whoever brings them. */
#define REAPER_QUEUE_MAX 4096u

struct reaper {
	struct reaper_state *state; /* shared with the thread; NULL: everything is closed at once */
};

/* No thread yet. -ENOMEM. */
int reaper_init(struct reaper *reaper);

/*
 * Takes the descriptors. Those that are known to close without blocking are closed here and now.
 * Any thread. Blocks only when there is neither a thread to be had nor room in the queue.
 */
void reaper_close(struct reaper *reaper, const int *fds, unsigned n);

/*
 * Waits for the queue to be closed, until `deadline` (absolute CLOCK_MONOTONIC nanoseconds). A
 * thread that is then still inside close() is left behind with the rest of the queue: it touches
 * only memory of its own, and ends when it gets through.
 */
void reaper_deinit(struct reaper *reaper, int64_t deadline);

#endif
