/*
 * port.c: calls as their maker sees them: arguments, the deadline, the gate, and then the way.
 *
 * An interface is found by its address, as generated code passes it; the same one of another object
 * file (another copy of the table) by its name and hash.
 *
 * A deadline is the timeout, the method's own or the configured one, and never later than a little
 * before that of the function that makes the call (frame.h): so the innermost of a chain of calls
 * gives up first, and each learns why.
 */
#include "component/port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cohort/peer.h"
#include "component/bind.h"
#include "component/buffer.h"
#include "component/clock.h"
#include "component/frame.h"
#include "component/parcel.h"
#include "component/park.h"
#include "component/shelf.h"
#include "component/supervise.h"

#define GATE_LOOK COHORT_MS(5)

static void free_bindings(struct binding *bindings, size_t count)
{
	for (size_t i = 0; bindings && i < count; i++)
		free(bindings[i].actions);
	free(bindings);
}

static int init_binding(struct binding *binding, struct cohort_port *port,
			const struct cohort_interface *interface, const void *functions)
{
	*binding = (struct binding){
		.port = port,
		.interface = interface,
		.functions = functions,
		.hash = cohort_interface_hash(interface),
	};
	binding->actions = calloc(interface->nmethods + 1, sizeof(*binding->actions));
	return binding->actions ? 0 : -ENOMEM;
}

static int make_bindings(struct cohort_port *port, const struct cohort_service *services,
			 const struct cohort_interface *const *uses)
{
	int err = 0;

	port->services = calloc(port->nservices + 1, sizeof(*port->services));
	port->uses = calloc(port->nuses + 1, sizeof(*port->uses));
	if (!port->services || !port->uses)
		return -ENOMEM;
	for (size_t i = 0; !err && i < port->nservices; i++)
		err = init_binding(&port->services[i], port, services[i].interface,
				   services[i].functions);
	for (size_t i = 0; !err && i < port->nuses; i++)
		err = init_binding(&port->uses[i], port, uses[i], NULL);
	return err;
}

int port_new(struct cohort_port **out, const struct cohort_service *services, size_t nservices,
	     const struct cohort_interface *const *uses, size_t nuses)
{
	struct cohort_port *port = calloc(1, sizeof(*port));
	int err;

	if (!port)
		return -ENOMEM;
	err = clock_cond_init(&port->changed);
	if (err) {
		free(port);
		return err;
	}
	pthread_mutex_init(&port->lock, NULL);
	port->nservices = nservices;
	port->nuses = nuses;
	err = turn_new(&port->turn);
	if (!err)
		err = make_bindings(port, services, uses);
	if (err) {
		port_free(port);
		return err;
	}
	*out = port;
	return 0;
}

void port_free(struct cohort_port *port)
{
	if (!port)
		return;
	park_end(port);
	free_bindings(port->services, port->nservices);
	free_bindings(port->uses, port->nuses);
	buffers_free_mapped(port->buffers);
	turn_unref(port->turn);
	shelf_unref(port->shelf);
	free(port->served);
	pthread_cond_destroy(&port->changed);
	pthread_mutex_destroy(&port->lock);
	free(port);
}

struct binding *binding_find(struct binding *bindings, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(bindings[i].interface->name, name))
			return &bindings[i];
	return NULL;
}

void port_set_bound(struct cohort_port *port, bool bound)
{
	pthread_mutex_lock(&port->lock);
	port->bound = bound;
	pthread_mutex_unlock(&port->lock);
}

/* The gate. */

void port_set_gate(struct cohort_port *port, enum gate gate)
{
	pthread_mutex_lock(&port->lock);
	port->gate = gate;
	pthread_cond_broadcast(&port->changed);
	pthread_mutex_unlock(&port->lock);
}

void port_drain(struct cohort_port *port)
{
	pthread_mutex_lock(&port->lock);
	while (port->inside)
		pthread_cond_wait(&port->changed, &port->lock);
	pthread_mutex_unlock(&port->lock);
}

struct visitor {
	bool replays; /* calls in replay(): it comes before everybody */
	bool first;   /* from the line */
	bool inside;  /* a callback of this component */
	bool opens;   /* on the thread that opens the gate, which cannot wait for itself */
};

/* `done` of one that left the line: nobody would send off the others while it waits for them. */
static bool attends(const struct cohort_port *port)
{
	return port->nattendants &&
	       pthread_equal(port->attendants[port->nattendants - 1], pthread_self());
}

