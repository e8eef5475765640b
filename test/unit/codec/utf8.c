/*
 * What is UTF-8, at the edges of each range.
 */
#include "codec/utf8.h"

#include <string.h>

#include <criterion/criterion.h>

static bool is_text(const char *bytes, size_t length)
{
	return codec_utf8_fault(bytes, length) == NULL;
}

#define IS_TEXT(bytes) is_text(bytes, sizeof(bytes) - 1)

Test(utf8, the_least_and_the_greatest_of_each_length_are_text)
{
	cr_assert(IS_TEXT(""));
	cr_assert(IS_TEXT("\x01\x7f"));
	cr_assert(IS_TEXT("\xc2\x80\xdf\xbf"));
	cr_assert(IS_TEXT("\xe0\xa0\x80\xef\xbf\xbf"));
	cr_assert(IS_TEXT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
	cr_assert(IS_TEXT("\xed\x9f\xbf\xee\x80\x80"));
}

Test(utf8, overlong_forms_are_not)
{
	cr_assert_not(IS_TEXT("\xc0\x80"));
	cr_assert_not(IS_TEXT("\xc1\xbf"));
	cr_assert_not(IS_TEXT("\xe0\x9f\xbf"));
	cr_assert_not(IS_TEXT("\xf0\x8f\xbf\xbf"));
}

Test(utf8, surrogates_are_not)
{
	cr_assert_not(IS_TEXT("\xed\xa0\x80"));
	cr_assert_not(IS_TEXT("\xed\xbf\xbf"));
}

Test(utf8, what_is_above_10ffff_is_not)
{
	cr_assert_not(IS_TEXT("\xf4\x90\x80\x80"));
	cr_assert_not(IS_TEXT("\xf5\x80\x80\x80"));
	cr_assert_not(IS_TEXT("\xff"));
}

Test(utf8, sequences_that_are_cut_or_go_on_wrongly_are_not)
{
	cr_assert_not(IS_TEXT("\x80"));
	cr_assert_not(IS_TEXT("\xc2"));
	cr_assert_not(IS_TEXT("\xe2\x82"));
	cr_assert_not(IS_TEXT("\xf0\x9f\x98"));
	cr_assert_not(IS_TEXT("\xc2g"));
	cr_assert_not(IS_TEXT("\xe2\x82g"));
	cr_assert_not(IS_TEXT("\xf0\x9f\x98g"));
	cr_assert_not(IS_TEXT("\xf0\x9f\x98\xc0"));
}

Test(utf8, a_nul_is_named)
{
	cr_assert_str_eq(codec_utf8_fault("a\0b", 3), "a string has a NUL in it");
	cr_assert_str_eq(codec_utf8_fault("abcdefg\0ijklmnop", 16), "a string has a NUL in it");
	cr_assert_str_eq(codec_utf8_fault("abcdefgh\x80", 9), "a string is not UTF-8");
}

/* Eight bytes at a time are looked at: each place in them, with each byte there. */
Test(utf8, a_byte_is_found_wherever_it_is)
{
	char text[25];

	for (size_t place = 0; place < sizeof(text); place++)
		for (unsigned byte = 0; byte < 256; byte++) {
			memset(text, 'x', sizeof(text));
			text[place] = (char)byte;
			cr_assert_eq(is_text(text, sizeof(text)), byte > 0 && byte < 0x80,
				     "%#x at %zu", byte, place);
		}
}
