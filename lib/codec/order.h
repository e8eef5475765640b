/*
 * order: the entries of a map in the order of their keys, as indices; the map itself stays as it is.
 */
#ifndef COHORT_CODEC_ORDER_H
#define COHORT_CODEC_ORDER_H

#include "cohort/codec.h"

/* Whether each key is above the one before. `of` is the type of an entry. */
bool codec_is_ascending(const struct cohort_type *of, const void *entries, size_t count);

/* Makes order[0..count-1] the indices of the entries by ascending key. False: a key is there twice. */
bool codec_order(const struct cohort_type *of, const void *entries, uint32_t *order,
		 uint32_t count);

#endif
