/*
 * host.c: the component's side. Two steps make a host serve, both requests of the caller's side:
 *
 *	component.bind     the caller's offer -> i32 0, our offer    or i32 error, text
 *	component.create   options            -> i32 0               or i32 error, text
 *
 * Between them the caller judges our offer; so create() runs only when both sides agree. After it
 * the gate of the far port is open. In mode direct the same functions are called plainly.
 */
#include "component/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cohort/call.h"
#include "cohort/message.h"
#include "component/bind.h"
#include "component/buffer.h"
#include "component/check.h"
#include "component/clock.h"
#include "component/frame.h"
#include "component/link.h"
#include "component/port.h"
#include "component/shelf.h"

#define RING_SIZE ((size_t)64 * 1024) /* of a channel that carries numbers */

struct host {
	const struct cohort_component_class *class;
	struct cohort_port *port;
	void (*log)(void *arg, const char *text);
	void *arg;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool created; /* there is an instance */
	bool told;    /* "component.stop" */
	bool left;    /* the session is over */
};

int host_new(struct host **out, const struct cohort_component_class *class)
{
	struct host *host = calloc(1, sizeof(*host));
	int err = host ? clock_cond_init(&host->changed) : -ENOMEM;

	if (err) {
		free(host);
		return err;
	}
	pthread_mutex_init(&host->lock, NULL);
	host->class = class;
	err = port_new(&host->port, class->services, class->nservices, class->uses, class->nuses);
	if (err) {
		host_free(host);
		return err;
	}
	host->port->owner = host;
	*out = host;
	return 0;
}

void host_set_owner(struct host *host, const void *owner)
{
	host->port->owner = owner;
}

struct cohort_port *host_port(struct host *host)
{
	return host->port;
}

static void destroy(struct host *host)
{
	struct frame frame = { .owner = host->port->owner, .deadline = COHORT_FOREVER };

	frame_push(&frame);
	if (host->created && host->class->destroy)
		host->class->destroy(host->port->self);
	frame_pop(&frame);
	host->created = false;
}

void host_free(struct host *host)
{
	if (!host)
		return;
	if (host->port)
		destroy(host);
	port_free(host->port);
	pthread_cond_destroy(&host->changed);
	pthread_mutex_destroy(&host->lock);
	free(host);
}

/* The two steps. */

int host_bind(struct host *host, const void *offer, size_t length, void **answer,
	      size_t *answer_length, char *why, size_t size)
{
	int err = bind_accept(host->port, offer, length, false, why, size);

	return err ? err : bind_offer(host->port, answer, answer_length);
}

static int create(struct host *host, const char *options)
{
	struct frame frame = { .owner = host->port->owner, .deadline = COHORT_FOREVER };
	int err;

	frame_push(&frame);
	err = host->class->create(host->port, options, &host->port->self);
	frame_pop(&frame);
	return err > 0 ? -EINVAL : err;
}

static bool is_created(struct host *host)
{
	bool created;

	pthread_mutex_lock(&host->lock);
	created = host->created;
	pthread_mutex_unlock(&host->lock);
	return created;
}

int host_create(struct host *host, const char *options, char *why, size_t size)
{
	int err = is_created(host) ? -EALREADY : create(host, options);

	if (err) {
		snprintf(why, size, "component %s: create: %s", host->class->name,
			 cohort_strerror(err));
		return err;
	}
	pthread_mutex_lock(&host->lock);
	host->created = true;
	pthread_mutex_unlock(&host->lock);
	port_set_bound(host->port, true);
	port_set_gate(host->port, GATE_OPEN);
	return 0;
}

/* Over a channel. */

static int reply(struct cohort_call *call, int32_t err, const void *data, size_t length)
{
	struct iovec parts[2] = {
		{ &err, sizeof(err) },
		{ (void *)(uintptr_t)data, length },
	};
	struct cohort_message message = COHORT_MESSAGE_INIT;

	message.iov = parts;
	message.niov = 2;
	return cohort_call_reply(call, 0, &message) < 0 ? -EPIPE : 0;
}

