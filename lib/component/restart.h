/*
 * restart: whether a worker that is gone is started again, and after how long. Pure: the time is a
 * parameter.
 *
 * What counts are the restarts within the window, or all of them if there is none: past the limit
 * there is no other, and each of them doubles the delay of the next. So a worker that has run well
 * for a window begins anew.
 */
#ifndef COMPONENT_RESTART_H
#define COMPONENT_RESTART_H

#include "cohort/component.h"

#define RESTART_LIMIT_MAX 65536u

struct restart {
	enum cohort_restart policy;
	uint32_t limit; /* 0: none */
	int64_t window, delay, delay_max;
	int64_t *times;	   /* a ring of those that may count */
	uint32_t capacity; /* of `times` */
	uint64_t count;	   /* ever */
};

/* -EINVAL: the config is not valid; -ENOMEM. restart_deinit() in either case. */
int restart_init(struct restart *restart, const struct cohort_component_config *config);
void restart_deinit(struct restart *restart);

/*
 * A worker ended, with a status as waitpid(2) has it or -1. True, and how long to wait: it is to be
 * started again, which counts from now on. False: there is no other.
 */
bool restart_next(struct restart *restart, int64_t now, int status, int64_t *delay);

#endif
