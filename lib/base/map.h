/*
 * Hash map from uint64_t to void *.
 *
 * Open addressing with linear probing in a table of a power of two, at most three quarters used.
 * Keys can be chosen by another process, so their place depends on a random seed of each map which
 * nobody can guess: hostile keys collide no more often than others.
 *
 * A removed entry leaves a marker behind, so that removing never moves other entries: entries may
 * be removed while iterating. Markers are swept when the table is next rebuilt. The map is not
 * locked; its owner's lock covers it. A map allocates nothing before the first put.
 */
#ifndef COHORT_BASE_MAP_H
#define COHORT_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_slot {
	uint64_t key;
	void *value; /* NULL: never used since the last rebuild */
};

struct map {
	struct map_slot *slots;
	size_t size;  /* slots: 0 or a power of two */
	size_t count; /* entries */
	size_t used;  /* entries and markers */
	uint64_t seed[2];
};

/* 0, or an error of random_bytes(); the map can be deinitialised either way. */
int map_init(struct map *m);

/* Frees the table, not the values. */
void map_deinit(struct map *m);

/* Adds an entry; value is not NULL. 0, -EEXIST (unchanged) or -ENOMEM (unchanged). */
int map_put(struct map *m, uint64_t key, void *value);

/* The value, or NULL. */
void *map_find(const struct map *m, uint64_t key);

/* Removes the entry and returns its value, or NULL if there is none. */
void *map_remove(struct map *m, uint64_t key);

static inline size_t map_count(const struct map *m)
{
	return m->count;
}

/* The next value, in no order, or NULL after the last; *cursor starts as 0. Entries may be removed
 * between two calls, but none may be put. */
void *map_next(const struct map *m, size_t *cursor);

#endif
