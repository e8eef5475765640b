#ifndef COHORT_IDL_UTF8_H
#define COHORT_IDL_UTF8_H

#include <stddef.h>

/* How many bytes the character at `text` has, 1 to 4; 0: it is not valid UTF-8. `left` is not 0. */
size_t utf8_length(const char *text, size_t left);

#endif
