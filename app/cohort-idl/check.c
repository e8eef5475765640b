/*
 * The order of the checks: each may rely on what those before it have filled in, but not on there
 * having been no errors.
 */
#include "check.h"

#include <inttypes.h>

#include "attributes.h"
#include "diagnostics.h"
#include "layout.h"
#include "mangle.h"
#include "memory.h"
#include "names.h"
#include "types.h"
#include "values.h"

#define TIMEOUT_MOST UINT64_C(86400000) /* ms: a day */
#define NANOSECONDS INT64_C(1000000)

/* --- Ids ------------------------------------------------------------------------------------------ */

/* What can have an id, @N. */
struct numbered {
	struct place place;
	const char *name;
	const struct value *written;
	uint32_t *id;
};

static void count_up(const struct numbered *item, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		*item[i].id = i;
}

/* Either all have one, or none; then they are numbered as they come. */
static bool all_written(const struct numbered *item, uint32_t n)
{
	uint32_t with = n, without = n;

	for (uint32_t i = n; i-- > 0;)
		*(item[i].written ? &with : &without) = i;
	if (with < n && without < n) {
		error_at(item[without].place, "`%s` has no id, but others have one",
			 item[without].name);
		note_at(item[with].written->place, "such as this one");
		return false;
	}
	if (with == n)
		count_up(item, n);
	return with < n;
}

static void take_written(const struct numbered *item, uint32_t n)
{
	const struct numbered **used = node_new(n * sizeof(struct numbered *));

	for (uint32_t i = 0; i < n; i++) {
		uint64_t id = item[i].written->magnitude;

		if (id >= n) {
			error_at(item[i].written->place,
				 "ids count from 0 without gaps: the last of %" PRIu32
				 " is %" PRIu32,
				 n, n - 1);
		} else if (used[id]) {
			error_at(item[i].written->place, "the id %" PRIu64 " is there twice", id);
			note_at(used[id]->written->place, "`%s` has it, too", used[id]->name);
		} else {
			used[id] = &item[i];
			*item[i].id = (uint32_t)id;
		}
	}
}

static void number(const struct numbered *item, uint32_t n)
{
	if (n > 0 && !names_incomplete() && all_written(item, n))
		take_written(item, n);
}

static void number_fields(struct field *fields)
{
	struct numbered *item;
	uint32_t n = 0;

	for (struct field *f = fields; f; f = f->next)
		n++;
	item = node_new(n * sizeof(*item));
	n = 0;
	for (struct field *f = fields; f; f = f->next)
		item[n++] = (struct numbered){ f->place, f->name, f->id_value, &f->id };
	number(item, n);
}

static void number_methods(struct method *methods)
{
	struct numbered *item;
	uint32_t n = 0;

	for (struct method *m = methods; m; m = m->next)
		n++;
	item = node_new(n * sizeof(*item));
	n = 0;
	for (struct method *m = methods; m; m = m->next)
		item[n++] = (struct numbered){ m->place, m->name, m->id_value, &m->id };
	number(item, n);
}

static void number_all(struct file *file)
{
	for (struct declaration *d = file->declarations; d; d = d->next) {
		number_fields(d->fields);
		number_methods(d->methods);
		for (struct method *m = d->methods; m; m = m->next) {
			number_fields(m->in);
			number_fields(m->out);
		}
	}
}

/* --- Methods -------------------------------------------------------------------------------------- */

static void check_oneway(const struct declaration *d, struct method *m, const struct attribute *why)
{
	m->oneway = why || d->events;
	if (m->oneway && m->has_out) {
		error_at(m->place, "`%s` has no answer, so it cannot have results", m->name);
		note_at(why ? why->place : d->place,
			why ? "because of this attribute" : "it is an interface of events");
	}
}

static void check_timeout(const struct file *file, struct method *m, const struct attribute *a)
{
	uint64_t ms;

	m->timeout = -1;
	if (!a || !a->value)
		return;
	if (m->oneway)
		error_at(a->place, "`%s` has no answer, so it cannot have a timeout", m->name);
	else if (value_integer(file, a->value, 1, TIMEOUT_MOST, "a timeout, in ms,", &ms))
		m->timeout = (int64_t)ms * NANOSECONDS;
}

static void check_method(const struct file *file, const struct declaration *d, struct method *m)
{
	const struct attribute *async = attribute_find(m->attributes, "async");
	const struct attribute *oneway = attribute_find(m->attributes, "oneway");

	if (async && oneway) {
		error_at(oneway->place, "`oneway` is the same as `async`");
		note_at(async->place, "which is here");
	}
	check_oneway(d, m, async ? async : oneway);
	check_timeout(file, m, attribute_find(m->attributes, "timeout"));
}

static void check_methods(const struct file *file)
{
	for (struct declaration *d = file->declarations; d; d = d->next)
		for (struct method *m = d->methods; m; m = m->next)
			check_method(file, d, m);
}

/* --- All ------------------------------------------------------------------------------------------- */

static void for_each(struct file *files, void (*one)(struct file *file))
{
	for (struct file *file = files; file; file = file->next)
		one(file);
}

static void clear_marks(struct file *file)
{
	for (struct declaration *d = file->declarations; d; d = d->next)
		d->mark = 0;
	file->checked = true;
}

static void check_one(struct file *file)
{
	types_check(file);
	check_methods(file);
	number_all(file);
}

void check(struct file *files)
{
	names_declare(files);
	for_each(files, attributes_check);
	for_each(files, values_check);
	for_each(files, check_one);
	for_each(files, clear_marks);
	layout_check(files);
	mangle(files);
	for_each(files, clear_marks);
}
