/*
 * role.h: what a process of a system sees: who it is, how it meets the others, and how it reports.
 *
 * Index 0 is the primary, 1 and up are the secondaries. A role function returns 0, BENCH_SKIPPED or
 * a negative errno, and whoever returns an error has said why with role_fail(). A role that hangs
 * is killed by its own alarm.
 */
#ifndef COHORT_BENCH_ROLE_H
#define COHORT_BENCH_ROLE_H

#include <stdint.h>

#include "bench.h"

struct arena;

struct role {
	const struct bench_system *system;
	unsigned index;
	unsigned secondaries;
	uint64_t size;
	uint64_t arg;
	uint64_t round_ns;
	const char *channel; /* the path of the channel of this round */
	struct arena *arena;
};

/* The whole life of a process started by the launcher: returns its exit status. */
int role_main(int argc, char **argv);

/*
 * The SEQPACKET socket to secondary `index` (asked by the primary), or to the primary (asked by a
 * secondary).
 */
int role_socket(const struct role *role, unsigned index);

/* The page-aligned area that all roles of the round share, all zero at first. */
void *role_shared(const struct role *role);

/* Returns when every process of the round has called it as often as this one. */
void role_barrier(struct role *role);

void role_report(struct role *role, const char *metric, const char *unit, double value);

/* Say why the round fails; returns `error`, a negative errno, so that it can end a function. */
int role_fail(struct role *role, const char *what, int error);
int role_fail_errno(struct role *role, const char *what);

/* Say why this machine cannot answer; returns BENCH_SKIPPED. */
int role_skip(struct role *role, const char *why);

#endif
