/*
 * A slot belongs to one request at a time; which are free only we know (a bitmap), and its sequence
 * grows with each use.
 *
 * A request that is waited for belongs to its thread: it alone looks at the slot, gives up, and
 * frees it. Before it sleeps it spins, if the replier was last seen on another CPU; then it yields
 * its place if it is in a handler, and sleeps on the slot's word and the session's `over`.
 *
 * An asynchronous one can be ended by four: its answer, its deadline, cancel, the end of the
 * session. Its state is guarded by the session's async lock: who finds it ASK_ASYNC and knows its
 * outcome makes it ASK_ENDING, and only a thread of the executor calls back and frees the slot. The
 * end of the session takes each request that is still ASYNC under that lock, after `over` was set;
 * a request that is being made becomes ASYNC before it looks at `over`: one of the two sees the
 * other. An answer whose bit in the completion bitmap never came (the peer died in between) is
 * found then, too, or when the deadline comes.
 */
#include "engine/ask.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/futex.h"
#include "engine/channel.h"
#include "engine/receive.h"
#include "engine/reply.h"
#include "engine/send.h"
#include "engine/serve.h"
#include "engine/spin.h"
#include "engine/tap.h"

#define REQUEST_FLAGS (COHORT_FENCE | COHORT_WAIT_FOR_PRIMARY | COHORT_NO_INHERIT)
#define MARGIN_MAX COHORT_MS(100)
#define LOOK_NS COHORT_MS(1) /* between looks while another handle is dispatched */
#define ROUND_NS \
	COHORT_MS(2) /* that one peer of many is waited for before the others are tried again */

int64_t ask_inherit(int64_t deadline, uint32_t flags)
{
	const struct frame *frame = executor_frame();
	int64_t left, margin;

	if (!frame || frame->deadline == DEADLINE_NEVER || flags & COHORT_NO_INHERIT)
		return deadline;
	left = deadline_left(clock_now(), frame->deadline);
	margin = left / 8 < MARGIN_MAX ? left / 8 : MARGIN_MAX;
	return deadline_min(deadline, frame->deadline - margin);
}

/* Slots. */

static int try_take_slot(struct session *s)
{
	for (unsigned w = 0; w < SLOT_COUNT / 64; w++) {
		uint64_t free = atomic_load_explicit(&s->free_asks[w], memory_order_relaxed);

		while (free) {
			uint64_t bit = free & -free;

			/* acquire: pairs with the release in free_slot() */
			if (atomic_compare_exchange_weak_explicit(&s->free_asks[w], &free,
								  free & ~bit, memory_order_acquire,
								  memory_order_relaxed))
				return (int)(w * 64 + (unsigned)__builtin_ctzll(bit));
		}
	}
	return -EAGAIN;
}

/*
 * `late`: an answer may have come or be on its way in the socket that nobody takes; its descriptors
 * must not stay.
 */
static void free_slot(struct session *s, unsigned i, bool late)
{
	atomic_store_explicit(&s->ask[i].state, ASK_FREE, memory_order_relaxed);
	if (late)
		receive_drop_reply(s, i);
	/* seq_cst: before the look at ask_waiters; pairs with wait_for_slot() */
	atomic_fetch_or(&s->free_asks[i / 64], UINT64_C(1) << (i % 64));
	if (atomic_load(&s->ask_waiters)) {
		atomic_fetch_add(&s->ask_room, 1);
		futex_wake(&s->ask_room, 1, false);
	}
}

static int wait_for_slot(struct session *s, int64_t deadline, struct executor_wait *wait)
{
	int slot;

	atomic_fetch_add(&s->ask_waiters, 1); /* seq_cst: before the look at the bitmap */
	for (;;) {
		uint32_t seen = atomic_load(&s->ask_room);
		struct cohort *loop;

		slot = session_over(s) ? session_error_unsent(s) : try_take_slot(s);
		if (slot != -EAGAIN || clock_now() >= deadline)
			break;
		executor_wait_yield(wait);
		loop = executor_wait_loop(wait);
		if (loop)
			executor_wait_dispatch(
				loop,
				deadline_min(deadline, deadline_after(clock_now(), COHORT_MS(5))));
		else
			futex_wait(&s->ask_room, seen, deadline, false);
	}
	atomic_fetch_sub(&s->ask_waiters, 1);
	return slot;
}