static int on_bind(struct cohort_call *call, void *arg)
{
	char why[512] = "";
	void *answer = NULL;
	size_t length, answer_length = 0;
	const void *offer = cohort_call_data(call, &length);
	int err = host_bind(arg, offer, length, &answer, &answer_length, why, sizeof(why));

	err = err ? reply(call, err, why, strlen(why)) : reply(call, 0, answer, answer_length);
	free(answer);
	return err;
}

static int on_create(struct cohort_call *call, void *arg)
{
	char why[512] = "";
	size_t length;
	const char *options = cohort_call_data(call, &length);
	int err;

	if (!length || options[length - 1])
		return reply(call, -EBADMSG, why, 0);
	err = host_create(arg, options, why, sizeof(why));
	return reply(call, err, why, strlen(why));
}

static void set_flag(struct host *host, bool *flag)
{
	pthread_mutex_lock(&host->lock);
	*flag = true;
	pthread_cond_broadcast(&host->changed);
	pthread_mutex_unlock(&host->lock);
}

static int on_stop(struct cohort_call *call, void *arg)
{
	struct host *host = arg;

	(void)call;
	set_flag(host, &host->told);
	return 0;
}

static void on_joined(struct cohort *c, cohort_peer peer, void *user)
{
	struct host *host = user;

	(void)peer;
	link_set_channel(host->port, c);
}

static void on_left(struct cohort *c, cohort_peer peer, enum cohort_reason reason, void *user)
{
	struct host *host = user;

	(void)c;
	(void)peer;
	(void)reason;
	set_flag(host, &host->left);
}

static void on_log(struct cohort *c, enum cohort_log_level level, int error, const char *text,
		   void *user)
{
	struct host *host = user;

	(void)c;
	(void)level;
	(void)error;
	if (host->log)
		host->log(host->arg, text);
}

static void fill_config(struct cohort_config *config, struct host *host,
			const struct host_options *options)
{
	config->role = COHORT_ROLE_SECONDARY;
	config->user = host;
	config->joined = on_joined;
	config->left = on_left;
	config->log = on_log;
	config->ring_size = options->shelf ? RING_SIZE : 0;
	config->open_timeout = options->open_timeout;
	if (options->open_timeout > 0)
		config->handshake_timeout = options->open_timeout;
	config->close_timeout = options->close_timeout;
	config->thread_name = options->thread_name;
}

static struct cohort_action own_action(const char *name, cohort_handler *handler, void *arg)
{
	struct cohort_action action = COHORT_ACTION_INIT;

	action.name = name;
	action.handler = handler;
	action.arg = arg;
	return action;
}

int host_open(struct host *host, int fd, const struct host_options *options)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	const struct cohort_action own[] = {
		own_action("component.bind", on_bind, host),
		own_action("component.create", on_create, host),
		own_action("component.stop", on_stop, host),
		own_action("component.buffer", buffer_serve, host->port),
	};

	host->log = options->log;
	host->arg = options->arg;
	host->port->owner = options->owner ? options->owner : host;
	host->port->peer = COHORT_PRIMARY;
	if (options->shelf)
		host->port->shelf = shelf_ref(options->shelf);
	fill_config(&config, host, options);
	return link_open(host->port, fd, &config, own, sizeof(own) / sizeof(own[0]));
}

int host_wait(struct host *host)
{
	int err;

	pthread_mutex_lock(&host->lock);
	while (!host->told && !host->left)
		pthread_cond_wait(&host->changed, &host->lock);
	err = host->told ? 0 : -EPIPE;
	pthread_mutex_unlock(&host->lock);
	return err;
}

void host_close(struct host *host)
{
	port_set_gate(host->port, GATE_SHUT);
	port_drain(host->port);
	link_close(host->port);
}
