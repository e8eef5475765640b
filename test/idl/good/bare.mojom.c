/* Made by cohort-idl from bare.mojom; what is changed here will be lost. */
#include "bare.mojom.h"

#include <assert.h>
#include <errno.h>
#include <stdalign.h>

static const int64_t values_of_x[] = {
	0
};
static const char *const names_of_x[] = {
	"A"
};
static_assert(sizeof(enum x) == 4, "an enum is four bytes");
const struct cohort_type x_type = {
	COHORT_KIND_ENUM, sizeof(enum x), alignof(enum x), 0, 1, 0, "X", NULL, NULL, values_of_x,
	names_of_x, NULL
};

static const int64_t values_of_x_to[] = {
	0
};
static const char *const names_of_x_to[] = {
	"A"
};
static_assert(sizeof(enum x_to) == 4, "an enum is four bytes");
const struct cohort_type x_to_type = {
	COHORT_KIND_ENUM, sizeof(enum x_to), alignof(enum x_to), 0, 1, 0, "XTo", NULL, NULL,
	values_of_x_to, names_of_x_to, NULL
};

static const struct cohort_type type_of_int32 = {
	COHORT_KIND_INT32, sizeof(int32_t), alignof(int32_t), 0, 0, 0, NULL, NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_field fields_of_y[] = {
	{ "value", &type_of_int32, offsetof(struct y, value), NULL },
};
const struct cohort_type y_type = {
	COHORT_KIND_STRUCT, sizeof(struct y), alignof(struct y), 0, 1, 0, "Y", NULL, fields_of_y,
	NULL, NULL, NULL
};

static const struct cohort_type type_of_string = {
	COHORT_KIND_STRING, sizeof(const char *), alignof(const char *), 0, 0, 0, NULL, NULL, NULL,
	NULL, NULL, NULL
};

static const struct cohort_field fields_of_to_y[] = {
	{ "value", &type_of_string, offsetof(struct to_y, value), NULL },
};
const struct cohort_type to_y_type = {
	COHORT_KIND_STRUCT, sizeof(struct to_y), alignof(struct to_y), 0, 1, 0, "ToY", NULL,
	fields_of_to_y, NULL, NULL, NULL
};

static const struct cohort_type type_of_uint8 = {
	COHORT_KIND_UINT8, sizeof(uint8_t), alignof(uint8_t), 0, 0, 0, NULL, NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_field fields_of_y_entry[] = {
	{ "value", &type_of_uint8, offsetof(struct y_entry, value), NULL },
};
const struct cohort_type y_entry_type = {
	COHORT_KIND_STRUCT, sizeof(struct y_entry), alignof(struct y_entry), 0, 1, 0, "YEntry",
	NULL, fields_of_y_entry, NULL, NULL, NULL
};

static const struct cohort_type type_of_int64 = {
	COHORT_KIND_INT64, sizeof(int64_t), alignof(int64_t), 0, 0, 0, NULL, NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_field fields_of_named_18_map_of_string_to_y[] = {
	{ "value", &type_of_int64, offsetof(struct map_of_string_to_y, value), NULL },
};
const struct cohort_type map_of_string_to_y_type = {
	COHORT_KIND_STRUCT, sizeof(struct map_of_string_to_y), alignof(struct map_of_string_to_y),
	0, 1, 0, "MapOfStringToY", NULL, fields_of_named_18_map_of_string_to_y, NULL, NULL, NULL
};

static const struct cohort_field fields_of_named_27_entry_of_map_of_string_to_y[] = {
	{ "value", &type_of_int64, offsetof(struct entry_of_map_of_string_to_y, value), NULL },
};
const struct cohort_type entry_of_map_of_string_to_y_type = {
	COHORT_KIND_STRUCT, sizeof(struct entry_of_map_of_string_to_y),
	alignof(struct entry_of_map_of_string_to_y), 0, 1, 0, "EntryOfMapOfStringToY", NULL,
	fields_of_named_27_entry_of_map_of_string_to_y, NULL, NULL, NULL
};

static const struct cohort_type type_of_float = {
	COHORT_KIND_FLOAT, sizeof(float), alignof(float), 0, 0, 0, NULL, NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_field fields_of_y_in[] = {
	{ "value", &type_of_float, offsetof(struct y_in, value), NULL },
};
const struct cohort_type y_in_type = {
	COHORT_KIND_STRUCT, sizeof(struct y_in), alignof(struct y_in), 0, 1, 0, "YIn", NULL,
	fields_of_y_in, NULL, NULL, NULL
};

static const struct cohort_field fields_of_entry_of_map_of_named_4_x_to_to_y[] = {
	{ "key", &x_to_type, offsetof(struct cohort_of_entry_of_named_4_x_to_to_y, key), NULL },
	{ "value", &y_type, offsetof(struct cohort_of_entry_of_named_4_x_to_to_y, value), NULL },
};
static const struct cohort_type type_of_entry_of_map_of_named_4_x_to_to_y = {
	COHORT_KIND_STRUCT, sizeof(struct cohort_of_entry_of_named_4_x_to_to_y),
	alignof(struct cohort_of_entry_of_named_4_x_to_to_y), 0, 2, 0, NULL, NULL,
	fields_of_entry_of_map_of_named_4_x_to_to_y, NULL, NULL, NULL
};

static const struct cohort_type type_of_map_of_named_4_x_to_to_y = {
	COHORT_KIND_MAP, sizeof(struct cohort_of_map_of_named_4_x_to_to_y),
	alignof(struct cohort_of_map_of_named_4_x_to_to_y), 0, 0, 0, NULL,
	&type_of_entry_of_map_of_named_4_x_to_to_y, NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_entry_of_map_of_x_to_to_y[] = {
	{ "key", &x_type, offsetof(struct cohort_of_entry_of_x_to_to_y, key), NULL },
	{ "value", &to_y_type, offsetof(struct cohort_of_entry_of_x_to_to_y, value), NULL },
};
static const struct cohort_type type_of_entry_of_map_of_x_to_to_y = {
	COHORT_KIND_STRUCT, sizeof(struct cohort_of_entry_of_x_to_to_y),
	alignof(struct cohort_of_entry_of_x_to_to_y), 0, 2, 0, NULL, NULL,
	fields_of_entry_of_map_of_x_to_to_y, NULL, NULL, NULL
};

static const struct cohort_type type_of_map_of_x_to_to_y = {
	COHORT_KIND_MAP, sizeof(struct cohort_of_map_of_x_to_to_y),
	alignof(struct cohort_of_map_of_x_to_to_y), 0, 0, 0, NULL,
	&type_of_entry_of_map_of_x_to_to_y, NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_entry_of_map_of_string_to_y[] = {
	{ "key", &type_of_string, offsetof(struct cohort_of_entry_of_string_to_y, key), NULL },
	{ "value", &y_type, offsetof(struct cohort_of_entry_of_string_to_y, value), NULL },
};
static const struct cohort_type type_of_entry_of_map_of_string_to_y = {
	COHORT_KIND_STRUCT, sizeof(struct cohort_of_entry_of_string_to_y),
	alignof(struct cohort_of_entry_of_string_to_y), 0, 2, 0, NULL, NULL,
	fields_of_entry_of_map_of_string_to_y, NULL, NULL, NULL
};

static const struct cohort_type type_of_map_of_string_to_y = {
	COHORT_KIND_MAP, sizeof(struct cohort_of_map_of_string_to_y),
	alignof(struct cohort_of_map_of_string_to_y), 0, 0, 0, NULL,
	&type_of_entry_of_map_of_string_to_y, NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_entry_of_map_of_string_to_y_entry[] = {
	{ "key", &type_of_string, offsetof(struct cohort_of_entry_of_string_to_y_entry, key), NULL },
	{ "value", &y_entry_type, offsetof(struct cohort_of_entry_of_string_to_y_entry, value), NULL },
};
static const struct cohort_type type_of_entry_of_map_of_string_to_y_entry = {
	COHORT_KIND_STRUCT, sizeof(struct cohort_of_entry_of_string_to_y_entry),
	alignof(struct cohort_of_entry_of_string_to_y_entry), 0, 2, 0, NULL, NULL,
	fields_of_entry_of_map_of_string_to_y_entry, NULL, NULL, NULL
};

static const struct cohort_type type_of_map_of_string_to_y_entry = {
	COHORT_KIND_MAP, sizeof(struct cohort_of_map_of_string_to_y_entry),
	alignof(struct cohort_of_map_of_string_to_y_entry), 0, 0, 0, NULL,
	&type_of_entry_of_map_of_string_to_y_entry, NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_all[] = {
	{ "first", &type_of_map_of_named_4_x_to_to_y, offsetof(struct all, first), NULL },
	{ "second", &type_of_map_of_x_to_to_y, offsetof(struct all, second), NULL },
	{ "third", &type_of_map_of_string_to_y, offsetof(struct all, third), NULL },
	{ "fourth", &type_of_map_of_string_to_y_entry, offsetof(struct all, fourth), NULL },
	{ "fifth", &map_of_string_to_y_type, offsetof(struct all, fifth), NULL },
	{ "sixth", &entry_of_map_of_string_to_y_type, offsetof(struct all, sixth), NULL },
};
const struct cohort_type all_type = {
	COHORT_KIND_STRUCT, sizeof(struct all), alignof(struct all), 0, 6, 0, "All", NULL,
	fields_of_all, NULL, NULL, NULL
};

static const struct cohort_type type_of_named_13_array_of_y_in = {
	COHORT_KIND_STRUCT, 0, 1, 0, 0, 0, "ArrayOf.y.in", NULL, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_y_in = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_y_in),
	alignof(struct cohort_of_array_of_y_in), 0, 0, 0, NULL, &y_in_type, NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_named_14_array_of_y_out[] = {
	{ "list", &type_of_array_of_y_in, offsetof(struct array_of_y_out, list), NULL },
};
const struct cohort_type array_of_y_out_type = {
	COHORT_KIND_STRUCT, sizeof(struct array_of_y_out), alignof(struct array_of_y_out), 0, 1, 0,
	"ArrayOf.y.out", NULL, fields_of_named_14_array_of_y_out, NULL, NULL, NULL
};

static int invoke_array_of_y(const void *functions, void *self, struct cohort_job *job,
			     const void *in, void *out)
{
	const struct array_of_functions *table =
		(const struct array_of_functions *)functions;

	(void)in;
	if (!table->y)
		return -ENOSYS;
	return table->y(job, self, (struct array_of_y_out *)out);
}

static const struct cohort_method methods_of_array_of[] = {
	{ "y", 0, -1, &type_of_named_13_array_of_y_in, &array_of_y_out_type, invoke_array_of_y },
};

const struct cohort_interface array_of_interface = {
	"ArrayOf", 0, 1, methods_of_array_of
};

