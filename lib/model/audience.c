/*
 * Buckets of entries, one for each name; each entry points to the list in force. An entry without
 * members is freed.
 */
#include "model/audience.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

struct audience_entry {
	struct audience_entry *next;
	struct audience *audience;
	uint32_t hash;
	size_t length;
	char name[];
};

void audience_table_init(struct audience_table *table, const struct audience_members *members)
{
	*table = (struct audience_table){ .members = members };
}

static void free_entry(struct audience_entry *entry)
{
	audience_put(entry->audience);
	free(entry);
}

void audience_table_deinit(struct audience_table *table)
{
	for (unsigned i = 0; i < AUDIENCE_BUCKETS; i++) {
		while (table->bucket[i]) {
			struct audience_entry *entry = table->bucket[i];

			table->bucket[i] = entry->next;
			free_entry(entry);
		}
	}
}

static struct audience *new_audience(const struct audience_members *members, size_t count)
{
	struct audience *audience = malloc(sizeof(*audience) + count * sizeof(audience->member[0]));

	if (!audience)
		return NULL;
	atomic_init(&audience->refs, 1);
	audience->members = members;
	audience->count = 0;
	return audience;
}

static void append(struct audience *audience, void *member)
{
	audience->members->ref(member);
	audience->member[audience->count++] = member;
}

static struct audience_entry **find(struct audience_table *table, const char *name, size_t length,
				    uint32_t hash)
{
	struct audience_entry **at = &table->bucket[hash % AUDIENCE_BUCKETS];

	while (*at && ((*at)->hash != hash || (*at)->length != length ||
		       memcmp((*at)->name, name, length)))
		at = &(*at)->next;
	return at;
}

static int new_entry(struct audience_entry **at, const struct audience_members *members,
		     const char *name, size_t length, uint32_t hash)
{
	struct audience_entry *entry = malloc(sizeof(*entry) + length);

	if (!entry)
		return -ENOMEM;
	entry->audience = new_audience(members, 0);
	if (!entry->audience) {
		free(entry);
		return -ENOMEM;
	}
	entry->next = NULL;
	entry->hash = hash;
	entry->length = length;
	memcpy(entry->name, name, length);
	*at = entry;
	return 0;
}

static void drop_if_empty(struct audience_entry **at)
{
	struct audience_entry *entry = *at;

	if (entry->audience->count)
		return;
	*at = entry->next;
	free_entry(entry);
}

static size_t place_of(const struct audience *audience, const void *member)
{
	size_t i = 0;

	while (i < audience->count && audience->member[i] != member)
		i++;
	return i;
}

/* Replaces the list of *at by one with `add`, or without `leave`. */
static int replace(struct audience_entry **at, void *add, const void *leave)
{
	struct audience *old = (*at)->audience, *made = new_audience(old->members, old->count + 1);

	if (!made)
		return -ENOMEM;
	for (size_t i = 0; i < old->count; i++) {
		if (old->member[i] != leave)
			append(made, old->member[i]);
	}
	if (add)
		append(made, add);
	(*at)->audience = made;
	audience_put(old);
	return 0;
}

int audience_add(struct audience_table *table, const char *name, size_t length, void *member)
{
	uint32_t hash = hash_name(name, length);
	struct audience_entry **at = find(table, name, length, hash);
	int err;

	if (!*at) {
		err = new_entry(at, table->members, name, length, hash);
		if (err)
			return err;
	}
	if (place_of((*at)->audience, member) < (*at)->audience->count)
		return -EEXIST;
	err = replace(at, member, NULL);
	drop_if_empty(at);
	return err;
}

/*
 * Nobody else holds the list: no other is needed. acquire: pairs with the release of who held it
 * last.
 */
static bool remove_in_place(struct audience *audience, void *member)
{
	if (atomic_load_explicit(&audience->refs, memory_order_acquire) != 1)
		return false;
	for (size_t i = place_of(audience, member) + 1; i < audience->count; i++)
		audience->member[i - 1] = audience->member[i];
	audience->count--;
	audience->members->unref(member);
	return true;
}

int audience_remove(struct audience_table *table, const char *name, size_t length, void *member)
{
	struct audience_entry **at = find(table, name, length, hash_name(name, length));
	int err;

	if (!*at || place_of((*at)->audience, member) == (*at)->audience->count)
		return -ENOENT;
	err = remove_in_place((*at)->audience, member) ? 0 : replace(at, NULL, member);
	drop_if_empty(at);
	return err;
}

struct audience *audience_get(struct audience_table *table, const char *name, size_t length,
			      uint32_t hash)
{
	struct audience_entry *entry = *find(table, name, length, hash);

	if (!entry)
		return NULL;
	atomic_fetch_add_explicit(&entry->audience->refs, 1, memory_order_relaxed);
	return entry->audience;
}

void audience_put(struct audience *audience)
{
	/* acq_rel: who frees it sees everything that the others did with it. */
	if (!audience || atomic_fetch_sub_explicit(&audience->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < audience->count; i++)
		audience->members->unref(audience->member[i]);
	free(audience);
}

size_t audience_count(struct audience_table *table, const char *name, size_t length)
{
	struct audience_entry *entry = *find(table, name, length, hash_name(name, length));

	return entry ? entry->audience->count : 0;
}