/* 0: may enter; -EAGAIN: must wait */
static int look_locked(const struct cohort_port *port, const struct visitor *who)
{
	switch (port->gate) {
	case GATE_SHUT:
		return -ESHUTDOWN;
	case GATE_ABSENT:
		return -ENOTCONN;
	case GATE_WAIT:
		return who->opens ? -ENOTCONN : -EAGAIN;
	case GATE_REPLAY:
		return who->replays			       ? 0
		       : port->wait_for_restart && !who->opens ? -EAGAIN
							       : -ENOTCONN;
	case GATE_OPEN:
		return port->parked && !who->first && !attends(port) ? -EAGAIN : 0;
	}
	return -ESHUTDOWN;
}

/*
 * A callback waits inside the channel, which lets another thread take its place meanwhile: who will
 * open the gate needs one, to hear that the next worker has joined, and of what it sends.
 */
static int wait_in_callback(struct cohort_port *port, int64_t deadline)
{
	struct cohort *channel = port->channel;
	int64_t left = clock_left(deadline);
	int err;

	pthread_mutex_unlock(&port->lock);
	err = cohort_wait(channel, NULL, SIZE_MAX, left < GATE_LOOK ? left : GATE_LOOK);
	pthread_mutex_lock(&port->lock);
	return err == -EDEADLK ? err : clock_left(deadline) > 0 ? 0 : -ETIMEDOUT;
}

static int wait_at_gate(struct cohort_port *port, const struct visitor *who, int64_t deadline)
{
	if (who->inside && port->channel)
		return wait_in_callback(port, deadline);
	return clock_cond_wait(&port->changed, &port->lock, deadline);
}

/* The deadline is read anew whenever something has changed. */
static int enter_as(struct cohort_port *port, const struct visitor *who, const int64_t *deadline,
		    cohort_peer *peer)
{
	int err;

	pthread_mutex_lock(&port->lock);
	port->inside++;
	while ((err = look_locked(port, who)) == -EAGAIN) {
		err = wait_at_gate(port, who, *deadline);
		if (err)
			break;
	}
	if (!err)
		*peer = port->peer;
	else if (!--port->inside)
		pthread_cond_broadcast(&port->changed);
	pthread_mutex_unlock(&port->lock);
	return err;
}

static struct visitor visitor(const struct cohort_port *port)
{
	return (struct visitor){ .replays = frame_replays(port->owner),
				 .inside = frame_inside(port->owner),
				 .opens = supervise_is_here(port->component) };
}

static int enter_for(struct cohort_port *port, int64_t deadline, cohort_peer *peer)
{
	struct visitor who = visitor(port);

	return enter_as(port, &who, &deadline, peer);
}

int port_enter(struct cohort_port *port, int64_t deadline)
{
	cohort_peer peer;

	return enter_for(port, deadline, &peer);
}

int port_enter_first(struct cohort_port *port, cohort_peer *peer)
{
	struct visitor who = { .first = true };

	return enter_as(port, &who, &port->soonest, peer);
}

int port_enter_anyway(struct cohort_port *port)
{
	int err;

	pthread_mutex_lock(&port->lock);
	err = port->gate == GATE_SHUT ? -ESHUTDOWN : 0;
	port->inside += !err;
	pthread_mutex_unlock(&port->lock);
	return err;
}

/* Without waiting. -EAGAIN: is inside, too, to be parked. */
static int enter_now(struct cohort_port *port, cohort_peer *peer)
{
	struct visitor who = visitor(port);
	int err;

	pthread_mutex_lock(&port->lock);
	err = look_locked(port, &who);
	port->inside += !err || err == -EAGAIN;
	*peer = port->peer;
	pthread_mutex_unlock(&port->lock);
	return err;
}

void port_hold(struct cohort_port *port)
{
	pthread_mutex_lock(&port->lock);
	port->inside++;
	pthread_mutex_unlock(&port->lock);
}

void port_leave(struct cohort_port *port)
{
	pthread_mutex_lock(&port->lock);
	if (!--port->inside)
		pthread_cond_broadcast(&port->changed);
	pthread_mutex_unlock(&port->lock);
}

/* Calls. */

static const struct binding *find_copy(const struct cohort_port *port,
				       const struct cohort_interface *interface)
{
	const struct binding *binding = binding_find(port->uses, port->nuses, interface->name);

	return binding && binding->hash == cohort_interface_hash(interface) ? binding : NULL;
}

static const struct binding *find_used(const struct cohort_port *port,
				       const struct cohort_interface *interface)
{
	for (size_t i = 0; i < port->nuses; i++)
		if (port->uses[i].interface == interface)
			return &port->uses[i];
	return find_copy(port, interface);
}

static int64_t deadline_of(const struct cohort_port *port, const struct cohort_method *method,
			   int64_t timeout)
{
	if (timeout == COHORT_METHOD_TIMEOUT)
		timeout = method->timeout >= 0 ? method->timeout : port->call_timeout;
	return frame_inherit(clock_after(timeout));
}

