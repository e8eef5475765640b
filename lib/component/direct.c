/*
 * direct.c: a call is a plain call of the function, on the caller's thread, when it is its turn
 * (turn.c).
 *
 * Parameters are the caller's own object. Results are a copy, because what the component leaves in
 * `out` may be static. If the two sides were not compiled with the same tables (they fit, but one
 * has more fields) both go through the encoding.
 *
 * The outcome is in a direct_call, which the caller and the job hold together: a job that was kept
 * may be answered long after the caller gave up. Its fields are guarded by the lock of the turn at
 * which it is served, and a caller that waits for a kept job waits on that turn's condition.
 *
 * To a channel a wait in here is none of its own: a function of a component in mode thread that waits
 * for one in mode direct keeps its handler thread, so that others of its side wait with it, until the
 * deadline at worst.
 *
 * Nobody waits for an asynchronous call whose job was kept; a thread of its own does then, like a
 * synchronous caller, and calls `done`. These are the only threads of this mode. Each puts itself
 * in the port's list when it has ended but for its last instructions, from which the next such call
 * or the end of the component joins it.
 */
#include "component/direct.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "component/clock.h"
#include "component/frame.h"
#include "component/job.h"
#include "component/parcel.h"
#include "component/port.h"

struct direct_call {
	atomic_uint refs;		/* the caller, the job. Partner: call_unref() */
	struct cohort_port *port;	/* the caller's side */
	struct turn *turn;		/* of the other side, a reference */
	const struct cohort_type *type; /* of the results, as the caller knows them */
	bool alike;			/* as the other side does, too */
	int64_t deadline;
	struct pending *pending; /* what the function sent, and waits in a queue */
	/* of an asynchronous call: */
	cohort_port_done *done;
	void *arg;
	/* guarded by turn->lock: */
	bool answered, abandoned;
	int error, status;
	struct parcel *results;
};

static int call_new(struct direct_call **out, struct cohort_port *port,
		    const struct port_call *from)
{
	struct direct_call *call = calloc(1, sizeof(*call));

	if (!call)
		return -ENOMEM;
	atomic_init(&call->refs, 1);
	call->port = port;
	call->turn = turn_ref(port->other->turn);
	call->type = from->binding->interface->methods[from->method].out;
	call->alike = from->binding->alike;
	call->deadline = from->deadline;
	call->done = from->done;
	call->arg = from->arg;
	*out = call;
	return 0;
}

static void call_unref(struct direct_call *call)
{
	/* acq_rel: what the other holder wrote happened before it is freed */
	if (atomic_fetch_sub_explicit(&call->refs, 1, memory_order_acq_rel) != 1)
		return;
	parcel_free(call->results);
	turn_unref(call->turn);
	free(call);
}

/* The way back. */

static int copy_results(const struct cohort_job *job, const void *out, struct parcel **results)
{
	const struct direct_call *call = job->from.direct;

	return call->alike ? parcel_copy(results, call->type, out)
			   : parcel_translate(results, job->method->out, out, call->type);
}

static int tell(struct direct_call *call, int error, int status, struct parcel *results)
{
	struct turn *turn = call->turn;
	int err = 0;

	pthread_mutex_lock(&turn->lock);
	if (turn->shut)
		err = -ESHUTDOWN;
	else if (call->abandoned || !clock_left(call->deadline))
		err = -ETIMEDOUT;
	if (!call->abandoned) {
		call->answered = true;
		call->error = err ? err : error;
		call->status = status;
		call->results = err ? NULL : results;
		pthread_cond_broadcast(&turn->changed);
	}
	pthread_mutex_unlock(&turn->lock);
	if (err)
		parcel_free(results);
	return err;
}

static int back_answer(struct cohort_job *job, int error, int status, const void *out)
{
	struct parcel *results = NULL;
	int err = 0, told;

	if (job->oneway)
		return -EOPNOTSUPP;
	if (!error && !status)
		err = copy_results(job, out, &results);
	if (err)
		error = err == -ENOMEM || err == -EMFILE ? err : -EBADMSG;
	told = tell(job->from.direct, error, status, results);
	return told ? told : err;
}

static bool back_cancelled(const struct cohort_job *job)
{
	const struct direct_call *call = job->from.direct;
	struct turn *turn;
	bool gone;

	if (!call)
		return false;
	turn = call->turn;
	pthread_mutex_lock(&turn->lock);
	gone = turn->shut || call->abandoned || call->answered;
	pthread_mutex_unlock(&turn->lock);
	return gone || !clock_left(call->deadline);
}

static int back_keep(struct cohort_job *job)
{
	(void)job;
	return 0;
}

static void back_release(struct cohort_job *job)
{
	if (job->from.direct)
		call_unref(job->from.direct);
}

static const struct job_back direct_back = { back_answer, back_cancelled, back_keep, back_release };

/* Serving. */

static int make_job(struct cohort_job **out, const struct binding *binding, uint32_t method,
		    const void *in)
{
	struct cohort_job *job;
	int err = job_new(&job, binding->other, method);

	if (err)
		return err;
	job->back = &direct_back;
	job->in = in;
	if (!binding->alike) {
		err = parcel_translate(&job->parcel, binding->interface->methods[method].in, in,
				       job->method->in);
		if (err) {
			job_free(job);
			return err;
		}
		job->in = job->parcel->object;
	}
	*out = job;
	return 0;
}

