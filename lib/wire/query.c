/*
 * An ANSWER's entries are walked once when it is decoded, by the type that `what` says, so that a
 * tool can walk them again without looking for errors.
 */
#include "wire/query.h"

#include <errno.h>

#include "wire/frame.h"
#include "wire/name.h"

int wire_peer_entry_append(struct writer *writer, uint32_t *count,
			   const struct wire_peer_entry *entry)
{
	struct writer start = *writer;

	writer_u64(writer, entry->id);
	writer_u32(writer, entry->pid);
	writer_u32(writer, entry->uid);
	writer_u32(writer, entry->gid);
	writer_u32(writer, entry->state);
	writer_i64(writer, entry->since);
	writer_u32(writer, entry->nactions);
	wire_text_write(writer, entry->program, TEXT_PROGRAM_MAX);
	return wire_entries_commit(writer, &start, count);
}

bool wire_peer_entry_next(struct cursor *cursor, struct wire_peer_entry *entry)
{
	struct wire_peer_entry found;

	if (cursor_left(cursor) == 0)
		return false;
	found.id = cursor_u64(cursor);
	found.pid = cursor_u32(cursor);
	found.uid = cursor_u32(cursor);
	found.gid = cursor_u32(cursor);
	found.state = cursor_u32(cursor);
	found.since = cursor_i64(cursor);
	found.nactions = cursor_u32(cursor);
	found.program = wire_text_read(cursor, TEXT_PROGRAM_MAX);
	if (cursor->failed)
		return false;
	*entry = found;
	return true;
}

int wire_action_entry_append(struct writer *writer, uint32_t *count,
			     const struct wire_action_entry *entry)
{
	struct writer start = *writer;

	writer_require(writer, name_valid(entry->name.data, entry->name.length));
	writer_u64(writer, entry->peer);
	writer_u32(writer, entry->flags);
	writer_u64(writer, entry->calls);
	writer_u64(writer, entry->errors);
	writer_u64(writer, entry->ns_total);
	writer_u64(writer, entry->ns_max);
	wire_text_write(writer, entry->name, NAME_MAX_LENGTH);
	wire_text_write(writer, entry->help, TEXT_HELP_MAX);
	return wire_entries_commit(writer, &start, count);
}

bool wire_action_entry_next(struct cursor *cursor, struct wire_action_entry *entry)
{
	struct wire_action_entry found;

	if (cursor_left(cursor) == 0)
		return false;
	found.peer = cursor_u64(cursor);
	found.flags = cursor_u32(cursor);
	found.calls = cursor_u64(cursor);
	found.errors = cursor_u64(cursor);
	found.ns_total = cursor_u64(cursor);
	found.ns_max = cursor_u64(cursor);
	found.name = wire_text_read(cursor, NAME_MAX_LENGTH);
	cursor_require(cursor, name_valid(found.name.data, found.name.length));
	found.help = wire_text_read(cursor, TEXT_HELP_MAX);
	if (cursor->failed)
		return false;
	*entry = found;
	return true;
}

int wire_stat_entry_append(struct writer *writer, uint32_t *count,
			   const struct wire_stat_entry *entry)
{
	struct writer start = *writer;

	writer_u16(writer, entry->index);
	writer_u64(writer, entry->value);
	return wire_entries_commit(writer, &start, count);
}

bool wire_stat_entry_next(struct cursor *cursor, struct wire_stat_entry *entry)
{
	struct wire_stat_entry found;

	if (cursor_left(cursor) == 0)
		return false;
	found.index = cursor_u16(cursor);
	found.value = cursor_u64(cursor);
	if (cursor->failed)
		return false;
	*entry = found;
	return true;
}

int wire_line_append(struct writer *writer, uint32_t *count, struct wire_text line)
{
	struct writer start = *writer;

	wire_text_write(writer, line, WIRE_LINE_MAX);
	return wire_entries_commit(writer, &start, count);
}

bool wire_line_next(struct cursor *cursor, struct wire_text *line)
{
	struct wire_text found;

	if (cursor_left(cursor) == 0)
		return false;
	found = wire_text_read(cursor, WIRE_LINE_MAX);
	if (cursor->failed)
		return false;
	*line = found;
	return true;
}

static bool query_valid(const struct wire_query *query)
{
	switch ((enum wire_query_what)query->what) {
	case WIRE_QUERY_PEERS:
	case WIRE_QUERY_STATS:
	case WIRE_QUERY_TEXT:
		return query->argument == 0;
	case WIRE_QUERY_TAP:
		return query->argument == WIRE_TAP_EVENTS || query->argument == WIRE_TAP_PAYLOAD;
	case WIRE_QUERY_ACTIONS:
		return true;
	case WIRE_QUERY_PEER_STATS:
		return query->argument != 0;
	}
	return false;
}

