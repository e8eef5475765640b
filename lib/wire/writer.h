/*
 * writer: writes fixed-width little-endian fields into a buffer of the caller's.
 *
 * The counterpart of cursor, with the same sticky error: the first thing that does not fit
 * (-EMSGSIZE) or breaks a rule (-EINVAL) stops all later writes, and writer_done() reports it.
 */
#ifndef COHORT_WIRE_WRITER_H
#define COHORT_WIRE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer {
	uint8_t *data; /* borrowed */
	size_t size;
	size_t used;
	int error; /* 0 or a negative errno */
};

/* `size` above INT_MAX counts as INT_MAX, so that writer_done() can return the length. */
void writer_init(struct writer *writer, void *data, size_t size);

void writer_u8(struct writer *writer, uint8_t value);
void writer_u16(struct writer *writer, uint16_t value);
void writer_u32(struct writer *writer, uint32_t value);
void writer_u64(struct writer *writer, uint64_t value);
void writer_i32(struct writer *writer, int32_t value);
void writer_i64(struct writer *writer, int64_t value);

/* `data` may be NULL if count is 0. */
void writer_bytes(struct writer *writer, const void *data, size_t count);

/* Reserved bytes. */
void writer_zero(struct writer *writer, size_t count);

/* A field's rule: `holds` false makes the error -EINVAL, unless there is one already. */
void writer_require(struct writer *writer, bool holds);

/* The number of bytes written, or the first error. */
int writer_done(const struct writer *writer);

#endif
