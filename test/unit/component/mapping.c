/*
 * Parts of files: which are refused and why, and that read-only is read-only.
 */
#include "component/mapping.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cohort/component.h"
#include "support/support.h"

TestSuite(mapping, .timeout = 60);

#define READ COHORT_BUFFER_READ
#define WRITE (COHORT_BUFFER_READ | COHORT_BUFFER_WRITE)

static size_t page;

static int memfd_of(size_t pages, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	page = (size_t)sysconf(_SC_PAGESIZE);
	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, (off_t)(pages * page)), 0);
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static struct extent extent_of(uint64_t offset, uint64_t length, uint32_t access)
{
	return (struct extent){ offset, length, access };
}

static int try_extent(int fd, struct extent extent)
{
	struct mapping mapping = { NULL, 0 };
	int err = mapping_open(&mapping, fd, &extent);

	cr_assert_eq(!err, mapping.data != NULL);
	mapping_close(&mapping);
	return err;
}

static int try_narrow(int fd, struct extent extent)
{
	int out = -1;
	int err = memory_narrow(fd, &extent, &out);

	cr_assert_eq(!err, out >= 0);
	if (!err)
		close(out);
	return err;
}

/* Both sides judge alike. */
static void refused(int fd, struct extent extent, int error)
{
	cr_assert_eq(try_extent(fd, extent), error);
	cr_assert_eq(try_narrow(fd, extent), error);
}

Test(mapping, a_sealed_memfd_is_mapped_where_it_was_asked_for)
{
	int fd = memfd_of(3, F_SEAL_SHRINK);
	struct extent extent = extent_of(page, page + 5, WRITE);
	struct mapping mapping;

	cr_assert_eq(mapping_open(&mapping, fd, &extent), 0);
	cr_assert_eq(mapping.length, page + 5);
	strcpy(mapping.data, "written");
	mapping_close(&mapping);
	cr_assert_eq(mapping.data, NULL);
	mapping_close(&mapping);

	char text[8];
	cr_assert_eq(pread(fd, text, sizeof(text), (off_t)page), 8);
	cr_assert_str_eq(text, "written");
	close(fd);
}

Test(mapping, a_memfd_that_can_shrink_is_refused)
{
	int fd = memfd_of(1, F_SEAL_GROW);

	refused(fd, extent_of(0, page, READ), -EPERM);
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	cr_assert_eq(try_extent(fd, extent_of(0, page, READ)), 0);
	close(fd);
}

Test(mapping, what_is_no_memfd_is_refused)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	FILE *file = tmpfile();
	int ends[2];

	page = (size_t)sysconf(_SC_PAGESIZE);
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	cr_assert_eq(ftruncate(fileno(file), (off_t)page), 0);
	refused(null, extent_of(0, page, READ), -EPERM);
	refused(fileno(file), extent_of(0, page, READ), -EPERM);
	refused(ends[0], extent_of(0, page, READ), -EPERM);
	close(null);
	close(ends[0]);
	close(ends[1]);
	fclose(file);
}

Test(mapping, what_is_not_open_is_refused)
{
	int fd = memfd_of(1, F_SEAL_SHRINK);
	char path[32];
	int place;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	place = open(path, O_PATH | O_CLOEXEC);
	cr_assert_geq(place, 0);
	refused(place, extent_of(0, page, READ), -EBADF);
	refused(-1, extent_of(0, page, READ), -EBADF);
	close(place);
	close(fd);
}

Test(mapping, numbers_that_make_no_sense_are_refused)
{
	int fd = memfd_of(4, F_SEAL_SHRINK);

	refused(fd, extent_of(0, 0, READ), -EINVAL);
	refused(fd, extent_of(1, 1, READ), -EINVAL);
	refused(fd, extent_of(page / 2, page, READ), -EINVAL);
	refused(fd, extent_of(0, page, 0), -EINVAL);
	refused(fd, extent_of(0, page, 4 | READ), -EINVAL);
	refused(fd, extent_of(0, 4 * page + 1, READ), -EINVAL);
	refused(fd, extent_of(4 * page, 1, READ), -EINVAL);
	refused(fd, extent_of(5 * page, 1, READ), -EINVAL);
	refused(fd, extent_of(page, UINT64_MAX - page + 1, READ), -EINVAL);
	refused(fd, extent_of(UINT64_MAX - page + 1, page, READ), -EINVAL);
	refused(fd, extent_of((uint64_t)INT64_MAX + 1, page, READ), -EINVAL);
	cr_assert_eq(try_extent(fd, extent_of(3 * page, page, READ)), 0);
	cr_assert_eq(try_narrow(fd, extent_of(0, 4 * page, WRITE)), 0);
	close(fd);
}

