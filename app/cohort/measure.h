/*
 * Measuring a channel from outside: requests and messages to the action that every primary has,
 * COHORT_ECHO.
 */
#ifndef COHORT_TOOL_MEASURE_H
#define COHORT_TOOL_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include "cohort.h"
#include "histogram.h"

#define MEASURE_OUTSTANDING 128 /* what a peer may have: slots (request.h) */

struct measure {
	size_t size;	      /* bytes of each body */
	uint64_t count;	      /* ends after so many, */
	int64_t time;	      /* or after so long */
	uint64_t outstanding; /* requests at once; 0: one, and wait for it */
	int64_t timeout;      /* of each request */
};

struct measured {
	uint64_t count;
	int64_t began, ended;	  /* CLOCK_MONOTONIC */
	struct histogram latency; /* of requests, in nanoseconds */
};

/*
 * Both end early, with what they have, when the tool is interrupted. 0 or a negative errno: -EPROTO
 * if what came back is not what was sent.
 */
int measure_requests(struct cohort *c, const struct measure *m, struct measured *out);
/* One after another, as fast as the ring takes them; done when the primary has handled the last. */
int measure_stream(struct cohort *c, const struct measure *m, struct measured *out);

#endif
