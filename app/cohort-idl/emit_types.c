/*
 * C wants a type complete before it becomes a part of another. So each struct is preceded by what it
 * contains by value, which for structs of the language is a walk in depth (the checker has made sure
 * that it ends), and otherwise the order of the source is kept.
 *
 * What is only pointed to need not be complete, and cannot always be: a struct may hold a map of
 * itself. Such types wait in a list until the struct that asked for them is finished.
 */
#include "emit_types.h"

#include <inttypes.h>
#include <string.h>

#include "emit_literal.h"
#include "emit_names.h"
#include "emit_text.h"
#include "table.h"
#include "types.h"

void put_constants(const struct file *file, FILE *to)
{
	bool any = false;

	for (const struct declaration *d = file->declarations; d; d = d->next) {
		if (d->kind != DECL_CONST)
			continue;
		put_comment(to, "", d->doc);
		fprintf(to, "#define %s %s\n", d->c_name, c_literal(d->type, d->value));
		any = true;
	}
	if (any)
		putc('\n', to);
}

/* --- Enums ---------------------------------------------------------------------------------------- */

static void put_flags(const struct declaration *declaration, FILE *to)
{
	put_comment(to, "", declaration->doc);
	fprintf(to, "/* %s: a uint32_t of these */\n", declaration->full_name);
	for (const struct enumerator *e = declaration->enumerators; e; e = e->next) {
		put_comment(to, "", e->doc);
		fprintf(to, "#define %s UINT32_C(0x%" PRIx64 ")\n", e->c_name, (uint64_t)e->value);
	}
}

static void put_enum(const struct declaration *declaration, FILE *to)
{
	put_comment(to, "", declaration->doc);
	fprintf(to, "enum %s {\n", declaration->c_name);
	for (const struct enumerator *e = declaration->enumerators; e; e = e->next) {
		put_comment(to, "\t", e->doc);
		if (e->value == INT32_MIN)
			fprintf(to, "\t%s = -2147483647 - 1,\n", e->c_name);
		else
			fprintf(to, "\t%s = %" PRId64 ",\n", e->c_name, e->value);
	}
	fputs("};\n", to);
}

void put_enums(const struct file *file, FILE *to)
{
	for (const struct declaration *d = file->declarations; d; d = d->next) {
		if (d->kind != DECL_ENUM)
			continue;
		if (d->flags && !d->skip_header)
			put_flags(d, to);
		else if (!d->skip_header)
			put_enum(d, to);
		fprintf(to, "extern const struct cohort_type %s_type;\n\n", d->c_name);
	}
}

/* --- Composites ------------------------------------------------------------------------------------ */

/* What is only pointed to: a type, or the entry of a map. */
struct waiting {
	struct waiting *next;
	struct type type;
	bool entry;
};

struct layout {
	const struct file *file;
	FILE *to;
	struct table done; /* names of types that are complete */
	struct waiting *first, **last;
};

static void put_record(struct layout *layout, const struct record *record);

static bool is_new(struct layout *layout, const char *type)
{
	return !table_add(&layout->done, type, layout);
}

static void wait_for(struct layout *layout, const struct type *type, bool entry)
{
	struct waiting *waiting = node_new(sizeof(*waiting));

	*waiting = (struct waiting){ .type = *type, .entry = entry };
	*layout->last = waiting;
	layout->last = &waiting->next;
}

/* "struct cohort_of_x" to "COHORT_OF_X" */
static const char *guard_of(const char *type)
{
	return text_upper(type + strlen("struct "));
}

static void put_array(struct layout *layout, const struct type *type)
{
	const char *name = c_type(type);

	wait_for(layout, type->of, false);
	fprintf(layout->to, "#ifndef %s\n#define %s\n", guard_of(name), guard_of(name));
	fprintf(layout->to, "%s {\n\t%s;\n\tsize_t count;\n};\n#endif\n\n", name,
		c_pointer(type->of, "data"));
}

static void put_map(struct layout *layout, const struct type *type)
{
	const char *name = c_type(type), *entry = c_entry(type);

	wait_for(layout, type, true);
	fprintf(layout->to, "#ifndef %s\n#define %s\n", guard_of(name), guard_of(name));
	fprintf(layout->to, "%s;\n", entry);
	fprintf(layout->to, "%s {\n\tconst %s *entries;\n\tsize_t count;\n};\n#endif\n\n", name,
		entry);
}

static void need(struct layout *layout, const struct type *type);

static void put_entry(struct layout *layout, const struct type *map)
{
	const char *name = c_entry(map);

	need(layout, map->key);
	need(layout, map->of);
	fprintf(layout->to, "#ifndef %s\n#define %s\n", guard_of(name), guard_of(name));
	fprintf(layout->to, "%s {\n\t%s;\n\t%s;\n};\n#endif\n\n", name, c_element(map->key, "key"),
		c_element(map->of, "value"));
}

