/*
 * One turn at a session
 *
 *	events: ask the application (allow), joined, ended asks, writable
 *	completions: answers to our asynchronous requests
 *	records: up to 32, each one copied out, taken, and handled
 *	nothing left: spin a little, say `asleep`, look again, leave the claim
 *
 * A record is taken in this order: its header is copied and checked; name and body are copied into
 * the worker's buffer; body and descriptors that travel beside the ring are fetched; then the ring
 * moves on, and the handler runs on the copies. So a handler that waits inside the library keeps no
 * room in the ring, and the next record can be taken by another thread meanwhile (the frame's
 * `yielded`: the claim is no longer ours when the handler comes back).
 *
 * The end of a session: the io thread has drained the socket and set EVENT_OVER. Asks end first,
 * then the records up to the tail as it is now are served, then, when no handler runs any more,
 * `left` is called and the session is retired. Whoever finishes the last handler kicks the session,
 * so `left` needs no thread that waits for it.
 */
#include "engine/serve.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/futex.h"
#include "base/log.h"
#include "engine/ask.h"
#include "engine/call.h"
#include "engine/channel.h"
#include "engine/receive.h"
#include "engine/spin.h"
#include "io/bell.h"
#include "io/memfd.h"
#include "model/action.h"

#define TURN_RECORDS 32u
#define POLL_RECORDS 256u
#define BELLS_BEFORE_DRAIN 8u /* of the 278 that one holds */
#define IDLE_BELLS_MAX 1000u
#define CALLS_MAX 256u
#define ROUNDS_MAX 64u

struct turn {
	struct session *s;
	struct worker *worker;
	struct action *action; /* borrowed, for as long as records name it */
	unsigned served;
	int64_t clock;	/* as of the last tick, when the last handler ended or this turn began */
	int64_t polled; /* the clock when other peers were last looked for */
	bool passes;	/* somebody was found */
	bool lost_claim;
	bool stalled; /* the next record waits for a thread of the pool */
};

size_t serve_buffer_size(const struct cohort *c)
{
	/*
	 * A secondary's rings have the sizes that its primary says: up to the largest that can be
	 * configured.
	 */
	size_t ring = c->role == COHORT_ROLE_PRIMARY ? c->config.ring_size : CHANNEL_RING_MAX;

	return ring_inline_max(ring);
}

unsigned serve_local(struct cohort *c)
{
	struct frame frame = { .channel = c, .deadline = DEADLINE_NEVER };
	struct log_entry entry;
	unsigned n = 0;

	executor_push_frame(&frame);
	n += executor_run_deferred(c);
	while (log_take(&c->log, &entry)) {
		n++;
		if (c->config.log)
			c->config.log(c, (enum cohort_log_level)entry.level, entry.error,
				      entry.text, c->config.user);
	}
	executor_pop_frame(&frame);
	return n;
}

void serve_bell(struct session *s)
{
	if (atomic_fetch_add_explicit(&s->idle_bells, 1, memory_order_relaxed) == IDLE_BELLS_MAX)
		session_violation(s, "its bell rings for nothing");
}

void serve_excuse_bell(struct session *s)
{
	if (atomic_load_explicit(&s->idle_bells, memory_order_relaxed))
		atomic_store_explicit(&s->idle_bells, 0, memory_order_relaxed);
}

static void found_something(struct turn *t)
{
	t->served++;
	serve_excuse_bell(t->s);
}

void serve_wake_fences(struct session *s)
{
	if (atomic_load(&s->settled_waiters) == 0)
		return;
	atomic_fetch_add(&s->settled_turn, 1);
	futex_wake(&s->settled_turn, INT_MAX, false);
}

void serve_settle(struct session *s)
{
	/*
	 * Relaxed: a waiter registers and then kicks the session, so a server looks at
	 * `settled_waiters` after that.
	 */
	if (session_is_mapped(s))
		atomic_store_explicit(&s->settled,
				      atomic_load_explicit(&s->in.head, memory_order_relaxed),
				      memory_order_release);
	if (atomic_load_explicit(&s->settled_waiters, memory_order_relaxed))
		serve_wake_fences(s);
}

/*
 * A handler has returned. If it was the last of a session that is over, somebody must call `left`.
 */
