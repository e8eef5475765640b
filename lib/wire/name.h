/*
 * name: the rule for the names of actions: 1 to 63 bytes of printable ASCII without space.
 */
#ifndef COHORT_WIRE_NAME_H
#define COHORT_WIRE_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_MAX_LENGTH 63

/* `name` needs no NUL at its end; each byte must be 0x21 to 0x7e. */
bool name_valid(const char *name, size_t length);

#endif
