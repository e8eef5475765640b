/*
 * Memory of the compiler: taken piece by piece, and given back when the process ends. So what is
 * made may point to anything else that was made. There is no failure: without memory the program
 * ends.
 */
#ifndef COHORT_IDL_MEMORY_H
#define COHORT_IDL_MEMORY_H

#include <stddef.h>

/* Zeroed, and aligned for everything. */
void *node_new(size_t size);
/* The first `length` bytes, and a NUL. */
char *text_copy(const char *text, size_t length);
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
