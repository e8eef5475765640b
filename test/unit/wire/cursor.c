/*
 * The cursor: little-endian reads, a sticky error, and nothing past the end.
 */
#include "wire/cursor.h"

#include <errno.h>

#include <criterion/criterion.h>

static const uint8_t bytes[] = { 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88 };

Test(cursor, fields_are_little_endian)
{
	struct cursor cursor;

	cursor_init(&cursor, bytes, 1);
	cr_assert(cursor_u8(&cursor) == 0x81);
	cr_assert(cursor_done(&cursor) == 0);
	cursor_init(&cursor, bytes, 2);
	cr_assert(cursor_u16(&cursor) == 0x8281);
	cr_assert(cursor_done(&cursor) == 0);
	cursor_init(&cursor, bytes, 4);
	cr_assert(cursor_u32(&cursor) == 0x84838281);
	cr_assert(cursor_done(&cursor) == 0);
	cursor_init(&cursor, bytes, 8);
	cr_assert(cursor_u64(&cursor) == 0x8887868584838281);
	cr_assert(cursor_done(&cursor) == 0);
}

Test(cursor, signed_fields_keep_their_sign)
{
	const uint8_t ones[12] = { 0xfe, 0xff, 0xff, 0xff, 0xfd, 0xff,
				   0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct cursor cursor;

	cursor_init(&cursor, ones, sizeof(ones));
	cr_assert(cursor_i32(&cursor) == -2);
	cr_assert(cursor_i64(&cursor) == -3);
	cr_assert(cursor_done(&cursor) == 0);
}

Test(cursor, a_read_past_the_end_is_zero_and_so_are_all_after_it)
{
	struct cursor cursor;

	cursor_init(&cursor, bytes, 3);
	cr_assert(cursor_u32(&cursor) == 0);
	cr_assert(cursor_u8(&cursor) == 0);
	cr_assert_null(cursor_bytes(&cursor, 1));
	cr_assert(cursor_left(&cursor) == 0);
	cr_assert(cursor_done(&cursor) == -EPROTO);
}

Test(cursor, a_count_near_the_largest_number_does_not_wrap)
{
	struct cursor cursor;

	cursor_init(&cursor, bytes, sizeof(bytes));
	cursor_u8(&cursor);
	cr_assert_null(cursor_bytes(&cursor, SIZE_MAX));
	cr_assert(cursor_done(&cursor) == -EPROTO);
}

Test(cursor, done_wants_nothing_left)
{
	struct cursor cursor;

	cursor_init(&cursor, bytes, 3);
	cursor_u16(&cursor);
	cr_assert(cursor_left(&cursor) == 1);
	cr_assert(cursor_done(&cursor) == -EPROTO);
	cursor_u8(&cursor);
	cr_assert(cursor_done(&cursor) == 0);
}

Test(cursor, bytes_and_rest_borrow_from_the_buffer)
{
	struct cursor cursor;
	size_t size;

	cursor_init(&cursor, bytes, sizeof(bytes));
	cr_assert(cursor_bytes(&cursor, 3) == bytes);
	cr_assert(cursor_rest(&cursor, &size) == bytes + 3);
	cr_assert(size == 5);
	cr_assert(cursor_done(&cursor) == 0);
}

Test(cursor, rest_after_an_error_is_nothing)
{
	struct cursor cursor;
	size_t size = 7;

	cursor_init(&cursor, bytes, sizeof(bytes));
	cursor_require(&cursor, false);
	cr_assert_null(cursor_rest(&cursor, &size));
	cr_assert(size == 0);
}

Test(cursor, reserved_bytes_must_be_zero)
{
	const uint8_t reserved[] = { 0, 0, 1 };
	struct cursor cursor;

	cursor_init(&cursor, reserved, 2);
	cursor_zero(&cursor, 2);
	cr_assert(cursor_done(&cursor) == 0);
	cursor_init(&cursor, reserved, 3);
	cursor_zero(&cursor, 3);
	cr_assert(cursor_done(&cursor) == -EPROTO);
}

Test(cursor, a_broken_rule_is_an_error_and_a_kept_one_mends_nothing)
{
	struct cursor cursor;

	cursor_init(&cursor, bytes, 0);
	cursor_require(&cursor, true);
	cr_assert(cursor_done(&cursor) == 0);
	cursor_require(&cursor, false);
	cursor_require(&cursor, true);
	cr_assert(cursor_done(&cursor) == -EPROTO);
}

Test(cursor, an_empty_buffer_without_address_is_done)
{
	struct cursor cursor;

	cursor_init(&cursor, NULL, 0);
	cr_assert_null(cursor_bytes(&cursor, 0));
	cr_assert(cursor_done(&cursor) == 0);
	cr_assert(cursor_u8(&cursor) == 0);
	cr_assert(cursor_done(&cursor) == -EPROTO);
}