/* Of a method that has none: there is an object all the same. */
static const char no_parameters;

/* A call that was checked, but for whether the other side has the method. */
static int prepare(struct port_call *call, struct cohort_port *port,
		   const struct cohort_interface *interface, uint32_t method, const void *in,
		   int64_t timeout)
{
	if (!port || !interface || method >= interface->nmethods)
		return -EINVAL;
	if (!in && !interface->methods[method].in->count)
		in = &no_parameters;
	if (!in)
		return -EINVAL;
	if (timeout < 0 && timeout != COHORT_METHOD_TIMEOUT)
		return -EINVAL;
	*call = (struct port_call){
		.binding = find_used(port, interface),
		.method = method,
		.in = in,
		.deadline = deadline_of(port, &interface->methods[method], timeout),
	};
	return 0;
}

static bool is_oneway(const struct cohort_interface *interface, uint32_t method)
{
	return interface->flags & COHORT_INTERFACE_EVENTS ||
	       interface->methods[method].flags & COHORT_METHOD_ONEWAY;
}

/* Whether the other side has the method: it can be seen only behind the gate. */
static bool is_there(const struct port_call *call)
{
	return call->binding && call->method < call->binding->methods;
}

static int enter(struct cohort_port *port, struct port_call *call)
{
	int err = enter_for(port, call->deadline, &call->peer);

	if (err)
		return err;
	if (is_there(call))
		return 0;
	port_leave(port);
	return -ENOSYS;
}

bool port_waits_again(const struct cohort_port *port, const struct port_call *call, int err)
{
	return err == -ENOTCONN && port->wait_for_restart && !frame_replays(port->owner) &&
	       clock_left(call->deadline) > 0;
}

/* Stays inside meanwhile: the end waits for it, so the port is there. */
static int enter_again(struct cohort_port *port, struct port_call *call)
{
	int err = enter(port, call);

	if (!err)
		port_leave(port);
	return err;
}

static int deliver(struct parcel *results, int got, void **out, int *status)
{
	if (status)
		*status = got;
	else if (got)
		return got;
	if (out)
		*out = got ? NULL : results->object;
	else
		parcel_free(results);
	return 0;
}

int cohort_port_call(struct cohort_port *port, const struct cohort_interface *interface,
		     uint32_t method, const void *in, void **out, int *status, int64_t timeout)
{
	struct parcel *results = NULL;
	struct port_call call;
	int got = 0, err = prepare(&call, port, interface, method, in, timeout);

	if (!err && is_oneway(interface, method))
		err = -EINVAL;
	if (!err && !clock_left(call.deadline))
		err = -ETIMEDOUT;
	if (err)
		return err;
	err = enter(port, &call);
	if (err)
		return err;
	do
		err = port->way->call(port, &call, &results, &got);
	while (port_waits_again(port, &call, err) && !(err = enter_again(port, &call)));
	port_leave(port);
	return err ? err : deliver(results, got, out, status);
}

int cohort_port_call_async(struct cohort_port *port, const struct cohort_interface *interface,
			   uint32_t method, const void *in, int64_t timeout, cohort_port_done *done,
			   void *arg)
{
	struct port_call call;
	int err = done ? prepare(&call, port, interface, method, in, timeout) : -EINVAL;
	bool parks;

	if (!err && is_oneway(interface, method))
		err = -EINVAL;
	if (!err && !clock_left(call.deadline))
		err = -ETIMEDOUT;
	if (err)
		return err;
	call.done = done;
	call.arg = arg;
	err = enter_now(port, &call.peer);
	parks = err == -EAGAIN;
	if (err && !parks)
		return err;
	if (!parks) {
		err = is_there(&call) ? port->way->call_async(port, &call) : -ENOSYS;
		parks = port_waits_again(port, &call, err);
	}
	if (parks)
		err = call.binding ? park(port, &call) : -ENOSYS;
	port_leave(port);
	return err;
}

int cohort_port_send(struct cohort_port *port, const struct cohort_interface *interface,
		     uint32_t method, const void *in, int64_t timeout)
{
	struct port_call call;
	int err = prepare(&call, port, interface, method, in, timeout);

	if (err)
		return err;
	err = enter(port, &call);
	if (err)
		return err;
	do
		err = port->way->send(port, &call);
	while (port_waits_again(port, &call, err) && !(err = enter_again(port, &call)));
	port_leave(port);
	return err;
}

void cohort_out_free(void *out)
{
	if (out)
		parcel_free(parcel_of(out));
}

int cohort_out_fd_take(void *out, int fd)
{
	return out ? parcel_fd_take(parcel_of(out), fd) : -EINVAL;
}
