/*
 * handles.c: one recursion for each composite kind. A type that cannot hold a descriptor is skipped, so
 * that an array of a million integers costs nothing; whether it can is found by the same walk over
 * types, to a depth at which every type of interest was seen.
 */
#include "component/handles.h"

#include <stdint.h>

#define DEPTH_MAX 64 /* as the codec has it */

static bool possible(const struct cohort_type *type, unsigned depth, unsigned *budget)
{
	if (!depth || !*budget)
		return true;
	--*budget;
	switch (type->kind) {
	case COHORT_KIND_HANDLE:
		return true;
	case COHORT_KIND_ARRAY:
	case COHORT_KIND_FIXED:
	case COHORT_KIND_MAP:
	case COHORT_KIND_OPTIONAL:
		return possible(type->of, depth - 1, budget);
	case COHORT_KIND_STRUCT:
		for (uint32_t i = 0; i < type->count; i++)
			if (possible(type->fields[i].type, depth - 1, budget))
				return true;
		return false;
	default:
		return false;
	}
}

bool handles_possible(const struct cohort_type *type)
{
	unsigned budget = 256; /* types looked at: recursive and large ones count as possible */

	return possible(type, DEPTH_MAX, &budget);
}

struct walk {
	int (*each)(int *handle, void *arg);
	void *arg;
};

static int walk_object(const struct walk *walk, const struct cohort_type *type, void *object);

static int walk_elements(const struct walk *walk, const struct cohort_type *type, void *data,
			 size_t count)
{
	int err = 0;

	if (!handles_possible(type))
		return 0;
	for (size_t i = 0; !err && i < count; i++)
		err = walk_object(walk, type, (unsigned char *)data + i * type->size);
	return err;
}

static int walk_fields(const struct walk *walk, const struct cohort_type *type, void *object)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < type->count; i++)
		err = walk_object(walk, type->fields[i].type,
				  (unsigned char *)object + type->fields[i].offset);
	return err;
}

/* An optional string or handle is one itself; any other is a pointer. */
static int walk_optional(const struct walk *walk, const struct cohort_type *type, void *object)
{
	void **there = object;

	if (type->of->kind == COHORT_KIND_HANDLE)
		return walk_object(walk, type->of, object);
	if (type->of->kind == COHORT_KIND_STRING || !*there)
		return 0;
	return walk_object(walk, type->of, *there);
}

static int walk_object(const struct walk *walk, const struct cohort_type *type, void *object)
{
	struct span {
		void *data;
		size_t count;
	} *span = object;

	switch (type->kind) {
	case COHORT_KIND_HANDLE:
		return *(int *)object < 0 ? 0 : walk->each(object, walk->arg);
	case COHORT_KIND_STRUCT:
		return walk_fields(walk, type, object);
	case COHORT_KIND_FIXED:
		return walk_elements(walk, type->of, object, type->count);
	case COHORT_KIND_ARRAY:
	case COHORT_KIND_MAP:
		return walk_elements(walk, type->of, span->data, span->count);
	case COHORT_KIND_OPTIONAL:
		return walk_optional(walk, type, object);
	default:
		return 0;
	}
}

int handles_each(const struct cohort_type *type, void *object, int (*each)(int *handle, void *arg),
		 void *arg)
{
	struct walk walk = { each, arg };

	return handles_possible(type) ? walk_object(&walk, type, object) : 0;
}

static int count_one(int *handle, void *arg)
{
	(void)handle;
	++*(size_t *)arg;
	return 0;
}

size_t handles_count(const struct cohort_type *type, void *object)
{
	size_t count = 0;

	handles_each(type, object, count_one, &count);
	return count;
}