/* Latencies are shown to observers: then it must be exact. */
static int64_t ask_clock(struct session *s)
{
	return tap_on(&s->channel->tap) ? clock_now() : clock_coarse();
}

static void open_slot(struct session *s, unsigned i, struct record *head, int64_t deadline)
{
	uint64_t sequence = atomic_load_explicit(&s->ask[i].sequence, memory_order_relaxed) + 1;

	atomic_store_explicit(&s->ask[i].sequence, sequence, memory_order_relaxed);
	atomic_store_explicit(&s->ask[i].since, ask_clock(s), memory_order_relaxed);
	slot_open(session_slot_ours(s, i), sequence);
	head->kind = RECORD_REQUEST;
	head->slot = (uint16_t)i;
	head->sequence = sequence;
	head->deadline = deadline_shift(deadline, s->clock_offset, 1);
}

static uint64_t sequence_of(struct session *s, unsigned i)
{
	return atomic_load_explicit(&s->ask[i].sequence, memory_order_relaxed);
}

static void count_outcome(struct session *s, int outcome)
{
	size_t index = COUNTER(refused);

	if (outcome == 0)
		index = COUNTER(answered);
	else if (outcome == -ETIMEDOUT)
		index = COUNTER(timed_out);
	else if (outcome == -ECANCELED)
		index = COUNTER(cancelled);
	else if (outcome == -EPIPE || outcome == -ESHUTDOWN || outcome == -ENOBUFS)
		index = COUNTER(broken);
	counter_add_shared(&s->counters, index, 1);
}

/* Reads the answer of a slot that is DONE; a peer that breaks the rules is as good as dead. */
static int collect(struct session *s, unsigned i, struct cohort_reply **reply, uint64_t *fence)
{
	int err = reply_collect(s, i, reply, fence);

	if (err != -EPROTO)
		return err;
	session_violation(s, "an answer that cannot be");
	return -EPIPE;
}

static void watch_outcome(struct session *s, unsigned i, int error, const struct cohort_reply *got)
{
	struct tap_reply reply = { .request = tap_request(true, i, sequence_of(s, i)),
				   .outcome = error ? error : got->status,
				   .since = atomic_load_explicit(&s->ask[i].since,
								 memory_order_relaxed) };

	if (!error) {
		reply.body = got->data;
		reply.length = got->length;
		reply.fds = got->part ? got->part->fds.count : 0;
	}
	tap_replied(s, &reply);
}

/* Requests that are waited for. */

struct request {
	struct session *s;
	unsigned slot;
	int64_t deadline;
};

static bool is_answered(struct session *s, const void *arg)
{
	const struct request *r = arg;

	return slot_look(session_slot_ours(s, r->slot), sequence_of(s, r->slot));
}

static void spin(struct request *r)
{
	spin_until(r->s,
		   atomic_load_explicit(&session_lane_out(r->s)->consumer_cpu,
					memory_order_relaxed),
		   is_answered, r, r->deadline);
}

/*
 * An answer rings the bell of its own handle: when another one is dispatched meanwhile, it must be
 * looked for.
 */
static int64_t loop_deadline(struct cohort *loop, struct session *s, int64_t deadline)
{
	return loop == s->channel ? deadline
				  : deadline_min(deadline, deadline_after(clock_now(), LOOK_NS));
}

/*
 * 1: answered; or why not: -ETIMEDOUT, or that the session is over (or a violation). The slot is
 * not given up.
 */
