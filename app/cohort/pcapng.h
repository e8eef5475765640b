/*
 * Events as a pcapng file, for Wireshark with the dissector cohort.lua.
 *
 * The link type is LINKTYPE_USER0 (147), times have a resolution of nanoseconds. A packet is one
 * event; all numbers are little-endian:
 *
 *	 0 +---------+---------+-------------------+---------------------------------------+
 *	   | version | kind    | length of action  | descriptors                           |
 *	 8 +---------+---------+-------------------+---------------------------------------+
 *	   | from                                                                          |
 *	16 +-------------------------------------------------------------------------------+
 *	   | to                                                                            |
 *	24 +-------------------------------------------------------------------------------+
 *	   | request                                                                       |
 *	32 +-------------------------------------------------------------------------------+
 *	   | latency, nanoseconds                                                          |
 *	40 +-------------------------------------------------------------------------------+
 *	   | busy, nanoseconds                                                             |
 *	48 +-------------------------------------------------------------------------------+
 *	   | length of the body; of kind LOST: how many messages                           |
 *	56 +---------------------------------------+---------------------------------------+
 *	   | outcome                               | bytes of the body that follow         |
 *	64 +---------------------------------------+---------------------------------------+
 *	   | action, without a final zero; then the first bytes of the body                |
 *	   +-------------------------------------------------------------------------------+
 *
 * The fields are those of struct cohort_event. The version is 1; it changes when the layout does. The
 * packet's original length counts the whole body.
 */
#ifndef COHORT_PCAPNG_H
#define COHORT_PCAPNG_H

#include <stdint.h>
#include <stdio.h>

#include "cohort.h"

#define PCAPNG_HEADER 64 /* bytes of a packet before the action */
#define PCAPNG_VERSION 1

/* They write to `out`; whether that went well is for ferror() to say. */
void pcapng_begin(FILE *out, const char *channel);

/* `lost` events were not seen since the one before. */
void pcapng_event(FILE *out, const struct cohort_event *event, uint64_t lost);

/* The block that closes the file: how many were written and lost in all, and when. */
void pcapng_end(FILE *out, int64_t time, uint64_t written, uint64_t lost);

#endif
