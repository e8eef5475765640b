/*
 * A region for the tests of lib/shm: a memfd of this process, mapped as a session maps it.
 */
#ifndef COHORT_TEST_UNIT_SHM_MEMORY_H
#define COHORT_TEST_UNIT_SHM_MEMORY_H

#include <criterion/criterion.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shm/region.h"

struct memory {
	int fd;
	struct region_shape shape;
	struct region region;
};

static inline int memory_file(size_t size)
{
	int fd = memfd_create("test-region", MFD_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static inline void memory_open(struct memory *m, size_t ring0, size_t ring1)
{
	region_shape(&m->shape, ring0, ring1);
	m->fd = memory_file(m->shape.size);
	cr_assert_eq(region_map(&m->region, m->fd, &m->shape), 0);
}

static inline void memory_close(struct memory *m)
{
	region_unmap(&m->region);
	close(m->fd);
}

#endif
