#include "attributes.h"

#include <string.h>

#include "diagnostics.h"
#include "memory.h"
#include "suggest.h"
#include "table.h"

#define ON_ENUM 0x01u
#define ON_STRUCT 0x02u
#define ON_INTERFACE 0x04u
#define ON_METHOD 0x08u
#define ON_FIELD 0x10u /* or parameter, or result */

static const struct known {
	const char *name;
	unsigned int places;
	const char *value; /* what it needs, or NULL: it has none */
} known[] = {
	{ "async", ON_METHOD, NULL },
	{ "events", ON_INTERFACE, NULL },
	{ "flags", ON_ENUM | ON_FIELD, NULL },
	{ "hasFd", ON_STRUCT | ON_FIELD, NULL },
	{ "max", ON_FIELD, "N" },
	{ "oneway", ON_METHOD, NULL },
	{ "scopedEnum", ON_ENUM, NULL },
	{ "skipHeader", ON_ENUM | ON_STRUCT, NULL },
	{ "skipSerdes", ON_STRUCT, NULL },
	{ "timeout", ON_METHOD, "MS" },
};

#define NKNOWN (sizeof(known) / sizeof(*known))

static const struct known *known_find(const char *name)
{
	for (size_t i = 0; i < NKNOWN; i++)
		if (strcmp(known[i].name, name) == 0)
			return &known[i];
	return NULL;
}

static void unknown(const struct attribute *a)
{
	struct suggestion suggestion = { .wanted = a->name };

	for (size_t i = 0; i < NKNOWN; i++)
		suggestion_consider(&suggestion, known[i].name);
	error_at(a->place, "unknown attribute `%s`%s", a->name, suggestion_text(&suggestion));
}

/* `on` is a place, or 0: where no attribute is. */
static void check_one(const struct attribute *a, unsigned int on, const char *what)
{
	const struct known *k = known_find(a->name);

	if (!k)
		unknown(a);
	else if (!(k->places & on))
		error_at(a->place, "`%s` is no attribute of %s", a->name, what);
	else if (k->value && !a->value)
		error_at(a->place, "`%s` needs a value: `%s=%s`", a->name, a->name, k->value);
	else if (!k->value && a->value)
		error_at(a->place, "`%s` has no value", a->name);
}

static void check_list(struct attribute *list, unsigned int on, const char *what)
{
	struct table there = { 0 };

	for (struct attribute *a = list; a; a = a->next) {
		const struct attribute *other = table_add(&there, a->name, a);

		check_one(a, on, what);
		if (!other)
			continue;
		error_at(a->place, "the attribute `%s` is there twice", a->name);
		note_at(other->place, "it is here, too");
	}
}

static void check_fields(struct field *f, const char *what)
{
	for (; f; f = f->next)
		check_list(f->attributes, ON_FIELD, what);
}

static void check_parts(struct declaration *d)
{
	check_fields(d->fields, "a field");
	for (struct method *m = d->methods; m; m = m->next) {
		check_list(m->attributes, ON_METHOD, "a method");
		check_fields(m->in, "a parameter");
		check_fields(m->out, "a result");
	}
	for (struct enumerator *e = d->enumerators; e; e = e->next)
		check_list(e->attributes, 0, "a value of an enum");
}

const struct attribute *attribute_find(const struct attribute *list, const char *name)
{
	while (list && strcmp(list->name, name) != 0)
		list = list->next;
	return list;
}

static void set_up(struct declaration *d)
{
	d->skip_header = attribute_find(d->attributes, "skipHeader");
	d->skip_serdes = attribute_find(d->attributes, "skipSerdes");
	d->flags = attribute_find(d->attributes, "flags");
	d->scoped = attribute_find(d->attributes, "scopedEnum");
	d->events = attribute_find(d->attributes, "events");
}

void attributes_check(struct file *file)
{
	static const struct {
		unsigned int on;
		const char *what;
	} places[] = {
		[DECL_CONST] = { 0, "a constant" },
		[DECL_ENUM] = { ON_ENUM, "an enum" },
		[DECL_STRUCT] = { ON_STRUCT, "a struct" },
		[DECL_INTERFACE] = { ON_INTERFACE, "an interface" },
	};

	for (struct declaration *d = file->declarations; d; d = d->next) {
		check_list(d->attributes, places[d->kind].on, places[d->kind].what);
		check_parts(d);
		set_up(d);
	}
}
