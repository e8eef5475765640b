/* Made by cohort-idl from imported.mojom; what is changed here will be lost. */
#include "imported.mojom.h"

#include <assert.h>
#include <errno.h>
#include <stdalign.h>

static const struct cohort_type type_of_uint32 = {
	COHORT_KIND_UINT32, sizeof(uint32_t), alignof(uint32_t), 0, 0, 0, NULL, NULL, NULL, NULL,
	NULL, NULL
};

static const struct cohort_field fields_of_demo_core_size[] = {
	{ "width", &type_of_uint32, offsetof(struct demo_core_size, width), NULL },
	{ "height", &type_of_uint32, offsetof(struct demo_core_size, height), NULL },
};
const struct cohort_type demo_core_size_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_core_size), alignof(struct demo_core_size), 0, 2, 0,
	"demo.core.Size", NULL, fields_of_demo_core_size, NULL, NULL, NULL
};

static const struct cohort_type type_of_array_of_demo_core_frame_buffer_plane = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_demo_core_frame_buffer_plane),
	alignof(struct cohort_of_array_of_demo_core_frame_buffer_plane), 0, 0, 0, NULL,
	&demo_core_frame_buffer_plane_type, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_int32 = {
	COHORT_KIND_INT32, sizeof(int32_t), alignof(int32_t), 0, 0, 0, NULL, NULL, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_array_of_int32 = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_int32),
	alignof(struct cohort_of_array_of_int32), 0, 0, 0, NULL, &type_of_int32, NULL, NULL, NULL,
	NULL
};

static const struct cohort_type type_of_handle = {
	COHORT_KIND_HANDLE, sizeof(int), alignof(int), 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL
};

static const struct cohort_field fields_of_demo_core_buffer[] = {
	{ "id", &type_of_uint32, offsetof(struct demo_core_buffer, id), NULL },
	{ "planes", &type_of_array_of_demo_core_frame_buffer_plane,
	  offsetof(struct demo_core_buffer, planes), NULL },
	{ "numbers", &type_of_array_of_int32, offsetof(struct demo_core_buffer, numbers), NULL },
	{ "fd", &type_of_handle, offsetof(struct demo_core_buffer, fd), NULL },
};
const struct cohort_type demo_core_buffer_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_core_buffer), alignof(struct demo_core_buffer), 0, 4,
	0, "demo.core.Buffer", NULL, fields_of_demo_core_buffer, NULL, NULL, NULL
};

static const int64_t values_of_demo_core_mode[] = {
	0, 1
};
static const char *const names_of_demo_core_mode[] = {
	"OFF", "ON"
};
static_assert(sizeof(enum demo_core_mode) == 4, "an enum is four bytes");
const struct cohort_type demo_core_mode_type = {
	COHORT_KIND_ENUM, sizeof(enum demo_core_mode), alignof(enum demo_core_mode), 0, 2, 0,
	"demo.core.Mode", NULL, NULL, values_of_demo_core_mode, names_of_demo_core_mode, NULL
};

