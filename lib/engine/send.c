/*
 * How a record is put into a ring: under the ring's lock, all or nothing.
 *
 *	room in the ring?  credit for the descriptors?  room in the bulk ring?      else -EAGAIN, nothing happened
 *	the sidecar goes into the socket, without blocking                          else -EAGAIN, nothing is visible
 *	the record is written, and published with one store
 *
 * So a record that can be seen has its sidecar in the receiver's socket already. Two frames may be
 * needed (a body's memfd, then descriptors); if only the first could be sent, neither side counts
 * it: its number is used again, and the receiver drops what had it before.
 *
 * Waiting: senders that found no room queue up, and nobody overtakes them; only the first asks the
 * consumer for a wake. It sets `waiting`, tries again, and sleeps on that word, which the consumer
 * clears when there is room; it never holds the lock while it sleeps. A hostile consumer may never
 * clear it, so the first looks itself after 1, 2, 4 ... 20 ms, which also finds credit that comes
 * back in the socket. Who leaves the queue wakes the next: when the session is over the first finds
 * out, leaves, and so on.
 *
 * Credit: at most SIDECAR_CREDIT descriptors are sent and not yet taken (the consumer counts in the
 * lane), and as many in the kernel since the socket was last seen empty: descriptors in flight
 * count for the whole user there, and one peer that never reads would stop all.
 */
#include "engine/send.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/futex.h"
#include "base/hash.h"
#include "base/log.h"
#include "engine/ask.h"
#include "engine/bulk.h"
#include "engine/channel.h"
#include "engine/spin.h"
#include "io/memfd.h"
#include "io/sock.h"
#include "io/xfer.h"
#include "wire/control.h"
#include "wire/name.h"

/* Bells that broadcasts ring themselves. */
#define BELLS_MAX 4u
#define BELLS_SPAN COHORT_US(100)

enum placement {
	IN_RECORD,
	IN_BULK,
	IN_MEMFD
};

int message_body_length(const struct cohort_message *m, size_t max_body, size_t *length)
{
	size_t total = m->length;

	if ((m->length && !m->data) || (m->niov && !m->iov) || m->niov > SEND_PARTS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < m->niov; i++) {
		if (m->iov[i].iov_len && !m->iov[i].iov_base)
			return -EINVAL;
		if (__builtin_add_overflow(total, m->iov[i].iov_len, &total))
			return -EMSGSIZE;
	}
	if (total > max_body)
		return -EMSGSIZE;
	*length = total;
	return 0;
}

void message_copy_body(const struct cohort_message *m, void *to)
{
	unsigned char *at = to;

	if (m->length)
		memcpy(at, m->data, m->length);
	at += m->length;
	for (size_t i = 0; i < m->niov; i++) {
		if (m->iov[i].iov_len)
			memcpy(at, m->iov[i].iov_base, m->iov[i].iov_len);
		at += m->iov[i].iov_len;
	}
}

int message_to_memfd(const struct cohort_message *m, size_t length, int *out)
{
	struct iovec *parts = malloc((m->niov + 1) * sizeof(*parts));
	int err;

	if (!parts)
		return -ENOMEM;
	parts[0] = (struct iovec){ .iov_base = (void *)(uintptr_t)m->data, .iov_len = m->length };
	if (m->niov)
		memcpy(parts + 1, m->iov, m->niov * sizeof(*parts));
	err = memfd_write_body(parts, m->niov + 1, length, out);
	free(parts);
	return err;
}

int outgoing_init(struct outgoing *o, const struct cohort_message *m, uint32_t flags,
		  size_t max_body)
{
	size_t name;

	if (!m || m->size != sizeof(*m) || !m->action || (m->flags & ~(flags | COHORT_GIVE_FDS)))
		return -EINVAL;
	if ((m->nfds && !m->fds) || m->nfds > COHORT_FDS_MAX)
		return -EINVAL;
	name = strnlen(m->action, COHORT_NAME_MAX + 1);
	if (!name_valid(m->action, name))
		return -EINVAL;
	o->message = m;
	o->name = name;
	o->hash = hash_name(m->action, name);
	o->memfd = -1;
	o->waited = o->promised = false;
	return message_body_length(m, max_body, &o->body);
}

