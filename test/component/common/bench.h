/*
 * A part on the bench: started in some mode, with an owner that serves what it calls, and a journal of
 * what happened. A scenario is the same in every mode, and so must be its journal.
 */
#ifndef TEST_COMPONENT_BENCH_H
#define TEST_COMPONENT_BENCH_H

#include <pthread.h>

#include "component/common/part.h"
#include "support/support.h"

#define JOURNAL_MAX 32768

struct bench {
	const char *mode;
	struct cohort_component *component;
	struct cohort_port *port;
	struct event event; /* for the scenario's own use */
	void *own;	    /* likewise */
	pthread_barrier_t *all;
	pthread_mutex_t lock;
	size_t length; /* guarded by lock */
	char journal[JOURNAL_MAX];
};

/* How a mode is asked for. The last row has no name. */
struct bench_mode {
	const char *name;
	void (*configure)(struct cohort_component_config *config);
};

extern const struct bench_mode bench_modes[];

/* A line of the journal. */
void bench_say(struct bench *bench, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The configuration: a part, in that mode, with the bench as owner. */
void bench_configure(struct bench *bench, const struct bench_mode *mode,
		     struct cohort_component_config *config);

void bench_init(struct bench *bench);
void bench_deinit(struct bench *bench);

/* Fail the test when they fail. */
void bench_start(struct bench *bench, const struct bench_mode *mode);
void bench_stop(struct bench *bench);

/* Runs a scenario in each mode. Each time the journal must be as expected, and nothing may be left. */
void bench_run(void (*scenario)(struct bench *bench), const char *expected);

/* A call with one number in and one out; what came of it is said. */
void bench_call(struct bench *bench, enum part_method method, uint32_t value, int64_t timeout);

#endif
