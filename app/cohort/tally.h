/*
 * What a tap saw in one interval, by peer and by action: how often, how many failed, how long
 * replies took.
 *
 * It is bounded: what does not find a place is counted with the others in the row `rest`.
 */
#ifndef COHORT_TOOL_TALLY_H
#define COHORT_TOOL_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cohort.h"
#include "histogram.h"

#define TALLY_ROWS 1024 /* of peers, and of actions */

struct tally_row {
	uint64_t key;  /* the peer, or a hash of the name */
	char name[64]; /* of the action */
	bool used;
	uint64_t calls;	     /* messages and requests */
	uint64_t errors;     /* replies that were an error */
	int64_t busy;	     /* nanoseconds in the primary's handlers */
	uint64_t lost;	     /* messages */
	struct histogram *h; /* of latencies; NULL: there were none */
};

struct tally_table {
	size_t used;
	struct tally_row row[2 * TALLY_ROWS]; /* by hash, with gaps */
	struct tally_row rest;
};

struct tally {
	struct tally_table peers, actions;
	struct histogram latency; /* of all */
	uint64_t seen;		  /* events */
};

struct tally *tally_new(void);
void tally_free(struct tally *t);
void tally_clear(struct tally *t);

void tally_event(struct tally *t, const struct cohort_event *event);

/* NULL: nothing was seen of it. */
const struct tally_row *tally_find_peer(const struct tally *t, cohort_peer peer);
const struct tally_row *tally_find_action(const struct tally *t, const char *name);

#endif
