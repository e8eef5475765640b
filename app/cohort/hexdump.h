/*
 * Bytes for people: offset, sixteen bytes in hexadecimal, the same as text.
 */
#ifndef COHORT_HEXDUMP_H
#define COHORT_HEXDUMP_H

#include <stddef.h>
#include <stdio.h>

/* Each line begins with `indent` blanks. */
void hexdump(FILE *out, const void *bytes, size_t length, int indent);

#endif
