/*
 * proc.h: what this process looks like from outside, read from /proc/self.
 */
#ifndef COHORT_BENCH_PROC_H
#define COHORT_BENCH_PROC_H

#include <stdint.h>

/* Threads beside the calling one, and how often they were switched, of their own will or not. */
struct proc_threads {
	uint64_t count;
	uint64_t switches;
};

/* All return 0 or a negative errno. */
int proc_threads(struct proc_threads *out);
int proc_fds(uint64_t *out);

/* Bytes of memory files mapped here, each file counted once, however often it is mapped. */
int proc_memfd_bytes(uint64_t *out);

/*
 * Bytes of the stripped shared library that was built beside this program; -ENOENT if there is
 * none.
 */
int proc_library_size(uint64_t *out);

#endif
