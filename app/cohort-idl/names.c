/*
 * One table has all full names, such as `ipa.test.Color` and `ipa.test.Color.RED`. A file sees its own
 * and those of what it imports, but not what those import.
 */
#include "names.h"

#include <ctype.h>
#include <string.h>

#include "diagnostics.h"
#include "memory.h"
#include "suggest.h"
#include "table.h"

#define SUGGESTIONS 20 /* more errors are not shown */

static struct table symbols; /* full names to struct symbol */
static struct table modules; /* names of modules, and of those around them */
static struct table external;
static unsigned int suggested;

static const char *const words[] = { "array",  "bool",	 "double", "false",  "float",	 "handle",
				     "int16",  "int32",	 "int64",  "int8",   "map",	 "string",
				     "true",   "uint16", "uint32", "uint64", "uint8",	 "module",
				     "import", "const",	 "enum",   "struct", "interface" };

static bool is_word(const char *name)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(name, words[i]) == 0)
			return true;
	return false;
}

static const char *qualified(const char *before, size_t length, const char *name)
{
	return length ? text_format("%.*s.%s", (int)length, before, name) : name;
}

/* --- Declaring --------------------------------------------------------------------------------- */

static struct place place_of(const struct symbol *s)
{
	return s->enumerator ? s->enumerator->place : s->declaration->place;
}

static bool symbol_add(const char *full_name, struct declaration *d, struct enumerator *e,
		       const char *name)
{
	struct symbol *symbol = node_new(sizeof(*symbol)), *other;

	*symbol = (struct symbol){ d, e };
	other = table_add(&symbols, full_name, symbol);
	if (!other)
		return true;
	if (other->enumerator && e)
		error_at(e->place, "`%s` is declared twice in `%s`", name, d->name);
	else
		error_at(place_of(symbol), "`%s` is declared twice", name);
	note_at(place_of(other), "first declared here");
	return false;
}

static void enumerators_add(struct declaration *d)
{
	struct enumerator **at = &d->enumerators;

	while (*at) {
		struct enumerator *e = *at;

		if (symbol_add(qualified(d->full_name, strlen(d->full_name), e->name), d, e,
			       e->name))
			at = &e->next;
		else
			*at = e->next;
	}
}

static bool declaration_add(struct file *file, struct declaration *d)
{
	if (is_word(d->name)) {
		error_at(d->place, "`%s` is a word of the language", d->name);
		return false;
	}
	d->full_name = qualified(file->module, strlen(file->module), d->name);
	if (!symbol_add(d->full_name, d, NULL, d->name))
		return false;
	enumerators_add(d);
	return true;
}

static void module_add(const struct file *file)
{
	for (size_t n = strlen(file->module); n > 0; n--)
		if (file->module[n] == '\0' || file->module[n] == '.')
			table_add(&modules, text_copy(file->module, n), (void *)&modules);
}

void names_declare(struct file *files)
{
	for (struct file *file = files; file; file = file->next) {
		struct declaration **at = &file->declarations;

		module_add(file);
		while (*at)
			if (declaration_add(file, *at))
				at = &(*at)->next;
			else
				*at = (*at)->next;
	}
}

/* --- Finding ------------------------------------------------------------------------------------- */

static bool sees(const struct file *from, const struct symbol *s)
{
	if (s->declaration->file == from)
		return true;
	for (const struct import *i = from->imports; i; i = i->next)
		if (i->file == s->declaration->file)
			return true;
	return false;
}

/* The length of what is around a module's name of that length. */
static size_t around(const char *module, size_t length)
{
	while (length > 0 && module[--length] != '.')
		;
	return length;
}

/* Also what the file does not see; what it sees comes first. */
static const struct symbol *find_any(const struct file *from, const char *name)
{
	const struct symbol *hidden = NULL;
	size_t n = strlen(from->module);

	for (;; n = around(from->module, n)) {
		const struct symbol *s = table_find(&symbols, qualified(from->module, n, name));

		if (s && sees(from, s))
			return s;
		if (s && !hidden)
			hidden = s;
		if (n == 0)
			return hidden;
	}
}

