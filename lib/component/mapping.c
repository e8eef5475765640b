/*
 * mapping.c: what is looked at, in this order, and why.
 *
 * Seals first: F_GET_SEALS blocks on no file, whatever it is. Only a memfd can have F_SEAL_SHRINK.
 * Seals cannot be taken off, so a size that is read after the seal was seen can only grow, and no
 * page of the mapping can go: no SIGBUS. Memfds of huge pages are refused although they can be sealed:
 * a hole that is punched into one gives its page to others, and the next touch finds none.
 *
 * A dma-buf has its size for life. It is told by its file system.
 *
 * Read-only is a matter of the descriptor, not of PROT_READ: the kernel lets no mapping of a
 * descriptor that was opened for reading become writable, mprotect() included. So a memfd is opened
 * once more, through /proc/self/fd, the only way to get a descriptor with fewer rights than the
 * first (which a duplicate shares). dma-bufs cannot be opened again. One that was exported
 * read-only is as good as it is; one that allows writing is refused for reading only, as nothing
 * would keep the other side from writing: who accepts that asks for COHORT_BUFFER_WRITE.
 */
#include "component/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cohort/component.h"

#ifndef DMA_BUF_MAGIC
#define DMA_BUF_MAGIC 0x444d4142
#endif

#define ACCESS_ALL (COHORT_BUFFER_READ | COHORT_BUFFER_WRITE)

static bool is_on(int fd, unsigned long magic)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == magic;
}

static void look_at_memfd(int fd, int seals, struct memory *memory)
{
	struct stat st;

	if (!(seals & F_SEAL_SHRINK) || !is_on(fd, TMPFS_MAGIC) || fstat(fd, &st) < 0)
		return;
	memory->kind = MEMORY_MEMFD;
	memory->size = (uint64_t)st.st_size;
	memory->unwritten = seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE);
}

/* Seeking in a dma-buf moves nothing: it only tells the size. */
static void look_at_dma_buf(int fd, struct memory *memory)
{
	off_t size;

	if (!is_on(fd, DMA_BUF_MAGIC))
		return;
	size = lseek(fd, 0, SEEK_END);
	if (size < 0)
		return;
	memory->kind = MEMORY_DMA_BUF;
	memory->size = (uint64_t)size;
}

int memory_look(int fd, struct memory *memory)
{
	int flags = fcntl(fd, F_GETFL);
	int seals;

	if (flags < 0 || (flags & O_PATH))
		return -EBADF;
	*memory = (struct memory){ .kind = MEMORY_NEITHER, .mode = flags & O_ACCMODE };
	seals = fcntl(fd, F_GET_SEALS);
	if (seals >= 0)
		look_at_memfd(fd, seals, memory);
	else
		look_at_dma_buf(fd, memory);
	return 0;
}

static int extent_check(const struct extent *extent)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (!extent->access || (extent->access & ~ACCESS_ALL))
		return -EINVAL;
	if (!extent->length || extent->length > PTRDIFF_MAX || extent->offset > INT64_MAX ||
	    extent->offset % page)
		return -EINVAL;
	return 0;
}

int memory_check(const struct memory *memory, const struct extent *extent)
{
	bool write = extent->access & COHORT_BUFFER_WRITE;
	int err = extent_check(extent);

	if (err)
		return err;
	if (memory->kind == MEMORY_NEITHER)
		return -EPERM;
	if (write && (memory->mode != O_RDWR || memory->unwritten))
		return -EPERM;
	if (!write && memory->kind == MEMORY_DMA_BUF && memory->mode != O_RDONLY)
		return -EPERM;
	if (extent->offset > memory->size || extent->length > memory->size - extent->offset)
		return -EINVAL;
	return 0;
}

static int dup_fd(int fd, int *out)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		return -errno;
	*out = copy;
	return 0;
}

static int reopen_error(int e)
{
	return e == EMFILE || e == ENFILE || e == ENOMEM ? -e : -EPERM;
}

/* A file opened here may land below 3, where the standard streams of whoever closed them belong. */
static int reopen_for_reading(int fd, int *out)
{
	char path[32];
	int opened, err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	opened = open(path, O_RDONLY | O_CLOEXEC);
	if (opened < 0)
		return reopen_error(errno);
	if (opened > STDERR_FILENO) {
		*out = opened;
		return 0;
	}
	err = dup_fd(opened, out);
	close(opened);
	return err;
}

static int look_and_check(int fd, const struct extent *extent, struct memory *memory)
{
	int err = memory_look(fd, memory);

	return err ? err : memory_check(memory, extent);
}

int memory_narrow(int fd, const struct extent *extent, int *out)
{
	struct memory memory;
	int err = look_and_check(fd, extent, &memory);

	if (err)
		return err;
	if ((extent->access & COHORT_BUFFER_WRITE) || memory.mode == O_RDONLY)
		return dup_fd(fd, out);
	return reopen_for_reading(fd, out);
}

int mapping_open(struct mapping *mapping, int fd, const struct extent *extent)
{
	int protection = PROT_READ | (extent->access & COHORT_BUFFER_WRITE ? PROT_WRITE : 0);
	struct memory memory;
	void *data;
	int err = look_and_check(fd, extent, &memory);

	if (err)
		return err;
	data = mmap(NULL, extent->length, protection, MAP_SHARED, fd, (off_t)extent->offset);
	if (data == MAP_FAILED)
		return errno == EACCES ? -EPERM : -errno;
	*mapping = (struct mapping){ data, extent->length };
	return 0;
}

void mapping_close(struct mapping *mapping)
{
	if (mapping->data)
		munmap(mapping->data, mapping->length);
	*mapping = (struct mapping){ NULL, 0 };
}
