/*
 * A few relaxed stores for each handler; the name is copied only when it is another action's than
 * last time.
 */
#include "engine/running.h"

#include <string.h>

static _Thread_local struct running *here;

void running_attach(struct running *r)
{
	here = r;
	running_end();
}

static void store_name(struct running *r, const struct action *action)
{
	for (size_t i = 0; i < sizeof(r->name) / sizeof(r->name[0]); i++) {
		uint64_t word;

		memcpy(&word, action->name + i * sizeof(word), sizeof(word));
		atomic_store_explicit(&r->name[i], word, memory_order_relaxed);
	}
	r->action = action;
	r->hash = action->hash;
}

void running_begin(const struct action *action, uint64_t peer, int64_t now)
{
	struct running *r = here;

	if (!r)
		return;
	if (r->action != action || r->hash != action->hash)
		store_name(r, action);
	atomic_store_explicit(&r->peer, peer, memory_order_relaxed);
	atomic_store_explicit(&r->since, now, memory_order_relaxed);
}

void running_end(void)
{
	if (here)
		atomic_store_explicit(&here->since, 0, memory_order_relaxed);
}

bool running_look(struct running *r, struct running_view *view)
{
	view->since = atomic_load_explicit(&r->since, memory_order_relaxed);
	view->peer = atomic_load_explicit(&r->peer, memory_order_relaxed);
	for (size_t i = 0; i < sizeof(r->name) / sizeof(r->name[0]); i++) {
		uint64_t word = atomic_load_explicit(&r->name[i], memory_order_relaxed);

		memcpy(view->action + i * sizeof(word), &word, sizeof(word));
	}
	view->action[COHORT_NAME_MAX] = '\0';
	return view->since != 0;
}
