/*
 * Who is there.
 */
#ifndef COHORT_PEER_H
#define COHORT_PEER_H

#include "cohort/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct cohort_peer_info {
	/* sizeof(struct cohort_peer_info), set by the caller in the first element of an array */
	size_t size;
	cohort_peer id;
	pid_t pid; /* pid, uid, gid: the kernel's word */
	uid_t uid;
	gid_t gid;
	int64_t since;	  /* CLOCK_MONOTONIC nanoseconds at which it joined */
	char program[64]; /* what the peer says it is: for people, not for decisions */
	uint32_t actions; /* how many it has registered */
};

struct cohort_action_info {
	size_t size;
	char name[64];
	char help[164];
	cohort_peer peer; /* who registered it */
	uint32_t flags;
	uint64_t calls, errors;	     /* served since it was registered (0 for another process's) */
	uint64_t total_ns, worst_ns; /* time in its handler */
};

/*
 * This process's own id: COHORT_NOBODY while a secondary has no session. -ECHILD cannot be told
 * from it.
 */
COHORT_API cohort_peer cohort_self(struct cohort *c);

/*
 * Lists the peers: fills up to `capacity` elements and returns how many there are in all. The
 * primary answers from its own table at once; a secondary asks the primary's control thread, which
 * answers even while every handler there is stuck, and waits up to `timeout`. `peers` may be NULL
 * if capacity is 0.
 * -EINVAL, -ENOTCONN, -ETIMEDOUT, -EDEADLK, -ESHUTDOWN
 */
COHORT_API int cohort_peers(struct cohort *c, struct cohort_peer_info *peers, size_t capacity,
			    int64_t timeout);

/*
 * The actions of one peer, of COHORT_PRIMARY, or of COHORT_ALL; otherwise as cohort_peers().
 * -ESTALE
 */
COHORT_API int cohort_actions(struct cohort *c, cohort_peer peer,
			      struct cohort_action_info *actions, size_t capacity, int64_t timeout);

/*
 * Waits until `npeers` peers are there: on the primary, secondaries that registered `action` (NULL:
 * any); on a secondary, a session with the primary (npeers 1, action NULL: else -EOPNOTSUPP). A
 * secondary counts from the moment at which the primary may send to it; its own cohort_open() may
 * still be returning.
 * -ETIMEDOUT, -EINVAL, -EDEADLK, -ESHUTDOWN
 */
COHORT_API int cohort_wait(struct cohort *c, const char *action, size_t npeers, int64_t timeout);

/*
 * A pointer of the application's for each peer. The last chance to free it is `left`. -ESTALE,
 * -ENOTCONN
 */
COHORT_API int cohort_peer_set_data(struct cohort *c, cohort_peer peer, void *data);
/* NULL if none was set or the peer has gone. Within `left` it is still there. */
COHORT_API void *cohort_peer_data(struct cohort *c, cohort_peer peer);

/*
 * A pidfd of the peer's process (pidfd_open(2)), the caller's to close. -ESTALE, -ENOTCONN, -EMFILE
 */
COHORT_API int cohort_peer_pidfd(struct cohort *c, cohort_peer peer);

/*
 * Ends the session with a peer (the primary only): it gets `left` with COHORT_LEFT_EVICTED.
 * -ESTALE, -EPERM
 */
COHORT_API int cohort_peer_disconnect(struct cohort *c, cohort_peer peer);

#ifdef __cplusplus
}
#endif

#endif
