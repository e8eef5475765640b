/*
 * component.c: the life of a component at its caller.
 *
 *	STARTING -> RUNNING -> STOPPING            in every mode
 *	            RUNNING <-> RESTARTING -> RUNNING, FAILED -> STOPPING      process only
 *
 * A mode (the table below) brings the other side to life and ends it; what is common is here: the
 * configuration, the states, the near end of the channel, and binding over it.
 *
 * The end of a component from inside it cannot work, since it waits for the functions that run: so it
 * is refused, by looking at the frames of the thread (frame.h). From inside another component it can.
 */
#include "component/component.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cohort/request.h"
#include "component/bind.h"
#include "component/buffer.h"
#include "component/check.h"
#include "component/clock.h"
#include "component/config.h"
#include "component/frame.h"
#include "component/link.h"
#include "component/load.h"
#include "component/local.h"
#include "component/port.h"
#include "component/supervise.h"

#define RING_SIZE ((size_t)64 * 1024) /* of a channel that carries numbers */

static const struct mode *const modes[] = {
	&mode_direct,
	&mode_thread,
	&mode_loopback,
	&mode_process,
};

static const struct mode *find_mode(const char *name)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(modes[i]->name, name))
			return modes[i];
	return NULL;
}

static const char *mode_name(const struct cohort_component_config *config)
{
	const char *name = config->mode ? config->mode : getenv("COHORT_COMPONENT_MODE");

	return name && (config->mode || *name) ? name : "thread";
}

/* What the mode takes as its component. */
static int check_for_mode(const struct cohort_component_config *config, const struct mode *mode)
{
	if (mode->worker ? config->component != NULL : config->executable != NULL)
		return -EINVAL;
	if (config->component && check_class(config->component))
		return -EINVAL;
	return mode->check ? mode->check(config) : 0;
}

/* Callbacks of the user. */

/* A worker may have said it, and it may go to a terminal. */
static void hide_control(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

void component_log(struct cohort_component *component, const char *format, ...)
{
	struct frame frame = { .owner = component, .deadline = COHORT_FOREVER };
	char text[1024];
	va_list args;

	if (!component->config.log)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	hide_control(text);
	frame_push(&frame);
	component->config.log(component, text, component->config.user);
	frame_pop(&frame);
}

void component_set_error(struct cohort_component *component, int error)
{
	pthread_mutex_lock(&component->lock);
	component->last_error = error;
	pthread_mutex_unlock(&component->lock);
}

void component_set_state(struct cohort_component *component, enum cohort_component_state state)
{
	struct frame frame = { .owner = component, .deadline = COHORT_FOREVER };
	bool other;

	pthread_mutex_lock(&component->lock);
	other = component->state != state && component->state != COHORT_COMPONENT_STOPPING;
	if (other)
		component->state = state;
	pthread_mutex_unlock(&component->lock);
	if (!other || !component->config.changed)
		return;
	frame_push(&frame);
	component->config.changed(component, state, component->config.user);
	frame_pop(&frame);
}

/* The near end of the channel. */

static void on_joined(struct cohort *c, cohort_peer peer, void *user)
{
	struct cohort_component *component = user;

	link_set_channel(component->port, c);
	if (component->mode->joined)
		component->mode->joined(component); /* which looks for itself who it is */
	else
		link_set_peer(component->port, peer);
}

static void on_left(struct cohort *c, cohort_peer peer, enum cohort_reason reason, void *user)
{
	struct cohort_component *component = user;

	(void)c;
	if (link_peer(component->port) == peer)
		link_set_peer(component->port, COHORT_NOBODY);
	if (component->mode->left)
		component->mode->left(component, peer, reason);
}

/* One-way calls that were accepted, but for which there was no room here, or no descriptors. */
static void on_lost(struct cohort *c, cohort_peer peer, uint64_t count,
		    enum cohort_lost_reason reason, void *user)
{
	(void)c;
	(void)peer;
	component_log(user, "%llu one-way calls of the component were lost (reason %d)",
		      (unsigned long long)count, (int)reason);
}

static void on_log(struct cohort *c, enum cohort_log_level level, int error, const char *text,
		   void *user)
{
	(void)c;
	(void)level;
	(void)error;
	component_log(user, "%s", text);
}

static void fill_config(struct cohort_config *config, struct cohort_component *component)
{
	config->role = COHORT_ROLE_PRIMARY;
	config->user = component;
	config->joined = on_joined;
	config->left = on_left;
	config->lost = on_lost;
	config->log = on_log;
	config->ring_size = component->port->shelf ? RING_SIZE : 0;
	config->close_timeout = component->config.stop_timeout;
	config->handshake_timeout = COHORT_FOREVER; /* who starts it has a deadline of its own */
	config->thread_name = "caller";
}

int component_open(struct cohort_component *component, int fd)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	int err;

	pthread_mutex_lock(&component->port->lock);
	component->lost = 0;
	pthread_mutex_unlock(&component->port->lock);
	fill_config(&config, component);
	err = component->port->channel ? cohort_adopt(component->port->channel, fd)
				       : link_open(component->port, fd, &config, NULL, 0);
	if (err)
		close(fd);
	return err;
}

