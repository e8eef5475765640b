/*
 * The writer: little-endian fields, a sticky error, and nothing past the end.
 */
#include "wire/writer.h"

#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

Test(writer, fields_are_little_endian)
{
	const uint8_t expected[] = { 0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04, 0xfe, 0xff, 0xff,
				     0xff, 0x0f, 0x0e, 0x0d, 0x0c, 0x0b, 0x0a, 0x09, 0x08, 0xfd,
				     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 'a',  'b',  0 };
	uint8_t buf[sizeof(expected)];
	struct writer writer;

	writer_init(&writer, buf, sizeof(buf));
	writer_u8(&writer, 0x01);
	writer_u16(&writer, 0x0203);
	writer_u32(&writer, 0x04050607);
	writer_i32(&writer, -2);
	writer_u64(&writer, 0x08090a0b0c0d0e0f);
	writer_i64(&writer, -3);
	writer_bytes(&writer, "ab", 2);
	writer_zero(&writer, 1);
	cr_assert(writer_done(&writer) == (int)sizeof(expected));
	cr_assert(memcmp(buf, expected, sizeof(expected)) == 0);
}

Test(writer, what_does_not_fit_writes_nothing_and_stops_all_that_follows)
{
	uint8_t buf[4] = { 9, 9, 9, 9 };
	struct writer writer;

	writer_init(&writer, buf, 3);
	writer_u32(&writer, 0);
	writer_u8(&writer, 0);
	writer_zero(&writer, 1);
	writer_bytes(&writer, "a", 1);
	cr_assert(writer_done(&writer) == -EMSGSIZE);
	cr_assert(buf[0] == 9 && buf[1] == 9 && buf[2] == 9 && buf[3] == 9);
}

Test(writer, a_count_near_the_largest_number_does_not_wrap)
{
	struct writer writer;
	uint8_t buf[4];

	writer_init(&writer, buf, sizeof(buf));
	writer_u8(&writer, 1);
	writer_zero(&writer, SIZE_MAX);
	cr_assert(writer_done(&writer) == -EMSGSIZE);
}

Test(writer, a_broken_rule_is_einval_and_the_first_error_stays)
{
	struct writer writer;
	uint8_t buf[1];

	writer_init(&writer, buf, sizeof(buf));
	writer_require(&writer, true);
	cr_assert(writer_done(&writer) == 0);
	writer_require(&writer, false);
	writer_u16(&writer, 1);
	cr_assert(writer_done(&writer) == -EINVAL);
	writer_init(&writer, buf, sizeof(buf));
	writer_u16(&writer, 1);
	writer_require(&writer, false);
	cr_assert(writer_done(&writer) == -EMSGSIZE);
}

Test(writer, no_bytes_need_no_address)
{
	struct writer writer;

	writer_init(&writer, NULL, 0);
	writer_bytes(&writer, NULL, 0);
	writer_zero(&writer, 0);
	cr_assert(writer_done(&writer) == 0);
}
