#include "cohort/request.h"

#include <errno.h>

#include "engine/ask.h"
#include "engine/channel.h"
#include "engine/reply.h"
#include "engine/receive.h"

int cohort_request(struct cohort *c, cohort_peer to, const struct cohort_message *message,
		   int64_t timeout, struct cohort_reply **reply)
{
	int err = channel_check(c);

	return err ? err : ask_request(c, to, message, timeout, reply);
}

int cohort_request_async(struct cohort *c, cohort_peer to, const struct cohort_message *message,
			 int64_t timeout, cohort_done *done, void *arg, uint64_t *id)
{
	int err = channel_check(c);

	return err ? err : ask_request_async(c, to, message, timeout, done, arg, id);
}

int cohort_cancel(struct cohort *c, uint64_t id)
{
	int err = channel_enter(c);

	if (err)
		return err;
	err = ask_cancel(c, id);
	channel_leave(c);
	return err;
}

int cohort_request_all(struct cohort *c, const struct cohort_message *message, int64_t timeout,
		       struct cohort_replies **replies)
{
	int err = channel_enter(c);

	if (err)
		return err;
	err = ask_request_all(c, message, timeout, replies);
	channel_leave(c);
	return err;
}

int cohort_request_all_async(struct cohort *c, const struct cohort_message *message,
			     int64_t timeout, cohort_done_all *done, void *arg, uint64_t *id)
{
	int err = channel_enter(c);

	if (err)
		return err;
	err = ask_request_all_async(c, message, timeout, done, arg, id);
	channel_leave(c);
	return err;
}

int cohort_reply_status(const struct cohort_reply *reply)
{
	return reply ? reply->status : -EINVAL;
}

const void *cohort_reply_data(const struct cohort_reply *reply, size_t *length)
{
	if (length)
		*length = reply ? reply->length : 0;
	return reply ? reply->data : "";
}

size_t cohort_reply_fds(const struct cohort_reply *reply)
{
	return reply && reply->part ? reply->part->fds.count : 0;
}

int cohort_reply_fd_take(struct cohort_reply *reply, size_t index)
{
	int fd;

	if (index >= cohort_reply_fds(reply))
		return -EINVAL;
	if (fdlist_take(&reply->part->fds, (unsigned)index, &fd))
		return -EALREADY;
	fd_disown(fd);
	return fd;
}

size_t cohort_replies_count(const struct cohort_replies *replies)
{
	return replies ? replies->count : 0;
}

cohort_peer cohort_replies_peer(const struct cohort_replies *replies, size_t index)
{
	return index < cohort_replies_count(replies) ? replies->entry[index].peer : COHORT_NOBODY;
}

int cohort_replies_error(const struct cohort_replies *replies, size_t index)
{
	return index < cohort_replies_count(replies) ? replies->entry[index].error : -EINVAL;
}

struct cohort_reply *cohort_replies_reply(const struct cohort_replies *replies, size_t index)
{
	return index < cohort_replies_count(replies) ? replies->entry[index].reply : NULL;
}
