/*
 * Bytes are put together one by one: no alignment, no aliasing, the same on every machine, and
 * the compiler makes one load of it. cursor_bytes() is the only place that compares with the end.
 */
#include "wire/cursor.h"

#include <errno.h>

void cursor_init(struct cursor *cursor, const void *data, size_t size)
{
	*cursor = (struct cursor){ .data = data, .size = size };
}

size_t cursor_left(const struct cursor *cursor)
{
	return cursor->failed ? 0 : cursor->size - cursor->at;
}

const uint8_t *cursor_bytes(struct cursor *cursor, size_t count)
{
	const uint8_t *bytes;

	if (cursor->failed || count > cursor->size - cursor->at) {
		cursor->failed = true;
		return NULL;
	}
	if (!cursor->data)
		return NULL;
	bytes = cursor->data + cursor->at;
	cursor->at += count;
	return bytes;
}

static uint64_t cursor_little_endian(struct cursor *cursor, size_t width)
{
	const uint8_t *bytes = cursor_bytes(cursor, width);
	uint64_t value = 0;

	if (!bytes)
		return 0;
	while (width-- > 0)
		value = value << 8 | bytes[width];
	return value;
}

uint8_t cursor_u8(struct cursor *cursor)
{
	return (uint8_t)cursor_little_endian(cursor, 1);
}

uint16_t cursor_u16(struct cursor *cursor)
{
	return (uint16_t)cursor_little_endian(cursor, 2);
}

uint32_t cursor_u32(struct cursor *cursor)
{
	return (uint32_t)cursor_little_endian(cursor, 4);
}

uint64_t cursor_u64(struct cursor *cursor)
{
	return cursor_little_endian(cursor, 8);
}

int32_t cursor_i32(struct cursor *cursor)
{
	return (int32_t)cursor_u32(cursor);
}

int64_t cursor_i64(struct cursor *cursor)
{
	return (int64_t)cursor_u64(cursor);
}

const uint8_t *cursor_rest(struct cursor *cursor, size_t *size)
{
	*size = cursor_left(cursor);
	return cursor_bytes(cursor, *size);
}

void cursor_zero(struct cursor *cursor, size_t count)
{
	const uint8_t *bytes = cursor_bytes(cursor, count);

	for (size_t i = 0; bytes && i < count; i++)
		cursor_require(cursor, bytes[i] == 0);
}

void cursor_require(struct cursor *cursor, bool holds)
{
	if (!holds)
		cursor->failed = true;
}

int cursor_done(const struct cursor *cursor)
{
	return cursor->failed || cursor->at != cursor->size ? -EPROTO : 0;
}
