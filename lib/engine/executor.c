/*
 * The loop and its places
 *
 * `target` threads have a place in the loop: they take sessions from the ready list, serve them,
 * and sleep in epoll. A session is claimed by one thread at a time. Whoever notices work (a bell,
 * an event) moves the claim from IDLE to BUSY and puts the session on the ready list, or from BUSY
 * to AGAIN and leaves: then the server looks again before it goes. The server leaves with a swap
 * from BUSY to IDLE after its last look; when that fails somebody came in between.
 *
 * Yielding: a thread that is about to block in a handler pushes its session, with the claim, to the
 * ready list, and calls a parked thread to its place. That one exists: executor_wait_begin() has
 * reserved it, or started it, before the caller did anything that others can see; if there can be
 * none the call fails with -EDEADLK and nothing happened. When the blocked call ends its thread
 * goes on at once, beside whoever took its place (to wait for a place would deadlock with locks
 * that the application holds); when its handler has returned and the loop is full, it parks. A
 * parked thread that nobody needs for a second ends.
 *
 *	inside + parked + blocked = total <= 16            parked - called >= reserved
 *
 * No wake-up is lost: the ready list is changed and looked at under one lock, and so is `sleeping`.
 * Who pushes signals the wake descriptor if somebody sleeps; a thread counts itself as sleeping
 * only when the list is empty, and the descriptor is edge-triggered, so that a signal between that
 * and epoll_wait() is reported by it. Several signals may be one edge, and who was told of work may
 * be kept from it: by other work, or because it has to park. So whoever takes work or parks passes
 * on what it leaves to one of those that sleep.
 *
 * What belongs to no session (`local`: deferred callbacks, the log) takes turns with the ready list,
 * on which there is always something while a peer streams.
 *
 * Own loop: no threads; cohort_dispatch() does what a thread would do. A handler that blocks
 * dispatches on its own stack instead of yielding, 16 deep at most.
 */
#include "engine/executor.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "engine/channel.h"
#include "engine/serve.h"
#include "engine/session.h"

#define PARK_NS COHORT_SECONDS(1)
#define DISPATCH_MAX 1024u

static _Thread_local struct frame *innermost;

struct frame *executor_frame(void)
{
	return innermost;
}

void executor_push_frame(struct frame *frame)
{
	frame->up = innermost;
	innermost = frame;
}

void executor_pop_frame(struct frame *frame)
{
	innermost = frame->up;
}

int executor_init(struct executor *e)
{
	int err;

	e->loop = LOOP_NONE;
	e->wake = WAKE_NONE;
	lock_init(&e->lock, LOCK_EXECUTOR);
	cond_init(&e->park);
	list_init(&e->ready);
	list_init(&e->deferred);
	pool_init(e);
	err = loop_init(&e->loop);
	if (!err)
		err = wake_init(&e->wake);
	if (!err)
		err = loop_add(&e->loop, wake_fd(&e->wake), EPOLLIN | EPOLLET, EXECUTOR_WAKE);
	return err;
}

void executor_deinit(struct executor *e)
{
	while (e->workers) {
		struct worker *w = e->workers;

		e->workers = w->next;
		free(w->large);
		free(w->buffer);
		free(w);
	}
	pool_deinit(e);
	wake_deinit(&e->wake);
	loop_deinit(&e->loop);
	cond_deinit(&e->park);
	lock_deinit(&e->lock);
}

static struct worker *new_worker(size_t size)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->buffer = malloc(size);
	if (!w->buffer) {
		free(w);
		return NULL;
	}
	return w;
}

static struct worker *worker_take(struct cohort *c)
{
	struct executor *e = &c->executor;
	struct worker *w;

	lock_take(&e->lock);
	w = e->workers;
	if (w)
		e->workers = w->next;
	lock_drop(&e->lock);
	return w ? w : new_worker(serve_buffer_size(c));
}

static void worker_give(struct executor *e, struct worker *w)
{
	if (!w)
		return;
	free(w->large);
	w->large = NULL;
	w->large_size = 0;
	lock_take(&e->lock);
	w->next = e->workers;
	e->workers = w;
	lock_drop(&e->lock);
}

/* Ready list. */

