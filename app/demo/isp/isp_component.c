/*
 * The component. It is built as isp.so, for a worker to load, and linked into the caller, for the
 * modes that stay in its process. Nothing here knows which of them it is.
 *
 * Its functions run one at a time, so there is no lock.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "isp.mojom.h"

#define FRAMES_MAX 16
#define SIZE_MAX_POINTS 8192 /* width, height */

static_assert(IMAGE_HISTOGRAM == DEMO_HISTOGRAM_SIZE, "one for each");

struct isp {
	struct cohort_port *caller;
	struct demo_format format; /* width 0: not configured */
	bool initialized, running;
	struct demo_frame frames[FRAMES_MAX]; /* raw 0: free */
};

static uint32_t raw_length(const struct demo_format *format)
{
	return format->width * format->height * (uint32_t)sizeof(uint16_t);
}

static uint32_t image_length(const struct demo_format *format)
{
	return format->width * format->height * 3;
}

static int create(struct cohort_port *caller, const char *options, void **self)
{
	struct isp *isp = calloc(1, sizeof(*isp));

	(void)options;
	if (!isp)
		return -ENOMEM;
	isp->caller = caller;
	*self = isp;
	return 0;
}

static int init(struct cohort_job *job, void *self, const struct demo_isp_init_in *in)
{
	struct isp *isp = self;

	(void)job;
	if (!in->sensor || strcmp(in->sensor, "synthetic") != 0)
		return -ENODEV;
	isp->initialized = true;
	return 0;
}

static bool format_is_good(const struct demo_format *format)
{
	return format->width >= 4 && format->width <= SIZE_MAX_POINTS && format->width % 2 == 0 &&
	       format->height >= 4 && format->height <= SIZE_MAX_POINTS && format->height % 2 == 0;
}

static int configure(struct cohort_job *job, void *self, const struct demo_isp_configure_in *in,
		     struct demo_isp_configure_out *out)
{
	struct isp *isp = self;

	(void)job;
	if (isp->running)
		return -EBUSY;
	if (!isp->initialized || !format_is_good(&in->format))
		return -EINVAL;
	isp->format = in->format;
	out->raw_length = raw_length(&isp->format);
	out->image_length = image_length(&isp->format);
	return 0;
}

/* Where a buffer lies, if it is large enough and may be used so. */
static int buffer_find(struct isp *isp, uint32_t id, uint32_t access, size_t length, void **data)
{
	struct cohort_buffer buffer = { .size = sizeof(buffer) };
	int err = cohort_buffer_find(isp->caller, id, &buffer);

	if (err)
		return err;
	if (buffer.length < length || (buffer.access & access) != access)
		return -EINVAL;
	*data = buffer.data;
	return 0;
}

static int frame_find_memory(struct isp *isp, const struct demo_frame *frame, void **raw,
			     void **image)
{
	int err = buffer_find(isp, frame->raw, COHORT_BUFFER_READ, raw_length(&isp->format), raw);

	return err ? err
		   : buffer_find(isp, frame->image, COHORT_BUFFER_WRITE, image_length(&isp->format),
				 image);
}

static struct demo_frame *frame_find(struct isp *isp, uint32_t id)
{
	for (size_t i = 0; i < FRAMES_MAX; i++)
		if (isp->frames[i].raw && isp->frames[i].id == id)
			return &isp->frames[i];
	return NULL;
}

static struct demo_frame *frame_find_free(struct isp *isp)
{
	for (size_t i = 0; i < FRAMES_MAX; i++)
		if (!isp->frames[i].raw)
			return &isp->frames[i];
	return NULL;
}

static int map_one(struct isp *isp, const struct demo_frame *frame)
{
	struct demo_frame *place = frame_find(isp, frame->id);
	void *raw, *image;
	int err = frame_find_memory(isp, frame, &raw, &image);

	if (err)
		return err;
	if (!place)
		place = frame_find_free(isp);
	if (!place)
		return -ENOSPC;
	*place = *frame;
	return 0;
}

static int map_buffers(struct cohort_job *job, void *self, const struct demo_isp_map_buffers_in *in)
{
	struct isp *isp = self;
	int err = isp->format.width ? 0 : -EINVAL;

	(void)job;
	for (size_t i = 0; i < in->frames.count && !err; i++)
		err = map_one(isp, &in->frames.data[i]);
	return err;
}

static int unmap_buffers(struct cohort_job *job, void *self,
			 const struct demo_isp_unmap_buffers_in *in)
{
	struct isp *isp = self;
	struct demo_frame *frame;

	(void)job;
	for (size_t i = 0; i < in->ids.count; i++) {
		frame = frame_find(isp, in->ids.data[i]);
		if (!frame)
			return -ENOENT;
		*frame = (struct demo_frame){ 0 };
	}
	return 0;
}

static int start(struct cohort_job *job, void *self)
{
	struct isp *isp = self;

	(void)job;
	if (!isp->format.width)
		return -EINVAL;
	isp->running = true;
	return 0;
}

static float gain_of(uint32_t in_256ths)
{
	return (float)in_256ths / 256;
}

static int tell_done(struct isp *isp, uint32_t number, const struct measurement *measured)
{
	struct demo_isp_events_frame_done_in event = {
		.number = number,
		.statistics.gains = { gain_of(measured->gain[0]), gain_of(measured->gain[1]),
				      gain_of(measured->gain[2]) },
	};

	memcpy(event.statistics.histogram, measured->histogram, sizeof(measured->histogram));
	return demo_isp_events_frame_done(isp->caller, &event, COHORT_METHOD_TIMEOUT);
}

static int process(struct cohort_job *job, void *self, const struct demo_isp_process_in *in)
{
	struct isp *isp = self;
	const struct demo_frame *frame = frame_find(isp, in->frame);
	struct raw raw = { NULL, isp->format.width, isp->format.height };
	struct measurement measured;
	void *values, *image;
	int err;

	(void)job;
	if (!isp->running || !frame)
		return -EINVAL;
	err = frame_find_memory(isp, frame, &values, &image);
	if (err)
		return err;
	raw.values = values;
	image_measure(&raw, &measured);
	image_make(&raw, &measured, image);
	return tell_done(isp, in->number, &measured);
}

static int stop(struct cohort_job *job, void *self)
{
	struct isp *isp = self;

	(void)job;
	isp->running = false;
	return 0;
}

static const struct demo_isp_functions functions = {
	.init = init,
	.configure = configure,
	.map_buffers = map_buffers,
	.unmap_buffers = unmap_buffers,
	.start = start,
	.process = process,
	.stop = stop,
};

static const struct cohort_service service = { &demo_isp_interface, &functions };
static const struct cohort_interface *const uses[] = { &demo_isp_events_interface };

const struct cohort_component_class COHORT_COMPONENT = {
	.size = sizeof(struct cohort_component_class),
	.name = "isp",
	.services = &service,
	.nservices = 1,
	.uses = uses,
	.nuses = 1,
	.create = create,
	.destroy = free,
};
