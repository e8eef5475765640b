/*
 * Tables refer to each other. Those of structs and enums are declared in a header, so that they may be
 * referred to before they are defined, and in cycles; every other one is local to the source, and
 * follows what it refers to, because C++ has no tentative definitions.
 *
 * Initializers are in the order of the members: C++17 has no designators.
 */
#include "emit_tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emit_literal.h"
#include "emit_names.h"
#include "emit_text.h"
#include "table.h"

struct tables {
	FILE *to;
	struct table done; /* names of those that are written */
};

/* What a struct cohort_type consists of, as text; NULL: 0 or NULL. */
struct row {
	const char *kind, *c_type, *max, *count, *name, *of, *fields, *values, *value_names;
	bool is_public;
};

static bool is_new(struct tables *tables, const char *name)
{
	return !table_add(&tables->done, name, tables);
}

static const char *or_null(const char *text)
{
	return text ? text : "NULL";
}

static const char *address(const char *name)
{
	return text_format("&%s", name);
}

static const char *quoted(const char *name)
{
	return c_string(name, strlen(name));
}

static void put_row(FILE *to, const char *name, const struct row *row)
{
	const char *const items[] = {
		text_format("COHORT_KIND_%s", row->kind),
		row->c_type ? text_format("sizeof(%s)", row->c_type) : "0",
		row->c_type ? text_format("alignof(%s)", row->c_type) : "1",
		row->max ? row->max : "0",
		row->count ? row->count : "0",
		"0",
		or_null(row->name),
		or_null(row->of),
		or_null(row->fields),
		or_null(row->values),
		or_null(row->value_names),
		"NULL",
	};

	fprintf(to, "%sconst struct cohort_type %s = {\n", row->is_public ? "" : "static ", name);
	put_list(to, "\t", items, sizeof(items) / sizeof(*items), "\n};\n\n");
}

/* --- Enums ---------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	const struct enumerator *const *first = a, *const *second = b;

	if ((*first)->value != (*second)->value)
		return (*first)->value < (*second)->value ? -1 : 1;
	if ((*first)->place.line != (*second)->place.line)
		return (*first)->place.line < (*second)->place.line ? -1 : 1;
	return (*first)->place.column < (*second)->place.column ? -1 : 1;
}

/* Ascending, each value once, under the name that it got first. */
static size_t sort_values(const struct declaration *declaration,
			  const struct enumerator ***sorted_out)
{
	size_t n = 0, kept = 0;
	const struct enumerator **sorted;

	for (const struct enumerator *e = declaration->enumerators; e; e = e->next)
		n++;
	sorted = node_new((n + 1) * sizeof(*sorted));
	n = 0;
	for (const struct enumerator *e = declaration->enumerators; e; e = e->next)
		sorted[n++] = e;
	qsort(sorted, n, sizeof(*sorted), by_value);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || sorted[i]->value != sorted[kept - 1]->value)
			sorted[kept++] = sorted[i];
	*sorted_out = sorted;
	return kept;
}

/* The compiler may be told to make enums short, and the application may have declared this one. */
static void put_enum_table(const struct declaration *declaration, FILE *to)
{
	const char *c_name = declaration->c_name;
	const struct enumerator **sorted;
	size_t n = sort_values(declaration, &sorted);
	const char **values = node_new((n + 1) * sizeof(*values));
	const char **names = node_new((n + 1) * sizeof(*names));
	struct row row = {
		.kind = "ENUM",
		.c_type = text_format("enum %s", c_name),
		.count = text_format("%zu", n),
		.name = quoted(declaration->full_name),
		.values = text_format("values_of_%s", c_name),
		.value_names = text_format("names_of_%s", c_name),
		.is_public = true,
	};

	for (size_t i = 0; i < n; i++) {
		values[i] = text_format("%" PRId64, sorted[i]->value);
		names[i] = quoted(sorted[i]->name);
	}
	fprintf(to, "static const int64_t %s[] = {\n", row.values);
	put_list(to, "\t", values, n, "\n};\n");
	fprintf(to, "static const char *const %s[] = {\n", row.value_names);
	put_list(to, "\t", names, n, "\n};\n");
	fprintf(to, "static_assert(sizeof(enum %s) == 4, \"an enum is four bytes\");\n", c_name);
	put_row(to, text_format("%s_type", c_name), &row);
}

/*
 * An enum that is flags only in some places has two tables. Names tell types apart, so the one for
 * these places has a name that no type can be given.
 */
