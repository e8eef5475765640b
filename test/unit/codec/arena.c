/*
 * Arenas: memory that goes at once.
 */
#include "codec/arena.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <criterion/criterion.h>

static struct cohort_arena *arena;

static void begin(void)
{
	cr_assert_eq(cohort_arena_new(&arena), 0);
}

static void end(void)
{
	cohort_arena_free(arena);
}

static bool is_zero(const unsigned char *memory, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (memory[i])
			return false;
	return true;
}

Test(arena, memory_is_zeroed_and_aligned_whatever_was_there_before, .init = begin, .fini = end)
{
	for (unsigned round = 0; round < 3; round++, cohort_arena_reset(arena)) {
		for (size_t size = 1; size < 300; size++) {
			unsigned char *memory = cohort_arena_alloc(arena, size);

			cr_assert_not_null(memory);
			cr_assert_eq((uintptr_t)memory % _Alignof(max_align_t), 0);
			cr_assert(is_zero(memory, size));
			memset(memory, 0xff, size);
		}
	}
}

Test(arena, memory_stays_where_it_is, .init = begin, .fini = end)
{
	unsigned char *all[200];

	for (size_t i = 0; i < 200; i++) {
		all[i] = cohort_arena_alloc(arena, i + 1);
		memset(all[i], (int)i, i + 1);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t k = 0; k <= i; k++)
			cr_assert_eq(all[i][k], i);
}

Test(arena, a_large_object_fits, .init = begin, .fini = end)
{
	unsigned char *memory = cohort_arena_alloc(arena, 1 << 24);

	cr_assert_not_null(memory);
	cr_assert(is_zero(memory, 1 << 24));
}

Test(arena, nothing_is_an_object_too, .init = begin, .fini = end)
{
	cr_assert_not_null(cohort_arena_alloc(arena, 0));
}

Test(arena, what_cannot_be_is_null, .init = begin, .fini = end)
{
	cr_assert_null(cohort_arena_alloc(arena, SIZE_MAX));
	cr_assert_null(cohort_arena_alloc(arena, SIZE_MAX / 2));
	cr_assert_null(cohort_arena_alloc(NULL, 1));
	cr_assert_not_null(cohort_arena_alloc(arena, 1));
}

Test(arena, text_needs_no_alignment, .init = begin, .fini = end)
{
	char *a = codec_arena_take(arena, 3, 1), *b = codec_arena_take(arena, 3, 1);

	cr_assert_eq(b - a, 3);
	cr_assert_eq(codec_arena_used(arena), 6);
}

Test(arena, reset_ends_the_objects_and_keeps_the_largest_block, .init = begin, .fini = end)
{
	unsigned char *large, *again;

	cohort_arena_alloc(arena, 5000);
	large = cohort_arena_alloc(arena, 100000);
	cohort_arena_reset(arena);
	cr_assert_eq(codec_arena_used(arena), 0);
	again = cohort_arena_alloc(arena, 100000);
	cr_assert_eq(again, large);
}

Test(arena, null_is_allowed_where_the_header_says_so, .init = begin, .fini = end)
{
	cohort_arena_free(NULL);
	cohort_arena_reset(NULL);
	cr_assert_eq(cohort_arena_new(NULL), -EINVAL);
}
