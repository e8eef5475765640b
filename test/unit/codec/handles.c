/*
 * Descriptors: the message has their places in an array beside it.
 */
#include "unit/codec/codec.h"

static int fds_of(const void *bytes, size_t length, const int *fds, size_t nfds, struct list *list)
{
	return cohort_decode(&handle_array, bytes, length, fds, nfds, arena, list, &fault);
}

Test(handles, they_are_listed_in_the_order_in_which_they_occur, .init = codec_begin,
     .fini = codec_end)
{
	struct cohort_encoded m = encoded(&all_type, &all_sample);

	cr_assert_eq(m.nfds, 5);
	cr_assert_arr_eq(m.fds, ((int[]){ 10, 11, 12, 13, 14 }), 5 * sizeof(int));
}

Test(handles, they_may_be_referred_to_in_any_order, .init = codec_begin, .fini = codec_end)
{
	struct list list;

	cr_assert_eq(fds_of("\2\0\0\0\1\0\0\0\0\0\0\0", 12, (int[]){ 20, 21 }, 2, &list), 0);
	cr_assert_arr_eq(list.data, ((int[]){ 21, 20 }), 2 * sizeof(int));
}

Test(handles, as_many_as_there_can_be_are_all_told_apart, .init = codec_begin, .fini = codec_end)
{
	int fds[COHORT_FDS_MAX];
	struct list list = { fds, COHORT_FDS_MAX }, copy;
	struct cohort_encoded m;

	for (int i = 0; i < COHORT_FDS_MAX; i++)
		fds[i] = 1000 + i;
	m = encoded(&handle_array, &list);
	cr_assert_eq(fds_of(m.data, m.length, m.fds, m.nfds, &copy), 0);
	cr_assert_arr_eq(copy.data, fds, sizeof(fds));
}

Test(handles, one_that_is_not_there_is_refused, .init = codec_begin, .fini = codec_end)
{
	struct list list;

	cr_assert_eq(fds_of("\1\0\0\0\1\0\0\0", 8, (int[]){ 20 }, 1, &list), -EBADMSG);
	expect_fault("a descriptor is not there", "-", "-", 8);
	cr_assert_eq(fds_of("\1\0\0\0\0\0\0\0", 8, NULL, 0, &list), -EBADMSG);
	cr_assert_eq(fds_of("\1\0\0\0\xff\xff\xff\xff", 8, (int[]){ 20 }, 1, &list), -EBADMSG);
}

Test(handles, one_that_is_used_twice_is_refused, .init = codec_begin, .fini = codec_end)
{
	struct list list;

	cr_assert_eq(fds_of("\2\0\0\0\0\0\0\0\0\0\0\0", 12, (int[]){ 20, 21 }, 2, &list), -EBADMSG);
	expect_fault("a descriptor is used twice", "-", "-", 12);
	cr_assert_null(list.data);
}

Test(handles, one_that_is_not_used_is_refused, .init = codec_begin, .fini = codec_end)
{
	struct list list;

	cr_assert_eq(fds_of("\1\0\0\0\1\0\0\0", 8, (int[]){ 20, 21 }, 2, &list), -EBADMSG);
	expect_fault("a descriptor is not used", "-", "-", 8);
}

Test(handles, one_may_be_unused_only_if_bytes_were_skipped, .init = codec_begin, .fini = codec_end)
{
	struct point point;
	const int fds[] = { 20 };

	cr_assert_eq(cohort_decode(&point_type, "\5\0\0\0\2\0\0\0\1\0\0\0\2", 13, fds, 1, arena,
				   &point, &fault),
		     -EBADMSG);
	cr_assert_eq(cohort_decode(&point_type, "\7\0\0\0\3\0\0\0\1\0\0\0\2\0\0", 15, fds, 1, arena,
				   &point, &fault),
		     0);
}

Test(handles, an_absent_optional_one_uses_none, .init = codec_begin, .fini = codec_end)
{
	int fd = 0;

	cr_assert_eq(cohort_decode(&handle_optional, "", 1, (int[]){ 20 }, 1, arena, &fd, NULL),
		     -EBADMSG);
	cr_assert_eq(cohort_decode(&handle_optional, "", 1, NULL, 0, arena, &fd, NULL), 0);
	cr_assert_eq(fd, -1);
}
