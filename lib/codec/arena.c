/*
 * arena.c: blocks from malloc(), each as large as all before it together, linked so that they go at
 * once. Memory is zeroed as it is handed out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cohort/codec.h"

#define FIRST_BLOCK 1024
#define ALIGNMENT _Alignof(max_align_t)

struct block {
	struct block *next;
	size_t size, used; /* of data */
	_Alignas(max_align_t) unsigned char data[];
};

struct cohort_arena {
	struct block *blocks; /* the newest first: the one that has room */
	size_t total;
};

int cohort_arena_new(struct cohort_arena **out)
{
	struct cohort_arena *arena;

	if (!out)
		return -EINVAL;
	arena = calloc(1, sizeof(*arena));
	if (!arena)
		return -ENOMEM;
	*out = arena;
	return 0;
}

static bool grow(struct cohort_arena *arena, size_t needed)
{
	size_t size = arena->total < FIRST_BLOCK ? FIRST_BLOCK : arena->total;
	struct block *block;

	if (size < needed)
		size = needed;
	block = malloc(sizeof(*block) + size);
	if (!block)
		return false;
	*block = (struct block){ .next = arena->blocks, .size = size };
	arena->blocks = block;
	arena->total += size;
	return true;
}

void *cohort_arena_alloc(struct cohort_arena *arena, size_t size)
{
	struct block *block;
	void *memory;

	if (!arena || size > PTRDIFF_MAX / 2)
		return NULL;
	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if ((!arena->blocks || arena->blocks->size - arena->blocks->used < size) &&
	    !grow(arena, size))
		return NULL;
	block = arena->blocks;
	memory = block->data + block->used;
	block->used += size;
	return memset(memory, 0, size);
}

void cohort_arena_free(struct cohort_arena *arena)
{
	struct block *block, *next;

	for (block = arena ? arena->blocks : NULL; block; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
}
