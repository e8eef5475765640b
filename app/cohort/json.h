/*
 * JSON: one object a line, written as it comes.
 *
 * Text is always valid UTF-8: a byte that is not part of any becomes \u00XX, as do control
 * characters. A body is the text `key` if it is valid UTF-8, else `key_base64`, so that it can be
 * read back exactly.
 */
#ifndef COHORT_JSON_H
#define COHORT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cohort.h"

struct json {
	FILE *file;
	bool more; /* a member was written: the next one needs a comma */
};

void json_begin(struct json *j, FILE *file);
void json_text(struct json *j, const char *key, const char *text);
void json_bytes(struct json *j, const char *key, const void *bytes, size_t length); /* a body */
void json_unsigned(struct json *j, const char *key, uint64_t value);
void json_signed(struct json *j, const char *key, int64_t value);
void json_real(struct json *j, const char *key, double value); /* six digits */
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);
void json_peer(struct json *j, const char *key, cohort_peer peer); /* text, in hexadecimal */
void json_time(struct json *j, const char *key, int64_t ns);	   /* CLOCK_REALTIME; ISO 8601 */
void json_end(struct json *j); /* the closing brace and the newline */

/* The length of the UTF-8 sequence that `bytes` begins with; 0 if it is none. */
size_t utf8_length(const unsigned char *bytes, size_t length);

#endif
