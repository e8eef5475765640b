/*
 * Encodings of the application's: they see their own bytes, and no others.
 */
#include "unit/codec/codec.h"

/* Around it something that it must not read. */
struct around {
	uint8_t before;
	struct note note;
	uint8_t after;
};
static struct cohort_custom changed;
static struct cohort_type changed_type;
static const struct cohort_field around_fields[] = {
	FIELD(struct around, before, u8_type),
	FIELD(struct around, note, changed_type),
	FIELD(struct around, after, u8_type),
};
static const struct cohort_type around_type = STRUCT(struct around, "t.Around", around_fields);

static void use(int (*encode)(struct cohort_encoder *to, const void *object),
		int (*decode_it)(struct cohort_decoder *from, void *object))
{
	changed = note_custom;
	changed_type = note_type;
	changed_type.custom = &changed;
	if (encode)
		changed.encode = encode;
	if (decode_it)
		changed.decode = decode_it;
}

#define AROUND "\x0a\0\0\0\3\0\0\0\1\4\0\0\0\0abc\2"

static int decode_around(const void *bytes, size_t length)
{
	struct around around;

	return decode(&around_type, bytes, length, &around);
}

static int encode_around(const char *text, int fd)
{
	const struct around around = { 1, { text, fd }, 2 };
	struct cohort_encoded m;

	return cohort_encode(encoder, &around_type, &around, &m, &fault);
}

Test(custom, its_bytes_lie_between_the_others, .init = codec_begin, .fini = codec_end)
{
	use(NULL, NULL);
	GOLDEN(around_type, &((struct around){ 1, { "abc", -1 }, 2 }), AROUND);
}

static int read_too_much(struct cohort_decoder *from, void *object)
{
	struct note *note = object;

	note->text = "";
	cr_assert_eq(cohort_get_left(from), 4);
	cr_assert_null(cohort_get(from, 5));
	cr_assert_null(cohort_get(from, SIZE_MAX));
	cr_assert_eq(cohort_get_left(from), 4);
	cr_assert_eq(memcmp(cohort_get(from, 4), "\0abc", 4), 0);
	cr_assert_null(cohort_get(from, 1));
	cr_assert_eq(cohort_get_left(from), 0);
	return 0;
}

Test(custom, it_cannot_read_outside_its_bytes, .init = codec_begin, .fini = codec_end)
{
	use(NULL, read_too_much);
	cr_assert_eq(decode_around(AROUND, sizeof(AROUND) - 1), 0);
}

static int read_nothing(struct cohort_decoder *from, void *object)
{
	(void)from;
	(void)object;
	return 0;
}

Test(custom, bytes_that_it_leaves_are_refused, .init = codec_begin, .fini = codec_end)
{
	use(NULL, read_nothing);
	cr_assert_eq(decode_around(AROUND, sizeof(AROUND) - 1), -EBADMSG);
	expect_fault("a custom type leaves bytes unread", "t.Around", "note", 13);
}

Test(custom, bytes_that_it_refuses_are_ebadmsg, .init = codec_begin, .fini = codec_end)
{
	use(NULL, NULL);
	cr_assert_eq(decode_around("\x0a\0\0\0\3\0\0\0\1\4\0\0\0\2abc\2", 18), -EBADMSG);
	expect_fault("a custom type refuses its bytes", "t.Around", "note", 14);
}

static int ask_for_much(struct cohort_decoder *from, void *object)
{
	(void)object;
	cohort_get(from, cohort_get_left(from));
	cr_assert_null(cohort_get_memory(from, 100000));
	return 0;
}

Test(custom, its_memory_is_of_the_budget, .init = codec_begin, .fini = codec_end)
{
	use(NULL, ask_for_much);
	cr_assert_eq(decode_around(AROUND, sizeof(AROUND) - 1), -E2BIG);
	expect_fault("it takes too much memory", "t.Around", "note", 17);
}

/* It takes a descriptor that is not there, and goes on as if nothing had been. */
static int ignore_errors(struct cohort_decoder *from, void *object)
{
	(void)object;
	cr_assert_eq(cohort_get_fd(from), -EBADMSG);
	cr_assert_eq(cohort_get_fd(from), -EBADMSG);
	cohort_get(from, cohort_get_left(from));
	return 0;
}

Test(custom, a_descriptor_that_is_not_there_cannot_be_ignored, .init = codec_begin,
     .fini = codec_end)
{
	use(NULL, ignore_errors);
	cr_assert_eq(decode_around(AROUND, sizeof(AROUND) - 1), -EBADMSG);
	expect_fault("a descriptor is not there", "t.Around", "note", 17);
}

Test(custom, what_it_refuses_to_encode_is_its_own_error, .init = codec_begin, .fini = codec_end)
{
	use(NULL, NULL);
	cr_assert_eq(encode_around(NULL, -1), -EDOM);
	expect_fault("a custom type refuses its object", "t.Around", "note", 13);
}

static int put_badly(struct cohort_encoder *to, const void *object)
{
	struct cohort_encoded m;

	(void)object;
	cr_assert_eq(cohort_encode(to, &u8_type, "", &m, NULL), -EINVAL);
	cr_assert_eq(cohort_put(to, NULL, 0), 0);
	cr_assert_eq(cohort_put(to, NULL, 1), -EINVAL);
	cr_assert_eq(cohort_put_fd(to, -1), -EBADF);
	cr_assert_eq(cohort_put(to, "a", 1), -EBADF);
	return 0;
}

Test(custom, an_error_of_putting_cannot_be_ignored, .init = codec_begin, .fini = codec_end)
{
	use(put_badly, NULL);
	cr_assert_eq(encode_around("a", -1), -EBADF);
	expect_fault("a descriptor is negative", "t.Around", "note", 13);
}
