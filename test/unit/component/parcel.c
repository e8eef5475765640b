/*
 * Parcels, the descriptors in them, and the shelf on which they lie.
 */
#include "component/parcel.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "component/handles.h"
#include "component/shelf.h"
#include "support/support.h"

struct handles {
	const int *data;
	size_t count;
};

struct box {
	const char *name;
	int one;
	int maybe; /* optional */
	struct handles many;
	const int *far; /* optional<array<handle, 2>> */
};

#define TYPE(n, KIND, ctype, ...)                                         \
	static const struct cohort_type n = { .kind = COHORT_KIND_##KIND, \
					      .size = sizeof(ctype),      \
					      .align = _Alignof(ctype),   \
					      __VA_ARGS__ }

TYPE(string, STRING, const char *, .max = 0);
TYPE(handle, HANDLE, int, .max = 0);
TYPE(maybe, OPTIONAL, int, .of = &handle);
TYPE(many, ARRAY, struct handles, .of = &handle);
static const struct cohort_type pair = {
	.kind = COHORT_KIND_FIXED,
	.size = 2 * sizeof(int),
	.align = _Alignof(int),
	.count = 2,
	.of = &handle,
};
TYPE(far, OPTIONAL, const int *, .of = &pair);

static const struct cohort_field fields[] = {
	{ "name", &string, offsetof(struct box, name), NULL },
	{ "one", &handle, offsetof(struct box, one), NULL },
	{ "maybe", &maybe, offsetof(struct box, maybe), NULL },
	{ "many", &many, offsetof(struct box, many), NULL },
	{ "far", &far, offsetof(struct box, far), NULL },
};
TYPE(box, STRUCT, struct box, .count = 5, .name = "test.Box", .fields = fields);

static int file(const char *text)
{
	int fd = memfd_create("parcel", MFD_CLOEXEC);

	cr_assert_eq(pwrite(fd, text, 1, 0), 1);
	return fd;
}

static char letter(int fd)
{
	char c = 0;

	return pread(fd, &c, 1, 0) == 1 ? c : '?';
}

/* Five files, "a" to "e". */
static struct box packed(int fds[5])
{
	for (int i = 0; i < 5; i++)
		fds[i] = file(&"abcde"[i]);
	return (struct box){ "box", fds[0], -1, { &fds[1], 2 }, &fds[3] };
}

static void close_five(const int fds[5])
{
	for (int i = 0; i < 5; i++)
		cr_assert_eq(close(fds[i]), 0);
}

static void has_own_files(const struct box *copy, const int fds[5])
{
	cr_assert_neq(copy->one, fds[0]);
	cr_assert_eq(letter(copy->one), 'a');
	cr_assert_eq(copy->maybe, -1);
	cr_assert_eq(letter(copy->many.data[0]), 'b');
	cr_assert_eq(letter(copy->many.data[1]), 'c');
	cr_assert_eq(letter(copy->far[0]), 'd');
	cr_assert_eq(letter(copy->far[1]), 'e');
}

Test(parcel, a_copy_has_descriptors_of_its_own_wherever_they_are)
{
	struct census before;
	char why[1024] = "";
	struct parcel *parcel;
	int fds[5];
	struct box object = packed(fds);

	cr_assert_eq(handles_count(&box, &object), 5);
	cr_assert_eq(census_take(&before, 0, NULL), 0);
	cr_assert_eq(parcel_copy(&parcel, &box, &object), 0);
	has_own_files(parcel->object, fds);
	parcel_free(parcel);
	cr_assert(census_settle(&before, why, sizeof(why)), "%s", why);
	close_five(fds);
}

Test(parcel, a_translation_has_them_too)
{
	struct parcel *parcel;
	int fds[5];
	struct box object = packed(fds);

	cr_assert_eq(parcel_translate(&parcel, &box, &object, &box), 0);
	has_own_files(parcel->object, fds);
	cr_assert_str_eq(((struct box *)parcel->object)->name, "box");
	parcel_free(parcel);
	close_five(fds);
}

Test(parcel, what_was_taken_out_is_not_closed_with_it)
{
	struct parcel *parcel;
	int fds[5], fd;
	struct box object = packed(fds);

	cr_assert_eq(parcel_copy(&parcel, &box, &object), 0);
	cr_assert_eq(parcel_of(parcel->object), parcel);
	fd = ((struct box *)parcel->object)->far[1];
	cr_assert(parcel_has_fd(parcel, fd));
	cr_assert_eq(parcel_fd_take(parcel, fd), fd);
	cr_assert_eq(parcel_fd_take(parcel, fd), -EINVAL);
	cr_assert_not(parcel_has_fd(parcel, fd));
	parcel_free(parcel);
	cr_assert_eq(letter(fd), 'e');
	close(fd);
	close_five(fds);
}

Test(parcel, a_copy_that_fails_leaves_nothing)
{
	struct census before;
	char why[1024] = "";
	struct parcel *parcel = NULL;
	int fds[5];
	struct box object = packed(fds);

	close(fds[4]);
	fds[4] = 1 << 30; /* no descriptor ever has this number */
	cr_assert_eq(census_take(&before, 0, NULL), 0);
	cr_assert_eq(parcel_copy(&parcel, &box, &object), -EBADF);
	cr_assert_null(parcel);
	cr_assert(census_settle(&before, why, sizeof(why)), "%s", why);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}

static struct parcel *new_parcel(void)
{
	struct parcel *parcel;

	cr_assert_eq(parcel_new(&parcel, &box), 0);
	return parcel;
}

Test(shelf, what_was_put_is_picked_once_and_answered_once)
{
	struct parcel *in = new_parcel(), *out = new_parcel();
	struct shelf *shelf;
	uint64_t number;

	cr_assert_eq(shelf_new(&shelf), 0);
	cr_assert_eq(shelf_put(shelf, in, &number), 0);
	cr_assert_eq(shelf_pick(shelf, number), in);
	cr_assert_null(shelf_pick(shelf, number));
	cr_assert_eq(shelf_answer(shelf, number, out), 0);
	cr_assert_eq(shelf_answer(shelf, number, new_parcel()), -ETIMEDOUT);
	cr_assert_eq(shelf_clear(shelf, number), out);
	cr_assert_null(shelf_clear(shelf, number));
	parcel_free(in);
	parcel_free(out);
	shelf_unref(shelf);
}

Test(shelf, who_comes_late_finds_nothing)
{
	struct shelf *shelf;
	uint64_t number, next;

	cr_assert_eq(shelf_new(&shelf), 0);
	cr_assert_eq(shelf_put(shelf, new_parcel(), &number), 0);
	cr_assert_null(shelf_clear(shelf, number));
	cr_assert_null(shelf_pick(shelf, number));
	cr_assert_eq(shelf_answer(shelf, number, new_parcel()), -ETIMEDOUT);
	cr_assert_eq(shelf_put(shelf, new_parcel(), &next), 0);
	cr_assert_neq(next, number);
	shelf_unref(shelf); /* with one that nobody picked */
}

Test(shelf, a_one_way_parcel_is_picked_and_gone)
{
	struct parcel *in = new_parcel();
	struct shelf *shelf;
	uint64_t number;

	cr_assert_eq(shelf_new(&shelf), 0);
	cr_assert_eq(shelf_put(shelf, in, &number), 0);
	cr_assert_eq(shelf_take(shelf, number), in);
	cr_assert_null(shelf_take(shelf, number));
	parcel_free(in);
	shelf_unref(shelf);
}
