/* The hash map. Values are addresses into an array, so a wrong one is noticed. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/map.h"

#define MANY 5000

static char values[MANY];
static char seen[MANY];

static void fill(struct map *m, uint64_t first, uint64_t step)
{
	for (unsigned i = 0; i < MANY; i++)
		cr_assert_eq(map_put(m, first + i * step, &values[i]), 0);
}

static void see(const void *value)
{
	size_t i = (size_t)((const char *)value - values);

	cr_assert_lt(i, MANY);
	cr_assert_eq(seen[i]++, 0, "value %zu came twice", i);
}

Test(map, an_empty_map_has_nothing)
{
	struct map m;
	size_t cursor = 0;

	cr_assert_eq(map_init(&m), 0);
	cr_assert_eq(map_count(&m), 0);
	cr_assert_null(map_find(&m, 0));
	cr_assert_null(map_remove(&m, 0));
	cr_assert_null(map_next(&m, &cursor));
	map_deinit(&m);
}

Test(map, a_put_value_is_found_until_it_is_removed)
{
	struct map m;

	map_init(&m);
	cr_assert_eq(map_put(&m, 7, &values[1]), 0);
	cr_assert_eq(map_find(&m, 7), &values[1]);
	cr_assert_null(map_find(&m, 8));
	cr_assert_eq(map_count(&m), 1);
	cr_assert_eq(map_remove(&m, 7), &values[1]);
	cr_assert_null(map_find(&m, 7));
	cr_assert_null(map_remove(&m, 7));
	cr_assert_eq(map_count(&m), 0);
	map_deinit(&m);
}

Test(map, putting_a_key_twice_is_refused_and_changes_nothing)
{
	struct map m;

	map_init(&m);
	cr_assert_eq(map_put(&m, 7, &values[1]), 0);
	cr_assert_eq(map_put(&m, 7, &values[2]), -EEXIST);
	cr_assert_eq(map_find(&m, 7), &values[1]);
	cr_assert_eq(map_count(&m), 1);
	map_deinit(&m);
}

Test(map, the_extreme_keys_are_keys_like_others)
{
	struct map m;

	map_init(&m);
	cr_assert_eq(map_put(&m, 0, &values[0]), 0);
	cr_assert_eq(map_put(&m, UINT64_MAX, &values[1]), 0);
	cr_assert_eq(map_find(&m, 0), &values[0]);
	cr_assert_eq(map_find(&m, UINT64_MAX), &values[1]);
	map_deinit(&m);
}

Test(map, many_keys_are_all_found)
{
	struct map m;

	map_init(&m);
	fill(&m, 0, UINT64_C(1) << 40);
	cr_assert_eq(map_count(&m), MANY);
	for (unsigned i = 0; i < MANY; i++)
		cr_assert_eq(map_find(&m, i * (UINT64_C(1) << 40)), &values[i]);
	map_deinit(&m);
}

Test(map, iteration_gives_each_value_once)
{
	struct map m;
	size_t cursor = 0;
	void *value;

	map_init(&m);
	fill(&m, 1, 1);
	while ((value = map_next(&m, &cursor)))
		see(value);
	cr_assert_null(memchr(seen, 0, MANY));
	map_deinit(&m);
}

Test(map, entries_may_be_removed_while_iterating)
{
	struct map m;
	size_t cursor = 0;
	void *value;

	map_init(&m);
	fill(&m, 1, 1);
	while ((value = map_next(&m, &cursor))) {
		see(value);
		cr_assert_eq(map_remove(&m, 1 + (uint64_t)((char *)value - values)), value);
	}
	cr_assert_null(memchr(seen, 0, MANY));
	cr_assert_eq(map_count(&m), 0);
	map_deinit(&m);
}

Test(map, removal_leaves_the_others_reachable)
{
	struct map m;

	map_init(&m);
	fill(&m, 0, 1);
	for (unsigned i = 0; i < MANY; i += 2)
		cr_assert_eq(map_remove(&m, i), &values[i]);
	for (unsigned i = 0; i < MANY; i++)
		cr_assert_eq(map_find(&m, i), i % 2 ? &values[i] : NULL);
	cr_assert_eq(map_count(&m), MANY / 2);
	map_deinit(&m);
}

Test(map, ever_new_keys_do_not_grow_it)
{
	struct map m;

	map_init(&m);
	for (uint64_t key = 0; key < 20 * MANY; key++) {
		cr_assert_eq(map_put(&m, key, &values[key % MANY]), 0);
		if (key >= 10)
			cr_assert_eq(map_remove(&m, key - 10), &values[(key - 10) % MANY]);
	}
	cr_assert_eq(map_count(&m), 10);
	cr_assert_leq(m.size, 64);
	map_deinit(&m);
}

Test(map, two_maps_have_different_seeds)
{
	struct map a;
	struct map b;

	map_init(&a);
	map_init(&b);
	cr_assert_neq(memcmp(a.seed, b.seed, sizeof(a.seed)), 0);
	map_deinit(&a);
	map_deinit(&b);
}
