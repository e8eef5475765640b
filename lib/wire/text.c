/*
 * One byte of length suffices: the longest text has 200.
 */
#include "wire/text.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "wire/cursor.h"
#include "wire/writer.h"

static_assert(TEXT_PROGRAM_MAX <= UINT8_MAX, "the length is one byte");
static_assert(TEXT_HELP_MAX <= UINT8_MAX, "the length is one byte");
static_assert(TEXT_REASON_MAX <= UINT8_MAX, "the length is one byte");

struct wire_text wire_text_of(const char *string, size_t max)
{
	return (struct wire_text){ string, string ? strnlen(string, max) : 0 };
}

bool wire_text_valid(struct wire_text text, size_t max)
{
	if (text.length == 0)
		return true;
	return text.length <= max && !memchr(text.data, '\0', text.length);
}

struct wire_text wire_text_read(struct cursor *cursor, size_t max)
{
	size_t length = cursor_u8(cursor);
	const uint8_t *bytes = cursor_bytes(cursor, length);
	struct wire_text text = { (const char *)bytes, bytes ? length : 0 };

	cursor_require(cursor, wire_text_valid(text, max));
	return text;
}

void wire_text_write(struct writer *writer, struct wire_text text, size_t max)
{
	writer_require(writer, wire_text_valid(text, max));
	writer_u8(writer, (uint8_t)text.length);
	writer_bytes(writer, text.data, text.length);
}
