/* Made by cohort-idl from names.mojom; what is changed here will be lost. */
#include "names.mojom.h"

#include <assert.h>
#include <errno.h>
#include <stdalign.h>

static const struct cohort_type type_of_int32 = {
	COHORT_KIND_INT32, sizeof(int32_t), alignof(int32_t), 0, 0, 0, NULL, NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_field fields_of_named_19_demo_array_of_int32[] = {
	{ "value", &type_of_int32, offsetof(struct demo_array_of_int32, value), NULL },
};
const struct cohort_type demo_array_of_int32_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_array_of_int32), alignof(struct demo_array_of_int32),
	0, 1, 0, "demo.ArrayOfInt32", NULL, fields_of_named_19_demo_array_of_int32, NULL, NULL, NULL
};

static const struct cohort_field fields_of_named_11_demo_a_to_b[] = {
	{ "value", &type_of_int32, offsetof(struct demo_a_to_b, value), NULL },
};
const struct cohort_type demo_a_to_b_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_a_to_b), alignof(struct demo_a_to_b), 0, 1, 0,
	"demo.AToB", NULL, fields_of_named_11_demo_a_to_b, NULL, NULL, NULL
};

static const struct cohort_field fields_of_named_14_demo_to_b_to_c[] = {
	{ "value", &type_of_int32, offsetof(struct demo_to_b_to_c, value), NULL },
};
const struct cohort_type demo_to_b_to_c_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_to_b_to_c), alignof(struct demo_to_b_to_c), 0, 1, 0,
	"demo.ToBToC", NULL, fields_of_named_14_demo_to_b_to_c, NULL, NULL, NULL
};

static const int64_t values_of_demo_a[] = {
	0
};
static const char *const names_of_demo_a[] = {
	"X"
};
static_assert(sizeof(enum demo_a) == 4, "an enum is four bytes");
const struct cohort_type demo_a_type = {
	COHORT_KIND_ENUM, sizeof(enum demo_a), alignof(enum demo_a), 0, 1, 0, "demo.A", NULL, NULL,
	values_of_demo_a, names_of_demo_a, NULL
};

static const struct cohort_type type_of_uint32 = {
	COHORT_KIND_UINT32, sizeof(uint32_t), alignof(uint32_t), 0, 0, 0, NULL, NULL, NULL, NULL,
	NULL, NULL
};

static const uint32_t default_0_of_demo_foo = UINT32_C(1);
static const struct cohort_field fields_of_demo_foo[] = {
	{ "bar_baz", &type_of_uint32, offsetof(struct demo_foo, bar_baz), &default_0_of_demo_foo },
};
const struct cohort_type demo_foo_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_foo), alignof(struct demo_foo), 0, 1, 0, "demo.Foo",
	NULL, fields_of_demo_foo, NULL, NULL, NULL
};

static const uint32_t default_0_of_demo_foo_bar = UINT32_C(2);
static const struct cohort_field fields_of_demo_foo_bar[] = {
	{ "baz", &type_of_uint32, offsetof(struct demo_foo_bar, baz), &default_0_of_demo_foo_bar },
};
const struct cohort_type demo_foo_bar_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_foo_bar), alignof(struct demo_foo_bar), 0, 1, 0,
	"demo.FooBar", NULL, fields_of_demo_foo_bar, NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_named_19_demo_array_of_int32 = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_named_19_demo_array_of_int32),
	alignof(struct cohort_of_array_of_named_19_demo_array_of_int32), 0, 0, 0, NULL,
	&demo_array_of_int32_type, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_int32 = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_int32),
	alignof(struct cohort_of_array_of_int32), 0, 0, 0, NULL, &type_of_int32, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_array_of_array_of_int32 = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_array_of_int32),
	alignof(struct cohort_of_array_of_array_of_int32), 0, 0, 0, NULL, &type_of_array_of_int32,
	NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_entry_of_map_of_demo_a_to_named_14_demo_to_b_to_c[] = {
	{ "key", &demo_a_type, offsetof(struct cohort_of_entry_of_demo_a_to_named_14_demo_to_b_to_c, key), NULL },
	{ "value", &demo_to_b_to_c_type, offsetof(struct cohort_of_entry_of_demo_a_to_named_14_demo_to_b_to_c, value), NULL },
};
static const struct cohort_type type_of_entry_of_map_of_demo_a_to_named_14_demo_to_b_to_c = {
	COHORT_KIND_STRUCT, sizeof(struct cohort_of_entry_of_demo_a_to_named_14_demo_to_b_to_c),
	alignof(struct cohort_of_entry_of_demo_a_to_named_14_demo_to_b_to_c), 0, 2, 0, NULL, NULL,
	fields_of_entry_of_map_of_demo_a_to_named_14_demo_to_b_to_c, NULL, NULL, NULL
};

