/*
 * The bytes of each kind, exactly, as doc/idl.md has them.
 */
#include "unit/codec/codec.h"

Test(golden, a_bool_is_a_byte, .init = codec_begin, .fini = codec_end)
{
	GOLDEN(bool_type, &(bool){ true }, "\x01");
	GOLDEN(bool_type, &(bool){ false }, "\x00");
}

Test(golden, numbers_are_little_endian, .init = codec_begin, .fini = codec_end)
{
	GOLDEN(i8_type, &(int8_t){ -2 }, "\xfe");
	GOLDEN(u8_type, &(uint8_t){ 254 }, "\xfe");
	GOLDEN(i16_type, &(int16_t){ 0x1234 }, "\x34\x12");
	GOLDEN(u16_type, &(uint16_t){ 0xfedc }, "\xdc\xfe");
	GOLDEN(i32_type, &(int32_t){ -2 }, "\xfe\xff\xff\xff");
	GOLDEN(u32_type, &(uint32_t){ 0x12345678 }, "\x78\x56\x34\x12");
	GOLDEN(i64_type, &(int64_t){ 1 }, "\x01\0\0\0\0\0\0\0");
	GOLDEN(u64_type, &(uint64_t){ 0x123456789abcdef0 }, "\xf0\xde\xbc\x9a\x78\x56\x34\x12");
	GOLDEN(float_type, &(float){ 1.5f }, "\0\0\xc0\x3f");
	GOLDEN(double_type, &(double){ -2.0 }, "\0\0\0\0\0\0\0\xc0");
}

Test(golden, an_enum_and_flags_have_four_bytes, .init = codec_begin, .fini = codec_end)
{
	GOLDEN(color_type, &(enum color){ COLOR_RED }, "\xfb\xff\xff\xff");
	GOLDEN(color_type, &(enum color){ COLOR_BLUE }, "\x07\0\0\0");
	GOLDEN(access_type, &(uint32_t){ 0x80000001 }, "\x01\0\0\x80");
}

Test(golden, a_string_has_its_length_before_it, .init = codec_begin, .fini = codec_end)
{
	GOLDEN(string_type, &(const char *){ "h\xc3\xa4" }, "\x03\0\0\0h\xc3\xa4");
	GOLDEN(string_type, &(const char *){ "" }, "\0\0\0\0");
	GOLDEN(string_type, &(const char *){ NULL }, "\0\0\0\0");
}

Test(golden, a_handle_is_an_index, .init = codec_begin, .fini = codec_end)
{
	const struct list two = LIST((const int[]){ 40, 40 });

	GOLDEN(handle_type, &(int){ 30 }, "\0\0\0\0");
	GOLDEN(handle_array, &two, "\x02\0\0\0\0\0\0\0\x01\0\0\0");
}

Test(golden, an_array_has_its_count_before_its_elements, .init = codec_begin, .fini = codec_end)
{
	const struct list none = { NULL, 0 }, bytes = LIST((const uint8_t[]){ 1, 2 }),
			  numbers = LIST((const int32_t[]){ 1, -1 }),
			  bools = LIST((const bool[]){ true, false }),
			  colors = LIST((const enum color[]){ COLOR_BLUE }),
			  strings = LIST((const char *const[]){ "a", NULL }),
			  lists = LIST((const struct list[]){ numbers, none });

	GOLDEN(u8_array, &none, "\0\0\0\0");
	GOLDEN(u8_array, &bytes, "\x02\0\0\0\x01\x02");
	GOLDEN(i32_array, &numbers, "\x02\0\0\0\x01\0\0\0\xff\xff\xff\xff");
	GOLDEN(bool_array, &bools, "\x02\0\0\0\x01\0");
	GOLDEN(color_array, &colors, "\x01\0\0\0\x07\0\0\0");
	GOLDEN(string_array, &strings, "\x02\0\0\0\x01\0\0\0a\0\0\0\0");
	GOLDEN(i32_array_array, &lists, "\x02\0\0\0\x02\0\0\0\x01\0\0\0\xff\xff\xff\xff\0\0\0\0");
}

Test(golden, a_fixed_array_is_only_its_elements, .init = codec_begin, .fini = codec_end)
{
	GOLDEN(i16_3, ((const int16_t[]){ 1, 2, -1 }), "\x01\0\x02\0\xff\xff");
	GOLDEN(string_2, ((const char *const[]){ "a", "" }), "\x01\0\0\0a\0\0\0\0");
}

Test(golden, a_struct_has_its_size_and_number_of_fields_before_them, .init = codec_begin,
     .fini = codec_end)
{
	GOLDEN(point_type, &((struct point){ 1, 2 }), "\x05\0\0\0\x02\0\0\0\x01\0\0\0\x02");
	GOLDEN(point_2, ((struct point[]){ { 1, 2 }, { 3, 4 } }),
	       "\x05\0\0\0\x02\0\0\0\x01\0\0\0\x02"
	       "\x05\0\0\0\x02\0\0\0\x03\0\0\0\x04");
}

Test(golden, a_map_has_its_entries_by_ascending_key, .init = codec_begin, .fini = codec_end)
{
	const struct list map = LIST((const struct named[]){ { "b", 2 }, { "ab", 3 }, { "a", 1 } });

	GOLDEN(named_map, &map,
	       "\x03\0\0\0"
	       "\x01\0\0\0a\x01\0\0\0"
	       "\x02\0\0\0ab\x03\0\0\0"
	       "\x01\0\0\0b\x02\0\0\0");
}

Test(golden, an_optional_has_a_byte_before_it, .init = codec_begin, .fini = codec_end)
{
	GOLDEN(i32_optional, &(const int32_t *){ &(int32_t){ 3 } }, "\x01\x03\0\0\0");
	GOLDEN(i32_optional, &(const int32_t *){ NULL }, "\0");
	GOLDEN(string_optional, &(const char *){ "x" }, "\x01\x01\0\0\0x");
	GOLDEN(string_optional, &(const char *){ "" }, "\x01\0\0\0\0");
	GOLDEN(string_optional, &(const char *){ NULL }, "\0");
	GOLDEN(handle_optional, &(int){ 9 }, "\x01\0\0\0\0");
	GOLDEN(handle_optional, &(int){ -1 }, "\0");
}

Test(golden, a_custom_has_its_length_before_it, .init = codec_begin, .fini = codec_end)
{
	GOLDEN(note_type, &((struct note){ "ab", -1 }), "\x03\0\0\0\0ab");
	GOLDEN(note_type, &((struct note){ "ab", 9 }), "\x07\0\0\0\x01\0\0\0\0ab");
}

Test(golden, structs_lie_in_one_another, .init = codec_begin, .fini = codec_end)
{
	const struct node tree = { .value = 1, .next = &(const struct node){ .value = 2 } };

	GOLDEN(node_type, &tree,
	       "\x16\0\0\0\x03\0\0\0\x01\0\x01"
	       "\x07\0\0\0\x03\0\0\0\x02\0\0\0\0\0\0"
	       "\0\0\0\0");
}

Test(golden, everything_at_once_comes_back, .init = codec_begin, .fini = codec_end)
{
	struct cohort_encoded m = encoded(&all_type, &all_sample);
	size_t length = m.length;
	void *bytes = malloc(length);

	cr_assert_eq(m.nfds, 5);
	golden(&all_type, &all_sample, memcpy(bytes, m.data, length), length);
	free(bytes);
}
