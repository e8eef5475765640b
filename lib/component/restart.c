#include "component/restart.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

/* Without a limit only the delay depends on the number, and no delay doubles more often. */
#define DOUBLED_MAX 63u

static bool config_is_valid(const struct cohort_component_config *config)
{
	return (unsigned)config->restart <= COHORT_RESTART_ALWAYS &&
	       config->restart_limit <= RESTART_LIMIT_MAX && config->restart_window >= 0 &&
	       config->restart_delay >= 0 && config->restart_delay_max >= 0;
}

int restart_init(struct restart *restart, const struct cohort_component_config *config)
{
	*restart = (struct restart){ .policy = config->restart,
				     .limit = config->restart_limit,
				     .window = config->restart_window,
				     .delay = config->restart_delay,
				     .delay_max = config->restart_delay_max };
	if (!config_is_valid(config))
		return -EINVAL;
	restart->capacity = restart->limit > DOUBLED_MAX ? restart->limit : DOUBLED_MAX;
	restart->times = calloc(restart->capacity, sizeof(*restart->times));
	return restart->times ? 0 : -ENOMEM;
}

void restart_deinit(struct restart *restart)
{
	free(restart->times);
	restart->times = NULL;
}

static bool wanted(enum cohort_restart policy, int status)
{
	switch (policy) {
	case COHORT_RESTART_NEVER:
		return false;
	case COHORT_RESTART_ON_FAILURE:
		return status != 0;
	case COHORT_RESTART_ALWAYS:
		return true;
	}
	return false;
}

/* How many restarts count, up to what the ring holds. */
static uint32_t counted(const struct restart *restart, int64_t now)
{
	uint32_t n = 0;

	while (n < restart->capacity && n < restart->count) {
		int64_t then = restart->times[(restart->count - n - 1) % restart->capacity];

		if (restart->window && now - then >= restart->window)
			break;
		n++;
	}
	return n;
}

static int64_t doubled(int64_t delay, uint32_t times, int64_t most)
{
	while (times-- && delay < most)
		delay = delay > INT64_MAX / 2 ? most : delay * 2;
	return delay < most ? delay : most;
}

bool restart_next(struct restart *restart, int64_t now, int status, int64_t *delay)
{
	uint32_t n = counted(restart, now);

	if (!wanted(restart->policy, status) || (restart->limit && n >= restart->limit))
		return false;
	restart->times[restart->count++ % restart->capacity] = now;
	*delay = doubled(restart->delay, n, restart->delay_max);
	return true;
}
