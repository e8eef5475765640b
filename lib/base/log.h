/*
 * The log queue, and tracing to stderr.
 *
 * Whoever notices something may hold locks or stand in the hot path, so it cannot call the
 * application. It puts an entry into a bounded queue, and a thread which holds nothing takes it
 * out and reports it. A put allocates nothing and waits for nobody but a copy of one entry. When
 * the queue is full the new entry is dropped and counted; the next entry taken carries the count.
 *
 * Tracing is for developers: with COHORT_DEBUG=1 in the environment, each log_trace() writes one
 * line to stderr with one write(2), so that lines of several processes do not mix. Ask
 * log_trace_on() first where composing the arguments costs something.
 *
 * The names of the levels are also macros of <syslog.h>: do not include both.
 */
#ifndef COHORT_BASE_LOG_H
#define COHORT_BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/lock.h"

#define LOG_SIZE 64

enum log_level {
	LOG_ERROR,
	LOG_WARNING,
	LOG_INFO,
	LOG_DEBUG,
};

struct log_entry {
	enum log_level level;
	int error;	  /* an errno as given, or 0 */
	int64_t when;	  /* clock_now() of the put */
	uint32_t dropped; /* entries dropped since the entry taken before this one */
	char text[232];	  /* cut if longer; always terminated */
};

struct log {
	struct lock lock;
	unsigned first;	  /* index of the oldest entry */
	unsigned count;	  /* entries queued */
	uint32_t dropped; /* not reported yet; stays at its maximum */
	struct log_entry entry[LOG_SIZE];
};

void log_init(struct log *log);
void log_deinit(struct log *log);

/* Queues an entry; true if the queue was empty, so that a consumer must be woken. Keeps errno. */
bool log_put(struct log *log, enum log_level level, int error, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Takes out the oldest entry; false, *out untouched, if there is none. */
bool log_take(struct log *log, struct log_entry *out);

/* Stored by log_trace_init(), loaded by log_trace_on(); guards no other data: relaxed. */
extern _Atomic bool log_trace_enabled;

/* Reads COHORT_DEBUG: unset, "" and "0" are off, "1" is on: 0. Anything else: -EINVAL, and off. */
int log_trace_init(void);

static inline bool log_trace_on(void)
{
	return atomic_load_explicit(&log_trace_enabled, memory_order_relaxed);
}

/* Writes "cohort[pid] ..." and a newline if tracing is on. Keeps errno. */
void log_trace(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
