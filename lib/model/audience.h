/*
 * audience: who wants to hear an action: for each name that peers have announced, the peers that
 * did.
 *
 * A broadcast borrows the list as it is at that moment and walks it without a lock: lists are never
 * changed, only replaced. The table has no lock of its own; its owner's lock guards every call
 * except audience_put().
 */
#ifndef COHORT_MODEL_AUDIENCE_H
#define COHORT_MODEL_AUDIENCE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* How the owner's members are counted. */
struct audience_members {
	void (*ref)(void *member);
	void (*unref)(void *member);
};

struct audience {
	_Atomic uint32_t refs;
	const struct audience_members *members;
	size_t count;
	void *member[];
};

#define AUDIENCE_BUCKETS 64u

struct audience_entry;

struct audience_table {
	const struct audience_members *members;
	struct audience_entry *bucket[AUDIENCE_BUCKETS];
};

void audience_table_init(struct audience_table *table, const struct audience_members *members);
void audience_table_deinit(struct audience_table *table);

/* -EEXIST: it is there already; -ENOMEM: nothing changed. */
int audience_add(struct audience_table *table, const char *name, size_t length, void *member);

/*
 * -ENOENT: it was not there; -ENOMEM: no memory for the shorter list, nothing changed: whoever
 * walks the old list finds that the member is over, and skips it.
 */
int audience_remove(struct audience_table *table, const char *name, size_t length, void *member);

/* A reference to the list as it is now, or NULL: nobody. */
struct audience *audience_get(struct audience_table *table, const char *name, size_t length,
			      uint32_t hash);
void audience_put(struct audience *audience);

/* How many want to hear it. */
size_t audience_count(struct audience_table *table, const char *name, size_t length);

#endif
