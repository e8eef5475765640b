/*
 * action: what this process can be asked to do: a table of names and handlers.
 *
 * An action that is in use by a thread stays alive until that thread gives it back, also when it
 * was removed meanwhile: `released` is called once, when nobody can run its handler any more.
 */
#ifndef COHORT_MODEL_ACTION_H
#define COHORT_MODEL_ACTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/deferred.h"
#include "base/lock.h"
#include "cohort/action.h"

struct action {
	struct action *next; /* in its bucket */
	uint32_t hash;
	uint8_t length;
	char name[COHORT_NAME_MAX + 1];
	char help[COHORT_HELP_MAX + 1];
	uint32_t flags;
	cohort_handler *handler;
	void *arg;
	void (*released)(void *arg);
	_Atomic bool removed;	  /* set under the table's lock; read without it as a hint */
	unsigned users;		  /* the table's lock */
	bool awaited;		  /* a remover waits and will release it; the table's lock */
	struct deferred deferred; /* when it has no user left: for whoever shall release it */
	/* Counters: relaxed, they order nothing. */
	_Atomic uint64_t calls, errors, total_ns, worst_ns;
};

#define ACTION_BUCKETS 64u

struct action_table {
	struct lock lock;
	struct cond drained;
	size_t count;
	struct action *bucket[ACTION_BUCKETS];
};

int action_table_init(struct action_table *table);

/* Nothing is released any more: what stands in the table is its owner's again. */
void action_table_disclaim(struct action_table *table);

/* Releases and frees what is left; nobody uses any of it. */
void action_table_deinit(struct action_table *table);

/* -EINVAL: not an action that can be; -EEXIST; -ENOMEM. */
int action_check(const struct cohort_action *from);
int action_add(struct action_table *table, const struct cohort_action *from);

/* Borrows an action for running it, or NULL. Give it back with action_put(). */
struct action *action_get(struct action_table *table, const char *name, size_t length,
			  uint32_t hash);
void action_put(struct action_table *table, struct action *action);

/* The same, but leaves action_release() to the caller if it returns the action: it was the last user. */
struct action *action_put_unreleased(struct action_table *table, struct action *action);
void action_release(struct action *action);

/*
 * Takes it out of the table. With `wait` returns 0 when nobody uses it any more. Without: 0, or
 * COHORT_DRAINING: the last user will release it. -ENOENT.
 */
int action_remove(struct action_table *table, const char *name, bool wait);

/*
 * Takes it out again without `released`: registering it failed. It has not run, or is running: then
 * its last user frees it.
 */
void action_forget(struct action_table *table, const char *name);

/* Calls `visit` for each, under the lock. */
void action_each(struct action_table *table, void (*visit)(const struct action *action, void *arg),
		 void *arg);

#endif
