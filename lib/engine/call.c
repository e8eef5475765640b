/*
 * Answering: the slot decides, one swap. Small answers lie in the slot itself. Larger bodies and
 * descriptors go through the socket first, so that who sees DONE finds them there; when the socket
 * is full the answer is queued for the io thread and the requester keeps waiting.
 *
 * A kept call outlives handler and handle. It holds a ref on the session, and asks for a use to
 * answer: if the session is retired there is nobody to answer to.
 */
#include "engine/call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fork.h"
#include "base/log.h"
#include "engine/channel.h"
#include "engine/outbox.h"
#include "engine/receive.h"
#include "engine/send.h"
#include "engine/session.h"
#include "wire/frame.h"

static void close_fds(struct cohort_call *call, bool handle_lives)
{
	if (handle_lives)
		receive_discard(call->channel, &call->fds);
	else
		fdlist_close(&call->fds);
}

void call_release(struct cohort_call *call)
{
	if (call->map)
		munmap(call->map, call->length);
	call->map = NULL;
	if (call->in_bulk)
		bulk_release(call->session, &call->hold);
	call->in_bulk = false;
	close_fds(call, true);
}

struct cohort_call *call_copy(struct cohort_call *call)
{
	struct cohort_call *copy = malloc(sizeof(*copy) + call->length);

	if (!copy)
		return NULL;
	memcpy(copy, call, offsetof(struct cohort_call, fds));
	memcpy(copy->copied, call->data, call->length);
	copy->data = copy->copied;
	copy->map = NULL;
	copy->in_bulk = false;
	copy->is_copy = true;
	fdlist_init(&copy->fds);
	fdlist_move(&copy->fds, &call->fds);
	session_ref(copy->session);
	return copy;
}

void call_free_copy(struct cohort_call *copy)
{
	struct session *s = copy->session;
	bool lives = session_use_try(s);

	close_fds(copy, lives);
	if (copy->is_request)
		atomic_fetch_sub(&s->calls, 1);
	if (lives)
		session_unuse(s);
	session_unref(s);
	free(copy);
}

int call_publish_answer(struct session *s, unsigned slot, uint64_t sequence,
			struct slot_answer *answer, const struct iovec *parts, size_t nparts,
			bool announce)
{
	struct slot *to = session_slot_theirs(s, slot);
	int n;

	/* Relaxed: what this thread sent before is its own store; other threads' order is not promised. */
	answer->fence = atomic_load_explicit(&session_lane_out(s)->tail, memory_order_relaxed);
	lock_take(&s->answer[slot]);
	n = slot_answer(to, sequence, answer, parts, nparts);
	lock_drop(&s->answer[slot]);
	if (n < 0) {
		counter_add_shared(&s->counters, COUNTER(late_replies), 1);
		return n;
	}
	if (n == 1)
		slot_wake(to);
	if (announce) {
		slot_announce(session_lane_in(s), slot);
		session_ring(s);
	}
	counter_add_shared(&s->counters, COUNTER(replies_sent), 1);
	return 0;
}

/* The requester did not wait: did it time out, or give up before? */
static int why_late(const struct cohort_call *call)
{
	return call->deadline <= clock_now() ? -ETIMEDOUT : -ECANCELED;
}

static int answer_in_slot(struct session *s, struct cohort_call *call, int outcome, int status,
			  const struct cohort_message *body, size_t length)
{
	struct slot_answer answer = { .outcome = outcome,
				      .status = status,
				      .length = (uint32_t)length,
				      .form = SLOT_INLINE };
	unsigned char bytes[SLOT_INLINE_MAX];
	struct iovec part = { .iov_base = bytes, .iov_len = length };
	int err;

	if (body && body->niov == 0)
		part.iov_base = (void *)(uintptr_t)body->data;
	else if (length)
		message_copy_body(body, bytes);
	err = call_publish_answer(s, call->slot, call->sequence, &answer, &part, length ? 1 : 0,
				  call->announce);
	return err ? why_late(call) : 0;
}

