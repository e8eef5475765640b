/*
 * arena.h: the memory that the processes of one round share.
 *
 * The launcher makes one for each run of a system and hands it down as descriptor ARENA_FD. It
 * carries what a role must know, the barrier at which the roles meet, what they report, and a
 * page-aligned area in which the raw systems that use shared memory lay out their rings. Pages that
 * nobody touches cost nothing.
 */
#ifndef COHORT_BENCH_ARENA_H
#define COHORT_BENCH_ARENA_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define ARENA_FD 3
#define ARENA_SOCKET_FD 4
#define ARENA_RESULTS_MAX 16
#define ARENA_SHARED_SIZE ((size_t)80 << 20)
#define ARENA_DEADLINE_S 40

struct arena_result {
	char metric[32];
	char unit[16];
	double value;
};

struct arena {
	uint32_t processes;
	uint64_t round_ns;
	char channel[96];

	/*
	 * All seq_cst. `arrived` counts to `processes`, and the last to arrive resets it and adds
	 * one to `generation`, a futex word. The first to take `spoiled` owns `error`. A reporter
	 * takes one index of `nresults`; the launcher reads the results when all have exited.
	 */
	_Atomic uint32_t arrived;
	_Atomic uint32_t generation;
	_Atomic uint32_t spoiled;
	_Atomic uint32_t nresults;
	char error[192];
	struct arena_result results[ARENA_RESULTS_MAX];

	_Alignas(4096) unsigned char shared[ARENA_SHARED_SIZE];
};

#endif
