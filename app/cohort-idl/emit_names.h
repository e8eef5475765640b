/*
 * How types are named in generated C.
 *
 * What the language has no name for (array<T>, map<K, V>, ...) gets one from its parts:
 * array_of_int32, map_of_string_to_demo_plane. The same type has the same name in each file, so that
 * several generated headers can declare it, behind a guard.
 */
#ifndef COHORT_IDL_EMIT_NAMES_H
#define COHORT_IDL_EMIT_NAMES_H

#include "ast.h"

/* Fields that make a struct in C: of a struct, or of a method. */
struct record {
	const char *c_name;    /* demo_isp_configure_in */
	const char *full_name; /* demo.Isp.configure.in */
	const char *doc;       /* or NULL */
	const struct field *fields;
	bool declared;	  /* with `struct`: not a method's */
	bool skip_header; /* its C type is declared elsewhere */
	bool skip_serdes; /* its table is defined elsewhere */
};

struct record record_of_struct(const struct declaration *declaration);
struct record record_in(const struct declaration *interface, const struct method *method);
struct record record_out(const struct declaration *interface, const struct method *method);

/* Of kind TYPE_NAMED and an enum; with any combination of its values. */
bool type_is_enum(const struct type *type);
bool type_is_flags(const struct type *type);
bool type_is_struct(const struct type *type);
/* Whether its objects are pointers to what is there: not of string? and handle?. */
bool type_is_pointer(const struct type *type);
/* The T of T?. */
struct type type_required(const struct type *type);

/* As a part of the names below: itself, or, if it reads like one of them, "named_8_array_of". */
const char *name_of_declaration(const char *name);
/* "array_of_int32" */
const char *name_of_type(const struct type *type);
/* Of its table: "demo_config_type", "type_of_array_of_string_max_16". */
const char *name_of_table(const struct type *type);
/* Whether each source has a table of its own for it. */
bool table_is_local(const struct type *type);

/* "struct cohort_of_array_of_int32": what an element of that type is in C. */
const char *c_type(const struct type *type);
/* As c_type(), but array<T, N> is T[N], as it is in a struct. */
const char *c_member_type(const struct type *type);
/* "int32_t name[4]": in a struct of the language; elsewhere "struct cohort_of_fixed_4_of_int32 name" */
const char *c_member(const struct type *type, const char *name);
const char *c_element(const struct type *type, const char *name);
/* "const struct demo_plane *name": a pointer to constant objects of that type. */
const char *c_pointer(const struct type *type, const char *name);
/* "struct cohort_of_entry_of_string_to_int32", for a TYPE_MAP */
const char *c_entry(const struct type *map);

/* How the language writes it: "map<string, demo.Plane>?". */
const char *idl_type(const struct type *type);

#endif