static const char *name_of_flags(const struct declaration *declaration)
{
	return declaration->flags ? declaration->full_name
				  : text_format("[flags] %s", declaration->full_name);
}

static void put_flags_table(const struct declaration *declaration, const char *name, bool is_public,
			    FILE *to)
{
	struct row row = {
		.kind = "FLAGS",
		.c_type = "uint32_t",
		.name = quoted(name_of_flags(declaration)),
		.values = text_format("mask_of_%s", declaration->c_name),
		.is_public = is_public,
	};
	uint32_t mask = 0;

	for (const struct enumerator *e = declaration->enumerators; e; e = e->next)
		mask |= (uint32_t)e->value;
	fprintf(to, "static const int64_t %s[] = { 0x%" PRIx32 " };\n", row.values, mask);
	put_row(to, name, &row);
}

/* --- Types without a name --------------------------------------------------------------------------- */

static const char *kind_of(const struct type *type)
{
	static const char *const kinds[] = {
		[TYPE_BOOL] = "BOOL",	  [TYPE_INT8] = "INT8",	    [TYPE_INT16] = "INT16",
		[TYPE_INT32] = "INT32",	  [TYPE_INT64] = "INT64",   [TYPE_UINT8] = "UINT8",
		[TYPE_UINT16] = "UINT16", [TYPE_UINT32] = "UINT32", [TYPE_UINT64] = "UINT64",
		[TYPE_FLOAT] = "FLOAT",	  [TYPE_DOUBLE] = "DOUBLE", [TYPE_STRING] = "STRING",
		[TYPE_HANDLE] = "HANDLE", [TYPE_ARRAY] = "ARRAY",   [TYPE_FIXED] = "FIXED",
		[TYPE_MAP] = "MAP",
	};

	return type->optional ? "OPTIONAL" : kinds[type->kind];
}

/* The entry of a map: { key, value }. */
static const char *put_entry_table(struct tables *tables, const struct type *map)
{
	const char *c_name = c_entry(map);
	const char *name = name_of_table(map) + strlen("type_of_");
	const char *fields = text_format("fields_of_entry_of_%s", name);
	const char *table = text_format("type_of_entry_of_%s", name);
	struct row row = { .kind = "STRUCT", .c_type = c_name, .count = "2", .fields = fields };

	fprintf(tables->to, "static const struct cohort_field %s[] = {\n", fields);
	fprintf(tables->to, "\t{ \"key\", &%s, offsetof(%s, key), NULL },\n",
		name_of_table(map->key), c_name);
	fprintf(tables->to, "\t{ \"value\", &%s, offsetof(%s, value), NULL },\n};\n",
		name_of_table(map->of), c_name);
	put_row(tables->to, table, &row);
	return table;
}

static void need_table(struct tables *tables, const struct type *type);

/* Writes what the table refers to, and returns the name of that, or NULL. */
static const char *put_inner_table(struct tables *tables, const struct type *type)
{
	struct type required = type_required(type);

	if (type->optional) {
		need_table(tables, &required);
		return address(name_of_table(&required));
	}
	if (type->kind == TYPE_MAP) {
		need_table(tables, type->key);
		need_table(tables, type->of);
		return address(put_entry_table(tables, type));
	}
	if (type->kind != TYPE_ARRAY && type->kind != TYPE_FIXED)
		return NULL;
	need_table(tables, type->of);
	return address(name_of_table(type->of));
}

static void need_table(struct tables *tables, const struct type *type)
{
	const char *name = name_of_table(type);
	struct row row = { .c_type = c_member_type(type) };

	if (!table_is_local(type) || !is_new(tables, name))
		return;
	if (type->kind == TYPE_NAMED && !type->optional) {
		put_flags_table(type->declaration, name, false, tables->to);
		return;
	}
	row.kind = kind_of(type);
	row.of = put_inner_table(tables, type);
	if (type->max && !type->optional)
		row.max = text_format("%" PRIu32, type->max);
	if (type->kind == TYPE_FIXED && !type->optional)
		row.count = text_format("%" PRIu64, type->count);
	put_row(tables->to, name, &row);
}

/* --- Structs -------------------------------------------------------------------------------------- */

static size_t count_fields(const struct record *record)
{
	size_t n = 0;

	for (const struct field *f = record->fields; f; f = f->next)
		n++;
	return n;
}

static const char *name_of_default(const struct record *record, const struct field *field)
{
	return text_format("default_%" PRIu32 "_of_%s", field->id, record->c_name);
}