static int wait_for_answer(struct request *r, struct executor_wait *wait)
{
	struct session *s = r->s;
	struct slot *slot = session_slot_ours(s, r->slot);
	uint64_t sequence = sequence_of(s, r->slot);
	struct cohort *loop;
	int n = slot_look(slot, sequence);

	if (!n)
		spin(r);
	for (;;) {
		n = slot_look(slot, sequence);
		if (n)
			return n;
		if (session_over(s))
			return session_error_broken(s);
		if (r->deadline != DEADLINE_NEVER && clock_now() >= r->deadline)
			return -ETIMEDOUT;
		executor_wait_yield(wait);
		loop = executor_wait_loop(wait);
		if (loop)
			executor_wait_dispatch(loop, loop_deadline(loop, s, r->deadline));
		else
			slot_sleep(slot, sequence, &s->over, r->deadline);
	}
}

/* Whether nothing of `s` can be handled before `other`, which was there before it, has left. */
static bool follows(struct session *s, struct session *other)
{
	struct cohort *c = s->channel;

	lock_take(&c->lock);
	do
		other = other->before;
	while (other && other != s);
	lock_drop(&c->lock);
	return other;
}

/*
 * In a callback of a session that is over: what the process's next one has sent is handled after
 * `left`, and that comes after this callback.
 */
static bool fence_would_wait_for_us(struct session *s, const struct outgoing *o)
{
	if (!(o->message->flags & COHORT_FENCE))
		return false;
	for (struct frame *frame = executor_frame(); frame; frame = frame->up)
		if (frame->of && frame->of != s && frame->channel == s->channel &&
		    follows(s, frame->of))
			return true;
	return false;
}

static int begin(struct request *r, struct outgoing *o, int64_t send_deadline,
		 struct executor_wait *wait)
{
	struct session *s = r->s;
	struct record head = { .flags = executor_wait_loop(wait) ? RECORD_ANNOUNCE : 0 };
	int slot, err;

	if (fence_would_wait_for_us(s, o))
		return -EDEADLK;
	slot = try_take_slot(s);
	if (slot == -EAGAIN && send_deadline)
		slot = wait_for_slot(s, send_deadline, wait);
	if (slot < 0)
		return slot;
	r->slot = (unsigned)slot;
	atomic_store_explicit(&s->ask[slot].state, ASK_WAITED, memory_order_relaxed);
	open_slot(s, r->slot, &head, r->deadline);
	if (head.flags)
		atomic_fetch_add(&s->asks_async, 1);
	err = send_record(s, o, &head, send_deadline, wait);
	if (err) {
		if (head.flags)
			atomic_fetch_sub(&s->asks_async, 1);
		free_slot(s, r->slot, false);
	}
	return err;
}

/* Waits for the outcome and frees the slot. */
static int finish(struct request *r, bool announced, struct executor_wait *wait,
		  struct cohort_reply **reply, uint64_t *fence)
{
	struct session *s = r->s;
	int n = wait_for_answer(r, wait), err;

	if (n < 0) {
		int given_up = n == -EPROTO ? n
					    : slot_give_up(session_slot_ours(s, r->slot),
							   sequence_of(s, r->slot));

		if (given_up == -EPROTO) {
			session_violation(s, "a slot word that cannot be");
			n = -EPIPE;
		} else if (given_up == 1) {
			n = 1;
		}
	}
	err = n == 1 ? collect(s, r->slot, reply, fence) : n;
	if (tap_on(&s->channel->tap))
		watch_outcome(s, r->slot, err, *reply);
	if (announced) {
		atomic_fetch_sub(&s->asks_async, 1);
		serve_excuse_bell(s); /* the answer's, which may have been seen without it */
	}
	free_slot(s, r->slot, err != 0);
	count_outcome(s, err);
	return err;
}

/*
 * FENCE: until the handlers of everything that the peer sent before its answer have returned, or
 * wait themselves.
 */

static bool is_settled(struct session *s, uint64_t fence)
{
	return atomic_load(&s->settled) >= fence && !serve_blocking_before(s, fence);
}

/* With an own loop the handlers run here, or nowhere. */
static void wait_for_settling(struct session *s, uint32_t seen, int64_t deadline,
			      struct executor_wait *wait)
{
	struct cohort *loop = executor_wait_loop(wait);

