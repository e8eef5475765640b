/*
 * Each pair of functions lists the frame's fields in their order, which is the layout;
 * doc/protocol.md draws it with offsets. The wide fields lie at multiples of their size.
 */
#include "wire/hello.h"

#include <errno.h>

#include "wire/frame.h"

const char *wire_refusal_name(uint32_t reason)
{
	switch ((enum wire_refusal)reason) {
	case WIRE_REFUSED_VERSION:
		return "version";
	case WIRE_REFUSED_PROTOCOL:
		return "protocol";
	case WIRE_REFUSED_NOT_ALLOWED:
		return "not allowed";
	case WIRE_REFUSED_FULL:
		return "full";
	case WIRE_REFUSED_SHUTTING_DOWN:
		return "shutting down";
	case WIRE_REFUSED_NO_DESCRIPTORS:
		return "no descriptors";
	case WIRE_REFUSED_NO_MEMORY:
		return "no memory";
	case WIRE_REFUSED_DUPLICATE:
		return "duplicate";
	case WIRE_REFUSED_TIMEOUT:
		return "timeout";
	}
	return "unknown";
}

static bool versions_valid(struct wire_versions versions)
{
	return versions.min >= 1 && versions.min <= versions.max;
}

int wire_versions_choose(struct wire_versions ours, struct wire_versions theirs)
{
	uint16_t highest = ours.max < theirs.max ? ours.max : theirs.max;

	return highest >= ours.min && highest >= theirs.min ? highest : -EPROTONOSUPPORT;
}

static struct wire_versions versions_read(struct cursor *cursor)
{
	struct wire_versions versions;

	versions.min = cursor_u16(cursor);
	versions.max = cursor_u16(cursor);
	cursor_require(cursor, versions_valid(versions));
	return versions;
}

static void versions_write(struct writer *writer, struct wire_versions versions)
{
	writer_require(writer, versions_valid(versions));
	writer_u16(writer, versions.min);
	writer_u16(writer, versions.max);
}

int wire_hello_peek(const void *buf, size_t len, struct wire_versions *versions)
{
	struct wire_versions found;
	struct cursor cursor;
	int err = frame_open(&cursor, buf, len, FRAME_HELLO, NULL);

	if (err)
		return err;
	cursor_require(&cursor, cursor_u32(&cursor) == WIRE_MAGIC);
	found = versions_read(&cursor);
	if (cursor.failed)
		return -EPROTO;
	*versions = found;
	return 0;
}

static bool hello_valid(const struct wire_hello *hello)
{
	return (hello->flags & ~WIRE_HELLO_FLAGS) == 0 && hello->actions.count <= UINT16_MAX &&
	       wire_entries_are_actions(&hello->actions);
}

int wire_hello_encode(void *buf, size_t size, const struct wire_hello *hello)
{
	struct writer writer;

	frame_begin(&writer, buf, size, FRAME_HELLO, 0, 0);
	writer_u32(&writer, WIRE_MAGIC);
	versions_write(&writer, hello->versions);
	writer_u32(&writer, hello->features);
	writer_u32(&writer, hello->flags);
	writer_u32(&writer, hello->pid);
	writer_zero(&writer, 4);
	writer_i64(&writer, hello->t1);
	writer_u8(&writer, hello->more);
	writer_zero(&writer, 1);
	writer_u16(&writer, (uint16_t)hello->actions.count);
	wire_text_write(&writer, hello->program, TEXT_PROGRAM_MAX);
	writer_bytes(&writer, hello->actions.data, hello->actions.size);
	writer_require(&writer, hello_valid(hello));
	return frame_end(&writer);
}

int wire_hello_decode(const void *buf, size_t len, struct wire_hello *hello)
{
	struct wire_hello found;
	struct cursor cursor;
	uint8_t more;
	int err = frame_open(&cursor, buf, len, FRAME_HELLO, NULL);

	if (err)
		return err;
	cursor_require(&cursor, cursor_u32(&cursor) == WIRE_MAGIC);
	found.versions = versions_read(&cursor);
	found.features = cursor_u32(&cursor);
	found.flags = cursor_u32(&cursor);
	found.pid = cursor_u32(&cursor);
	cursor_zero(&cursor, 4);
	found.t1 = cursor_i64(&cursor);
	more = cursor_u8(&cursor);
	cursor_zero(&cursor, 1);
	found.actions.count = cursor_u16(&cursor);
	found.program = wire_text_read(&cursor, TEXT_PROGRAM_MAX);
	found.actions.data = cursor_rest(&cursor, &found.actions.size);
	found.more = more != 0;
	cursor_require(&cursor, more <= 1);
	cursor_require(&cursor, !cursor.failed && hello_valid(&found));
	err = cursor_done(&cursor);
	if (!err)
		*hello = found;
	return err;
}

