/*
 * A walk over what is contained by value: structs in structs, also through arrays of fixed length.
 * What is optional, an array or a map is somewhere else, and ends it. The sizes are an upper bound.
 */
#include "layout.h"

#include <inttypes.h>

#include "diagnostics.h"
#include "memory.h"
#include "table.h"

#define DEEPEST 64 /* what the codec takes */
#define LARGEST (UINT64_C(16) << 20)

#define FRESH 0
#define UNDER_WAY 1
#define DONE 2

struct walk {
	struct {
		struct declaration *declaration;
		const struct field *field; /* of it, that is being looked at */
	} path[DEEPEST];
	unsigned int depth;
	bool stopped;	    /* nothing more is worth saying */
	struct table sizes; /* of structs that are done, by their full names */
};

static uint64_t struct_size(struct walk *w, struct declaration *d);

static void contains_itself(struct walk *w, const struct declaration *d)
{
	unsigned int from = 0;

	while (w->path[from].declaration != d)
		from++;
	error_at(d->place, "`%s` contains itself", d->name);
	for (; from < w->depth; from++)
		note_at(w->path[from].field->place, "by way of `%s` of `%s`",
			w->path[from].field->name, w->path[from].declaration->name);
}

static void too_deep(struct walk *w)
{
	const struct declaration *d = w->path[0].declaration;

	error_at(d->place, "`%s` has structs in structs, deeper than %d", d->name, DEEPEST);
	w->stopped = true;
}

static uint64_t named_size(struct walk *w, struct declaration *d)
{
	if (!d || d->kind == DECL_ENUM)
		return 4;
	return struct_size(w, d);
}

static uint64_t type_size(struct walk *w, const struct type *t)
{
	uint64_t size;

	if (t->optional)
		return 8;
	switch (t->kind) {
	case TYPE_NAMED:
		return named_size(w, t->declaration);
	case TYPE_FIXED:
		if (__builtin_mul_overflow(type_size(w, t->of), t->count, &size))
			return UINT64_MAX / 2;
		return size;
	case TYPE_ARRAY:
	case TYPE_MAP:
		return 16;
	case TYPE_BOOL:
	case TYPE_INT8:
	case TYPE_UINT8:
		return 1;
	default:
		return 8;
	}
}

/* Stops at the field that makes it too large. */
static uint64_t fields_size(struct walk *w, const struct field *f, unsigned int level)
{
	uint64_t size = 0;

	for (; f && !w->stopped; f = f->next) {
		if (level < DEEPEST)
			w->path[level].field = f;
		size += (type_size(w, f->type) + 7) & ~UINT64_C(7);
		if (size <= LARGEST)
			continue;
		error_at(f->place, "with `%s` the struct is larger than 16 MiB in memory", f->name);
		return 8; /* so that what contains it is not, too */
	}
	return size;
}

static uint64_t struct_size(struct walk *w, struct declaration *d)
{
	uint64_t *size = table_find(&w->sizes, d->full_name);

	if (size)
		return *size;
	if (d->mark == UNDER_WAY) {
		contains_itself(w, d);
		return 8;
	}
	if (w->depth == DEEPEST) {
		too_deep(w);
		return 8;
	}
	d->mark = UNDER_WAY;
	w->path[w->depth++].declaration = d;
	size = node_new(sizeof(*size));
	*size = fields_size(w, d->fields, w->depth - 1);
	table_add(&w->sizes, d->full_name, size);
	w->depth--;
	d->mark = DONE;
	return *size;
}

static void check_methods(struct walk *w, const struct declaration *d)
{
	for (const struct method *m = d->methods; m; m = m->next) {
		fields_size(w, m->in, DEEPEST);
		fields_size(w, m->out, DEEPEST);
	}
}

void layout_check(struct file *files)
{
	struct walk w = { 0 };

	for (struct file *file = files; file; file = file->next)
		for (struct declaration *d = file->declarations; d && !w.stopped; d = d->next)
			if (d->kind == DECL_STRUCT)
				struct_size(&w, d);
			else
				check_methods(&w, d);
}
