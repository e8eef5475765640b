/*
 * As in hello.c, each pair of functions is the frame's layout. What a frame must obey beyond the
 * widths of its fields is one predicate, asked by both directions.
 */
#include "wire/control.h"

#include <errno.h>

#include "wire/frame.h"

const char *wire_bye_reason_name(uint32_t reason)
{
	switch ((enum wire_bye_reason)reason) {
	case WIRE_BYE_CLOSING:
		return "closing";
	case WIRE_BYE_PROTOCOL:
		return "protocol";
	case WIRE_BYE_VERSION:
		return "version";
	case WIRE_BYE_OVERRUN:
		return "overrun";
	case WIRE_BYE_STALLED:
		return "stalled";
	case WIRE_BYE_EVICTED:
		return "evicted";
	case WIRE_BYE_RESOURCES:
		return "resources";
	}
	return "unknown";
}

static bool announce_valid(const struct wire_announce *announce)
{
	if (announce->actions.count > UINT16_MAX)
		return false;
	if (announce->op == WIRE_ANNOUNCE_ADD)
		return wire_entries_are_actions(&announce->actions);
	return announce->op == WIRE_ANNOUNCE_REMOVE && wire_entries_are_names(&announce->actions);
}

int wire_announce_encode(void *buf, size_t size, const struct wire_announce *announce)
{
	struct writer writer;

	frame_begin(&writer, buf, size, FRAME_ANNOUNCE, 0, announce->key);
	writer_u8(&writer, announce->op);
	writer_u8(&writer, announce->more);
	writer_u16(&writer, (uint16_t)announce->actions.count);
	writer_bytes(&writer, announce->actions.data, announce->actions.size);
	writer_require(&writer, announce_valid(announce));
	return frame_end(&writer);
}

int wire_announce_decode(const void *buf, size_t len, struct wire_announce *announce)
{
	struct wire_announce found;
	struct frame_header header;
	struct cursor cursor;
	uint8_t more;
	int err = frame_open(&cursor, buf, len, FRAME_ANNOUNCE, &header);

	if (err)
		return err;
	found.key = header.key;
	found.op = cursor_u8(&cursor);
	more = cursor_u8(&cursor);
	found.actions.count = cursor_u16(&cursor);
	found.actions.data = cursor_rest(&cursor, &found.actions.size);
	found.more = more != 0;
	cursor_require(&cursor, more <= 1);
	cursor_require(&cursor, !cursor.failed && announce_valid(&found));
	err = cursor_done(&cursor);
	if (!err)
		*announce = found;
	return err;
}

static bool error_valid(int32_t error)
{
	return error <= 0 && error >= -FRAME_ERRNO_MAX;
}

int wire_ack_encode(void *buf, size_t size, const struct wire_ack *ack)
{
	struct writer writer;

	frame_begin(&writer, buf, size, FRAME_ACK, 0, ack->key);
	writer_require(&writer, error_valid(ack->error));
	writer_i32(&writer, ack->error);
	return frame_end(&writer);
}

int wire_ack_decode(const void *buf, size_t len, struct wire_ack *ack)
{
	struct frame_header header;
	struct cursor cursor;
	int32_t error;
	int err = frame_open(&cursor, buf, len, FRAME_ACK, &header);

	if (err)
		return err;
	error = cursor_i32(&cursor);
	cursor_require(&cursor, error_valid(error));
	err = cursor_done(&cursor);
	if (!err)
		*ack = (struct wire_ack){ .key = header.key, .error = error };
	return err;
}

int wire_sidecar_encode(void *buf, size_t size, const struct wire_sidecar *sidecar)
{
	struct writer writer;

	frame_begin(&writer, buf, size, FRAME_SIDECAR, sidecar->fds, sidecar->key);
	return frame_end(&writer);
}

int wire_sidecar_decode(const void *buf, size_t len, struct wire_sidecar *sidecar)
{
	struct frame_header header;
	struct cursor cursor;
	int err = frame_open(&cursor, buf, len, FRAME_SIDECAR, &header);

	if (err)
		return err;
	err = cursor_done(&cursor);
	if (!err)
		*sidecar = (struct wire_sidecar){ .key = header.key, .fds = header.fds };
	return err;
}

/* Of a file: at least a byte, and at most what off_t can say. */
static bool file_length_valid(uint64_t length)
{
	return length >= 1 && length <= INT64_MAX;
}

int wire_body_encode(void *buf, size_t size, const struct wire_body *body)
{
	struct writer writer;

	frame_begin(&writer, buf, size, FRAME_BODY, 1, body->key);
	writer_require(&writer, file_length_valid(body->length));
	writer_u64(&writer, body->length);
	return frame_end(&writer);
}

