/*
 * arena.c: the arena begins with room of its own, so that a small message costs one malloc(). When
 * that is full come blocks, each as large as all before together, linked so that they go at once.
 *
 *	struct cohort_arena  | at -> .... end | first ............. |
 *	                       blocks -> | next | size | data ...... | -> NULL
 *
 * Memory is zeroed as it is handed out, not before: what a decoder copies over is written once. The
 * whole arena stays below 1032 bytes, up to which malloc() of glibc takes no lock.
 */
#include "codec/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST 944

struct block {
	struct block *next;
	size_t size; /* of data */
	_Alignas(max_align_t) unsigned char data[];
};

struct cohort_arena {
	struct block *blocks;	 /* the newest first */
	unsigned char *at, *end; /* what is free in the newest, or in `first` */
	size_t total;		 /* of all blocks and of `first` */
	size_t used;
	_Alignas(max_align_t) unsigned char first[FIRST];
};

_Static_assert(sizeof(struct cohort_arena) <= 1032, "it fits the thread cache of malloc()");

static void use_first(struct cohort_arena *arena)
{
	arena->blocks = NULL;
	arena->at = arena->first;
	arena->end = arena->first + FIRST;
	arena->total = FIRST;
	arena->used = 0;
}

int cohort_arena_new(struct cohort_arena **out)
{
	struct cohort_arena *arena;

	if (!out)
		return -EINVAL;
	arena = malloc(sizeof(*arena));
	if (!arena)
		return -ENOMEM;
	use_first(arena);
	*out = arena;
	return 0;
}

static void use_block(struct cohort_arena *arena, struct block *block)
{
	arena->at = block->data;
	arena->end = block->data + block->size;
}

static bool grow(struct cohort_arena *arena, size_t needed)
{
	size_t size = arena->total < needed ? needed : arena->total;
	struct block *block = malloc(sizeof(*block) + size);

	if (!block)
		return false;
	block->next = arena->blocks;
	block->size = size;
	arena->blocks = block;
	arena->total += size;
	use_block(arena, block);
	return true;
}

static size_t gap(const struct cohort_arena *arena, size_t align)
{
	return (size_t)(-(uintptr_t)arena->at & (align - 1));
}

void *codec_arena_take(struct cohort_arena *arena, size_t size, size_t align)
{
	unsigned char *memory;
	size_t skip;

	if (!arena || size > PTRDIFF_MAX / 2)
		return NULL;
	skip = gap(arena, align);
	if ((size_t)(arena->end - arena->at) < skip + size) {
		if (!grow(arena, size))
			return NULL;
		skip = 0;
	}
	memory = arena->at + skip;
	arena->at = memory + size;
	arena->used += skip + size;
	return memory;
}

size_t codec_arena_used(const struct cohort_arena *arena)
{
	return arena->used;
}

void *cohort_arena_alloc(struct cohort_arena *arena, size_t size)
{
	void *memory = codec_arena_take(arena, size, _Alignof(max_align_t));

	return memory ? memset(memory, 0, size) : NULL;
}

static void free_blocks(struct block *block)
{
	struct block *next;

	for (; block; block = next) {
		next = block->next;
		free(block);
	}
}

void cohort_arena_reset(struct cohort_arena *arena)
{
	struct block *newest = arena ? arena->blocks : NULL;

	if (!arena)
		return;
	if (newest)
		free_blocks(newest->next);
	use_first(arena);
	if (!newest)
		return;
	newest->next = NULL;
	arena->blocks = newest;
	arena->total += newest->size;
	use_block(arena, newest);
}

void cohort_arena_free(struct cohort_arena *arena)
{
	if (arena)
		free_blocks(arena->blocks);
	free(arena);
}
