/*
 * cursor: reads fixed-width little-endian fields from a buffer that somebody else filled.
 *
 * The error is sticky: once a read goes past the end, or cursor_require() is told `false`, every
 * later read returns zero and NULL, and cursor_done() says -EPROTO. So a decoder reads all its
 * fields in a row into a local and looks once, at the end.
 */
#ifndef COHORT_WIRE_CURSOR_H
#define COHORT_WIRE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *data; /* borrowed */
	size_t size;
	size_t at;
	bool failed;
};

void cursor_init(struct cursor *cursor, const void *data, size_t size);

uint8_t cursor_u8(struct cursor *cursor);
uint16_t cursor_u16(struct cursor *cursor);
uint32_t cursor_u32(struct cursor *cursor);
uint64_t cursor_u64(struct cursor *cursor);
int32_t cursor_i32(struct cursor *cursor);
int64_t cursor_i64(struct cursor *cursor);

/* The next `count` bytes, borrowed from the buffer; NULL if there are fewer. */
const uint8_t *cursor_bytes(struct cursor *cursor, size_t count);

/* All that is left, borrowed; its size in *size. */
const uint8_t *cursor_rest(struct cursor *cursor, size_t *size);

/* Reserved bytes: `count` of them, each zero. */
void cursor_zero(struct cursor *cursor, size_t count);

/* A field's rule: `holds` false is as bad as a short buffer. */
void cursor_require(struct cursor *cursor, bool holds);

/* How many bytes can still be read: 0 after an error. */
size_t cursor_left(const struct cursor *cursor);

/* 0 if every read went well and nothing is left, else -EPROTO. */
int cursor_done(const struct cursor *cursor);

#endif
