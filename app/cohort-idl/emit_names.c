/*
 * The name of a composite type must tell it from all others: two headers that give the same name to
 * different types would agree on the guard, and the second one's type would silently be the
 * first's. The words `array_of_`, `map_of_`, `_to_` and so on are a notation that can be read back; a
 * struct's or enum's name that could be mistaken for a part of it is written with its length before
 * it, as named_9_a_to_b.
 */
#include "emit_names.h"

#include <string.h>

#include "emit_text.h"

static const char *const scalar_names[] = {
	[TYPE_BOOL] = "bool",	  [TYPE_INT8] = "int8",	    [TYPE_INT16] = "int16",
	[TYPE_INT32] = "int32",	  [TYPE_INT64] = "int64",   [TYPE_UINT8] = "uint8",
	[TYPE_UINT16] = "uint16", [TYPE_UINT32] = "uint32", [TYPE_UINT64] = "uint64",
	[TYPE_FLOAT] = "float",	  [TYPE_DOUBLE] = "double", [TYPE_STRING] = "string",
	[TYPE_HANDLE] = "handle",
};

static const char *const c_scalars[] = {
	[TYPE_BOOL] = "bool",	    [TYPE_INT8] = "int8_t",	[TYPE_INT16] = "int16_t",
	[TYPE_INT32] = "int32_t",   [TYPE_INT64] = "int64_t",	[TYPE_UINT8] = "uint8_t",
	[TYPE_UINT16] = "uint16_t", [TYPE_UINT32] = "uint32_t", [TYPE_UINT64] = "uint64_t",
	[TYPE_FLOAT] = "float",	    [TYPE_DOUBLE] = "double",	[TYPE_STRING] = "const char *",
	[TYPE_HANDLE] = "int",
};

struct record record_of_struct(const struct declaration *declaration)
{
	return (struct record){
		.c_name = declaration->c_name,
		.full_name = declaration->full_name,
		.doc = declaration->doc,
		.fields = declaration->fields,
		.declared = true,
		.skip_header = declaration->skip_header,
		.skip_serdes = declaration->skip_serdes,
	};
}

static struct record record_of_method(const struct declaration *interface,
				      const struct method *method, const char *part,
				      const struct field *fields)
{
	return (struct record){
		.c_name = text_format("%s_%s_%s", interface->c_name, method->c_name, part),
		.full_name = text_format("%s.%s.%s", interface->full_name, method->name, part),
		.fields = fields,
	};
}

struct record record_in(const struct declaration *interface, const struct method *method)
{
	return record_of_method(interface, method, "in", method->in);
}

struct record record_out(const struct declaration *interface, const struct method *method)
{
	return record_of_method(interface, method, "out", method->out);
}

bool type_is_enum(const struct type *type)
{
	return type->kind == TYPE_NAMED && type->declaration->kind == DECL_ENUM;
}

bool type_is_flags(const struct type *type)
{
	return type_is_enum(type) && (type->flags || type->declaration->flags);
}

bool type_is_struct(const struct type *type)
{
	return type->kind == TYPE_NAMED && type->declaration->kind == DECL_STRUCT;
}

bool type_is_pointer(const struct type *type)
{
	return type->optional && type->kind != TYPE_STRING && type->kind != TYPE_HANDLE;
}

struct type type_required(const struct type *type)
{
	struct type required = *type;

	required.optional = false;
	return required;
}

/* --- Names of composites --------------------------------------------------------------------------- */

/* A name that ends with _to, and is a key, would be read as a shorter one. */
static bool could_be_notation(const char *name)
{
	static const char *const words[] = { "_of_", "_to_", "_max_" };
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strstr(name, words[i]))
			return true;
	for (size_t i = 0; i < sizeof(scalar_names) / sizeof(*scalar_names); i++)
		if (strcmp(name, scalar_names[i]) == 0)
			return true;
	if (length > 3 && strcmp(name + length - 3, "_to") == 0)
		return true;
	return strncmp(name, "named_", 6) == 0;
}

