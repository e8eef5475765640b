/*
 * For programs with an event loop of their own (COHORT_OWN_LOOP): handlers and callbacks run only
 * inside cohort_dispatch(), on the thread that calls it.
 */
#ifndef COHORT_LOOP_H
#define COHORT_LOOP_H

#include "cohort/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A descriptor that is readable (level-triggered) while there is something to dispatch. It stays
 * the library's: only poll it. -EINVAL if the handle was not opened with COHORT_OWN_LOOP.
 */
COHORT_API int cohort_fd(struct cohort *c);

/*
 * Runs the handlers and callbacks that are due; waits up to `timeout` for the first. Returns how
 * many records and events it served. One thread at a time: a second one gets -EBUSY. -EDEADLK:
 * inside a callback that is more than 16 deep. -EINVAL: not COHORT_OWN_LOOP. -ESHUTDOWN: closing.
 */
COHORT_API int cohort_dispatch(struct cohort *c, int64_t timeout);

/*
 * Asks for one call of config.writable when `peer` has room: half of its ring is free, or it is
 * empty. Returns 0; if there is room already the callback comes at once. -EINVAL if no such
 * callback was configured.
 * -ESTALE, -ENOTCONN: no such session
 */
COHORT_API int cohort_want_writable(struct cohort *c, cohort_peer peer);

#ifdef __cplusplus
}
#endif

#endif
