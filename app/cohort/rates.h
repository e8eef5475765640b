/*
 * What happened between two samples, in rows: one for the channel, one for each peer, one for each
 * action. Rates are for a second.
 *
 * Rates of peers, and of the primary's actions, come from counters and are exact. The other actions
 * are known from the tap: what it lost is made up for by supposing that it was like the rest.
 */
#ifndef COHORT_TOOL_RATES_H
#define COHORT_TOOL_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sample.h"
#include "tally.h"

/* In: to the primary. */
struct rates_flow {
	double messages_in, messages_out, requests_in, requests_out, bytes_in, bytes_out, lost;
	uint64_t lost_ever;
	uint64_t queue; /* bytes that the primary has not taken yet */
};

struct rates_latency {
	uint64_t count;
	int64_t p50, p99;
};

struct rates_peer {
	struct cohort_peer_info info;
	struct rates_flow flow;
	struct rates_latency latency;
};

struct rates_action {
	char name[64];
	bool primary;	/* it has this action: then what follows about handlers is known */
	unsigned peers; /* others that have it */
	bool estimated; /* the tap lost events */
	double calls, errors;
	double busy;  /* threads that it keeps busy: 0.5 is half of one */
	int64_t mean; /* nanoseconds in the handler */
	struct rates_latency latency;
};

struct rates {
	double seconds; /* between the samples */
	struct rates_flow flow;
	struct rates_latency latency;
	unsigned threads, running;
	double busy;	       /* share of the threads, 0 to 1 */
	uint64_t seen, unseen; /* events */
	size_t npeers, nactions;
	struct rates_peer *peers;     /* the busiest first */
	struct rates_action *actions; /* the same */
};

void rates_make(struct rates *r, const struct sample *before, const struct sample *now,
		const struct tally *tally, uint64_t unseen);
void rates_free(struct rates *r);

#endif