static void handler_done(struct session *s)
{
	if (atomic_fetch_sub(&s->handlers, 1) == 1 && session_over(s))
		executor_kick(s);
}

/* Callbacks of the application, with the claim; it may be gone when they return. */

static void enter(struct turn *t, struct frame *frame, int64_t deadline)
{
	*frame = (struct frame){
		.channel = t->s->channel, .session = t->s, .of = t->s, .deadline = deadline
	};
	lock_assert_none();
	executor_push_frame(frame);
}

/* Whoever handed its claim on is counted in `handlers` from then on: see executor_wait_yield(). */
static void leave(struct turn *t, struct frame *frame)
{
	executor_pop_frame(frame);
	if (!frame->yielded)
		return;
	t->lost_claim = true;
	handler_done(t->s);
}

static void call_lost(struct turn *t, uint64_t count, enum cohort_lost_reason reason)
{
	struct cohort *c = t->s->channel;
	struct frame frame;

	counter_add_shared(&t->s->counters, COUNTER(lost_received), count);
	if (tap_on(&c->tap))
		tap_session(t->s, COHORT_EVENT_LOST, false, 0, count);
	if (!c->config.lost)
		return;
	enter(t, &frame, DEADLINE_NEVER);
	c->config.lost(c, t->s->id, count, reason, c->config.user);
	leave(t, &frame);
}

static void call_joined(struct turn *t)
{
	struct cohort *c = t->s->channel;
	struct frame frame;

	t->s->joined_called = true;
	if (tap_on(&c->tap))
		tap_session(t->s, COHORT_EVENT_JOINED, false, 0, 0);
	if (!c->config.joined)
		return;
	enter(t, &frame, DEADLINE_NEVER);
	c->config.joined(c, t->s->id, c->config.user);
	leave(t, &frame);
}

static void call_writable(struct turn *t)
{
	struct cohort *c = t->s->channel;
	struct frame frame;

	if (!c->config.writable)
		return;
	enter(t, &frame, DEADLINE_NEVER);
	c->config.writable(c, t->s->id, c->config.user);
	leave(t, &frame);
}

static void call_allow(struct turn *t)
{
	struct session *s = t->s;
	struct cohort *c = s->channel;
	struct cohort_peer_info who = { .size = sizeof(who),
					.id = s->id,
					.pid = s->who.pid,
					.uid = s->who.uid,
					.gid = s->who.gid,
					.since = s->since };
	struct frame frame;
	int verdict;

	memcpy(who.program, s->program, sizeof(who.program));
	enter(t, &frame, DEADLINE_NEVER);
	verdict = c->config.allow(c, &who, c->config.user);
	atomic_store(&s->verdict, verdict > 0 ? -EACCES : verdict);
	session_chore(s, CHORE_ALLOWED);
	leave(t, &frame);
}

static void call_left(struct turn *t)
{
	struct cohort *c = t->s->channel;
	struct frame frame;

	t->s->left_called = true;
	if (t->s->joined_called && tap_on(&c->tap))
		tap_session(t->s, COHORT_EVENT_LEFT, false, (int)(session_over(t->s) & OVER_REASON),
			    0);
	if (!c->config.left || !t->s->joined_called)
		return;
	enter(t, &frame, DEADLINE_NEVER);
	frame.session = NULL; /* nothing of it is served any more: its claim is never handed on */
	c->config.left(c, t->s->id, (enum cohort_reason)(session_over(t->s) & OVER_REASON),
		       c->config.user);
	executor_pop_frame(&frame);
}

/* Records. */

static void run_release(struct cohort *c, struct deferred *deferred)
{
	(void)c;
	action_release(LIST_ENTRY(deferred, struct action, deferred));
}

/*
 * Its last user has `released` called, which is a callback like any other and may wait for a peer:
 * not here, where the claim is held.
 */
static void give_back(struct cohort *c, struct action *action)
{
	action = action_put_unreleased(&c->actions, action);
	if (!action)
		return;
	action->deferred.run = run_release;
	executor_defer(c, &action->deferred);
}

static void drop_action(struct turn *t)
{
	if (t->action)
		give_back(t->s->channel, t->action);
	t->action = NULL;
}

