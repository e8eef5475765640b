/*
 * The state of a channel at one moment, as its primary tells it: the difference of two is what
 * happened between them.
 */
#ifndef COHORT_TOOL_SAMPLE_H
#define COHORT_TOOL_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "cohort.h"

/* A handler that runs. */
struct sample_running {
	char action[64];
	cohort_peer peer;
	int64_t age;
};

struct sample_peer {
	struct cohort_peer_info info;
	struct cohort_counters counters;
};

struct sample {
	int64_t time; /* CLOCK_MONOTONIC */
	struct cohort_counters counters;
	size_t npeers, nactions, nrunning;
	struct sample_peer *peers;
	struct cohort_action_info *actions;
	struct sample_running *running;
	unsigned handler_threads, blocking_threads;
	char pid[16], program[64];
};

/* Called between questions, as there may be many: nothing else is to wait for their answers. */
typedef void sample_between(void *arg);

/* 0 or a negative errno. *sample is for sample_free(). */
int sample_take(struct cohort *c, int64_t timeout, sample_between *between, void *arg,
		struct sample *sample);
void sample_free(struct sample *sample);

const struct sample_peer *sample_find_peer(const struct sample *sample, cohort_peer id);
const struct cohort_action_info *sample_find_action(const struct sample *sample, cohort_peer peer,
						    const char *name);

/* How long the handlers of an action that run now have been running, all together. */
int64_t sample_running(const struct sample *sample, const char *action);

#endif