int wire_welcome_encode(void *buf, size_t size, const struct wire_welcome *welcome)
{
	struct writer writer;

	frame_begin(&writer, buf, size, FRAME_WELCOME, WIRE_WELCOME_FDS, 0);
	writer_require(&writer, welcome->version >= 1);
	writer_u16(&writer, welcome->version);
	writer_zero(&writer, 2);
	writer_u32(&writer, welcome->features);
	writer_u64(&writer, welcome->id);
	writer_u64(&writer, welcome->primary_id);
	writer_u32(&writer, welcome->ring_to_primary);
	writer_u32(&writer, welcome->ring_to_secondary);
	writer_u16(&writer, welcome->slots_secondary);
	writer_u16(&writer, welcome->slots_primary);
	writer_u32(&writer, welcome->slot_size);
	writer_u64(&writer, welcome->max_body);
	writer_u64(&writer, welcome->bulk_size);
	writer_u64(&writer, welcome->region_size);
	writer_i64(&writer, welcome->t1);
	writer_i64(&writer, welcome->t2);
	writer_i64(&writer, welcome->t3);
	wire_text_write(&writer, welcome->program, TEXT_PROGRAM_MAX);
	return frame_end(&writer);
}

int wire_welcome_decode(const void *buf, size_t len, struct wire_welcome *welcome)
{
	struct wire_welcome found;
	struct cursor cursor;
	int err = frame_open(&cursor, buf, len, FRAME_WELCOME, NULL);

	if (err)
		return err;
	found.version = cursor_u16(&cursor);
	cursor_require(&cursor, found.version >= 1);
	cursor_zero(&cursor, 2);
	found.features = cursor_u32(&cursor);
	found.id = cursor_u64(&cursor);
	found.primary_id = cursor_u64(&cursor);
	found.ring_to_primary = cursor_u32(&cursor);
	found.ring_to_secondary = cursor_u32(&cursor);
	found.slots_secondary = cursor_u16(&cursor);
	found.slots_primary = cursor_u16(&cursor);
	found.slot_size = cursor_u32(&cursor);
	found.max_body = cursor_u64(&cursor);
	found.bulk_size = cursor_u64(&cursor);
	found.region_size = cursor_u64(&cursor);
	found.t1 = cursor_i64(&cursor);
	found.t2 = cursor_i64(&cursor);
	found.t3 = cursor_i64(&cursor);
	found.program = wire_text_read(&cursor, TEXT_PROGRAM_MAX);
	err = cursor_done(&cursor);
	if (!err)
		*welcome = found;
	return err;
}

int wire_mapped_encode(void *buf, size_t size, const struct wire_mapped *mapped)
{
	struct writer writer;

	frame_begin(&writer, buf, size, FRAME_MAPPED, 0, 0);
	writer_i64(&writer, mapped->t4);
	writer_i64(&writer, mapped->offset);
	return frame_end(&writer);
}

int wire_mapped_decode(const void *buf, size_t len, struct wire_mapped *mapped)
{
	struct wire_mapped found;
	struct cursor cursor;
	int err = frame_open(&cursor, buf, len, FRAME_MAPPED, NULL);

	if (err)
		return err;
	found.t4 = cursor_i64(&cursor);
	found.offset = cursor_i64(&cursor);
	err = cursor_done(&cursor);
	if (!err)
		*mapped = found;
	return err;
}

int wire_ready_encode(void *buf, size_t size)
{
	struct writer writer;

	frame_begin(&writer, buf, size, FRAME_READY, 0, 0);
	return frame_end(&writer);
}

int wire_ready_decode(const void *buf, size_t len)
{
	struct cursor cursor;
	int err = frame_open(&cursor, buf, len, FRAME_READY, NULL);

	return err ? err : cursor_done(&cursor);
}

static bool refused_valid(const struct wire_refused *refused)
{
	return refused->reason != 0 && refused->code <= FRAME_ERRNO_MAX;
}

int wire_refused_encode(void *buf, size_t size, const struct wire_refused *refused)
{
	struct writer writer;

	frame_begin(&writer, buf, size, FRAME_REFUSED, 0, 0);
	writer_require(&writer, refused_valid(refused));
	writer_u32(&writer, refused->reason);
	writer_u32(&writer, refused->code);
	versions_write(&writer, refused->versions);
	wire_text_write(&writer, refused->text, TEXT_REASON_MAX);
	return frame_end(&writer);
}

int wire_refused_decode(const void *buf, size_t len, struct wire_refused *refused)
{
	struct wire_refused found;
	struct cursor cursor;
	int err = frame_open(&cursor, buf, len, FRAME_REFUSED, NULL);

	if (err)
		return err;
	found.reason = cursor_u32(&cursor);
	found.code = cursor_u32(&cursor);
	cursor_require(&cursor, refused_valid(&found));
	found.versions = versions_read(&cursor);
	found.text = wire_text_read(&cursor, TEXT_REASON_MAX);
	err = cursor_done(&cursor);
	if (!err)
		*refused = found;
	return err;
}
