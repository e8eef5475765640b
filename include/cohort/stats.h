/*
 * Counters: of a channel, or of one peer. They only grow, except queue_depth.
 */
#ifndef COHORT_STATS_H
#define COHORT_STATS_H

#include "cohort/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct cohort_counters {
	size_t size; /* set by the caller */
	/* messages and broadcasts, in records; bytes of their bodies; descriptors */
	uint64_t messages_sent, messages_received;
	uint64_t bytes_sent, bytes_received;
	uint64_t fds_sent, fds_received;
	/* requests that we made, and their outcomes */
	uint64_t requests_sent;
	/* refused: did not run; broken: the peer died */
	uint64_t answered, refused, timed_out, cancelled, broken;
	/* requests that we got */
	uint64_t requests_received;
	uint64_t replies_sent, late_replies; /* late: the requester had stopped waiting */
	uint64_t expired;		     /* dropped unserved: nobody waited any more */
	/* losses */
	/* broadcasts that found no room; messages that lay in a ring when its session ended */
	uint64_t lost_sent;
	uint64_t lost_received; /* messages to this process that are reported lost */
	/* messages for which no action was registered (also in lost_received) */
	uint64_t unhandled;
	/* the queue to this process: bytes now, and at most */
	uint64_t queue_depth, queue_peak;
	uint64_t slow_handlers; /* handlers that ran longer than config.slow_handler */
	/* a channel's only */
	uint64_t joined, left, refused_peers, violations;
	uint64_t threads; /* library threads now */
};

#define COHORT_COUNTERS_INIT                                                                       \
	{                                                                                          \
		sizeof(struct cohort_counters), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
			0, 0, 0, 0, 0, 0, 0, 0, 0, 0                                               \
	}

/*
 * This process's counters for one peer, or with COHORT_ALL for the whole channel (peers that left
 * included). Any thread; does not block. -EINVAL, -ESTALE, -ENOTCONN
 */
COHORT_API int cohort_stats(struct cohort *c, cohort_peer peer, struct cohort_counters *out);

/*
 * The primary's counters, asked for by a secondary: for a peer, or the whole channel with
 * COHORT_ALL. Answered by the primary's control thread, also while every handler there is stuck.
 * -ETIMEDOUT, -ENOTCONN, -ESTALE, -EINVAL,
 * -EDEADLK; -EOPNOTSUPP on the primary, which has cohort_stats()
 */
COHORT_API int cohort_remote_stats(struct cohort *c, cohort_peer peer, struct cohort_counters *out,
				   int64_t timeout);

#ifdef __cplusplus
}
#endif

#endif