int component_await(struct cohort_component *component, int64_t deadline)
{
	struct cohort_port *port = component->port;
	int err = 0;

	pthread_mutex_lock(&port->lock);
	while (port->peer == COHORT_NOBODY && !component->lost && !err)
		err = clock_cond_wait(&port->changed, &port->lock, deadline);
	if (port->peer != COHORT_NOBODY)
		err = 0;
	else if (component->lost)
		err = component->lost;
	pthread_mutex_unlock(&port->lock);
	return err;
}

int component_connect(struct cohort_component *component, int fd, int64_t deadline)
{
	int err = component_open(component, fd);

	return err ? err : component_await(component, deadline);
}

void component_lost(struct cohort_component *component, int error)
{
	pthread_mutex_lock(&component->port->lock);
	component->lost = error;
	pthread_cond_broadcast(&component->port->changed);
	pthread_mutex_unlock(&component->port->lock);
}

void component_disconnect(struct cohort_component *component)
{
	struct cohort_port *port = component->port;
	cohort_peer peer;

	port_set_gate(port, GATE_SHUT);
	peer = port->channel ? link_peer(port) : COHORT_NOBODY;
	if (peer != COHORT_NOBODY)
		cohort_peer_disconnect(port->channel, peer);
	port_drain(port);
	link_close(port);
}

static int request_error(int err)
{
	switch (err) {
	case -ESTALE:
	case -ENOTCONN:
	case -ESHUTDOWN:
	case -ECANCELED:
		return -EPIPE;
	case -ENOENT:
		return -ENOSYS;
	default:
		return err;
	}
}

int component_request(struct cohort_component *component, const char *action, const void *in,
		      size_t length, const int *fds, size_t nfds, int64_t deadline,
		      struct cohort_reply **out)
{
	struct cohort_message message = COHORT_MESSAGE(action, in, length);
	cohort_peer peer = link_peer(component->port);
	struct cohort_reply *reply;
	int err;

	if (peer == COHORT_NOBODY) /* it has just left */
		return -EPIPE;
	message.fds = fds;
	message.nfds = nfds;
	err = cohort_request(component->port->channel, peer, &message, clock_left(deadline),
			     &reply);
	if (err)
		return request_error(err);
	err = cohort_reply_status(reply);
	if (err || !out)
		cohort_reply_free(reply);
	else
		*out = reply;
	return err;
}

/* Binding: see host.c. */

/* One of its steps: i32, then what it says. */
static int ask(struct cohort_component *component, const char *action, const void *in,
	       size_t length, int64_t deadline, struct cohort_reply **out)
{
	struct cohort_reply *reply;
	const char *data;
	int32_t answer;
	int err = component_request(component, action, in, length, NULL, 0, deadline, &reply);

	if (err)
		return err;
	data = cohort_reply_data(reply, &length);
	if (length < sizeof(answer)) {
		cohort_reply_free(reply);
		return -EBADMSG;
	}
	memcpy(&answer, data, sizeof(answer));
	if (!answer) {
		*out = reply;
		return 0;
	}
	if (length > sizeof(answer))
		component_log(component, "%.*s", (int)(length - sizeof(answer)),
			      data + sizeof(answer));
	cohort_reply_free(reply);
	return answer < 0 && answer >= -4095 ? answer : -EBADMSG;
}

static int judge(struct cohort_component *component, struct cohort_reply *reply)
{
	char why[512] = "";
	size_t length;
	const unsigned char *data = cohort_reply_data(reply, &length);
	int err = bind_accept(component->port, data + sizeof(int32_t), length - sizeof(int32_t),
			      true, why, sizeof(why));

	if (err && *why)
		component_log(component, "%s", why);
	return err;
}

static int exchange(struct cohort_component *component, int64_t deadline)
{
	struct cohort_reply *reply;
	size_t length;
	void *offer;
	int err = bind_offer(component->port, &offer, &length);

	if (err)
		return err;
	err = ask(component, "component.bind", offer, length, deadline, &reply);
	free(offer);
	if (err)
		return err;
	err = judge(component, reply);
	cohort_reply_free(reply);
	return err;
}