static void push_ready(struct session *s, bool may_signal)
{
	struct executor *e = &s->channel->executor;
	bool signal;

	lock_take(&e->lock);
	list_add_tail(&e->ready, &s->ready_node);
	atomic_fetch_add_explicit(&e->ready_count, 1, memory_order_relaxed);
	signal = may_signal && (e->sleeping || s->channel->config.flags & COHORT_OWN_LOOP);
	lock_drop(&e->lock);
	if (signal)
		wake_signal(&e->wake);
}

static struct session *pop_ready_locked(struct executor *e)
{
	struct list_node *node = list_pop(&e->ready);

	if (!node)
		return NULL;
	atomic_fetch_sub_explicit(&e->ready_count, 1, memory_order_relaxed);
	return LIST_ENTRY(node, struct session, ready_node);
}

bool executor_has_work(const struct executor *e)
{
	return atomic_load_explicit(&e->ready_count, memory_order_relaxed) ||
	       atomic_load_explicit(&e->local, memory_order_relaxed);
}

static struct session *pop_ready(struct executor *e)
{
	struct session *s;

	lock_take(&e->lock);
	s = pop_ready_locked(e);
	lock_drop(&e->lock);
	return s;
}

void executor_push(struct session *s)
{
	push_ready(s, true);
}

static void kick(struct session *s, bool may_signal)
{
	uint32_t claim = CLAIM_IDLE;

	/*
	 * seq_cst: what the caller has stored comes before, and the server's last look before its
	 * swap to IDLE.
	 */
	while (!atomic_compare_exchange_weak(&s->claim, &claim,
					     claim == CLAIM_IDLE ? CLAIM_BUSY : CLAIM_AGAIN))
		;
	if (claim == CLAIM_IDLE)
		push_ready(s, may_signal);
}

void executor_kick(struct session *s)
{
	kick(s, true);
}

void executor_defer(struct cohort *c, struct deferred *deferred)
{
	struct executor *e = &c->executor;

	lock_take(&e->lock);
	list_add_tail(&e->deferred, &deferred->node);
	lock_drop(&e->lock);
	executor_kick_local(c);
}

unsigned executor_run_deferred(struct cohort *c)
{
	struct executor *e = &c->executor;
	struct list_node *node;
	unsigned n = 0;

	for (;; n++) {
		struct deferred *deferred;

		lock_take(&e->lock);
		node = list_pop(&e->deferred);
		lock_drop(&e->lock);
		if (!node)
			return n;
		deferred = LIST_ENTRY(node, struct deferred, node);
		deferred->run(c, deferred);
	}
}

void executor_kick_local(struct cohort *c)
{
	atomic_store(&c->executor.local, true);
	wake_signal(&c->executor.wake);
}

/* Polling. */

static void on_event(struct cohort *c, const struct loop_event *event, bool others)
{
	struct session *s;

	if (event->tag == EXECUTOR_WAKE)
		return;
	s = channel_session(c, (uint32_t)event->tag);
	if (!s)
		return;
	serve_bell(s);
	kick(s, others);
	session_unuse(s);
}

static int poll_loop(struct cohort *c, int64_t deadline)
{
	struct loop_event events[16];
	int n = loop_wait(&c->executor.loop, events, 16, deadline);

	for (int i = 0; i < n; i++)
		on_event(c, &events[i], i > 0);
	return n;
}

void executor_poll(struct cohort *c)
{
	poll_loop(c, 0);
}

static void sleep_in_loop(struct cohort *c)
{
	struct executor *e = &c->executor;
	struct loop_event events[16];
	int n = loop_wait(&e->loop, events, 16, DEADLINE_NEVER);

	lock_take(&e->lock);
	e->sleeping--;
	lock_drop(&e->lock);
	for (int i = 0; i < n; i++)
		on_event(c, &events[i], i > 0);
}

/* Threads. */

enum work {
	WORK_SESSION,
	WORK_LOCAL,
	WORK_POLL,
	WORK_END
};

static bool stays_parked(struct executor *e)
{
	return e->called == 0 && !e->stop;
}

/* Waits for a place, with the lock. False: nobody needed this thread for a while. */
static bool park_locked(struct executor *e)
{
	while (stays_parked(e)) {
		int err = cond_wait(&e->park, &e->lock, deadline_after(clock_now(), PARK_NS));

		if (err == -ETIMEDOUT && stays_parked(e) && e->parked > e->reserved) {
			e->parked--;
			return false;
		}
	}
	e->parked--;
	if (e->called)
		e->called--;
	e->inside++;
	return true;
}

