/*
 * trial.h: the workloads of bench-peers, written over struct peer. role->system->peer says which.
 */
#ifndef COHORT_BENCH_TRIAL_H
#define COHORT_BENCH_TRIAL_H

#include "role.h"

/*
 * Requests of 64 bytes, one after another, from the first secondary; the others, if any, only have
 * joined. role->arg: whether both sides spin.
 */
int trial_serve(struct role *role);
int trial_ask(struct role *role);

/* role->arg requests always outstanding. */
int trial_serve_async(struct role *role);
int trial_ask_async(struct role *role);

/* One way, role->size bytes, role->arg descriptors. */
int trial_receive(struct role *role);
int trial_send(struct role *role);

/* 64 bytes from the primary to all secondaries. */
int trial_broadcast(struct role *role);
int trial_listen(struct role *role);

#endif
