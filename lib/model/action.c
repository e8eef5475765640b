/*
 * Buckets of singly linked actions under one lock. Handlers are found by hash and name; a thread
 * that serves several records of one action in a row keeps the action it borrowed, so the lock is
 * not taken for each record.
 */
#include "model/action.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"

int action_table_init(struct action_table *table)
{
	*table = (struct action_table){ 0 };
	lock_init(&table->lock, LOCK_QUEUE);
	cond_init(&table->drained);
	return 0;
}

void action_release(struct action *action)
{
	if (action->released)
		action->released(action->arg);
	free(action);
}

void action_table_deinit(struct action_table *table)
{
	for (unsigned i = 0; i < ACTION_BUCKETS; i++) {
		while (table->bucket[i]) {
			struct action *action = table->bucket[i];

			table->bucket[i] = action->next;
			action_release(action);
		}
	}
	cond_deinit(&table->drained);
	lock_deinit(&table->lock);
}

void action_table_disclaim(struct action_table *table)
{
	for (unsigned i = 0; i < ACTION_BUCKETS; i++) {
		for (struct action *action = table->bucket[i]; action; action = action->next)
			action->released = NULL;
	}
}

static bool is_reserved(const char *name)
{
	return strncmp(name, "cohort.", 7) == 0;
}

static bool is_name(const char *name)
{
	size_t n = strnlen(name, COHORT_NAME_MAX + 1);

	if (n == 0 || n > COHORT_NAME_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)name[i] <= 0x20 || (unsigned char)name[i] >= 0x7f)
			return false;
	}
	return true;
}

int action_check(const struct cohort_action *from)
{
	if (from->size != sizeof(*from) || !from->name || !from->handler)
		return -EINVAL;
	if (!is_name(from->name) || is_reserved(from->name))
		return -EINVAL;
	if (from->flags & ~(COHORT_BLOCKING | COHORT_IN_PLACE))
		return -EINVAL;
	if (from->help && strnlen(from->help, COHORT_HELP_MAX + 1) > COHORT_HELP_MAX)
		return -EINVAL;
	return 0;
}

static struct action *new_action(const struct cohort_action *from)
{
	struct action *action = calloc(1, sizeof(*action));

	if (!action)
		return NULL;
	action->length = (uint8_t)strlen(from->name);
	memcpy(action->name, from->name, action->length);
	if (from->help)
		memcpy(action->help, from->help, strlen(from->help));
	action->hash = hash_name(action->name, action->length);
	action->flags = from->flags;
	action->handler = from->handler;
	action->arg = from->arg;
	action->released = from->released;
	return action;
}

static struct action **find_locked(struct action_table *table, const char *name, size_t length,
				   uint32_t hash)
{
	struct action **at = &table->bucket[hash % ACTION_BUCKETS];

	while (*at && ((*at)->hash != hash || (*at)->length != length ||
		       memcmp((*at)->name, name, length)))
		at = &(*at)->next;
	return at;
}

int action_add(struct action_table *table, const struct cohort_action *from)
{
	int err = action_check(from);
	struct action *action, **at;

	if (err)
		return err;
	action = new_action(from);
	if (!action)
		return -ENOMEM;
	lock_take(&table->lock);
	at = find_locked(table, action->name, action->length, action->hash);
	if (*at) {
		err = -EEXIST;
	} else {
		*at = action;
		table->count++;
	}
	lock_drop(&table->lock);
	if (err)
		free(action);
	return err;
}

struct action *action_get(struct action_table *table, const char *name, size_t length,
			  uint32_t hash)
{
	struct action *action;

	lock_take(&table->lock);
	action = *find_locked(table, name, length, hash);
	if (action)
		action->users++;
	lock_drop(&table->lock);
	return action;
}

struct action *action_put_unreleased(struct action_table *table, struct action *action)
{
	bool last;

	lock_take(&table->lock);
	last = --action->users == 0 && atomic_load_explicit(&action->removed, memory_order_relaxed);
	if (last && action->awaited) {
		cond_broadcast(&table->drained);
		last = false;
	}
	lock_drop(&table->lock);
	return last ? action : NULL;
}

void action_put(struct action_table *table, struct action *action)
{
	action = action_put_unreleased(table, action);
	if (action)
		action_release(action);
}

int action_remove(struct action_table *table, const char *name, bool wait)
{
	size_t length = strlen(name);
	struct action *action, **at;
	bool drained;

	lock_take(&table->lock);
	at = find_locked(table, name, length, hash_name(name, length));
	action = *at;
	if (!action) {
		lock_drop(&table->lock);
		return -ENOENT;
	}
	*at = action->next;
	table->count--;
	atomic_store_explicit(&action->removed, true, memory_order_relaxed);
	action->awaited = wait;
	while (wait && action->users)
		cond_wait(&table->drained, &table->lock, DEADLINE_NEVER);
	drained = action->users == 0;
	lock_drop(&table->lock);
	if (!drained)
		return COHORT_DRAINING;
	action_release(action);
	return 0;
}

void action_forget(struct action_table *table, const char *name)
{
	size_t length = strlen(name);
	struct action *action, **at;

	lock_take(&table->lock);
	at = find_locked(table, name, length, hash_name(name, length));
	action = *at;
	if (action) {
		*at = action->next;
		table->count--;
		action->released = NULL;
		atomic_store_explicit(&action->removed, true, memory_order_relaxed);
		if (action->users)
			action = NULL;
	}
	lock_drop(&table->lock);
	free(action);
}

void action_each(struct action_table *table, void (*visit)(const struct action *action, void *arg),
		 void *arg)
{
	lock_take(&table->lock);
	for (unsigned i = 0; i < ACTION_BUCKETS; i++) {
		for (const struct action *action = table->bucket[i]; action; action = action->next)
			visit(action, arg);
	}
	lock_drop(&table->lock);
}
