/* Made by cohort-idl from imported.mojom; what is changed here will be lost. */
#ifndef COHORT_IDL_DEMO_CORE_FILE_IMPORTED_MOJOM_H
#define COHORT_IDL_DEMO_CORE_FILE_IMPORTED_MOJOM_H

#include <cohort/component.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user.h"

#ifdef __cplusplus
extern "C" {
#endif

enum demo_core_mode {
	DEMO_CORE_MODE_OFF = 0,
	DEMO_CORE_MODE_ON = 1,
};
extern const struct cohort_type demo_core_mode_type;

struct demo_core_size;
struct demo_core_control_list;
struct demo_core_stamp;
struct demo_core_buffer;
struct demo_core_frame_buffer_plane;

extern const struct cohort_type demo_core_size_type;
static inline void demo_core_size_init(struct demo_core_size *object)
{
	cohort_init(&demo_core_size_type, object);
}

/* To be defined by the application, with kind COHORT_KIND_CUSTOM. */
extern const struct cohort_type demo_core_control_list_type;
static inline void demo_core_control_list_init(struct demo_core_control_list *object)
{
	cohort_init(&demo_core_control_list_type, object);
}

struct demo_core_stamp {
	uint64_t seconds;
};
/* To be defined by the application, with kind COHORT_KIND_CUSTOM. */
extern const struct cohort_type demo_core_stamp_type;
static inline void demo_core_stamp_init(struct demo_core_stamp *object)
{
	cohort_init(&demo_core_stamp_type, object);
}

#ifndef COHORT_OF_ARRAY_OF_DEMO_CORE_FRAME_BUFFER_PLANE
#define COHORT_OF_ARRAY_OF_DEMO_CORE_FRAME_BUFFER_PLANE
struct cohort_of_array_of_demo_core_frame_buffer_plane {
	const struct demo_core_frame_buffer_plane *data;
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

struct demo_core_buffer {
	uint32_t id;
	struct cohort_of_array_of_demo_core_frame_buffer_plane planes;
	struct cohort_of_array_of_int32 numbers;
	int fd;
};
extern const struct cohort_type demo_core_buffer_type;
static inline void demo_core_buffer_init(struct demo_core_buffer *object)
{
	cohort_init(&demo_core_buffer_type, object);
}

/* To be defined by the application, with kind COHORT_KIND_CUSTOM. */
extern const struct cohort_type demo_core_frame_buffer_plane_type;
static inline void demo_core_frame_buffer_plane_init(struct demo_core_frame_buffer_plane *object)
{
	cohort_init(&demo_core_frame_buffer_plane_type, object);
}

#ifdef __cplusplus
}
#endif

#endif