int outgoing_check_fds(const struct outgoing *o)
{
	for (size_t i = 0; i < o->message->nfds; i++) {
		if (fcntl(o->message->fds[i], F_GETFD) < 0)
			return -EBADF;
	}
	return 0;
}

void outgoing_finish(struct outgoing *o, bool success)
{
	const struct cohort_message *m = o->message;

	fd_close(&o->memfd);
	if (!success || !(m->flags & COHORT_GIVE_FDS))
		return;
	for (size_t i = 0; i < m->nfds; i++)
		close(m->fds[i]);
}

static enum placement placement(const struct session *s, const struct outgoing *o)
{
	if (o->body <= ring_inline_max(s->out.ring.size))
		return IN_RECORD;
	return o->body <= s->bulk_size / 2 ? IN_BULK : IN_MEMFD;
}

int send_prepare(struct session *s, struct outgoing *o)
{
	switch (placement(s, o)) {
	case IN_RECORD:
		return 0;
	case IN_BULK:
		return bulk_prepare(s);
	case IN_MEMFD:
		return o->memfd >= 0 ? 0 : message_to_memfd(o->message, o->body, &o->memfd);
	}
	return -EINVAL;
}

static size_t size_in_ring(const struct session *s, const struct outgoing *o)
{
	return record_size(o->name, placement(s, o) == IN_RECORD ? o->body : 0);
}

/* The ring's lock is held in all that follows, up to send_record(). */

static int gone(struct session *s)
{
	if (!atomic_load_explicit(&s->is_live, memory_order_relaxed) || s->out.stopped ||
	    session_over(s))
		return session_error_unsent(s);
	return 0;
}

static int broken(struct session *s, const char *what)
{
	session_violation(s, what);
	return session_error_unsent(s);
}

static int look_at_credit(struct session *s)
{
	/* pairs with credit() in receive.c */
	uint64_t fds = atomic_load(&session_lane_out(s)->fds_taken);
	uint64_t bytes = atomic_load(&session_lane_out(s)->body_taken);

	if (fds < s->out.fds_taken_seen || fds > s->out.fds_sent ||
	    bytes < s->out.body_taken_seen || bytes > s->out.body_sent)
		return -EPROTO;
	s->out.fds_taken_seen = fds;
	s->out.body_taken_seen = bytes;
	return 0;
}

static bool has_credit(const struct session *s, size_t fds, uint64_t bytes)
{
	uint64_t fds_out = s->out.fds_sent - s->out.fds_taken_seen + s->out.held_fds;
	uint64_t bytes_out = s->out.body_sent - s->out.body_taken_seen + s->out.held_body;

	return (fds_out == 0 || fds_out + fds <= SIDECAR_CREDIT) &&
	       (bytes_out == 0 || bytes == 0 || bytes_out + bytes <= SIDECAR_BYTES);
}

static int room_in_kernel(struct session *s, size_t fds)
{
	if (s->out.kernel_fds + s->out.held_fds + fds <= SIDECAR_CREDIT)
		return 0;
	if (sock_outq(s->socket) != 0)
		return -EAGAIN;
	s->out.kernel_fds = 0;
	return 0;
}

static int room_for_fds(struct session *s, const struct outgoing *o, bool memfd)
{
	size_t fds = o->message->nfds + memfd;
	uint64_t bytes = memfd ? o->body : 0;

	if (!has_credit(s, fds, bytes)) {
		if (look_at_credit(s))
			return -EPROTO;
		if (!has_credit(s, fds, bytes))
			return -EAGAIN;
	}
	return room_in_kernel(s, fds);
}

/*
 * Two frames, of which the first alone would be for nothing, go only into an empty socket, which has
 * room for both.
 */
static int room_for_frames(struct session *s, const struct outgoing *o, bool memfd)
{
	int err = room_for_fds(s, o, memfd);

	if (!err && (s->out.held_pairs || (memfd && o->message->nfds && sock_outq(s->socket) != 0)))
		err = -EAGAIN;
	return err;
}

