/*
 * bench.h: the vocabulary of the benchmark.
 *
 * A workload is one question ("how long is a round trip on one CPU?"). A system is one way to
 * answer it: the library, or a raw kernel primitive. A system is a pair of functions that run in
 * processes of their own, and report metrics. The benchmark runs the systems of one workload in
 * turn, round after round, so that a disturbance of the machine meets all of them alike, and prints
 * the median of each metric beside its ratio to the workload's baseline.
 */
#ifndef COHORT_BENCH_BENCH_H
#define COHORT_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define BENCH_PAYLOAD 64
#define BENCH_ROUNDS_MAX 101
#define BENCH_SECONDARIES_MAX 501

/* A role returns this, after role_skip(), when the machine cannot answer its question. */
#define BENCH_SKIPPED 77

struct peer;
struct role;

/*
 * Where the processes of a system run: wherever the scheduler puts them, all on one CPU, or the
 * primary apart from the rest.
 */
enum bench_cpus {
	BENCH_CPUS_FREE,
	BENCH_CPUS_ONE,
	BENCH_CPUS_TWO
};

struct bench_system {
	const char *name;
	int (*primary)(struct role *role);
	int (*secondary)(struct role *role);
	enum bench_cpus cpus;
	unsigned secondaries;
	uint64_t size; /* bytes of one message */
	uint64_t arg;  /* whatever else the two functions want to know */
	bool sockets;  /* each secondary shares a SEQPACKET socketpair with the primary */
	bool traced;   /* run under strace -c: its system calls are the result, not its speed */
	unsigned rounds_max;	 /* 0: as many as the others */
	const struct peer *peer; /* bench-peers: what the two functions send and receive with */
	const char *excuse;	 /* not NULL: the system cannot do it, and this is why */
};

/* The metric's ratio is taken to the median of `of_metric` of `of_system` in the same workload. */
struct bench_baseline {
	const char *metric;
	const char *of_system;
	const char *of_metric;
};

struct bench_workload {
	const char *name;
	const char *question;
	const struct bench_system *systems;
	size_t nsystems;
	const struct bench_baseline *baselines;
	size_t nbaselines;
};

/*
 * What differs between `bench`, which compares the library with the kernel, and `bench-peers`,
 * which compares it with other libraries. Each brings one, made before main().
 */
struct bench_program {
	const char *name;
	const char *json;
	unsigned rounds;
	uint64_t round_ns;
	bool spread; /* of a latency five percentiles are reported, else two */
	const struct bench_workload *workloads;
	size_t nworkloads;
	void (*preface)(FILE *out);	 /* NULL, or what to say before the table */
	void (*preface_json)(FILE *out); /* NULL, or rows to put before the others */
	/* NULL, or removes what killed processes of the system have left beside the channel */
	void (*sweep)(const struct bench_system *system, const char *channel);
};

extern struct bench_program bench_program;

const struct bench_workload *bench_workload_find(const char *name);
const struct bench_system *bench_system_find(const struct bench_workload *workload,
					     const char *name);

#endif
