/*
 * The descriptors in an object: a walk along its type to each that is not -1.
 *
 * Those inside a CUSTOM are its own business, and not found.
 */
#ifndef COMPONENT_HANDLES_H
#define COMPONENT_HANDLES_H

#include <stdbool.h>
#include <stddef.h>

#include "cohort/codec.h"

/* Whether an object of that type can have any: a walk would be for nothing. */
bool handles_possible(const struct cohort_type *type);

/*
 * Calls `each` for every descriptor, which may change it, in the order of the fields. The object is not
 * deeper than cohort_copy() or cohort_encode() allow. Stops at the first error, and returns it.
 */
int handles_each(const struct cohort_type *type, void *object, int (*each)(int *handle, void *arg),
		 void *arg);

size_t handles_count(const struct cohort_type *type, void *object);

#endif
