/*
 * One table has every name that the generated files declare for all to see, also those that the
 * compiler makes itself, so that no method can be called like them. Tags and other names are not told
 * apart, since C++ does not always do so either. Members have a table for each struct.
 */
#include "mangle.h"

#include <ctype.h>
#include <string.h>

#include "diagnostics.h"
#include "memory.h"
#include "reserved.h"
#include "table.h"

#define LONGEST 255

struct claim {
	struct place place;
	const char *what; /* "method" */
	const char *name; /* as written */
};

/* --- Letters ------------------------------------------------------------------------------------- */

static bool begins_word(const char *name, size_t i)
{
	bool upper = isupper((unsigned char)name[i]), before;

	if (!upper || i == 0 || name[i - 1] == '_' || name[i - 1] == '.')
		return false;
	before = isupper((unsigned char)name[i - 1]);
	return !before || islower((unsigned char)name[i + 1]);
}

static char *snake(const char *name)
{
	char *whole = node_new(2 * strlen(name) + 1), *to = whole;

	for (size_t i = 0; name[i]; i++) {
		if (begins_word(name, i))
			*to++ = '_';
		*to++ = name[i] == '.' ? '_' : (char)tolower((unsigned char)name[i]);
	}
	return whole;
}

static char *upper(const char *name)
{
	char *whole = text_copy(name, strlen(name));

	for (char *c = whole; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return whole;
}

static char *lower(const char *module)
{
	char *whole = text_copy(module, strlen(module));

	for (char *c = whole; *c; c++)
		*c = *c == '.' ? '_' : (char)tolower((unsigned char)*c);
	return whole;
}

/* --- Claims -------------------------------------------------------------------------------------- */

static void clash(const struct claim *claim, const struct claim *other, const char *c_name)
{
	if (strcmp(claim->name, other->name) == 0 && strcmp(claim->what, other->what) == 0)
		error_at(claim->place, "the %s `%s` is declared twice", claim->what, claim->name);
	else
		error_at(claim->place, "the %s `%s` makes the C name `%s`, as the %s `%s` does",
			 claim->what, claim->name, c_name, other->what, other->name);
	note_at(other->place, "the %s `%s` is declared here", other->what, other->name);
}

static void take(struct table *names, const char *c_name, const struct claim *claim)
{
	struct claim *kept = node_new(sizeof(*kept));
	const struct claim *other;

	*kept = *claim;
	if (strlen(c_name) > LONGEST) {
		error_at(claim->place, "the C name of the %s `%s` is longer than %d characters",
			 claim->what, claim->name, LONGEST);
		return;
	}
	if (name_is_reserved(c_name)) {
		error_at(claim->place, "the %s `%s` makes the C name `%s`, which is taken",
			 claim->what, claim->name, c_name);
		return;
	}
	other = table_add(names, c_name, kept);
	if (other && memcmp(&other->place, &claim->place, sizeof(claim->place)) != 0)
		clash(claim, other, c_name);
}

/* A name, and those that are made of it: `endings` ends with NULL. */
static void take_all(struct table *names, const char *c_name, const char *const *endings,
		     const struct claim *claim)
{
	for (; *endings; endings++)
		take(names, text_format("%s%s", c_name, *endings), claim);
}

/* --- Things -------------------------------------------------------------------------------------- */

static void name_fields(struct field *f, const char *what)
{
	struct table names = { 0 };

	for (; f; f = f->next) {
		const struct claim claim = { f->place, what, f->name };

		f->c_name = snake(f->name);
		take(&names, f->c_name, &claim);
	}
}

static void name_enumerators(struct table *names, struct declaration *d)
{
	const char *own = text_format("%s_", snake(d->name));

	for (struct enumerator *e = d->enumerators; e; e = e->next) {
		const struct claim claim = { e->place, "value", e->name };
		const char *name = snake(e->name);

		/* A value COLOR_RED of Color is COLOR_RED, not COLOR_COLOR_RED. */
		if (strncmp(name, own, strlen(own)) == 0 && name[strlen(own)])
			name += strlen(own);
		e->c_name = upper(text_format("%s_%s", d->c_name, name));
		take(names, e->c_name, &claim);
	}
}

static void name_method(struct table *names, struct table *members, const struct declaration *d,
			struct method *m)
{
	static const char *const endings[] = { "",	    "_async",	"_send",     "_in",
					       "_out",	    "_in_type", "_out_type", "_in_init",
					       "_out_init", NULL };
	const struct claim claim = { m->place, "method", m->name };
	const char *whole;

	m->c_name = snake(m->name);
	whole = text_format("%s_%s", d->c_name, m->c_name);
	take(members, m->c_name, &claim);
	take_all(names, whole, endings, &claim);
	take(names, upper(text_format("%s_method_%s", d->c_name, m->c_name)), &claim);
	name_fields(m->in, "parameter");
	name_fields(m->out, "result");
}

static void name_methods(struct table *names, struct declaration *d)
{
	struct table members = { 0 };

	for (struct method *m = d->methods; m; m = m->next)
		name_method(names, &members, d, m);
}

static void name_declaration(struct table *names, struct declaration *d)
{
	static const char *const whats[] = { "constant", "enum", "struct", "interface" };
	static const char *const endings[][6] = {
		[DECL_CONST] = { "", NULL },
		[DECL_ENUM] = { "", "_type", NULL },
		[DECL_STRUCT] = { "", "_type", "_init", NULL },
		[DECL_INTERFACE] = { "", "_interface", "_functions", "_fuzz", "_method", NULL },
	};
	const struct claim claim = { d->place, whats[d->kind], d->name };
	char *c_name = text_format("%s%s", d->file->c_prefix, snake(d->name));

	d->c_name = d->kind == DECL_CONST ? upper(c_name) : c_name;
	take_all(names, d->c_name, endings[d->kind], &claim);
}

static void name_parts(struct table *names, struct declaration *d)
{
	name_fields(d->fields, "field");
	name_enumerators(names, d);
	name_methods(names, d);
}

static void name_files(struct table *names, struct file *files,
		       void (*name)(struct table *names, struct declaration *d))
{
	for (struct file *file = files; file; file = file->next)
		for (struct declaration *d = file->declarations; d; d = d->next)
			name(names, d);
}

void mangle(struct file *files)
{
	struct table names = { 0 };

	for (struct file *file = files; file; file = file->next)
		if (*file->module)
			file->c_prefix = text_format("%s_", lower(file->module));
	name_files(&names, files, name_declaration);
	name_files(&names, files, name_parts);
}