static bool find_action(struct turn *t, const struct record *r, const char *name)
{
	struct action_table *table = &t->s->channel->actions;
	struct action *a = t->action;

	if (a && a->hash == r->hash && a->length == r->name && !memcmp(a->name, name, r->name) &&
	    !atomic_load_explicit(&a->removed, memory_order_relaxed))
		return true;
	drop_action(t);
	t->action = action_get(table, name, r->name, r->hash);
	return t->action != NULL;
}

static void start_call(struct turn *t, const struct record *r, struct cohort_call *call)
{
	struct session *s = t->s;

	call->session = s;
	call->channel = s->channel;
	call->peer = s->id;
	call->who = (struct cohort_credentials){ .pid = s->who.pid,
						 .uid = s->who.uid,
						 .gid = s->who.gid };
	call->is_request = r->kind == RECORD_REQUEST;
	call->announce = r->flags & RECORD_ANNOUNCE;
	call->slot = r->slot;
	call->sequence = r->sequence;
	call->deadline = call->is_request ? deadline_shift(r->deadline, s->clock_offset, -1)
					  : DEADLINE_NEVER;
	call->data = t->worker->buffer;
	call->length = r->body;
	call->since = 0;
	call->map = NULL;
	call->in_bulk = false;
	call->kept = call->is_copy = false;
	atomic_init(&call->answered, CALL_OPEN);
	fdlist_init(&call->fds);
}

static int map_body(struct cohort_call *call, int *fd)
{
	void *map;

	if (memfd_check_body(*fd, call->length))
		return -EPROTO;
	map = mmap(NULL, call->length, PROT_READ, MAP_PRIVATE, *fd, 0);
	if (map == MAP_FAILED)
		return -ENOMEM;
	fd_close(fd);
	call->map = map;
	call->data = map;
	return 0;
}

/*
 * Descriptors, and a body in a memfd. -EMFILE, -ENOMEM: they could not be had here; other errors:
 * the peer's fault.
 */
static int fetch_sidecar(struct session *s, const struct record *r, struct cohort_call *call)
{
	bool memfd = r->flags & RECORD_IN_MEMFD;
	struct sidecar_taken taken;
	int err = receive_take(s, r->sidecar, memfd, r->fds, &taken);

	if (err)
		return err;
	session_wake_sender(s, ring_room_made(&s->in));
	counter_add_shared(&s->counters, COUNTER(fds_received), r->fds);
	if (taken.missing_fds) {
		fdlist_push(&taken.fds, fd_steal(&taken.body));
		receive_discard(s->channel, &taken.fds);
		return -EMFILE;
	}
	fdlist_move(&call->fds, &taken.fds);
	if (!memfd)
		return 0;
	err = taken.body_length == call->length ? map_body(call, &taken.body) : -EPROTO;
	if (taken.body >= 0) {
		struct fdlist bad = { .count = 1, .fd = { taken.body } };

		receive_discard(s->channel, &bad);
	}
	return err;
}

/*
 * Into the worker's memory for large bodies, which grows and stays: fresh pages for each body cost
 * more than the copy.
 */
static int copy_from_bulk(struct worker *worker, struct cohort_call *call)
{
	if (worker->large_size < call->length) {
		free(worker->large);
		worker->large_size = 0;
		worker->large = malloc(call->length);
		if (!worker->large)
			return -ENOMEM;
		worker->large_size = call->length;
	}
	memcpy(worker->large, call->data, call->length);
	call->data = worker->large;
	return 0;
}

static int fetch_bulk(struct turn *t, struct cohort_call *call, bool in_place)
{
	int err = bulk_take(t->s, call->length, &call->hold, &call->data);

	if (err)
		return err;
	call->in_bulk = true;
	if (in_place)
		return 0;
	err = copy_from_bulk(t->worker, call);
	bulk_release(t->s, &call->hold);
	call->in_bulk = false;
	return err;
}

static int fetch_rest(struct turn *t, const struct record *r, struct cohort_call *call)
{
	int err = 0;

	if (r->fds || r->flags & RECORD_IN_MEMFD)
		err = fetch_sidecar(t->s, r, call);
	if (r->flags & RECORD_IN_BULK) {
		/* Also after an error: its bytes in the bulk ring must be passed. */
		bool in_place = t->action && t->action->flags & COHORT_IN_PLACE && !err;
		int err_bulk = fetch_bulk(t, call, in_place);

		err = err ? err : err_bulk;
	}
	return err;
}

