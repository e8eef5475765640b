/*
 * Numbers in memory and on the wire.
 */
#include "codec/scalar.h"

#include <criterion/criterion.h>

#include "unit/codec/table.h"

Test(scalar, a_host_of_the_other_byte_order_turns_each_number_around)
{
	const uint8_t from[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint8_t to[8];

	codec_copy_turned(to, from, 8, 1);
	cr_assert_arr_eq(to, from, 8);
	codec_copy_turned(to, from, 4, 2);
	cr_assert_arr_eq(to, ((uint8_t[]){ 2, 1, 4, 3, 6, 5, 8, 7 }), 8);
	codec_copy_turned(to, from, 2, 4);
	cr_assert_arr_eq(to, ((uint8_t[]){ 4, 3, 2, 1, 8, 7, 6, 5 }), 8);
	codec_copy_turned(to, from, 1, 8);
	cr_assert_arr_eq(to, ((uint8_t[]){ 8, 7, 6, 5, 4, 3, 2, 1 }), 8);
}

Test(scalar, what_is_stored_is_loaded)
{
	uint8_t bytes[4];

	codec_store32(bytes, 0x12345678);
	cr_assert_arr_eq(bytes, ((uint8_t[]){ 0x78, 0x56, 0x34, 0x12 }), 4);
	cr_assert_eq(codec_load32(bytes), 0x12345678);
}

static bool are_good(const struct cohort_type *type, const int32_t *values, size_t count)
{
	return codec_scalars_fault(type, values, count) == NULL;
}

Test(scalar, each_value_of_an_enum_is_known_and_its_neighbours_are_not)
{
	for (int32_t value = -10; value <= 10; value++) {
		cr_assert_eq(are_good(&color_type, &value, 1),
			     value == -5 || value == 0 || value == 7, "%d", value);
		cr_assert_eq(are_good(&step_type, &value, 1), value >= 1 && value <= 3, "%d",
			     value);
	}
	cr_assert_not(are_good(&step_type, &(int32_t){ INT32_MIN }, 1));
	cr_assert_not(are_good(&step_type, &(int32_t){ INT32_MAX }, 1));
}

/* More than there are values, so that they are looked at in another way. */
Test(scalar, a_wrong_enum_is_found_among_many)
{
	int32_t values[40];

	for (size_t place = 0; place < 40; place++) {
		for (size_t i = 0; i < 40; i++)
			values[i] = 1 + (int32_t)i % 3;
		cr_assert(are_good(&step_type, values, 40));
		values[place] = 4;
		cr_assert_not(are_good(&step_type, values, 40));
		values[place] = 0;
		cr_assert_not(are_good(&step_type, values, 40));
		values[place] = INT32_MIN;
		cr_assert_not(are_good(&step_type, values, 40));
	}
}

Test(scalar, names_that_share_a_value_hide_no_gap)
{
	const int64_t values[] = { 0, 0, 2 };
	struct cohort_type type = step_type;

	type.values = values;
	cr_assert(are_good(&type, (const int32_t[]){ 0, 2, 0, 2 }, 4));
	cr_assert_not(are_good(&type, (const int32_t[]){ 0, 2, 1, 2 }, 4));
}

Test(scalar, an_enum_may_span_all_numbers)
{
	const int64_t values[] = { INT32_MIN, -1, INT32_MAX };
	struct cohort_type type = step_type;

	type.values = values;
	cr_assert(are_good(&type, (const int32_t[]){ INT32_MIN, INT32_MAX, -1, -1 }, 4));
	cr_assert_not(are_good(&type, (const int32_t[]){ INT32_MIN, INT32_MAX, 0, -1 }, 4));
}

Test(scalar, an_enum_without_values_has_none)
{
	struct cohort_type type = step_type;

	type.count = 0;
	cr_assert_not(are_good(&type, &(int32_t){ 0 }, 1));
}