static void put_fixed(struct layout *layout, const struct type *type)
{
	const char *name = c_type(type);

	need(layout, type->of);
	fprintf(layout->to, "#ifndef %s\n#define %s\n", guard_of(name), guard_of(name));
	fprintf(layout->to, "%s {\n\t%s;\n};\n#endif\n\n", name, c_member(type, "items"));
}

/* Makes it complete from here on. */
static void need(struct layout *layout, const struct type *type)
{
	struct type required = type_required(type);

	if (type_is_pointer(type)) {
		wait_for(layout, &required, false);
		return;
	}
	if (type_is_struct(type)) {
		struct record record = record_of_struct(type->declaration);

		if (type->declaration->file == layout->file || type->declaration->external)
			put_record(layout, &record);
		return;
	}
	if (type->kind != TYPE_ARRAY && type->kind != TYPE_FIXED && type->kind != TYPE_MAP)
		return;
	if (!is_new(layout, c_type(type)))
		return;
	if (type->kind == TYPE_ARRAY)
		put_array(layout, type);
	else if (type->kind == TYPE_MAP)
		put_map(layout, type);
	else
		put_fixed(layout, type);
}

static void need_waiting(struct layout *layout)
{
	while (layout->first) {
		struct waiting *waiting = layout->first;

		layout->first = waiting->next;
		if (!layout->first)
			layout->last = &layout->first;
		if (!waiting->entry)
			need(layout, &waiting->type);
		else if (is_new(layout, c_entry(&waiting->type)))
			put_entry(layout, &waiting->type);
	}
}

/* --- Structs -------------------------------------------------------------------------------------- */

/* What a member consists of: array<T, N> needs no name of its own there. */
static void need_member(struct layout *layout, const struct type *type)
{
	need(layout, type->kind == TYPE_FIXED && !type->optional ? type->of : type);
}

static void put_members(const struct record *record, FILE *to)
{
	put_comment(to, "", record->doc);
	fprintf(to, "struct %s {\n", record->c_name);
	/* ISO C has no struct without members. */
	if (!record->fields)
		fputs("\tchar nothing;\n", to);
	for (const struct field *f = record->fields; f; f = f->next) {
		put_comment(to, "\t", f->doc);
		fprintf(to, "\t%s;\n", c_member(f->type, f->c_name));
	}
	fputs("};\n", to);
}

static void put_table_name(const struct record *record, FILE *to)
{
	const char *name = record->c_name;
	const char *parameter = text_format("struct %s *object", name);

	if (record->skip_serdes)
		fprintf(to,
			"/* To be defined by the application, with kind COHORT_KIND_CUSTOM. */\n");
	fprintf(to, "extern const struct cohort_type %s_type;\n", name);
	put_list(to, text_format("static inline void %s_init(", name), &parameter, 1, ")\n{\n");
	fprintf(to, "\tcohort_init(&%s_type, object);\n}\n\n", name);
}

static void put_record(struct layout *layout, const struct record *record)
{
	if (!is_new(layout, record->c_name))
		return;
	if (!record->skip_header || !record->skip_serdes)
		for (const struct field *f = record->fields; f; f = f->next)
			need_member(layout, f->type);
	if (!record->skip_header)
		put_members(record, layout->to);
	put_table_name(record, layout->to);
}

static void put_parameters(struct layout *layout, const struct record *record)
{
	if (record->fields)
		put_record(layout, record);
	need_waiting(layout);
}

static void put_methods_structs(struct layout *layout, const struct declaration *interface)
{
	for (const struct method *m = interface->methods; m; m = m->next) {
		struct record in = record_in(interface, m), out = record_out(interface, m);

		put_parameters(layout, &in);
		put_parameters(layout, &out);
	}
}

static void put_forward(const struct file *file, FILE *to)
{
	bool any = false;

	for (const struct declaration *d = file->declarations; d; d = d->next) {
		if (d->kind != DECL_STRUCT || is_descriptor(d))
			continue;
		fprintf(to, "struct %s;\n", d->c_name);
		any = true;
	}
	if (any)
		putc('\n', to);
}

void put_structs(const struct file *file, FILE *to)
{
	struct layout layout = { .file = file, .to = to };

	layout.last = &layout.first;
	put_forward(file, to);
	for (const struct declaration *d = file->declarations; d; d = d->next) {
		if (d->kind == DECL_STRUCT && !is_descriptor(d)) {
			struct record record = record_of_struct(d);

			put_record(&layout, &record);
			need_waiting(&layout);
		} else if (d->kind == DECL_INTERFACE) {
			put_methods_structs(&layout, d);
		}
	}
}
