/*
 * What the encoder refuses, and where it says that was.
 */
#include "unit/codec/codec.h"

static int try(const struct cohort_type *type, const void *object)
{
	struct cohort_encoded m;

	return cohort_encode(encoder, type, object, &m, &fault);
}

Test(encode, a_bool_that_is_none_is_einval, .init = codec_begin, .fini = codec_end)
{
	const unsigned char two = 2;

	cr_assert_eq(try(&bool_type, &two), -EINVAL);
	expect_fault("a bool is neither 0 nor 1", "-", "-", 0);
}

Test(encode, an_enum_that_is_none_is_einval, .init = codec_begin, .fini = codec_end)
{
	cr_assert_eq(try(&color_type, &(int32_t){ 1 }), -EINVAL);
	expect_fault("an enum has none of its values", "-", "-", 0);
}

Test(encode, a_flag_that_is_none_is_einval, .init = codec_begin, .fini = codec_end)
{
	cr_assert_eq(try(&access_type, &(uint32_t){ 4 }), -EINVAL);
	expect_fault("flags have a bit that is none of them", "-", "-", 0);
}

Test(encode, a_string_that_is_not_utf8_is_einval, .init = codec_begin, .fini = codec_end)
{
	cr_assert_eq(try(&string_type, &(const char *){ "\xff" }), -EINVAL);
	expect_fault("a string is not UTF-8", "-", "-", 0);
}

Test(encode, a_list_without_elements_is_einval, .init = codec_begin, .fini = codec_end)
{
	cr_assert_eq(try(&u8_array, &(struct list){ NULL, 1 }), -EINVAL);
	expect_fault("a list has a count but no elements", "-", "-", 0);
	cr_assert_eq(try(&named_map, &(struct list){ NULL, 1 }), -EINVAL);
}

Test(encode, a_negative_handle_is_ebadf, .init = codec_begin, .fini = codec_end)
{
	cr_assert_eq(try(&handle_type, &(int){ -1 }), -EBADF);
	expect_fault("a descriptor is negative", "-", "-", 0);
	cr_assert_eq(try(&handle_optional, &(int){ -2 }), -EBADF);
}

Test(encode, more_than_253_descriptors_are_e2big, .init = codec_begin, .fini = codec_end)
{
	static const int fds[COHORT_FDS_MAX + 1];

	cr_assert_eq(try(&handle_array, &(struct list){ fds, COHORT_FDS_MAX }), 0);
	cr_assert_eq(try(&handle_array, &(struct list){ fds, COHORT_FDS_MAX + 1 }), -E2BIG);
	expect_fault("there are too many descriptors", "-", "-", 4 + 4 * COHORT_FDS_MAX);
}

Test(encode, more_than_the_max_is_e2big, .init = codec_begin, .fini = codec_end)
{
	struct cohort_type text = string_type, bytes = u8_array, map = named_map;

	text.max = bytes.max = map.max = 2;
	cr_assert_eq(try(&text, &(const char *){ "ab" }), 0);
	cr_assert_eq(try(&text, &(const char *){ "abc" }), -E2BIG);
	expect_fault("a string is longer than it may be", "-", "-", 0);
	cr_assert_eq(try(&bytes, &(struct list){ "ab", 2 }), 0);
	cr_assert_eq(try(&bytes, &(struct list){ "abc", 3 }), -E2BIG);
	expect_fault("a list is longer than it may be", "-", "-", 0);
	cr_assert_eq(try(&map, &all_sample.named), -E2BIG);
}

Test(encode, more_than_4_gib_is_e2big, .init = codec_begin, .fini = codec_end)
{
	const struct list huge = { "", (size_t)1 << 32 };

	cr_assert_eq(try(&u8_array, &huge), -E2BIG);
	cr_assert_eq(try(&double_array, &(struct list){ "", UINT32_MAX }), -E2BIG);
	expect_fault("the message is too long", "-", "-", 4);
}

Test(encode, a_key_that_is_there_twice_is_eexist, .init = codec_begin, .fini = codec_end)
{
	const struct list map = LIST((const struct named[]){ { "b", 1 }, { "a", 1 }, { "b", 2 } });

	cr_assert_eq(try(&named_map, &map), -EEXIST);
	expect_fault("a map has a key twice", "-", "-", 4);
}

