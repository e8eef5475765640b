/*
 * Memory files: made safe, and told from what is not.
 */
#include "io/memfd.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fd.h"

#define PAGE 4096u

static void limit_file_size(rlim_t size)
{
	struct rlimit limit = { .rlim_cur = size, .rlim_max = RLIM_INFINITY };

	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(memfd, a_region_is_allocated_and_unsealed)
{
	struct stat st;
	int fd = -1;

	cr_assert_eq(memfd_make("test", 10 * PAGE, &fd), 0);
	cr_assert_eq(fstat(fd, &st), 0);
	cr_assert_eq(st.st_size, 10 * PAGE);
	cr_assert_geq(st.st_blocks * 512, 10 * PAGE);
	cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	cr_assert_eq((unsigned)fcntl(fd, F_GET_SEALS) & MEMFD_BODY_SEALS, 0);
	cr_assert_eq(memfd_check_region(fd, 10 * PAGE, 0), 0);
	cr_assert_eq(memfd_check_region(fd, 10 * PAGE, F_SEAL_SHRINK), -EBADMSG);
	cr_assert_eq(memfd_seal(fd, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
	cr_assert_eq(memfd_check_region(fd, 10 * PAGE, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	cr_assert_eq(memfd_check_region(fd, 9 * PAGE, F_SEAL_SHRINK), -EBADMSG);
	cr_assert_eq(memfd_check_region(fd, 11 * PAGE, F_SEAL_SHRINK), -EBADMSG);
	cr_assert_eq(memfd_seal(fd, F_SEAL_WRITE), -EPERM);
	fd_close(&fd);
}

Test(memfd, sizes_that_cannot_be_are_refused)
{
	int fd = -1;

	cr_assert_eq(memfd_make("test", 0, &fd), -EINVAL);
	cr_assert_eq(memfd_make("test", SIZE_MAX, &fd), -EFBIG);
	cr_assert_eq(fd, -1);
}

Test(memfd, the_file_size_limit_is_an_error_and_no_signal)
{
	char body[2 * PAGE] = { 0 };
	struct iovec part = { body, sizeof(body) };
	int fd = -1;

	limit_file_size(2 * PAGE - 1);
	cr_assert_eq(memfd_make("test", 2 * PAGE, &fd), -EFBIG);
	cr_assert_eq(memfd_write_body(&part, 1, 2 * PAGE, &fd), -EFBIG);
	cr_assert_eq(fd, -1);
	limit_file_size(2 * PAGE);
	cr_assert_eq(memfd_make("test", 2 * PAGE, &fd), 0);
	fd_close(&fd);
	cr_assert_eq(memfd_write_body(&part, 1, 2 * PAGE, &fd), 0);
	fd_close(&fd);
}

static void on_alarm(int signal)
{
	(void)signal;
}

Test(memfd, a_storm_of_signals_does_not_keep_a_large_one_from_being_made)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval storm = { { 0, 200 }, { 0, 200 } };
	struct itimerval calm = { { 0, 0 }, { 0, 0 } };
	size_t size = 32u << 20;
	int fd = -1;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &storm, NULL);
	cr_assert_eq(memfd_make("test", size, &fd), 0);
	setitimer(ITIMER_REAL, &calm, NULL);
	cr_assert_eq(memfd_check_region(fd, size, 0), 0);
	fd_close(&fd);
}

Test(memfd, a_body_holds_its_parts_and_can_never_change)
{
	struct iovec parts[] = { { "head", 4 }, { NULL, 0 }, { "body", 4 } };
	char text[9] = { 0 };
	int fd = -1;

	cr_assert_eq(memfd_write_body(parts, 3, 8, &fd), 0);
	cr_assert_eq(memfd_check_body(fd, 8), 0);
	cr_assert_eq(memfd_check_body(fd, 7), -EBADMSG);
	cr_assert_eq(memfd_check_body(fd, 9), -EBADMSG);
	cr_assert_eq(memfd_check_body(fd, 0), -EBADMSG);
	cr_assert_eq(pread(fd, text, 8, 0), 8);
	cr_assert_str_eq(text, "headbody");
	cr_assert_lt(pwrite(fd, "x", 1, 0), 0);
	cr_assert_lt(ftruncate(fd, 0), 0);
	cr_assert_eq(mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	fd_close(&fd);
}

Test(memfd, a_body_whose_parts_do_not_add_up_is_refused)
{
	struct iovec parts[] = { { "head", 4 }, { "body", SIZE_MAX } };
	int fd = -1;

	cr_assert_eq(memfd_write_body(parts, 1, 3, &fd), -EINVAL);
	cr_assert_eq(memfd_write_body(parts, 1, 5, &fd), -EINVAL);
	cr_assert_eq(memfd_write_body(parts, 2, 3, &fd), -EINVAL);
	cr_assert_eq(memfd_write_body(parts, 0, 0, &fd), -EINVAL);
	parts[0].iov_base = NULL;
	cr_assert_eq(memfd_write_body(parts, 1, 4, &fd), -EFAULT);
	cr_assert_eq(fd, -1);
}

Test(memfd, a_large_body_goes_through)
{
	size_t size = (8u << 20) + 13;
	char *large = malloc(size);
	struct iovec parts[] = { { large, 5 }, { large + 5, size - 5 } };
	char *map;
	int fd = -1;

	for (size_t i = 0; i < size; i++)
		large[i] = (char)(i * 31 >> 3);
	cr_assert_eq(memfd_write_body(parts, 2, size, &fd), 0);
	cr_assert_eq(memfd_check_body(fd, size), 0);
	map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	cr_assert_neq(map, MAP_FAILED);
	cr_assert_eq(memcmp(map, large, size), 0);
	munmap(map, size);
	free(large);
	fd_close(&fd);
}

Test(memfd, what_is_no_sealed_memfd_is_refused)
{
	char name[] = "/tmp/cohort-memf-XXXXXX";
	int file = mkstemp(name);
	int ends[2];
	int sparse = memfd_create("sparse", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int huge = memfd_create("huge", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);

	unlink(name);
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(ftruncate(file, PAGE), 0);
	cr_assert_eq(memfd_check_region(file, PAGE, 0), -EBADMSG);
	cr_assert_eq(memfd_check_body(file, PAGE), -EBADMSG);
	cr_assert_eq(memfd_check_region(ends[0], PAGE, 0), -EBADMSG);
	cr_assert_eq(memfd_check_region(-1, PAGE, 0), -EBADMSG);
	cr_assert_eq(ftruncate(sparse, 2 * PAGE), 0);
	cr_assert_eq(pwrite(sparse, "x", 1, 0), 1);
	cr_assert_eq(memfd_seal(sparse, MEMFD_BODY_SEALS), 0);
	cr_assert_eq(memfd_check_body(sparse, 2 * PAGE), -EBADMSG);
	if (huge >= 0) {
		cr_assert_eq(ftruncate(huge, 2 << 20), 0);
		cr_assert_eq(memfd_check_region(huge, 2 << 20, 0), -EBADMSG);
		close(huge);
	}
	close(file);
	close(sparse);
	close(ends[0]);
	close(ends[1]);
}

Test(memfd, a_writable_mapping_keeps_the_write_seal_off)
{
	int fd = -1;
	void *map;

	cr_assert_eq(memfd_make("test", PAGE, &fd), 0);
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	cr_assert_neq(map, MAP_FAILED);
	cr_assert_eq(memfd_seal(fd, F_SEAL_WRITE), -EBUSY);
	cr_assert_eq(memfd_seal(fd, F_SEAL_FUTURE_WRITE), 0);
	munmap(map, PAGE);
	fd_close(&fd);
}
