/*
 * tally.c: two tables with open addressing, twice as large as they may become full, emptied at the
 * beginning of each interval. Rows keep their histograms for the next one that is made there.
 */
#include "tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "tool.h"

#define PLACES (2 * TALLY_ROWS)

/* FNV-1a. */
static uint64_t hash_name(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3;
	return hash;
}

static bool row_is(const struct tally_row *row, uint64_t key, const char *name)
{
	return row->key == key && strcmp(row->name, name) == 0;
}

/* Its row, or the gap where it would be. */
static size_t place_find(const struct tally_table *table, uint64_t key, const char *name)
{
	size_t place = (key ^ key >> 32) % PLACES;

	while (table->row[place].used && !row_is(&table->row[place], key, name))
		place = (place + 1) % PLACES;
	return place;
}

static struct tally_row *row_get(struct tally_table *table, uint64_t key, const char *name)
{
	struct tally_row *row = &table->row[place_find(table, key, name)];

	if (row->used)
		return row;
	if (table->used == TALLY_ROWS)
		return &table->rest;
	table->used++;
	row->used = true;
	row->key = key;
	snprintf(row->name, sizeof(row->name), "%s", name);
	return row;
}

static const struct tally_row *row_find(const struct tally_table *table, uint64_t key,
					const char *name)
{
	const struct tally_row *row = &table->row[place_find(table, key, name)];

	return row->used ? row : NULL;
}

static void row_clear(struct tally_row *row)
{
	struct histogram *h = row->h;

	if (h && h->count)
		histogram_clear(h);
	*row = (struct tally_row){ .h = h };
}

static void table_clear(struct tally_table *table)
{
	table->used = 0;
	for (size_t i = 0; i < PLACES; i++)
		row_clear(&table->row[i]);
	row_clear(&table->rest);
}

static void tally_table_deinit(struct tally_table *table)
{
	for (size_t i = 0; i < PLACES; i++)
		free(table->row[i].h);
	free(table->rest.h);
}

struct tally *tally_new(void)
{
	return tool_alloc(sizeof(struct tally));
}

void tally_free(struct tally *t)
{
	if (!t)
		return;
	tally_table_deinit(&t->peers);
	tally_table_deinit(&t->actions);
	free(t);
}

void tally_clear(struct tally *t)
{
	table_clear(&t->peers);
	table_clear(&t->actions);
	histogram_clear(&t->latency);
	t->seen = 0;
}

static void row_add(struct tally_row *row, const struct cohort_event *event)
{
	bool reply = event->kind == COHORT_EVENT_REPLY;

	row->calls += event->kind == COHORT_EVENT_MESSAGE || event->kind == COHORT_EVENT_REQUEST;
	row->errors += reply && event->outcome != 0;
	row->lost += event->kind == COHORT_EVENT_LOST ? event->length : 0;
	row->busy += event->busy;
	if (!reply)
		return;
	if (!row->h)
		row->h = tool_alloc(sizeof(*row->h));
	histogram_add(row->h, event->latency);
}

void tally_event(struct tally *t, const struct cohort_event *event)
{
	cohort_peer peer = channel_is_primary(event->from) ? event->to : event->from;
	char name[sizeof(event->action)];

	snprintf(name, sizeof(name), "%.*s", (int)sizeof(name) - 1, event->action);
	t->seen++;
	if (event->kind == COHORT_EVENT_REPLY)
		histogram_add(&t->latency, event->latency);
	row_add(row_get(&t->peers, peer, ""), event);
	if (*name)
		row_add(row_get(&t->actions, hash_name(name), name), event);
}

const struct tally_row *tally_find_peer(const struct tally *t, cohort_peer peer)
{
	return row_find(&t->peers, peer, "");
}

const struct tally_row *tally_find_action(const struct tally *t, const char *name)
{
	return row_find(&t->actions, hash_name(name), name);
}
