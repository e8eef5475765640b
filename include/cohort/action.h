/*
 * An action is something that a process can be told or asked to do: a name, and the handler that
 * does it.
 *
 * Handlers of a handle run one after another on its handler thread, in the order in which each peer
 * sent. When a handler blocks inside this library (a request, a send that waits), another thread
 * takes its place, so that nothing ever hangs: from then on other handlers may run beside it. State
 * that is shared by handlers which make requests therefore needs a lock. With more than one handler
 * thread, handlers of different peers run in parallel.
 */
#ifndef COHORT_ACTION_H
#define COHORT_ACTION_H

#include "cohort/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct cohort_call;

/*
 * Serves one message or request. Returns 0, or a negative errno (-1 to -4095) that becomes the
 * status of the request's answer; a request that was not answered when its handler returns 0 gets
 * an empty answer, unless the handler kept it. For a message the return value only counts in the
 * statistics. A value out of range counts as
 * -EINVAL. Never called under a lock of the library.
 */
typedef int cohort_handler(struct cohort_call *call, void *arg);

/*
 * The handler blocks outside this library (reads files, sleeps): it runs in a pool of threads of
 * its own, so that other actions of the same peer are served meanwhile. At most 64 such calls of
 * one peer wait for a thread; then that peer's ring waits.
 */
#define COHORT_BLOCKING UINT32_C(0x1)
/*
 * Large bodies (more than a quarter of the ring) are not copied before the handler:
 * cohort_call_data() points into the sender's shared memory until the handler returns. A hostile
 * sender can change it meanwhile: read each value once, check it, trust nothing twice.
 */
#define COHORT_IN_PLACE UINT32_C(0x2)

struct cohort_action {
	size_t size; /* sizeof(struct cohort_action) */
	/* 1 to 63 bytes of printable ASCII without space; "cohort." is reserved */
	const char *name;
	cohort_handler *handler; /* required */
	void *arg;		 /* passed to the handler */
	uint32_t flags;		 /* COHORT_BLOCKING, COHORT_IN_PLACE */
	const char *help;	 /* one line for people, up to 160 bytes, or NULL */
	/* or NULL; called once, when the handler can never run again */
	void (*released)(void *arg);
};

#define COHORT_ACTION_INIT                                                    \
	{                                                                     \
		sizeof(struct cohort_action), NULL, NULL, NULL, 0, NULL, NULL \
	}

/*
 * Adds an action; strings are copied. On a secondary with a session it waits until the primary
 * knows of it, one second at most, so that broadcasts sent from then on arrive. Prefer
 * cohort_config.actions: those exist before the first peer can ask. May block on a secondary.
 *
 * -EINVAL    a bad name, flag, size or no handler: correct the call
 * -EEXIST    the name is taken
 * -ENOMEM    no memory
 * -ETIMEDOUT the primary did not acknowledge; the action is not registered: try again
 * -EDEADLK   called in a handler when no thread is left to take its place
 * -ESHUTDOWN the handle is closing
 */
COHORT_API int cohort_register(struct cohort *c, const struct cohort_action *action);

/*
 * Removes an action and waits until its running handlers have returned (kept calls are not waited
 * for). `released` is called before it returns. From then on requests for it get -ENOENT. Inside
 * any callback it does not wait: if a handler of it still runs, it returns COHORT_DRAINING, and
 * `released` is called once, soon after the last of them, on a handler thread.
 *
 * -EINVAL a bad name;  -ENOENT no such action;  -ESHUTDOWN the handle is closing
 */
COHORT_API int cohort_unregister(struct cohort *c, const char *name);

#ifdef __cplusplus
}
#endif

#endif
