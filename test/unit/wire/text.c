/*
 * Texts for people: a length, then bytes that are not NUL.
 */
#include "wire/text.h"

#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "wire/cursor.h"
#include "wire/writer.h"

Test(text, a_c_string_becomes_a_text_and_is_cut_at_the_maximum)
{
	cr_assert(wire_text_of("abc", 3).length == 3);
	cr_assert(wire_text_of("abcd", 3).length == 3);
	cr_assert(wire_text_of("", 3).length == 0);
	cr_assert(wire_text_of(NULL, 3).length == 0);
}

Test(text, what_is_written_can_be_read)
{
	struct writer writer;
	struct cursor cursor;
	struct wire_text text;
	uint8_t buf[16];

	writer_init(&writer, buf, sizeof(buf));
	wire_text_write(&writer, wire_text_of("\xc3\xa4 b", 8), 8);
	wire_text_write(&writer, (struct wire_text){ NULL, 0 }, 8);
	cr_assert(writer_done(&writer) == 6);
	cursor_init(&cursor, buf, 6);
	text = wire_text_read(&cursor, 8);
	cr_assert(text.length == 4 && memcmp(text.data, "\xc3\xa4 b", 4) == 0);
	cr_assert(wire_text_read(&cursor, 8).length == 0);
	cr_assert(cursor_done(&cursor) == 0);
}

Test(text, a_nul_or_too_many_bytes_are_einval_to_write)
{
	struct writer writer;
	uint8_t buf[16];

	writer_init(&writer, buf, sizeof(buf));
	wire_text_write(&writer, (struct wire_text){ "a\0b", 3 }, 8);
	cr_assert(writer_done(&writer) == -EINVAL);
	writer_init(&writer, buf, sizeof(buf));
	wire_text_write(&writer, (struct wire_text){ "abc", 3 }, 2);
	cr_assert(writer_done(&writer) == -EINVAL);
}

static int read_error(const char *bytes, size_t size, size_t max)
{
	struct cursor cursor;

	cursor_init(&cursor, bytes, size);
	wire_text_read(&cursor, max);
	return cursor_done(&cursor);
}

Test(text, a_nul_or_too_many_bytes_or_too_few_are_eproto_to_read)
{
	cr_assert(read_error("\x03"
			     "abc",
			     4, 3) == 0);
	cr_assert(read_error("\x03"
			     "abc",
			     4, 2) == -EPROTO);
	cr_assert(read_error("\x03"
			     "ab",
			     3, 3) == -EPROTO);
	cr_assert(read_error("\x03"
			     "a\0b",
			     4, 3) == -EPROTO);
	cr_assert(read_error("", 0, 3) == -EPROTO);
}
