/*
 * Time: absolute nanoseconds of CLOCK_MONOTONIC; COHORT_FOREVER is never.
 */
#ifndef COMPONENT_CLOCK_H
#define COMPONENT_CLOCK_H

#include <pthread.h>
#include <stdint.h>

int64_t clock_now(void);
/* A timeout from now on, without overflow. */
int64_t clock_after(int64_t timeout);
/* What is left until a deadline: 0 if it has passed, COHORT_FOREVER if it never does. */
int64_t clock_left(int64_t deadline);

/* A condition that waits on this clock. 0 or a negative errno. */
int clock_cond_init(pthread_cond_t *cond);
/* pthread_cond_timedwait() until a deadline: 0, or -ETIMEDOUT once it has passed. */
int clock_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline);

#endif
