/*
 * entries: what stands at the end of a frame (actions, peers, statistics), one after another.
 *
 * They are built with a writer over a buffer of the caller's (at most WIRE_ENTRIES_MAX bytes) and
 * the wire_*_append() functions, which count into *count and leave writer and count as they were
 * when an entry does not fit (-EMSGSIZE: send this frame, start the next) or is not valid
 * (-EINVAL).
 *
 *	writer_init(&writer, page, WIRE_ENTRIES_MAX);
 *	while ((err = wire_action_append(&writer, &count, next)) == 0) ...
 *	hello.actions = (struct wire_entries){ page, writer.used, count };
 *
 * Decoded entries have been checked, all of them, so that they can be walked with wire_*_next(),
 * which is true for each in turn:
 *
 *	cursor_init(&cursor, hello.actions.data, hello.actions.size);
 *	while (wire_action_next(&cursor, &action)) ...
 */
#ifndef COHORT_WIRE_ENTRIES_H
#define COHORT_WIRE_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/cursor.h"
#include "wire/text.h"
#include "wire/writer.h"

/* So many bytes of them fit in every frame that has any. */
#define WIRE_ENTRIES_MAX 65280

/* Encoded, borrowed. */
struct wire_entries {
	const uint8_t *data;
	size_t size;
	uint32_t count;
};

/* What a secondary tells the primary about one of its actions. */
struct wire_action {
	struct wire_text name; /* name.h */
	uint32_t flags;	       /* of the action, for tools to show; unknown bits are kept */
	struct wire_text help; /* up to TEXT_HELP_MAX bytes */
};

int wire_action_append(struct writer *writer, uint32_t *count, const struct wire_action *action);
bool wire_action_next(struct cursor *cursor, struct wire_action *action);

/* True if this is `count` actions and nothing else; names: with neither flags nor help. */
bool wire_entries_are_actions(const struct wire_entries *entries);
bool wire_entries_are_names(const struct wire_entries *entries);

/* For the append functions: a writer that failed goes back to `start`. Returns 0 or the error. */
int wire_entries_commit(struct writer *writer, const struct writer *start, uint32_t *count);

#endif