static const struct cohort_type type_of_map_of_demo_a_to_named_14_demo_to_b_to_c = {
	COHORT_KIND_MAP, sizeof(struct cohort_of_map_of_demo_a_to_named_14_demo_to_b_to_c),
	alignof(struct cohort_of_map_of_demo_a_to_named_14_demo_to_b_to_c), 0, 0, 0, NULL,
	&type_of_entry_of_map_of_demo_a_to_named_14_demo_to_b_to_c, NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_entry_of_map_of_demo_a_to_named_11_demo_a_to_b[] = {
	{ "key", &demo_a_type, offsetof(struct cohort_of_entry_of_demo_a_to_named_11_demo_a_to_b, key), NULL },
	{ "value", &demo_a_to_b_type, offsetof(struct cohort_of_entry_of_demo_a_to_named_11_demo_a_to_b, value), NULL },
};
static const struct cohort_type type_of_entry_of_map_of_demo_a_to_named_11_demo_a_to_b = {
	COHORT_KIND_STRUCT, sizeof(struct cohort_of_entry_of_demo_a_to_named_11_demo_a_to_b),
	alignof(struct cohort_of_entry_of_demo_a_to_named_11_demo_a_to_b), 0, 2, 0, NULL, NULL,
	fields_of_entry_of_map_of_demo_a_to_named_11_demo_a_to_b, NULL, NULL, NULL
};

static const struct cohort_type type_of_map_of_demo_a_to_named_11_demo_a_to_b = {
	COHORT_KIND_MAP, sizeof(struct cohort_of_map_of_demo_a_to_named_11_demo_a_to_b),
	alignof(struct cohort_of_map_of_demo_a_to_named_11_demo_a_to_b), 0, 0, 0, NULL,
	&type_of_entry_of_map_of_demo_a_to_named_11_demo_a_to_b, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_named_11_demo_a_to_b = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_named_11_demo_a_to_b),
	alignof(struct cohort_of_array_of_named_11_demo_a_to_b), 0, 0, 0, NULL, &demo_a_to_b_type,
	NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_demo_all[] = {
	{ "first", &type_of_array_of_named_19_demo_array_of_int32, offsetof(struct demo_all, first),
	  NULL },
	{ "second", &type_of_array_of_array_of_int32, offsetof(struct demo_all, second), NULL },
	{ "third", &type_of_map_of_demo_a_to_named_14_demo_to_b_to_c,
	  offsetof(struct demo_all, third), NULL },
	{ "fourth", &type_of_map_of_demo_a_to_named_11_demo_a_to_b,
	  offsetof(struct demo_all, fourth), NULL },
	{ "fifth", &type_of_array_of_named_11_demo_a_to_b, offsetof(struct demo_all, fifth), NULL },
	{ "nothing", &type_of_uint32, offsetof(struct demo_all, nothing), NULL },
	{ "functions", &type_of_uint32, offsetof(struct demo_all, functions), NULL },
	{ "object", &type_of_uint32, offsetof(struct demo_all, object), NULL },
	{ "count", &type_of_uint32, offsetof(struct demo_all, count), NULL },
	{ "data", &type_of_uint32, offsetof(struct demo_all, data), NULL },
};
const struct cohort_type demo_all_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_all), alignof(struct demo_all), 0, 10, 0, "demo.All",
	NULL, fields_of_demo_all, NULL, NULL, NULL
};

