/*
 * config.c: each pointer of a configuration, once.
 */
#include "component/config.h"

#include <errno.h>
#include <string.h>

static bool copy_bytes(const void **at, size_t size, struct cohort_arena *arena)
{
	void *copy;

	if (!*at)
		return true;
	copy = cohort_arena_alloc(arena, size + 1);
	if (copy && size)
		memcpy(copy, *at, size);
	*at = copy;
	return copy;
}

static bool copy_text(const char **at, struct cohort_arena *arena)
{
	const void *text = *at;
	bool done = !text || copy_bytes(&text, strlen(*at) + 1, arena);

	*at = text;
	return done;
}

static bool copy_environment(struct cohort_sandbox *sandbox, struct cohort_arena *arena)
{
	size_t count = 0;
	const char **list;

	if (!sandbox->environment)
		return true;
	while (sandbox->environment[count])
		count++;
	list = cohort_arena_alloc(arena, (count + 1) * sizeof(*list));
	for (size_t i = 0; list && i < count; i++) {
		list[i] = sandbox->environment[i];
		if (!copy_text(&list[i], arena))
			return false;
	}
	sandbox->environment = list;
	return list;
}

static bool copy_tables(struct cohort_component_config *to, struct cohort_arena *arena)
{
	const void *uses = to->uses, *services = to->services;
	bool done = copy_bytes(&uses, to->nuses * sizeof(*to->uses), arena) &&
		    copy_bytes(&services, to->nservices * sizeof(*to->services), arena);

	to->uses = uses;
	to->services = services;
	return done;
}

int config_copy(struct cohort_component_config *to, const struct cohort_component_config *from,
		struct cohort_arena *arena)
{
	*to = *from;
	if (!to->options)
		to->options = "";
	if (!copy_text(&to->mode, arena) || !copy_text(&to->path, arena) ||
	    !copy_text(&to->executable, arena) || !copy_text(&to->worker, arena) ||
	    !copy_text(&to->options, arena) || !copy_tables(to, arena) ||
	    !copy_environment(&to->sandbox, arena))
		return -ENOMEM;
	return 0;
}
