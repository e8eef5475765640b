/* Made by cohort-idl from everything.mojom; what is changed here will be lost. */
#include "everything.mojom.h"

#include <assert.h>
#include <errno.h>
#include <stdalign.h>

static const int64_t values_of_demo_everything_color[] = {
	-2147483648, -1, 0, 5, 6
};
static const char *const names_of_demo_everything_color[] = {
	"LOWEST", "DARK", "RED", "GREEN", "BLUE"
};
static_assert(sizeof(enum demo_everything_color) == 4, "an enum is four bytes");
const struct cohort_type demo_everything_color_type = {
	COHORT_KIND_ENUM, sizeof(enum demo_everything_color), alignof(enum demo_everything_color),
	0, 5, 0, "demo.everything.Color", NULL, NULL, values_of_demo_everything_color,
	names_of_demo_everything_color, NULL
};

static const int64_t mask_of_demo_everything_access[] = { 0x80000003 };
const struct cohort_type demo_everything_access_type = {
	COHORT_KIND_FLAGS, sizeof(uint32_t), alignof(uint32_t), 0, 0, 0, "demo.everything.Access",
	NULL, NULL, mask_of_demo_everything_access, NULL, NULL
};

static const int64_t values_of_demo_everything_bits[] = {
	1, 2, 4
};
static const char *const names_of_demo_everything_bits[] = {
	"ONE", "TWO", "FOUR"
};
static_assert(sizeof(enum demo_everything_bits) == 4, "an enum is four bytes");
const struct cohort_type demo_everything_bits_type = {
	COHORT_KIND_ENUM, sizeof(enum demo_everything_bits), alignof(enum demo_everything_bits), 0,
	3, 0, "demo.everything.Bits", NULL, NULL, values_of_demo_everything_bits,
	names_of_demo_everything_bits, NULL
};

const struct cohort_type demo_everything_empty_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_empty),
	alignof(struct demo_everything_empty), 0, 0, 0, "demo.everything.Empty", NULL, NULL, NULL,
	NULL, NULL
};

static const struct cohort_type type_of_int32 = {
	COHORT_KIND_INT32, sizeof(int32_t), alignof(int32_t), 0, 0, 0, NULL, NULL, NULL, NULL, NULL,
	NULL
};

static const int32_t default_0_of_demo_everything_point = (-INT32_C(3));
static const int32_t default_1_of_demo_everything_point = (-INT32_C(2147483647) - 1);
static const struct cohort_field fields_of_demo_everything_point[] = {
	{ "x", &type_of_int32, offsetof(struct demo_everything_point, x),
	  &default_0_of_demo_everything_point },
	{ "y", &type_of_int32, offsetof(struct demo_everything_point, y),
	  &default_1_of_demo_everything_point },
};
const struct cohort_type demo_everything_point_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_point),
	alignof(struct demo_everything_point), 0, 2, 0, "demo.everything.Point", NULL,
	fields_of_demo_everything_point, NULL, NULL, NULL
};

