/*
 * copy.c: an object is copied as bytes, and then each pointer in the copy is replaced by one to a
 * copy of what it points to.
 */
#include <errno.h>

#include "codec/arena.h"
#include "codec/object.h"

struct copier {
	struct cohort_arena *arena;
	unsigned depth;
};

static int deepen(struct copier *c, const struct cohort_type *type, void *object);

static int deepen_elements(struct copier *c, const struct cohort_type *of, void *elements,
			   size_t count)
{
	unsigned char *at = elements;
	int err = 0;

	for (size_t i = 0; i < count && !err; i++, at += of->size)
		err = deepen(c, of, at);
	return err;
}

static int copy_fields(struct copier *c, const struct cohort_type *type, void *object)
{
	unsigned char *at = object;
	int err = 0;

	for (uint32_t i = 0; i < type->count && !err; i++)
		err = deepen(c, type->fields[i].type, at + type->fields[i].offset);
	return err;
}

/* An entry is no level of its own. */
static int deepen_entries(struct copier *c, const struct cohort_type *of, void *entries,
			  size_t count)
{
	unsigned char *at = entries;
	int err = 0;

	for (size_t i = 0; i < count && !err; i++, at += of->size)
		err = copy_fields(c, of, at);
	return err;
}

/* A copy of the bytes of `count` objects. NULL: no memory. */
static void *copy_bytes(struct copier *c, const struct cohort_type *of, const void *from,
			size_t count)
{
	size_t size;
	void *to;

	if (__builtin_mul_overflow(count, (size_t)of->size, &size))
		return NULL;
	to = codec_arena_take(c->arena, size, of->align);
	return to ? memcpy(to, from, size) : NULL;
}

static bool points_nowhere(enum cohort_kind kind)
{
	return (kind >= COHORT_KIND_BOOL && kind <= COHORT_KIND_DOUBLE) ||
	       (kind >= COHORT_KIND_HANDLE && kind <= COHORT_KIND_FLAGS);
}

static int copy_list(struct copier *c, const struct cohort_type *type, void *object)
{
	struct codec_list list = codec_list_of(object);
	void *to = NULL;

	if (list.count && !list.data)
		return -EINVAL;
	if (list.count) {
		to = copy_bytes(c, type->of, list.data, list.count);
		if (!to)
			return -ENOMEM;
	}
	list.data = to;
	memcpy(object, &list, sizeof(list));
	if (type->kind == COHORT_KIND_MAP)
		return deepen_entries(c, type->of, to, list.count);
	return points_nowhere(type->of->kind) ? 0 : deepen_elements(c, type->of, to, list.count);
}

static int copy_string(struct copier *c, void *object)
{
	const char *from = codec_string_of(object);
	size_t size = strlen(from) + 1;
	char *to = *from ? codec_arena_take(c->arena, size, 1) : "";

	if (!to)
		return -ENOMEM;
	if (*from)
		memcpy(to, from, size);
	codec_pointer_set(object, to);
	return 0;
}

static int copy_optional(struct copier *c, const struct cohort_type *type, void *object)
{
	const void *from = codec_optional_of(type, object);
	void *to;

	if (!from)
		return 0;
	if (from == object)
		return deepen(c, type->of, object);
	to = copy_bytes(c, type->of, from, 1);
	if (!to)
		return -ENOMEM;
	codec_pointer_set(object, to);
	return deepen(c, type->of, to);
}

/* The bytes of the object are those of the original, until its own function has written others. */
static int copy_custom(struct copier *c, const struct cohort_type *type, void *object)
{
	void *original;
	int err;

	if (!type->custom || !type->custom->copy)
		return -EOPNOTSUPP;
	original = copy_bytes(c, type, object, 1);
	if (!original)
		return -ENOMEM;
	memset(object, 0, type->size);
	err = type->custom->copy(original, c->arena, object);
	return err > 0 ? -EINVAL : err;
}

static int deepen_composite(struct copier *c, const struct cohort_type *type, void *object)
{
	switch (type->kind) {
	case COHORT_KIND_STRUCT:
		return copy_fields(c, type, object);
	case COHORT_KIND_FIXED:
		return points_nowhere(type->of->kind)
			       ? 0
			       : deepen_elements(c, type->of, object, type->count);
	case COHORT_KIND_ARRAY:
	case COHORT_KIND_MAP:
		return copy_list(c, type, object);
	case COHORT_KIND_OPTIONAL:
		return copy_optional(c, type, object);
	case COHORT_KIND_CUSTOM:
		return copy_custom(c, type, object);
	default:
		return -EINVAL;
	}
}

static int deepen(struct copier *c, const struct cohort_type *type, void *object)
{
	int err;

	if (points_nowhere(type->kind))
		return 0;
	if (type->kind == COHORT_KIND_STRING)
		return copy_string(c, object);
	if (c->depth == CODEC_DEPTH_MAX)
		return -ELOOP;
	c->depth++;
	err = deepen_composite(c, type, object);
	c->depth--;
	return err;
}

int cohort_copy(const struct cohort_type *type, const void *object, struct cohort_arena *arena,
		void *out)
{
	struct copier copier = { .arena = arena };
	int err;

	if (!type || !object || !arena || !out)
		return -EINVAL;
	memcpy(out, object, type->size);
	err = deepen(&copier, type, out);
	if (err)
		cohort_init(type, out);
	return err;
}
