/*
 * What the decoder refuses, and where it says that was.
 */
#include "unit/codec/codec.h"

/* The bytes are refused for this reason, at that place. */
static void refused(const struct cohort_type *type, const void *bytes, size_t length,
		    const char *what, size_t offset)
{
	unsigned char object[256];

	cr_assert_leq(type->size, sizeof(object));
	cr_assert_eq(decode(type, bytes, length, object), -EBADMSG);
	cr_assert_str_eq(fault.what, what);
	cr_assert_eq(fault.offset, offset, "at %zu, not %zu", fault.offset, offset);
}

#define REFUSED(type, bytes, what, offset) refused(&(type), bytes, sizeof(bytes) - 1, what, offset)

Test(decode, bytes_that_are_missing_are_found_in_each_kind, .init = codec_begin, .fini = codec_end)
{
	REFUSED(bool_type, "", "bytes are missing", 0);
	REFUSED(u8_type, "", "bytes are missing", 0);
	REFUSED(i16_type, "\1", "bytes are missing", 0);
	REFUSED(i32_type, "\1\1\1", "bytes are missing", 0);
	REFUSED(i64_type, "\1\1\1\1\1\1\1", "bytes are missing", 0);
	REFUSED(color_type, "\0\0\0", "bytes are missing", 0);
	REFUSED(string_type, "\1\0\0", "bytes are missing", 0);
	REFUSED(string_type, "\2\0\0\0a", "bytes are missing", 4);
	REFUSED(u8_array, "\1\0\0", "bytes are missing", 0);
	REFUSED(i16_3, "\1\0\1\0\1", "bytes are missing", 0);
	REFUSED(string_2, "\0\0\0\0", "bytes are missing", 4);
	REFUSED(named_map, "\1\0\0", "bytes are missing", 0);
	REFUSED(named_map, "\1\0\0\0\2\0\0\0aa\0\0", "bytes are missing", 10);
	REFUSED(i32_optional, "", "bytes are missing", 0);
	REFUSED(i32_optional, "\1\0\0\0", "bytes are missing", 1);
	REFUSED(point_type, "\5\0\0\0\2\0\0", "bytes are missing", 0);
	REFUSED(point_type, "\5\0\0\0\2\0\0\0\1\0\0\0", "bytes are missing", 8);
	REFUSED(point_type, "\4\0\0\0\2\0\0\0\1\0\0\0", "bytes are missing", 12);
	REFUSED(note_type, "\1\0\0", "bytes are missing", 0);
	REFUSED(note_type, "\2\0\0\0\0", "bytes are missing", 4);
}

/* However long the outside is, a struct is only as long as it says. */
Test(decode, a_struct_reads_nothing_behind_its_size, .init = codec_begin, .fini = codec_end)
{
	REFUSED(point_2, "\4\0\0\0\2\0\0\0\1\0\0\0\2\5\0\0\0\2\0\0\0\1\0\0\0\2",
		"bytes are missing", 12);
}

Test(decode, a_message_that_is_cut_anywhere_is_refused, .init = codec_begin, .fini = codec_end)
{
	struct cohort_encoded m = encoded(&all_type, &all_sample);
	struct all object;

	for (size_t length = 0; length < m.length; length++)
		cr_assert_eq(cohort_decode(&all_type, m.data, length, m.fds, m.nfds, arena, &object,
					   NULL),
			     -EBADMSG, "cut to %zu", length);
}

Test(decode, what_follows_the_object_is_refused, .init = codec_begin, .fini = codec_end)
{
	REFUSED(u8_type, "\1\1", "bytes follow the object", 1);
	REFUSED(point_type, "\5\0\0\0\2\0\0\0\1\0\0\0\2\0", "bytes follow the object", 13);
}

Test(decode, what_is_left_over_in_a_struct_is_refused, .init = codec_begin, .fini = codec_end)
{
	REFUSED(point_type, "\6\0\0\0\2\0\0\0\1\0\0\0\2\0",
		"a struct has bytes that belong to no field", 13);
	REFUSED(point_type, "\5\0\0\0\1\0\0\0\1\0\0\0\2",
		"a struct has bytes that belong to no field", 12);
}