static const struct cohort_type type_of_bool = {
	COHORT_KIND_BOOL, sizeof(bool), alignof(bool), 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_int8 = {
	COHORT_KIND_INT8, sizeof(int8_t), alignof(int8_t), 0, 0, 0, NULL, NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_int16 = {
	COHORT_KIND_INT16, sizeof(int16_t), alignof(int16_t), 0, 0, 0, NULL, NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_int64 = {
	COHORT_KIND_INT64, sizeof(int64_t), alignof(int64_t), 0, 0, 0, NULL, NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_uint8 = {
	COHORT_KIND_UINT8, sizeof(uint8_t), alignof(uint8_t), 0, 0, 0, NULL, NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_uint16 = {
	COHORT_KIND_UINT16, sizeof(uint16_t), alignof(uint16_t), 0, 0, 0, NULL, NULL, NULL, NULL,
	NULL, NULL
};

static const struct cohort_type type_of_uint32 = {
	COHORT_KIND_UINT32, sizeof(uint32_t), alignof(uint32_t), 0, 0, 0, NULL, NULL, NULL, NULL,
	NULL, NULL
};

static const struct cohort_type type_of_uint64 = {
	COHORT_KIND_UINT64, sizeof(uint64_t), alignof(uint64_t), 0, 0, 0, NULL, NULL, NULL, NULL,
	NULL, NULL
};

static const struct cohort_type type_of_float = {
	COHORT_KIND_FLOAT, sizeof(float), alignof(float), 0, 0, 0, NULL, NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_double = {
	COHORT_KIND_DOUBLE, sizeof(double), alignof(double), 0, 0, 0, NULL, NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_string = {
	COHORT_KIND_STRING, sizeof(const char *), alignof(const char *), 0, 0, 0, NULL, NULL, NULL,
	NULL, NULL, NULL
};

static const struct cohort_type type_of_optional_of_string = {
	COHORT_KIND_OPTIONAL, sizeof(const char *), alignof(const char *), 0, 0, 0, NULL,
	&type_of_string, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_handle = {
	COHORT_KIND_HANDLE, sizeof(int), alignof(int), 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_optional_of_handle = {
	COHORT_KIND_OPTIONAL, sizeof(int), alignof(int), 0, 0, 0, NULL, &type_of_handle, NULL, NULL,
	NULL, NULL
};

static const int64_t mask_of_demo_everything_bits[] = { 0x7 };
static const struct cohort_type type_of_flags_of_demo_everything_bits = {
	COHORT_KIND_FLAGS, sizeof(uint32_t), alignof(uint32_t), 0, 0, 0,
	"[flags] demo.everything.Bits", NULL, NULL, mask_of_demo_everything_bits, NULL, NULL
};

static const struct cohort_type type_of_optional_of_int32 = {
	COHORT_KIND_OPTIONAL, sizeof(const int32_t *), alignof(const int32_t *), 0, 0, 0, NULL,
	&type_of_int32, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_optional_of_demo_everything_color = {
	COHORT_KIND_OPTIONAL, sizeof(const enum demo_everything_color *),
	alignof(const enum demo_everything_color *), 0, 0, 0, NULL, &demo_everything_color_type,
	NULL, NULL, NULL, NULL
};

static const bool default_0_of_demo_everything_scalars = true;
static const int8_t default_1_of_demo_everything_scalars = (-INT8_C(127) - 1);
static const int16_t default_2_of_demo_everything_scalars = (-INT16_C(7));
static const int64_t default_4_of_demo_everything_scalars = (-INT64_C(9223372036854775807) - 1);
static const uint8_t default_5_of_demo_everything_scalars = UINT8_C(255);
static const uint32_t default_7_of_demo_everything_scalars = UINT32_C(32768);
static const uint64_t default_8_of_demo_everything_scalars = UINT64_C(18446744073709551615);
static const float default_9_of_demo_everything_scalars = 1.5F;
static const double default_10_of_demo_everything_scalars = 1.0000000000000001e+300;
static const char *const default_11_of_demo_everything_scalars = "none";
static const char *const default_13_of_demo_everything_scalars = "given";
static const enum demo_everything_color default_15_of_demo_everything_scalars = DEMO_EVERYTHING_COLOR_BLUE;
static const uint32_t default_17_of_demo_everything_scalars = DEMO_EVERYTHING_ACCESS_WRITE;
static const uint32_t default_18_of_demo_everything_scalars = (uint32_t)DEMO_EVERYTHING_BITS_TWO;
static const int32_t default_20_of_demo_everything_scalars_value = INT32_C(7);
static const int32_t *const default_20_of_demo_everything_scalars = &default_20_of_demo_everything_scalars_value;
static const struct cohort_field fields_of_demo_everything_scalars[] = {
	{ "b", &type_of_bool, offsetof(struct demo_everything_scalars, b),
	  &default_0_of_demo_everything_scalars },
	{ "i8", &type_of_int8, offsetof(struct demo_everything_scalars, i8),
	  &default_1_of_demo_everything_scalars },
	{ "i16", &type_of_int16, offsetof(struct demo_everything_scalars, i16),
	  &default_2_of_demo_everything_scalars },
	{ "i32", &type_of_int32, offsetof(struct demo_everything_scalars, i32), NULL },
	{ "i64", &type_of_int64, offsetof(struct demo_everything_scalars, i64),
	  &default_4_of_demo_everything_scalars },
	{ "u8", &type_of_uint8, offsetof(struct demo_everything_scalars, u8),
	  &default_5_of_demo_everything_scalars },
	{ "u16", &type_of_uint16, offsetof(struct demo_everything_scalars, u16), NULL },
	{ "u32", &type_of_uint32, offsetof(struct demo_everything_scalars, u32),
	  &default_7_of_demo_everything_scalars },
	{ "u64", &type_of_uint64, offsetof(struct demo_everything_scalars, u64),
	  &default_8_of_demo_everything_scalars },
	{ "f", &type_of_float, offsetof(struct demo_everything_scalars, f),
	  &default_9_of_demo_everything_scalars },
	{ "d", &type_of_double, offsetof(struct demo_everything_scalars, d),
	  &default_10_of_demo_everything_scalars },
	{ "s", &type_of_string, offsetof(struct demo_everything_scalars, s),
	  &default_11_of_demo_everything_scalars },
	{ "maybe", &type_of_optional_of_string, offsetof(struct demo_everything_scalars, maybe),
	  NULL },
	{ "given", &type_of_optional_of_string, offsetof(struct demo_everything_scalars, given),
	  &default_13_of_demo_everything_scalars },
	{ "spare", &type_of_optional_of_handle, offsetof(struct demo_everything_scalars, spare),
	  NULL },
	{ "color", &demo_everything_color_type, offsetof(struct demo_everything_scalars, color),
	  &default_15_of_demo_everything_scalars },
	{ "plain", &demo_everything_color_type, offsetof(struct demo_everything_scalars, plain),
	  NULL },
	{ "access", &demo_everything_access_type, offsetof(struct demo_everything_scalars, access),
	  &default_17_of_demo_everything_scalars },
	{ "mix", &type_of_flags_of_demo_everything_bits,
	  offsetof(struct demo_everything_scalars, mix), &default_18_of_demo_everything_scalars },
	{ "number", &type_of_optional_of_int32, offsetof(struct demo_everything_scalars, number),
	  NULL },
	{ "seven", &type_of_optional_of_int32, offsetof(struct demo_everything_scalars, seven),
	  &default_20_of_demo_everything_scalars },
	{ "shade", &type_of_optional_of_demo_everything_color,
	  offsetof(struct demo_everything_scalars, shade), NULL },
};
const struct cohort_type demo_everything_scalars_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_scalars),
	alignof(struct demo_everything_scalars), 0, 22, 0, "demo.everything.Scalars", NULL,
	fields_of_demo_everything_scalars, NULL, NULL, NULL
};

static const struct cohort_type type_of_optional_of_demo_everything_node = {
	COHORT_KIND_OPTIONAL, sizeof(const struct demo_everything_node *),
	alignof(const struct demo_everything_node *), 0, 0, 0, NULL, &demo_everything_node_type,
	NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_demo_everything_node = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_demo_everything_node),
	alignof(struct cohort_of_array_of_demo_everything_node), 0, 0, 0, NULL,
	&demo_everything_node_type, NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_entry_of_map_of_string_to_demo_everything_node[] = {
	{ "key", &type_of_string, offsetof(struct cohort_of_entry_of_string_to_demo_everything_node, key), NULL },
	{ "value", &demo_everything_node_type, offsetof(struct cohort_of_entry_of_string_to_demo_everything_node, value), NULL },
};
static const struct cohort_type type_of_entry_of_map_of_string_to_demo_everything_node = {
	COHORT_KIND_STRUCT, sizeof(struct cohort_of_entry_of_string_to_demo_everything_node),
	alignof(struct cohort_of_entry_of_string_to_demo_everything_node), 0, 2, 0, NULL, NULL,
	fields_of_entry_of_map_of_string_to_demo_everything_node, NULL, NULL, NULL
};

static const struct cohort_type type_of_map_of_string_to_demo_everything_node = {
	COHORT_KIND_MAP, sizeof(struct cohort_of_map_of_string_to_demo_everything_node),
	alignof(struct cohort_of_map_of_string_to_demo_everything_node), 0, 0, 0, NULL,
	&type_of_entry_of_map_of_string_to_demo_everything_node, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_fixed_2_of_demo_everything_node = {
	COHORT_KIND_FIXED, sizeof(struct demo_everything_node[2]),
	alignof(struct demo_everything_node[2]), 0, 2, 0, NULL, &demo_everything_node_type, NULL,
	NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_fixed_2_of_demo_everything_node = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_fixed_2_of_demo_everything_node),
	alignof(struct cohort_of_array_of_fixed_2_of_demo_everything_node), 0, 0, 0, NULL,
	&type_of_fixed_2_of_demo_everything_node, NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_demo_everything_node[] = {
	{ "name", &type_of_string, offsetof(struct demo_everything_node, name), NULL },
	{ "left", &type_of_optional_of_demo_everything_node,
	  offsetof(struct demo_everything_node, left), NULL },
	{ "right", &type_of_optional_of_demo_everything_node,
	  offsetof(struct demo_everything_node, right), NULL },
	{ "children", &type_of_array_of_demo_everything_node,
	  offsetof(struct demo_everything_node, children), NULL },
	{ "named", &type_of_map_of_string_to_demo_everything_node,
	  offsetof(struct demo_everything_node, named), NULL },
	{ "pairs", &type_of_array_of_fixed_2_of_demo_everything_node,
	  offsetof(struct demo_everything_node, pairs), NULL },
	{ "later", &demo_everything_later_type, offsetof(struct demo_everything_node, later),
	  NULL },
};
const struct cohort_type demo_everything_node_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_node),
	alignof(struct demo_everything_node), 0, 7, 0, "demo.everything.Node", NULL,
	fields_of_demo_everything_node, NULL, NULL, NULL
};

static const struct cohort_field fields_of_demo_everything_later[] = {
	{ "point", &demo_everything_point_type, offsetof(struct demo_everything_later, point),
	  NULL },
	{ "empty", &demo_everything_empty_type, offsetof(struct demo_everything_later, empty),
	  NULL },
};
const struct cohort_type demo_everything_later_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_later),
	alignof(struct demo_everything_later), 0, 2, 0, "demo.everything.Later", NULL,
	fields_of_demo_everything_later, NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_uint8 = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_uint8),
	alignof(struct cohort_of_array_of_uint8), 0, 0, 0, NULL, &type_of_uint8, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_array_of_int32_max_16 = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_int32),
	alignof(struct cohort_of_array_of_int32), 16, 0, 0, NULL, &type_of_int32, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_string_max_8 = {
	COHORT_KIND_STRING, sizeof(const char *), alignof(const char *), 8, 0, 0, NULL, NULL, NULL,
	NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_string = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_string),
	alignof(struct cohort_of_array_of_string), 0, 0, 0, NULL, &type_of_string, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_array_of_optional_of_string = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_optional_of_string),
	alignof(struct cohort_of_array_of_optional_of_string), 0, 0, 0, NULL,
	&type_of_optional_of_string, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_optional_of_int32 = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_optional_of_int32),
	alignof(struct cohort_of_array_of_optional_of_int32), 0, 0, 0, NULL,
	&type_of_optional_of_int32, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_handle = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_handle),
	alignof(struct cohort_of_array_of_handle), 0, 0, 0, NULL, &type_of_handle, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_array_of_optional_of_handle = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_optional_of_handle),
	alignof(struct cohort_of_array_of_optional_of_handle), 0, 0, 0, NULL,
	&type_of_optional_of_handle, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_demo_everything_color = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_demo_everything_color),
	alignof(struct cohort_of_array_of_demo_everything_color), 0, 0, 0, NULL,
	&demo_everything_color_type, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_demo_everything_access = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_demo_everything_access),
	alignof(struct cohort_of_array_of_demo_everything_access), 0, 0, 0, NULL,
	&demo_everything_access_type, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_uint16 = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_uint16),
	alignof(struct cohort_of_array_of_uint16), 0, 0, 0, NULL, &type_of_uint16, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_array_of_array_of_uint16 = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_array_of_uint16),
	alignof(struct cohort_of_array_of_array_of_uint16), 0, 0, 0, NULL, &type_of_array_of_uint16,
	NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_array_of_array_of_uint16 = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_array_of_array_of_uint16),
	alignof(struct cohort_of_array_of_array_of_array_of_uint16), 0, 0, 0, NULL,
	&type_of_array_of_array_of_uint16, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_fixed_4_of_int32 = {
	COHORT_KIND_FIXED, sizeof(int32_t[4]), alignof(int32_t[4]), 0, 4, 0, NULL, &type_of_int32,
	NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_fixed_3_of_float = {
	COHORT_KIND_FIXED, sizeof(float[3]), alignof(float[3]), 0, 3, 0, NULL, &type_of_float, NULL,
	NULL, NULL, NULL
};

static const struct cohort_type type_of_fixed_3_of_fixed_3_of_float = {
	COHORT_KIND_FIXED, sizeof(struct cohort_of_fixed_3_of_float[3]),
	alignof(struct cohort_of_fixed_3_of_float[3]), 0, 3, 0, NULL, &type_of_fixed_3_of_float,
	NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_fixed_2_of_string = {
	COHORT_KIND_FIXED, sizeof(const char *[2]), alignof(const char *[2]), 0, 2, 0, NULL,
	&type_of_string, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_fixed_2_of_demo_everything_point = {
	COHORT_KIND_FIXED, sizeof(struct demo_everything_point[2]),
	alignof(struct demo_everything_point[2]), 0, 2, 0, NULL, &demo_everything_point_type, NULL,
	NULL, NULL, NULL
};

static const struct cohort_field fields_of_entry_of_map_of_string_to_string[] = {
	{ "key", &type_of_string, offsetof(struct cohort_of_entry_of_string_to_string, key), NULL },
	{ "value", &type_of_string, offsetof(struct cohort_of_entry_of_string_to_string, value), NULL },
};
static const struct cohort_type type_of_entry_of_map_of_string_to_string = {
	COHORT_KIND_STRUCT, sizeof(struct cohort_of_entry_of_string_to_string),
	alignof(struct cohort_of_entry_of_string_to_string), 0, 2, 0, NULL, NULL,
	fields_of_entry_of_map_of_string_to_string, NULL, NULL, NULL
};

static const struct cohort_type type_of_map_of_string_to_string = {
	COHORT_KIND_MAP, sizeof(struct cohort_of_map_of_string_to_string),
	alignof(struct cohort_of_map_of_string_to_string), 0, 0, 0, NULL,
	&type_of_entry_of_map_of_string_to_string, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_demo_everything_point = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_demo_everything_point),
	alignof(struct cohort_of_array_of_demo_everything_point), 0, 0, 0, NULL,
	&demo_everything_point_type, NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_entry_of_map_of_uint32_to_array_of_demo_everything_point_max_4[] = {
	{ "key", &type_of_uint32, offsetof(struct cohort_of_entry_of_uint32_to_array_of_demo_everything_point, key), NULL },
	{ "value", &type_of_array_of_demo_everything_point, offsetof(struct cohort_of_entry_of_uint32_to_array_of_demo_everything_point, value), NULL },
};
static const struct cohort_type type_of_entry_of_map_of_uint32_to_array_of_demo_everything_point_max_4 = {
	COHORT_KIND_STRUCT,
	sizeof(struct cohort_of_entry_of_uint32_to_array_of_demo_everything_point),
	alignof(struct cohort_of_entry_of_uint32_to_array_of_demo_everything_point), 0, 2, 0, NULL,
	NULL, fields_of_entry_of_map_of_uint32_to_array_of_demo_everything_point_max_4, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_map_of_uint32_to_array_of_demo_everything_point_max_4 = {
	COHORT_KIND_MAP, sizeof(struct cohort_of_map_of_uint32_to_array_of_demo_everything_point),
	alignof(struct cohort_of_map_of_uint32_to_array_of_demo_everything_point), 4, 0, 0, NULL,
	&type_of_entry_of_map_of_uint32_to_array_of_demo_everything_point_max_4, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_fixed_4_of_uint8 = {
	COHORT_KIND_FIXED, sizeof(uint8_t[4]), alignof(uint8_t[4]), 0, 4, 0, NULL, &type_of_uint8,
	NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_entry_of_map_of_int64_to_fixed_4_of_uint8[] = {
	{ "key", &type_of_int64, offsetof(struct cohort_of_entry_of_int64_to_fixed_4_of_uint8, key), NULL },
	{ "value", &type_of_fixed_4_of_uint8, offsetof(struct cohort_of_entry_of_int64_to_fixed_4_of_uint8, value), NULL },
};
static const struct cohort_type type_of_entry_of_map_of_int64_to_fixed_4_of_uint8 = {
	COHORT_KIND_STRUCT, sizeof(struct cohort_of_entry_of_int64_to_fixed_4_of_uint8),
	alignof(struct cohort_of_entry_of_int64_to_fixed_4_of_uint8), 0, 2, 0, NULL, NULL,
	fields_of_entry_of_map_of_int64_to_fixed_4_of_uint8, NULL, NULL, NULL
};

static const struct cohort_type type_of_map_of_int64_to_fixed_4_of_uint8 = {
	COHORT_KIND_MAP, sizeof(struct cohort_of_map_of_int64_to_fixed_4_of_uint8),
	alignof(struct cohort_of_map_of_int64_to_fixed_4_of_uint8), 0, 0, 0, NULL,
	&type_of_entry_of_map_of_int64_to_fixed_4_of_uint8, NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_entry_of_map_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8[] = {
	{ "key", &demo_everything_color_type, offsetof(struct cohort_of_entry_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8, key), NULL },
	{ "value", &type_of_map_of_int64_to_fixed_4_of_uint8, offsetof(struct cohort_of_entry_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8, value), NULL },
};
static const struct cohort_type type_of_entry_of_map_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8 = {
	COHORT_KIND_STRUCT,
	sizeof(struct cohort_of_entry_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8),
	alignof(struct cohort_of_entry_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8),
	0, 2, 0, NULL, NULL,
	fields_of_entry_of_map_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8, NULL,
	NULL, NULL
};

static const struct cohort_type type_of_map_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8 = {
	COHORT_KIND_MAP,
	sizeof(struct cohort_of_map_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8),
	alignof(struct cohort_of_map_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8),
	0, 0, 0, NULL,
	&type_of_entry_of_map_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8, NULL,
	NULL, NULL, NULL
};

static const struct cohort_type type_of_optional_of_demo_everything_point = {
	COHORT_KIND_OPTIONAL, sizeof(const struct demo_everything_point *),
	alignof(const struct demo_everything_point *), 0, 0, 0, NULL, &demo_everything_point_type,
	NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_entry_of_map_of_bool_to_optional_of_demo_everything_point[] = {
	{ "key", &type_of_bool, offsetof(struct cohort_of_entry_of_bool_to_optional_of_demo_everything_point, key), NULL },
	{ "value", &type_of_optional_of_demo_everything_point, offsetof(struct cohort_of_entry_of_bool_to_optional_of_demo_everything_point, value), NULL },
};
static const struct cohort_type type_of_entry_of_map_of_bool_to_optional_of_demo_everything_point = {
	COHORT_KIND_STRUCT,
	sizeof(struct cohort_of_entry_of_bool_to_optional_of_demo_everything_point),
	alignof(struct cohort_of_entry_of_bool_to_optional_of_demo_everything_point), 0, 2, 0, NULL,
	NULL, fields_of_entry_of_map_of_bool_to_optional_of_demo_everything_point, NULL, NULL, NULL
};

static const struct cohort_type type_of_map_of_bool_to_optional_of_demo_everything_point = {
	COHORT_KIND_MAP, sizeof(struct cohort_of_map_of_bool_to_optional_of_demo_everything_point),
	alignof(struct cohort_of_map_of_bool_to_optional_of_demo_everything_point), 0, 0, 0, NULL,
	&type_of_entry_of_map_of_bool_to_optional_of_demo_everything_point, NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_entry_of_map_of_string_to_demo_everything_scalars[] = {
	{ "key", &type_of_string, offsetof(struct cohort_of_entry_of_string_to_demo_everything_scalars, key), NULL },
	{ "value", &demo_everything_scalars_type, offsetof(struct cohort_of_entry_of_string_to_demo_everything_scalars, value), NULL },
};
static const struct cohort_type type_of_entry_of_map_of_string_to_demo_everything_scalars = {
	COHORT_KIND_STRUCT, sizeof(struct cohort_of_entry_of_string_to_demo_everything_scalars),
	alignof(struct cohort_of_entry_of_string_to_demo_everything_scalars), 0, 2, 0, NULL, NULL,
	fields_of_entry_of_map_of_string_to_demo_everything_scalars, NULL, NULL, NULL
};

static const struct cohort_type type_of_map_of_string_to_demo_everything_scalars = {
	COHORT_KIND_MAP, sizeof(struct cohort_of_map_of_string_to_demo_everything_scalars),
	alignof(struct cohort_of_map_of_string_to_demo_everything_scalars), 0, 0, 0, NULL,
	&type_of_entry_of_map_of_string_to_demo_everything_scalars, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_map_of_string_to_demo_everything_scalars = {
	COHORT_KIND_ARRAY,
	sizeof(struct cohort_of_array_of_map_of_string_to_demo_everything_scalars),
	alignof(struct cohort_of_array_of_map_of_string_to_demo_everything_scalars), 0, 0, 0, NULL,
	&type_of_map_of_string_to_demo_everything_scalars, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_optional_of_array_of_uint8 = {
	COHORT_KIND_OPTIONAL, sizeof(const struct cohort_of_array_of_uint8 *),
	alignof(const struct cohort_of_array_of_uint8 *), 0, 0, 0, NULL, &type_of_array_of_uint8,
	NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_entry_of_map_of_string_to_int32[] = {
	{ "key", &type_of_string, offsetof(struct cohort_of_entry_of_string_to_int32, key), NULL },
	{ "value", &type_of_int32, offsetof(struct cohort_of_entry_of_string_to_int32, value), NULL },
};
static const struct cohort_type type_of_entry_of_map_of_string_to_int32 = {
	COHORT_KIND_STRUCT, sizeof(struct cohort_of_entry_of_string_to_int32),
	alignof(struct cohort_of_entry_of_string_to_int32), 0, 2, 0, NULL, NULL,
	fields_of_entry_of_map_of_string_to_int32, NULL, NULL, NULL
};

static const struct cohort_type type_of_map_of_string_to_int32 = {
	COHORT_KIND_MAP, sizeof(struct cohort_of_map_of_string_to_int32),
	alignof(struct cohort_of_map_of_string_to_int32), 0, 0, 0, NULL,
	&type_of_entry_of_map_of_string_to_int32, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_optional_of_map_of_string_to_int32 = {
	COHORT_KIND_OPTIONAL, sizeof(const struct cohort_of_map_of_string_to_int32 *),
	alignof(const struct cohort_of_map_of_string_to_int32 *), 0, 0, 0, NULL,
	&type_of_map_of_string_to_int32, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_fixed_2_of_double = {
	COHORT_KIND_FIXED, sizeof(double[2]), alignof(double[2]), 0, 2, 0, NULL, &type_of_double,
	NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_optional_of_fixed_2_of_double = {
	COHORT_KIND_OPTIONAL, sizeof(const struct cohort_of_fixed_2_of_double *),
	alignof(const struct cohort_of_fixed_2_of_double *), 0, 0, 0, NULL,
	&type_of_fixed_2_of_double, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_optional_of_demo_everything_scalars = {
	COHORT_KIND_OPTIONAL, sizeof(const struct demo_everything_scalars *),
	alignof(const struct demo_everything_scalars *), 0, 0, 0, NULL,
	&demo_everything_scalars_type, NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_demo_everything_composites[] = {
	{ "bytes", &type_of_array_of_uint8, offsetof(struct demo_everything_composites, bytes),
	  NULL },
	{ "numbers", &type_of_array_of_int32_max_16,
	  offsetof(struct demo_everything_composites, numbers), NULL },
	{ "short_text", &type_of_string_max_8,
	  offsetof(struct demo_everything_composites, short_text), NULL },
	{ "strings", &type_of_array_of_string, offsetof(struct demo_everything_composites, strings),
	  NULL },
	{ "maybe_strings", &type_of_array_of_optional_of_string,
	  offsetof(struct demo_everything_composites, maybe_strings), NULL },
	{ "maybe_numbers", &type_of_array_of_optional_of_int32,
	  offsetof(struct demo_everything_composites, maybe_numbers), NULL },
	{ "fds", &type_of_array_of_handle, offsetof(struct demo_everything_composites, fds), NULL },
	{ "maybe_fds", &type_of_array_of_optional_of_handle,
	  offsetof(struct demo_everything_composites, maybe_fds), NULL },
	{ "colors", &type_of_array_of_demo_everything_color,
	  offsetof(struct demo_everything_composites, colors), NULL },
	{ "accesses", &type_of_array_of_demo_everything_access,
	  offsetof(struct demo_everything_composites, accesses), NULL },
	{ "deep", &type_of_array_of_array_of_array_of_uint16,
	  offsetof(struct demo_everything_composites, deep), NULL },
	{ "four", &type_of_fixed_4_of_int32, offsetof(struct demo_everything_composites, four),
	  NULL },
	{ "matrix", &type_of_fixed_3_of_fixed_3_of_float,
	  offsetof(struct demo_everything_composites, matrix), NULL },
	{ "two", &type_of_fixed_2_of_string, offsetof(struct demo_everything_composites, two),
	  NULL },
	{ "points", &type_of_fixed_2_of_demo_everything_point,
	  offsetof(struct demo_everything_composites, points), NULL },
	{ "texts", &type_of_map_of_string_to_string,
	  offsetof(struct demo_everything_composites, texts), NULL },
	{ "groups", &type_of_map_of_uint32_to_array_of_demo_everything_point_max_4,
	  offsetof(struct demo_everything_composites, groups), NULL },
	{ "nested", &type_of_map_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8,
	  offsetof(struct demo_everything_composites, nested), NULL },
	{ "switches", &type_of_map_of_bool_to_optional_of_demo_everything_point,
	  offsetof(struct demo_everything_composites, switches), NULL },
	{ "tables", &type_of_array_of_map_of_string_to_demo_everything_scalars,
	  offsetof(struct demo_everything_composites, tables), NULL },
	{ "blob", &type_of_optional_of_array_of_uint8,
	  offsetof(struct demo_everything_composites, blob), NULL },
	{ "dict", &type_of_optional_of_map_of_string_to_int32,
	  offsetof(struct demo_everything_composites, dict), NULL },
	{ "pair", &type_of_optional_of_fixed_2_of_double,
	  offsetof(struct demo_everything_composites, pair), NULL },
	{ "all", &demo_everything_scalars_type, offsetof(struct demo_everything_composites, all),
	  NULL },
	{ "rest", &type_of_optional_of_demo_everything_scalars,
	  offsetof(struct demo_everything_composites, rest), NULL },
};
const struct cohort_type demo_everything_composites_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_composites),
	alignof(struct demo_everything_composites), 0, 25, 0, "demo.everything.Composites", NULL,
	fields_of_demo_everything_composites, NULL, NULL, NULL
};

static const struct cohort_field fields_of_demo_everything_ordered[] = {
	{ "first", &type_of_uint64, offsetof(struct demo_everything_ordered, first), NULL },
	{ "second", &type_of_uint8, offsetof(struct demo_everything_ordered, second), NULL },
};
const struct cohort_type demo_everything_ordered_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_ordered),
	alignof(struct demo_everything_ordered), 0, 2, 0, "demo.everything.Ordered", NULL,
	fields_of_demo_everything_ordered, NULL, NULL, NULL
};

static const uint32_t default_1_of_demo_everything_isp_configure_in = UINT32_C(4);
static const struct cohort_field fields_of_demo_everything_isp_configure_in[] = {
	{ "config", &demo_everything_composites_type,
	  offsetof(struct demo_everything_isp_configure_in, config), NULL },
	{ "id", &type_of_uint32, offsetof(struct demo_everything_isp_configure_in, id),
	  &default_1_of_demo_everything_isp_configure_in },
};
const struct cohort_type demo_everything_isp_configure_in_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_isp_configure_in),
	alignof(struct demo_everything_isp_configure_in), 0, 2, 0,
	"demo.everything.Isp.configure.in", NULL, fields_of_demo_everything_isp_configure_in, NULL,
	NULL, NULL
};

static const struct cohort_field fields_of_demo_everything_isp_configure_out[] = {
	{ "result", &type_of_int32, offsetof(struct demo_everything_isp_configure_out, result),
	  NULL },
	{ "tree", &demo_everything_node_type,
	  offsetof(struct demo_everything_isp_configure_out, tree), NULL },
};
const struct cohort_type demo_everything_isp_configure_out_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_isp_configure_out),
	alignof(struct demo_everything_isp_configure_out), 0, 2, 0,
	"demo.everything.Isp.configure.out", NULL, fields_of_demo_everything_isp_configure_out,
	NULL, NULL, NULL
};

static const struct cohort_type type_of_demo_everything_isp_start_in = {
	COHORT_KIND_STRUCT, 0, 1, 0, 0, 0, "demo.everything.Isp.start.in", NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_field fields_of_demo_everything_isp_start_out[] = {
	{ "ret", &type_of_int32, offsetof(struct demo_everything_isp_start_out, ret), NULL },
};
const struct cohort_type demo_everything_isp_start_out_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_isp_start_out),
	alignof(struct demo_everything_isp_start_out), 0, 1, 0, "demo.everything.Isp.start.out",
	NULL, fields_of_demo_everything_isp_start_out, NULL, NULL, NULL
};

static const struct cohort_type type_of_demo_everything_isp_stop_in = {
	COHORT_KIND_STRUCT, 0, 1, 0, 0, 0, "demo.everything.Isp.stop.in", NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_demo_everything_isp_stop_out = {
	COHORT_KIND_STRUCT, 0, 1, 0, 0, 0, "demo.everything.Isp.stop.out", NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_field fields_of_demo_everything_isp_finish_in[] = {
	{ "code", &type_of_uint32, offsetof(struct demo_everything_isp_finish_in, code), NULL },
};
const struct cohort_type demo_everything_isp_finish_in_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_isp_finish_in),
	alignof(struct demo_everything_isp_finish_in), 0, 1, 0, "demo.everything.Isp.finish.in",
	NULL, fields_of_demo_everything_isp_finish_in, NULL, NULL, NULL
};

static const struct cohort_type type_of_demo_everything_isp_finish_out = {
	COHORT_KIND_STRUCT, 0, 1, 0, 0, 0, "demo.everything.Isp.finish.out", NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_field fields_of_demo_everything_isp_process_in[] = {
	{ "frame", &type_of_uint32, offsetof(struct demo_everything_isp_process_in, frame), NULL },
	{ "buffer", &type_of_handle, offsetof(struct demo_everything_isp_process_in, buffer),
	  NULL },
};
const struct cohort_type demo_everything_isp_process_in_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_isp_process_in),
	alignof(struct demo_everything_isp_process_in), 0, 2, 0, "demo.everything.Isp.process.in",
	NULL, fields_of_demo_everything_isp_process_in, NULL, NULL, NULL
};

static const struct cohort_type type_of_demo_everything_isp_process_out = {
	COHORT_KIND_STRUCT, 0, 1, 0, 0, 0, "demo.everything.Isp.process.out", NULL, NULL, NULL,
	NULL, NULL
};

static const struct cohort_type type_of_demo_everything_isp_poke_in = {
	COHORT_KIND_STRUCT, 0, 1, 0, 0, 0, "demo.everything.Isp.poke.in", NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_demo_everything_isp_poke_out = {
	COHORT_KIND_STRUCT, 0, 1, 0, 0, 0, "demo.everything.Isp.poke.out", NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_field fields_of_demo_everything_hints_done_in[] = {
	{ "frame", &type_of_uint32, offsetof(struct demo_everything_hints_done_in, frame), NULL },
	{ "points", &type_of_array_of_demo_everything_point,
	  offsetof(struct demo_everything_hints_done_in, points), NULL },
};
const struct cohort_type demo_everything_hints_done_in_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_hints_done_in),
	alignof(struct demo_everything_hints_done_in), 0, 2, 0, "demo.everything.Hints.done.in",
	NULL, fields_of_demo_everything_hints_done_in, NULL, NULL, NULL
};

static const struct cohort_type type_of_demo_everything_hints_done_out = {
	COHORT_KIND_STRUCT, 0, 1, 0, 0, 0, "demo.everything.Hints.done.out", NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_demo_everything_hints_idle_in = {
	COHORT_KIND_STRUCT, 0, 1, 0, 0, 0, "demo.everything.Hints.idle.in", NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_demo_everything_hints_idle_out = {
	COHORT_KIND_STRUCT, 0, 1, 0, 0, 0, "demo.everything.Hints.idle.out", NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_field fields_of_demo_everything_renumbered_later_in[] = {
	{ "number", &type_of_uint32, offsetof(struct demo_everything_renumbered_later_in, number),
	  NULL },
};
const struct cohort_type demo_everything_renumbered_later_in_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_renumbered_later_in),
	alignof(struct demo_everything_renumbered_later_in), 0, 1, 0,
	"demo.everything.Renumbered.later.in", NULL, fields_of_demo_everything_renumbered_later_in,
	NULL, NULL, NULL
};

static const struct cohort_field fields_of_demo_everything_renumbered_later_out[] = {
	{ "number", &type_of_uint32, offsetof(struct demo_everything_renumbered_later_out, number),
	  NULL },
};
const struct cohort_type demo_everything_renumbered_later_out_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_renumbered_later_out),
	alignof(struct demo_everything_renumbered_later_out), 0, 1, 0,
	"demo.everything.Renumbered.later.out", NULL,
	fields_of_demo_everything_renumbered_later_out, NULL, NULL, NULL
};

static const struct cohort_field fields_of_demo_everything_renumbered_sooner_in[] = {
	{ "number", &type_of_uint32, offsetof(struct demo_everything_renumbered_sooner_in, number),
	  NULL },
};
const struct cohort_type demo_everything_renumbered_sooner_in_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_renumbered_sooner_in),
	alignof(struct demo_everything_renumbered_sooner_in), 0, 1, 0,
	"demo.everything.Renumbered.sooner.in", NULL,
	fields_of_demo_everything_renumbered_sooner_in, NULL, NULL, NULL
};

static const struct cohort_field fields_of_demo_everything_renumbered_sooner_out[] = {
	{ "number", &type_of_uint32, offsetof(struct demo_everything_renumbered_sooner_out, number),
	  NULL },
};
const struct cohort_type demo_everything_renumbered_sooner_out_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_everything_renumbered_sooner_out),
	alignof(struct demo_everything_renumbered_sooner_out), 0, 1, 0,
	"demo.everything.Renumbered.sooner.out", NULL,
	fields_of_demo_everything_renumbered_sooner_out, NULL, NULL, NULL
};

static int invoke_demo_everything_isp_configure(const void *functions, void *self,
						struct cohort_job *job, const void *in, void *out)
{
	const struct demo_everything_isp_functions *table =
		(const struct demo_everything_isp_functions *)functions;

	if (!table->configure)
		return -ENOSYS;
	return table->configure(job, self, (const struct demo_everything_isp_configure_in *)in,
				(struct demo_everything_isp_configure_out *)out);
}

static int invoke_demo_everything_isp_start(const void *functions, void *self,
					    struct cohort_job *job, const void *in, void *out)
{
	const struct demo_everything_isp_functions *table =
		(const struct demo_everything_isp_functions *)functions;

	(void)in;
	if (!table->start)
		return -ENOSYS;
	return table->start(job, self, (struct demo_everything_isp_start_out *)out);
}

static int invoke_demo_everything_isp_stop(const void *functions, void *self,
					   struct cohort_job *job, const void *in, void *out)
{
	const struct demo_everything_isp_functions *table =
		(const struct demo_everything_isp_functions *)functions;

	(void)in;
	(void)out;
	if (!table->stop)
		return -ENOSYS;
	return table->stop(job, self);
}

static int invoke_demo_everything_isp_finish(const void *functions, void *self,
					     struct cohort_job *job, const void *in, void *out)
{
	const struct demo_everything_isp_functions *table =
		(const struct demo_everything_isp_functions *)functions;

	(void)out;
	if (!table->finish)
		return -ENOSYS;
	return table->finish(job, self, (const struct demo_everything_isp_finish_in *)in);
}

static int invoke_demo_everything_isp_process(const void *functions, void *self,
					      struct cohort_job *job, const void *in, void *out)
{
	const struct demo_everything_isp_functions *table =
		(const struct demo_everything_isp_functions *)functions;

	(void)out;
	if (!table->process)
		return -ENOSYS;
	return table->process(job, self, (const struct demo_everything_isp_process_in *)in);
}

static int invoke_demo_everything_isp_poke(const void *functions, void *self,
					   struct cohort_job *job, const void *in, void *out)
{
	const struct demo_everything_isp_functions *table =
		(const struct demo_everything_isp_functions *)functions;

	(void)in;
	(void)out;
	if (!table->poke)
		return -ENOSYS;
	return table->poke(job, self);
}

static const struct cohort_method methods_of_demo_everything_isp[] = {
	{ "configure", 0, INT64_C(50000000), &demo_everything_isp_configure_in_type,
	  &demo_everything_isp_configure_out_type, invoke_demo_everything_isp_configure },
	{ "start", 0, -1, &type_of_demo_everything_isp_start_in,
	  &demo_everything_isp_start_out_type, invoke_demo_everything_isp_start },
	{ "stop", 0, -1, &type_of_demo_everything_isp_stop_in,
	  &type_of_demo_everything_isp_stop_out, invoke_demo_everything_isp_stop },
	{ "finish", 0, -1, &demo_everything_isp_finish_in_type,
	  &type_of_demo_everything_isp_finish_out, invoke_demo_everything_isp_finish },
	{ "process", COHORT_METHOD_ONEWAY, -1, &demo_everything_isp_process_in_type,
	  &type_of_demo_everything_isp_process_out, invoke_demo_everything_isp_process },
	{ "poke", COHORT_METHOD_ONEWAY, -1, &type_of_demo_everything_isp_poke_in,
	  &type_of_demo_everything_isp_poke_out, invoke_demo_everything_isp_poke },
};

const struct cohort_interface demo_everything_isp_interface = {
	"demo.everything.Isp", 0, 6, methods_of_demo_everything_isp
};

static int invoke_demo_everything_hints_done(const void *functions, void *self,
					     struct cohort_job *job, const void *in, void *out)
{
	const struct demo_everything_hints_functions *table =
		(const struct demo_everything_hints_functions *)functions;

	(void)out;
	if (!table->done)
		return -ENOSYS;
	return table->done(job, self, (const struct demo_everything_hints_done_in *)in);
}

static int invoke_demo_everything_hints_idle(const void *functions, void *self,
					     struct cohort_job *job, const void *in, void *out)
{
	const struct demo_everything_hints_functions *table =
		(const struct demo_everything_hints_functions *)functions;

	(void)in;
	(void)out;
	if (!table->idle)
		return -ENOSYS;
	return table->idle(job, self);
}

static const struct cohort_method methods_of_demo_everything_hints[] = {
	{ "done", COHORT_METHOD_ONEWAY, -1, &demo_everything_hints_done_in_type,
	  &type_of_demo_everything_hints_done_out, invoke_demo_everything_hints_done },
	{ "idle", COHORT_METHOD_ONEWAY, -1, &type_of_demo_everything_hints_idle_in,
	  &type_of_demo_everything_hints_idle_out, invoke_demo_everything_hints_idle },
};

const struct cohort_interface demo_everything_hints_interface = {
	"demo.everything.Hints", COHORT_INTERFACE_EVENTS, 2, methods_of_demo_everything_hints
};

static int invoke_demo_everything_renumbered_later(const void *functions, void *self,
						   struct cohort_job *job, const void *in,
						   void *out)
{
	const struct demo_everything_renumbered_functions *table =
		(const struct demo_everything_renumbered_functions *)functions;

	if (!table->later)
		return -ENOSYS;
	return table->later(job, self, (const struct demo_everything_renumbered_later_in *)in,
			    (struct demo_everything_renumbered_later_out *)out);
}

static int invoke_demo_everything_renumbered_sooner(const void *functions, void *self,
						    struct cohort_job *job, const void *in,
						    void *out)
{
	const struct demo_everything_renumbered_functions *table =
		(const struct demo_everything_renumbered_functions *)functions;

	if (!table->sooner)
		return -ENOSYS;
	return table->sooner(job, self, (const struct demo_everything_renumbered_sooner_in *)in,
			     (struct demo_everything_renumbered_sooner_out *)out);
}

static const struct cohort_method methods_of_demo_everything_renumbered[] = {
	{ "sooner", 0, -1, &demo_everything_renumbered_sooner_in_type,
	  &demo_everything_renumbered_sooner_out_type, invoke_demo_everything_renumbered_sooner },
	{ "later", 0, -1, &demo_everything_renumbered_later_in_type,
	  &demo_everything_renumbered_later_out_type, invoke_demo_everything_renumbered_later },
};

const struct cohort_interface demo_everything_renumbered_interface = {
	"demo.everything.Renumbered", 0, 2, methods_of_demo_everything_renumbered
};

const struct cohort_interface demo_everything_nothing_interface = {
	"demo.everything.Nothing", 0, 0, NULL
};

