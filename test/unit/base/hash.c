/* Hashes. The values of hash_name() are protocol: these vectors may never change. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/hash.h"

Test(hash, names_hash_to_the_published_vectors_of_fnv_1a)
{
	cr_assert_eq(hash_name("", 0), 0x811c9dc5U);
	cr_assert_eq(hash_name("a", 1), 0xe40c292cU);
	cr_assert_eq(hash_name("foobar", 6), 0xbf9cf968U);
}

Test(hash, bytes_above_127_are_taken_as_unsigned)
{
	cr_assert_eq(hash_name("\xff", 1), (0x811c9dc5U ^ 0xffU) * 16777619U);
}

Test(hash, only_the_given_length_counts)
{
	cr_assert_eq(hash_name("foobarbaz", 6), hash_name("foobar", 6));
	cr_assert_neq(hash_name("a\0b", 3), hash_name("a", 1));
}

Test(hash, mixing_one_bit_changes_the_low_and_the_high_half)
{
	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t change = hash_mix(1) ^ hash_mix(1 ^ (UINT64_C(1) << bit));

		cr_assert_neq(change >> 32, 0, "bit %u", bit);
		cr_assert_neq(change & UINT32_MAX, 0, "bit %u", bit);
	}
}
