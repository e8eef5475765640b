/* Made by cohort-idl from importing.mojom; what is changed here will be lost. */
#include "importing.mojom.h"

#include <assert.h>
#include <errno.h>
#include <stdalign.h>

static const struct cohort_type type_of_array_of_demo_core_mode = {
	COHORT_KIND_ARRAY, sizeof(struct cohort_of_array_of_demo_core_mode),
	alignof(struct cohort_of_array_of_demo_core_mode), 0, 0, 0, NULL, &demo_core_mode_type,
	NULL, NULL, NULL, NULL
};

static const int64_t mask_of_demo_core_mode[] = { 0x1 };
static const struct cohort_type type_of_flags_of_demo_core_mode = {
	COHORT_KIND_FLAGS, sizeof(uint32_t), alignof(uint32_t), 0, 0, 0, "[flags] demo.core.Mode",
	NULL, NULL, mask_of_demo_core_mode, NULL, NULL
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

static const struct cohort_type type_of_fixed_2_of_demo_core_buffer = {
	COHORT_KIND_FIXED, sizeof(struct demo_core_buffer[2]), alignof(struct demo_core_buffer[2]),
	0, 2, 0, NULL, &demo_core_buffer_type, NULL, NULL, NULL, NULL
};

static const struct cohort_type type_of_string = {
	COHORT_KIND_STRING, sizeof(const char *), alignof(const char *), 0, 0, 0, NULL, NULL, NULL,
	NULL, NULL, NULL
};

static const struct cohort_field fields_of_entry_of_map_of_string_to_demo_core_buffer[] = {
	{ "key", &type_of_string, offsetof(struct cohort_of_entry_of_string_to_demo_core_buffer, key), NULL },
	{ "value", &demo_core_buffer_type, offsetof(struct cohort_of_entry_of_string_to_demo_core_buffer, value), NULL },
};
static const struct cohort_type type_of_entry_of_map_of_string_to_demo_core_buffer = {
	COHORT_KIND_STRUCT, sizeof(struct cohort_of_entry_of_string_to_demo_core_buffer),
	alignof(struct cohort_of_entry_of_string_to_demo_core_buffer), 0, 2, 0, NULL, NULL,
	fields_of_entry_of_map_of_string_to_demo_core_buffer, NULL, NULL, NULL
};

static const struct cohort_type type_of_map_of_string_to_demo_core_buffer = {
	COHORT_KIND_MAP, sizeof(struct cohort_of_map_of_string_to_demo_core_buffer),
	alignof(struct cohort_of_map_of_string_to_demo_core_buffer), 0, 0, 0, NULL,
	&type_of_entry_of_map_of_string_to_demo_core_buffer, NULL, NULL, NULL, NULL
};

static const enum demo_core_mode default_1_of_demo_pipeline_settings = DEMO_CORE_MODE_ON;
static const struct cohort_field fields_of_demo_pipeline_settings[] = {
	{ "size", &demo_core_size_type, offsetof(struct demo_pipeline_settings, size), NULL },
	{ "mode", &demo_core_mode_type, offsetof(struct demo_pipeline_settings, mode),
	  &default_1_of_demo_pipeline_settings },
	{ "modes", &type_of_array_of_demo_core_mode, offsetof(struct demo_pipeline_settings, modes),
	  NULL },
	{ "switches", &type_of_flags_of_demo_core_mode,
	  offsetof(struct demo_pipeline_settings, switches), NULL },
	{ "controls", &demo_core_control_list_type,
	  offsetof(struct demo_pipeline_settings, controls), NULL },
	{ "stamp", &demo_core_stamp_type, offsetof(struct demo_pipeline_settings, stamp), NULL },
	{ "numbers", &type_of_array_of_int32, offsetof(struct demo_pipeline_settings, numbers),
	  NULL },
	{ "buffers", &type_of_fixed_2_of_demo_core_buffer,
	  offsetof(struct demo_pipeline_settings, buffers), NULL },
	{ "named", &type_of_map_of_string_to_demo_core_buffer,
	  offsetof(struct demo_pipeline_settings, named), NULL },
};
const struct cohort_type demo_pipeline_settings_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_pipeline_settings),
	alignof(struct demo_pipeline_settings), 0, 9, 0, "demo.pipeline.Settings", NULL,
	fields_of_demo_pipeline_settings, NULL, NULL, NULL
};