static int room_for_all(struct session *s, const struct outgoing *o)
{
	enum placement place = placement(s, o);
	int err = ring_room(&s->out.ring, size_in_ring(s, o));

	if (!err && place == IN_BULK)
		err = bulk_room(s, o->body);
	if (!err && (o->message->nfds || place == IN_MEMFD))
		err = room_for_frames(s, o, place == IN_MEMFD);
	return err;
}

static int send_frame(struct session *s, const unsigned char *bytes, int length, const int *fds,
		      size_t nfds)
{
	struct iovec part = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = (size_t)length };
	int err;

	if (length < 0)
		return length;
	err = xfer_send(s->socket, &part, 1, fds, nfds, 0);
	if (!err)
		s->out.kernel_fds += nfds;
	if (log_trace_on() && !err)
		log_trace("frame out peer=%llx kind=sidecar fds=%zu", (unsigned long long)s->id,
			  nfds);
	return err;
}

static int send_bulk_frame(struct session *s)
{
	struct bulk_out *bulk = s->out.bulk;
	struct wire_bulk frame = { .size = bulk->size };
	unsigned char bytes[64];
	int err;

	if (bulk->offered)
		return 0;
	err = send_frame(s, bytes, wire_bulk_encode(bytes, sizeof(bytes), &frame), &bulk->fd, 1);
	bulk->offered = !err;
	return err;
}

static int send_body_frame(struct session *s, const struct outgoing *o)
{
	uint64_t follows = o->message->nfds ? WIRE_SIDECAR_FOLLOWS : 0;
	struct wire_body frame = { .key = s->out.next_sidecar | follows, .length = o->body };
	unsigned char bytes[64];
	int n = wire_body_encode(bytes, sizeof(bytes), &frame);
	int err = send_frame(s, bytes, n, &o->memfd, 1);

	if (!err)
		s->out.next_sidecar++;
	return err;
}

static int send_fds_frame(struct session *s, const struct outgoing *o)
{
	const struct cohort_message *m = o->message;
	struct wire_sidecar frame = { .key = s->out.next_sidecar, .fds = (uint16_t)m->nfds };
	unsigned char bytes[64];
	int n = wire_sidecar_encode(bytes, sizeof(bytes), &frame);
	int err = send_frame(s, bytes, n, m->fds, m->nfds);

	if (!err)
		s->out.next_sidecar++;
	return err;
}

static int send_sidecars(struct session *s, const struct outgoing *o, enum placement place)
{
	int err = place == IN_BULK ? send_bulk_frame(s) : 0;

	if (!err && place == IN_MEMFD)
		err = send_body_frame(s, o);
	if (!err && o->message->nfds)
		err = send_fds_frame(s, o);
	if (!err) {
		s->out.fds_sent += o->message->nfds + (place == IN_MEMFD);
		s->out.body_sent += place == IN_MEMFD ? o->body : 0;
	}
	return err == -EPIPE ? session_error_unsent(s) : err;
}

static void write_record(struct session *s, const struct outgoing *o, const struct record *head,
			 uint32_t sidecar)
{
	enum placement place = placement(s, o);
	unsigned char *at = ring_place(&s->out.ring);
	struct record *r = (struct record *)(void *)at;

	*r = (struct record){
		.length = (uint32_t)size_in_ring(s, o),
		.kind = head->kind,
		.flags = (uint8_t)(head->flags | (place == IN_BULK ? RECORD_IN_BULK : 0) |
				   (place == IN_MEMFD ? RECORD_IN_MEMFD : 0)),
		.name = (uint8_t)o->name,
		.hash = o->hash,
		.body = (uint32_t)o->body,
		.lost = s->out.ring.lost,
		.deadline = head->deadline,
		.sequence = head->sequence,
		.slot = head->slot,
		.fds = (uint16_t)o->message->nfds,
		.sidecar = sidecar,
	};
	memcpy(at + RECORD_HEADER, o->message->action, o->name);
	if (place == IN_RECORD) {
		message_copy_body(o->message, at + RECORD_HEADER + record_pad(o->name));
	} else if (place == IN_BULK) {
		message_copy_body(o->message, bulk_place(s));
		bulk_push(s, o->body);
	}
}

