/*
 * Words that every other header uses: the handle, peers, time, results.
 *
 * Results: a function returns 0 or a count, or a negative errno. A few return a small positive
 * value that is an outcome of its own (COHORT_DRAINING, COHORT_QUEUED); their comments say so. A
 * call that failed had no effect, and out-parameters are written only on success.
 *
 * Any function may be called from any thread and from any callback, unless its comment says
 * otherwise. After fork() every call in the child returns -ECHILD: a child opens its own handle.
 */
#ifndef COHORT_TYPES_H
#define COHORT_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COHORT_API __attribute__((visibility("default")))

#define COHORT_VERSION_MAJOR 0
#define COHORT_VERSION_MINOR 1
#define COHORT_VERSION_PATCH 0

/* A process's part in one channel. Made by cohort_open() and its like, ended by cohort_close(). */
struct cohort;

/*
 * Who: epoch << 32 | number. The epoch is random for each life of a primary and never 0; a number
 * is never used twice. So an id that has become stale never names another process: calls with it
 * return -ESTALE.
 */
typedef uint64_t cohort_peer;

#define COHORT_NOBODY ((cohort_peer)0)
#define COHORT_PRIMARY ((cohort_peer)1) /* whoever leads the channel now */
#define COHORT_ALL (~(cohort_peer)0)

/*
 * Time is in nanoseconds. Timeouts are relative; deadlines are absolute, on CLOCK_MONOTONIC. A
 * negative timeout is
 * -EINVAL. 0 means: do not wait.
 */
#define COHORT_US(n) ((int64_t)(n)*1000)
#define COHORT_MS(n) ((int64_t)(n)*1000000)
#define COHORT_SECONDS(n) ((int64_t)(n)*1000000000)
#define COHORT_FOREVER INT64_MAX

/* Positive results that are neither a count nor a failure. */
#define COHORT_DRAINING 1 /* cohort_unregister(): a handler still runs; released() will be called */
#define COHORT_QUEUED 2 /* cohort_call_reply(): accepted; it travels as soon as the peer has room */

#define COHORT_NAME_MAX 63    /* bytes of an action's name: printable ASCII without space */
#define COHORT_HELP_MAX 160   /* bytes of an action's help text */
#define COHORT_FDS_MAX 253    /* descriptors in one message (SCM_MAX_FD, unix(7)) */
#define COHORT_THREADS_MAX 16 /* threads of one handle that run handlers, waiting ones included */

/*
 * Says in words what a result of this library means. `e` may be negative or positive; an unknown
 * one gets the system's text. Never NULL; the text is constant. Any thread; does not block.
 */
COHORT_API const char *cohort_strerror(int e);

/* "major.minor.patch" of the library that runs, which may be newer than the header. */
COHORT_API const char *cohort_version(void);

#ifdef __cplusplus
}
#endif

#endif
