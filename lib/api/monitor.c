#include "cohort/monitor.h"

#include <errno.h>

#include "engine/channel.h"
#include "engine/query.h"
#include "engine/survey.h"
#include "engine/tap.h"

int cohort_channels(struct cohort_channel_info *channels, size_t capacity)
{
	return survey_channels(channels, capacity);
}

int cohort_describe(struct cohort *c, char *text, size_t size, int64_t timeout)
{
	int err = channel_enter(c);

	if (err)
		return err;
	err = query_describe(c, text, size, timeout);
	channel_leave(c);
	return err;
}

int cohort_tap_open(struct cohort *observer, uint32_t flags, int64_t timeout,
		    struct cohort_tap **out)
{
	int err = channel_enter(observer);

	if (err)
		return err;
	err = tap_open(observer, flags, timeout, out);
	channel_leave(observer);
	return err;
}

int cohort_tap_next(struct cohort_tap *tap, struct cohort_event *event, int64_t timeout)
{
	struct cohort *c;
	int err;

	if (!tap || !event || event->size != sizeof(*event) || timeout < 0)
		return -EINVAL;
	c = tap_channel(tap);
	err = channel_enter(c);
	if (err)
		return err;
	err = tap_next(tap, event, timeout);
	channel_leave(c);
	return err;
}

uint64_t cohort_tap_lost(const struct cohort_tap *tap)
{
	return tap ? tap_lost(tap) : 0;
}

void cohort_tap_close(struct cohort_tap *tap)
{
	if (tap)
		tap_close(tap);
}