static int duplicate_fds(struct reply_job *job, const struct cohort_message *body)
{
	for (size_t i = 0; i < body->nfds; i++) {
		int fd, err = fd_dup(body->fds[i], &fd);

		if (err)
			return err;
		fdlist_push(&job->fds, fd);
	}
	return 0;
}

static struct reply_job *new_job(const struct cohort_call *call, int status, size_t length,
				 size_t nfds, bool in_frame)
{
	struct reply_job *job = malloc(sizeof(*job) + (in_frame ? length : 0));

	if (!job)
		return NULL;
	memset(job, 0, offsetof(struct reply_job, fds));
	fdlist_init(&job->fds);
	job->slot = call->slot;
	job->sequence = call->sequence;
	job->announce = call->announce;
	job->memfd = -1;
	job->length = length;
	job->answer = (struct slot_answer){ .status = status,
					    .length = (uint32_t)length,
					    .fds = (uint16_t)nfds,
					    .form = length ? SLOT_FRAME : SLOT_INLINE };
	return job;
}

static int fill_job(struct reply_job *job, const struct cohort_message *body, bool in_frame)
{
	int err;

	if (in_frame)
		message_copy_body(body, job->bytes);
	err = in_frame ? 0 : message_to_memfd(body, job->length, &job->memfd);
	return err ? err : duplicate_fds(job, body);
}

/* Now if nothing waits before it, else in turn. The job is consumed on 0 and COHORT_QUEUED. */
static int send_or_queue(struct session *s, struct cohort_call *call, struct reply_job *job)
{
	struct slot_answer lost = { .outcome = -ENOBUFS };
	int err = outbox_has_replies(s) ? -EAGAIN : outbox_try_reply(s, job);

	if (err == -EAGAIN) {
		err = outbox_queue_reply(s, job);
		if (!err)
			return COHORT_QUEUED;
		/* Too much waits already: the requester learns that the answer was lost. */
		call_publish_answer(s, job->slot, job->sequence, &lost, NULL, 0, job->announce);
	}
	if (err == -ETIMEDOUT)
		err = why_late(call);
	reply_job_free(job);
	return err;
}

static int answer_by_socket(struct session *s, struct cohort_call *call, int status,
			    const struct cohort_message *body, size_t length)
{
	bool in_frame = length <= FRAME_INLINE_MAX;
	struct reply_job *job = new_job(call, status, length, body->nfds, in_frame);
	int err;

	if (!job)
		return -ENOMEM;
	err = fill_job(job, body, in_frame);
	if (err) {
		reply_job_free(job);
		return err;
	}
	return send_or_queue(s, call, job);
}

/* The session is over: our handle's doing, or the peer's. */
static int gone(struct session *s)
{
	return session_over(s) & OVER_CLOSING ? -ESHUTDOWN : -EPIPE;
}

static int answer(struct session *s, struct cohort_call *call, int status,
		  const struct cohort_message *body)
{
	size_t length = 0;
	int err = body ? message_body_length(body, (size_t)s->max_body, &length) : 0;

	if (err)
		return err;
	if (session_over(s) & OVER_REASON)
		return gone(s);
	if (log_trace_on())
		log_trace("reply out peer=%llx action=%s status=%d body=%zu",
			  (unsigned long long)s->id, call->name, status, length);
	if (length <= SLOT_INLINE_MAX && (!body || !body->nfds))
		return answer_in_slot(s, call, 0, status, body, length);
	return answer_by_socket(s, call, status, body, length);
}

/* What may be tried again leaves the call open. */
static bool is_final(int result)
{
	return result >= 0 || result == -ETIMEDOUT || result == -ECANCELED || result == -EPIPE ||
	       result == -ESHUTDOWN || result == -ENOBUFS;
}

