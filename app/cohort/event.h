/*
 * The events of a tap, for people and as JSON.
 */
#ifndef COHORT_TOOL_EVENT_H
#define COHORT_TOOL_EVENT_H

#include <stdbool.h>
#include <stdio.h>

#include "cohort.h"

/* The line above the first event, with its newline. */
void event_print_head(FILE *out);

/* One line; if its first bytes are wanted, and there are any, they follow as a hexdump. */
void event_print(FILE *out, const struct cohort_event *event, bool payload);

/* One object. It has the members that an event of this kind has. */
void event_print_json(FILE *out, const struct cohort_event *event, bool payload);

/* "primary", "-" for nobody, else its id in hexadecimal. */
const char *peer_name(cohort_peer peer, char out[20]);

/* "ENOENT" of -ENOENT; "ok" of 0. */
const char *outcome_name(int outcome, char out[20]);

#endif
