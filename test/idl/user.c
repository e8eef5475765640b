/* The application's part of imported.mojom: encodings of its own. */
#include <imported.mojom.h>

#include <errno.h>
#include <stdalign.h>
#include <string.h>

static int encode_controls(struct cohort_encoder *to, const void *object)
{
	const struct demo_core_control_list *list = object;
	int err = cohort_put(to, &list->id, sizeof(list->id));

	return err ? err : cohort_put(to, &list->value, sizeof(list->value));
}

static int get(struct cohort_decoder *from, void *value, size_t size)
{
	const void *bytes = cohort_get(from, size);

	if (!bytes)
		return -EBADMSG;
	memcpy(value, bytes, size);
	return 0;
}

static int decode_controls(struct cohort_decoder *from, void *object)
{
	struct demo_core_control_list *list = object;
	int err = get(from, &list->id, sizeof(list->id));

	return err ? err : get(from, &list->value, sizeof(list->value));
}

static int encode_plane(struct cohort_encoder *to, const void *object)
{
	const struct demo_core_frame_buffer_plane *plane = object;
	int err = cohort_put_fd(to, plane->fd);

	return err ? err : cohort_put(to, &plane->length, sizeof(plane->length));
}

static int decode_plane(struct cohort_decoder *from, void *object)
{
	struct demo_core_frame_buffer_plane *plane = object;

	plane->fd = cohort_get_fd(from);
	return plane->fd < 0 ? plane->fd : get(from, &plane->length, sizeof(plane->length));
}

static int encode_stamp(struct cohort_encoder *to, const void *object)
{
	const struct demo_core_stamp *stamp = object;

	return cohort_put(to, &stamp->seconds, sizeof(stamp->seconds));
}

static int decode_stamp(struct cohort_decoder *from, void *object)
{
	struct demo_core_stamp *stamp = object;

	return get(from, &stamp->seconds, sizeof(stamp->seconds));
}

static const struct cohort_custom controls = { sizeof(controls), encode_controls, decode_controls,
					       NULL };
static const struct cohort_custom plane = { sizeof(plane), encode_plane, decode_plane, NULL };
static const struct cohort_custom stamp = { sizeof(stamp), encode_stamp, decode_stamp, NULL };

const struct cohort_type demo_core_control_list_type = {
	.kind = COHORT_KIND_CUSTOM,
	.size = sizeof(struct demo_core_control_list),
	.align = alignof(struct demo_core_control_list),
	.name = "demo.core.ControlList",
	.custom = &controls,
};

const struct cohort_type demo_core_frame_buffer_plane_type = {
	.kind = COHORT_KIND_CUSTOM,
	.size = sizeof(struct demo_core_frame_buffer_plane),
	.align = alignof(struct demo_core_frame_buffer_plane),
	.name = "demo.core.FrameBuffer.Plane",
	.custom = &plane,
};

const struct cohort_type demo_core_stamp_type = {
	.kind = COHORT_KIND_CUSTOM,
	.size = sizeof(struct demo_core_stamp),
	.align = alignof(struct demo_core_stamp),
	.name = "demo.core.Stamp",
	.custom = &stamp,
};