/* Whether somebody who sleeps must be told of what is there. */
static bool must_pass_on_locked(struct executor *e)
{
	return e->sleeping && (!list_empty(&e->ready) || atomic_load(&e->local));
}

static enum work pick_locked(struct executor *e, struct session **s)
{
	bool local_first = !e->local_was_last && atomic_load(&e->local);

	e->local_was_last = false;
	if (!local_first) {
		*s = pop_ready_locked(e);
		if (*s)
			return WORK_SESSION;
	}
	if (atomic_exchange(&e->local, false)) {
		e->local_was_last = true;
		return WORK_LOCAL;
	}
	if (e->stop) {
		e->inside--;
		return WORK_END;
	}
	e->sleeping++;
	return WORK_POLL;
}

/* Parks while there are too many. False: nobody needs this thread any more. */
static bool keep_place_locked(struct executor *e)
{
	while (!e->stop && e->inside > e->target) {
		e->inside--;
		e->parked++;
		if (!park_locked(e))
			return false;
	}
	return true;
}

static enum work next_work(struct executor *e, struct session **s)
{
	enum work work = WORK_END;
	bool pass_on;

	lock_take(&e->lock);
	if (e->inside > e->target && must_pass_on_locked(e)) {
		lock_drop(&e->lock);
		wake_signal(&e->wake);
		lock_take(&e->lock);
	}
	if (keep_place_locked(e))
		work = pick_locked(e, s);
	pass_on = work != WORK_POLL && must_pass_on_locked(e);
	lock_drop(&e->lock);
	if (pass_on)
		wake_signal(&e->wake);
	return work;
}

static void run_loop(struct cohort *c, struct worker *worker)
{
	struct session *s = NULL;

	for (;;) {
		switch (next_work(&c->executor, &s)) {
		case WORK_SESSION:
			serve_session(s, worker, true);
			break;
		case WORK_LOCAL:
			serve_local(c);
			break;
		case WORK_POLL:
			sleep_in_loop(c);
			break;
		case WORK_END:
			return;
		}
	}
}

struct start {
	struct cohort *c;
	struct worker *worker;
	unsigned index;
	bool parked;
};

static void *act_main(void *arg)
{
	struct start start = *(struct start *)arg;
	struct executor *e = &start.c->executor;
	bool in = true;

	free(arg);
	running_attach(&e->running[start.index]);
	if (start.parked) {
		lock_take(&e->lock);
		in = park_locked(e);
		lock_drop(&e->lock);
	}
	if (in)
		run_loop(start.c, start.worker);
	worker_give(e, start.worker);
	lock_take(&e->lock);
	e->total--;
	e->finished[start.index] = true;
	lock_drop(&e->lock);
	return NULL;
}

/*
 * An entry of the thread table; if a thread has ended in it, it must be joined first. The entry is
 * the caller's.
 */
static int claim_entry_locked(struct executor *e, unsigned *index, bool *must_join)
{
	for (unsigned i = 0; i < COHORT_THREADS_MAX; i++) {
		if (e->used[i] && !e->finished[i])
			continue;
		*must_join = e->used[i];
		e->used[i] = true;
		e->finished[i] = false;
		*index = i;
		return 0;
	}
	return -EDEADLK;
}

static int start_in_entry(struct cohort *c, unsigned index, bool must_join, bool parked)
{
	struct executor *e = &c->executor;
	struct thread_attr attr = c->thread_attr;
	struct start *start = malloc(sizeof(*start));
	int err = -ENOMEM;

	if (must_join)
		thread_join(e->thread[index]);
	attr.name = c->act_name;
	if (start) {
		*start = (struct start){
			.c = c, .worker = worker_take(c), .index = index, .parked = parked
		};
		if (start->worker)
			err = thread_start(&e->thread[index], &attr, act_main, start);
	}
	if (err && start) {
		worker_give(e, start->worker);
		free(start);
	}
	return err;
}

/*
 * Starts a thread that has a place (inside) or waits for one (parked); it is counted before it
 * begins.
 */
