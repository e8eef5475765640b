/*
 * writer_take() is the only place that compares with the end of the buffer.
 */
#include "wire/writer.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

void writer_init(struct writer *writer, void *data, size_t size)
{
	*writer = (struct writer){ .data = data, .size = size < INT_MAX ? size : INT_MAX };
}

static uint8_t *writer_take(struct writer *writer, size_t count)
{
	uint8_t *bytes;

	if (!writer->error && count > writer->size - writer->used)
		writer->error = -EMSGSIZE;
	if (writer->error || count == 0)
		return NULL;
	bytes = writer->data + writer->used;
	writer->used += count;
	return bytes;
}

static void writer_little_endian(struct writer *writer, uint64_t value, size_t width)
{
	uint8_t *bytes = writer_take(writer, width);

	for (size_t i = 0; bytes && i < width; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

void writer_u8(struct writer *writer, uint8_t value)
{
	writer_little_endian(writer, value, 1);
}

void writer_u16(struct writer *writer, uint16_t value)
{
	writer_little_endian(writer, value, 2);
}

void writer_u32(struct writer *writer, uint32_t value)
{
	writer_little_endian(writer, value, 4);
}

void writer_u64(struct writer *writer, uint64_t value)
{
	writer_little_endian(writer, value, 8);
}

void writer_i32(struct writer *writer, int32_t value)
{
	writer_u32(writer, (uint32_t)value);
}

void writer_i64(struct writer *writer, int64_t value)
{
	writer_u64(writer, (uint64_t)value);
}

void writer_bytes(struct writer *writer, const void *data, size_t count)
{
	uint8_t *bytes = writer_take(writer, count);

	if (bytes)
		memcpy(bytes, data, count);
}

void writer_zero(struct writer *writer, size_t count)
{
	uint8_t *bytes = writer_take(writer, count);

	if (bytes)
		memset(bytes, 0, count);
}

void writer_require(struct writer *writer, bool holds)
{
	if (!holds && !writer->error)
		writer->error = -EINVAL;
}

int writer_done(const struct writer *writer)
{
	return writer->error ? writer->error : (int)writer->used;
}
