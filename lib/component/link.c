/*
 * link.c: calls over a cohort channel, whose two ends are in one process (thread, loopback) or in two.
 *
 * The near port's end is the primary, the far port's the secondary; nothing else differs. Order,
 * nesting, deadlines, exactly one outcome for each call and what happens when a side dies are the
 * channel's. What is done here is to turn objects into messages and back:
 *
 *	             request                    answer, status 0            status < 0
 *	encoded      `in`, its descriptors      `out`, its descriptors      empty: the function's status
 *	parcel       u64: place on the shelf    empty; results lie there    i32: the runtime's error
 *
 * Parcels are for two ends in one process that were compiled with the same tables (binding->alike);
 * everything else is encoded. Both ends know both facts, so messages do not say which they are.
 *
 * A call fences when the other side calls anything of ours: then the events that the function sent have
 * been handled when it returns.
 *
 * Errors become those of component.h. What the end of a session looks like depends on when it is
 * noticed (-ESTALE, -EPIPE, -ESHUTDOWN ...); to the caller it is one: -ESHUTDOWN when the end was
 * asked for, else
 * -ENOTCONN or -EPIPE, which tell whether it may have run.
 */
#include "component/link.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cohort/call.h"
#include "cohort/request.h"
#include "component/bind.h"
#include "component/clock.h"
#include "component/component.h"
#include "component/encoder.h"
#include "component/frame.h"
#include "component/job.h"
#include "component/parcel.h"
#include "component/port.h"
#include "component/shelf.h"

/* Messages. */

/* What a call becomes; the encoder belongs to the thread, the descriptors to the object. */
struct body {
	struct cohort_encoder *encoder;
	struct cohort_encoded encoded;
	uint64_t number; /* of the place on the shelf, or 0 */
};

static bool as_parcel(const struct cohort_port *port, const struct binding *binding)
{
	return port->shelf && binding->alike;
}

static int encode(struct body *body, const struct cohort_type *type, const void *object)
{
	int err = encoder_get(&body->encoder);

	if (err)
		return err;
	err = cohort_encode(body->encoder, type, object, &body->encoded, NULL);
	if (err)
		encoder_put(body->encoder, 0);
	return err;
}

static void body_end(struct body *body)
{
	if (body->encoder)
		encoder_put(body->encoder, body->encoded.length);
}

/* It was sent, or (`err`) could not be: then nobody will look for it on the shelf. */
static void body_sent(struct cohort_port *port, struct body *body, int err)
{
	if (err && body->number)
		parcel_free(shelf_clear(port->shelf, body->number));
	body_end(body);
}

static int put_on_shelf(struct body *body, struct shelf *shelf, const struct cohort_type *type,
			const void *object)
{
	struct parcel *parcel;
	int err = parcel_copy(&parcel, type, object);

	if (err)
		return err;
	err = shelf_put(shelf, parcel, &body->number);
	if (err)
		parcel_free(parcel);
	return err;
}

static int make_body(struct body *body, const struct cohort_port *port,
		     const struct port_call *call)
{
	const struct cohort_type *type = call->binding->interface->methods[call->method].in;

	*body = (struct body){ .number = 0 };
	return as_parcel(port, call->binding) ? put_on_shelf(body, port->shelf, type, call->in)
					      : encode(body, type, call->in);
}

static struct cohort_message message_of(const struct body *body)
{
	struct cohort_message message = COHORT_MESSAGE_INIT;

	if (body->number) {
		message.data = &body->number;
		message.length = sizeof(body->number);
		return message;
	}
	message.data = body->encoded.data;
	message.length = body->encoded.length;
	message.fds = body->encoded.fds;
	message.nfds = body->encoded.nfds;
	return message;
}

static struct cohort_message message_for(const struct body *body, const struct cohort_port *port,
					 const struct port_call *call)
{
	struct cohort_message message = message_of(body);

	message.action = call->binding->actions[call->method];
	message.flags = COHORT_NO_INHERIT | (port->calls_back ? COHORT_FENCE : 0);
	return message;
}

/* Errors. */

/* What ran out on the way, in the words of component.h; else the error itself. */
static int of_resources(int err)
{
	switch (err) {
	case -ENOBUFS:
		return -EMFILE;
	case -EFBIG:
		return -ENOMEM;
	default:
		return err;
	}
}

static bool is_shut(struct cohort_port *port)
{
	bool shut;

	pthread_mutex_lock(&port->lock);
	shut = port->gate == GATE_SHUT;
	pthread_mutex_unlock(&port->lock);
	return shut;
}

/* The session is over, in one of the ways in which that can be seen. */
static int end_of_session(struct cohort_port *port, cohort_peer peer, int err)
{
	struct cohort_component *component = port->component;

	if (component && component->mode->settle && !is_shut(port))
		component->mode->settle(component, peer);
	if (!component || is_shut(port))
		return -ESHUTDOWN;
	return err == -ESTALE || err == -ENOTCONN ? -ENOTCONN : -EPIPE;
}