static int start_thread(struct cohort *c, bool parked)
{
	struct executor *e = &c->executor;
	unsigned *place = parked ? &e->parked : &e->inside;
	unsigned index = 0;
	bool must_join = false;
	int err;

	lock_take(&e->lock);
	err = e->stop || e->total == COHORT_THREADS_MAX ? -EDEADLK
							: claim_entry_locked(e, &index, &must_join);
	if (!err) {
		e->total++;
		*place += 1;
	}
	lock_drop(&e->lock);
	if (err)
		return err;
	err = start_in_entry(c, index, must_join, parked);
	if (!err)
		return 0;
	lock_take(&e->lock);
	e->total--;
	*place -= 1;
	e->used[index] = false;
	lock_drop(&e->lock);
	return err;
}

int executor_start(struct cohort *c)
{
	struct executor *e = &c->executor;
	int err = 0;

	if (c->config.flags & COHORT_OWN_LOOP)
		return 0;
	e->target = c->config.handler_threads;
	for (unsigned i = 0; i < e->target && !err; i++)
		err = start_thread(c, false);
	return err;
}

static void join_all(struct executor *e)
{
	for (unsigned i = 0; i < COHORT_THREADS_MAX; i++) {
		if (e->used[i])
			thread_join(e->thread[i]);
		e->used[i] = false;
	}
}

void executor_stop(struct cohort *c)
{
	struct executor *e = &c->executor;

	lock_take(&e->lock);
	e->stop = true;
	cond_broadcast(&e->park);
	lock_drop(&e->lock);
	/* level-triggered: everybody sees it */
	loop_change(&e->loop, wake_fd(&e->wake), EPOLLIN, EXECUTOR_WAKE);
	wake_signal(&e->wake);
	pool_stop(c);
	join_all(e);
	serve_local(c);
}

/* Waiting inside the library. */

static bool on_own_loop(const struct frame *frame)
{
	return frame->channel->config.flags & COHORT_OWN_LOOP && !frame->pool_waits;
}

static int reserve_locked(struct executor *e)
{
	if (e->parked - e->called <= e->reserved)
		return -EAGAIN;
	e->reserved++;
	return 0;
}

static int reserve_thread(struct cohort *c)
{
	struct executor *e = &c->executor;
	int err;

	for (;;) {
		lock_take(&e->lock);
		err = e->stop ? -EDEADLK : reserve_locked(e);
		lock_drop(&e->lock);
		if (err != -EAGAIN)
			return err;
		if (start_thread(c, true))
			return -EDEADLK;
	}
}

static int reserve(struct frame *frame)
{
	struct executor *e = &frame->channel->executor;

	if (frame->pool_waits)
		return pool_reserve(e);
	if (on_own_loop(frame))
		return e->depth >= EXECUTOR_DEPTH ? -EDEADLK : 0;
	return reserve_thread(frame->channel);
}

static bool peer_waits_too_much(struct session *s)
{
	return s && atomic_fetch_add(&s->waiting_handlers, 1) >= COHORT_THREADS_MAX / 2;
}

int executor_wait_begin(struct executor_wait *wait)
{
	struct frame *frame = executor_frame();
	int err;

	*wait = (struct executor_wait){ .frame = frame };
	if (!frame)
		return 0;
	err = peer_waits_too_much(frame->session) ? -EDEADLK : reserve(frame);
	if (err && frame->session)
		atomic_fetch_sub(&frame->session->waiting_handlers, 1);
	if (err)
		wait->frame = NULL;
	return err;
}

static void leave_place(struct executor *e)
{
	lock_take(&e->lock);
	e->inside--;
	e->blocked++;
	e->reserved--;
	if (e->inside + e->called < e->target) {
		e->called++;
		cond_signal(&e->park);
	}
	lock_drop(&e->lock);
}

static void hand_on_session(struct frame *frame)
{
	if (!frame || !frame->session || frame->yielded || frame->pool_waits)
		return;
	frame->yielded = true;
	/* until it returns: no `left` before that */
	atomic_fetch_add(&frame->session->handlers, 1);
	serve_settle(frame->session);
	executor_push(frame->session);
}

void executor_wait_yield(struct executor_wait *wait)
{
	struct frame *frame = wait->frame;

	if (!frame || wait->yielded)
		return;
	wait->yielded = true;
	if (frame->pool_waits) {
		atomic_store(frame->pool_waits, true);
		serve_wake_fences(frame->session);
	}
	hand_on_session(frame);
	if (!frame->session && !frame->pool_waits)
		executor_kick_local(frame->channel); /* for what waits behind this callback */
	if (!frame->pool_waits && !on_own_loop(frame))
		leave_place(&frame->channel->executor);
}