Test(decode, a_bool_that_is_none_is_refused, .init = codec_begin, .fini = codec_end)
{
	REFUSED(bool_type, "\2", "a bool is neither 0 nor 1", 1);
	REFUSED(bool_array, "\2\0\0\0\1\xff", "a bool is neither 0 nor 1", 6);
}

Test(decode, an_enum_that_is_none_is_refused, .init = codec_begin, .fini = codec_end)
{
	REFUSED(color_type, "\1\0\0\0", "an enum has none of its values", 4);
	REFUSED(color_array, "\2\0\0\0\0\0\0\0\1\0\0\0", "an enum has none of its values", 12);
}

Test(decode, a_flag_that_is_none_is_refused, .init = codec_begin, .fini = codec_end)
{
	REFUSED(access_type, "\4\0\0\0", "flags have a bit that is none of them", 4);
	REFUSED(access_array, "\2\0\0\0\1\0\0\0\4\0\0\0", "flags have a bit that is none of them",
		12);
}

Test(decode, a_string_that_is_no_text_is_refused, .init = codec_begin, .fini = codec_end)
{
	REFUSED(string_type, "\1\0\0\0\xff", "a string is not UTF-8", 5);
	REFUSED(string_type, "\3\0\0\0a\0b", "a string has a NUL in it", 7);
	REFUSED(string_type, "\3\0\0\0\xed\xa0\x80", "a string is not UTF-8", 7);
}

Test(decode, more_than_the_max_is_refused, .init = codec_begin, .fini = codec_end)
{
	struct cohort_type text = string_type, bytes = u8_array, map = named_map;

	text.max = bytes.max = map.max = 1;
	REFUSED(text, "\2\0\0\0aa", "a string is longer than it may be", 4);
	REFUSED(bytes, "\2\0\0\0aa", "a list is longer than it may be", 4);
	REFUSED(map, "\2\0\0\0aa", "a list is longer than it may be", 4);
}

Test(decode, a_count_is_held_against_the_bytes_that_are_left, .init = codec_begin,
     .fini = codec_end)
{
	static const char what[] = "a list has more elements than there are bytes";
	const struct cohort_type pairs = ARRAY(point_2), optionals = ARRAY(i32_optional);

	REFUSED(u8_array, "\2\0\0\0a", what, 4);
	REFUSED(u8_array,
		"\xff\xff\xff\xff"
		"a",
		what, 4);
	REFUSED(i32_array, "\1\0\0\0aaa", what, 4);
	REFUSED(double_array, "\1\0\0\0aaaaaaa", what, 4);
	REFUSED(string_array, "\1\0\0\0aaa", what, 4);
	REFUSED(point_array, "\1\0\0\0aaaaaaa", what, 4);
	REFUSED(pairs, "\1\0\0\0aaaaaaaaaaaaaaa", what, 4);
	REFUSED(optionals, "\2\0\0\0\0", what, 4);
	REFUSED(node_array, "\1\0\0\0aaaaaaa", what, 4);
	REFUSED(named_map, "\1\0\0\0aaaaaaa", what, 4);
	REFUSED(note_array, "\1\0\0\0aaa", what, 4);
}

Test(decode, an_optional_that_is_neither_is_refused, .init = codec_begin, .fini = codec_end)
{
	REFUSED(i32_optional, "\2\0\0\0\0", "an optional is neither there nor absent", 1);
}

Test(decode, keys_that_do_not_ascend_are_refused, .init = codec_begin, .fini = codec_end)
{
	REFUSED(i8_keyed_map, "\2\0\0\0\1\0\1\0", "a map has a key twice", 7);
	REFUSED(i8_keyed_map, "\2\0\0\0\1\0\xff\0", "the keys of a map are not in order", 7);
	REFUSED(named_map, "\2\0\0\0\1\0\0\0a\0\0\0\0\1\0\0\0a\0\0\0\0", "a map has a key twice",
		18);
}

Test(decode, a_type_of_no_known_kind_is_refused, .init = codec_begin, .fini = codec_end)
{
	const struct cohort_type type = { .kind = 99, .size = 1, .align = 1 };

	refused(&type, "", 0, "a type is of no known kind", 0);
}