Test(mapping, what_must_not_be_written_is_refused_for_writing)
{
	int fd = memfd_of(1, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE);
	int sealed = memfd_of(1, F_SEAL_SHRINK | F_SEAL_WRITE);
	int good = memfd_of(1, F_SEAL_SHRINK);
	struct extent extent = extent_of(0, page, READ);
	int reading;

	refused(fd, extent_of(0, page, WRITE), -EPERM);
	refused(sealed, extent_of(0, page, WRITE), -EPERM);
	cr_assert_eq(memory_narrow(good, &extent, &reading), 0);
	refused(reading, extent_of(0, page, WRITE), -EPERM);
	cr_assert_eq(try_narrow(fd, extent), 0);
	cr_assert_eq(try_narrow(sealed, extent), 0);
	cr_assert_eq(try_extent(reading, extent), 0);
	close(fd);
	close(sealed);
	close(good);
	close(reading);
}

Test(mapping, a_descriptor_for_reading_gives_no_memory_that_can_be_written)
{
	int fd = memfd_of(1, F_SEAL_SHRINK);
	struct extent extent = extent_of(0, page, READ);
	struct mapping mapping;
	int reading;

	cr_assert_eq(memory_narrow(fd, &extent, &reading), 0);
	cr_assert_eq(fcntl(reading, F_GETFL) & O_ACCMODE, O_RDONLY);
	cr_assert(fcntl(reading, F_GETFD) & FD_CLOEXEC);
	cr_assert_eq(write(reading, "x", 1), -1);
	cr_assert_eq(mmap(NULL, page, PROT_WRITE, MAP_SHARED, reading, 0), MAP_FAILED);

	cr_assert_eq(mapping_open(&mapping, reading, &extent), 0);
	close(reading);
	cr_assert_eq(mprotect(mapping.data, page, PROT_READ | PROT_WRITE), -1);
	cr_assert_eq(errno, EACCES);
	cr_assert_eq(pwrite(fd, "seen", 5, 0), 5);
	cr_assert_str_eq(mapping.data, "seen");
	mapping_close(&mapping);
	close(fd);
}

Test(mapping, a_descriptor_for_writing_is_the_same_file)
{
	int fd = memfd_of(1, F_SEAL_SHRINK);
	struct extent extent = extent_of(0, page, WRITE);
	int copy;

	cr_assert_eq(memory_narrow(fd, &extent, &copy), 0);
	cr_assert_neq(copy, fd);
	cr_assert(fcntl(copy, F_GETFD) & FD_CLOEXEC);
	cr_assert_eq(try_extent(copy, extent), 0);
	close(copy);
	close(fd);
}

/* There need not be huge pages on this machine: an empty file of them is told as well. */
Test(mapping, huge_pages_are_refused)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);
	struct memory memory;

	if (fd < 0) {
		cr_assert(errno == ENOENT || errno == ENODEV || errno == EINVAL || errno == ENOSYS);
		return; /* this kernel has none */
	}
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	cr_assert_eq(memory_look(fd, &memory), 0);
	cr_assert_eq(memory.kind, MEMORY_NEITHER);
	close(fd);
}

static int judge(int mode, struct extent extent)
{
	struct memory buffer = { MEMORY_DMA_BUF, 16 * page, mode, false };

	return memory_check(&buffer, &extent);
}

Test(mapping, a_dma_buf_is_read_only_only_if_it_was_exported_so)
{
	page = (size_t)sysconf(_SC_PAGESIZE);
	cr_assert_eq(judge(O_RDWR, extent_of(0, 16 * page, WRITE)), 0);
	cr_assert_eq(judge(O_RDONLY, extent_of(page, 15 * page, READ)), 0);
	cr_assert_eq(judge(O_RDWR, extent_of(0, page, READ)), -EPERM);
	cr_assert_eq(judge(O_RDONLY, extent_of(0, page, WRITE)), -EPERM);
	cr_assert_eq(judge(O_RDWR, extent_of(page, 16 * page, WRITE)), -EINVAL);
}

Test(mapping, leaves_nothing)
{
	struct census before;
	char why[CENSUS_NAMES_MAX];
	int fd;

	cr_assert_eq(census_take(&before, 0, NULL), 0);
	fd = memfd_of(2, F_SEAL_SHRINK);
	for (int i = 0; i < 100; i++) {
		cr_assert_eq(try_narrow(fd, extent_of(0, page, READ)), 0);
		cr_assert_eq(try_extent(fd, extent_of(page, page, WRITE)), 0);
		refused(fd, extent_of(page, 2 * page, WRITE), -EINVAL);
	}
	close(fd);
	cr_assert(census_settle(&before, why, sizeof(why)), "%s", why);
}
