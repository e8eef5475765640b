/*
 * serve: takes what a peer has sent, and runs the handlers and callbacks of one session.
 */
#ifndef COHORT_ENGINE_SERVE_H
#define COHORT_ENGINE_SERVE_H

#include "engine/executor.h"
#include "engine/session.h"

/*
 * Serves a session whose claim the caller holds, and gives the claim up: when there is nothing more
 * to do, to the ready list after a turn, or to another thread if a handler waited. Returns how many
 * records and events were served. `spin`: may look for more for a while before it gives up.
 */
unsigned serve_session(struct session *s, struct worker *worker, bool spin);

/* The bell of this session has rung. */
void serve_bell(struct session *s);
/* One that rang for something, though nothing is found when it is looked for. */
void serve_excuse_bell(struct session *s);

/* Handlers up to the ring's head have returned or wait: FENCE. With the claim. */
void serve_settle(struct session *s);

/* Who waits for a FENCE shall look again. */
void serve_wake_fences(struct session *s);

/* Whether a COHORT_BLOCKING call of a record before this position still runs. */
bool serve_blocking_before(struct session *s, uint64_t position);

/* Bytes of a worker's buffer. */
size_t serve_buffer_size(const struct cohort *c);

/* What belongs to no session: callbacks that were put off, and config.log for what is queued. */
unsigned serve_local(struct cohort *c);

#endif