Test(encode, a_type_of_no_known_kind_is_einval, .init = codec_begin, .fini = codec_end)
{
	const struct cohort_type type = { .kind = 99, .size = 1, .align = 1 };

	cr_assert_eq(try(&type, ""), -EINVAL);
	expect_fault("a type is of no known kind", "-", "-", 0);
}

Test(encode, the_innermost_struct_and_field_are_named, .init = codec_begin, .fini = codec_end)
{
	struct all all = all_sample;

	all.pair[1].x = 0;
	all.tree.children = (struct list)LIST((const struct node[]){ { .next = NULL } });
	all.step = 0;
	cr_assert_eq(try(&all_type, &all), -EINVAL);
	cr_assert_str_eq(fault.type, "t.All");
	cr_assert_str_eq(fault.field, "step");
	all.step = STEP_ONE;
	all.maybe_string = "\x80";
	cr_assert_eq(try(&all_type, &all), -EINVAL);
	cr_assert_str_eq(fault.field, "maybe_string");
}

Test(encode, a_fault_after_a_struct_is_of_the_outer_one, .init = codec_begin, .fini = codec_end)
{
	struct outer {
		struct point point;
		int fd;
	} outer = { { 1, 2 }, -1 };
	const struct cohort_field fields[] = {
		FIELD(struct outer, point, point_type),
		FIELD(struct outer, fd, handle_type),
	};
	const struct cohort_type type = STRUCT(struct outer, "t.Outer", fields);

	cr_assert_eq(try(&type, &outer), -EBADF);
	expect_fault("a descriptor is negative", "t.Outer", "fd", 8 + 13);
}

Test(encode, the_fault_may_be_null, .init = codec_begin, .fini = codec_end)
{
	struct cohort_encoded m;

	cr_assert_eq(cohort_encode(encoder, &bool_type, &(uint8_t){ 2 }, &m, NULL), -EINVAL);
}

Test(encode, a_message_is_not_touched_by_a_failure, .init = codec_begin, .fini = codec_end)
{
	struct cohort_encoded m = { NULL, 77, NULL, 78 };

	cr_assert_eq(cohort_encode(encoder, &handle_type, &(int){ -1 }, &m, NULL), -EBADF);
	cr_assert_eq(m.length, 77);
	cr_assert_eq(m.nfds, 78);
}

Test(encode, an_encoder_goes_on_after_a_failure, .init = codec_begin, .fini = codec_end)
{
	cr_assert_eq(try(&all_type, &(struct all){ .u8 = 1 }), -EINVAL);
	GOLDEN(u8_type, &(uint8_t){ 3 }, "\x03");
}

Test(encode, the_next_message_uses_the_memory_of_the_last, .init = codec_begin, .fini = codec_end)
{
	const void *data = encoded(&all_type, &all_sample).data;

	for (unsigned i = 0; i < 10; i++)
		cr_assert_eq(encoded(&all_type, &all_sample).data, data);
}

Test(encode, the_object_is_not_changed, .init = codec_begin, .fini = codec_end)
{
	struct all copy;

	memcpy(&copy, &all_sample, sizeof(copy));
	encoded(&all_type, &all_sample);
	cr_assert_eq(memcmp(&copy, &all_sample, sizeof(copy)), 0);
	cr_assert_str_eq(((const struct named *)all_sample.named.data)[0].key, "b");
}

Test(encode, wrong_arguments_are_einval, .init = codec_begin, .fini = codec_end)
{
	struct cohort_encoded m;

	cr_assert_eq(cohort_encoder_new(NULL), -EINVAL);
	cr_assert_eq(cohort_encode(NULL, &u8_type, "", &m, NULL), -EINVAL);
	cr_assert_eq(cohort_encode(encoder, NULL, "", &m, NULL), -EINVAL);
	cr_assert_eq(cohort_encode(encoder, &u8_type, NULL, &m, NULL), -EINVAL);
	cr_assert_eq(cohort_encode(encoder, &u8_type, "", NULL, NULL), -EINVAL);
	cr_assert_eq(cohort_put(encoder, "", 1), -EINVAL);
	cr_assert_eq(cohort_put_fd(encoder, 0), -EINVAL);
	cohort_encoder_free(NULL);
}
