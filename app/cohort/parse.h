/*
 * Words into values. Each returns 0, or -EINVAL or -ERANGE and leaves *out as it was.
 */
#ifndef COHORT_PARSE_H
#define COHORT_PARSE_H

#include <stdint.h>

#include "cohort.h"

/* Decimal digits and nothing else. */
int parse_number(const char *text, uint64_t *out);

/*
 * A decimal number, which may have a fraction, and a unit: ns, us, ms, s, m (minutes), h; without
 * one it is seconds. Or "forever". *out is nanoseconds.
 */
int parse_time(const char *text, int64_t *out);

/* A peer's id as this tool prints it, in hexadecimal; or "primary". */
int parse_peer(const char *text, cohort_peer *out);

/* Bytes as pairs of hexadecimal digits, with blanks between pairs. *out is for free(). */
int parse_hex(const char *text, size_t length, unsigned char **out, size_t *out_length);

#endif
