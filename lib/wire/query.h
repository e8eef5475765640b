/*
 * query: QUERY and ANSWER, by which a secondary (mostly a tool) looks at the channel. An answer
 * is one page: as many entries as fit, and in `next` the cursor with which the following page is
 * asked for. What a cursor means is the primary's affair, except that 0 is the start and, in
 * `next`, the end.
 */
#ifndef COHORT_WIRE_QUERY_H
#define COHORT_WIRE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/entries.h"
#include "wire/text.h"

enum wire_query_what {
	WIRE_QUERY_PEERS = 1,	   /* entries: struct wire_peer_entry */
	WIRE_QUERY_ACTIONS = 2,	   /* struct wire_action_entry; argument: one peer's, 0 for all */
	WIRE_QUERY_STATS = 3,	   /* struct wire_stat_entry, of the channel */
	WIRE_QUERY_PEER_STATS = 4, /* struct wire_stat_entry; argument: the peer */
	WIRE_QUERY_TEXT = 5,	   /* wire_line_next(): the state in lines, for people */
	WIRE_QUERY_TAP = 6, /* no entries but the tape's descriptor; argument: wire_tap_level */
};

enum wire_tap_level {
	WIRE_TAP_EVENTS = 1,
	WIRE_TAP_PAYLOAD = 2 /* with the first bytes of bodies */
};

struct wire_query {
	uint64_t key;	   /* the ANSWER's, not 0 */
	uint8_t what;	   /* enum wire_query_what */
	uint64_t cursor;   /* 0: from the start */
	uint64_t argument; /* a peer's id, 0 where `what` needs none */
};

struct wire_answer {
	uint64_t key;  /* the QUERY's */
	int32_t error; /* 0, or a negative errno down to -4095: then all below `what` is 0 */
	uint8_t what;  /* as the QUERY had it */
	uint64_t next; /* cursor of the next page, 0 if this was the last */
	struct wire_entries entries; /* of the type that belongs to `what` */
};

struct wire_peer_entry {
	uint64_t id;
	uint32_t pid;
	uint32_t uid;
	uint32_t gid;
	uint32_t state; /* a number that the primary and the tool agree upon */
	int64_t since;	/* CLOCK_MONOTONIC of the primary, in nanoseconds */
	uint32_t nactions;
	struct wire_text program;
};

struct wire_action_entry {
	uint64_t peer;
	uint32_t flags;
	uint64_t calls;
	uint64_t errors;
	uint64_t ns_total;
	uint64_t ns_max;
	struct wire_text name;
	struct wire_text help;
};

struct wire_stat_entry {
	uint16_t index;
	uint64_t value;
};

int wire_query_encode(void *buf, size_t size, const struct wire_query *query);
int wire_query_decode(const void *buf, size_t len, struct wire_query *query);

int wire_answer_encode(void *buf, size_t size, const struct wire_answer *answer);
int wire_answer_decode(const void *buf, size_t len, struct wire_answer *answer);

int wire_peer_entry_append(struct writer *writer, uint32_t *count,
			   const struct wire_peer_entry *entry);
bool wire_peer_entry_next(struct cursor *cursor, struct wire_peer_entry *entry);

int wire_action_entry_append(struct writer *writer, uint32_t *count,
			     const struct wire_action_entry *entry);
bool wire_action_entry_next(struct cursor *cursor, struct wire_action_entry *entry);

int wire_stat_entry_append(struct writer *writer, uint32_t *count,
			   const struct wire_stat_entry *entry);
bool wire_stat_entry_next(struct cursor *cursor, struct wire_stat_entry *entry);

#define WIRE_LINE_MAX 255u

int wire_line_append(struct writer *writer, uint32_t *count, struct wire_text line);
bool wire_line_next(struct cursor *cursor, struct wire_text *line);

#endif