	executor_wait_yield(wait);
	if (loop)
		executor_wait_dispatch(loop, loop_deadline(loop, s, deadline));
	else if (s->channel->config.flags & COHORT_OWN_LOOP && executor_dispatches_here(s->channel))
		executor_dispatch(s->channel,
				  deadline_min(deadline, deadline_after(clock_now(), LOOK_NS)));
	else
		futex_wait(&s->settled_turn, seen, deadline, false);
}

static int wait_settled(struct session *s, uint64_t fence, int64_t deadline,
			struct executor_wait *wait)
{
	int err = 0;

	if (fence > atomic_load(&session_lane_in(s)->tail)) {
		session_violation(s, "an answer from beyond the end of its ring");
		return -EPIPE;
	}
	atomic_fetch_add(&s->settled_waiters, 1); /* seq_cst, then the kick: see serve_settle() */
	executor_kick(s);
	for (;;) {
		uint32_t seen = atomic_load(&s->settled_turn);

		if (is_settled(s, fence) || (session_over(s) && atomic_load(&s->drained)))
			break;
		err = session_over(s) & OVER_CLOSING ? -ESHUTDOWN
		      : clock_now() >= deadline	     ? -ETIMEDOUT
						     : 0;
		if (err)
			break;
		wait_for_settling(s, seen, deadline, wait);
	}
	atomic_fetch_sub(&s->settled_waiters, 1);
	return err;
}

static int fence_wait(struct session *s, const struct cohort_message *m, uint64_t fence,
		      int64_t deadline, struct executor_wait *wait, struct cohort_reply **reply)
{
	int err = m->flags & COHORT_FENCE ? wait_settled(s, fence, deadline, wait) : 0;

	if (err) {
		reply_drop(s->channel, *reply);
		*reply = NULL;
	}
	return err;
}

static int ask_one(struct session *s, struct outgoing *o, int64_t deadline,
		   struct executor_wait *wait, struct cohort_reply **reply)
{
	struct request r = { .s = s, .deadline = deadline };
	bool announced = executor_wait_loop(wait);
	uint64_t fence = 0;
	int err = o->body > s->max_body ? -EMSGSIZE : send_prepare(s, o);

	if (!err)
		err = begin(&r, o, deadline, wait);
	if (err)
		return err;
	err = finish(&r, announced, wait, reply, &fence);
	return err ? err : fence_wait(s, o->message, fence, deadline, wait, reply);
}

static void give_reply(struct cohort *c, struct cohort_reply *got, struct cohort_reply **reply)
{
	if (reply)
		*reply = got;
	else
		reply_drop(c, got);
}

int ask_request(struct cohort *c, cohort_peer to, const struct cohort_message *message,
		int64_t timeout, struct cohort_reply **reply)
{
	struct executor_wait wait;
	struct cohort_reply *got = NULL;
	struct outgoing o;
	struct session *s;
	int64_t deadline;
	int err = timeout < 0 ? -EINVAL
			      : outgoing_init(&o, message, REQUEST_FLAGS, c->config.max_body);

	if (err)
		return err;
	if (timeout == 0)
		return -ETIMEDOUT;
	deadline =
		timeout == COHORT_FOREVER ? DEADLINE_NEVER : deadline_after(clock_now(), timeout);
	deadline = ask_inherit(deadline, message->flags);
	err = executor_wait_begin(&wait);
	if (err)
		return err;
	err = message->flags & COHORT_WAIT_FOR_PRIMARY
		      ? channel_find_waiting(c, to, deadline, &wait, &s)
		      : channel_find(c, to, &s);
	if (!err) {
		err = ask_one(s, &o, deadline, &wait, &got);
		session_unuse(s);
	}
	executor_wait_end(&wait);
	outgoing_finish(&o, !err);
	if (!err)
		give_reply(c, got, reply);
	return err;
}

/* All peers at once: every request is sent before the first answer is waited for. */

struct all {
	struct session **sessions;
	size_t count;
	struct request *requests;
	struct cohort_replies *replies;
};

