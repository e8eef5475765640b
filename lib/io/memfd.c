/*
 * How anonymous files are made so that they cannot hurt, and how foreign ones are told from what
 * can.
 *
 * Made: RLIMIT_FSIZE is asked first, because exceeding it is a signal that kills the host. A
 * region is allocated with fallocate(), so that it cannot run out of memory (SIGBUS) when it is
 * touched. fallocate() starts over when a signal comes, and under a storm of them a large one
 * never ends: each EINTR halves the piece asked for. A body is written with write(), which
 * allocates as it goes.
 *
 * Sealing against writing: the kernel looks whether anybody else holds a page of the file, waits
 * 150 ms at most for them, and then says EBUSY. Nobody else knows a new body yet, but the kernel
 * itself holds pages, for moments (in lists by which it ages and moves them), and for longer when
 * what does so gets no processor. So EBUSY is tried again, some times.
 *
 * Foreign: F_GET_SEALS only looks at what kind of file it is and can block on none; fstat() of a
 * FUSE file asks its server and can block for ever. Once it is known to live in shared memory the
 * rest is safe. Seals alone are no proof of ordinary pages: hugetlb answers too, where a fault
 * can fail for want of a huge page; hence the file system's type. And a sparse file needs memory
 * when it is read.
 */
#include "io/memfd.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"

/* Linux 6.3; the headers of Debian 12 do not have it. Some systems allow no memfd without. */
#define MEMFD_NOEXEC_SEAL 0x0008U

/* Small enough to be allocated between two signals of a storm. */
#define MEMFD_PIECE_MIN ((off_t)64 * 1024)

#define MEMFD_SEAL_TRIES 10

/* What a caller can do about it is the same. */
static int memfd_error(int e)
{
	return e == ENOSPC ? -ENOMEM : e == ENFILE ? -EMFILE : -e;
}

static int memfd_open(const char *name, int *out)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MEMFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return memfd_error(errno);
	*out = fd_own(fd);
	return 0;
}

static int size_check(size_t size)
{
	struct rlimit limit;

	if (size == 0)
		return -EINVAL;
	if (size > INT64_MAX)
		return -EFBIG;
	if (getrlimit(RLIMIT_FSIZE, &limit) < 0)
		return -errno;
	return limit.rlim_cur != RLIM_INFINITY && size > limit.rlim_cur ? -EFBIG : 0;
}

static int memfd_allocate(int fd, off_t size)
{
	off_t piece = size;
	off_t at = 0;

	while (at < size) {
		if (piece > size - at)
			piece = size - at;
		if (fallocate(fd, 0, at, piece) == 0)
			at += piece;
		else if (errno != EINTR)
			return memfd_error(errno);
		else if (piece > MEMFD_PIECE_MIN)
			piece /= 2;
	}
	return 0;
}

int memfd_make(const char *name, size_t size, int *out)
{
	int fd = -1;
	int err = size_check(size);

	if (err == 0)
		err = memfd_open(name, &fd);
	if (err < 0)
		return err;
	err = ftruncate(fd, (off_t)size) < 0 ? memfd_error(errno) : memfd_allocate(fd, (off_t)size);
	if (err < 0) {
		fd_close(&fd);
		return err;
	}
	*out = fd;
	return 0;
}

int memfd_seal(int fd, unsigned seals)
{
	int tries = MEMFD_SEAL_TRIES;

	while (fcntl(fd, F_ADD_SEALS, seals) < 0) {
		if (errno != EBUSY || --tries == 0)
			return -errno;
	}
	return 0;
}

static bool has_seals(int fd, unsigned seals)
{
	int have = fcntl(fd, F_GET_SEALS);

	return have >= 0 && ((unsigned)have & seals) == seals;
}

static bool is_whole(int fd, size_t size)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size >= 0 && (uint64_t)st.st_size == size &&
	       (uint64_t)st.st_blocks * 512 >= size;
}

static bool is_tmpfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
}

int memfd_check_region(int fd, size_t size, unsigned seals)
{
	bool good = size > 0 && has_seals(fd, seals) && is_whole(fd, size) && is_tmpfs(fd);

	return good ? 0 : -EBADMSG;
}

static int parts_check(const struct iovec *parts, size_t n, size_t total)
{
	for (size_t i = 0; i < n; i++) {
		if (parts[i].iov_len > total)
			return -EINVAL;
		total -= parts[i].iov_len;
	}
	return total == 0 ? 0 : -EINVAL;
}

static int part_write(int fd, const struct iovec *part)
{
	const char *at = part->iov_base;
	size_t left = part->iov_len;

	while (left > 0) {
		ssize_t done = write(fd, at, left);

		if (done < 0 && errno != EINTR)
			return memfd_error(errno);
		if (done > 0) {
			at += done;
			left -= (size_t)done;
		}
	}
	return 0;
}

static int parts_write(int fd, const struct iovec *parts, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && err == 0; i++)
		err = part_write(fd, &parts[i]);
	return err;
}

int memfd_write_body(const struct iovec *parts, size_t n, size_t total, int *out)
{
	int fd = -1;
	int err = parts_check(parts, n, total);

	if (err == 0)
		err = size_check(total);
	if (err == 0)
		err = memfd_open("cohort-body", &fd);
	if (err == 0)
		err = parts_write(fd, parts, n);
	if (err == 0)
		err = memfd_seal(fd, MEMFD_BODY_SEALS);
	if (err < 0) {
		fd_close(&fd);
		return err == -EBUSY ? -ENOMEM : err;
	}
	*out = fd;
	return 0;
}

int memfd_check_body(int fd, size_t length)
{
	return memfd_check_region(fd, length, MEMFD_BODY_SEALS);
}
