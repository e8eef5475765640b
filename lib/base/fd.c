/*
 * The bitmap is static because a forked child, which may run only async-signal-safe code, must
 * find it whole at any moment. Each bit stands for itself and guards no data, so all operations
 * are relaxed. Pages of it which were never written cost nothing.
 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define OWNED_MAX (1 << 20)
#define OWNED_BITS 64

/* So that a descriptor of the library never takes the place of a closed stdin, stdout or stderr. */
#define FD_FIRST 3

static _Atomic uint64_t owned[OWNED_MAX / OWNED_BITS];

static uint64_t owned_bit(int fd)
{
	return UINT64_C(1) << (fd % OWNED_BITS);
}

static void close_word(unsigned index, uint64_t bits)
{
	while (bits) {
		close((int)(index * OWNED_BITS) + __builtin_ctzll(bits));
		bits &= bits - 1;
	}
}

void fd_close(int *fd)
{
	int error = errno;
	int closing = fd_steal(fd);

	if (closing < 0)
		return;
	fd_disown(closing);
	close(closing);
	errno = error;
}

int fd_dup(int fd, int *out)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, FD_FIRST);

	if (copy < 0)
		return -errno;
	*out = fd_own(copy);
	return 0;
}

int fd_own(int fd)
{
	if (fd >= 0 && fd < OWNED_MAX)
		atomic_fetch_or_explicit(&owned[fd / OWNED_BITS], owned_bit(fd),
					 memory_order_relaxed);
	return fd;
}

void fd_disown(int fd)
{
	if (fd >= 0 && fd < OWNED_MAX)
		atomic_fetch_and_explicit(&owned[fd / OWNED_BITS], ~owned_bit(fd),
					  memory_order_relaxed);
}

void fd_close_owned(void)
{
	int error = errno;

	for (unsigned i = 0; i < OWNED_MAX / OWNED_BITS; i++) {
		if (atomic_load_explicit(&owned[i], memory_order_relaxed) != 0)
			close_word(i, atomic_exchange_explicit(&owned[i], 0, memory_order_relaxed));
	}
	errno = error;
}

int fdlist_push(struct fdlist *list, int fd)
{
	if (list->count == FDLIST_MAX)
		return -EMSGSIZE;
	list->fd[list->count++] = fd;
	return 0;
}

int fdlist_take(struct fdlist *list, unsigned index, int *out)
{
	if (index >= list->count || list->fd[index] < 0)
		return -ENOENT;
	*out = fd_steal(&list->fd[index]);
	return 0;
}

void fdlist_close(struct fdlist *list)
{
	for (unsigned i = 0; i < list->count; i++)
		fd_close(&list->fd[i]);
	list->count = 0;
}

void fdlist_move(struct fdlist *dst, struct fdlist *src)
{
	dst->count = src->count;
	memcpy(dst->fd, src->fd, src->count * sizeof(src->fd[0]));
	src->count = 0;
}
