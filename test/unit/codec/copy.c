/*
 * Copies: all that the object refers to is the arena's.
 */
#include "unit/codec/codec.h"

Test(copy, of_everything_is_everything, .init = codec_begin, .fini = codec_end)
{
	struct cohort_encoded m = encoded(&all_type, &all_sample);
	size_t length = m.length;
	unsigned char *bytes = malloc(length);
	struct all copy;

	memcpy(bytes, m.data, length);
	cr_assert_eq(cohort_copy(&all_type, &all_sample, arena, &copy), 0);
	m = encoded(&all_type, &copy);
	cr_assert_eq(m.length, length);
	cr_assert_eq(memcmp(m.data, bytes, length), 0);
	cr_assert_arr_eq(m.fds, ((int[]){ 10, 11, 12, 13, 14 }), 5 * sizeof(int));
	free(bytes);
}

Test(copy, refers_to_nothing_of_the_original, .init = codec_begin, .fini = codec_end)
{
	struct node *next = calloc(1, sizeof(*next)), *child = calloc(1, sizeof(*child));
	struct node node = { 1, next, { child, 1 } }, copy;

	next->value = 2;
	child->value = 3;
	cr_assert_eq(cohort_copy(&node_type, &node, arena, &copy), 0);
	free(next);
	free(child);
	cr_assert_eq(copy.value, 1);
	cr_assert_eq(copy.next->value, 2);
	cr_assert_eq(((const struct node *)copy.children.data)->value, 3);
}

Test(copy, of_strings_in_maps_arrays_and_optionals, .init = codec_begin, .fini = codec_end)
{
	char a[] = "a", b[] = "b", c[] = "c", d[] = "d";
	struct named entry = { b, 1 };
	const char *element = c;
	struct all all = all_sample, copy;

	all.string = a;
	all.named = (struct list){ &entry, 1 };
	all.strings = (struct list){ &element, 1 };
	all.maybe_string = d;
	cr_assert_eq(cohort_copy(&all_type, &all, arena, &copy), 0);
	a[0] = b[0] = c[0] = d[0] = 'x';
	element = NULL;
	cr_assert_str_eq(copy.string, "a");
	cr_assert_str_eq(((const struct named *)copy.named.data)->key, "b");
	cr_assert_str_eq(*(const char *const *)copy.strings.data, "c");
	cr_assert_str_eq(copy.maybe_string, "d");
}

Test(copy, of_what_is_absent_is_absent_and_a_string_is_never_null, .init = codec_begin,
     .fini = codec_end)
{
	struct all all, copy;

	cohort_init(&all_type, &all);
	all.string = NULL;
	all.bytes = (struct list){ "", 0 };
	cr_assert_eq(cohort_copy(&all_type, &all, arena, &copy), 0);
	cr_assert_str_eq(copy.string, "");
	cr_assert_null(copy.bytes.data);
	cr_assert_null(copy.maybe_point);
	cr_assert_null(copy.maybe_string);
	cr_assert_eq(copy.maybe_handle, -1);
}

Test(copy, of_a_custom_is_made_by_its_function_or_not_supported, .init = codec_begin,
     .fini = codec_end)
{
	struct cohort_custom custom = note_custom;
	struct cohort_type type = note_type;
	char text[] = "text";
	struct note note = { text, 5 }, copy;

	cr_assert_eq(cohort_copy(&note_type, &note, arena, &copy), 0);
	text[0] = 'n';
	cr_assert_str_eq(copy.text, "text");
	cr_assert_eq(copy.fd, 5);
	custom.copy = NULL;
	type.custom = &custom;
	cr_assert_eq(cohort_copy(&type, &note, arena, &copy), -EOPNOTSUPP);
	cr_assert_null(copy.text);
}

Test(copy, of_a_list_without_elements_is_einval, .init = codec_begin, .fini = codec_end)
{
	struct list copy;

	cr_assert_eq(cohort_copy(&u8_array, &(struct list){ NULL, 1 }, arena, &copy), -EINVAL);
	cr_assert_eq(copy.count, 0);
	cr_assert_eq(cohort_copy(&double_array, &(struct list){ "", SIZE_MAX / 2 }, arena, &copy),
		     -ENOMEM);
}

Test(copy, wrong_arguments_are_einval, .init = codec_begin, .fini = codec_end)
{
	uint8_t object = 0;

	cr_assert_eq(cohort_copy(NULL, &object, arena, &object), -EINVAL);
	cr_assert_eq(cohort_copy(&u8_type, NULL, arena, &object), -EINVAL);
	cr_assert_eq(cohort_copy(&u8_type, &object, NULL, &object), -EINVAL);
	cr_assert_eq(cohort_copy(&u8_type, &object, arena, NULL), -EINVAL);
}