const struct symbol *name_find(const struct file *from, const char *name)
{
	const struct symbol *s = find_any(from, name);

	return s && sees(from, s) ? s : NULL;
}

struct enumerator *name_find_enumerator(const struct declaration *of, const char *name)
{
	const struct symbol *s =
		table_find(&symbols, qualified(of->full_name, strlen(of->full_name), name));

	return s && s->declaration == of ? s->enumerator : NULL;
}

/* --- Suggesting ---------------------------------------------------------------------------------- */

static bool is_wanted(const struct symbol *s, enum wanted wanted)
{
	enum declaration_kind kind = s->declaration->kind;

	if (wanted == WANTED_TYPE)
		return !s->enumerator && (kind == DECL_ENUM || kind == DECL_STRUCT);
	return s->enumerator || kind == DECL_CONST;
}

/* How a file writes a full name. */
static const char *as_written(const struct file *from, const char *full_name)
{
	size_t n = strlen(from->module);

	if (n && strncmp(full_name, from->module, n) == 0 && full_name[n] == '.')
		return full_name + n + 1;
	return full_name;
}

static const char *suggest(const struct file *from, const char *name, enum wanted wanted,
			   const struct declaration *of)
{
	struct suggestion suggestion = { .wanted = name };

	if (suggested++ >= SUGGESTIONS)
		return "";
	for (const struct enumerator *e = of ? of->enumerators : NULL; e; e = e->next)
		suggestion_consider(&suggestion, e->name);
	for (const struct table_entry *e = symbols.first; e; e = e->next)
		if (is_wanted(e->value, wanted) && sees(from, e->value))
			suggestion_consider(&suggestion, as_written(from, e->key));
	if (wanted == WANTED_TYPE)
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			suggestion_consider(&suggestion, words[i]);
	return suggestion_text(&suggestion);
}

void name_unknown(const struct file *from, struct place place, const char *name, enum wanted wanted,
		  const struct declaration *of)
{
	const struct symbol *hidden = find_any(from, name);

	if (names_incomplete())
		return;
	error_at(place, "unknown %s `%s`%s", wanted == WANTED_TYPE ? "type" : "value", name,
		 hidden ? "" : suggest(from, name, wanted, of));
	if (hidden)
		note_at(place_of(hidden), "it is declared here, in a file that is not imported");
}

/* --- Declared elsewhere ------------------------------------------------------------------------------ */

bool name_may_be_external(const struct file *from, const char *name)
{
	const char *dot = strchr(name, '.'), *first;

	if (!dot || !isupper((unsigned char)*name))
		return false;
	first = text_copy(name, (size_t)(dot - name));
	return !table_find(&modules, first) && !find_any(from, first);
}

/* Of a file that has just got one, the end is known. */
static void append(struct file *file, struct declaration *d)
{
	static struct declaration *last;

	if (!last || last->file != file)
		last = file->declarations;
	while (last && last->next)
		last = last->next;
	*(last ? &last->next : &file->declarations) = d;
	last = d;
}

struct declaration *name_add_external(struct file *file, struct place place, const char *name)
{
	const char *full_name = qualified(file->module, strlen(file->module), name);
	struct declaration *d = table_find(&external, full_name);
	struct symbol *symbol;

	if (d)
		return d;
	d = node_new(sizeof(*d));
	*d = (struct declaration){
		.place = place,
		.file = file,
		.kind = DECL_STRUCT,
		.name = name,
		.full_name = full_name,
		.skip_header = true,
		.skip_serdes = true,
		.external = true,
	};
	append(file, d);
	symbol = node_new(sizeof(*symbol));
	*symbol = (struct symbol){ d, NULL };
	table_add(&external, full_name, d);
	table_add(&symbols, full_name, symbol);
	return d;
}