static void free_all(struct all *all)
{
	for (size_t i = 0; i < all->count; i++)
		session_unuse(all->sessions[i]);
	free(all->sessions);
	free(all->requests);
}

static int make_all(struct cohort *c, struct all *all)
{
	int err = channel_sessions(c, true, &all->sessions, &all->count);

	if (err)
		return err;
	all->requests = calloc(all->count + 1, sizeof(*all->requests));
	all->replies =
		calloc(1, sizeof(*all->replies) + all->count * sizeof(all->replies->entry[0]));
	if (!all->requests || !all->replies) {
		free(all->replies);
		free_all(all);
		return -ENOMEM;
	}
	all->replies->count = all->count;
	return 0;
}

/*
 * Whoever has room gets it at once; the others are waited for in turn, a little at a time, so that
 * none delays the rest.
 */
static bool begin_round(struct all *all, struct outgoing *o, int64_t deadline, int64_t patience,
			struct executor_wait *wait)
{
	bool some_wait = false;

	for (size_t i = 0; i < all->count; i++) {
		struct reply_entry *entry = &all->replies->entry[i];
		struct session *s = all->sessions[i];
		int64_t until =
			patience ? deadline_min(deadline, deadline_after(clock_now(), patience))
				 : 0;

		if (entry->error != -EAGAIN)
			continue;
		entry->peer = s->id;
		all->requests[i] = (struct request){ .s = s, .deadline = deadline };
		entry->error = send_prepare(s, o);
		if (!entry->error)
			entry->error = begin(&all->requests[i], o, until, wait);
		some_wait |= entry->error == -EAGAIN;
	}
	return some_wait;
}

static void begin_all(struct all *all, struct outgoing *o, int64_t deadline,
		      struct executor_wait *wait)
{
	bool some_wait;

	for (size_t i = 0; i < all->count; i++)
		all->replies->entry[i].error = -EAGAIN;
	some_wait = begin_round(all, o, deadline, 0, wait);
	while (some_wait && clock_now() < deadline)
		some_wait = begin_round(all, o, deadline, ROUND_NS, wait);
}

static void finish_all(struct all *all, bool announced, struct executor_wait *wait)
{
	for (size_t i = 0; i < all->count; i++) {
		struct reply_entry *entry = &all->replies->entry[i];
		uint64_t fence;

		if (!entry->error)
			entry->error =
				finish(&all->requests[i], announced, wait, &entry->reply, &fence);
	}
}

int ask_request_all(struct cohort *c, const struct cohort_message *message, int64_t timeout,
		    struct cohort_replies **replies)
{
	struct executor_wait wait;
	struct outgoing o;
	struct all all;
	int64_t deadline;
	int err = timeout < 0 || !replies
			  ? -EINVAL
			  : outgoing_init(&o, message, COHORT_NO_INHERIT, c->config.max_body);

	if (!err)
		err = outgoing_check_fds(&o);
	if (err)
		return err;
	if (c->role != COHORT_ROLE_PRIMARY)
		return -EPERM;
	if (timeout == 0)
		return -ETIMEDOUT;
	deadline = ask_inherit(deadline_after(clock_now(), timeout), message->flags);
	err = executor_wait_begin(&wait);
	if (err)
		return err;
	err = make_all(c, &all);
	if (!err) {
		begin_all(&all, &o, deadline, &wait);
		finish_all(&all, executor_wait_loop(&wait), &wait);
		*replies = all.replies;
		free_all(&all);
	}
	executor_wait_end(&wait);
	outgoing_finish(&o, !err);
	return err;
}

/* Asynchronous requests. */

static void make_async(struct session *s, unsigned i, int64_t deadline, cohort_done *done,
		       void *arg, uint64_t id)
{
	struct ask *ask = &s->ask[i];

	atomic_fetch_add(&s->asks_async, 1);
	lock_take(&s->async_lock);
	ask->deadline = deadline;
	ask->done = done;
	ask->arg = arg;
	ask->id = id;
	ask->error = 0;
	atomic_store(&ask->state, ASK_ASYNC); /* seq_cst: before the look at `over` in send.c */
	lock_drop(&s->async_lock);
}

