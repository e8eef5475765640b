/* Descriptors and who owns them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/fd.h"

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static int open_null(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	return fd;
}

Test(fd, close_closes_sets_minus_one_and_keeps_errno)
{
	int fd = open_null();
	int number = fd;

	errno = ERANGE;
	fd_close(&fd);
	cr_assert_eq(fd, -1);
	cr_assert_eq(errno, ERANGE);
	cr_assert_not(is_open(number));
	errno = ERANGE;
	fd_close(&fd);
	cr_assert_eq(fd, -1);
	cr_assert_eq(errno, ERANGE);
}

Test(fd, steal_leaves_minus_one)
{
	int fd = 5;

	cr_assert_eq(fd_steal(&fd), 5);
	cr_assert_eq(fd, -1);
}

Test(fd, a_duplicate_is_close_on_exec_and_owned)
{
	int fd = open_null();
	int copy = -1;

	cr_assert_eq(fd_dup(fd, &copy), 0);
	cr_assert_neq(copy, fd);
	cr_assert(fcntl(copy, F_GETFD) & FD_CLOEXEC);
	fd_close_owned();
	cr_assert_not(is_open(copy));
	cr_assert(is_open(fd));
	close(fd);
}

Test(fd, a_failed_duplicate_leaves_the_out_parameter)
{
	int copy = 17;

	cr_assert_eq(fd_dup(-1, &copy), -EBADF);
	cr_assert_eq(copy, 17);
}

Test(fd, a_duplicate_never_becomes_a_closed_standard_stream)
{
	int fd = open_null();
	int in = dup(STDIN_FILENO);
	int copy;

	close(STDIN_FILENO);
	cr_assert_eq(fd_dup(fd, &copy), 0);
	cr_assert_gt(copy, STDERR_FILENO);
	fd_close(&copy);
	dup2(in, STDIN_FILENO);
	close(in);
	close(fd);
}

Test(fd, owning_passes_an_error_through)
{
	errno = EMFILE;
	cr_assert_eq(fd_own(-1), -1);
	cr_assert_eq(errno, EMFILE);
	fd_disown(-1);
}

Test(fd, numbers_past_the_bitmap_are_not_registered)
{
	cr_assert_eq(fd_own(1 << 20), 1 << 20);
	cr_assert_eq(fd_own(INT_MAX), INT_MAX);
	fd_close_owned();
	fd_disown(1 << 20);
	fd_disown(INT_MAX);
}

Test(fd, close_owned_closes_what_is_owned_and_nothing_else)
{
	int owned[70];
	int foreign = open_null();
	int disowned = fd_own(open_null());

	for (int i = 0; i < 70; i++)
		owned[i] = fd_own(open_null());
	fd_disown(disowned);
	errno = ERANGE;
	fd_close_owned();
	cr_assert_eq(errno, ERANGE);
	for (int i = 0; i < 70; i++)
		cr_assert_not(is_open(owned[i]));
	cr_assert(is_open(foreign));
	cr_assert(is_open(disowned));
	cr_assert(is_open(STDERR_FILENO));
	close(foreign);
	close(disowned);
}

Test(fd, a_closed_descriptor_is_no_longer_owned)
{
	int fd = fd_own(open_null());
	int number = fd;

	fd_close(&fd);
	fd = open_null();
	cr_assert_eq(fd, number);
	fd_close_owned();
	cr_assert(is_open(fd));
	close(fd);
}

Test(fd, a_list_gives_each_descriptor_once)
{
	struct fdlist list;
	int fd = -1;

	fdlist_init(&list);
	cr_assert_eq(fdlist_push(&list, 10), 0);
	cr_assert_eq(fdlist_push(&list, 11), 0);
	cr_assert_eq(fdlist_take(&list, 1, &fd), 0);
	cr_assert_eq(fd, 11);
	cr_assert_eq(fdlist_take(&list, 1, &fd), -ENOENT);
	cr_assert_eq(fdlist_take(&list, 2, &fd), -ENOENT);
	cr_assert_eq(fd, 11);
	cr_assert_eq(fdlist_take(&list, 0, &fd), 0);
	cr_assert_eq(fd, 10);
}

Test(fd, a_list_takes_as_many_as_a_message)
{
	struct fdlist list;

	fdlist_init(&list);
	for (int i = 0; i < FDLIST_MAX; i++)
		cr_assert_eq(fdlist_push(&list, 1000 + i), 0);
	cr_assert_eq(fdlist_push(&list, 1), -EMSGSIZE);
	cr_assert_eq(list.count, FDLIST_MAX);
}

Test(fd, closing_a_list_closes_what_nobody_took)
{
	struct fdlist list;
	int left = open_null();
	int taken = open_null();
	int fd;

	fdlist_init(&list);
	fdlist_push(&list, left);
	fdlist_push(&list, taken);
	cr_assert_eq(fdlist_take(&list, 1, &fd), 0);
	fdlist_close(&list);
	cr_assert_not(is_open(left));
	cr_assert(is_open(taken));
	cr_assert_eq(list.count, 0);
	close(taken);
}

Test(fd, moving_a_list_empties_its_source)
{
	struct fdlist src;
	struct fdlist dst;
	int fd;

	fdlist_init(&src);
	fdlist_push(&src, 10);
	fdlist_push(&src, 11);
	fdlist_take(&src, 0, &fd);
	fdlist_move(&dst, &src);
	cr_assert_eq(src.count, 0);
	cr_assert_eq(dst.count, 2);
	cr_assert_eq(fdlist_take(&dst, 0, &fd), -ENOENT);
	cr_assert_eq(fdlist_take(&dst, 1, &fd), 0);
	cr_assert_eq(fd, 11);
}
