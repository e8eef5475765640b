/*
 * Names of actions: 1 to 63 bytes of printable ASCII without space.
 */
#include "wire/name.h"

#include <string.h>

#include <criterion/criterion.h>

static bool valid(const char *name)
{
	return name_valid(name, strlen(name));
}

Test(name, one_to_63_bytes_are_a_name)
{
	char name[64];

	memset(name, 'a', sizeof(name));
	cr_assert_not(name_valid(name, 0));
	cr_assert(name_valid(name, 1));
	cr_assert(name_valid(name, 63));
	cr_assert_not(name_valid(name, 64));
}

Test(name, exactly_the_printable_ascii_bytes_but_space_are_allowed)
{
	for (unsigned int byte = 0; byte < 256; byte++) {
		char name[3] = { 'a', (char)byte, 'b' };

		cr_assert(name_valid(name, 3) == (byte >= 0x21 && byte <= 0x7e), "%#x", byte);
	}
}

Test(name, usual_names_are_valid_and_near_misses_are_not)
{
	cr_assert(valid("play"));
	cr_assert(valid("cohort.log"));
	cr_assert(valid("a/b:c-d_e~!"));
	cr_assert_not(valid("two words"));
	cr_assert_not(valid("tab\t"));
	cr_assert_not(valid("na\xc3\xafve"));
	cr_assert_not(name_valid("a\0b", 3));
}