int wire_query_encode(void *buf, size_t size, const struct wire_query *query)
{
	struct writer writer;

	frame_begin(&writer, buf, size, FRAME_QUERY, 0, query->key);
	writer_require(&writer, query_valid(query));
	writer_u8(&writer, query->what);
	writer_zero(&writer, 7);
	writer_u64(&writer, query->cursor);
	writer_u64(&writer, query->argument);
	return frame_end(&writer);
}

int wire_query_decode(const void *buf, size_t len, struct wire_query *query)
{
	struct wire_query found;
	struct frame_header header;
	struct cursor cursor;
	int err = frame_open(&cursor, buf, len, FRAME_QUERY, &header);

	if (err)
		return err;
	found.key = header.key;
	found.what = cursor_u8(&cursor);
	cursor_zero(&cursor, 7);
	found.cursor = cursor_u64(&cursor);
	found.argument = cursor_u64(&cursor);
	cursor_require(&cursor, query_valid(&found));
	err = cursor_done(&cursor);
	if (!err)
		*query = found;
	return err;
}

static bool entry_skip(struct cursor *cursor, enum wire_query_what what)
{
	struct wire_peer_entry peer;
	struct wire_action_entry action;
	struct wire_stat_entry stat;
	struct wire_text line;

	switch (what) {
	case WIRE_QUERY_PEERS:
		return wire_peer_entry_next(cursor, &peer);
	case WIRE_QUERY_ACTIONS:
		return wire_action_entry_next(cursor, &action);
	case WIRE_QUERY_STATS:
	case WIRE_QUERY_PEER_STATS:
		return wire_stat_entry_next(cursor, &stat);
	case WIRE_QUERY_TEXT:
		return wire_line_next(cursor, &line);
	case WIRE_QUERY_TAP:
		break;
	}
	return false;
}

static bool entries_valid(const struct wire_entries *entries, enum wire_query_what what)
{
	struct cursor cursor;
	uint32_t count = 0;

	cursor_init(&cursor, entries->data, entries->size);
	while (entry_skip(&cursor, what))
		count++;
	return cursor_done(&cursor) == 0 && count == entries->count;
}

static bool answer_valid(const struct wire_answer *answer)
{
	if (answer->what < WIRE_QUERY_PEERS || answer->what > WIRE_QUERY_TAP)
		return false;
	if (answer->what == WIRE_QUERY_TAP && answer->next)
		return false; /* there is one tape */
	if (answer->error == 0)
		return entries_valid(&answer->entries, answer->what);
	return answer->error < 0 && answer->error >= -FRAME_ERRNO_MAX && answer->next == 0 &&
	       answer->entries.count == 0 && answer->entries.size == 0;
}

static unsigned answer_fds(const struct wire_answer *answer)
{
	return answer->what == WIRE_QUERY_TAP && !answer->error;
}

int wire_answer_encode(void *buf, size_t size, const struct wire_answer *answer)
{
	struct writer writer;

	frame_begin(&writer, buf, size, FRAME_ANSWER, answer_fds(answer), answer->key);
	writer_i32(&writer, answer->error);
	writer_u8(&writer, answer->what);
	writer_zero(&writer, 3);
	writer_u64(&writer, answer->next);
	writer_u32(&writer, answer->entries.count);
	writer_bytes(&writer, answer->entries.data, answer->entries.size);
	writer_require(&writer, answer_valid(answer));
	return frame_end(&writer);
}

int wire_answer_decode(const void *buf, size_t len, struct wire_answer *answer)
{
	struct wire_answer found;
	struct frame_header header;
	struct cursor cursor;
	int err = frame_open(&cursor, buf, len, FRAME_ANSWER, &header);

	if (err)
		return err;
	found.key = header.key;
	found.error = cursor_i32(&cursor);
	found.what = cursor_u8(&cursor);
	cursor_zero(&cursor, 3);
	found.next = cursor_u64(&cursor);
	found.entries.count = cursor_u32(&cursor);
	found.entries.data = cursor_rest(&cursor, &found.entries.size);
	cursor_require(&cursor,
		       !cursor.failed && answer_valid(&found) && header.fds == answer_fds(&found));
	err = cursor_done(&cursor);
	if (!err)
		*answer = found;
	return err;
}
