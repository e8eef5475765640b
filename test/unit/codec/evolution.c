/*
 * Structs to which fields were appended, read by older and newer programs.
 */
#include "unit/codec/codec.h"

struct newer {
	int32_t x;
	uint8_t shade;
	const char *label;
	int fd, maybe_fd;
	enum step step;
	enum color color;
	struct point corners[2];
	struct list list;
	const char *maybe;
};
static const struct cohort_field newer_fields[] = {
	FIELD(struct newer, x, i32_type),
	FIELD(struct newer, shade, u8_type),
	{ .name = "label",
	  .type = &string_type,
	  .offset = offsetof(struct newer, label),
	  .fallback = &(const char *const){ "none" } },
	FIELD(struct newer, fd, handle_type),
	FIELD(struct newer, maybe_fd, handle_optional),
	FIELD(struct newer, step, step_type),
	FIELD(struct newer, color, color_type),
	FIELD(struct newer, corners, point_2),
	FIELD(struct newer, list, i32_array),
	FIELD(struct newer, maybe, string_optional),
};
static const struct cohort_type newer_type = STRUCT(struct newer, "t.Point", newer_fields);

static void expect_defaults(const struct newer *newer)
{
	cr_assert_str_eq(newer->label, "none");
	cr_assert_eq(newer->fd, -1);
	cr_assert_eq(newer->maybe_fd, -1);
	cr_assert_eq(newer->step, STEP_ONE);
	cr_assert_eq(newer->color, COLOR_GREEN);
	cr_assert_eq(newer->corners[0].shade, 5);
	cr_assert_eq(newer->corners[1].shade, 5);
	cr_assert_eq(newer->list.count, 0);
	cr_assert_null(newer->list.data);
	cr_assert_null(newer->maybe);
}

Test(evolution, fields_that_the_writer_did_not_know_get_defaults, .init = codec_begin,
     .fini = codec_end)
{
	struct cohort_encoded m = encoded(&point_type, &((struct point){ -3, 9 }));
	struct newer newer;

	memset(&newer, 0xff, sizeof(newer));
	cr_assert_eq(decode(&newer_type, m.data, m.length, &newer), 0);
	cr_assert_eq(newer.x, -3);
	cr_assert_eq(newer.shade, 9);
	expect_defaults(&newer);
}

Test(evolution, a_struct_without_fields_is_all_defaults, .init = codec_begin, .fini = codec_end)
{
	struct newer newer;

	cr_assert_eq(decode(&newer_type, "\0\0\0\0\0\0\0\0", 8, &newer), 0);
	cr_assert_eq(newer.x, 0);
	expect_defaults(&newer);
}

Test(evolution, fields_that_the_reader_does_not_know_are_skipped, .init = codec_begin,
     .fini = codec_end)
{
	const struct newer newer = {
		.x = 4, .shade = 6, .label = "l", .fd = 30, .maybe_fd = -1, .step = STEP_TWO
	};
	struct cohort_encoded m = encoded(&newer_type, &newer);
	struct point point;

	cr_assert_eq(cohort_decode(&point_type, m.data, m.length, m.fds, m.nfds, arena, &point,
				   &fault),
		     0);
	cr_assert_eq(point.x, 4);
	cr_assert_eq(point.shade, 6);
}

Test(evolution, what_follows_skipped_fields_is_read, .init = codec_begin, .fini = codec_end)
{
	const struct cohort_type newer_2 = FIXED(newer_type, struct newer, 2);
	const struct newer newer[2] = {
		{ .x = 1, .shade = 2, .fd = 30, .maybe_fd = -1, .step = STEP_TWO },
		{ .x = 3, .shade = 4, .fd = 31, .maybe_fd = 32, .step = STEP_TWO },
	};
	struct cohort_encoded m = encoded(&newer_2, newer);
	struct point points[2];

	cr_assert_eq(m.nfds, 3);
	cr_assert_eq(
		cohort_decode(&point_2, m.data, m.length, m.fds, m.nfds, arena, points, &fault), 0);
	cr_assert_eq(points[1].x, 3);
	cr_assert_eq(points[1].shade, 4);
}

/* Else 2^32 fields could be claimed where nothing is. */
Test(evolution, unknown_fields_have_at_least_a_byte_each, .init = codec_begin, .fini = codec_end)
{
	struct point point;

	cr_assert_eq(decode(&point_type, "\6\0\0\0\3\0\0\0\1\0\0\0\2\7", 14, &point), 0);
	cr_assert_eq(decode(&point_type, "\6\0\0\0\4\0\0\0\1\0\0\0\2\7", 14, &point), -EBADMSG);
	expect_fault("bytes are missing", "t.Point", "shade", 13);
	cr_assert_eq(decode(&point_type, "\5\0\0\0\xff\xff\xff\xff\1\0\0\0\2", 13, &point),
		     -EBADMSG);
}

Test(evolution, an_appended_field_that_is_cut_is_refused, .init = codec_begin, .fini = codec_end)
{
	struct newer newer;

	cr_assert_eq(decode(&newer_type, "\7\0\0\0\3\0\0\0\1\0\0\0\2\1\0", 15, &newer), -EBADMSG);
	expect_fault("bytes are missing", "t.Point", "label", 13);
}

Test(evolution, init_makes_what_a_message_without_fields_decodes_to, .init = codec_begin,
     .fini = codec_end)
{
	struct newer newer;
	int fds[3];
	const struct cohort_type fds_type = FIXED(handle_type, int, 3);

	cohort_init(&newer_type, &newer);
	cr_assert_eq(newer.x, 0);
	cr_assert_eq(newer.shade, 0);
	expect_defaults(&newer);
	cohort_init(&fds_type, fds);
	cr_assert_arr_eq(fds, ((int[]){ -1, -1, -1 }), sizeof(fds));
}

Test(evolution, init_makes_all_of_everything, .init = codec_begin, .fini = codec_end)
{
	struct all all;

	memset(&all, 0xff, sizeof(all));
	cohort_init(&all_type, &all);
	cr_assert_str_eq(all.string, "");
	cr_assert_str_eq(all.texts[1], "");
	cr_assert_eq(all.step, STEP_ONE);
	cr_assert_eq(all.point.shade, 5);
	cr_assert_eq(all.maybe_handle, -1);
	cr_assert_null(all.maybe_point);
	cr_assert_eq(all.named.count, 0);
	cr_assert_eq(encoded(&all_type, &all).nfds, 0);
}
