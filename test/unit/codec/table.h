/*
 * Types for the tests of the codec, as cohort-idl(1) would write their tables: `struct all` uses every
 * construct. The tests and the fuzzing share them.
 */
#ifndef COHORT_TEST_CODEC_TABLE_H
#define COHORT_TEST_CODEC_TABLE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cohort/codec.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define SCALAR(KIND, ctype)                                                                 \
	{                                                                                   \
		.kind = COHORT_KIND_##KIND, .size = sizeof(ctype), .align = _Alignof(ctype) \
	}
#define ARRAY(element)                                                                             \
	{                                                                                          \
		.kind = COHORT_KIND_ARRAY, .size = sizeof(struct list), .align = _Alignof(void *), \
		.of = &(element)                                                                   \
	}
#define FIXED(element, ctype, n)                                                               \
	{                                                                                      \
		.kind = COHORT_KIND_FIXED, .size = sizeof(ctype[n]), .align = _Alignof(ctype), \
		.count = n, .of = &(element)                                                   \
	}
#define MAP(entry)                                                                               \
	{                                                                                        \
		.kind = COHORT_KIND_MAP, .size = sizeof(struct list), .align = _Alignof(void *), \
		.of = &(entry)                                                                   \
	}
#define OPTIONAL(value, ctype)                                                                 \
	{                                                                                      \
		.kind = COHORT_KIND_OPTIONAL, .size = sizeof(ctype), .align = _Alignof(ctype), \
		.of = &(value)                                                                 \
	}
#define STRUCT(ctype, text, table)                                                           \
	{                                                                                    \
		.kind = COHORT_KIND_STRUCT, .size = sizeof(ctype), .align = _Alignof(ctype), \
		.count = COUNT(table), .name = text, .fields = table                         \
	}
#define FIELD(ctype, member, its_type)                                                  \
	{                                                                               \
		.name = #member, .type = &(its_type), .offset = offsetof(ctype, member) \
	}

struct list {
	const void *data;
	size_t count;
};

/* --- Scalars ------------------------------------------------------------------------------------ */

static const struct cohort_type bool_type = SCALAR(BOOL, bool);
static const struct cohort_type i8_type = SCALAR(INT8, int8_t);
static const struct cohort_type i16_type = SCALAR(INT16, int16_t);
static const struct cohort_type i32_type = SCALAR(INT32, int32_t);
static const struct cohort_type i64_type = SCALAR(INT64, int64_t);
static const struct cohort_type u8_type = SCALAR(UINT8, uint8_t);
static const struct cohort_type u16_type = SCALAR(UINT16, uint16_t);
static const struct cohort_type u32_type = SCALAR(UINT32, uint32_t);
static const struct cohort_type u64_type = SCALAR(UINT64, uint64_t);
static const struct cohort_type float_type = SCALAR(FLOAT, float);
static const struct cohort_type double_type = SCALAR(DOUBLE, double);
static const struct cohort_type string_type = SCALAR(STRING, const char *);
static const struct cohort_type handle_type = SCALAR(HANDLE, int);

/* With a gap between its values, and without. */
enum color {
	COLOR_RED = -5,
	COLOR_GREEN = 0,
	COLOR_BLUE = 7
};
static const int64_t color_values[] = { COLOR_RED, COLOR_GREEN, COLOR_BLUE };
static const char *const color_names[] = { "RED", "GREEN", "BLUE" };
static const struct cohort_type color_type = {
	.kind = COHORT_KIND_ENUM,
	.size = sizeof(enum color),
	.align = _Alignof(enum color),
	.count = 3,
	.name = "t.Color",
	.values = color_values,
	.value_names = color_names,
};

enum step {
	STEP_ONE = 1,
	STEP_TWO,
	STEP_THREE
};
static const int64_t step_values[] = { STEP_ONE, STEP_TWO, STEP_THREE };
static const char *const step_names[] = { "ONE", "TWO", "THREE" };
static const struct cohort_type step_type = {
	.kind = COHORT_KIND_ENUM,
	.size = sizeof(enum step),
	.align = _Alignof(enum step),
	.count = 3,
	.name = "t.Step",
	.values = step_values,
	.value_names = step_names,
};

static const int64_t access_mask[] = { 0x80000003 };
static const struct cohort_type access_type = {
	.kind = COHORT_KIND_FLAGS,
	.size = sizeof(uint32_t),
	.align = _Alignof(uint32_t),
	.count = 1,
	.name = "t.Access",
	.values = access_mask,
};