/* The record could not be sent. False: it was ended before, and is or will be called back. */
static bool unmake_async(struct session *s, unsigned i, uint64_t sequence)
{
	bool ours;

	lock_take(&s->async_lock);
	ours = atomic_load(&s->ask[i].state) == ASK_ASYNC && sequence_of(s, i) == sequence;
	if (ours)
		atomic_store(&s->ask[i].state, ASK_ENDING);
	lock_drop(&s->async_lock);
	if (!ours)
		return false;
	atomic_fetch_sub(&s->asks_async, 1);
	free_slot(s, i, false);
	return true;
}

static int send_async(struct session *s, struct outgoing *o, int64_t deadline, cohort_done *done,
		      void *arg, uint64_t id)
{
	struct record head = { .flags = RECORD_ANNOUNCE };
	struct executor_wait wait = { 0 };
	int slot, err = o->body > s->max_body ? -EMSGSIZE : send_prepare(s, o);

	if (err)
		return err;
	slot = try_take_slot(s);
	if (slot < 0)
		return slot;
	open_slot(s, (unsigned)slot, &head, deadline);
	make_async(s, (unsigned)slot, deadline, done, arg, id);
	err = send_record(s, o, &head, 0, &wait);
	if (err)
		return unmake_async(s, (unsigned)slot, head.sequence) ? err : 0;
	if (deadline != DEADLINE_NEVER)
		channel_deadline(s->channel, deadline);
	return 0;
}

int ask_request_async(struct cohort *c, cohort_peer to, const struct cohort_message *message,
		      int64_t timeout, cohort_done *done, void *arg, uint64_t *id)
{
	uint64_t number, before = 0;
	struct outgoing o;
	struct session *s;
	int64_t deadline;
	int err = timeout < 0 || !done
			  ? -EINVAL
			  : outgoing_init(&o, message, COHORT_NO_INHERIT, c->config.max_body);

	if (err)
		return err;
	if (timeout == 0)
		return -ETIMEDOUT;
	deadline =
		timeout == COHORT_FOREVER ? DEADLINE_NEVER : deadline_after(clock_now(), timeout);
	deadline = ask_inherit(deadline, message->flags);
	err = channel_find(c, to, &s);
	if (err)
		return err;
	number = atomic_fetch_add_explicit(&c->next_id, 1, memory_order_relaxed);
	if (id) {
		before = *id;
		*id = number; /* `done` may run before this function returns */
	}
	err = send_async(s, &o, deadline, done, arg, number);
	if (err && id)
		*id = before;
	session_unuse(s);
	outgoing_finish(&o, !err);
	return err;
}

static void set_ended(struct session *s, unsigned i)
{
	atomic_fetch_or(&s->ended[i / 64], UINT64_C(1) << (i % 64));
}

/*
 * Under the async lock: ends an ASYNC one with `error`, or with its answer if that was there first.
 */
static bool end_locked(struct session *s, unsigned i, int error)
{
	struct ask *ask = &s->ask[i];
	int n;

	if (atomic_load(&ask->state) != ASK_ASYNC)
		return false;
	n = slot_give_up(session_slot_ours(s, i), sequence_of(s, i));
	if (n == -EPROTO)
		session_violation(s, "a slot word that cannot be");
	ask->error = n == 0 ? error : n == 1 ? 0 : -EPIPE;
	atomic_store(&ask->state, ASK_ENDING);
	set_ended(s, i);
	return n != 1;
}

static bool cancel_in(struct session *s, uint64_t id)
{
	bool found = false, given_up = false;

	lock_take(&s->async_lock);
	for (unsigned i = 0; i < SLOT_COUNT && !found; i++) {
		found = atomic_load(&s->ask[i].state) == ASK_ASYNC && s->ask[i].id == id;
		if (found)
			given_up = end_locked(s, i, -ECANCELED);
	}
	lock_drop(&s->async_lock);
	if (found)
		executor_kick(s);
	return given_up;
}