static bool is_resource_error(int err)
{
	return err == -EMFILE || err == -ENOMEM;
}

static void count_received(struct session *s, const struct record *r)
{
	counter_add(&s->counters,
		    r->kind == RECORD_REQUEST ? COUNTER(requests_received)
					      : COUNTER(messages_received),
		    1);
	counter_add(&s->counters, COUNTER(bytes_received), r->body);
}

/* Whether somebody still waits for the answer. */
static bool is_awaited(struct session *s, const struct cohort_call *call)
{
	if (!call->is_request)
		return true;
	if (slot_is_open(session_slot_theirs(s, call->slot), call->sequence) &&
	    (call->deadline == DEADLINE_NEVER || call->deadline > clock_now()))
		return true;
	counter_add_shared(&s->counters, COUNTER(expired), 1);
	return false;
}

static void refuse(struct turn *t, struct cohort_call *call, int outcome,
		   enum cohort_lost_reason reason)
{
	if (call->is_request) {
		call_refuse(call, outcome);
		return;
	}
	if (reason == COHORT_LOST_UNHANDLED)
		counter_add_shared(&t->s->counters, COUNTER(unhandled), 1);
	call_lost(t, 1, reason);
}

static void measure(struct session *s, struct action *a, int64_t took, int result)
{
	atomic_fetch_add_explicit(&a->calls, 1, memory_order_relaxed);
	if (result < 0)
		atomic_fetch_add_explicit(&a->errors, 1, memory_order_relaxed);
	if (took <= 0)
		return;
	atomic_fetch_add_explicit(&a->total_ns, (uint64_t)took, memory_order_relaxed);
	if ((uint64_t)took > atomic_load_explicit(&a->worst_ns, memory_order_relaxed))
		atomic_store_explicit(&a->worst_ns, (uint64_t)took, memory_order_relaxed);
	if (took > s->channel->config.slow_handler) {
		counter_add_shared(&s->counters, COUNTER(slow_handlers), 1);
		channel_log(s->channel, LOG_WARNING, 0, "the handler of %s took %lld ms", a->name,
			    (long long)(took / CLOCK_NS_PER_MS));
	}
}

/* `clock`: when it begins, as of the last tick; then when it has ended. */
static void run_handler(struct session *s, struct action *a, struct cohort_call *call,
			int64_t *clock)
{
	int64_t began = *clock, watched = tap_on(&s->channel->tap) ? clock_now() : 0;
	size_t fds = call->fds.count;
	int result;

	running_begin(a, s->id, began);
	result = a->handler(call, a->arg);
	running_end();
	*clock = clock_coarse();
	if (watched && !call->is_request)
		tap_received(s, a->name, call->data, call->length, fds, 0, clock_now() - watched);
	measure(s, a, *clock - began, result);
	if (call->is_request && !call->kept && atomic_load(&call->answered) == CALL_OPEN)
		call_finish(call, result);
}

static bool take_call_place(struct session *s, struct cohort_call *call)
{
	if (!call->is_request)
		return true;
	if (atomic_fetch_add(&s->calls, 1) < CALLS_MAX)
		return true;
	atomic_fetch_sub(&s->calls, 1);
	return false;
}

static void serve_call(struct turn *t, struct cohort_call *call)
{
	struct session *s = t->s;
	struct frame frame;

	if (!take_call_place(s, call)) {
		call_refuse(call, -EBUSY);
		call_release(call);
		return;
	}
	enter(t, &frame, call->deadline);
	run_handler(s, t->action, call, &t->clock);
	if (call->is_request)
		atomic_fetch_sub(&s->calls, 1);
	call_release(call);
	leave(t, &frame);
}

/* COHORT_BLOCKING: the call moves to the heap and to the pool. */

struct blocking_job {
	struct pool_job job;
	struct list_node listed; /* session.blocking_jobs */
	uint64_t position;	 /* in the ring: FENCE waits for those before it */
	_Atomic bool waits;	 /* inside the library */
	struct action *action;
	struct cohort_call *call;
};

