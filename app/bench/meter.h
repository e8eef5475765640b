/*
 * meter.h: how a rate and a latency are taken, the same way for every system.
 *
 * Rate: the sender marks every message with a phase (its first byte): a fifth of the round's time
 * warms up, then one message says START, then come those that count, then one says END. The
 * receiver takes the clock at START and at END. So start-up, first page faults and the way of the
 * last message through a deep queue are treated alike everywhere.
 *
 * Latency: each round trip is one sample, and the clock is read once between two trips; its cost
 * (some 20 to 30 ns) is in the sample, of the raw systems and of ours, and nothing is subtracted.
 */
#ifndef COHORT_BENCH_METER_H
#define COHORT_BENCH_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "role.h"

enum meter_phase {
	METER_WARM = 1,
	METER_START,
	METER_COUNT,
	METER_END
};

/* The sender's part. */
struct pacer {
	uint64_t start_ns;
	uint64_t end_ns;
	unsigned stride; /* messages from one look at the clock to the next */
	unsigned left;
	unsigned char phase;
};

/* The receiver's part. */
struct meter {
	uint64_t count;
	uint64_t start_ns;
	uint64_t end_ns;
	bool done;
};

uint64_t meter_now(void);

void pacer_init(struct pacer *pacer, uint64_t round_ns, unsigned stride);

/* The phase of the next message; after METER_END there is none. */
unsigned char pacer_next(struct pacer *pacer);

void meter_feed(struct meter *meter, unsigned char phase);

/* Messages in a second. */
double meter_rate(const struct meter *meter);

/*
 * Calls `trip` for one round's time and reports p50 and p99, or more
 * (bench_program.spread). `trip` returns 0 or a negative errno.
 */
int meter_latency(struct role *role, int (*trip)(void *arg), void *arg);

/*
 * For what neither waits nor meets another process: calls `once` for one round's CPU time, after a
 * fifth of it to warm up, and looks at the clock each `stride` calls. *rate is calls in a second of CPU
 * time. `once` returns 0 or a negative errno.
 */
int meter_repeat(struct role *role, int (*once)(void *arg), void *arg, unsigned stride,
		 double *rate);

#endif