static void put_default_string(const char *name, const struct value *value, FILE *to)
{
	const struct value *text = value_resolved(value);

	if (text->length <= C_STRING_MOST) {
		fprintf(to, "static const char *const %s = %s;\n", name,
			c_string(text->text, text->length));
		return;
	}
	fprintf(to, "static const char %s_value[] = {\n", name);
	put_list(to, "\t", c_characters(text->text, text->length), text->length + 1, "\n};\n");
	fprintf(to, "static const char *const %s = %s_value;\n", name, name);
}

static void put_default(const struct record *record, const struct field *field, FILE *to)
{
	struct type required = type_required(field->type);
	const char *name = name_of_default(record, field);
	const char *type = c_type(&required);

	if (field->type->kind == TYPE_STRING) {
		put_default_string(name, field->fallback, to);
		return;
	}
	fprintf(to, "static const %s %s%s = %s;\n", type, name,
		type_is_pointer(field->type) ? "_value" : "",
		c_literal(&required, field->fallback));
	if (type_is_pointer(field->type))
		fprintf(to, "static const %s *const %s = &%s_value;\n", type, name, name);
}

/* In the order of their ids, which is that of the wire. */
static const struct field **sort_fields(const struct record *record, size_t n)
{
	const struct field **sorted = node_new(n * sizeof(*sorted));

	for (const struct field *f = record->fields; f; f = f->next)
		sorted[f->id] = f;
	return sorted;
}

static void put_field(const struct record *record, const struct field *field, FILE *to)
{
	const char *const items[] = {
		quoted(field->name),
		address(name_of_table(field->type)),
		text_format("offsetof(struct %s, %s)", record->c_name, field->c_name),
		field->fallback ? address(name_of_default(record, field)) : "NULL",
	};

	put_list(to, "\t{ ", items, sizeof(items) / sizeof(*items), " },\n");
}

static const char *name_of_fields(const struct record *record)
{
	return text_format("fields_of_%s", name_of_declaration(record->c_name));
}

static void put_fields(const struct record *record, size_t n, FILE *to)
{
	const struct field **sorted = sort_fields(record, n);

	fprintf(to, "static const struct cohort_field %s[] = {\n", name_of_fields(record));
	for (size_t i = 0; i < n; i++)
		put_field(record, sorted[i], to);
	fputs("};\n", to);
}

static void put_struct_table(struct tables *tables, const struct record *record)
{
	size_t n = count_fields(record);
	struct row row = {
		.kind = "STRUCT",
		.c_type = text_format("struct %s", record->c_name),
		.count = text_format("%zu", n),
		.name = quoted(record->full_name),
		.fields = n ? name_of_fields(record) : NULL,
		.is_public = true,
	};

	if (record->skip_serdes)
		return;
	for (const struct field *f = record->fields; f; f = f->next)
		need_table(tables, f->type);
	for (const struct field *f = record->fields; f; f = f->next)
		if (f->fallback)
			put_default(record, f, tables->to);
	if (n)
		put_fields(record, n, tables->to);
	put_row(tables->to, text_format("%s_type", record->c_name), &row);
}

/* --- Methods -------------------------------------------------------------------------------------- */

const char *name_of_record_table(const struct declaration *interface, const struct method *method,
				 bool out)
{
	struct record record = out ? record_out(interface, method) : record_in(interface, method);

	return record.fields ? text_format("%s_type", record.c_name)
			     : text_format("type_of_%s", name_of_declaration(record.c_name));
}

static void put_method_tables(struct tables *tables, const struct declaration *interface,
			      const struct method *method, bool out)
{
	struct record record = out ? record_out(interface, method) : record_in(interface, method);
	struct row nothing = { .kind = "STRUCT", .name = quoted(record.full_name) };

	if (record.fields)
		put_struct_table(tables, &record);
	else
		put_row(tables->to, name_of_record_table(interface, method, out), &nothing);
}

void put_tables(const struct file *file, FILE *to)
{
	struct tables tables = { .to = to };

	for (const struct declaration *d = file->declarations; d; d = d->next) {
		struct record record = record_of_struct(d);

		if (d->kind == DECL_ENUM && d->flags)
			put_flags_table(d, text_format("%s_type", d->c_name), true, to);
		else if (d->kind == DECL_ENUM)
			put_enum_table(d, to);
		else if (d->kind == DECL_STRUCT)
			put_struct_table(&tables, &record);
		for (const struct method *m = d->methods; m; m = m->next) {
			put_method_tables(&tables, d, m, false);
			put_method_tables(&tables, d, m, true);
		}
	}
}