static void count_sent(struct session *s, const struct outgoing *o, enum record_kind kind)
{
	struct counters *n = &s->counters;

	counter_add(n, kind == RECORD_REQUEST ? COUNTER(requests_sent) : COUNTER(messages_sent), 1);
	counter_add(n, COUNTER(bytes_sent), o->body);
	if (o->message->nfds)
		counter_add(n, COUNTER(fds_sent), o->message->nfds);
}

static int push_locked(struct session *s, struct outgoing *o, const struct record *head)
{
	uint32_t sidecar = (uint32_t)s->out.next_sidecar;
	int err = gone(s);

	if (!err)
		err = room_for_all(s, o);
	if (err == -EPROTO)
		return broken(s, "an impossible position of its ring");
	if (!err)
		err = send_sidecars(s, o, placement(s, o));
	if (err)
		return err;
	write_record(s, o, head, sidecar);
	ring_publish(&s->out.ring, size_in_ring(s, o));
	count_sent(s, o, head->kind);
	if (tap_on(&s->channel->tap))
		tap_sent(s, o->message, o->body,
			 head->kind == RECORD_REQUEST
				 ? tap_request(true, head->slot, head->sequence)
				 : 0);
	if (log_trace_on())
		log_trace("record out peer=%llx kind=%s action=%s body=%zu fds=%zu",
			  (unsigned long long)s->id,
			  head->kind == RECORD_REQUEST ? "request" : "message", o->message->action,
			  o->body, o->message->nfds);
	return 0;
}

/*
 * A sender that waits for room, on its stack. The queue is in the order of the tickets, so that who
 * leaves it for a while has its place again.
 */
struct waiter {
	struct list_node node;
	uint64_t ticket;       /* 0: has none yet */
	_Atomic uint32_t turn; /* futex; 1: it is first now, or shall look */
	int slice;	       /* ms */
	int64_t spins_until;   /* 0: has not spun yet */
};

static bool is_first(struct session *s, const struct waiter *w)
{
	return list_empty(&s->out.waiters) || list_first(&s->out.waiters) == &w->node;
}

static void wake_first(struct session *s)
{
	struct list_node *node = list_first(&s->out.waiters);
	struct waiter *w;

	if (!node)
		return;
	w = LIST_ENTRY(node, struct waiter, node);
	atomic_store(&w->turn, 1);
	futex_wake(&w->turn, 1, false);
}

static void join_queue(struct session *s, struct waiter *w)
{
	struct list_node *head = &s->out.waiters.head, *before = head->prev;

	if (list_is_linked(&w->node))
		return;
	if (!w->ticket)
		w->ticket = ++s->out.tickets;
	while (before != head && LIST_ENTRY(before, struct waiter, node)->ticket > w->ticket)
		before = before->prev;
	list_insert_between(before, &w->node, before->next);
}

static void leave_queue(struct session *s, struct waiter *w)
{
	list_remove(&w->node);
	wake_first(s);
}

/* The first of the queue: until the consumer has made room, or a slice is over. */
static void sleep_first(struct session *s, struct waiter *w, int64_t deadline)
{
	_Atomic uint32_t *waiting = &session_lane_out(s)->waiting;
	uint32_t seen = atomic_load(waiting);
	int64_t slice = deadline_after(clock_now(), (int64_t)w->slice * CLOCK_NS_PER_MS);

	if (w->slice < 20)
		w->slice = w->slice * 2 < 20 ? w->slice * 2 : 20;
	if (seen & LANE_WAIT_FUTEX)
		futex_wait_two(waiting, seen, &s->over, 0, deadline_min(slice, deadline));
	/* room was made, again and again, and there is none: do not believe it at once */
	else if (w->slice > 2)
		futex_wait(&s->over, 0,
			   deadline_min(deadline, deadline_after(clock_now(), CLOCK_NS_PER_MS)),
			   false);
}

/* The others: until it is their turn. */
static void sleep_behind(struct waiter *w, int64_t deadline)
{
	futex_wait(&w->turn, 0, deadline, false);
	atomic_store(&w->turn, 0);
}

static void sleep_for_room(struct session *s, struct waiter *w, int64_t deadline,
			   struct executor_wait *wait)
{
	bool first = is_first(s, w);

