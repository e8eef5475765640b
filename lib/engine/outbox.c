/*
 * Frames keep their order: as long as one waits, the next is queued behind it. Replies have no
 * order among themselves (each has its slot), but those that wait are sent in the order in which
 * they came.
 */
#include "engine/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "engine/call.h"
#include "engine/session.h"
#include "io/xfer.h"
#include "wire/control.h"
#include "wire/frame.h"

struct queued_frame {
	struct list_node node;
	size_t length;
	unsigned char bytes[];
};

void reply_job_free(struct reply_job *job)
{
	if (!job)
		return;
	fdlist_close(&job->fds);
	fd_close(&job->memfd);
	free(job);
}

static void trace_frame(struct session *s, const void *bytes, size_t length)
{
	struct frame_header header;

	if (log_trace_on() && frame_peek(bytes, length, &header) == 0)
		log_trace("frame out peer=%llx kind=%s size=%zu fds=%u key=%llu",
			  (unsigned long long)s->id, frame_kind_name(header.kind), length,
			  header.fds, (unsigned long long)header.key);
}

static int send_now(struct session *s, const void *bytes, size_t length, const int *fds,
		    size_t nfds)
{
	struct iovec part = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = length };
	unsigned flags = s->connected_by_fd && s->state == SESSION_HELLO ? XFER_CREDENTIALS : 0;

	trace_frame(s, bytes, length);
	return xfer_send(s->socket, &part, 1, fds, nfds, flags);
}

static int queue_locked(struct session *s, const void *bytes, size_t length)
{
	struct queued_frame *frame;

	if (s->outbox.frame_count == OUTBOX_FRAMES)
		return -EDQUOT;
	frame = malloc(sizeof(*frame) + length);
	if (!frame)
		return -ENOMEM;
	memset(&frame->node, 0, sizeof(frame->node));
	frame->length = length;
	memcpy(frame->bytes, bytes, length);
	list_add_tail(&s->outbox.frames, &frame->node);
	s->outbox.frame_count++;
	return 0;
}

int outbox_send(struct session *s, const void *bytes, size_t length, const int *fds, size_t nfds)
{
	bool queued = false;
	int err = -EAGAIN;

	lock_take(&s->outbox.lock);
	if (list_empty(&s->outbox.frames))
		err = send_now(s, bytes, length, fds, nfds);
	if (err == -EAGAIN && nfds == 0) {
		err = queue_locked(s, bytes, length);
		queued = err == 0;
	}
	lock_drop(&s->outbox.lock);
	if (queued)
		session_chore(s, CHORE_SEND);
	return err;
}

static int send_reply_frame(struct session *s, struct reply_job *job, uint8_t form, const int *fds,
			    size_t nfds, bool more)
{
	struct wire_reply frame = {
		.key = wire_reply_key(job->slot, job->sequence),
		.fds = (uint16_t)nfds,
		.form = form,
		.more = more,
		.status = job->answer.status,
		.length = form == WIRE_REPLY_FDS ? 0 : job->length,
		.data = form == WIRE_REPLY_INLINE ? job->bytes : NULL,
	};
	struct iovec part;
	unsigned char *bytes = malloc(FRAME_MAX);
	int n, err;

	if (!bytes)
		return -ENOMEM;
	n = wire_reply_encode(bytes, FRAME_MAX, &frame);
	part = (struct iovec){ .iov_base = bytes, .iov_len = n > 0 ? (size_t)n : 0 };
	if (n > 0)
		trace_frame(s, bytes, (size_t)n);
	err = n > 0 ? xfer_send(s->socket, &part, 1, fds, nfds, 0) : n;
	free(bytes);
	return err;
}

static int send_memfd(struct session *s, struct reply_job *job)
{
	int err;

	if (job->memfd < 0 || job->memfd_sent)
		return 0;
	err = send_reply_frame(s, job, WIRE_REPLY_MEMFD, &job->memfd, 1, job->fds.count > 0);
	job->memfd_sent = !err;
	return err;
}

