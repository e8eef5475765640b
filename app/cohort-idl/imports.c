/*
 * Files are the same if they are the same inode: however they are reached, each is read once. A file
 * that is still being loaded when it is imported is a cycle.
 */
#include "imports.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "diagnostics.h"
#include "emit_text.h"
#include "memory.h"
#include "parse.h"
#include "source.h"
#include "table.h"

#define DEEPEST 64

struct loader {
	const char *const *folders;
	size_t nfolders;
	struct file *first, **end;
	struct table known; /* inodes to files */
	struct {
		const struct file *file;
		struct place import; /* in it, that is being loaded */
	} loading[DEEPEST];
	unsigned int depth;
};

static void load(struct loader *l, struct file *file);

static const char *why(int err)
{
	return err == -EFBIG	? "it is larger than 16 MiB"
	       : err == -EINVAL ? "it is not a file"
				: strerror(-err);
}

static const char *key_of(const struct stat *st)
{
	return text_format("%ju:%ju", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);
}

static const char *beside(const struct file *file, const char *name)
{
	const char *slash = strrchr(file->path, '/');

	return slash ? text_format("%.*s%s", (int)(slash + 1 - file->path), file->path, name)
		     : name;
}

/* Returns where it is, or NULL: nowhere. */
static const char *find(const struct loader *l, const struct import *i, struct stat *st)
{
	const char *path = beside(i->place.file, i->path);

	if (stat(path, st) == 0)
		return path;
	for (size_t n = 0; n < l->nfolders; n++) {
		path = text_format("%s/%s", l->folders[n], i->path);
		if (stat(path, st) == 0)
			return path;
	}
	return NULL;
}

static void file_add(struct loader *l, struct file *file)
{
	*l->end = file;
	l->end = &file->next;
}

static bool name_valid(const struct import *i)
{
	if (*i->path == '\0')
		error_at(i->place, "the path of an import is empty");
	else if (*i->path == '/')
		error_at(i->place, "the path of an import cannot be absolute");
	else
		return true;
	return false;
}

static bool being_loaded(const struct loader *l, const struct import *i, const struct file *file)
{
	unsigned int from = 0;

	while (from < l->depth && l->loading[from].file != file)
		from++;
	if (from == l->depth)
		return false;
	error_at(i->place, from + 1 == l->depth ? "a file imports itself"
						: "files import each other in a cycle");
	for (; from + 1 < l->depth; from++)
		note_at(l->loading[from].import, "by way of this import");
	return true;
}

static bool imported_before(const struct import *i, const struct file *file)
{
	for (const struct import *o = i->place.file->imports; o != i; o = o->next)
		if (o->file == file) {
			error_at(i->place, "`%s` is imported twice", i->path);
			note_at(o->place, "first imported here");
			return true;
		}
	return false;
}

/* A header includes those of its imports without their folders. */
static bool header_before(const struct import *i)
{
	const char *name = text_basename(i->path);

	for (const struct import *o = i->place.file->imports; o != i; o = o->next)
		if (o->file && strcmp(text_basename(o->path), name) == 0) {
			error_at(i->place, "the header `%s.h` is that of another import, too",
				 name);
			note_at(o->place, "it is imported here");
			return true;
		}
	return false;
}

static void load_new(struct loader *l, struct import *i, const char *path, const char *key)
{
	struct file *file = source_new(path);
	int err;

	if (l->depth == DEEPEST) {
		error_at(i->place, "imports nest deeper than %d", DEEPEST);
		names_incomplete_set();
		return;
	}
	err = source_read(file, false);
	if (err) {
		error_at(i->place, "`%s` cannot be read: %s", i->path, why(err));
		names_incomplete_set();
		return;
	}
	file_add(l, file);
	i->file = file;
	table_add(&l->known, key, file);
	load(l, file);
}

static void import(struct loader *l, struct import *i)
{
	struct stat st;
	const char *path = name_valid(i) ? find(l, i, &st) : NULL;
	struct file *file = path ? table_find(&l->known, key_of(&st)) : NULL;

	if (!path) {
		error_at(i->place, "there is no `%s`, neither beside this file nor in -I", i->path);
		names_incomplete_set();
		return;
	}
	if (!file) {
		if (header_before(i))
			names_incomplete_set();
		else
			load_new(l, i, path, key_of(&st));
		return;
	}
	if (being_loaded(l, i, file))
		names_incomplete_set();
	else if (!imported_before(i, file) && !header_before(i))
		i->file = file;
}

static void load(struct loader *l, struct file *file)
{
	if (!source_verify(file)) {
		names_incomplete_set();
		return;
	}
	parse(file);
	l->loading[l->depth].file = file;
	l->depth++;
	for (struct import *i = file->imports; i; i = i->next) {
		l->loading[l->depth - 1].import = i->place;
		import(l, i);
	}
	l->depth--;
}

struct file *imports_load(const char *path, const char *const *folders, size_t nfolders)
{
	struct loader l = { .folders = folders, .nfolders = nfolders, .end = &l.first };
	struct file *file = source_new(path);
	struct stat st;
	int err = source_read(file, true);

	file_add(&l, file);
	if (err) {
		error_at((struct place){ file, 0, 0 }, "it cannot be read: %s", why(err));
		return file;
	}
	if (stat(path, &st) == 0)
		table_add(&l.known, key_of(&st), file);
	load(&l, file);
	return file;
}
