/*
 * cohort_side.h: one process's part in the channel of a round. The primary opens first; then all
 * secondaries open at once; then all have met and the work begins. At the end all meet again before
 * anybody closes, so that nobody's close is measured.
 */
#ifndef COHORT_BENCH_COHORT_SIDE_H
#define COHORT_BENCH_COHORT_SIDE_H

#include <stdint.h>

#include "cohort.h"
#include "role.h"

#define SIDE_ACTION "bench.count"
/* No call of a round that works waits so long. */
#define SIDE_TIMEOUT COHORT_SECONDS(10)

/*
 * Defaults, the role that `role` has, and one action. The action must live as long as the config.
 */
void side_config(struct cohort_config *config, const struct role *role,
		 const struct cohort_action *action);

/* The action that all workloads use; `flags` and `arg` as in struct cohort_action. */
struct cohort_action side_action(cohort_handler *handler, void *arg, uint32_t flags);

/* Returns 0 when the whole channel is up, else an error that was reported. */
int side_start(struct role *role, const struct cohort_config *config, struct cohort **c);
int side_stop(struct role *role, struct cohort *c);

/*
 * Something went wrong in a callback, which has nobody to tell: the round fails and this process
 * ends.
 */
_Noreturn void side_abort(struct role *role, const char *what, int error);

#endif
