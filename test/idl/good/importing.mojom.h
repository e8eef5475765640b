/* Made by cohort-idl from importing.mojom; what is changed here will be lost. */
#ifndef COHORT_IDL_DEMO_PIPELINE_FILE_IMPORTING_MOJOM_H
#define COHORT_IDL_DEMO_PIPELINE_FILE_IMPORTING_MOJOM_H

#include <cohort/component.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "imported.mojom.h"

#ifdef __cplusplus
extern "C" {
#endif

struct demo_pipeline_settings;

#ifndef COHORT_OF_ARRAY_OF_DEMO_CORE_MODE
#define COHORT_OF_ARRAY_OF_DEMO_CORE_MODE
struct cohort_of_array_of_demo_core_mode {
	const enum demo_core_mode *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_INT32
#define COHORT_OF_ARRAY_OF_INT32
struct cohort_of_array_of_int32 {
	const int32_t *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_MAP_OF_STRING_TO_DEMO_CORE_BUFFER
#define COHORT_OF_MAP_OF_STRING_TO_DEMO_CORE_BUFFER
struct cohort_of_entry_of_string_to_demo_core_buffer;
struct cohort_of_map_of_string_to_demo_core_buffer {
	const struct cohort_of_entry_of_string_to_demo_core_buffer *entries;
	size_t count;
};
#endif

struct demo_pipeline_settings {
	struct demo_core_size size;
	enum demo_core_mode mode;
	struct cohort_of_array_of_demo_core_mode modes;
	uint32_t switches;
	struct demo_core_control_list controls;
	struct demo_core_stamp stamp;
	struct cohort_of_array_of_int32 numbers;
	struct demo_core_buffer buffers[2];
	struct cohort_of_map_of_string_to_demo_core_buffer named;
};
extern const struct cohort_type demo_pipeline_settings_type;
static inline void demo_pipeline_settings_init(struct demo_pipeline_settings *object)
{
	cohort_init(&demo_pipeline_settings_type, object);
}

#ifndef COHORT_OF_ENTRY_OF_STRING_TO_DEMO_CORE_BUFFER
#define COHORT_OF_ENTRY_OF_STRING_TO_DEMO_CORE_BUFFER
struct cohort_of_entry_of_string_to_demo_core_buffer {
	const char *key;
	struct demo_core_buffer value;
};
#endif

struct demo_pipeline_pipeline_configure_in {
	struct demo_pipeline_settings settings;
};
extern const struct cohort_type demo_pipeline_pipeline_configure_in_type;
static inline void demo_pipeline_pipeline_configure_in_init(
	struct demo_pipeline_pipeline_configure_in *object)
{
	cohort_init(&demo_pipeline_pipeline_configure_in_type, object);
}

struct demo_pipeline_pipeline_configure_out {
	struct demo_core_size size;
};
extern const struct cohort_type demo_pipeline_pipeline_configure_out_type;
static inline void demo_pipeline_pipeline_configure_out_init(
	struct demo_pipeline_pipeline_configure_out *object)
{
	cohort_init(&demo_pipeline_pipeline_configure_out_type, object);
}

struct demo_pipeline_pipeline_queue_in {
	uint32_t frame;
	struct demo_core_control_list controls;
};
extern const struct cohort_type demo_pipeline_pipeline_queue_in_type;
static inline void demo_pipeline_pipeline_queue_in_init(
	struct demo_pipeline_pipeline_queue_in *object)
{
	cohort_init(&demo_pipeline_pipeline_queue_in_type, object);
}

extern const struct cohort_interface demo_pipeline_pipeline_interface;

enum demo_pipeline_pipeline_method {
	DEMO_PIPELINE_PIPELINE_METHOD_CONFIGURE = 0,
	DEMO_PIPELINE_PIPELINE_METHOD_QUEUE = 1,
};

/*
 * What serves demo.pipeline.Pipeline. They return 0 or a negative errno, which is the call's status;
 * NULL: -ENOSYS.
 */
struct demo_pipeline_pipeline_functions {
	int (*configure)(struct cohort_job *job, void *self,
			 const struct demo_pipeline_pipeline_configure_in *in,
			 struct demo_pipeline_pipeline_configure_out *out);
	int (*queue)(struct cohort_job *job, void *self,
		     const struct demo_pipeline_pipeline_queue_in *in);
};

/*
 * Calls it and waits. 0: answered, and if *status is 0, *out is the results, for
 * cohort_out_free(); else as cohort_port_call().
 */
static inline int demo_pipeline_pipeline_configure(struct cohort_port *port,
						   const struct demo_pipeline_pipeline_configure_in *in,
						   struct demo_pipeline_pipeline_configure_out **out,
						   int *status, int64_t timeout)
{
	void *results = NULL;
	int err = cohort_port_call(port, &demo_pipeline_pipeline_interface,
				   DEMO_PIPELINE_PIPELINE_METHOD_CONFIGURE, in,
				   out ? &results : NULL, status, timeout);

	if (!err && out)
		*out = (struct demo_pipeline_pipeline_configure_out *)results;
	return err;
}

/*
 * Calls it without waiting: `done` gets the results, a struct demo_pipeline_pipeline_configure_out.
 * 0, or as cohort_port_call_async().
 */
static inline int demo_pipeline_pipeline_configure_async(struct cohort_port *port,
							 const struct demo_pipeline_pipeline_configure_in *in,
							 int64_t timeout, cohort_port_done *done,
							 void *arg)
{
	return cohort_port_call_async(port, &demo_pipeline_pipeline_interface,
				      DEMO_PIPELINE_PIPELINE_METHOD_CONFIGURE, in, timeout, done,
				      arg);
}

/* Calls it without an answer. 0: it will be served; else as cohort_port_send(). */
static inline int demo_pipeline_pipeline_configure_send(struct cohort_port *port,
							const struct demo_pipeline_pipeline_configure_in *in,
							int64_t timeout)
{
	return cohort_port_send(port, &demo_pipeline_pipeline_interface,
				DEMO_PIPELINE_PIPELINE_METHOD_CONFIGURE, in, timeout);
}

/* Calls it one-way. 0: it will be served; else as cohort_port_send(). */
static inline int demo_pipeline_pipeline_queue(struct cohort_port *port,
					       const struct demo_pipeline_pipeline_queue_in *in,
					       int64_t timeout)
{
	return cohort_port_send(port, &demo_pipeline_pipeline_interface,
				DEMO_PIPELINE_PIPELINE_METHOD_QUEUE, in, timeout);
}

#ifdef __cplusplus
}
#endif

#endif
