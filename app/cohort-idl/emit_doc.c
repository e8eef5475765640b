/* The manual of a file, in Markdown: what its comments say, with types, numbers and names of C. */
#include "emit.h"

#include <inttypes.h>
#include <string.h>

#include "emit_interface.h"
#include "emit_literal.h"
#include "emit_names.h"
#include "emit_text.h"
#include "types.h"

static void put_paragraph(const char *text, FILE *to)
{
	if (text && *text)
		fprintf(to, "%s\n\n", text);
}

/* As code, also with backticks in it. */
static const char *code(const char *text)
{
	return strchr(text, '`') ? text_format("`` %s ``", text) : text_format("`%s`", text);
}

/* In a cell of a table a bar would end it, and so would the end of the line. */
static void put_cell(const char *text, FILE *to)
{
	if (text && *text)
		putc(' ', to);
	for (; text && *text; text++) {
		if (*text == '|')
			fputs("\\|", to);
		else
			putc(*text == '\n' ? ' ' : *text, to);
	}
	fputs(" |", to);
}

static void put_cells(const char *const *cells, size_t n, FILE *to)
{
	putc('|', to);
	for (size_t i = 0; i < n; i++)
		put_cell(cells[i], to);
	putc('\n', to);
}

static const char *attributes_text(const struct attribute *attribute)
{
	const char *text = NULL;

	for (const struct attribute *a = attribute; a; a = a->next) {
		const char *one =
			a->value ? text_format("%s=%s", a->name, idl_literal(a->value)) : a->name;

		text = text ? text_format("%s, %s", text, one) : one;
	}
	return text ? text_format("[%s]", text) : NULL;
}

static void put_attributes(const struct attribute *attributes, FILE *to)
{
	if (attributes)
		fprintf(to, "Attributes: %s\n\n", code(attributes_text(attributes)));
}

/* --- Constants and types --------------------------------------------------------------------------- */

static void put_constant_rows(const struct file *file, FILE *to)
{
	bool any = false;

	for (const struct declaration *d = file->declarations; d; d = d->next) {
		const char *const cells[] = {
			code(d->name),
			d->kind == DECL_CONST ? code(idl_type(d->type)) : NULL,
			d->kind == DECL_CONST ? code(idl_literal(d->value)) : NULL,
			d->c_name ? code(d->c_name) : NULL,
			d->doc,
		};

		if (d->kind != DECL_CONST)
			continue;
		if (!any)
			fputs("## Constants\n\n| name | type | value | in C | |\n|---|---|---|---|---|\n",
			      to);
		put_cells(cells, sizeof(cells) / sizeof(*cells), to);
		any = true;
	}
	if (any)
		putc('\n', to);
}

static const char *value_text(const struct enumerator *enumerator)
{
	if (enumerator->of->flags)
		return text_format("0x%" PRIx64, (uint64_t)enumerator->value);
	return text_format("%" PRId64, enumerator->value);
}

static void put_enum_section(const struct declaration *declaration, FILE *to)
{
	fprintf(to, "## Enum %s\n\n", declaration->name);
	put_paragraph(declaration->doc, to);
	put_attributes(declaration->attributes, to);
	if (declaration->flags)
		fputs("In C: `uint32_t`, any combination of the values.\n\n", to);
	else
		fprintf(to, "In C: `enum %s`.\n\n", declaration->c_name);
	fputs("| name | value | in C | |\n|---|---|---|---|\n", to);
	for (const struct enumerator *e = declaration->enumerators; e; e = e->next) {
		const char *const cells[] = { code(e->name), value_text(e), code(e->c_name),
					      e->doc };

		put_cells(cells, sizeof(cells) / sizeof(*cells), to);
	}
	putc('\n', to);
}