int ask_cancel(struct cohort *c, uint64_t id)
{
	struct session **sessions;
	bool cancelled = false;
	size_t count;
	int err = channel_sessions(c, true, &sessions, &count);

	if (err)
		return err;
	for (size_t i = 0; i < count; i++) {
		if (cancel_in(sessions[i], id))
			cancelled = true;
		session_unuse(sessions[i]);
	}
	free(sessions);
	return cancelled ? 0 : -ENOENT;
}

int64_t ask_expire(struct session *s, int64_t now)
{
	int64_t next = DEADLINE_NEVER;
	bool some = false;

	if (!ask_some_async(s))
		return next;
	lock_take(&s->async_lock);
	for (unsigned i = 0; i < SLOT_COUNT; i++) {
		if (atomic_load(&s->ask[i].state) != ASK_ASYNC ||
		    s->ask[i].deadline == DEADLINE_NEVER)
			continue;
		if (s->ask[i].deadline > now) {
			next = deadline_min(next, s->ask[i].deadline);
			continue;
		}
		end_locked(s, i, -ETIMEDOUT);
		some = true;
	}
	lock_drop(&s->async_lock);
	if (some)
		executor_kick(s);
	return next;
}

bool ask_pending(struct session *s)
{
	struct lane *lane;

	if (!ask_some_async(s))
		return false;
	lane = session_lane_out(s);
	for (unsigned w = 0; w < SLOT_COUNT / 64; w++) {
		/* seq_cst: also the second look after `asleep`; pairs with slot_announce() */
		if (atomic_load(&lane->completed[w]) || atomic_load(&s->ended[w]))
			return true;
	}
	return false;
}

/* If it has its outcome: makes it ASK_ENDING. */
static bool claim_ending(struct session *s, unsigned i, bool was_ended)
{
	bool ours = false;

	lock_take(&s->async_lock);
	if (atomic_load(&s->ask[i].state) == ASK_ENDING)
		ours = was_ended;
	else if (atomic_load(&s->ask[i].state) == ASK_ASYNC &&
		 slot_look(session_slot_ours(s, i), sequence_of(s, i)) == 1) {
		atomic_store(&s->ask[i].state, ASK_ENDING);
		s->ask[i].error = 0;
		ours = true;
	}
	lock_drop(&s->async_lock);
	return ours;
}

static void call_done(struct session *s, unsigned i)
{
	struct ask *ask = &s->ask[i];
	cohort_done *done = ask->done;
	void *arg = ask->arg;
	uint64_t id = ask->id, fence;
	struct cohort_reply *reply = NULL;
	int error = ask->error ? ask->error : collect(s, i, &reply, &fence);

	count_outcome(s, error);
	if (tap_on(&s->channel->tap))
		watch_outcome(s, i, error, reply);
	atomic_fetch_sub(&s->asks_async, 1);
	free_slot(s, i, error != 0);
	done(s->channel, id, error, reply, arg);
}

/* Takes the lowest bit of a word; -1: none. Others may set bits meanwhile. */
static int take_bit(_Atomic uint64_t *word)
{
	uint64_t bits = atomic_load(word);

	if (!bits)
		return -1;
	atomic_fetch_and(word, ~(bits & -bits));
	return __builtin_ctzll(bits);
}

/* At most as many as there are: the peer may set bits as fast as they are taken. */
static void serve_word(struct session *s, _Atomic uint64_t *word, unsigned w, bool ended,
		       bool *yielded)
{
	int bit;

	for (int n = 0; n < 64 && !*yielded && (bit = take_bit(word)) >= 0; n++) {
		unsigned i = w * 64 + (unsigned)bit;

		if (claim_ending(s, i, ended))
			call_done(s, i);
	}
}

void ask_serve(struct session *s, bool *yielded)
{
	struct lane *lane = session_lane_out(s);

	for (unsigned w = 0; w < SLOT_COUNT / 64; w++) {
		serve_word(s, &lane->completed[w], w, false, yielded);
		serve_word(s, &s->ended[w], w, true, yielded);
	}
}

