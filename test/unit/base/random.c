/* Random bytes: that all of a buffer is filled, and nothing beside it. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/random.h"

Test(random, a_buffer_larger_than_one_call_is_filled_to_its_end)
{
	static unsigned char buf[100000];
	static const unsigned char zeros[32];

	cr_assert_eq(random_bytes(buf, sizeof(buf)), 0);
	for (size_t i = 0; i + sizeof(zeros) <= sizeof(buf); i += sizeof(zeros))
		cr_assert_neq(memcmp(buf + i, zeros, sizeof(zeros)), 0);
}

Test(random, nothing_is_written_past_the_length)
{
	unsigned char buf[64] = { 0 };

	cr_assert_eq(random_bytes(buf, 0), 0);
	cr_assert_eq(random_bytes(buf + 1, 32), 0);
	cr_assert_eq(buf[0], 0);
	for (int i = 33; i < 64; i++)
		cr_assert_eq(buf[i], 0);
}

Test(random, two_calls_differ)
{
	unsigned char a[16];
	unsigned char b[16];

	cr_assert_eq(random_bytes(a, sizeof(a)), 0);
	cr_assert_eq(random_bytes(b, sizeof(b)), 0);
	cr_assert_neq(memcmp(a, b, sizeof(a)), 0);
}