/* --- Structs ------------------------------------------------------------------------------------ */

struct point {
	int32_t x;
	uint8_t shade; /* 5 unless it says otherwise */
};
static const struct cohort_field point_fields[] = {
	FIELD(struct point, x, i32_type),
	{ .name = "shade",
	  .type = &u8_type,
	  .offset = offsetof(struct point, shade),
	  .fallback = &(const uint8_t){ 5 } },
};
static const struct cohort_type point_type = STRUCT(struct point, "t.Point", point_fields);

/* A tree and a list at once. */
struct node {
	int16_t value;
	const struct node *next;
	struct list children; /* of struct node */
};
static const struct cohort_type node_type;
static const struct cohort_type node_optional = OPTIONAL(node_type, const struct node *);
static const struct cohort_type node_array = ARRAY(node_type);
static const struct cohort_field node_fields[] = {
	FIELD(struct node, value, i16_type),
	FIELD(struct node, next, node_optional),
	FIELD(struct node, children, node_array),
};
static const struct cohort_type node_type = STRUCT(struct node, "t.Node", node_fields);

/* --- Composites --------------------------------------------------------------------------------- */

static const struct cohort_type bool_array = ARRAY(bool_type);
static const struct cohort_type u8_array = ARRAY(u8_type);
static const struct cohort_type i32_array = ARRAY(i32_type);
static const struct cohort_type double_array = ARRAY(double_type);
static const struct cohort_type string_array = ARRAY(string_type);
static const struct cohort_type color_array = ARRAY(color_type);
static const struct cohort_type step_array = ARRAY(step_type);
static const struct cohort_type access_array = ARRAY(access_type);
static const struct cohort_type point_array = ARRAY(point_type);
static const struct cohort_type handle_array = ARRAY(handle_type);
static const struct cohort_type i32_array_array = ARRAY(i32_array);
static const struct cohort_type i16_3 = FIXED(i16_type, int16_t, 3);
static const struct cohort_type point_2 = FIXED(point_type, struct point, 2);
static const struct cohort_type string_2 = FIXED(string_type, const char *, 2);
static const struct cohort_type point_optional = OPTIONAL(point_type, const struct point *);
static const struct cohort_type i32_optional = OPTIONAL(i32_type, const int32_t *);
static const struct cohort_type string_optional = OPTIONAL(string_type, const char *);
static const struct cohort_type handle_optional = OPTIONAL(handle_type, int);

struct named {
	const char *key;
	int32_t value;
};
static const struct cohort_field named_fields[] = {
	FIELD(struct named, key, string_type),
	FIELD(struct named, value, i32_type),
};
static const struct cohort_type named_type = STRUCT(struct named, NULL, named_fields);
static const struct cohort_type named_map = MAP(named_type);

struct numbered {
	int16_t key;
	struct list value; /* a map of struct named */
};
static const struct cohort_field numbered_fields[] = {
	FIELD(struct numbered, key, i16_type),
	FIELD(struct numbered, value, named_map),
};
static const struct cohort_type numbered_type = STRUCT(struct numbered, NULL, numbered_fields);
static const struct cohort_type numbered_map = MAP(numbered_type);