/*
 * Runs a function of a side, with its turn (or inside it, if `held` is NULL). Whether it still has
 * it.
 */
static bool run_job(struct cohort_job *job, struct turn *held, struct pending **pending)
{
	struct cohort_port *side = job->service->port;
	struct frame frame = {
		.owner = side->owner,
		.deadline = job->deadline,
		.home = side->turn,
		.turn = held,
	};

	turn_enter(side->turn);
	job_run(job, &frame);
	*pending = frame.pending;
	turn_leave(side->turn);
	return frame.turn;
}

static void serve(struct direct_call *call, struct cohort_job *job, bool held)
{
	struct turn *turn = call->turn;

	job->deadline = call->deadline;
	job->from.direct = call;
	atomic_fetch_add_explicit(&call->refs, 1, memory_order_relaxed);
	if (run_job(job, held ? turn : NULL, &call->pending))
		turn_give(turn);
}

/* Waits for a job that was kept, and gives up when it is time. */
static void await_answer(struct direct_call *call)
{
	struct turn *turn = call->turn;
	int err = 0;

	pthread_mutex_lock(&turn->lock);
	while (!call->answered && !turn->shut && !err)
		err = clock_cond_wait(&turn->changed, &turn->lock, call->deadline);
	call->abandoned = !call->answered;
	if (call->abandoned)
		call->error = turn->shut ? -ESHUTDOWN : -ETIMEDOUT;
	pthread_mutex_unlock(&turn->lock);
}

/* What came of it: on 0 the results, if there are any, are the caller's. */
static int outcome(struct direct_call *call, struct parcel **results, int *status)
{
	int late = turn_await(call->port->turn, call->pending, call->deadline);

	call->pending = NULL;
	if (!call->error && late)
		return late;
	if (call->error)
		return call->error;
	*status = call->status;
	*results = call->results;
	call->results = NULL;
	return 0;
}

static int take_and_serve(struct direct_call *call, struct cohort_job *job)
{
	bool held;
	int err = turn_take(call->turn, call->deadline, &held);

	if (err)
		job_free(job);
	else
		serve(call, job, held);
	return err;
}

static int call_and_wait(struct direct_call *call, struct cohort_job *job, struct parcel **results,
			 int *status)
{
	struct frame *frame = frame_top();
	struct turn *home = frame ? frame->home : NULL;
	int err = turn_wait_begin(home);

	if (err) {
		job_free(job);
		return err;
	}
	err = take_and_serve(call, job);
	if (!err) {
		await_answer(call);
		err = outcome(call, results, status);
	}
	turn_wait_end(home);
	return err;
}

static int direct_call_sync(struct cohort_port *port, const struct port_call *from,
			    struct parcel **results, int *status)
{
	struct direct_call *call;
	struct cohort_job *job;
	int err = call_new(&call, port, from);

	if (err)
		return err;
	err = make_job(&job, from->binding, from->method, from->in);
	if (!err)
		err = call_and_wait(call, job, results, status);
	call_unref(call);
	return err;
}

/* What does not wait: one-way and asynchronous calls. */

struct item {
	struct turn_item item;
	struct cohort_port *port;
	struct cohort_job *job;
	struct direct_call *call; /* asynchronous, else NULL */
};

static bool run_oneway(struct turn_item *turn_item, struct turn *turn)
{
	struct item *item = (struct item *)turn_item;
	struct pending *pending;
	bool held = run_job(item->job, turn, &pending);

	/* nobody waits for it, nor for what it sent */
	turn_await(item->port->turn, pending, 0);
	free(item);
	return held;
}

/* Calls `done`, and returns whether the turn is still held. */
static bool conclude(struct direct_call *call, struct turn *held)
{
	struct frame frame = {
		.owner = call->port->owner,
		.deadline = COHORT_FOREVER,
		.turn = held,
	};
	struct parcel *results = NULL;
	int status = 0, err = outcome(call, &results, &status);

	frame_push(&frame);
	call->done(call->port, err, status, results && !status ? results->object : NULL, call->arg);
	frame_pop(&frame);
	return frame.turn;
}

static void leave(struct direct_call *call)
{
	port_leave(call->port);
	call_unref(call);
}

static bool finish(struct direct_call *call, struct turn *held)
{
	bool still = conclude(call, held);

	leave(call);
	return still;
}

struct waiter {
	struct waiter *next;
	pthread_t thread;
	struct direct_call *call;
};

static void *wait_for_kept(void *arg)
{
	struct waiter *waiter = arg;
	struct direct_call *call = waiter->call;
	struct cohort_port *port = call->port;

	await_answer(call);
	conclude(call, NULL);
	waiter->thread = pthread_self();
	pthread_mutex_lock(&port->lock);
	waiter->next = port->ended;
	port->ended = waiter;
	pthread_mutex_unlock(&port->lock);
	leave(call);
	return NULL;
}