static const struct cohort_field fields_of_demo_pipeline_pipeline_configure_in[] = {
	{ "settings", &demo_pipeline_settings_type,
	  offsetof(struct demo_pipeline_pipeline_configure_in, settings), NULL },
};
const struct cohort_type demo_pipeline_pipeline_configure_in_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_pipeline_pipeline_configure_in),
	alignof(struct demo_pipeline_pipeline_configure_in), 0, 1, 0,
	"demo.pipeline.Pipeline.configure.in", NULL, fields_of_demo_pipeline_pipeline_configure_in,
	NULL, NULL, NULL
};

static const struct cohort_field fields_of_demo_pipeline_pipeline_configure_out[] = {
	{ "size", &demo_core_size_type, offsetof(struct demo_pipeline_pipeline_configure_out, size),
	  NULL },
};
const struct cohort_type demo_pipeline_pipeline_configure_out_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_pipeline_pipeline_configure_out),
	alignof(struct demo_pipeline_pipeline_configure_out), 0, 1, 0,
	"demo.pipeline.Pipeline.configure.out", NULL,
	fields_of_demo_pipeline_pipeline_configure_out, NULL, NULL, NULL
};

static const struct cohort_type type_of_uint32 = {
	COHORT_KIND_UINT32, sizeof(uint32_t), alignof(uint32_t), 0, 0, 0, NULL, NULL, NULL, NULL,
	NULL, NULL
};

static const struct cohort_field fields_of_demo_pipeline_pipeline_queue_in[] = {
	{ "frame", &type_of_uint32, offsetof(struct demo_pipeline_pipeline_queue_in, frame), NULL },
	{ "controls", &demo_core_control_list_type,
	  offsetof(struct demo_pipeline_pipeline_queue_in, controls), NULL },
};
const struct cohort_type demo_pipeline_pipeline_queue_in_type = {
	COHORT_KIND_STRUCT, sizeof(struct demo_pipeline_pipeline_queue_in),
	alignof(struct demo_pipeline_pipeline_queue_in), 0, 2, 0, "demo.pipeline.Pipeline.queue.in",
	NULL, fields_of_demo_pipeline_pipeline_queue_in, NULL, NULL, NULL
};

static const struct cohort_type type_of_demo_pipeline_pipeline_queue_out = {
	COHORT_KIND_STRUCT, 0, 1, 0, 0, 0, "demo.pipeline.Pipeline.queue.out", NULL, NULL, NULL,
	NULL, NULL
};

static int invoke_demo_pipeline_pipeline_configure(const void *functions, void *self,
						   struct cohort_job *job, const void *in,
						   void *out)
{
	const struct demo_pipeline_pipeline_functions *table =
		(const struct demo_pipeline_pipeline_functions *)functions;

	if (!table->configure)
		return -ENOSYS;
	return table->configure(job, self, (const struct demo_pipeline_pipeline_configure_in *)in,
				(struct demo_pipeline_pipeline_configure_out *)out);
}

static int invoke_demo_pipeline_pipeline_queue(const void *functions, void *self,
					       struct cohort_job *job, const void *in, void *out)
{
	const struct demo_pipeline_pipeline_functions *table =
		(const struct demo_pipeline_pipeline_functions *)functions;

	(void)out;
	if (!table->queue)
		return -ENOSYS;
	return table->queue(job, self, (const struct demo_pipeline_pipeline_queue_in *)in);
}

static const struct cohort_method methods_of_demo_pipeline_pipeline[] = {
	{ "configure", 0, -1, &demo_pipeline_pipeline_configure_in_type,
	  &demo_pipeline_pipeline_configure_out_type, invoke_demo_pipeline_pipeline_configure },
	{ "queue", COHORT_METHOD_ONEWAY, -1, &demo_pipeline_pipeline_queue_in_type,
	  &type_of_demo_pipeline_pipeline_queue_out, invoke_demo_pipeline_pipeline_queue },
};

const struct cohort_interface demo_pipeline_pipeline_interface = {
	"demo.pipeline.Pipeline", 0, 2, methods_of_demo_pipeline_pipeline
};

