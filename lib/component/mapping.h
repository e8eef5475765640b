/*
 * A part of a file, mapped so that it can neither vanish nor, where that was not asked for, be
 * written to.
 *
 * Both sides use this: the caller to refuse at once what the component would refuse, and to make
 * the descriptor that it gives away; the component because it believes nothing of it.
 */
#ifndef COHORT_COMPONENT_MAPPING_H
#define COHORT_COMPONENT_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A part of a file, and how it is asked for: COHORT_BUFFER_READ, _WRITE. */
struct extent {
	uint64_t offset;
	uint64_t length;
	uint32_t access;
};

enum memory_kind {
	MEMORY_NEITHER, /* nothing that can be trusted not to shrink */
	MEMORY_MEMFD,
	MEMORY_DMA_BUF,
};

/* What a descriptor is, as far as it matters here. */
struct memory {
	enum memory_kind kind;
	uint64_t size;
	int mode;	/* O_RDONLY, O_WRONLY, O_RDWR, O_PATH */
	bool unwritten; /* sealed against being written */
};

/* 0, or -EBADF. */
int memory_look(int fd, struct memory *memory);

/*
 * Whether that part can be had of it: pure. -EINVAL: the numbers make no sense or the file is too
 * short; -EPERM: it is no such file, or may not be written.
 */
int memory_check(const struct memory *memory, const struct extent *extent);

/*
 * Checks, and makes a descriptor that allows no more than `access`, close-on-exec, the caller's to
 * close. -EPERM also: it cannot be narrowed to reading. -EMFILE, -ENFILE, -ENOMEM.
 */
int memory_narrow(int fd, const struct extent *extent, int *out);

/* Where it lies. All zero: nowhere. */
struct mapping {
	void *data;
	size_t length;
};

/* Checks and maps. `fd` is borrowed, and not needed for the mapping afterwards. -ENOMEM, and so on. */
int mapping_open(struct mapping *mapping, int fd, const struct extent *extent);
/* Harmless when repeated. */
void mapping_close(struct mapping *mapping);

#endif
