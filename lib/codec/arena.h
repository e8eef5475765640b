/*
 * arena: what lib/codec itself wants of an arena: memory that is not zeroed, aligned no more than
 * asked, and how much was handed out.
 */
#ifndef COHORT_CODEC_ARENA_H
#define COHORT_CODEC_ARENA_H

#include "cohort/codec.h"

/* Not zeroed; `align` is a power of two, at most that of max_align_t. NULL: no memory. */
void *codec_arena_take(struct cohort_arena *arena, size_t size, size_t align);

/* Bytes handed out since it was new or reset, with what alignment cost. */
size_t codec_arena_used(const struct cohort_arena *arena);

#endif