static void watch_answer(struct cohort_call *call, int outcome, const struct cohort_message *body)
{
	struct tap_reply reply = { .ours = true,
				   .request = tap_request(false, call->slot, call->sequence),
				   .outcome = outcome,
				   .action = call->name,
				   .since = call->since,
				   .in_handler = call->since && !call->is_copy };

	if (body) {
		reply.body = body->niov ? NULL : body->data;
		reply.length = body->length;
		for (size_t i = 0; i < body->niov; i++)
			reply.length += body->iov[i].iov_len;
		reply.fds = body->nfds;
	}
	tap_replied(call->session, &reply);
}

int call_reply(struct cohort_call *call, int status, const struct cohort_message *body)
{
	struct session *s = call->session;
	int open = CALL_OPEN, err;

	if (!atomic_compare_exchange_strong(&call->answered, &open, CALL_ANSWERING))
		return -EALREADY;
	if (!session_use_try(s)) {
		atomic_store(&call->answered, CALL_ANSWERED);
		return gone(s);
	}
	err = answer(s, call, status, body);
	if (is_final(err) && tap_on(&s->channel->tap))
		watch_answer(call, err < 0 ? err : status, body);
	session_unuse(s);
	atomic_store(&call->answered, is_final(err) ? CALL_ANSWERED : CALL_OPEN);
	return err;
}

void call_refuse(struct cohort_call *call, int outcome)
{
	atomic_store(&call->answered, CALL_ANSWERED);
	answer_in_slot(call->session, call, outcome, 0, NULL, 0);
	if (tap_on(&call->session->channel->tap))
		watch_answer(call, outcome, NULL);
}

void call_finish(struct cohort_call *call, int status)
{
	if (status > 0 || status < -4095)
		status = -EINVAL;
	call_reply(call, status, NULL);
}

static int check_body(const struct cohort_message *body)
{
	if (!body)
		return 0;
	if (body->size != sizeof(*body) || body->action || body->flags & ~COHORT_GIVE_FDS)
		return -EINVAL;
	if ((body->nfds && !body->fds) || body->nfds > COHORT_FDS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < body->nfds; i++) {
		if (fcntl(body->fds[i], F_GETFD) < 0)
			return -EBADF;
	}
	return 0;
}

int cohort_call_reply(struct cohort_call *call, int status, const struct cohort_message *body)
{
	int err;

	if (!call || status > 0 || status < -4095)
		return -EINVAL;
	if (!call->is_request)
		return -EOPNOTSUPP;
	if (fork_was_wiped(call->session->alive))
		return -ECHILD;
	if (call->kept)
		return -EALREADY;
	err = check_body(body);
	if (err)
		return err;
	err = call_reply(call, status, body);
	if (err >= 0 && body && body->flags & COHORT_GIVE_FDS) {
		for (size_t i = 0; i < body->nfds; i++)
			close(body->fds[i]);
	}
	return err;
}

int cohort_call_keep(struct cohort_call *call, struct cohort_call **kept)
{
	struct cohort_call *copy;

	if (!call || !kept)
		return -EINVAL;
	if (fork_was_wiped(call->session->alive))
		return -ECHILD;
	if (call->is_copy || call->kept)
		return -EALREADY;
	copy = call_copy(call);
	if (!copy)
		return -ENOMEM;
	if (call->is_request)
		atomic_fetch_add(&call->session->calls, 1);
	call->kept = true;
	*kept = copy;
	return 0;
}

void cohort_call_drop(struct cohort_call *kept)
{
	if (!kept || !kept->is_copy || fork_was_wiped(kept->session->alive))
		return;
	if (kept->is_request)
		call_finish(kept, -ECANCELED);
	call_free_copy(kept);
}

bool cohort_call_cancelled(const struct cohort_call *call)
{
	struct session *s;
	bool gone;

	if (!call || !call->is_request)
		return false;
	s = call->session;
	if (fork_was_wiped(s->alive) || !session_use_try(s))
		return true;
	gone = session_over(s) & OVER_REASON ||
	       (atomic_load(&call->answered) == CALL_OPEN &&
		!slot_is_open(session_slot_theirs(s, call->slot), call->sequence));
	session_unuse(s);
	return gone;
}