void ask_end_all(struct session *s, bool *yielded)
{
	int error = session_error_broken(s);

	lock_take(&s->async_lock);
	for (unsigned i = 0; i < SLOT_COUNT; i++)
		end_locked(s, i, error);
	lock_drop(&s->async_lock);
	for (unsigned w = 0; w < SLOT_COUNT / 64; w++)
		serve_word(s, &s->ended[w], w, true, yielded);
}

/* All peers, asynchronously: one request each, and a group that counts them. */

struct group {
	struct deferred deferred;
	_Atomic size_t remaining;
	uint64_t id;
	cohort_done_all *done;
	void *arg;
	struct cohort_replies *replies;
	struct member {
		struct group *group;
		size_t index;
	} member[];
};

static void run_group(struct cohort *c, struct group *group)
{
	group->done(c, group->id, group->replies, group->arg);
	free(group);
}

static void run_deferred_group(struct cohort *c, struct deferred *deferred)
{
	run_group(c, LIST_ENTRY(deferred, struct group, deferred));
}

static void on_member_done(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply,
			   void *arg)
{
	struct member *member = arg;
	struct group *group = member->group;

	(void)id;
	group->replies->entry[member->index].error = error;
	group->replies->entry[member->index].reply = reply;
	/* acq_rel: the last one sees what the others have written */
	if (atomic_fetch_sub_explicit(&group->remaining, 1, memory_order_acq_rel) == 1)
		run_group(c, group);
}

static struct group *new_group(struct cohort *c, struct all *all, cohort_done_all *done, void *arg)
{
	struct group *group = calloc(1, sizeof(*group) + all->count * sizeof(group->member[0]));

	if (!group)
		return NULL;
	group->deferred.run = run_deferred_group;
	group->id = atomic_fetch_add_explicit(&c->next_id, 1, memory_order_relaxed);
	group->done = done;
	group->arg = arg;
	group->replies = all->replies;
	/* one for the sender, so that it cannot end early */
	atomic_init(&group->remaining, all->count + 1);
	return group;
}

static void send_group(struct cohort *c, struct all *all, struct group *group, struct outgoing *o,
		       int64_t deadline)
{
	for (size_t i = 0; i < all->count; i++) {
		struct reply_entry *entry = &all->replies->entry[i];
		int err;

		entry->peer = all->sessions[i]->id;
		group->member[i] = (struct member){ .group = group, .index = i };
		err = send_async(all->sessions[i], o, deadline, on_member_done, &group->member[i],
				 group->id);
		if (err) {
			entry->error = err;
			atomic_fetch_sub_explicit(&group->remaining, 1, memory_order_relaxed);
		}
	}
	/* If all have ended, or there are none, the callback still comes on a handler thread. */
	if (atomic_fetch_sub_explicit(&group->remaining, 1, memory_order_acq_rel) == 1)
		executor_defer(c, &group->deferred);
}

int ask_request_all_async(struct cohort *c, const struct cohort_message *message, int64_t timeout,
			  cohort_done_all *done, void *arg, uint64_t *id)
{
	struct group *group;
	struct outgoing o;
	struct all all;
	int64_t deadline;
	int err = timeout < 0 || !done
			  ? -EINVAL
			  : outgoing_init(&o, message, COHORT_NO_INHERIT, c->config.max_body);

	if (!err)
		err = outgoing_check_fds(&o);
	if (err)
		return err;
	if (c->role != COHORT_ROLE_PRIMARY)
		return -EPERM;
	if (timeout == 0)
		return -ETIMEDOUT;
	deadline = ask_inherit(deadline_after(clock_now(), timeout), message->flags);
	err = make_all(c, &all);
	if (err)
		return err;
	group = new_group(c, &all, done, arg);
	if (group) {
		if (id)
			*id = group->id;
		send_group(c, &all, group, &o, deadline);
	} else {
		free(all.replies);
	}
	free_all(&all);
	outgoing_finish(&o, group != NULL);
	return group ? 0 : -ENOMEM;
}
