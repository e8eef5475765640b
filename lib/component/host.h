/*
 * A host serves a class: it owns the far port and the instance that create() made. In modes direct,
 * thread and loopback the component has one; in mode process the worker has.
 *
 * Serving "component.bind" and "component.create" makes the instance; "component.stop" and the end
 * of the session wake host_wait(); "component.buffer" goes to buffer.c.
 */
#ifndef COMPONENT_HOST_H
#define COMPONENT_HOST_H

#include "cohort/component.h"

struct cohort_port;
struct host;
struct shelf;

struct host_options {
	const void *owner;	 /* port->owner; NULL: the host itself (a worker) */
	struct shelf *shelf;	 /* thread: where parcels lie; else NULL: encoded */
	int64_t open_timeout;	 /* for the caller's side to answer the handshake */
	int64_t close_timeout;	 /* for what was sent before the end to be served */
	const char *thread_name; /* up to 10 bytes */
	/* Warnings of the channel; may be NULL. */
	void (*log)(void *arg, const char *text);
	void *arg;
};

/* The class must last as long as the host. -ENOMEM, -EAGAIN */
int host_new(struct host **out, const struct cohort_component_class *class);
/* Not bound, or closed. Calls destroy(), if there is an instance. NULL is allowed. */
void host_free(struct host *host);

/*
 * Serves the class over a channel, as its secondary. Takes the descriptor on success. Errors as
 * cohort_open_fd(). From then on the caller's side can bind.
 */
int host_open(struct host *host, int fd, const struct host_options *options);
/* Waits until the caller's side said "component.stop" (0), or has gone (-EPIPE). For a worker. */
int host_wait(struct host *host);
/*
 * Ends the channel: functions that run are waited for, calls made by the component end. When it
 * returns no function runs any more. Harmless when repeated, and before host_open().
 */
void host_close(struct host *host);

struct cohort_port *host_port(struct host *host);
/* Mode direct: as host_options.owner. */
void host_set_owner(struct host *host, const void *owner);

/*
 * What the two requests do; called plainly in mode direct. `why` gets a reason. *answer is from
 * malloc().
 */
int host_bind(struct host *host, const void *offer, size_t length, void **answer,
	      size_t *answer_length, char *why, size_t size);
int host_create(struct host *host, const char *options, char *why, size_t size);

#endif