static void join_ended(struct cohort_port *port)
{
	struct waiter *waiter, *next;

	pthread_mutex_lock(&port->lock);
	waiter = port->ended;
	port->ended = NULL;
	pthread_mutex_unlock(&port->lock);
	for (; waiter; waiter = next) {
		next = waiter->next;
		pthread_join(waiter->thread, NULL);
		free(waiter);
	}
}

static int start_waiter(struct direct_call *call)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));
	pthread_t thread;
	int err;

	if (!waiter)
		return -ENOMEM;
	waiter->call = call;
	err = pthread_create(&thread, NULL, wait_for_kept, waiter);
	if (err)
		free(waiter);
	return -err;
}

/* Its job was kept, or what it sent waits. If there can be no thread this one does. */
static void wait_apart(struct direct_call *call)
{
	join_ended(call->port);
	if (!start_waiter(call))
		return;
	await_answer(call);
	finish(call, NULL);
}

static bool has_outcome(struct direct_call *call)
{
	bool answered;

	pthread_mutex_lock(&call->turn->lock);
	answered = call->answered;
	pthread_mutex_unlock(&call->turn->lock);
	return answered && !call->pending;
}

/* It waited so long in the queue that there is nothing to do any more. */
static bool is_over(struct direct_call *call)
{
	struct turn *turn = call->turn;

	pthread_mutex_lock(&turn->lock);
	if (turn->shut)
		call->error = -ESHUTDOWN;
	else if (!clock_left(call->deadline))
		call->error = -ETIMEDOUT;
	call->abandoned = call->error;
	pthread_mutex_unlock(&turn->lock);
	return call->abandoned;
}

static bool run_async(struct turn_item *turn_item, struct turn *turn)
{
	struct item *item = (struct item *)turn_item;
	struct direct_call *call = item->call;
	struct cohort_job *job = item->job;
	bool held = true;

	free(item);
	if (is_over(call)) {
		job_drop(job);
		return finish(call, turn);
	}
	held = run_job(job, turn, &call->pending);
	if (has_outcome(call))
		return finish(call, held ? turn : NULL);
	wait_apart(call);
	return held;
}

/*
 * The parameters of what has to wait are a copy. Whether it has to is known only under the lock of the
 * turn, so that everything is copied: it is the price of not waiting.
 */
static int make_item(struct item **out, struct cohort_port *port, const struct port_call *from)
{
	struct item *item = calloc(1, sizeof(*item));
	int err;

	if (!item)
		return -ENOMEM;
	item->port = port;
	err = make_job(&item->job, from->binding, from->method, from->in);
	if (!err && !item->job->parcel) {
		err = parcel_copy(&item->job->parcel, item->job->method->in, from->in);
		if (err)
			job_free(item->job);
		else
			item->job->in = item->job->parcel->object;
	}
	if (err) {
		free(item);
		return err;
	}
	*out = item;
	return 0;
}

/* A function that sends to its own caller. */
static struct frame *sender_of(const struct cohort_port *port)
{
	struct frame *frame = frame_top();

	return frame && frame->home == port->turn ? frame : NULL;
}

static int post(struct item *item, struct cohort_port *port)
{
	struct cohort_job *job = item->job;
	int err = turn_post(port->other->turn, &item->item, sender_of(port));

	if (err) {
		job_drop(job);
		free(item);
	}
	return err;
}

static int direct_call_async(struct cohort_port *port, const struct port_call *from)
{
	struct direct_call *call;
	struct item *item;
	int err = call_new(&call, port, from);

	if (err)
		return err;
	err = make_item(&item, port, from);
	if (err) {
		call_unref(call);
		return err;
	}
	item->item.run = run_async;
	item->call = call;
	item->job->deadline = call->deadline;
	item->job->from.direct = call;
	atomic_fetch_add_explicit(&call->refs, 1, memory_order_relaxed);
	port_hold(port);
	err = post(item, port);
	if (err) {
		port_leave(port);
		call_unref(call);
	}
	return err;
}

static int direct_send(struct cohort_port *port, const struct port_call *from)
{
	struct item *item;
	int err = make_item(&item, port, from);

	if (err)
		return err;
	item->item.run = run_oneway;
	item->job->oneway = true;
	return post(item, port);
}

static const struct way direct_way = { direct_call_sync, direct_call_async, direct_send };

static void connect_bindings(struct cohort_port *from, struct cohort_port *to)
{
	for (size_t i = 0; i < from->nuses; i++)
		from->uses[i].other =
			binding_find(to->services, to->nservices, from->uses[i].interface->name);
}

void direct_connect(struct cohort_port *near, struct cohort_port *far)
{
	near->way = far->way = &direct_way;
	near->other = far;
	far->other = near;
	connect_bindings(near, far);
	connect_bindings(far, near);
}

void direct_end(struct cohort_port *near, struct cohort_port *far)
{
	port_set_gate(near, GATE_SHUT);
	port_set_gate(far, GATE_SHUT);
	turn_shut(far->turn);
	turn_shut(near->turn);
	port_drain(near);
	turn_drain(far->turn);
	turn_drain(near->turn);
	port_drain(far);
	join_ended(near);
	join_ended(far);
}