static void run_blocking(struct pool_job *pool_job)
{
	struct blocking_job *job = LIST_ENTRY(pool_job, struct blocking_job, job);
	struct cohort_call *call = job->call;
	struct session *s = call->session;
	struct cohort *c = s->channel;
	struct frame frame = { .channel = c,
			       .session = s,
			       .of = s,
			       .deadline = call->deadline,
			       .pool_waits = &job->waits };

	int64_t clock = clock_coarse();

	call->is_copy = false; /* for the handler it is the original: it may keep it */
	executor_push_frame(&frame);
	if (is_awaited(s, call))
		run_handler(s, job->action, call, &clock);
	executor_pop_frame(&frame);
	give_back(c, job->action);
	call_free_copy(call);
	lock_take(&s->blocking_lock);
	list_remove(&job->listed);
	lock_drop(&s->blocking_lock);
	atomic_fetch_sub(&s->blocking, 1);
	free(job);
	atomic_fetch_or(&s->events, EVENT_RETRY);
	executor_kick(s);
	handler_done(s);
	session_unuse(s);
}

static int submit_blocking(struct turn *t, struct cohort_call *call, uint64_t position)
{
	struct session *s = t->s;
	struct blocking_job *job = malloc(sizeof(*job));
	int err;

	if (!job)
		return -ENOMEM;
	*job = (struct blocking_job){ .job = { .run = run_blocking },
				      .position = position,
				      .action = t->action };
	job->call = call_copy(call);
	if (!job->call) {
		free(job);
		return -ENOMEM;
	}
	session_use(s);
	atomic_fetch_add(&s->handlers, 1);
	atomic_fetch_add(&s->blocking, 1);
	lock_take(&s->blocking_lock);
	list_add_tail(&s->blocking_jobs, &job->listed);
	lock_drop(&s->blocking_lock);
	err = pool_submit(s->channel, &job->job);
	if (!err) {
		t->action = NULL; /* the job has it */
		return 0;
	}
	lock_take(&s->blocking_lock);
	list_remove(&job->listed);
	lock_drop(&s->blocking_lock);
	atomic_fetch_sub(&s->blocking, 1);
	fdlist_move(&call->fds, &job->call->fds);
	if (call->is_request)
		atomic_fetch_add(&s->calls, 1); /* call_free_copy() gives it back */
	call_free_copy(job->call);
	free(job);
	handler_done(s);
	session_unuse(s);
	return err;
}

static void serve_blocking(struct turn *t, struct cohort_call *call)
{
	if (!take_call_place(t->s, call)) {
		call_refuse(call, -EBUSY);
	} else if (submit_blocking(t, call,
				   atomic_load_explicit(&t->s->in.head, memory_order_relaxed))) {
		if (call->is_request)
			atomic_fetch_sub(&t->s->calls, 1);
		refuse(t, call, -EBUSY, COHORT_LOST_MEMORY);
	}
	call_release(call);
}

bool serve_blocking_before(struct session *s, uint64_t position)
{
	struct list_node *node;
	bool any = false;

	lock_take(&s->blocking_lock);
	LIST_FOR_EACH(node, &s->blocking_jobs) {
		struct blocking_job *job = LIST_ENTRY(node, struct blocking_job, listed);

		if (job->position <= position && !atomic_load(&job->waits))
			any = true;
	}
	lock_drop(&s->blocking_lock);
	return any;
}

static void violation(struct turn *t, const char *what)
{
	session_violation(t->s, what);
	t->s->drained = true; /* nothing more is taken from it */
}

static void serve_marker(struct turn *t, const struct record *r)
{
	struct session *s = t->s;
	uint64_t lost = ring_lost_before(&s->in, r);

	session_wake_sender(s, ring_advance(&s->in, r));
	lost += ring_lost_at_end(&s->in);
	if (lost)
		call_lost(t, lost, COHORT_LOST_OVERRUN);
	serve_settle(s);
}

static void trace_record(struct session *s, const struct record *r, const char *name)
{
	if (log_trace_on())
		log_trace("record in peer=%llx kind=%s action=%s body=%u fds=%u",
			  (unsigned long long)s->id,
			  r->kind == RECORD_REQUEST ? "request" : "message", name, r->body, r->fds);
}

/* The action that every primary has. */
static bool is_echo(struct session *s, const struct cohort_call *call)
{
	return s->side == REGION_PRIMARY && !strcmp(call->name, COHORT_ECHO);
}

