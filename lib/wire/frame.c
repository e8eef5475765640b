/*
 * One function, header_valid(), says what a header may be; frame_peek() asks it about what came,
 * and frame_begin() about what goes, so that nobody sends what nobody takes.
 */
#include "wire/frame.h"

#include <errno.h>

/* frame_header.length, which frame_end() fills in. */
#define LENGTH_SIZE 4

static bool fds_valid(enum frame_kind kind, unsigned int fds)
{
	switch (kind) {
	case FRAME_WELCOME:
		return fds == 2;
	case FRAME_BODY:
	case FRAME_BULK:
		return fds == 1;
	case FRAME_ANSWER:
		return fds <= 1;
	case FRAME_SIDECAR:
		return fds >= 1 && fds <= FRAME_FDS_MAX;
	case FRAME_REPLY:
		return fds <= FRAME_FDS_MAX;
	case FRAME_HELLO:
	case FRAME_MAPPED:
	case FRAME_READY:
	case FRAME_REFUSED:
	case FRAME_ANNOUNCE:
	case FRAME_ACK:
	case FRAME_BYE:
	case FRAME_QUERY:
		return fds == 0;
	}
	return false;
}

static bool key_valid(enum frame_kind kind, uint64_t key)
{
	switch (kind) {
	case FRAME_HELLO:
	case FRAME_WELCOME:
	case FRAME_MAPPED:
	case FRAME_READY:
	case FRAME_REFUSED:
	case FRAME_BULK:
	case FRAME_BYE:
		return key == 0;
	case FRAME_ACK:
	case FRAME_QUERY:
	case FRAME_ANSWER:
		return key != 0;
	case FRAME_ANNOUNCE:
	case FRAME_SIDECAR:
	case FRAME_BODY:
	case FRAME_REPLY:
		return true;
	}
	return false;
}

/* An unknown kind fails both. */
static bool header_valid(enum frame_kind kind, unsigned int fds, uint64_t key)
{
	return fds_valid(kind, fds) && key_valid(kind, key);
}

static int header_read(struct cursor *cursor, const void *buf, size_t len,
		       struct frame_header *header)
{
	cursor_init(cursor, buf, len);
	header->length = cursor_u32(cursor);
	header->kind = cursor_u16(cursor);
	header->fds = cursor_u16(cursor);
	header->key = cursor_u64(cursor);
	cursor_require(cursor, len <= FRAME_MAX && header->length == len);
	cursor_require(cursor, header_valid(header->kind, header->fds, header->key));
	return cursor->failed ? -EPROTO : 0;
}

int frame_peek(const void *buf, size_t len, struct frame_header *header)
{
	struct frame_header found;
	struct cursor cursor;
	int err = header_read(&cursor, buf, len, &found);

	if (!err)
		*header = found;
	return err;
}

const char *frame_kind_name(unsigned int kind)
{
	switch ((enum frame_kind)kind) {
	case FRAME_HELLO:
		return "HELLO";
	case FRAME_WELCOME:
		return "WELCOME";
	case FRAME_MAPPED:
		return "MAPPED";
	case FRAME_READY:
		return "READY";
	case FRAME_REFUSED:
		return "REFUSED";
	case FRAME_ANNOUNCE:
		return "ANNOUNCE";
	case FRAME_ACK:
		return "ACK";
	case FRAME_SIDECAR:
		return "SIDECAR";
	case FRAME_BODY:
		return "BODY";
	case FRAME_REPLY:
		return "REPLY";
	case FRAME_BULK:
		return "BULK";
	case FRAME_BYE:
		return "BYE";
	case FRAME_QUERY:
		return "QUERY";
	case FRAME_ANSWER:
		return "ANSWER";
	}
	return "unknown";
}

int frame_open(struct cursor *cursor, const void *buf, size_t len, enum frame_kind kind,
	       struct frame_header *header)
{
	struct frame_header found;

	if (header_read(cursor, buf, len, &found) || found.kind != kind)
		return -EPROTO;
	if (header)
		*header = found;
	return 0;
}

void frame_begin(struct writer *writer, void *buf, size_t size, enum frame_kind kind,
		 unsigned int fds, uint64_t key)
{
	writer_init(writer, buf, size < FRAME_MAX ? size : FRAME_MAX);
	writer_require(writer, header_valid(kind, fds, key));
	writer_zero(writer, LENGTH_SIZE);
	writer_u16(writer, (uint16_t)kind);
	writer_u16(writer, (uint16_t)fds);
	writer_u64(writer, key);
}

int frame_end(struct writer *writer)
{
	struct writer length;

	if (!writer->error) {
		writer_init(&length, writer->data, LENGTH_SIZE);
		writer_u32(&length, (uint32_t)writer->used);
	}
	return writer_done(writer);
}
