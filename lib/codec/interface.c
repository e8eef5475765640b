/*
 * interface.c: whether two programs that were built at different times mean the same.
 *
 * A description, all little-endian:
 *
 *	magic "CoI", version 1	4
 *	number of entries	4
 *	then, by strictly ascending hash of the name, each entry
 *		hash of its name	8
 *		kind			1	enum codec_entry_kind
 *		count			4	methods, fields or values; else 0
 *	and by its kind
 *		INTERFACE, STRUCT	8	hash over all its methods or fields, in order
 *		ENUM			12 each	value (4), hash of its name (8)
 *		FLAGS			4	mask
 *		CUSTOM			0
 *
 * Methods and fields are appended, so what both sides have is the first ones. The side that has at
 * least as many can hash the first `count` of its own and compare; the other side cannot, and need
 * not: each side asks for itself, and one of them can. An enum may get a value anywhere, so a hash over
 * its values would tell too little: each value is there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec/catalog.h"
#include "codec/scalar.h"

#define VERSION 1
#define HEAD 8
#define ENTRY_HEAD 13
#define ENUMERATOR 12

static const char magic[3] = { 'C', 'o', 'I' };

/* --- Describing --------------------------------------------------------------------------------- */

static uint64_t load64(const uint8_t *from)
{
	return (uint64_t)codec_load32(from) | (uint64_t)codec_load32(from + 4) << 32;
}

static void store64(uint8_t *to, uint64_t value)
{
	codec_store32(to, (uint32_t)value);
	codec_store32(to + 4, (uint32_t)(value >> 32));
}

/* Bytes of an entry after its head, by its kind; 0 also for kinds that are none. */
static uint64_t rest_size(unsigned kind, uint32_t count)
{
	switch (kind) {
	case CODEC_ENTRY_INTERFACE:
	case CODEC_ENTRY_STRUCT:
		return 8;
	case CODEC_ENTRY_ENUM:
		return (uint64_t)count * ENUMERATOR;
	case CODEC_ENTRY_FLAGS:
		return 4;
	default:
		return 0;
	}
}

static size_t entry_size(const struct codec_entry *entry)
{
	return ENTRY_HEAD + (size_t)rest_size(entry->kind, codec_entry_count(entry));
}

static void write_enumerators(const struct cohort_type *type, uint8_t *to)
{
	for (uint32_t i = 0; i < type->count; i++, to += ENUMERATOR) {
		codec_store32(to, (uint32_t)type->values[i]);
		store64(to + 4, codec_enumerator_hash(type, i));
	}
}

static void write_entry(const struct codec_entry *entry, uint8_t *to)
{
	uint32_t count = codec_entry_count(entry);

	store64(to, entry->name);
	to[8] = (uint8_t)entry->kind;
	codec_store32(to + 9, count);
	to += ENTRY_HEAD;
	if (entry->kind == CODEC_ENTRY_ENUM)
		write_enumerators(entry->type, to);
	else if (entry->kind == CODEC_ENTRY_FLAGS)
		codec_store32(to, (uint32_t)entry->type->values[0]);
	else if (entry->kind != CODEC_ENTRY_CUSTOM)
		store64(to, codec_entry_hash(entry, count));
}

static size_t catalog_size(const struct codec_catalog *catalog)
{
	size_t size = HEAD;

	for (size_t i = 0; i < catalog->count; i++)
		size += entry_size(&catalog->entries[i]);
	return size;
}

static void write_catalog(const struct codec_catalog *catalog, uint8_t *to)
{
	memcpy(to, magic, sizeof(magic));
	to[3] = VERSION;
	codec_store32(to + 4, (uint32_t)catalog->count);
	to += HEAD;
	for (size_t i = 0; i < catalog->count; i++) {
		write_entry(&catalog->entries[i], to);
		to += entry_size(&catalog->entries[i]);
	}
}

ssize_t cohort_interface_describe(const struct cohort_interface *interface, void *data,
				  size_t capacity)
{
	struct codec_catalog catalog;
	size_t size = 0;
	int err;

	if (!interface || (capacity && !data))
		return -EINVAL;
	err = codec_catalog_init(&catalog, interface);
	if (!err)
		size = catalog_size(&catalog);
	if (!err && size <= capacity)
		write_catalog(&catalog, data);
	codec_catalog_deinit(&catalog);
	return err ? err : (ssize_t)size;
}

/* Of the description, which has all that counts. */
uint64_t cohort_interface_hash(const struct cohort_interface *interface)
{
	ssize_t size = cohort_interface_describe(interface, NULL, 0);
	void *description = size > 0 ? malloc((size_t)size) : NULL;
	uint64_t hash = 0;

	if (description && cohort_interface_describe(interface, description, (size_t)size) == size)
		hash = codec_hash_bytes(CODEC_HASH_INIT, description, (size_t)size);
	free(description);
	return hash;
}

/* --- Comparing ---------------------------------------------------------------------------------- */

/* An entry of the other side's; `rest` points into its description. */
struct foreign {
	uint64_t name;
	unsigned kind;
	uint32_t count;
	const uint8_t *rest;
};

struct reader {
	const uint8_t *at, *end;
};