static void echo(struct cohort_call *call)
{
	struct cohort_message body = COHORT_MESSAGE(NULL, call->data, call->length);

	if (call->is_request)
		call_reply(call, 0, &body);
	else if (tap_on(&call->channel->tap))
		tap_received(call->session, call->name, call->data, call->length, call->fds.count,
			     0, 0);
}

static void watch_request(struct session *s, struct cohort_call *call)
{
	if (!call->is_request || !tap_on(&s->channel->tap))
		return;
	call->since = clock_now();
	tap_received(s, call->name, call->data, call->length, call->fds.count,
		     tap_request(false, call->slot, call->sequence), 0);
}

/* What the application sees of one record. The ring has moved on. */
static void handle(struct turn *t, struct cohort_call *call, int err)
{
	if (is_resource_error(err))
		refuse(t, call, err == -EMFILE ? -EMFILE : -EBUSY,
		       err == -EMFILE ? COHORT_LOST_DESCRIPTORS : COHORT_LOST_MEMORY);
	else if (!t->action && is_echo(t->s, call))
		echo(call);
	else if (!t->action)
		refuse(t, call, -ENOENT, COHORT_LOST_UNHANDLED);
	else if (!is_awaited(t->s, call))
		;
	else if (t->action->flags & COHORT_BLOCKING) {
		serve_blocking(t, call);
		return;
	} else {
		serve_call(t, call);
		return;
	}
	call_release(call);
}

static void serve_record(struct turn *t, const struct record *r)
{
	struct session *s = t->s;
	struct cohort_call call;
	uint64_t lost;
	int err;

	if (!(r->flags & (RECORD_IN_BULK | RECORD_IN_MEMFD)) &&
	    r->body > ring_inline_max(s->in.size)) {
		violation(t, "a body too large for its ring");
		return;
	}
	ring_copy(&s->in, r, call.name, t->worker->buffer);
	find_action(t, r, call.name);
	if (t->action && t->action->flags & COHORT_BLOCKING && pool_is_full(s)) {
		t->stalled = true;
		return;
	}
	lost = ring_lost_before(&s->in, r);
	if (lost) {
		/*
		 * A callback may let another thread go on with this session; the record is then
		 * that thread's.
		 */
		call_lost(t, lost, COHORT_LOST_OVERRUN);
		if (t->lost_claim)
			return;
	}
	start_call(t, r, &call);
	err = r->body > s->max_body ? -EPROTO : fetch_rest(t, r, &call);
	if (err && !is_resource_error(err)) {
		violation(t, "a record without what it names");
		call_release(&call);
		return;
	}
	session_wake_sender(s, ring_advance(&s->in, r));
	count_received(s, r);
	trace_record(s, r, call.name);
	watch_request(s, &call);
	handle(t, &call, err);
	if (!t->lost_claim)
		serve_settle(s);
}

/*
 * Handlers that take long must not keep other peers waiting for a whole turn: with each tick of the
 * clock others are looked for, and go first.
 */
static bool others_wait(struct turn *t)
{
	struct cohort *c = t->s->channel;

	if (t->clock == t->polled)
		return false;
	t->polled = t->clock;
	executor_poll(c);
	t->passes = executor_has_work(&c->executor);
	return t->passes;
}

static unsigned serve_records(struct turn *t)
{
	struct session *s = t->s;
	struct record record;
	unsigned n = 0;

	while (n < TURN_RECORDS && !t->lost_claim && !t->stalled && !s->drained &&
	       !others_wait(t)) {
		int found = ring_peek(&s->in, &record);

		if (found < 0)
			violation(t, "a record that cannot be");
		if (found <= 0)
			break;
		n++;
		found_something(t);
		if (record.kind == RECORD_LOST)
			serve_marker(t, &record);
		else
			serve_record(t, &record);
	}
	return n;
}

/* Our handle has waited long enough: what is left is taken, counted, and reported lost. */
static void serve_abandoned(struct turn *t)
{
	struct session *s = t->s;
	struct record record;
	uint64_t lost = 0;

	while (!s->drained && ring_peek(&s->in, &record) == 1) {
		lost += ring_lost_before(&s->in, &record) + (record.kind == RECORD_MESSAGE);
		ring_advance(&s->in, &record);
	}
	s->drained = true;
	if (lost)
		call_lost(t, lost, COHORT_LOST_CLOSED);
}

