/*
 * alloc.h: how often this process has asked the heap for memory. The benchmark brings its own
 * malloc() and its like, which count and pass on to libc's; so what the library does is counted,
 * whether it is linked statically or not.
 */
#ifndef COHORT_BENCH_ALLOC_H
#define COHORT_BENCH_ALLOC_H

#include <stdbool.h>
#include <stdint.h>

/* Under a sanitizer the heap is the sanitizer's, and nothing is counted. */
bool alloc_counted(void);

/* Calls so far that took memory, by all threads. */
uint64_t alloc_count(void);

#endif
