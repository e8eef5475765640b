/*
 * text: a run of bytes for people, borrowed from a frame: one byte of length, then that many
 * bytes, none of them NUL (so that a copy as a C string loses nothing). Nothing else is promised
 * about them: who prints them to a terminal must escape what is not printable.
 */
#ifndef COHORT_WIRE_TEXT_H
#define COHORT_WIRE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct cursor;
struct writer;

#define TEXT_PROGRAM_MAX 63 /* the name of a program */
#define TEXT_HELP_MAX 160   /* what an action does */
#define TEXT_REASON_MAX 200 /* why a session ended or never began */

/* Not NUL-terminated. An empty text may have a NULL pointer. */
struct wire_text {
	const char *data;
	size_t length;
};

/* The text of a C string, NULL being empty; cut (it is for people) after `max` bytes. */
struct wire_text wire_text_of(const char *string, size_t max);

bool wire_text_valid(struct wire_text text, size_t max);

struct wire_text wire_text_read(struct cursor *cursor, size_t max);
void wire_text_write(struct writer *writer, struct wire_text text, size_t max);

#endif
