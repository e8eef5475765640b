#include "table.h"

#include <stdint.h>
#include <string.h>

#include "memory.h"

#define FIRST_SLOTS 16

static size_t slot_of(const struct table *t, const char *key)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	return (size_t)(hash ^ hash >> 32) & (t->nslots - 1);
}

static void entry_chain(struct table *t, struct table_entry *e)
{
	struct table_entry **slot = &t->slots[slot_of(t, e->key)];

	e->chained = *slot;
	*slot = e;
}

static void table_grow(struct table *t)
{
	t->nslots = t->nslots ? 2 * t->nslots : FIRST_SLOTS;
	t->slots = node_new(t->nslots * sizeof(*t->slots));
	for (struct table_entry *e = t->first; e; e = e->next)
		entry_chain(t, e);
}

void *table_find(const struct table *t, const char *key)
{
	struct table_entry *e = t->nslots ? t->slots[slot_of(t, key)] : NULL;

	while (e && strcmp(e->key, key) != 0)
		e = e->chained;
	return e ? e->value : NULL;
}

void *table_add(struct table *t, const char *key, void *value)
{
	void *there = table_find(t, key);
	struct table_entry *e;

	if (there)
		return there;
	if (t->count >= t->nslots)
		table_grow(t);
	e = node_new(sizeof(*e));
	*e = (struct table_entry){ .key = key, .value = value };
	entry_chain(t, e);
	if (!t->end)
		t->end = &t->first;
	*t->end = e;
	t->end = &e->next;
	t->count++;
	return NULL;
}