	lock_drop(&s->out.lock);
	executor_wait_yield(wait);
	if (executor_wait_loop(wait)) /* to dispatch again */
		deadline = deadline_min(deadline, deadline_after(clock_now(), CLOCK_NS_PER_MS));
	if (first)
		sleep_first(s, w, deadline);
	else
		sleep_behind(w, deadline);
	lock_take(&s->out.lock);
}

/*
 * With an own loop: what is to be done now. A handler that is called here must not queue behind us,
 * which cannot go on before it; nor may others take our place meanwhile, who have no end.
 */
static void dispatch_aside(struct session *s, struct waiter *w, struct executor_wait *wait)
{
	struct cohort *loop = executor_wait_loop(wait);

	if (!loop)
		return;
	leave_queue(s, w);
	lock_drop(&s->out.lock);
	executor_wait_yield(wait);
	executor_wait_dispatch(loop, clock_now());
	lock_take(&s->out.lock);
	join_queue(s, w);
}

/* What is tried under the lock: 0 or an error that ends the wait, or -EAGAIN. */
typedef int try_fn(struct session *s, struct outgoing *o, const void *arg);

static bool is_promised(const struct session *s)
{
	return s->out.ring.held || s->out.held_fds || s->out.held_body || s->out.held_bulk;
}

static int try_push(struct session *s, struct outgoing *o, const void *arg)
{
	int err = push_locked(s, o, arg);

	if (err == -EAGAIN)
		o->promised = is_promised(s);
	return err;
}

static int try_room(struct session *s, struct outgoing *o, const void *arg)
{
	int err = gone(s);

	(void)arg;
	if (!err)
		err = room_for_all(s, o);
	return err == -EPROTO ? broken(s, "an impossible position of its ring") : err;
}

static int try_with_wake(struct session *s, struct outgoing *o, try_fn *attempt, const void *arg)
{
	ring_want_room(&s->out.ring, LANE_WAIT_FUTEX);
	return attempt(s, o, arg);
}

/*
 * What a sender sees of the consumer's progress: any descriptor and body, but of small records an
 * eighth of the ring, so that the two do not hand one another single records.
 */
static uint64_t progress(struct session *s)
{
	struct lane *lane = session_lane_out(s);

	return atomic_load_explicit(&lane->head, memory_order_relaxed) / (s->out.ring.size / 8) +
	       atomic_load_explicit(&lane->fds_taken, memory_order_relaxed) +
	       atomic_load_explicit(&lane->body_taken, memory_order_relaxed) +
	       atomic_load_explicit(&lane->bulk_head, memory_order_relaxed);
}

static bool has_progressed(struct session *s, const void *arg)
{
	return progress(s) != *(const uint64_t *)arg;
}

/*
 * The first of the queue, before it sleeps; gives the lock up meanwhile. True: try again. All spins of
 * one wait together take no longer than one may: a consumer that makes progress and never room must
 * not keep this thread, which has not yielded its place yet.
 */
static bool spin_for_progress(struct session *s, struct waiter *w, int64_t deadline)
{
	uint64_t seen = progress(s);
	int64_t now = clock_now();
	bool progressed;

	if (!w->spins_until)
		w->spins_until = deadline_after(now, s->channel->config.spin);
	deadline = deadline_min(deadline, w->spins_until);
	if (now >= deadline)
		return false;
	lock_drop(&s->out.lock);
	progressed = spin_until(
		s, atomic_load_explicit(&session_lane_out(s)->consumer_cpu, memory_order_relaxed),
		has_progressed, &seen, deadline);
	lock_take(&s->out.lock);
	return progressed;
}

static int in_turn(struct session *s, struct outgoing *o, int64_t deadline,
		   struct executor_wait *wait, try_fn *attempt, const void *arg)
{
	struct waiter w = { .slice = 1 };
	int err;

	lock_take(&s->out.lock);
	for (;;) {
		bool first = is_first(s, &w);

		err = first ? attempt(s, o, arg) : gone(s) ? gone(s) : -EAGAIN;
		if (err != -EAGAIN || deadline == 0 || clock_now() >= deadline)
			break;
		join_queue(s, &w);
		if (first && !executor_wait_loop(wait) && spin_for_progress(s, &w, deadline))
			continue;
		dispatch_aside(s, &w, wait);
		if (is_first(s, &w)) {
			err = try_with_wake(s, o, attempt, arg);
			if (err != -EAGAIN)
				break;
		}
		sleep_for_room(s, &w, deadline, wait);
	}
	if (list_is_linked(&w.node))
		leave_queue(s, &w);
	lock_drop(&s->out.lock);
	return err;
}

