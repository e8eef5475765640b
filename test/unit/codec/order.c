/*
 * The order of the keys of maps.
 */
#include "codec/order.h"

#include <criterion/criterion.h>

#include "unit/codec/table.h"

#define MANY 500

Test(order, any_number_of_entries_is_sorted_and_stays_where_it_is)
{
	struct i64_keyed entries[MANY];
	uint32_t order[MANY];

	for (uint32_t n = 0; n < MANY; n++) {
		for (uint32_t i = 0; i < n; i++)
			entries[i].key = (int64_t)((uint64_t)(i + 1) * 0x9e3779b97f4a7c15);
		cr_assert(codec_order(&i64_keyed_type, entries, order, n));
		for (uint32_t i = 1; i < n; i++)
			cr_assert_lt(entries[order[i - 1]].key, entries[order[i]].key);
		for (uint32_t i = 0; i < n; i++)
			cr_assert_eq(entries[i].key,
				     (int64_t)((uint64_t)(i + 1) * 0x9e3779b97f4a7c15));
	}
}

Test(order, a_key_that_is_there_twice_is_found_wherever_it_is)
{
	struct i64_keyed entries[20];
	uint32_t order[20];

	for (size_t a = 0; a < 20; a++)
		for (size_t b = 0; b < a; b++) {
			for (size_t i = 0; i < 20; i++)
				entries[i].key = (int64_t)(i * 7 % 20);
			cr_assert(codec_order(&i64_keyed_type, entries, order, 20));
			entries[a].key = entries[b].key;
			cr_assert_not(codec_order(&i64_keyed_type, entries, order, 20));
		}
}

Test(order, strings_go_by_unsigned_bytes_and_null_is_the_empty_one)
{
	const struct named right[] = { { NULL, 0 }, { "a", 0 }, { "aa", 0 }, { "\xc3\xa4", 0 } };
	const struct named twice[] = { { NULL, 0 }, { "", 0 } };

	cr_assert(codec_is_ascending(&named_type, right, 4));
	cr_assert_not(codec_is_ascending(&named_type, twice, 2));
}

Test(order, numbers_go_by_their_value_as_they_are_signed)
{
	cr_assert(codec_is_ascending(&i8_keyed_type,
				     ((const struct i8_keyed[]){ { -1, 0 }, { 0, 0 } }), 2));
	cr_assert(codec_is_ascending(
		&numbered_type, ((const struct numbered[]){ { -1, { 0 } }, { 0, { 0 } } }), 2));
	cr_assert(codec_is_ascending(&color_keyed_type,
				     ((const struct color_keyed[]){ { -5, 0 }, { 0, 0 } }), 2));
	cr_assert(codec_is_ascending(&u16_keyed_type,
				     ((const struct u16_keyed[]){ { 1, 0 }, { 0xffff, 0 } }), 2));
	cr_assert(codec_is_ascending(
		&u64_keyed_type, ((const struct u64_keyed[]){ { 1, 0 }, { UINT64_MAX, 0 } }), 2));
	cr_assert(codec_is_ascending(&access_keyed_type,
				     ((const struct access_keyed[]){ { 1, 0 }, { 1u << 31, 0 } }),
				     2));
	cr_assert(codec_is_ascending(
		&bool_keyed_type, ((const struct bool_keyed[]){ { false, 0 }, { true, 0 } }), 2));
}
