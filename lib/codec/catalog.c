/*
 * catalog.c: finds types from the methods on, breadth first, and hashes what each is made of.
 *
 * The hash of a struct does not go into the named types of its fields, it has only their names: so
 * recursion is no problem, and a difference is reported where it is. Composite types have no names and
 * are hashed along their structure. FNV-1a with 64 bits; a text is hashed with its NUL, so that texts
 * in a row are not confused.
 */
#include "codec/catalog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/object.h"

/* --- Hashes ------------------------------------------------------------------------------------- */

uint64_t codec_hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const unsigned char *b = bytes;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ b[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return text ? codec_hash_bytes(hash, text, strlen(text) + 1) : hash;
}

static uint64_t hash_number(uint64_t hash, uint64_t number)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
	return codec_hash_bytes(hash, bytes, sizeof(bytes));
}

static uint64_t hash_type(uint64_t hash, const struct cohort_type *type, unsigned depth);

static uint64_t hash_fields(uint64_t hash, const struct cohort_type *type, uint32_t count,
			    unsigned depth)
{
	for (uint32_t i = 0; i < count; i++) {
		hash = hash_text(hash, type->fields[i].name);
		hash = hash_type(hash, type->fields[i].type, depth);
	}
	return hash;
}

/* Types without a name contain themselves only in tables that are wrong: then it ends somewhere. */
static uint64_t hash_type(uint64_t hash, const struct cohort_type *type, unsigned depth)
{
	if (type->name)
		return hash_text(hash_number(hash, 0), type->name);
	hash = hash_number(hash, type->kind);
	if (depth == CODEC_DEPTH_MAX)
		return hash;
	if (type->kind == COHORT_KIND_STRUCT)
		return hash_fields(hash_number(hash, type->count), type, type->count, depth + 1);
	if (type->kind == COHORT_KIND_MAP)
		return hash_fields(hash, type->of, 2, depth + 1);
	if (type->kind == COHORT_KIND_FIXED)
		hash = hash_number(hash, type->count);
	return type->of ? hash_type(hash, type->of, depth + 1) : hash;
}

uint64_t codec_enumerator_hash(const struct cohort_type *type, uint32_t i)
{
	return hash_text(CODEC_HASH_INIT, type->value_names ? type->value_names[i] : "");
}

uint64_t codec_entry_hash(const struct codec_entry *entry, uint32_t count)
{
	uint64_t hash = CODEC_HASH_INIT;

	if (entry->kind == CODEC_ENTRY_STRUCT)
		return hash_fields(hash, entry->type, count, 0);
	if (entry->kind != CODEC_ENTRY_INTERFACE)
		return hash;
	hash = hash_number(hash, entry->interface->flags);
	for (uint32_t i = 0; i < count; i++) {
		const struct cohort_method *method = &entry->interface->methods[i];

		hash = hash_text(hash, method->name);
		hash = hash_number(hash, method->flags & COHORT_METHOD_ONEWAY);
	}
	return hash;
}

uint32_t codec_entry_count(const struct codec_entry *entry)
{
	if (entry->kind == CODEC_ENTRY_INTERFACE)
		return entry->interface->nmethods;
	if (entry->kind == CODEC_ENTRY_STRUCT || entry->kind == CODEC_ENTRY_ENUM)
		return entry->type->count;
	return 0;
}

/* --- Names -------------------------------------------------------------------------------------- */

void codec_entry_name(const struct codec_entry *entry, char *name, size_t size)
{
	if (entry->method)
		snprintf(name, size, "%s.%s.%s", entry->base, entry->method, entry->side);
	else
		snprintf(name, size, "%s", entry->base);
}

static uint64_t hash_name(const struct codec_entry *entry)
{
	uint64_t hash = codec_hash_bytes(CODEC_HASH_INIT, entry->base, strlen(entry->base));

	if (!entry->method)
		return hash;
	hash = codec_hash_bytes(hash, ".", 1);
	hash = codec_hash_bytes(hash, entry->method, strlen(entry->method));
	hash = codec_hash_bytes(hash, ".", 1);
	return codec_hash_bytes(hash, entry->side, strlen(entry->side));
}

/* --- What there is ------------------------------------------------------------------------------ */