/* Answers to our asynchronous requests. */

static void serve_completions(struct turn *t)
{
	struct session *s = t->s;
	struct frame frame;

	if (!ask_pending(s))
		return;
	found_something(t);
	enter(t, &frame, DEADLINE_NEVER);
	ask_serve(s, &frame.yielded);
	leave(t, &frame);
}

/* The end. */

static void begin_end(struct turn *t)
{
	struct session *s = t->s;
	struct frame frame;

	if (!session_is_mapped(s))
		return;
	enter(t, &frame, DEADLINE_NEVER);
	ask_end_all(s, &frame.yielded);
	leave(t, &frame);
}

static bool records_left(struct session *s)
{
	return session_is_mapped(s) && s->joined_called && !s->drained && ring_ready(&s->in);
}

static void release_follower(struct session *s)
{
	struct session *next;

	lock_take(&s->channel->lock);
	next = s->before;
	s->before = NULL;
	lock_drop(&s->channel->lock);
	if (!next)
		return;
	executor_kick(next);
	session_unuse(next);
}

static void retire(struct turn *t)
{
	struct session *s = t->s;

	call_left(t);
	drop_action(t);
	if (s->bell >= 0)
		loop_remove(&s->channel->executor.loop, s->bell);
	channel_forget(s);
	release_follower(s);
	if (s->after)
		session_unuse(s->after);
	s->after = NULL;
	session_unuse(s);
}

/* True: the session is retired, or must wait: nothing more to do in this turn. */
static bool try_end(struct turn *t)
{
	struct session *s = t->s;

	if (!s->ending || records_left(s) || t->stalled)
		return false;
	if (s->may_join && s->after)
		return false; /* its joined is still to come; release_follower() kicks it */
	s->drained = true;
	serve_wake_fences(s);
	if (atomic_load(&s->handlers))
		return false;
	retire(t);
	return true;
}

static void serve_events(struct turn *t)
{
	struct session *s = t->s;
	uint32_t events = atomic_load(&s->events) ? atomic_exchange(&s->events, 0) : 0;

	if (!events)
		return;
	t->served++;
	/* First what only changes our state: a callback may cost us the claim. */
	if (events & EVENT_LIVE)
		s->may_join = true;
	if (events & EVENT_WRITABLE)
		s->wants_writable = true;
	if (events & EVENT_OVER) {
		s->ending = true;
		if (session_is_mapped(s))
			ring_freeze(&s->in);
	}
	if (events & EVENT_ALLOW && !s->ending)
		call_allow(t);
	else if (events & (EVENT_OVER | EVENT_CLOSING))
		begin_end(t);
}

static void serve_writable(struct turn *t)
{
	struct session *s = t->s;

	if (!s->wants_writable || !session_is_mapped(s))
		return;
	found_something(t); /* a bell for room is no bell for nothing */
	if (session_over(s) || session_has_room(s)) {
		s->wants_writable = false;
		if (!session_over(s))
			call_writable(t);
	}
}

static bool may_open(struct session *s)
{
	if (!s->may_join)
		return false;
	if (s->after && channel_is_gone(s->after)) {
		session_unuse(s->after);
		s->after = NULL;
	}
	return !s->after;
}

/*
 * Whether records may be taken: after joined, which waits for the left of the same process's
 * session before.
 */
static bool is_open(struct turn *t)
{
	struct session *s = t->s;

	if (s->joined_called)
		return true;
	if (!session_is_mapped(s))
		return false;
	if (!may_open(s)) {
		if (ring_ready(&s->in)) /* its bell rings for what may not be taken yet */
			serve_excuse_bell(s);
		return false;
	}
	found_something(t);
	call_joined(t);
	return !t->lost_claim;
}

static bool more_to_do(struct session *s, const void *arg)
{
	(void)arg;
	return ring_ready(&s->in) || executor_has_work(&s->channel->executor) ||
	       atomic_load_explicit(&s->claim, memory_order_relaxed) == CLAIM_AGAIN ||
	       (ask_some_async(s) && ask_pending(s));
}

/* Looks for more before going to sleep. */
static bool spin_for_more(struct session *s)
{
	ring_in_cpu(&s->in, cpu_current());
	if (session_over(s) || executor_has_work(&s->channel->executor))
		return false;
	return spin_until(
		s, atomic_load_explicit(&session_lane_in(s)->producer_cpu, memory_order_relaxed),
		more_to_do, NULL, DEADLINE_NEVER);
}

