/*
 * An entry is checked by the same function whether it comes or goes. Appending works on the
 * caller's writer and takes it back if the entry failed: a page that is full stays whole.
 */
#include "wire/entries.h"

#include <assert.h>

#include "wire/frame.h"
#include "wire/name.h"

/* HELLO has the most before its entries: header, 36 bytes, a program's name. */
static_assert(FRAME_HEADER_SIZE + 36 + 1 + TEXT_PROGRAM_MAX + WIRE_ENTRIES_MAX <= FRAME_MAX,
	      "a full page fits in every frame");

int wire_entries_commit(struct writer *writer, const struct writer *start, uint32_t *count)
{
	int err = writer->error;

	if (err)
		*writer = *start;
	else
		++*count;
	return err;
}

int wire_action_append(struct writer *writer, uint32_t *count, const struct wire_action *action)
{
	struct writer start = *writer;

	writer_require(writer, name_valid(action->name.data, action->name.length));
	wire_text_write(writer, action->name, NAME_MAX_LENGTH);
	writer_u32(writer, action->flags);
	wire_text_write(writer, action->help, TEXT_HELP_MAX);
	return wire_entries_commit(writer, &start, count);
}

bool wire_action_next(struct cursor *cursor, struct wire_action *action)
{
	struct wire_action found;

	if (cursor_left(cursor) == 0)
		return false;
	found.name = wire_text_read(cursor, NAME_MAX_LENGTH);
	cursor_require(cursor, name_valid(found.name.data, found.name.length));
	found.flags = cursor_u32(cursor);
	found.help = wire_text_read(cursor, TEXT_HELP_MAX);
	if (cursor->failed)
		return false;
	*action = found;
	return true;
}

bool wire_entries_are_actions(const struct wire_entries *entries)
{
	struct wire_action action;
	struct cursor cursor;
	uint32_t count = 0;

	cursor_init(&cursor, entries->data, entries->size);
	while (wire_action_next(&cursor, &action))
		count++;
	return cursor_done(&cursor) == 0 && count == entries->count;
}

static bool has_only_names(const struct wire_entries *entries)
{
	struct wire_action action;
	struct cursor cursor;

	cursor_init(&cursor, entries->data, entries->size);
	while (wire_action_next(&cursor, &action))
		if (action.flags != 0 || action.help.length != 0)
			return false;
	return true;
}

bool wire_entries_are_names(const struct wire_entries *entries)
{
	return wire_entries_are_actions(entries) && has_only_names(entries);
}
