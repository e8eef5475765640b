/*
 * The text of cohort_describe(), read: lines of a word and of key=value words.
 */
#ifndef COHORT_TOOL_DESCRIBE_H
#define COHORT_TOOL_DESCRIBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DESCRIBE_WORDS 32 /* of a line; what follows is left out */

/* They point into the text, which was cut into pieces. */
struct describe_word {
	const char *key, *value;
};

struct describe_line {
	const char *what;
	size_t count;
	struct describe_word word[DESCRIBE_WORDS];
};

/* Cuts the first line off *text and moves *text behind it. False: there is none. */
bool describe_next(char **text, struct describe_line *line);

/* NULL, or false: the line has no such key, or it is not a number. */
const char *describe_value(const struct describe_line *line, const char *key);
bool describe_number(const struct describe_line *line, const char *key, uint64_t *out);
bool describe_peer(const struct describe_line *line, const char *key, uint64_t *out);

#endif