int wire_body_decode(const void *buf, size_t len, struct wire_body *body)
{
	struct frame_header header;
	struct cursor cursor;
	uint64_t length;
	int err = frame_open(&cursor, buf, len, FRAME_BODY, &header);

	if (err)
		return err;
	length = cursor_u64(&cursor);
	cursor_require(&cursor, file_length_valid(length));
	err = cursor_done(&cursor);
	if (!err)
		*body = (struct wire_body){ .key = header.key, .length = length };
	return err;
}

static bool reply_valid(const struct wire_reply *reply)
{
	switch ((enum wire_reply_form)reply->form) {
	case WIRE_REPLY_FDS:
		return reply->fds >= 1 && !reply->more && reply->length == 0;
	case WIRE_REPLY_INLINE:
		return !reply->more && reply->length <= FRAME_INLINE_MAX;
	case WIRE_REPLY_MEMFD:
		return reply->fds == 1 && file_length_valid(reply->length);
	}
	return false;
}

int wire_reply_encode(void *buf, size_t size, const struct wire_reply *reply)
{
	struct writer writer;

	frame_begin(&writer, buf, size, FRAME_REPLY, reply->fds, reply->key);
	writer_require(&writer, reply_valid(reply));
	writer_u8(&writer, reply->form);
	writer_u8(&writer, reply->more);
	writer_zero(&writer, 2);
	writer_i32(&writer, reply->status);
	writer_u64(&writer, reply->length);
	if (reply->form == WIRE_REPLY_INLINE)
		writer_bytes(&writer, reply->data, (size_t)reply->length);
	return frame_end(&writer);
}

int wire_reply_decode(const void *buf, size_t len, struct wire_reply *reply)
{
	struct wire_reply found = { 0 };
	struct frame_header header;
	struct cursor cursor;
	uint8_t more;
	int err = frame_open(&cursor, buf, len, FRAME_REPLY, &header);

	if (err)
		return err;
	found.key = header.key;
	found.fds = header.fds;
	found.form = cursor_u8(&cursor);
	more = cursor_u8(&cursor);
	cursor_zero(&cursor, 2);
	found.status = cursor_i32(&cursor);
	found.length = cursor_u64(&cursor);
	found.more = more != 0;
	cursor_require(&cursor, more <= 1 && reply_valid(&found));
	if (found.form == WIRE_REPLY_INLINE)
		found.data = cursor_bytes(&cursor, (size_t)found.length);
	err = cursor_done(&cursor);
	if (!err)
		*reply = found;
	return err;
}

int wire_bulk_encode(void *buf, size_t size, const struct wire_bulk *bulk)
{
	struct writer writer;

	frame_begin(&writer, buf, size, FRAME_BULK, 1, 0);
	writer_require(&writer, file_length_valid(bulk->size));
	writer_u64(&writer, bulk->size);
	return frame_end(&writer);
}

int wire_bulk_decode(const void *buf, size_t len, struct wire_bulk *bulk)
{
	struct cursor cursor;
	uint64_t size;
	int err = frame_open(&cursor, buf, len, FRAME_BULK, NULL);

	if (err)
		return err;
	size = cursor_u64(&cursor);
	cursor_require(&cursor, file_length_valid(size));
	err = cursor_done(&cursor);
	if (!err)
		bulk->size = size;
	return err;
}

static bool bye_reason_valid(uint32_t reason)
{
	return reason >= WIRE_BYE_CLOSING && reason <= WIRE_BYE_RESOURCES;
}

int wire_bye_encode(void *buf, size_t size, const struct wire_bye *bye)
{
	struct writer writer;

	frame_begin(&writer, buf, size, FRAME_BYE, 0, 0);
	writer_require(&writer, bye_reason_valid(bye->reason));
	writer_u32(&writer, bye->reason);
	writer_zero(&writer, 4);
	writer_u64(&writer, bye->position);
	wire_text_write(&writer, bye->text, TEXT_REASON_MAX);
	return frame_end(&writer);
}

int wire_bye_decode(const void *buf, size_t len, struct wire_bye *bye)
{
	struct wire_bye found;
	struct cursor cursor;
	int err = frame_open(&cursor, buf, len, FRAME_BYE, NULL);

	if (err)
		return err;
	found.reason = cursor_u32(&cursor);
	cursor_require(&cursor, bye_reason_valid(found.reason));
	cursor_zero(&cursor, 4);
	found.position = cursor_u64(&cursor);
	found.text = wire_text_read(&cursor, TEXT_REASON_MAX);
	err = cursor_done(&cursor);
	if (!err)
		*bye = found;
	return err;
}
