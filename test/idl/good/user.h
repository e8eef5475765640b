/* What an application declares for imported.mojom. */
#ifndef TEST_IDL_USER_H
#define TEST_IDL_USER_H

#include <stdint.h>

struct demo_core_size {
	uint32_t height; /* not in the order of the file */
	uint32_t width;
};

struct demo_core_control_list {
	uint32_t id;
	int64_t value;
};

struct demo_core_frame_buffer_plane {
	int fd;
	uint32_t offset, length;
};

#endif
