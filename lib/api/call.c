#include "cohort/call.h"

#include <errno.h>

#include "base/clock.h"
#include "engine/call.h"

/* cohort_call_keep(), _drop(), _reply(), _cancelled() are in engine/call.c: they need no handle. */

const void *cohort_call_data(const struct cohort_call *call, size_t *length)
{
	if (length)
		*length = call ? call->length : 0;
	return call ? call->data : "";
}

size_t cohort_call_fds(const struct cohort_call *call)
{
	return call ? call->fds.count : 0;
}

int cohort_call_fd_take(struct cohort_call *call, size_t index)
{
	int fd;

	if (index >= cohort_call_fds(call))
		return -EINVAL;
	if (fdlist_take(&call->fds, (unsigned)index, &fd))
		return -EALREADY;
	fd_disown(fd);
	return fd;
}

const char *cohort_call_action(const struct cohort_call *call)
{
	return call ? call->name : "";
}

struct cohort *cohort_call_channel(const struct cohort_call *call)
{
	return call ? call->channel : NULL;
}

cohort_peer cohort_call_peer(const struct cohort_call *call)
{
	return call ? call->peer : COHORT_NOBODY;
}

struct cohort_credentials cohort_call_credentials(const struct cohort_call *call)
{
	return call ? call->who
		    : (struct cohort_credentials){ .pid = -1, .uid = (uid_t)-1, .gid = (gid_t)-1 };
}

bool cohort_call_is_request(const struct cohort_call *call)
{
	return call && call->is_request;
}

int64_t cohort_call_deadline(const struct cohort_call *call)
{
	return call ? call->deadline : DEADLINE_NEVER;
}