static bool something_new(struct turn *t)
{
	struct session *s = t->s;

	if (atomic_load(&s->events) || ask_pending(s))
		return true;
	if (s->wants_writable && session_has_room(s))
		return true;
	return s->joined_called && !t->stalled && !s->drained && ring_ready(&s->in);
}

static bool leave_claim(struct session *s)
{
	uint32_t busy = CLAIM_BUSY;

	/* seq_cst: after the last look; pairs with kick() in executor.c */
	if (atomic_compare_exchange_strong(&s->claim, &busy, CLAIM_IDLE))
		return true;
	atomic_store(&s->claim, CLAIM_BUSY);
	return false;
}

/* Descriptors have no business there: whoever sends some breaks the rules. */
static void drain_bell(struct session *s)
{
	struct fdlist strays;

	fdlist_init(&strays);
	bell_drain_into(s->bell, &strays);
	if (strays.count)
		session_violation(s, "descriptors in its bell");
	receive_discard(s->channel, &strays);
}

/*
 * A ring into a full bell makes no event. So before the session asks to be rung for, one that was
 * asked for often enough is emptied: whatever those rings told of is looked for afterwards. Events do
 * not tell how often it has rung, for who is rung for while it looks once more stays awake and takes
 * none.
 */
static uint32_t go_to_sleep(struct session *s)
{
	if (atomic_load_explicit(&s->bells, memory_order_relaxed) >= BELLS_BEFORE_DRAIN) {
		atomic_store_explicit(&s->bells, 0, memory_order_relaxed);
		drain_bell(s);
	}
	session_ask_bell(s);
	return ring_sleep(&s->in);
}

/* True: the claim is given up. */
static bool try_leave(struct turn *t)
{
	struct session *s = t->s;
	bool sleeps = session_is_mapped(s); /* also when stalled: answers ring the same bell */

	drop_action(t);
	if (sleeps)
		session_wake_sender(s, go_to_sleep(s));
	if (!(session_is_mapped(s) && something_new(t)) && leave_claim(s))
		return true;
	if (sleeps)
		ring_stay_awake(&s->in);
	return false;
}

/* After a turn: whether to let others go first. */
static bool must_pass(struct turn *t)
{
	struct cohort *c = t->s->channel;

	if (t->served % POLL_RECORDS < TURN_RECORDS)
		executor_poll(c);
	return executor_has_work(&c->executor) || c->config.flags & COHORT_OWN_LOOP;
}

/* One round over everything. True: the turn is over. */
static bool serve_round(struct turn *t, bool spin)
{
	struct session *s = t->s;
	unsigned n = 0;

	t->stalled = t->passes = false;
	t->clock = clock_coarse();
	if (!t->polled)
		t->polled = t->clock;
	serve_events(t);
	if (!t->lost_claim)
		serve_completions(t);
	if (!t->lost_claim)
		serve_writable(t);
	if (!t->lost_claim && is_open(t) && atomic_load(&s->abandoned))
		serve_abandoned(t);
	else if (!t->lost_claim && s->joined_called)
		n = serve_records(t);
	if (t->lost_claim)
		return true;
	serve_wake_fences(s);
	if (n == TURN_RECORDS || t->passes) {
		if (!must_pass(t))
			return false;
		drop_action(t);
		executor_push(s);
		return true;
	}
	if (try_end(t))
		return true;
	if (spin && !t->stalled && s->joined_called && spin_for_more(s))
		return false;
	return try_leave(t);
}

unsigned serve_session(struct session *s, struct worker *worker, bool spin)
{
	struct turn t = { .s = s, .worker = worker };
	unsigned rounds = 0;

	session_use(s); /* another thread may retire it as soon as the claim is given up */
	atomic_store(&s->claim, CLAIM_BUSY); /* what comes from here on sets AGAIN */
	while (!serve_round(&t, spin)) {
		if (++rounds % ROUNDS_MAX)
			continue;
		/* A peer that always has a little must not keep the thread. */
		executor_poll(s->channel);
		drop_action(&t);
		executor_push(s);
		break;
	}
	drop_action(&t);
	session_unuse(s);
	return t.served;
}
