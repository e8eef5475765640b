/*
 * What `call` and `send` have in common: to join a channel as a secondary, and to do one thing some
 * times.
 */
#ifndef COHORT_TOOL_OUTGOING_H
#define COHORT_TOOL_OUTGOING_H

#include "body.h"
#include "channel.h"
#include "cohort.h"
#include "options.h"

struct outgoing {
	const char *channel, *action;
	struct body body;
	cohort_peer to;
	bool all, json;
	int64_t timeout, interval;
	uint64_t repeat;
};

#define OUTGOING_INIT                                                          \
	{                                                                      \
		.to = COHORT_PRIMARY, .timeout = CHANNEL_TIMEOUT, .repeat = 1, \
		.interval = COHORT_SECONDS(1)                                  \
	}

#define OUTGOING_OPTIONS(o)                                                                          \
	{                                                                                            \
		"to",	     0,	      "PEER", "whom: only the primary can be reached from here",     \
		option_peer, &(o)->to                                                                \
	},                                                                                           \
		{ "all", 'a', NULL, "all peers: only a primary can", option_flag, &(o)->all },       \
		{ "repeat", 'n', "N", "do it N times", option_count, &(o)->repeat },                 \
		{ "interval", 0, "TIME", "between two of them (1 s)", option_time, &(o)->interval }, \
		OPTION_TIMEOUT(&(o)->timeout), BODY_OPTIONS(&(o)->body)

/*
 * Does it: `once` returns 0 or the status of the first failure, which it has said. Returns how to
 * end.
 */
int outgoing_run(struct outgoing *o, const struct option_words *words,
		 int (*once)(const struct outgoing *o, struct cohort *c,
			     const struct cohort_message *message));

/* Says why a message did not get through, and returns the status. */
int outgoing_fail(const struct outgoing *o, int error);

#endif