/* A map for each other kind of key, to nothing but a bool. */
#define KEYED(name, ctype)                                              \
	struct name##_keyed {                                           \
		ctype key;                                              \
		bool value;                                             \
	};                                                              \
	static const struct cohort_field name##_keyed_fields[] = {      \
		FIELD(struct name##_keyed, key, name##_type),           \
		FIELD(struct name##_keyed, value, bool_type),           \
	};                                                              \
	static const struct cohort_type name##_keyed_type =             \
		STRUCT(struct name##_keyed, NULL, name##_keyed_fields); \
	static const struct cohort_type name##_keyed_map = MAP(name##_keyed_type)

KEYED(bool, bool);
KEYED(i8, int8_t);
KEYED(i64, int64_t);
KEYED(u16, uint16_t);
KEYED(u32, uint32_t);
KEYED(u64, uint64_t);
KEYED(color, enum color);
KEYED(access, uint32_t);

/* --- An encoding of the application's: text, and a descriptor, if there is one -------------------- */

struct note {
	const char *text;
	int fd;
};

static inline int note_encode(struct cohort_encoder *to, const void *object)
{
	const struct note *note = object;
	uint8_t has_fd = note->fd >= 0;

	if (!note->text)
		return -EDOM;
	cohort_put(to, &has_fd, 1);
	if (has_fd)
		cohort_put_fd(to, note->fd);
	return cohort_put(to, note->text, strlen(note->text));
}

static inline int note_decode(struct cohort_decoder *from, void *object)
{
	struct note *note = object;
	const uint8_t *has_fd = cohort_get(from, 1);
	size_t length;
	char *text;

	if (!has_fd || *has_fd > 1)
		return -EDOM;
	note->fd = *has_fd ? cohort_get_fd(from) : -1;
	length = cohort_get_left(from);
	text = cohort_get_memory(from, length + 1);
	if (!text)
		return -ENOMEM;
	memcpy(text, cohort_get(from, length), length);
	note->text = text;
	return memchr(text, 0, length) ? -EDOM : 0;
}

static inline int note_copy(const void *object, struct cohort_arena *arena, void *out)
{
	const struct note *from = object;
	size_t size = strlen(from->text) + 1;
	struct note *to = out;
	char *text = cohort_arena_alloc(arena, size);

	if (!text)
		return -ENOMEM;
	to->text = memcpy(text, from->text, size);
	to->fd = from->fd;
	return 0;
}

static const struct cohort_custom note_custom = {
	.size = sizeof(note_custom),
	.encode = note_encode,
	.decode = note_decode,
	.copy = note_copy,
};
static const struct cohort_type note_type = {
	.kind = COHORT_KIND_CUSTOM,
	.size = sizeof(struct note),
	.align = _Alignof(struct note),
	.name = "t.Note",
	.custom = &note_custom,
};
static const struct cohort_type note_array = ARRAY(note_type);

/* --- Everything --------------------------------------------------------------------------------- */

struct all {
	bool b;
	int8_t i8;
	int16_t i16;
	int32_t i32;
	int64_t i64;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	float f;
	double d;
	const char *string;
	enum color color;
	enum step step;
	uint32_t access;
	struct point point;
	struct list bools, bytes, numbers, doubles, strings, colors, steps, accesses, points;
	struct list handles, lists, notes;
	int16_t triple[3];
	struct point pair[2];
	const char *texts[2];
	struct list named, numbered, by_bool, by_i8, by_i64, by_u16, by_u32, by_u64, by_color,
		by_access;
	const struct point *maybe_point;
	const int32_t *maybe_number;
	const char *maybe_string;
	int maybe_handle;
	struct node tree;
};
static const struct cohort_field all_fields[] = {
	FIELD(struct all, b, bool_type),
	FIELD(struct all, i8, i8_type),
	FIELD(struct all, i16, i16_type),
	FIELD(struct all, i32, i32_type),
	FIELD(struct all, i64, i64_type),
	FIELD(struct all, u8, u8_type),
	FIELD(struct all, u16, u16_type),
	FIELD(struct all, u32, u32_type),
	FIELD(struct all, u64, u64_type),
	FIELD(struct all, f, float_type),
	FIELD(struct all, d, double_type),
	FIELD(struct all, string, string_type),
	FIELD(struct all, color, color_type),
	FIELD(struct all, step, step_type),
	FIELD(struct all, access, access_type),
	FIELD(struct all, point, point_type),
	FIELD(struct all, bools, bool_array),
	FIELD(struct all, bytes, u8_array),
	FIELD(struct all, numbers, i32_array),
	FIELD(struct all, doubles, double_array),
	FIELD(struct all, strings, string_array),
	FIELD(struct all, colors, color_array),
	FIELD(struct all, steps, step_array),
	FIELD(struct all, accesses, access_array),
	FIELD(struct all, points, point_array),
	FIELD(struct all, handles, handle_array),
	FIELD(struct all, lists, i32_array_array),
	FIELD(struct all, notes, note_array),
	FIELD(struct all, triple, i16_3),
	FIELD(struct all, pair, point_2),
	FIELD(struct all, texts, string_2),
	FIELD(struct all, named, named_map),
	FIELD(struct all, numbered, numbered_map),
	FIELD(struct all, by_bool, bool_keyed_map),
	FIELD(struct all, by_i8, i8_keyed_map),
	FIELD(struct all, by_i64, i64_keyed_map),
	FIELD(struct all, by_u16, u16_keyed_map),
	FIELD(struct all, by_u32, u32_keyed_map),
	FIELD(struct all, by_u64, u64_keyed_map),
	FIELD(struct all, by_color, color_keyed_map),
	FIELD(struct all, by_access, access_keyed_map),
	FIELD(struct all, maybe_point, point_optional),
	FIELD(struct all, maybe_number, i32_optional),
	FIELD(struct all, maybe_string, string_optional),
	FIELD(struct all, maybe_handle, handle_optional),
	FIELD(struct all, tree, node_type),
};
static const struct cohort_type all_type = STRUCT(struct all, "t.All", all_fields);

/* One with something in each of its fields. Its descriptors are only numbers: 5 of them. */
#define LIST(...)                                                                              \
	{                                                                                      \
		.data = (__VA_ARGS__), .count = sizeof(__VA_ARGS__) / sizeof((__VA_ARGS__)[0]) \
	}
static const struct all all_sample = {
	.b = true,
	.i8 = -8,
	.i16 = -1600,
	.i32 = -320000,
	.i64 = INT64_MIN,
	.u8 = 200,
	.u16 = 60000,
	.u32 = UINT32_C(4000000000),
	.u64 = UINT64_MAX,
	.f = 1.5f,
	.d = -2.25,
	.string = "a text of some length, \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80",
	.color = COLOR_BLUE,
	.step = STEP_TWO,
	.access = 0x80000001,
	.point = { -1, 2 },
	.bools = LIST((const bool[]){ true, false, true }),
	.bytes = LIST((const uint8_t[]){ 1, 2, 3, 4, 5 }),
	.numbers = LIST((const int32_t[]){ 1, -1, INT32_MAX }),
	.doubles = LIST((const double[]){ 0.5 }),
	.strings = LIST((const char *const[]){ "one", NULL, "three" }),
	.colors = LIST((const enum color[]){ COLOR_RED, COLOR_BLUE }),
	.steps = LIST((const enum step[]){ STEP_ONE, STEP_ONE, STEP_TWO, STEP_THREE, STEP_ONE }),
	.accesses = LIST((const uint32_t[]){ 1, 2, 0 }),
	.points = LIST((const struct point[]){ { 1, 2 }, { 3, 4 } }),
	.handles = LIST((const int[]){ 10, 11 }),
	.lists = LIST((const struct list[]){ LIST((const int32_t[]){ 1, 2 }), { NULL, 0 } }),
	.notes = LIST((const struct note[]){ { "x", 12 }, { "", -1 }, { "long", 13 } }),
	.triple = { 1, 2, 3 },
	.pair = { { 5, 6 }, { 7, 8 } },
	.texts = { "p", "q" },
	.named = LIST((const struct named[]){ { "b", 2 }, { "a", 1 }, { "c", 3 } }),
	.numbered = LIST((const struct numbered[]){
		{ 5, LIST((const struct named[]){ { "z", 2 }, { "y", 1 } }) },
		{ -5, LIST((const struct named[]){ { "k", 0 } }) },
		{ 0, { NULL, 0 } },
	}),
	.by_bool = LIST((const struct bool_keyed[]){ { true, true }, { false, true } }),
	.by_i8 = LIST((const struct i8_keyed[]){ { 1, true }, { -1, false } }),
	.by_i64 = LIST((const struct i64_keyed[]){ { 1, true }, { INT64_MIN, false } }),
	.by_u16 = LIST((const struct u16_keyed[]){ { 65535, true }, { 1, false } }),
	.by_u32 = LIST((const struct u32_keyed[]){ { UINT32_MAX, true }, { 1, false } }),
	.by_u64 = LIST((const struct u64_keyed[]){ { UINT64_MAX, true }, { 1, false } }),
	.by_color = LIST((const struct color_keyed[]){ { COLOR_GREEN, 1 }, { COLOR_RED, 0 } }),
	.by_access = LIST((const struct access_keyed[]){ { 0x80000000, true }, { 2, false } }),
	.maybe_point = &(const struct point){ 9, 9 },
	.maybe_number = &(const int32_t){ 77 },
	.maybe_string = "",
	.maybe_handle = 14,
	.tree = { .value = 1,
		  .next = &(const struct node){ .value = 2 },
		  .children = LIST((const struct node[]){ { .value = 3 }, { .value = 4 } }) },
};

#endif