int component_bind(struct cohort_component *component, int64_t deadline)
{
	const char *options = component->config.options;
	struct cohort_reply *reply;
	int err = exchange(component, deadline);

	if (err)
		return err;
	port_set_bound(component->port, true);
	err = ask(component, "component.create", options, strlen(options) + 1, deadline, &reply);
	if (!err)
		cohort_reply_free(reply);
	return err;
}

/* Life. */

static void component_free(struct cohort_component *component)
{
	if (!component)
		return;
	port_free(component->port);
	buffers_free_shown(component->buffers);
	load_close(component->object);
	cohort_arena_free(component->memory);
	pthread_mutex_destroy(&component->lock);
	free(component);
}

static int make_port(struct cohort_component *component)
{
	const struct cohort_component_config *config = &component->config;
	int err = port_new(&component->port, config->services, config->nservices, config->uses,
			   config->nuses);

	if (err)
		return err;
	component->port->component = component;
	component->port->owner = component;
	component->port->self = config->self;
	component->port->call_timeout = config->call_timeout;
	component->port->wait_for_restart = config->wait_for_restart;
	return 0;
}

static int component_new(struct cohort_component **out,
			 const struct cohort_component_config *config, const struct mode *mode)
{
	struct cohort_component *component = calloc(1, sizeof(*component));
	int err;

	if (!component)
		return -ENOMEM;
	pthread_mutex_init(&component->lock, NULL);
	component->mode = mode;
	component->class = config->component;
	component->generation = 1;
	err = cohort_arena_new(&component->memory);
	if (!err)
		err = config_copy(&component->config, config, component->memory);
	if (!err)
		err = make_port(component);
	if (err) {
		component_free(component);
		return err;
	}
	*out = component;
	return 0;
}

static int load(struct cohort_component *component)
{
	char why[512] = "";
	int err;

	if (component->mode->worker || component->class)
		return 0;
	err = load_open(&component->object, &component->class, component->config.path, why,
			sizeof(why));
	if (err)
		component_log(component, "%s", why);
	return err;
}

static int bring_to_life(struct cohort_component *component)
{
	int64_t deadline = clock_after(component->config.start_timeout);
	int err;

	component_set_state(component, COHORT_COMPONENT_STARTING);
	err = load(component);
	if (err)
		return err;
	err = component->mode->start(component, deadline);
	if (err) {
		port_set_gate(component->port, GATE_SHUT);
		component->mode->stop(component);
	}
	return err;
}

int cohort_component_start(struct cohort_component **out,
			   const struct cohort_component_config *config)
{
	struct cohort_component *component;
	const struct mode *mode;
	int err = out ? check_config(config) : -EINVAL;

	if (err)
		return err;
	mode = find_mode(mode_name(config));
	err = mode ? check_for_mode(config, mode) : -EINVAL;
	if (!err)
		err = component_new(&component, config, mode);
	if (err)
		return err;
	err = bring_to_life(component);
	if (err) {
		component_free(component);
		return err;
	}
	*out = component;
	port_set_gate(component->port, GATE_OPEN);
	component_set_state(component, COHORT_COMPONENT_RUNNING);
	if (mode->started)
		mode->started(component);
	return 0;
}

int cohort_component_stop(struct cohort_component *component)
{
	bool already;

	if (!component)
		return 0;
	if (frame_inside(component))
		return -EDEADLK;
	pthread_mutex_lock(&component->lock);
	already = component->stopping;
	component->stopping = true;
	pthread_mutex_unlock(&component->lock);
	if (already)
		return -EALREADY;
	component_set_state(component, COHORT_COMPONENT_STOPPING);
	port_set_gate(component->port, GATE_SHUT);
	component->mode->stop(component);
	component_free(component);
	return 0;
}

struct cohort_port *cohort_component_port(struct cohort_component *component)
{
	return component ? component->port : NULL;
}

int cohort_component_info(struct cohort_component *component, struct cohort_component_info *info)
{
	struct cohort_component_info now = { .size = sizeof(now), .last_exit = -1 };

	if (!component || !info || info->size != sizeof(*info))
		return -EINVAL;
	pthread_mutex_lock(&component->lock);
	now.state = component->state;
	now.generation = component->generation;
	now.last_error = component->last_error;
	pthread_mutex_unlock(&component->lock);
	if (component->mode->info)
		component->mode->info(component, &now);
	*info = now;
	return 0;
}
