/*
 * trace.h: system calls for each message, counted by `strace -f -c`.
 *
 * strace makes every call slow, so a traced run says how many calls a message needs, never how long
 * it takes; and since a slow sleeper sleeps longer, the number is that of a busy stream only
 * roughly. Calls of start-up and close are in it.
 */
#ifndef COHORT_BENCH_TRACE_H
#define COHORT_BENCH_TRACE_H

#include <stdbool.h>
#include <stddef.h>

struct process_outcome;

bool trace_available(void);

/* Where the summary of process `index` goes. */
void trace_path(char *path, size_t size, const char *folder, unsigned index);

/* Replaces the metric "messages" by "syscalls" for each of them. Returns 0 or -ENOENT. */
int trace_take(const char *folder, unsigned nprocesses, struct process_outcome *outcome);

void trace_remove(const char *folder, unsigned nprocesses);

#endif
