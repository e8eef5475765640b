/*
 * memfd: anonymous files: regions that two processes map, and bodies that one writes and another
 * maps.
 *
 * The kernel's seals are what makes foreign memory safe: a file that cannot shrink cannot SIGBUS,
 * a file that cannot be written cannot change. Everything here returns 0 or a negative errno.
 */
#ifndef COHORT_IO_MEMFD_H
#define COHORT_IO_MEMFD_H

#include <fcntl.h>
#include <stddef.h>
#include <sys/uio.h>

/* A body that nobody can ever change again. */
#define MEMFD_BODY_SEALS ((unsigned)(F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))

/*
 * `size` bytes of zeros, allocated: touching them can fault no more. No seals yet.
 * -EFBIG: more than RLIMIT_FSIZE (asked first, so that no SIGXFSZ is raised). -ENOSPC, -ENOMEM:
 * no memory. -EINVAL: size 0.
 */
int memfd_make(const char *name, size_t size, int *out);

/*
 * Adds seals. -EBUSY: F_SEAL_WRITE while a writable mapping exists, or somebody else holds a page
 * for long. -EPERM: sealed against further seals.
 */
int memfd_seal(int fd, unsigned seals);

/*
 * Whether a descriptor from elsewhere is a memfd of exactly `size` bytes, on tmpfs with ordinary
 * pages, allocated whole, with at least these seals. Makes no call on the descriptor that could
 * block, whatever it is. -EBADMSG: it is not.
 */
int memfd_check_region(int fd, size_t size, unsigned seals);

/*
 * A memfd that holds the parts one after another, `total` bytes, sealed for ever. -EINVAL: the
 * parts have not `total` bytes. -ENOMEM: no memory, or a page was held all along.
 */
int memfd_write_body(const struct iovec *parts, size_t n, size_t total, int *out);

/* memfd_check_region() with a body's seals. */
int memfd_check_body(int fd, size_t length);

#endif
