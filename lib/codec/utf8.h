/*
 * utf8: whether bytes are text.
 */
#ifndef COHORT_CODEC_UTF8_H
#define COHORT_CODEC_UTF8_H

#include <stddef.h>

/* NULL if so, else what is wrong, in words: a NUL, or not UTF-8 as RFC 3629 has it. */
const char *codec_utf8_fault(const char *text, size_t length);

#endif
