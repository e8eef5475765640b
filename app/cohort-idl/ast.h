/*
 * What the compiler knows of a file: made by parse.c as it was written, completed by check.c (what
 * is marked so), read by the emitters.
 *
 * Everything lives until the process ends: nodes come from node_new() and are never freed, so that
 * all may point to each other. Lists are linked through `next`, in the order of the source.
 */
#ifndef COHORT_IDL_AST_H
#define COHORT_IDL_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file;

/* Where something begins; lines and columns (in bytes) count from 1. */
struct place {
	const struct file *file;
	uint32_t line, column;
};

/* [name] or [name=value], as written. check.c knows which are allowed where. */
struct attribute {
	struct attribute *next;
	struct place place;
	const char *name;
	const struct value *value; /* or NULL */
};

enum value_kind {
	VALUE_BOOL,
	VALUE_INTEGER,
	VALUE_FLOAT,
	VALUE_STRING,
	VALUE_NAME
};

/* A literal, or the name of a constant or enumerator. */
struct value {
	struct place place;
	enum value_kind kind;
	const char *text; /* as written, a string without quotes and with its escapes resolved */
	size_t length;	  /* of text */
	/* VALUE_BOOL, VALUE_INTEGER: magnitude and sign, so that all of int64 and uint64 fit */
	uint64_t magnitude;
	bool negative;
	double number; /* VALUE_FLOAT */
	/* check.c, VALUE_NAME: what is meant at the end of all names: a literal, or an enumerator */
	const struct value *literal;
	const struct enumerator *enumerator;
	const struct declaration *constant; /* the constant named directly, or NULL */
};

enum type_kind {
	TYPE_BOOL,
	TYPE_INT8,
	TYPE_INT16,
	TYPE_INT32,
	TYPE_INT64,
	TYPE_UINT8,
	TYPE_UINT16,
	TYPE_UINT32,
	TYPE_UINT64,
	TYPE_FLOAT,
	TYPE_DOUBLE,
	TYPE_STRING,
	TYPE_HANDLE, /* `handle`; check.c also turns uses of a skipSerdes struct named SharedFD into it */
	TYPE_ARRAY,
	TYPE_FIXED, /* array<T, N> */
	TYPE_MAP,
	TYPE_NAMED, /* an enum or a struct */
};

/* One use of a type. */
struct type {
	struct place place;
	enum type_kind kind;
	bool optional;	  /* T? */
	const char *name; /* TYPE_NAMED: as written, with dots */
	struct type *of;  /* TYPE_ARRAY, TYPE_FIXED: the element; TYPE_MAP: the value */
	struct type *key; /* TYPE_MAP */
	uint64_t count;	  /* TYPE_FIXED, 1 to 65535; check.c, if written as a constant's name */
	const struct value *count_value; /* TYPE_FIXED, as written */
	/* check.c: */
	struct declaration *declaration; /* TYPE_NAMED: a DECL_ENUM or DECL_STRUCT */
	bool flags;			 /* TYPE_NAMED, an enum: any combination of its values */
	uint32_t max;			 /* [max=N] of string, array, map; 0: none */
};

/* Of a struct, or a parameter, or a result. */
struct field {
	struct field *next;
	struct place place;
	struct attribute *attributes;
	const char *doc; /* or NULL; without its comment signs, lines with '\n' */
	struct type *type;
	const char *name;
	const struct value *fallback; /* the default, or NULL */
	const struct value *id_value; /* @N, or NULL */
	uint32_t id;		      /* check.c: from 0, without gaps: the order on the wire */
	const char *c_name;	      /* check.c: as a member of a C struct */
};

struct enumerator {
	struct enumerator *next;
	struct place place;
	struct attribute *attributes;
	const char *doc;
	const char *name;
	const struct value *written; /* its value, or NULL: one more than the one before */
	const struct declaration *of;
	int64_t value;	    /* check.c */
	const char *c_name; /* check.c: MODULE_ENUM_NAME, in capitals */
};

struct method {
	struct method *next;
	struct place place;
	struct attribute *attributes;
	const char *doc;
	const char *name;
	struct field *in, *out;
	bool has_out; /* `=> (...)` was written, maybe empty */
	const struct value *id_value;
	/* check.c: */
	uint32_t id;	    /* from 0, without gaps */
	bool oneway;	    /* [async], [oneway], or of an interface of events */
	int64_t timeout;    /* nanoseconds, or -1 */
	const char *c_name; /* without the interface's prefix */
};

enum declaration_kind {
	DECL_CONST,
	DECL_ENUM,
	DECL_STRUCT,
	DECL_INTERFACE
};

struct declaration {
	struct declaration *next;
	struct place place; /* of its name */
	struct file *file;
	enum declaration_kind kind;
	struct attribute *attributes;
	const char *doc;
	const char *name; /* as written */
	/* DECL_CONST */
	struct type *type;
	const struct value *value;
	/* DECL_ENUM */
	struct enumerator *enumerators;
	/* DECL_STRUCT */
	struct field *fields;
	bool has_body; /* `struct A;` has none */
	/* DECL_INTERFACE */
	struct method *methods;
	/* check.c: */
	const char *full_name; /* module.Name */
	const char *c_name;    /* module_name; a constant's in capitals */
	bool skip_header;      /* the C type is the application's */
	bool skip_serdes;      /* so is the encoding: COHORT_KIND_CUSTOM */
	bool flags;	       /* an enum: all its uses are combinations */
	bool scoped;	       /* [scopedEnum] */
	bool events;	       /* [events] interface: all methods one-way */
	bool external; /* made by check.c for a name such as FrameBuffer.Plane, that nobody declares */
	int mark;      /* whose walk has been here: for check.c and the emitters */
};

struct import {
	struct import *next;
	struct place place;
	const char *path;  /* as written */
	struct file *file; /* what was found */
};

struct file {
	struct file *next; /* all files of the run, in the order in which they were opened */
	const char *path;  /* as opened */
	const char *text;
	size_t length;
	const char *doc;    /* the comment before `module`, or NULL */
	const char *module; /* "a.b", or "" */
	struct place module_place;
	struct import *imports;
	struct declaration *declarations;
	const char *c_prefix; /* check.c: "a_b_", or "" */
	bool checked;
};

#endif