Test(decode, the_innermost_struct_and_field_are_named, .init = codec_begin, .fini = codec_end)
{
	REFUSED(node_type,
		"\x16\0\0\0\3\0\0\0\1\0\1"
		"\7\0\0\0\3\0\0\0\2\0\2\0\0\0\0"
		"\0\0\0\0",
		"an optional is neither there nor absent", 22);
	cr_assert_str_eq(fault.type, "t.Node");
	cr_assert_str_eq(fault.field, "next");
	REFUSED(u8_type, "", "bytes are missing", 0);
	cr_assert_null(fault.type);
	cr_assert_null(fault.field);
}

Test(decode, a_refused_object_is_as_cohort_init_makes_it, .init = codec_begin, .fini = codec_end)
{
	struct point point = { 7, 7 };

	cr_assert_eq(decode(&point_type, "\5\0\0\0\2\0\0\0\1\0\0\0", 12, &point), -EBADMSG);
	cr_assert_eq(point.x, 0);
	cr_assert_eq(point.shade, 5);
}

Test(decode, nothing_of_the_object_lies_in_the_message, .init = codec_begin, .fini = codec_end)
{
	struct cohort_encoded m = encoded(&all_type, &all_sample), again;
	unsigned char *bytes = malloc(m.length), *copy = malloc(m.length);
	int fds[5] = { 10, 11, 12, 13, 14 };
	struct all all;

	memcpy(bytes, m.data, m.length);
	memcpy(copy, m.data, m.length);
	cr_assert_eq(cohort_decode(&all_type, bytes, m.length, fds, 5, arena, &all, NULL), 0);
	memset(bytes, 0xff, m.length);
	memset(fds, 0xff, sizeof(fds));
	free(bytes);
	again = encoded(&all_type, &all);
	cr_assert_eq(again.length, m.length);
	cr_assert_eq(memcmp(again.data, copy, m.length), 0);
	free(copy);
}

Test(decode, what_takes_too_much_memory_is_e2big, .init = codec_begin, .fini = codec_end)
{
	struct large {
		uint64_t words[1000];
	};
	const struct cohort_type words = FIXED(u64_type, uint64_t, 1000);
	const struct cohort_field fields[] = { FIELD(struct large, words, words) };
	const struct cohort_type large = STRUCT(struct large, "t.Large", fields);
	const struct cohort_type array = ARRAY(large);
	unsigned char bytes[4 + 8 * 20] = { 20 };
	struct list list;

	bytes[0] = 9; /* 72000 of 75000 bytes */
	cr_assert_eq(decode(&array, bytes, 4 + 8 * 9, &list), -E2BIG);
	expect_fault("it takes too much memory", "-", "-", 4);
	bytes[0] = 8;
	cr_assert_eq(decode(&array, bytes, 4 + 8 * 8, &list), 0);
	cr_assert_eq(list.count, 8);
}

Test(decode, more_descriptors_than_a_message_may_have_are_refused, .init = codec_begin,
     .fini = codec_end)
{
	const int fds[COHORT_FDS_MAX + 1] = { 0 };
	uint8_t object;

	cr_assert_eq(cohort_decode(&u8_type, "a", 1, fds, COHORT_FDS_MAX + 1, arena, &object,
				   &fault),
		     -EBADMSG);
	expect_fault("there are too many descriptors", "-", "-", 0);
}

Test(decode, wrong_arguments_are_einval, .init = codec_begin, .fini = codec_end)
{
	uint8_t object;

	cr_assert_eq(cohort_decode(NULL, "a", 1, NULL, 0, arena, &object, NULL), -EINVAL);
	cr_assert_eq(cohort_decode(&u8_type, NULL, 1, NULL, 0, arena, &object, NULL), -EINVAL);
	cr_assert_eq(cohort_decode(&u8_type, "a", 1, NULL, 1, arena, &object, NULL), -EINVAL);
	cr_assert_eq(cohort_decode(&u8_type, "a", 1, NULL, 0, NULL, &object, NULL), -EINVAL);
	cr_assert_eq(cohort_decode(&u8_type, "a", 1, NULL, 0, arena, NULL, NULL), -EINVAL);
	cr_assert_eq(cohort_decode(&u8_type, NULL, 0, NULL, 0, arena, &object, NULL), -EBADMSG);
	cr_assert_null(cohort_get(NULL, 0));
	cr_assert_eq(cohort_get_left(NULL), 0);
	cr_assert_eq(cohort_get_fd(NULL), -EINVAL);
	cr_assert_null(cohort_get_memory(NULL, 1));
}
