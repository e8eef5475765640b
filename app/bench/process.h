/*
 * process.h: the launcher. It runs one system once: starts its processes, waits for all of them,
 * and brings back what they reported. When one fails, or the time is over, it kills the rest; it
 * never leaves a process behind.
 */
#ifndef COHORT_BENCH_PROCESS_H
#define COHORT_BENCH_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "bench.h"

enum process_verdict {
	PROCESS_DONE,
	PROCESS_SKIPPED,
	PROCESS_FAILED
};

struct process_outcome {
	enum process_verdict verdict;
	char why[256];
	unsigned nresults;
	struct arena_result results[ARENA_RESULTS_MAX];
};

/*
 * Once, before the first run: signals, limits, and the folder for channels and traces. Returns 0 or
 * a negative errno.
 */
int process_init(void);

/* Removes the folder; -ENOTEMPTY when a system left a file there. */
int process_deinit(void);

void process_run(const struct bench_workload *workload, const struct bench_system *system,
		 uint64_t round_ns, struct process_outcome *outcome);

/* SIGINT or SIGTERM came while a system ran: it was stopped, and nothing more should be started. */
bool process_interrupted(void);

#endif
