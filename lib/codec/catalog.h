/*
 * catalog: an interface and every named type that it refers to, sorted; what descriptions are made
 * of.
 *
 * Every entry has a name: "module.Name", and for the parameters and results of a method, which have
 * none of their own, "module.Name.method.in" and ".out". Two types with the same name are one entry.
 */
#ifndef COHORT_CODEC_CATALOG_H
#define COHORT_CODEC_CATALOG_H

#include "cohort/codec.h"

enum codec_entry_kind {
	CODEC_ENTRY_INTERFACE = 1,
	CODEC_ENTRY_STRUCT,
	CODEC_ENTRY_ENUM,
	CODEC_ENTRY_FLAGS,
	CODEC_ENTRY_CUSTOM,
};

struct codec_entry {
	uint64_t name; /* the hash of it */
	enum codec_entry_kind kind;
	const char *base, *method, *side;	  /* the name; without a method only `base` */
	const struct cohort_interface *interface; /* INTERFACE */
	const struct cohort_type *type;		  /* the others */
};

struct codec_catalog {
	struct codec_entry *entries; /* by ascending hash of the name */
	size_t count, capacity;
};

/* -ENOMEM; deinit it in any case. */
int codec_catalog_init(struct codec_catalog *catalog, const struct cohort_interface *interface);
void codec_catalog_deinit(struct codec_catalog *catalog);

/* Methods, fields or values. */
uint32_t codec_entry_count(const struct codec_entry *entry);
/* Of the first `count` methods of an interface, or fields of a struct, in their order. */
uint64_t codec_entry_hash(const struct codec_entry *entry, uint32_t count);
/* Of the name of an enumerator. */
uint64_t codec_enumerator_hash(const struct cohort_type *type, uint32_t i);
/* Cut to `size` bytes, with a NUL; `size` may be 0. */
void codec_entry_name(const struct codec_entry *entry, char *name, size_t size);

uint64_t codec_hash_bytes(uint64_t hash, const void *bytes, size_t length);
#define CODEC_HASH_INIT UINT64_C(0xcbf29ce484222325)

#endif
