#include "types.h"

#include <string.h>

#include "attributes.h"
#include "diagnostics.h"
#include "names.h"
#include "values.h"

#define FIXED_MOST 65535

static bool resolve(struct file *file, struct type *t, bool element);

bool is_descriptor(const struct declaration *d)
{
	return d->kind == DECL_STRUCT && d->skip_serdes &&
	       (strcmp(d->name, "SharedFD") == 0 || strcmp(d->name, "FileDescriptor") == 0);
}

static bool no_type(const struct type *t, const struct symbol *s)
{
	static const char *const kinds[] = { [DECL_CONST] = "a constant",
					     [DECL_ENUM] = "an enum",
					     [DECL_STRUCT] = "a struct",
					     [DECL_INTERFACE] = "an interface" };

	error_at(t->place, "`%s` is %s, not a type", t->name,
		 s->enumerator ? "a value of an enum" : kinds[s->declaration->kind]);
	note_at(s->enumerator ? s->enumerator->place : s->declaration->place, "declared here");
	return false;
}

static bool declared_nowhere(const struct type *t)
{
	error_at(t->place,
		 "`%s` is not declared: such a type can only be the element of an array or a map",
		 t->name);
	return false;
}

static bool use(struct type *t, const struct symbol *s, bool element)
{
	struct declaration *d = s->declaration;

	if (s->enumerator || (d->kind != DECL_ENUM && d->kind != DECL_STRUCT))
		return no_type(t, s);
	if (d->external && !element)
		return declared_nowhere(t);
	if (is_descriptor(d))
		t->kind = TYPE_HANDLE;
	else
		t->declaration = d;
	return true;
}

static bool resolve_name(struct file *file, struct type *t, bool element)
{
	const struct symbol *s = name_find(file, t->name);

	if (s)
		return use(t, s, element);
	if (!name_may_be_external(file, t->name)) {
		name_unknown(file, t->place, t->name, WANTED_TYPE, NULL);
		return false;
	}
	if (!element)
		return declared_nowhere(t);
	t->declaration = name_add_external(file, t->place, t->name);
	return true;
}

static bool check_key(const struct type *key)
{
	bool simple = key->kind <= TYPE_UINT64 || key->kind == TYPE_STRING ||
		      (key->kind == TYPE_NAMED && key->declaration->kind == DECL_ENUM);

	if (simple && !key->optional)
		return true;
	error_at(key->place, "the key of a map is an integer, a bool, an enum or a string");
	return false;
}

static bool resolve_map(struct file *file, struct type *t)
{
	bool key = resolve(file, t->key, false) && check_key(t->key);

	return resolve(file, t->of, true) && key;
}

static bool resolve_fixed(struct file *file, struct type *t)
{
	bool count = value_integer(file, t->count_value, 1, FIXED_MOST, "the length of an array",
				   &t->count);

	return resolve(file, t->of, true) && count;
}

/* The parser has limited how deep this goes. */
static bool resolve(struct file *file, struct type *t, bool element)
{
	if (t->kind == TYPE_NAMED)
		return resolve_name(file, t, element);
	if (t->kind == TYPE_FIXED)
		return resolve_fixed(file, t);
	if (t->kind == TYPE_MAP)
		return resolve_map(file, t);
	return t->kind != TYPE_ARRAY || resolve(file, t->of, true);
}

/* --- Attributes of fields ------------------------------------------------------------------------ */

static void check_flags(struct field *f, const struct attribute *a)
{
	const struct declaration *d = f->type->declaration;

	if (f->type->kind != TYPE_NAMED || d->kind != DECL_ENUM) {
		error_at(a->place, "`flags` needs an enum");
		return;
	}
	f->type->flags = true;
	for (const struct enumerator *e = d->enumerators; e; e = e->next)
		if (e->value < 0) {
			error_at(a->place, "`%s` has negative values, which are no flags", d->name);
			note_at(e->place, "such as this one");
			return;
		}
}

static void check_max(const struct file *file, struct field *f, const struct attribute *a)
{
	struct type *t = f->type;
	uint64_t max;

	while (t->kind == TYPE_FIXED)
		t = t->of;
	if (t->kind != TYPE_STRING && t->kind != TYPE_ARRAY && t->kind != TYPE_MAP)
		error_at(a->place, "`max` needs a string, an array or a map");
	else if (a->value && value_integer(file, a->value, 1, UINT32_MAX, "a maximum", &max))
		t->max = (uint32_t)max;
}

static void check_attributes(const struct file *file, struct field *f)
{
	const struct attribute *flags = attribute_find(f->attributes, "flags");
	const struct attribute *max = attribute_find(f->attributes, "max");

	if (flags)
		check_flags(f, flags);
	if (max)
		check_max(file, f, max);
}

static void check_fields(struct file *file, struct field *f)
{
	for (; f; f = f->next) {
		if (!resolve(file, f->type, false))
			continue;
		check_attributes(file, f);
		value_check_default(file, f);
	}
}

/* --- Structs that are not ours ------------------------------------------------------------------- */

static void check_skipped(const struct declaration *d)
{
	if (d->skip_header && d->skip_serdes && d->fields) {
		error_at(d->fields->place,
			 "`%s` is skipHeader and skipSerdes: it cannot have fields", d->name);
	} else if (!d->has_body && !(d->skip_header && d->skip_serdes)) {
		error_at(d->place, "only a struct that is skipHeader and skipSerdes has no `{}`");
	}
}

void types_check(struct file *file)
{
	for (struct declaration *d = file->declarations; d && !d->external; d = d->next) {
		if (d->kind == DECL_STRUCT)
			check_skipped(d);
		check_fields(file, d->fields);
		for (struct method *m = d->methods; m; m = m->next) {
			check_fields(file, m->in);
			check_fields(file, m->out);
		}
	}
}
