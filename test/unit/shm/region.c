/*
 * Regions: where the parts lie, that rings are mapped twice in a row, and that nothing stays mapped.
 */
#include "unit/shm/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "shm/slot.h"
#include "support/support.h"

#define RING0 16384u
#define RING1 32768u

Test(region, shape_is_lanes_then_slots_then_both_rings)
{
	struct region_shape shape;

	region_shape(&shape, RING0, RING1);
	cr_assert_eq(shape.ring_size[0], RING0);
	cr_assert_eq(shape.ring_size[1], RING1);
	cr_assert_eq(shape.size, 2 * 4096 + 2 * 128 * 1024 + RING0 + RING1);
}

Test(region, parts_lie_where_the_protocol_says)
{
	const size_t rings = 2 * LANE_SIZE + 2 * SLOT_COUNT * SLOT_SIZE;
	struct memory m;
	unsigned char *file;

	memory_open(&m, RING0, RING1);
	file = mmap(NULL, m.shape.size, PROT_READ | PROT_WRITE, MAP_SHARED, m.fd, 0);
	cr_assert_neq(file, MAP_FAILED);
	atomic_store(&m.region.lane[0]->tail, 1);
	atomic_store(&m.region.lane[1]->tail, 2);
	atomic_store(&m.region.slots[0][1].word, 3);
	atomic_store(&m.region.slots[1][127].word, 4);
	m.region.data[0][5] = 5;
	m.region.data[1][RING1 - 1] = 6;
	cr_assert_eq(file[0], 1);
	cr_assert_eq(file[LANE_SIZE], 2);
	cr_assert_eq(file[2 * LANE_SIZE + SLOT_SIZE], 3);
	cr_assert_eq(file[rings - SLOT_SIZE], 4);
	cr_assert_eq(file[rings + 5], 5);
	cr_assert_eq(file[m.shape.size - 1], 6);
	munmap(file, m.shape.size);
	memory_close(&m);
}

Test(region, words_of_a_lane_lie_where_the_protocol_says)
{
	struct memory m;
	unsigned char *at;

	memory_open(&m, RING0, RING1);
	at = (unsigned char *)m.region.lane[0];
	cr_assert_eq((void *)(at + 64), (void *)&m.region.lane[0]->producer_cpu);
	cr_assert_eq((void *)(at + 128), (void *)&m.region.lane[0]->head);
	cr_assert_eq((void *)(at + 196), (void *)&m.region.lane[0]->consumer_cpu);
	cr_assert_eq((void *)(at + 264), (void *)&m.region.lane[0]->body_taken);
	cr_assert_eq((void *)(at + 320 + 8), (void *)&m.region.lane[0]->completed[1]);
	memory_close(&m);
}

Test(region, what_is_written_past_the_end_of_a_ring_lies_at_its_beginning)
{
	struct memory m;

	memory_open(&m, RING0, RING1);
	for (int i = 0; i < 2; i++) {
		size_t size = m.shape.ring_size[i];

		memcpy(m.region.data[i] + size - 4, "sideways", 8);
		cr_assert_eq(memcmp(m.region.data[i], "ways", 4), 0);
		m.region.data[i][1] = 'x';
		cr_assert_eq(m.region.data[i][size + 1], 'x');
	}
	memory_close(&m);
}

Test(region, read_only_mapping_shows_the_writers_bytes)
{
	int fd = memory_file(RING0);
	unsigned char *writer = region_map_twice(fd, 0, RING0, true);
	unsigned char *reader = region_map_twice(fd, 0, RING0, false);

	cr_assert_not_null(writer);
	cr_assert_not_null(reader);
	writer[7] = 'w';
	cr_assert_eq(reader[RING0 + 7], 'w');
	region_unmap_twice(writer, RING0);
	region_unmap_twice(reader, RING0);
	region_unmap_twice(NULL, RING0);
	close(fd);
}

Test(region, that_cannot_be_mapped_leaves_nothing_mapped)
{
	struct census before, after;
	struct region region;
	struct region_shape shape;
	char why[512];
	int fds[2];

	cr_assert_eq(pipe(fds), 0);
	region_shape(&shape, RING0, RING1);
	cr_assert_eq(census_take(&before, 0, NULL), 0);
	cr_assert_lt(region_map(&region, fds[0], &shape), 0);
	cr_assert_null(region.control);
	cr_assert_eq(region_map(&region, -1, &shape), -EBADF);
	errno = 0;
	cr_assert_null(region_map_twice(fds[0], 0, RING0, true));
	cr_assert_neq(errno, 0);
	region_unmap(&region);
	cr_assert_eq(census_take(&after, 0, NULL), 0);
	cr_assert(census_equal(&before, &after, why, sizeof(why)), "%s", why);
	close(fds[0]);
	close(fds[1]);
}

Test(region, mapped_and_unmapped_leaves_nothing_and_can_be_unmapped_again)
{
	struct census before, after;
	struct memory m;
	char why[512];

	cr_assert_eq(census_take(&before, 0, NULL), 0);
	memory_open(&m, RING0, RING1);
	cr_assert_eq(census_take(&after, 0, NULL), 0);
	cr_assert_gt(after.mappings, before.mappings);
	region_unmap(&m.region);
	region_unmap(&m.region);
	cr_assert_null(m.region.control);
	memory_close(&m);
	cr_assert_eq(census_take(&after, 0, NULL), 0);
	cr_assert(census_equal(&before, &after, why, sizeof(why)), "%s", why);
}

static bool is_mapped(const void *at)
{
	unsigned char vec;

	return mincore((void *)(uintptr_t)at, 4096, &vec) == 0;
}

Test(region, is_not_in_a_forked_child)
{
	struct memory m;
	int status;
	pid_t pid;

	memory_open(&m, RING0, RING1);
	cr_assert(is_mapped(m.region.data[1]));
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0)
		_exit(is_mapped(m.region.control) || is_mapped(m.region.data[0]) ||
		      is_mapped(m.region.data[1] + RING1));
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "the child can reach the region");
	memory_close(&m);
}

Test(region, two_mappings_of_one_file_are_the_same_words)
{
	struct memory m;
	struct region other;

	memory_open(&m, RING0, RING1);
	cr_assert_eq(region_map(&other, m.fd, &m.shape), 0);
	atomic_store(&m.region.lane[1]->head, 77);
	m.region.data[0][9] = 'z';
	cr_assert_eq(atomic_load(&other.lane[1]->head), 77);
	cr_assert_eq(other.data[0][9], 'z');
	region_unmap(&other);
	cr_assert_eq(atomic_load(&m.region.lane[1]->head), 77, "the other one is still there");
	memory_close(&m);
}
