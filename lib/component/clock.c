/*
 * clock.c: what the rest of the runtime needs of time, and no more.
 */
#include "component/clock.h"

#include <errno.h>
#include <time.h>

#include "cohort/types.h"

#define SECOND INT64_C(1000000000)

int64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

int64_t clock_after(int64_t timeout)
{
	int64_t now = clock_now();

	return timeout > COHORT_FOREVER - now ? COHORT_FOREVER : now + timeout;
}

int64_t clock_left(int64_t deadline)
{
	int64_t now;

	if (deadline == COHORT_FOREVER)
		return COHORT_FOREVER;
	now = clock_now();
	return deadline > now ? deadline - now : 0;
}

int clock_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int err = pthread_condattr_init(&attr);

	if (err)
		return -err;
	err = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (!err)
		err = pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return -err;
}

int clock_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline)
{
	struct timespec until = { .tv_sec = deadline / SECOND, .tv_nsec = deadline % SECOND };

	if (deadline == COHORT_FOREVER) {
		pthread_cond_wait(cond, lock);
		return 0;
	}
	return pthread_cond_timedwait(cond, lock, &until) == ETIMEDOUT ? -ETIMEDOUT : 0;
}