static void return_to_place(struct executor *e, bool yielded)
{
	lock_take(&e->lock);
	if (yielded) {
		e->blocked--;
		e->inside++;
	} else {
		e->reserved--;
	}
	lock_drop(&e->lock);
}

void executor_wait_end(struct executor_wait *wait)
{
	struct frame *frame = wait->frame;

	if (!frame)
		return;
	if (frame->session)
		atomic_fetch_sub(&frame->session->waiting_handlers, 1);
	if (frame->pool_waits) {
		atomic_store(frame->pool_waits, false);
		pool_unreserve(&frame->channel->executor);
	} else if (!on_own_loop(frame))
		return_to_place(&frame->channel->executor, wait->yielded);
	*wait = (struct executor_wait){ 0 };
}

/* Own loop. */

struct cohort *executor_wait_loop(const struct executor_wait *wait)
{
	return wait->frame && on_own_loop(wait->frame) ? wait->frame->channel : NULL;
}

static unsigned serve_local_if_due(struct cohort *c)
{
	_Atomic bool *due = &c->executor.local;

	return atomic_load(due) && atomic_exchange(due, false) ? serve_local(c) : 0;
}

/* Everything that is ready now, up to a limit. */
static unsigned serve_ready(struct cohort *c, struct worker *worker)
{
	unsigned served = serve_local_if_due(c);
	struct session *s;

	while (served < DISPATCH_MAX && (s = pop_ready(&c->executor))) {
		served += serve_session(s, worker, false);
		served += serve_local_if_due(c);
	}
	return served;
}

static int dispatch_round(struct cohort *c, struct worker *worker, int64_t deadline)
{
	unsigned served = serve_ready(c, worker);
	int n = poll_loop(c, served ? 0 : deadline);

	if (n > 0)
		served += serve_ready(c, worker);
	/* What is left makes the descriptor readable again. */
	if (executor_has_work(&c->executor))
		wake_signal(&c->executor.wake);
	return n < 0 && n != -EINTR ? n : (int)served;
}

int executor_wait_dispatch(struct cohort *c, int64_t deadline)
{
	struct executor *e = &c->executor;
	struct worker *worker = worker_take(c);
	int n;

	if (!worker)
		return -ENOMEM;
	e->depth++;
	n = dispatch_round(c, worker, deadline);
	e->depth--;
	worker_give(e, worker);
	return n;
}

bool executor_dispatches_here(struct cohort *c)
{
	struct executor *e = &c->executor;
	bool here;

	lock_take(&e->lock);
	here = e->dispatched && pthread_equal(e->dispatcher, pthread_self());
	lock_drop(&e->lock);
	return here;
}

/* One thread at a time; that thread again, from a callback, is allowed. */
static int enter_dispatch(struct executor *e, bool *nested)
{
	int err = 0;

	lock_take(&e->lock);
	*nested = e->dispatching;
	if (e->dispatching && !pthread_equal(e->dispatcher, pthread_self()))
		err = -EBUSY;
	else if (e->depth >= EXECUTOR_DEPTH)
		err = -EDEADLK;
	if (!err) {
		e->dispatching = e->dispatched = true;
		e->dispatcher = pthread_self();
	}
	lock_drop(&e->lock);
	return err;
}

static void leave_dispatch(struct executor *e)
{
	lock_take(&e->lock);
	e->dispatching = false;
	lock_drop(&e->lock);
}

/* Waits until something was served, or the deadline: a wake that brought nothing is no result. */
static int dispatch_until(struct cohort *c, int64_t deadline)
{
	int n;

	do {
		n = executor_wait_dispatch(c, deadline);
	} while (n == 0 && deadline > clock_now() && !atomic_load(&c->closing));
	return n;
}

int executor_dispatch(struct cohort *c, int64_t deadline)
{
	struct executor *e = &c->executor;
	bool nested;
	int n = enter_dispatch(e, &nested);

	if (n)
		return n;
	if (nested)
		hand_on_session(executor_frame());
	n = dispatch_until(c, deadline);
	if (!nested)
		leave_dispatch(e);
	return n;
}
