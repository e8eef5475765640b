/*
 * A slot's value tells its state: NULL was never used, &marker was removed, anything else is an
 * entry. A search walks from the key's home slot to the first NULL, passing markers.
 *
 * When entries and markers reach three quarters the table is rebuilt without markers, at least half
 * empty: a quarter of the table is then put before the next rebuild, so a put costs constant time
 * on average, and the table also shrinks again.
 *
 * The home mixes twice with a secret word before each: one round is a known bijection, and although
 * its input is secret, pairs of keys are known whose results are often alike in the low bits.
 */
#include "base/map.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/random.h"

#define SIZE_MIN 8

static char marker;

static bool is_entry(const struct map_slot *slot)
{
	return slot->value != NULL && slot->value != &marker;
}

static size_t home_of(const struct map *m, uint64_t key)
{
	return (size_t)hash_mix(hash_mix(key ^ m->seed[0]) ^ m->seed[1]) & (m->size - 1);
}

/* The key's entry, or NULL. Ends because a quarter of the slots is NULL. */
static struct map_slot *slot_find(const struct map *m, uint64_t key)
{
	size_t i;

	if (m->size == 0)
		return NULL;
	for (i = home_of(m, key); m->slots[i].value != NULL; i = (i + 1) & (m->size - 1)) {
		if (m->slots[i].key == key && is_entry(&m->slots[i]))
			return &m->slots[i];
	}
	return NULL;
}

/* Puts a key which is not there into a table with room. */
static void slot_fill(struct map *m, uint64_t key, void *value)
{
	size_t i = home_of(m, key);

	while (is_entry(&m->slots[i]))
		i = (i + 1) & (m->size - 1);
	if (m->slots[i].value == NULL)
		m->used++;
	m->slots[i].key = key;
	m->slots[i].value = value;
	m->count++;
}

/* Moves all entries to a new table which is at least half empty with one more. */
static int map_rebuild(struct map *m)
{
	struct map grown = *m;
	size_t size = SIZE_MIN;

	while (size < 2 * (m->count + 1))
		size *= 2;
	grown.slots = calloc(size, sizeof(*grown.slots));
	if (!grown.slots)
		return -ENOMEM;
	grown.size = size;
	grown.count = 0;
	grown.used = 0;
	for (size_t i = 0; i < m->size; i++) {
		if (is_entry(&m->slots[i]))
			slot_fill(&grown, m->slots[i].key, m->slots[i].value);
	}
	free(m->slots);
	*m = grown;
	return 0;
}

/* After a removal at i: markers before a NULL slot serve no search. */
static void sweep_back(struct map *m, size_t i)
{
	if (m->slots[(i + 1) & (m->size - 1)].value != NULL)
		return;
	while (m->slots[i].value == &marker) {
		m->slots[i].value = NULL;
		m->used--;
		i = (i - 1) & (m->size - 1);
	}
}

int map_init(struct map *m)
{
	memset(m, 0, sizeof(*m));
	return random_bytes(m->seed, sizeof(m->seed));
}

void map_deinit(struct map *m)
{
	free(m->slots);
	memset(m, 0, sizeof(*m));
}

int map_put(struct map *m, uint64_t key, void *value)
{
	int err;

	if (slot_find(m, key))
		return -EEXIST;
	if (m->used + 1 > m->size / 4 * 3) {
		err = map_rebuild(m);
		if (err)
			return err;
	}
	slot_fill(m, key, value);
	return 0;
}

void *map_find(const struct map *m, uint64_t key)
{
	const struct map_slot *slot = slot_find(m, key);

	return slot ? slot->value : NULL;
}

void *map_remove(struct map *m, uint64_t key)
{
	struct map_slot *slot = slot_find(m, key);
	void *value;

	if (!slot)
		return NULL;
	value = slot->value;
	slot->value = &marker;
	m->count--;
	sweep_back(m, (size_t)(slot - m->slots));
	return value;
}

void *map_next(const struct map *m, size_t *cursor)
{
	while (*cursor < m->size) {
		const struct map_slot *slot = &m->slots[(*cursor)++];

		if (is_entry(slot))
			return slot->value;
	}
	return NULL;
}