/* What a call to this peer fails with. */
static int error_of(struct cohort_port *port, cohort_peer peer, int err)
{
	if (peer == COHORT_NOBODY)
		err = -ESTALE;
	switch (err) {
	case -ESTALE:
	case -ENOTCONN:
	case -EPIPE:
	case -ECANCELED:
	case -ESHUTDOWN:
		return end_of_session(port, peer, err);
	case -ENOENT:
		return -ENOSYS;
	default:
		return of_resources(err);
	}
}

/* Answers. */

static void close_all(const int *fds, size_t nfds)
{
	for (size_t i = 0; i < nfds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int decode_reply(struct cohort_reply *reply, const struct cohort_type *type,
			struct parcel **results)
{
	int fds[COHORT_FDS_MAX];
	size_t length, nfds = cohort_reply_fds(reply);
	const void *data = cohort_reply_data(reply, &length);
	int err;

	for (size_t i = 0; i < nfds; i++)
		fds[i] = cohort_reply_fd_take(reply, i);
	err = parcel_decode(results, type, data, length, fds, nfds);
	if (err)
		close_all(fds, nfds);
	return err == -ENOMEM ? err : err ? -EBADMSG : 0;
}

/*
 * What only this side can know of a session: a worker that says so lies, and calls would be made
 * again.
 */
static bool is_of_session(int32_t error)
{
	return error == -ENOTCONN || error == -EPIPE || error == -ESHUTDOWN || error == -ETIMEDOUT;
}

static int read_failure(const struct cohort_reply *reply, int *status)
{
	size_t length;
	const void *data = cohort_reply_data(reply, &length);
	int32_t error;

	if (length != sizeof(error)) {
		*status = cohort_reply_status(reply);
		return 0;
	}
	memcpy(&error, data, sizeof(error));
	return error < 0 && error >= -4095 && !is_of_session(error) ? error : -EBADMSG;
}

/* `shelved` is what lay on the shelf; it is taken. */
static int read_reply(struct cohort_reply *reply, const struct cohort_type *type, bool parcel,
		      struct parcel *shelved, struct parcel **results, int *status)
{
	if (cohort_reply_status(reply)) {
		parcel_free(shelved);
		return read_failure(reply, status);
	}
	*status = 0;
	if (!parcel)
		return decode_reply(reply, type, results);
	*results = shelved;
	return shelved ? 0 : -EBADMSG;
}

static const struct cohort_type *results_of(const struct port_call *call)
{
	return call->binding->interface->methods[call->method].out;
}

static int over_link_call(struct cohort_port *port, const struct port_call *call,
			  struct parcel **results, int *status)
{
	struct cohort_reply *reply = NULL;
	struct cohort_message message;
	struct parcel *shelved = NULL;
	struct body body;
	int err = make_body(&body, port, call);

	if (err)
		return err;
	message = message_for(&body, port, call);
	err = cohort_request(port->channel, call->peer, &message, clock_left(call->deadline),
			     &reply);
	if (body.number)
		shelved = shelf_clear(port->shelf, body.number);
	body_end(&body);
	if (err) {
		parcel_free(shelved);
		return error_of(port, call->peer, err);
	}
	err = read_reply(reply, results_of(call), body.number, shelved, results, status);
	cohort_reply_free(reply);
	return err;
}

/* Asynchronous. */

struct pending_call {
	struct cohort_port *port;
	cohort_peer peer;
	const struct cohort_type *type;
	uint64_t number;
	cohort_port_done *done;
	void *arg;
};

static void finish(struct pending_call *pending, int err, int status, struct parcel *results)
{
	struct frame frame = { .owner = pending->port->owner, .deadline = COHORT_FOREVER };

	frame_push(&frame);
	pending->done(pending->port, err, err ? 0 : status, results ? results->object : NULL,
		      pending->arg);
	frame_pop(&frame);
	free(pending);
}

static void on_done(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply, void *arg)
{
	struct pending_call *pending = arg;
	struct parcel *results = NULL, *shelved = NULL;
	int status = 0;

	(void)c;
	(void)id;
	if (pending->number)
		shelved = shelf_clear(pending->port->shelf, pending->number);
	if (error)
		parcel_free(shelved);
	error = error ? error_of(pending->port, pending->peer, error)
		      : read_reply(reply, pending->type, pending->number, shelved, &results,
				   &status);
	cohort_reply_free(reply);
	finish(pending, error, status, results);
}

static int ask_async(struct cohort_port *port, const struct port_call *call,
		     const struct body *body)
{
	struct pending_call *pending = calloc(1, sizeof(*pending));
	struct cohort_message message = message_for(body, port, call);
	int err;

	message.flags &= ~COHORT_FENCE; /* `done` takes its turn behind the events anyway */
	if (!pending)
		return -ENOMEM;
	*pending = (struct pending_call){ port,		call->peer, results_of(call),
					  body->number, call->done, call->arg };
	err = cohort_request_async(port->channel, call->peer, &message, clock_left(call->deadline),
				   on_done, pending, NULL);
	if (err)
		free(pending);
	return err ? error_of(port, call->peer, err) : 0;
}

static int over_link_async(struct cohort_port *port, const struct port_call *call)
{
	struct body body;
	int err = make_body(&body, port, call);

	if (err)
		return err;
	err = ask_async(port, call, &body);
	body_sent(port, &body, err);
	return err;
}

static int over_link_send(struct cohort_port *port, const struct port_call *call)
{
	struct cohort_message message;
	struct body body;
	int err = make_body(&body, port, call);

	if (err)
		return err;
	message = message_for(&body, port, call);
	message.flags = 0;
	err = cohort_send(port->channel, call->peer, &message, clock_left(call->deadline));
	body_sent(port, &body, err);
	return err ? error_of(port, call->peer, err) : 0;
}

static const struct way over_link = { over_link_call, over_link_async, over_link_send };

/* The way back of a job. */

static int told(int err)
{
	switch (err) {
	case COHORT_QUEUED:
		return 0;
	case -EALREADY:
		return -ECANCELED;
	default:
		return of_resources(err);
	}
}

static int reply_error(struct cohort_job *job, int error)
{
	struct cohort_message message = COHORT_MESSAGE_INIT;
	int32_t value = error;

	message.data = &value;
	message.length = sizeof(value);
	return told(cohort_call_reply(job->from.call, error, &message));
}

static int reply_parcel(struct cohort_job *job, const void *out)
{
	struct parcel *results;
	int err = parcel_copy(&results, job->method->out, out);

	if (err)
		return err;
	err = shelf_answer(job->shelf, job->number, results);
	if (err)
		return err;
	return cohort_call_reply(job->from.call, 0, NULL);
}

static int reply_encoded(struct cohort_job *job, const void *out)
{
	struct body body = { .number = 0 };
	struct cohort_message message;
	int err = encode(&body, job->method->out, out);

	if (err)
		return err;
	message = message_of(&body);
	err = cohort_call_reply(job->from.call, 0, &message);
	body_end(&body);
	return err;
}

/* Whether the caller still waits although the answer could not be put together. */
static bool can_still_answer(int err)
{
	return err < 0 && err != -EALREADY && err != -ETIMEDOUT && err != -ECANCELED &&
	       err != -EPIPE && err != -ESHUTDOWN && err != -ENOBUFS;
}

static int back_answer(struct cohort_job *job, int error, int status, const void *out)
{
	int err;

	if (job->oneway)
		return -EOPNOTSUPP;
	if (error)
		return reply_error(job, error);
	if (status)
		return told(cohort_call_reply(job->from.call, status, NULL));
	err = job->number ? reply_parcel(job, out) : reply_encoded(job, out);
	if (can_still_answer(err))
		reply_error(job,
			    err == -ENOMEM || err == -EMFILE || err == -EMSGSIZE ? err : -EBADMSG);
	return told(err);
}

static bool back_cancelled(const struct cohort_job *job)
{
	return cohort_call_cancelled(job->from.call);
}

static int back_keep(struct cohort_job *job)
{
	return cohort_call_keep(job->from.call, &job->from.call);
}

static void back_release(struct cohort_job *job)
{
	if (job->kept)
		cohort_call_drop(job->from.call);
	shelf_unref(job->shelf);
}

static const struct job_back link_back = { back_answer, back_cancelled, back_keep, back_release };

/* Serving. */

/* One method of a service: the argument of its action. */
struct served {
	const struct binding *binding;
	uint32_t method;
};

static int decode_call(struct cohort_job *job, struct cohort_call *call)
{
	int fds[COHORT_FDS_MAX];
	size_t length, nfds = cohort_call_fds(call);
	const void *data = cohort_call_data(call, &length);
	int err;

	for (size_t i = 0; i < nfds; i++)
		fds[i] = cohort_call_fd_take(call, i);
	err = parcel_decode(&job->parcel, job->method->in, data, length, fds, nfds);
	if (err)
		close_all(fds, nfds);
	return err;
}

static int pick_parcel(struct cohort_job *job, struct cohort_call *call)
{
	size_t length;
	const void *data = cohort_call_data(call, &length);

	if (length != sizeof(job->number))
		return -EBADMSG;
	memcpy(&job->number, data, sizeof(job->number));
	job->parcel = job->oneway ? shelf_take(job->shelf, job->number)
				  : shelf_pick(job->shelf, job->number);
	return job->parcel ? 0 : -ECANCELED;
}

static int get_parameters(struct cohort_job *job, struct cohort_call *call)
{
	const struct cohort_port *port = job->service->port;
	int err;

	job->back = &link_back;
	job->from.call = call;
	job->oneway = !cohort_call_is_request(call);
	job->deadline = cohort_call_deadline(call);
	if (as_parcel(port, job->service)) {
		job->shelf = shelf_ref(port->shelf);
		err = pick_parcel(job, call);
	} else {
		err = decode_call(job, call);
	}
	if (!err)
		job->in = job->parcel->object;
	return err;
}

static bool is_bound(struct cohort_port *port)
{
	bool bound;

	pthread_mutex_lock(&port->lock);
	bound = port->bound;
	pthread_mutex_unlock(&port->lock);
	return bound;
}

static int serve(struct cohort_call *call, void *arg)
{
	const struct served *served = arg;
	struct cohort_port *port = served->binding->port;
	struct frame frame = { .owner = port->owner };
	struct cohort_job *job;
	int err;

	if (!is_bound(port))
		return -EPROTO;
	err = job_new(&job, served->binding, served->method);
	if (err)
		return err;
	err = get_parameters(job, call);
	if (err) {
		if (!job->oneway)
			reply_error(job, err);
		job_drop(job);
		return err;
	}
	frame.deadline = job->deadline;
	job_run(job, &frame);
	return 0;
}

/* Opening and closing. */

static size_t count_methods(const struct cohort_port *port)
{
	size_t count = 0;

	for (size_t i = 0; i < port->nservices; i++)
		count += port->services[i].interface->nmethods;
	return count;
}

static void add_service(struct cohort_action *actions, struct served *served,
			const struct binding *binding)
{
	for (uint32_t m = 0; m < binding->interface->nmethods; m++) {
		served[m] = (struct served){ binding, m };
		actions[m] = (struct cohort_action)COHORT_ACTION_INIT;
		actions[m].name = binding->actions[m];
		actions[m].handler = serve;
		actions[m].arg = &served[m];
	}
}

static void add_actions(const struct cohort_port *port, struct cohort_action *actions)
{
	size_t at = 0;

	for (size_t i = 0; i < port->nservices; i++) {
		add_service(actions + at, port->served + at, &port->services[i]);
		at += port->services[i].interface->nmethods;
	}
}

/* It was known by a callback, but did not come to be. */
static void forget_channel(struct cohort_port *port)
{
	pthread_mutex_lock(&port->lock);
	port->channel = NULL;
	pthread_mutex_unlock(&port->lock);
}

int link_open(struct cohort_port *port, int fd, struct cohort_config *config,
	      const struct cohort_action *own, size_t nown)
{
	size_t count = count_methods(port);
	struct cohort_action *actions = calloc(count + nown + 1, sizeof(*actions));
	struct cohort *channel = NULL;
	int err = -ENOMEM;

	bind_name_actions(port);
	free(port->served);
	port->served = calloc(count + 1, sizeof(*port->served));
	if (actions && port->served) {
		add_actions(port, actions);
		if (nown)
			memcpy(actions + count, own, nown * sizeof(*own));
		config->actions = actions;
		config->nactions = count + nown;
		config->user = config->user ? config->user : port;
		port->way = &over_link;
		err = cohort_open_fd(&channel, fd, config);
	}
	free(actions);
	if (err)
		forget_channel(port);
	else
		link_set_channel(port, channel);
	return err;
}

/* The second time nothing is written: others may read it by now, without the lock. */
void link_set_channel(struct cohort_port *port, struct cohort *channel)
{
	pthread_mutex_lock(&port->lock);
	if (!port->channel)
		port->channel = channel;
	pthread_mutex_unlock(&port->lock);
}

void link_set_peer(struct cohort_port *port, cohort_peer peer)
{
	pthread_mutex_lock(&port->lock);
	port->peer = peer;
	pthread_cond_broadcast(&port->changed);
	pthread_mutex_unlock(&port->lock);
}

cohort_peer link_peer(struct cohort_port *port)
{
	cohort_peer peer;

	pthread_mutex_lock(&port->lock);
	peer = port->peer;
	pthread_mutex_unlock(&port->lock);
	return peer;
}

static void *close_apart(void *arg)
{
	cohort_close(arg);
	return NULL;
}

void link_close(struct cohort_port *port)
{
	struct cohort *channel = port->channel;
	pthread_t thread;

	if (!channel || cohort_close(channel) != -EDEADLK) {
		port->channel = NULL;
		return;
	}
	/* There is no other way to end it: without a thread there is nothing but to try again. */
	while (pthread_create(&thread, NULL, close_apart, channel))
		usleep(1000);
	pthread_join(thread, NULL);
	port->channel = NULL;
}