static void put_field_row(const struct field *field, FILE *to)
{
	const char *type = code(idl_type(field->type));
	const char *const cells[] = {
		text_format("%" PRIu32, field->id),
		code(field->name),
		field->attributes
			? text_format("%s %s", code(attributes_text(field->attributes)), type)
			: type,
		field->fallback ? code(idl_literal(field->fallback)) : NULL,
		code(c_member(field->type, field->c_name)),
		field->doc,
	};

	put_cells(cells, sizeof(cells) / sizeof(*cells), to);
}

/* In the order in which they were written; the id is that of the wire. */
static void put_field_rows(const struct field *fields, FILE *to)
{
	fputs("| id | name | type | default | in C | |\n|---|---|---|---|---|---|\n", to);
	for (const struct field *f = fields; f; f = f->next)
		put_field_row(f, to);
	putc('\n', to);
}

static void put_struct_section(const struct declaration *declaration, FILE *to)
{
	fprintf(to, "## Struct %s\n\n", declaration->name);
	put_paragraph(declaration->doc, to);
	put_attributes(declaration->attributes, to);
	if (is_descriptor(declaration)) {
		fputs("A descriptor, as `handle`.\n\n", to);
		return;
	}
	fprintf(to, "In C: `struct %s`%s%s.\n\n", declaration->c_name,
		declaration->skip_header ? ", which the application declares" : "",
		declaration->skip_serdes ? ", with an encoding of the application's" : "");
	if (declaration->fields)
		put_field_rows(declaration->fields, to);
}

/* --- Interfaces ----------------------------------------------------------------------------------- */

static void put_parameters(const char *what, const struct field *fields, FILE *to)
{
	if (!fields)
		return;
	fprintf(to, "%s:\n\n", what);
	put_field_rows(fields, to);
}

static void put_behaviour(const struct method *method, FILE *to)
{
	if (method->oneway)
		fputs("One-way: there is no answer.\n\n", to);
	if (method->timeout >= 0)
		fprintf(to, "Timeout: %" PRId64 " ms, unless the caller gives one.\n\n",
			method->timeout / 1000000);
}

static void put_method_section(const struct declaration *interface, const struct method *method,
			       FILE *to)
{
	fprintf(to, "### %s.%s\n\n", interface->name, method->name);
	put_paragraph(method->doc, to);
	put_attributes(method->attributes, to);
	fprintf(to, "Number %" PRIu32 ".\n\n", method->id);
	put_behaviour(method, to);
	put_parameters("Takes", method->in, to);
	put_parameters("Gives", method->out, to);
	fputs("```c\n", to);
	put_proxy_declarations(interface, method, to);
	fprintf(to, "\n/* in struct %s_functions: */\n", interface->c_name);
	put_function_member(interface, method, to);
	fputs(";\n```\n\n", to);
}

static void put_interface_section(const struct declaration *interface, FILE *to)
{
	fprintf(to, "## Interface %s\n\n", interface->name);
	put_paragraph(interface->doc, to);
	put_attributes(interface->attributes, to);
	if (interface->events)
		fputs("Events: the component calls these, and its caller serves them.\n\n", to);
	fprintf(to, "In C: `%s_interface`, served by a `struct %s_functions`.\n\n",
		interface->c_name, interface->c_name);
	for (const struct method *m = interface->methods; m; m = m->next)
		put_method_section(interface, m, to);
}

int emit_doc(const struct file *file, const struct emit_options *options, FILE *to)
{
	(void)options;
	fprintf(to, "# %s\n\n", *file->module ? file->module : text_basename(file->path));
	put_paragraph(file->doc, to);
	fprintf(to, "Made by cohort-idl from %s.\n\n", code(text_basename(file->path)));
	put_constant_rows(file, to);
	for (const struct declaration *d = file->declarations; d; d = d->next) {
		if (d->kind == DECL_ENUM)
			put_enum_section(d, to);
		else if (d->kind == DECL_STRUCT)
			put_struct_section(d, to);
		else if (d->kind == DECL_INTERFACE)
			put_interface_section(d, to);
	}
	return put_end(to);
}