/* Frames first, then the slot: who sees DONE finds the frames in its socket. */
int outbox_try_reply(struct session *s, struct reply_job *job)
{
	bool by_memfd = job->memfd >= 0;
	int err;

	if (!slot_is_open(session_slot_theirs(s, job->slot), job->sequence))
		return -ETIMEDOUT;
	err = send_memfd(s, job);
	if (!err && (!by_memfd || job->fds.count))
		err = send_reply_frame(
			s, job, by_memfd || !job->length ? WIRE_REPLY_FDS : WIRE_REPLY_INLINE,
			job->fds.fd, job->fds.count, false);
	if (err)
		return err;
	return call_publish_answer(s, job->slot, job->sequence, &job->answer, NULL, 0,
				   job->announce);
}

int outbox_queue_reply(struct session *s, struct reply_job *job)
{
	unsigned fds = job->fds.count + (job->memfd >= 0);
	int err = 0;

	lock_take(&s->outbox.lock);
	if (s->outbox.reply_fds + fds > OUTBOX_REPLY_FDS || s->outbox.reply_count == SLOT_COUNT) {
		err = -ENOBUFS;
	} else {
		s->outbox.reply_fds += fds;
		s->outbox.reply_count++;
		list_add_tail(&s->outbox.replies, &job->node);
	}
	lock_drop(&s->outbox.lock);
	if (!err)
		session_chore(s, CHORE_SEND);
	return err;
}

bool outbox_has_replies(struct session *s)
{
	bool any;

	lock_take(&s->outbox.lock);
	any = !list_empty(&s->outbox.replies);
	lock_drop(&s->outbox.lock);
	return any;
}

static bool flush_frames(struct session *s)
{
	bool waits = false;
	int err;

	lock_take(&s->outbox.lock);
	while (!list_empty(&s->outbox.frames) && !waits) {
		struct queued_frame *frame =
			LIST_ENTRY(list_first(&s->outbox.frames), struct queued_frame, node);

		err = send_now(s, frame->bytes, frame->length, NULL, 0);
		waits = err == -EAGAIN || err == -ENOMEM;
		if (!waits) {
			list_remove(&frame->node);
			s->outbox.frame_count--;
			free(frame);
		}
	}
	lock_drop(&s->outbox.lock);
	return waits;
}

static struct reply_job *first_reply(struct session *s)
{
	struct list_node *node;

	lock_take(&s->outbox.lock);
	node = list_first(&s->outbox.replies);
	lock_drop(&s->outbox.lock);
	return node ? LIST_ENTRY(node, struct reply_job, node) : NULL;
}

static void finish_reply(struct session *s, struct reply_job *job)
{
	lock_take(&s->outbox.lock);
	list_remove(&job->node);
	s->outbox.reply_fds -= job->fds.count + (job->memfd >= 0);
	s->outbox.reply_count--;
	lock_drop(&s->outbox.lock);
	reply_job_free(job);
}

/* Only the io thread takes replies out, so the first stays the first. */
static bool flush_replies(struct session *s)
{
	struct reply_job *job;

	while ((job = first_reply(s))) {
		int err = outbox_try_reply(s, job);

		if (err == -EAGAIN)
			return true;
		if (err && err != -ETIMEDOUT && err != -EPIPE) {
			struct slot_answer lost = { .outcome = -ENOBUFS };

			call_publish_answer(s, job->slot, job->sequence, &lost, NULL, 0,
					    job->announce);
		}
		finish_reply(s, job);
	}
	return false;
}

bool outbox_flush(struct session *s)
{
	bool frames = flush_frames(s), replies = flush_replies(s);

	return frames || replies;
}

void outbox_deinit(struct session *s)
{
	struct list_node *node;

	while ((node = list_pop(&s->outbox.frames)))
		free(LIST_ENTRY(node, struct queued_frame, node));
	while ((node = list_pop(&s->outbox.replies)))
		reply_job_free(LIST_ENTRY(node, struct reply_job, node));
}
