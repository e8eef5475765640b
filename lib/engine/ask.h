/*
 * ask: our requests: slots, waiting, asynchronous ones and their ends, all peers at once.
 */
#ifndef COHORT_ENGINE_ASK_H
#define COHORT_ENGINE_ASK_H

#include "cohort/request.h"
#include "engine/session.h"

int ask_request(struct cohort *c, cohort_peer to, const struct cohort_message *message,
		int64_t timeout, struct cohort_reply **reply);
int ask_request_async(struct cohort *c, cohort_peer to, const struct cohort_message *message,
		      int64_t timeout, cohort_done *done, void *arg, uint64_t *id);
int ask_cancel(struct cohort *c, uint64_t id);
int ask_request_all(struct cohort *c, const struct cohort_message *message, int64_t timeout,
		    struct cohort_replies **replies);
int ask_request_all_async(struct cohort *c, const struct cohort_message *message, int64_t timeout,
			  cohort_done_all *done, void *arg, uint64_t *id);

/* A call made in a handler ends with it, a little before its deadline. */
int64_t ask_inherit(int64_t deadline, uint32_t flags);

/* Whether asynchronous requests are open; whether one of them may have its outcome. */
static inline bool ask_some_async(struct session *s)
{
	return atomic_load_explicit(&s->asks_async, memory_order_relaxed);
}
bool ask_pending(struct session *s);

/*
 * Calls back for those that have their outcome, until *yielded (a callback waited, the claim is
 * gone). With the claim.
 */
void ask_serve(struct session *s, bool *yielded);

/* The session is over, or our handle closes: ends all asynchronous requests and calls back. */
void ask_end_all(struct session *s, bool *yielded);

/* The io thread: ends asynchronous requests whose deadline has come. Returns the next deadline. */
int64_t ask_expire(struct session *s, int64_t now);

#endif