/*
 * A broadcast in progress has promised itself room, of which it may take none: who does not wait
 * shall not fail for that. Under its lock nothing is promised.
 */
static int push_after_broadcast(struct session *s, struct outgoing *o, const struct record *head)
{
	struct executor_wait none = { 0 };
	int err;

	lock_take(&s->channel->order);
	err = in_turn(s, o, 0, &none, try_push, head);
	lock_drop(&s->channel->order);
	return err;
}

int send_record(struct session *s, struct outgoing *o, const struct record *head, int64_t deadline,
		struct executor_wait *wait)
{
	int err = in_turn(s, o, deadline, wait, try_push, head);

	if (err == -EAGAIN && deadline == 0 && o->promised)
		err = push_after_broadcast(s, o, head);
	if (!err)
		session_ring(s);
	return err;
}

int send_wait_room(struct session *s, struct outgoing *o, int64_t deadline,
		   struct executor_wait *wait)
{
	return in_turn(s, o, deadline, wait, try_room, NULL);
}

/* Everything that room_for_all() looks at. */
static void hold(struct session *s, const struct outgoing *o)
{
	enum placement place = placement(s, o);

	ring_hold(&s->out.ring, size_in_ring(s, o));
	s->out.held_fds += o->message->nfds + (place == IN_MEMFD);
	s->out.held_body += place == IN_MEMFD ? o->body : 0;
	s->out.held_bulk += place == IN_BULK ? bulk_padded(o->body) : 0;
	s->out.held_pairs += place == IN_MEMFD && o->message->nfds;
}

static void unhold(struct session *s, const struct outgoing *o)
{
	enum placement place = placement(s, o);

	ring_unhold(&s->out.ring, size_in_ring(s, o));
	s->out.held_fds -= o->message->nfds + (place == IN_MEMFD);
	s->out.held_body -= place == IN_MEMFD ? o->body : 0;
	s->out.held_bulk -= place == IN_BULK ? bulk_padded(o->body) : 0;
	s->out.held_pairs -= place == IN_MEMFD && o->message->nfds;
}

/* Who waits for room goes first, but not before a broadcast that has waited itself. */
static bool has_turn(struct session *s, const struct outgoing *o)
{
	return list_empty(&s->out.waiters) || o->waited;
}

int send_hold(struct session *s, struct outgoing *o)
{
	int err;

	lock_take(&s->out.lock);
	err = has_turn(s, o) || gone(s) ? try_room(s, o, NULL) : -EAGAIN;
	if (err != -EAGAIN)
		hold(s, o);
	lock_drop(&s->out.lock);
	return err;
}

void send_unhold(struct session *s, struct outgoing *o)
{
	lock_take(&s->out.lock);
	unhold(s, o);
	lock_drop(&s->out.lock);
}

int send_push(struct session *s, struct outgoing *o, const struct record *head, bool held)
{
	int err;

	lock_take(&s->out.lock);
	if (held)
		unhold(s, o);
	err = held || has_turn(s, o) ? push_locked(s, o, head) : -EAGAIN;
	lock_drop(&s->out.lock);
	return err;
}

void send_miss(struct session *s)
{
	int err;

	lock_take(&s->out.lock);
	err = ring_lose(&s->out.ring, 1);
	counter_add(&s->counters, COUNTER(lost_sent), 1);
	if (tap_on(&s->channel->tap))
		tap_session(s, COHORT_EVENT_LOST, true, 0, 1);
	lock_drop(&s->out.lock);
	if (err)
		session_violation(s, "an impossible position of its ring");
}

/* 0: does not wait. */
static int64_t send_deadline(int64_t timeout, uint32_t flags)
{
	return timeout > 0 ? ask_inherit(deadline_after(clock_now(), timeout), flags) : 0;
}

/*
 * Outside a handler there is nothing to reserve; inside, a wait needs a thread that takes our
 * place.
 */