static bool has(const struct codec_catalog *catalog, uint64_t name)
{
	for (size_t i = 0; i < catalog->count; i++)
		if (catalog->entries[i].name == name)
			return true;
	return false;
}

static int grow(struct codec_catalog *catalog)
{
	size_t capacity = catalog->capacity ? 2 * catalog->capacity : 32;
	struct codec_entry *entries = reallocarray(catalog->entries, capacity, sizeof(*entries));

	if (!entries)
		return -ENOMEM;
	catalog->entries = entries;
	catalog->capacity = capacity;
	return 0;
}

static int add(struct codec_catalog *catalog, struct codec_entry entry)
{
	entry.name = hash_name(&entry);
	if (has(catalog, entry.name))
		return 0;
	if (catalog->count == catalog->capacity && grow(catalog))
		return -ENOMEM;
	catalog->entries[catalog->count++] = entry;
	return 0;
}

static int add_type(struct codec_catalog *catalog, const struct cohort_type *type)
{
	struct codec_entry entry = { .base = type->name, .type = type };

	if (type->kind == COHORT_KIND_STRUCT)
		entry.kind = CODEC_ENTRY_STRUCT;
	else if (type->kind == COHORT_KIND_ENUM)
		entry.kind = CODEC_ENTRY_ENUM;
	else if (type->kind == COHORT_KIND_FLAGS)
		entry.kind = CODEC_ENTRY_FLAGS;
	else
		entry.kind = CODEC_ENTRY_CUSTOM;
	return add(catalog, entry);
}

static int add_fields(struct codec_catalog *catalog, const struct cohort_type *type,
		      unsigned depth);

/* A named type, or those that one without a name refers to. */
static int add_used(struct codec_catalog *catalog, const struct cohort_type *type, unsigned depth)
{
	while (!type->name && type->of && type->kind != COHORT_KIND_MAP &&
	       depth < CODEC_DEPTH_MAX) {
		type = type->of;
		depth++;
	}
	if (type->name)
		return add_type(catalog, type);
	if (depth == CODEC_DEPTH_MAX)
		return 0;
	if (type->kind == COHORT_KIND_MAP)
		return add_fields(catalog, type->of, depth + 1);
	return type->kind == COHORT_KIND_STRUCT ? add_fields(catalog, type, depth + 1) : 0;
}

static int add_fields(struct codec_catalog *catalog, const struct cohort_type *type, unsigned depth)
{
	int err = 0;

	for (uint32_t i = 0; i < type->count && !err; i++)
		err = add_used(catalog, type->fields[i].type, depth);
	return err;
}

static int add_side(struct codec_catalog *catalog, const struct cohort_interface *interface,
		    const struct cohort_method *method, const char *side,
		    const struct cohort_type *type)
{
	struct codec_entry entry = { .kind = CODEC_ENTRY_STRUCT,
				     .base = interface->name,
				     .method = method->name,
				     .side = side,
				     .type = type };

	return add(catalog, entry);
}

static int add_interface(struct codec_catalog *catalog, const struct cohort_interface *interface)
{
	struct codec_entry entry = { .kind = CODEC_ENTRY_INTERFACE,
				     .base = interface->name,
				     .interface = interface };
	int err = add(catalog, entry);

	for (uint32_t i = 0; i < interface->nmethods && !err; i++) {
		const struct cohort_method *method = &interface->methods[i];

		err = add_side(catalog, interface, method, "in", method->in);
		if (!err)
			err = add_side(catalog, interface, method, "out", method->out);
	}
	return err;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = ((const struct codec_entry *)a)->name;
	uint64_t y = ((const struct codec_entry *)b)->name;

	return (x > y) - (x < y);
}

int codec_catalog_init(struct codec_catalog *catalog, const struct cohort_interface *interface)
{
	int err;

	*catalog = (struct codec_catalog){ 0 };
	err = add_interface(catalog, interface);
	for (size_t i = 0; i < catalog->count && !err; i++)
		if (catalog->entries[i].kind == CODEC_ENTRY_STRUCT)
			err = add_fields(catalog, catalog->entries[i].type, 0);
	if (!err)
		qsort(catalog->entries, catalog->count, sizeof(*catalog->entries), compare);
	return err;
}

void codec_catalog_deinit(struct codec_catalog *catalog)
{
	free(catalog->entries);
	*catalog = (struct codec_catalog){ 0 };
}
