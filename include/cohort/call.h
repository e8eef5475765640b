/*
 * What a handler sees: one message or request, its bytes and descriptors, who sent it, and the way
 * to answer.
 *
 * A call and its data are valid until the handler returns. cohort_call_keep() makes one that lasts,
 * for an answer from another thread, later. Descriptors that nobody took are closed when the call
 * ends.
 */
#ifndef COHORT_CALL_H
#define COHORT_CALL_H

#include "cohort/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct cohort_call;
struct cohort_message;

/* The kernel's word for who a peer is: nothing here comes from the peer. */
struct cohort_credentials {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

/* The body: its address (never NULL) and, through `length` if not NULL, its bytes. */
COHORT_API const void *cohort_call_data(const struct cohort_call *call, size_t *length);

/* How many descriptors came with it. */
COHORT_API size_t cohort_call_fds(const struct cohort_call *call);

/*
 * Takes descriptor `index` (close-on-exec) and returns it: it is the caller's to close.
 * -EINVAL no such index;  -EALREADY it was taken
 */
COHORT_API int cohort_call_fd_take(struct cohort_call *call, size_t index);

COHORT_API const char *cohort_call_action(const struct cohort_call *call);

/* The handle whose handler this is. For a kept call only while that handle is open. */
COHORT_API struct cohort *cohort_call_channel(const struct cohort_call *call);
COHORT_API cohort_peer cohort_call_peer(const struct cohort_call *call);
COHORT_API struct cohort_credentials cohort_call_credentials(const struct cohort_call *call);
COHORT_API bool cohort_call_is_request(const struct cohort_call *call);

/*
 * When the requester stops waiting: CLOCK_MONOTONIC nanoseconds, or COHORT_FOREVER. Requests made
 * in a handler end by themselves a little before it, so that the handler can still answer.
 */
COHORT_API int64_t cohort_call_deadline(const struct cohort_call *call);

/*
 * Whether the requester has gone: gave up, cancelled, died. Costs one load; a long handler asks now
 * and then.
 */
COHORT_API bool cohort_call_cancelled(const struct cohort_call *call);

/*
 * Makes a call that outlives the handler, and even the handle: copies the data, moves the
 * descriptors that were not taken. A request's answer is then given with cohort_call_reply() on
 * *kept from any thread. End each kept call with cohort_call_drop(), answered or not. Keeping a
 * kept call is -EALREADY. -ENOMEM: nothing changed.
 */
COHORT_API int cohort_call_keep(struct cohort_call *call, struct cohort_call **kept);

/* Ends a kept call; NULL is allowed. A request that was not answered gets the status -ECANCELED. */
COHORT_API void cohort_call_drop(struct cohort_call *kept);

/*
 * Answers a request: `status` (0, or -1 to -4095) and a body, which may be NULL for an empty one.
 * Of the message only data, length, iov, niov, fds, nfds and COHORT_GIVE_FDS count; `action` must
 * be NULL. Does not block.
 *
 * 0              the requester has it
 * COHORT_QUEUED  accepted; large bodies and descriptors travel when the peer has room for them
 * -EALREADY      it was answered before
 * -ETIMEDOUT     the requester stopped waiting: it knows that it got no answer; undo what must be undone
 * -ECANCELED     the requester cancelled
 * -EPIPE         the requester died or its session ended;  -ESHUTDOWN: this handle was closed
 * -EMSGSIZE      the body is larger than the channel's limit;  -EINVAL: bad arguments;  -EBADF: a bad descriptor
 * -EOPNOTSUPP    the call is a message, not a request
 * -ENOBUFS      more answers with descriptors wait for the peer than it may have; it learns that this one was lost
 * -EMFILE, -ENOMEM, -EFBIG  the answer could not be put together; the call can still be answered
 */
COHORT_API int cohort_call_reply(struct cohort_call *call, int status,
				 const struct cohort_message *body);

#ifdef __cplusplus
}
#endif

#endif