const char *name_of_declaration(const char *name)
{
	return could_be_notation(name) ? text_format("named_%zu_%s", strlen(name), name) : name;
}

static const char *name_of(const struct type *type, bool with_max);

static const char *name_of_required(const struct type *type, bool with_max)
{
	switch (type->kind) {
	case TYPE_ARRAY:
		return text_format("array_of_%s", name_of(type->of, with_max));
	case TYPE_FIXED:
		return text_format("fixed_%llu_of_%s", (unsigned long long)type->count,
				   name_of(type->of, with_max));
	case TYPE_MAP:
		return text_format("map_of_%s_to_%s", name_of(type->key, with_max),
				   name_of(type->of, with_max));
	case TYPE_NAMED:
		return text_format(
			"%s%s", type_is_flags(type) && !type->declaration->flags ? "flags_of_" : "",
			name_of_declaration(type->declaration->c_name));
	default:
		return scalar_names[type->kind];
	}
}

static const char *name_of(const struct type *type, bool with_max)
{
	const char *name = name_of_required(type, with_max);

	if (with_max && type->max)
		name = text_format("%s_max_%u", name, type->max);
	return type->optional ? text_format("optional_of_%s", name) : name;
}

const char *name_of_type(const struct type *type)
{
	return name_of(type, false);
}

bool table_is_local(const struct type *type)
{
	return type->kind != TYPE_NAMED || type->optional ||
	       (type_is_flags(type) && !type->declaration->flags);
}

const char *name_of_table(const struct type *type)
{
	if (table_is_local(type))
		return text_format("type_of_%s", name_of(type, true));
	return text_format("%s_type", type->declaration->c_name);
}

/* --- Types of C ------------------------------------------------------------------------------------ */

static const char *declare(const char *type, const char *name)
{
	bool pointer = type[strlen(type) - 1] == '*';

	return text_format("%s%s%s", type, pointer || !*name ? "" : " ", name);
}

static const char *constant_pointer(const char *type)
{
	return type[strlen(type) - 1] == '*' ? text_format("%sconst *", type)
					     : text_format("const %s *", type);
}

const char *c_type(const struct type *type)
{
	if (type_is_pointer(type)) {
		struct type required = type_required(type);

		return constant_pointer(c_type(&required));
	}
	switch (type->kind) {
	case TYPE_ARRAY:
	case TYPE_FIXED:
	case TYPE_MAP:
		return text_format("struct cohort_of_%s", name_of_required(type, false));
	case TYPE_NAMED:
		if (type_is_flags(type))
			return "uint32_t";
		return text_format("%s %s", type_is_enum(type) ? "enum" : "struct",
				   type->declaration->c_name);
	default:
		return c_scalars[type->kind];
	}
}

const char *c_member_type(const struct type *type)
{
	return c_member(type, "");
}

const char *c_element(const struct type *type, const char *name)
{
	return declare(c_type(type), name);
}

const char *c_member(const struct type *type, const char *name)
{
	if (type->kind != TYPE_FIXED || type->optional)
		return c_element(type, name);
	return text_format("%s[%llu]", c_element(type->of, name), (unsigned long long)type->count);
}

const char *c_pointer(const struct type *type, const char *name)
{
	return declare(constant_pointer(c_type(type)), name);
}

const char *c_entry(const struct type *map)
{
	return text_format("struct cohort_of_entry_of_%s_to_%s", name_of_type(map->key),
			   name_of_type(map->of));
}

const char *idl_type(const struct type *type)
{
	const char *mark = type->optional ? "?" : "";

	switch (type->kind) {
	case TYPE_ARRAY:
		return text_format("array<%s>%s", idl_type(type->of), mark);
	case TYPE_FIXED:
		return text_format("array<%s, %llu>%s", idl_type(type->of),
				   (unsigned long long)type->count, mark);
	case TYPE_MAP:
		return text_format("map<%s, %s>%s", idl_type(type->key), idl_type(type->of), mark);
	case TYPE_NAMED:
		return text_format("%s%s", type->declaration->full_name, mark);
	default:
		return text_format("%s%s", scalar_names[type->kind], mark);
	}
}
