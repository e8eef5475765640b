/*
 * Under ThreadSanitizer, two handles of one process that share a session also share one mapping:
 * the tool tells memory apart by address, and would otherwise not see that the two views are the
 * same words. A table of the process counts who uses a mapping. In every other build each handle
 * maps for itself.
 */
#include "shm/region.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/lock.h"
#include "base/sanitizer.h"

#define PAGE_BYTES 4096u

void region_shape(struct region_shape *shape, size_t ring0, size_t ring1)
{
	shape->ring_size[0] = ring0;
	shape->ring_size[1] = ring1;
	shape->size = 2 * LANE_SIZE + 2 * (size_t)SLOT_COUNT * SLOT_SIZE + ring0 + ring1;
}

static size_t control_size(void)
{
	return 2 * LANE_SIZE + 2 * (size_t)SLOT_COUNT * SLOT_SIZE;
}

unsigned char *region_map_twice(int fd, size_t offset, size_t size, bool writable)
{
	int access = writable ? PROT_READ | PROT_WRITE : PROT_READ;
	unsigned char *base;

	base = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return NULL;
	if (mmap(base, size, access, MAP_SHARED | MAP_FIXED, fd, (off_t)offset) == MAP_FAILED ||
	    mmap(base + size, size, access, MAP_SHARED | MAP_FIXED, fd, (off_t)offset) ==
		    MAP_FAILED ||
	    madvise(base, 2 * size, MADV_DONTFORK)) {
		int err = errno;

		munmap(base, 2 * size);
		errno = err;
		return NULL;
	}
	return base;
}

void region_unmap_twice(unsigned char *base, size_t size)
{
	if (base)
		munmap(base, 2 * size);
}

static void forget(struct region *region)
{
	*region = (struct region){ .shared_with = -1 };
}

static void unmap_all(struct region *region)
{
	for (int i = 0; i < 2; i++)
		region_unmap_twice(region->data[i], region->shape.ring_size[i]);
	if (region->control)
		munmap(region->control, region->control_size);
	forget(region);
}

static void place(struct region *region)
{
	unsigned char *at = region->control;

	region->lane[0] = (struct lane *)(void *)at;
	region->lane[1] = (struct lane *)(void *)(at + LANE_SIZE);
	region->slots[0] = (struct slot *)(void *)(at + 2 * LANE_SIZE);
	region->slots[1] = (struct slot *)(void *)(at + 2 * LANE_SIZE + SLOT_COUNT * SLOT_SIZE);
}

static int map_all(struct region *region, int fd, const struct region_shape *shape)
{
	size_t offset = control_size();
	void *control;

	forget(region);
	region->shape = *shape;
	control = mmap(NULL, offset, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (control == MAP_FAILED)
		return -errno;
	region->control = control;
	region->control_size = offset;
	place(region);
	if (madvise(control, offset, MADV_DONTFORK))
		goto fail;
	for (int i = 0; i < 2; i++) {
		region->data[i] = region_map_twice(fd, offset, shape->ring_size[i], true);
		if (!region->data[i])
			goto fail;
		offset += shape->ring_size[i];
	}
	return 0;
fail : {
	int err = -errno;

	unmap_all(region);
	return err;
}
}

#if UNDER_TSAN

#define SHARED_MAX 2048

static struct {
	pthread_mutex_t mutex;
	struct {
		dev_t dev;
		ino_t ino;
		int users;
		struct region region;
	} entry[SHARED_MAX];
} shared = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static int find_shared(const struct stat *st)
{
	int unused = -1;

	for (int i = 0; i < SHARED_MAX; i++) {
		if (!shared.entry[i].users)
			unused = unused < 0 ? i : unused;
		else if (shared.entry[i].ino == st->st_ino && shared.entry[i].dev == st->st_dev)
			return i;
	}
	return unused;
}

int region_map(struct region *region, int fd, const struct region_shape *shape)
{
	struct stat st;
	int i, err = 0;

	forget(region);
	if (fstat(fd, &st))
		return -errno;
	pthread_mutex_lock(&shared.mutex);
	i = find_shared(&st);
	if (i < 0)
		err = -ENOMEM;
	else if (!shared.entry[i].users)
		err = map_all(&shared.entry[i].region, fd, shape);
	if (!err) {
		shared.entry[i].users++;
		shared.entry[i].dev = st.st_dev;
		shared.entry[i].ino = st.st_ino;
		*region = shared.entry[i].region;
		region->shared_with = i;
	}
	pthread_mutex_unlock(&shared.mutex);
	return err;
}

void region_unmap(struct region *region)
{
	int i = region->shared_with;

	if (!region->control)
		return;
	pthread_mutex_lock(&shared.mutex);
	if (--shared.entry[i].users == 0)
		unmap_all(&shared.entry[i].region);
	pthread_mutex_unlock(&shared.mutex);
	forget(region);
}

#else

int region_map(struct region *region, int fd, const struct region_shape *shape)
{
	return map_all(region, fd, shape);
}

void region_unmap(struct region *region)
{
	unmap_all(region);
}

#endif