static int read_entry(struct reader *r, struct foreign *out)
{
	struct foreign f;
	uint64_t size;

	if ((size_t)(r->end - r->at) < ENTRY_HEAD)
		return -EBADMSG;
	f = (struct foreign){ load64(r->at), r->at[8], codec_load32(r->at + 9),
			      r->at + ENTRY_HEAD };
	size = rest_size(f.kind, f.count);
	if (f.kind < CODEC_ENTRY_INTERFACE || f.kind > CODEC_ENTRY_CUSTOM ||
	    size > (size_t)(r->end - f.rest))
		return -EBADMSG;
	r->at = f.rest + size;
	*out = f;
	return 0;
}

static struct reader entries_of(const void *theirs, size_t length)
{
	const uint8_t *first = theirs;

	return (struct reader){ first + HEAD, first + length };
}

/* Looks at all of it before anything is believed. */
static int validate(const uint8_t *theirs, size_t length)
{
	struct foreign f = { 0 };
	struct reader r;
	uint64_t before = 0;
	uint32_t count;
	int err;

	if (length < HEAD || memcmp(theirs, magic, sizeof(magic)) != 0 || theirs[3] != VERSION)
		return -EBADMSG;
	r = entries_of(theirs, length);
	count = codec_load32(theirs + 4);
	for (uint32_t i = 0; i < count; i++, before = f.name) {
		err = read_entry(&r, &f);
		if (err)
			return err;
		if (i && f.name <= before)
			return -EBADMSG;
	}
	return r.at == r.end ? 0 : -EBADMSG;
}

/* How one of our enumerators meets theirs. */
struct meeting {
	bool is_value; /* one of theirs has its value */
	bool is_same;  /* and its name */
	bool is_moved; /* one has its name and another value */
};

static struct meeting meet(const struct cohort_type *ours, uint32_t i, const struct foreign *theirs)
{
	uint64_t name = codec_enumerator_hash(ours, i);
	int32_t value = (int32_t)ours->values[i];
	struct meeting m = { false, false, false };

	for (uint32_t k = 0; k < theirs->count; k++) {
		const uint8_t *at = theirs->rest + (size_t)k * ENUMERATOR;
		bool has_value = (int32_t)codec_load32(at) == value;
		bool has_name = load64(at + 4) == name;

		m.is_value |= has_value;
		m.is_same |= has_value && has_name;
		m.is_moved |= has_name && !has_value && ours->value_names;
	}
	return m;
}

/*
 * A name that both have must have the same value, and a value that both have a name in common:
 * several names may have one value, and lie beside each other then.
 */
static bool enum_fits(const struct cohort_type *ours, const struct foreign *theirs)
{
	bool is_same = false;

	for (uint32_t i = 0; i < ours->count; i++) {
		struct meeting m = meet(ours, i, theirs);
		bool is_last = i + 1 == ours->count || ours->values[i + 1] != ours->values[i];

		is_same |= m.is_same;
		if (m.is_moved || (is_last && m.is_value && !is_same))
			return false;
		if (is_last)
			is_same = false;
	}
	return true;
}

static bool mask_fits(uint32_t ours, uint32_t theirs)
{
	return (ours & theirs) == ours || (ours & theirs) == theirs;
}

static bool entry_fits(const struct codec_entry *ours, const struct foreign *theirs)
{
	if (theirs->kind != ours->kind)
		return false;
	if (ours->kind == CODEC_ENTRY_ENUM)
		return enum_fits(ours->type, theirs);
	if (ours->kind == CODEC_ENTRY_FLAGS)
		return mask_fits((uint32_t)ours->type->values[0], codec_load32(theirs->rest));
	if (ours->kind == CODEC_ENTRY_CUSTOM || theirs->count > codec_entry_count(ours))
		return true;
	return codec_entry_hash(ours, theirs->count) == load64(theirs->rest);
}

static int differs(const struct codec_entry *entry, char *what, size_t size)
{
	if (what && size)
		codec_entry_name(entry, what, size);
	return -EPROTO;
}

/* Both are sorted: one walk along the two. */
static int compare(const struct codec_catalog *ours, struct reader theirs, char *what, size_t size)
{
	struct foreign f = { 0 };
	bool is_there = false, is_found;

	for (size_t i = 0; i < ours->count; i++) {
		const struct codec_entry *entry = &ours->entries[i];

		while ((!is_there || f.name < entry->name) && theirs.at < theirs.end)
			is_there = read_entry(&theirs, &f) == 0;
		is_found = is_there && f.name == entry->name;
		if (is_found ? !entry_fits(entry, &f) : entry->kind == CODEC_ENTRY_INTERFACE)
			return differs(entry, what, size);
	}
	return 0;
}

int cohort_interface_accepts(const struct cohort_interface *interface, const void *theirs,
			     size_t length, char *what, size_t size)
{
	struct codec_catalog catalog;
	int err;

	if (!interface || (length && !theirs))
		return -EINVAL;
	err = validate(theirs, length);
	if (err)
		return err;
	err = codec_catalog_init(&catalog, interface);
	if (!err)
		err = compare(&catalog, entries_of(theirs, length), what, size);
	codec_catalog_deinit(&catalog);
	return err;
}
