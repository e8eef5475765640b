/*
 * Requests: ask one peer or all, and get exactly one outcome for each.
 *
 * The outcome says how far it got. 0: the peer answered, and cohort_reply_status() is what its
 * handler said. Did not run: -EAGAIN, -ENOTCONN, -ESTALE, -ENOENT, -EDEADLK, -EBUSY, -EMFILE and
 * the errors of arguments. May have run:
 * -ETIMEDOUT, -ECANCELED, -EPIPE, -ESHUTDOWN, -ENOBUFS. A late answer is never taken for another one.
 */
#ifndef COHORT_REQUEST_H
#define COHORT_REQUEST_H

#include "cohort/message.h"
#include "cohort/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An answer. It outlives the handle; free it with cohort_reply_free(). */
struct cohort_reply;

/* The answers of many. */
struct cohort_replies;

/*
 * Asks `to` and waits for the answer, up to `timeout`. In a handler another thread takes this one's
 * place while it waits, and the request ends a little before the handler's own deadline. `reply`
 * may be NULL if only the fact matters; on success *reply is the caller's to free.
 *
 * 0           answered; look at cohort_reply_status()
 * -EAGAIN     no room in the ring, or no free slot (128 a peer), until the timeout: it was not sent
 * -ENOTCONN   no primary;  -ESTALE: that peer's session is over: it was not sent
 * -ENOENT     the peer has no such action;  -EBUSY: 256 calls of ours run there already;  -EMFILE: the peer had no
 *             room for the descriptors: it did not run
 * -EDEADLK    called in a handler, and no thread is left that could take its place; or with COHORT_FENCE, in a
 *             callback of a session that is over, to the process's next one, of which nothing is handled before
 *             that callback has returned: it was not sent
 * -ETIMEDOUT  no answer in time (with timeout 0: it was not sent)
 * -EPIPE      the peer died or its session ended;  -ESHUTDOWN: this handle or the peer's was closed
 * -ECANCELED  the session was ended with cohort_peer_disconnect(); or cohort_cancel()
 * -ENOBUFS    it ran, but its answer could not be brought here (the peer was out of memory or descriptors)
 * -EINVAL, -EMSGSIZE, -EBADF, -ENOMEM, -EFBIG, -EOPNOTSUPP as in cohort_send()
 */
COHORT_API int cohort_request(struct cohort *c, cohort_peer to,
			      const struct cohort_message *message, int64_t timeout,
			      struct cohort_reply **reply);

/*
 * Called exactly once for each accepted asynchronous request, on a handler thread, in turn with
 * handlers. `error` is what cohort_request() would have returned. `reply` is NULL unless error is
 * 0; then it is the callback's to free.
 */
typedef void cohort_done(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply,
			 void *arg);

/*
 * Asks without waiting; does not block. On success `done` will be called once, with the same `arg`,
 * also after a timeout, cancel, death of the peer or cohort_close(). `id` may be NULL; it is set
 * before `done` can run. Returns 0 or the errors of cohort_request() that say "not sent"; then
 * `done` is not called.
 */
COHORT_API int cohort_request_async(struct cohort *c, cohort_peer to,
				    const struct cohort_message *message, int64_t timeout,
				    cohort_done *done, void *arg, uint64_t *id);

/*
 * Gives up an asynchronous request: `done` is called with -ECANCELED. -ENOENT: it has its outcome
 * already, or never existed. Does not wait for the callback.
 */
COHORT_API int cohort_cancel(struct cohort *c, uint64_t id);

/*
 * Asks every secondary at once (the primary only, else -EPERM) and waits until each has an outcome,
 * or the timeout. No peers: success at once, with none. Each peer has its own outcome in *replies,
 * which the caller frees.
 */
COHORT_API int cohort_request_all(struct cohort *c, const struct cohort_message *message,
				  int64_t timeout, struct cohort_replies **replies);

/* Called exactly once; `replies` is the callback's to free. */
typedef void cohort_done_all(struct cohort *c, uint64_t id, struct cohort_replies *replies,
			     void *arg);

COHORT_API int cohort_request_all_async(struct cohort *c, const struct cohort_message *message,
					int64_t timeout, cohort_done_all *done, void *arg,
					uint64_t *id);

/* What the handler returned or gave to cohort_call_reply(): 0 or negative. */
COHORT_API int cohort_reply_status(const struct cohort_reply *reply);
COHORT_API const void *cohort_reply_data(const struct cohort_reply *reply, size_t *length);
COHORT_API size_t cohort_reply_fds(const struct cohort_reply *reply);
/*
 * As cohort_call_fd_take(): the descriptor, which is the caller's from then on, or -EINVAL,
 * -EALREADY.
 */
COHORT_API int cohort_reply_fd_take(struct cohort_reply *reply, size_t index);
/* Frees an answer and closes the descriptors that were not taken; NULL is allowed. */
COHORT_API void cohort_reply_free(struct cohort_reply *reply);

COHORT_API size_t cohort_replies_count(const struct cohort_replies *replies);
/*
 * Of answer `index`: who, with what outcome, and what it said (NULL unless the outcome is 0;
 * borrowed).
 */
COHORT_API cohort_peer cohort_replies_peer(const struct cohort_replies *replies, size_t index);
COHORT_API int cohort_replies_error(const struct cohort_replies *replies, size_t index);
COHORT_API struct cohort_reply *cohort_replies_reply(const struct cohort_replies *replies,
						     size_t index);
COHORT_API void cohort_replies_free(struct cohort_replies *replies);

#ifdef __cplusplus
}
#endif

#endif