static int wait_and_send(struct session *s, struct outgoing *o, const struct record *head,
			 int64_t deadline)
{
	struct executor_wait wait;
	int err = executor_wait_begin(&wait);

	if (err)
		return err;
	err = send_record(s, o, head, deadline, &wait);
	executor_wait_end(&wait);
	return err;
}

/* Most messages find room: the clock is read only for those that do not. */
static int send_to(struct session *s, struct outgoing *o, int64_t timeout)
{
	struct record head = { .kind = RECORD_MESSAGE };
	struct executor_wait none = { 0 };
	int err = send_prepare(s, o);

	if (!err)
		err = send_record(s, o, &head, 0, &none);
	if (err != -EAGAIN || timeout == 0)
		return err;
	return wait_and_send(s, o, &head, send_deadline(timeout, o->message->flags));
}

static int find_primary(struct cohort *c, cohort_peer to, int64_t deadline, struct session **s)
{
	struct executor_wait wait;
	int err = executor_wait_begin(&wait);

	if (err)
		return err;
	err = channel_find_waiting(c, to, deadline, &wait, s);
	executor_wait_end(&wait);
	return err;
}

int send_message(struct cohort *c, cohort_peer to, const struct cohort_message *message,
		 int64_t timeout)
{
	struct outgoing o;
	struct session *s;
	int err = timeout < 0
			  ? -EINVAL
			  : outgoing_init(&o, message, COHORT_WAIT_FOR_PRIMARY | COHORT_NO_INHERIT,
					  c->config.max_body);

	if (err)
		return err;
	if (message->flags & COHORT_WAIT_FOR_PRIMARY)
		err = find_primary(c, to, send_deadline(timeout, message->flags), &s);
	else
		err = channel_find(c, to, &s);
	if (err)
		return err;
	err = o.body > s->max_body ? -EMSGSIZE : send_to(s, &o, timeout);
	session_unuse(s);
	outgoing_finish(&o, !err);
	return err;
}

/*
 * Broadcast. Every receiver's ring gets the record under the order lock, so all see one order.
 * Whoever shall wait first promises itself room in all rings; if one has none it gives the promises
 * back, waits for that one without any lock, and starts again.
 */

/*
 * Promises room in all rings, or in none: -EAGAIN, and who has no room. Nothing goes to a peer that
 * is over.
 */
static int hold_all(struct audience *a, struct outgoing *o, struct session **without)
{
	for (size_t i = 0; i < a->count; i++) {
		if (send_hold(a->member[i], o) != -EAGAIN)
			continue;
		*without = a->member[i];
		while (i--)
			send_unhold(a->member[i], o);
		return -EAGAIN;
	}
	return 0;
}

static void report_miss(struct cohort_delivery *d, struct session *s, int error)
{
	if (d->missed && d->nmissed < d->capacity)
		d->missed[d->nmissed] = (struct cohort_missed){ .peer = s->id, .error = error };
	d->nmissed++;
}

static void miss(struct cohort *c, struct session *s, int error, struct cohort_delivery *d)
{
	report_miss(d, s, error);
	if (session_over(s))
		return;
	if (error == -EAGAIN && c->config.overrun == COHORT_OVERRUN_DISCONNECT) {
		int expected = 0;

		if (atomic_compare_exchange_strong(&s->verdict, &expected, COHORT_LEFT_OVERRUN))
			session_chore(s, CHORE_END);
		return;
	}
	send_miss(s);
}

static void push_all(struct cohort *c, struct audience *a, struct outgoing *o, bool held,
		     struct cohort_delivery *d)
{
	struct record head = { .kind = RECORD_MESSAGE };

	for (size_t i = 0; i < a->count; i++) {
		struct session *s = a->member[i];
		int err = send_push(s, o, &head, held);

		if (err)
			miss(c, s, err, d);
		else
			d->delivered++;
	}
}

/*
 * Whether there is time for another bell here. A bell costs as much as ten records or more. Who
 * rings one for each broadcast of a stream is so slow that its receivers always keep up and sleep
 * again: they are then rung for each.
 */
