/*
 * park.c: the first call that is put aside starts a thread, the attendant. It waits at the gate for
 * the first one in the line, and sends it off, and so on; when the line is empty it ends. Whose
 * time is up before leaves the line, from wherever in it. As long as there is a line nobody else
 * passes the gate (port.c), so that a thread's calls stay in order. The attendant is inside the
 * port, so the end of a component waits for it. Each attendant joins the one before it, and the end
 * of the port the last: no thread is left.
 */
#include "component/park.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "component/frame.h"
#include "component/parcel.h"
#include "component/port.h"

struct parked {
	struct parked *next;
	struct port_call call;
	struct parcel *in;
};

static void finish(struct cohort_port *port, struct parked *parked, int err)
{
	struct frame frame = { .owner = port->owner, .deadline = COHORT_FOREVER };

	if (err) {
		frame_push(&frame);
		parked->call.done(port, err, 0, NULL, parked->call.arg);
		frame_pop(&frame);
	}
	parcel_free(parked->in);
	free(parked);
}

/* It has entered. */
static int send_off(struct cohort_port *port, const struct port_call *call)
{
	int err =
		call->method < call->binding->methods ? port->way->call_async(port, call) : -ENOSYS;
	port_leave(port);
	return err;
}

static struct parked *first(struct cohort_port *port)
{
	struct parked *parked;

	pthread_mutex_lock(&port->lock);
	parked = port->parked;
	pthread_mutex_unlock(&port->lock);
	return parked;
}

static void find_soonest_locked(struct cohort_port *port)
{
	port->soonest = COHORT_FOREVER;
	for (struct parked *parked = port->parked; parked; parked = parked->next)
		if (parked->call.deadline < port->soonest)
			port->soonest = parked->call.deadline;
}

/* The line is empty only when its last one has been sent off. Whether it is. */
static bool remove_from(struct cohort_port *port, struct parked *parked)
{
	struct parked **at = &port->parked;
	bool empty;

	pthread_mutex_lock(&port->lock);
	while (*at != parked)
		at = &(*at)->next;
	*at = parked->next;
	find_soonest_locked(port);
	empty = !port->parked;
	if (empty)
		pthread_cond_broadcast(&port->changed);
	pthread_mutex_unlock(&port->lock);
	return empty;
}

/* Whose deadline is the earliest. */
static struct parked *most_urgent(struct cohort_port *port)
{
	struct parked *parked;

	pthread_mutex_lock(&port->lock);
	parked = port->parked;
	while (parked->call.deadline != port->soonest)
		parked = parked->next;
	pthread_mutex_unlock(&port->lock);
	return parked;
}

/* The next one goes, or fails. Whether the line is empty. */
static bool attend_next(struct cohort_port *port)
{
	cohort_peer peer;
	int err = port_enter_first(port, &peer);
	struct parked *parked = err == -ETIMEDOUT ? most_urgent(port) : first(port);
	bool empty;

	if (!err) {
		parked->call.peer = peer;
		err = send_off(port, &parked->call);
		if (port_waits_again(port, &parked->call, err))
			return false; /* it stays the first in the line */
	}
	empty = remove_from(port, parked);
	finish(port, parked, err);
	return empty;
}

/* While this one has not emptied the line no other takes its place in the list. */
static bool previous_attendant(struct cohort_port *port, pthread_t *previous)
{
	bool any;

	pthread_mutex_lock(&port->lock);
	*previous = port->attendants[0];
	any = port->nattendants == 2;
	pthread_mutex_unlock(&port->lock);
	return any;
}

static void *attend(void *arg)
{
	struct cohort_port *port = arg;
	pthread_t previous;
	bool any = previous_attendant(port, &previous);

	while (!attend_next(port))
		;
	if (any) /* which may be in a `done` that waits for this line */
		pthread_join(previous, NULL);
	port_leave(port);
	return NULL;
}

/* The line was empty: the attendant before this one, if any, is at its end. */
static int start_attendant(struct cohort_port *port)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, attend, port);

	if (err)
		return -err;
	if (port->nattendants == 2)
		port->attendants[0] = port->attendants[1];
	else
		port->nattendants++;
	port->attendants[port->nattendants - 1] = thread;
	return 0;
}

/* Under the lock, so that the attendant is there before the line is seen. */
static int join_line(struct cohort_port *port, struct parked *parked)
{
	struct parked **last = &port->parked;
	int err = 0;

	pthread_mutex_lock(&port->lock);
	while (*last)
		last = &(*last)->next;
	*last = parked;
	find_soonest_locked(port);
	pthread_cond_broadcast(&port->changed);
	if (last == &port->parked) {
		port->inside++;
		err = start_attendant(port);
		if (err) {
			port->parked = NULL;
			port->inside--;
		}
	}
	pthread_mutex_unlock(&port->lock);
	return err;
}

int park(struct cohort_port *port, const struct port_call *call)
{
	struct parked *parked = calloc(1, sizeof(*parked));
	int err;

	if (!parked)
		return -ENOMEM;
	err = parcel_copy(&parked->in, call->binding->interface->methods[call->method].in,
			  call->in);
	parked->call = *call;
	if (!err) {
		parked->call.in = parked->in->object;
		err = join_line(port, parked);
	}
	if (err) {
		parcel_free(parked->in);
		free(parked);
	}
	return err;
}

void park_end(struct cohort_port *port)
{
	if (port->nattendants)
		pthread_join(port->attendants[port->nattendants - 1], NULL);
}
