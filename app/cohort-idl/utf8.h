#ifndef COHORT_IDL_UTF8_H
#define COHORT_IDL_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes the character at `text` has, 1 to 4; 0: it is not valid UTF-8. `left` is not 0. */
size_t utf8_length(const char *text, size_t left);

/* Whether a character of so many bytes changes the direction of the text around it. */
bool utf8_turns_text(const char *text, size_t length);

#endif
