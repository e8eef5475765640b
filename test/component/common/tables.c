/*
 * The tables of the interfaces.
 */
#include <stddef.h>

#include "component/common/part.h"
#include "component/common/tables.h"

#define SCALAR(name, KIND, ctype)                \
	static const struct cohort_type name = { \
		.kind = COHORT_KIND_##KIND,      \
		.size = sizeof(ctype),           \
		.align = _Alignof(ctype),        \
	}
#define FIELD(type, of, member)                                     \
	{                                                           \
#member, &(of), offsetof(struct type, member), NULL \
	}
#define STRUCT(type, list)                                                                 \
	{                                                                                  \
		.kind = COHORT_KIND_STRUCT, .size = sizeof(struct type),                   \
		.align = _Alignof(struct type), .count = sizeof(list) / sizeof((list)[0]), \
		.name = "test." #type, .fields = (list),                                   \
	}

SCALAR(type_bool, BOOL, bool);
SCALAR(type_i8, INT8, int8_t);
SCALAR(type_i16, INT16, int16_t);
SCALAR(type_i32, INT32, int32_t);
SCALAR(type_i64, INT64, int64_t);
SCALAR(type_u8, UINT8, uint8_t);
SCALAR(type_u16, UINT16, uint16_t);
SCALAR(type_u32, UINT32, uint32_t);
SCALAR(type_u64, UINT64, uint64_t);
SCALAR(type_float, FLOAT, float);
SCALAR(type_double, DOUBLE, double);
SCALAR(type_string, STRING, const char *);
SCALAR(type_handle, HANDLE, int);

static const int64_t colours[] = { PART_RED, PART_GREEN };
static const char *const colour_names[] = { "red", "green" };
static const struct cohort_type type_colour = {
	.kind = COHORT_KIND_ENUM,
	.size = sizeof(enum part_colour),
	.align = _Alignof(enum part_colour),
	.count = 2,
	.name = "test.Colour",
	.values = colours,
	.value_names = colour_names,
};

static const int64_t mask[] = { 0x0f };
static const struct cohort_type type_flags = {
	.kind = COHORT_KIND_FLAGS,
	.size = sizeof(uint32_t),
	.align = _Alignof(uint32_t),
	.name = "test.Flags",
	.values = mask,
};

static const struct cohort_field point_fields[] = {
	FIELD(part_point, type_i32, x),
	FIELD(part_point, type_i32, y),
};
static const struct cohort_type type_point = STRUCT(part_point, point_fields);

static const struct cohort_field entry_fields[] = {
	FIELD(part_entry, type_string, key),
	FIELD(part_entry, type_u32, value),
};
static const struct cohort_type type_entry = STRUCT(part_entry, entry_fields);

#define COMPOSITE(name, KIND, ctype, element, number) \
	static const struct cohort_type name = {      \
		.kind = COHORT_KIND_##KIND,           \
		.size = sizeof(ctype),                \
		.align = _Alignof(ctype),             \
		.count = (number),                    \
		.of = &(element),                     \
	}

COMPOSITE(type_numbers, ARRAY, struct part_numbers, type_u32, 0);
COMPOSITE(type_entries, MAP, struct part_entries, type_entry, 0);
COMPOSITE(type_maybe_point, OPTIONAL, const struct part_point *, type_point, 0);
COMPOSITE(type_maybe_string, OPTIONAL, const char *, type_string, 0);
COMPOSITE(type_maybe_handle, OPTIONAL, int, type_handle, 0);

static const struct cohort_type type_four = {
	.kind = COHORT_KIND_FIXED,
	.size = 4,
	.align = 1,
	.count = 4,
	.of = &type_u8,
};

static const struct cohort_field all_fields[] = {
	FIELD(part_all, type_bool, yes),
	FIELD(part_all, type_i8, i8),
	FIELD(part_all, type_i16, i16),
	FIELD(part_all, type_i32, i32),
	FIELD(part_all, type_i64, i64),
	FIELD(part_all, type_u8, u8),
	FIELD(part_all, type_u16, u16),
	FIELD(part_all, type_u32, u32),
	FIELD(part_all, type_u64, u64),
	FIELD(part_all, type_float, f),
	FIELD(part_all, type_double, d),
	FIELD(part_all, type_string, text),
	FIELD(part_all, type_colour, colour),
	FIELD(part_all, type_flags, flags),
	FIELD(part_all, type_numbers, numbers),
	FIELD(part_all, type_four, four),
	FIELD(part_all, type_entries, entries),
	FIELD(part_all, type_maybe_point, point),
	FIELD(part_all, type_maybe_string, maybe),
	FIELD(part_all, type_maybe_handle, handle),
};
const struct cohort_type type_all = STRUCT(part_all, all_fields);

const struct cohort_type type_nothing = {
	.kind = COHORT_KIND_STRUCT,
	.size = sizeof(struct part_nothing),
	.align = _Alignof(struct part_nothing),
	.name = "test.part_nothing",
};

static const struct cohort_field value_fields[] = { FIELD(part_value, type_u32, value) };
const struct cohort_type type_value = STRUCT(part_value, value_fields);

static const struct cohort_field status_fields[] = { FIELD(part_status, type_i32, status) };
const struct cohort_type type_status = STRUCT(part_status, status_fields);

static const struct cohort_field handle_fields[] = { FIELD(part_handle, type_handle, handle) };
const struct cohort_type type_of_handle = STRUCT(part_handle, handle_fields);

static const struct cohort_field table_fields[] = {
	FIELD(part_table, type_numbers, numbers),
	FIELD(part_table, type_string, text),
};
const struct cohort_type type_table = STRUCT(part_table, table_fields);
