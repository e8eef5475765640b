#include "print.h"

#include <string.h>

static void indent(const char *margin, FILE *to)
{
	fputs(margin, to);
}

/* Each line of a text behind a margin, which has no space at its end. */
static void print_lines(const char *text, const char *margin, FILE *to)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		fprintf(to, "%s *%s%.*s\n", margin, n ? " " : "", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void print_doc(const char *doc, const char *margin, FILE *to)
{
	if (!doc)
		return;
	if (!strchr(doc, '\n')) {
		fprintf(to, "%s/** %s */\n", margin, doc);
		return;
	}
	fprintf(to, "%s/**\n", margin);
	print_lines(doc, margin, to);
	fprintf(to, "%s */\n", margin);
}

static void print_string(const char *text, size_t length, FILE *to)
{
	fputc('"', to);
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", to);
		else if (c == '\t')
			fputs("\\t", to);
		else if (c < 0x20 || c == 0x7f)
			fprintf(to, "\\x%02x", c);
		else
			fputc(c, to);
	}
	fputc('"', to);
}

static void print_value(const struct value *v, FILE *to)
{
	if (v->kind == VALUE_STRING)
		print_string(v->text, v->length, to);
	else
		fputs(v->text, to);
}

static void print_assigned(const struct value *v, FILE *to)
{
	if (!v)
		return;
	fputs(" = ", to);
	print_value(v, to);
}

static void print_id(const struct value *id, FILE *to)
{
	if (id)
		fprintf(to, "@%s", id->text);
}

static void print_attributes(const struct attribute *a, FILE *to)
{
	if (!a)
		return;
	for (const char *before = "["; a; a = a->next, before = ", ") {
		fprintf(to, "%s%s", before, a->name);
		if (a->value) {
			fputc('=', to);
			print_value(a->value, to);
		}
	}
	fputs("] ", to);
}

static const char *const names_of_types[] = {
	[TYPE_BOOL] = "bool",	  [TYPE_INT8] = "int8",	    [TYPE_INT16] = "int16",
	[TYPE_INT32] = "int32",	  [TYPE_INT64] = "int64",   [TYPE_UINT8] = "uint8",
	[TYPE_UINT16] = "uint16", [TYPE_UINT32] = "uint32", [TYPE_UINT64] = "uint64",
	[TYPE_FLOAT] = "float",	  [TYPE_DOUBLE] = "double", [TYPE_STRING] = "string",
	[TYPE_HANDLE] = "handle", [TYPE_ARRAY] = "array",   [TYPE_FIXED] = "array",
	[TYPE_MAP] = "map",
};

static void print_type(const struct type *t, FILE *to)
{
	/* Of a handle that check() made the name is still the one that was written. */
	fputs(t->name ? t->name : names_of_types[t->kind], to);
	if (t->of) {
		fputc('<', to);
		if (t->key) {
			print_type(t->key, to);
			fputs(", ", to);
		}
		print_type(t->of, to);
		if (t->count_value) {
			fputs(", ", to);
			print_value(t->count_value, to);
		}
		fputc('>', to);
	}
	if (t->optional)
		fputc('?', to);
}

static void print_field(const struct field *f, FILE *to)
{
	print_attributes(f->attributes, to);
	print_type(f->type, to);
	fprintf(to, " %s", f->name);
	print_id(f->id_value, to);
	print_assigned(f->fallback, to);
}

static void print_fields(const struct field *f, FILE *to)
{
	for (; f; f = f->next) {
		print_doc(f->doc, "\t", to);
		indent("\t", to);
		print_field(f, to);
		fputs(";\n", to);
	}
}

static bool documented(const struct field *f)
{
	for (; f; f = f->next)
		if (f->doc)
			return true;
	return false;
}

/* In one line, unless one has a comment: then each has its own. */
static void print_parameters(const struct field *f, FILE *to)
{
	bool apart = documented(f);

	fputc('(', to);
	for (; f; f = f->next) {
		if (apart)
			fputc('\n', to);
		print_doc(f->doc, "\t\t", to);
		indent(apart ? "\t\t" : "", to);
		print_field(f, to);
		if (f->next)
			fputs(apart ? "," : ", ", to);
	}
	fputc(')', to);
}

static void print_methods(const struct method *m, FILE *to)
{
	for (; m; m = m->next) {
		print_doc(m->doc, "\t", to);
		indent("\t", to);
		print_attributes(m->attributes, to);
		fputs(m->name, to);
		print_id(m->id_value, to);
		print_parameters(m->in, to);
		if (m->has_out) {
			fputs(" => ", to);
			print_parameters(m->out, to);
		}
		fputs(";\n", to);
	}
}

static void print_enumerators(const struct enumerator *e, FILE *to)
{
	for (; e; e = e->next) {
		print_doc(e->doc, "\t", to);
		indent("\t", to);
		print_attributes(e->attributes, to);
		fputs(e->name, to);
		print_assigned(e->written, to);
		fputs(",\n", to);
	}
}

static void print_const(const struct declaration *d, FILE *to)
{
	fputs("const ", to);
	print_type(d->type, to);
	fprintf(to, " %s", d->name);
	print_assigned(d->value, to);
	fputs(";\n", to);
}

static void print_braces(const struct declaration *d, FILE *to)
{
	if (d->kind == DECL_STRUCT && !d->has_body) {
		fprintf(to, "struct %s;\n", d->name);
		return;
	}
	fprintf(to, "%s %s {%s",
		d->kind == DECL_STRUCT ? "struct"
		: d->kind == DECL_ENUM ? "enum"
				       : "interface",
		d->name, d->fields || d->methods || d->enumerators ? "\n" : "");
	print_fields(d->fields, to);
	print_methods(d->methods, to);
	print_enumerators(d->enumerators, to);
	fputs("};\n", to);
}

static void print_declaration(const struct declaration *d, FILE *to)
{
	print_doc(d->doc, "", to);
	print_attributes(d->attributes, to);
	if (d->kind == DECL_CONST)
		print_const(d, to);
	else
		print_braces(d, to);
}

static void print_imports(const struct import *i, FILE *to)
{
	if (i)
		fputc('\n', to);
	for (; i; i = i->next) {
		fputs("import ", to);
		print_string(i->path, strlen(i->path), to);
		fputs(";\n", to);
	}
}

/* Constants without comments stand below each other. */
static bool together(const struct declaration *a, const struct declaration *b)
{
	return a->kind == DECL_CONST && b->kind == DECL_CONST && !b->doc;
}

void print(const struct file *file, FILE *to)
{
	bool first = !file->doc && !*file->module && !file->imports;
	const struct declaration *before = NULL;

	print_doc(file->doc, "", to);
	if (*file->module)
		fprintf(to, "module %s;\n", file->module);
	print_imports(file->imports, to);
	for (const struct declaration *d = file->declarations; d && !d->external; d = d->next) {
		if (before ? !together(before, d) : !first)
			fputc('\n', to);
		print_declaration(d, to);
		before = d;
	}
}