static bool may_ring(struct cohort *c)
{
	int64_t now = clock_now();

	/* relaxed: a hint, and several broadcasters may ring a few more */
	if (now - atomic_load_explicit(&c->bells_since, memory_order_relaxed) >= BELLS_SPAN) {
		atomic_store_explicit(&c->bells_since, now, memory_order_relaxed);
		atomic_store_explicit(&c->bells, 0, memory_order_relaxed);
	}
	return atomic_fetch_add_explicit(&c->bells, 1, memory_order_relaxed) < BELLS_MAX;
}

/* After the order lock: who sleeps is rung here, or by the io thread when they are many. */
static void ring_all(struct cohort *c, struct audience *a)
{
	for (size_t i = 0; i < a->count; i++) {
		struct session *s = a->member[i];

		if (!ring_take_bell(session_lane_out(s)))
			continue;
		if (a->count == 1 || may_ring(c))
			session_wake_sender(s, LANE_WAIT_BELL);
		else
			session_chore(s, CHORE_BELL);
	}
}

/* A single receiver that has room needs no promise. */
static bool push_to_one(struct audience *a, struct outgoing *o, struct cohort_delivery *d)
{
	struct record head = { .kind = RECORD_MESSAGE };

	if (a->count != 1 || send_push(a->member[0], o, &head, false))
		return false;
	d->delivered++;
	return true;
}

/* `all`: to all, or to none when one has no room: -EAGAIN, and who. Else the others miss it. */
static int broadcast_once(struct cohort *c, struct audience *a, struct outgoing *o, bool all,
			  struct cohort_delivery *d, struct session **without)
{
	int err = 0;

	lock_take(&c->order);
	if (!push_to_one(a, o, d)) {
		err = all ? hold_all(a, o, without) : 0;
		if (!err)
			push_all(c, a, o, all, d);
	}
	lock_drop(&c->order);
	return err;
}

static int broadcast_waiting(struct cohort *c, struct audience *a, struct outgoing *o,
			     int64_t timeout, struct cohort_delivery *d, struct session *without)
{
	int64_t deadline = send_deadline(timeout, o->message->flags);
	struct executor_wait wait;
	int err = executor_wait_begin(&wait);

	if (err)
		return err;
	do {
		send_wait_room(without, o, deadline, &wait);
		o->waited = true;
		err = broadcast_once(c, a, o, clock_now() < deadline, d, &without);
	} while (err == -EAGAIN);
	executor_wait_end(&wait);
	return err;
}

static int broadcast_to(struct cohort *c, struct audience *a, struct outgoing *o, int64_t timeout,
			struct cohort_delivery *d)
{
	struct session *without = NULL;
	int err = 0;

	for (size_t i = 0; i < a->count && !err; i++)
		err = send_prepare(a->member[i], o);
	if (err)
		return err;
	err = broadcast_once(c, a, o, timeout > 0, d, &without);
	if (err == -EAGAIN)
		err = broadcast_waiting(c, a, o, timeout, d, without);
	if (!err)
		ring_all(c, a);
	return err;
}

int send_broadcast(struct cohort *c, const struct cohort_message *message, int64_t timeout,
		   struct cohort_delivery *delivery)
{
	struct cohort_delivery d = { .missed = delivery ? delivery->missed : NULL,
				     .capacity = delivery ? delivery->capacity : 0 };
	struct audience *a;
	struct outgoing o;
	int err;

	if (timeout < 0 ||
	    (delivery && (delivery->size != sizeof(*delivery) || (d.capacity && !d.missed))))
		return -EINVAL;
	err = outgoing_init(&o, message, COHORT_NO_INHERIT, c->config.max_body);
	if (!err)
		err = outgoing_check_fds(&o);
	if (err)
		return err;
	if (c->role != COHORT_ROLE_PRIMARY)
		return -EPERM;
	lock_take(&c->lock);
	a = audience_get(&c->audience, message->action, o.name, o.hash);
	lock_drop(&c->lock);
	if (a)
		err = broadcast_to(c, a, &o, timeout, &d);
	audience_put(a);
	outgoing_finish(&o, !err);
	if (!err && delivery) {
		delivery->delivered = d.delivered;
		delivery->nmissed = d.nmissed;
	}
	return err;
}
