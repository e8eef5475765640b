/*
 * local.c: direct, thread and loopback. The last two differ in one thing: whether there is a shelf.
 *
 * The end begins at the caller's side: when its channel is closed every call of either side ends, so
 * no function waits any more, and the component's side can be closed.
 */
#include "component/local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "component/bind.h"
#include "component/clock.h"
#include "component/direct.h"
#include "component/host.h"
#include "component/port.h"
#include "component/shelf.h"

#define NAME_MAX_BYTES 10

/* direct */

static int agree(struct cohort_component *component, char *why, size_t size)
{
	void *offer, *answer;
	size_t length, answer_length;
	int err = bind_offer(component->port, &offer, &length);

	if (err)
		return err;
	err = host_bind(component->host, offer, length, &answer, &answer_length, why, size);
	free(offer);
	if (err)
		return err;
	err = bind_accept(component->port, answer, answer_length, true, why, size);
	free(answer);
	return err;
}

static int direct_start(struct cohort_component *component, int64_t deadline)
{
	char why[512] = "";
	int err = host_new(&component->host, component->class);

	(void)deadline;
	if (err)
		return err;
	host_set_owner(component->host, component);
	direct_connect(component->port, host_port(component->host));
	err = agree(component, why, sizeof(why));
	if (!err)
		err = host_create(component->host, component->config.options, why, sizeof(why));
	if (err && *why)
		component_log(component, "%s", why);
	return err;
}

static void direct_stop(struct cohort_component *component)
{
	if (component->host)
		direct_end(component->port, host_port(component->host));
	host_free(component->host);
	component->host = NULL;
}

const struct mode mode_direct = {
	.name = "direct",
	.start = direct_start,
	.stop = direct_stop,
};

/* thread, loopback */

static void log_of_host(void *arg, const char *text)
{
	component_log(arg, "%s", text);
}

static int open_host(struct cohort_component *component, int fd, int64_t deadline)
{
	char name[NAME_MAX_BYTES + 1];
	struct host_options options = {
		.owner = component,
		.shelf = component->port->shelf,
		.open_timeout = clock_left(deadline),
		.close_timeout = component->config.stop_timeout,
		.thread_name = name,
		.log = log_of_host,
		.arg = component,
	};

	snprintf(name, sizeof(name), "%s", component->class->name);
	return host_open(component->host, fd, &options);
}

static int connect_both(struct cohort_component *component, int64_t deadline)
{
	int fds[2];
	int err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	err = component_open(component, fds[0]);
	if (!err)
		err = open_host(component, fds[1], deadline);
	if (err)
		close(fds[1]);
	return err ? err : component_await(component, deadline);
}

static int loopback_start(struct cohort_component *component, int64_t deadline)
{
	int err = host_new(&component->host, component->class);

	if (!err)
		err = connect_both(component, deadline);
	return err ? err : component_bind(component, deadline);
}

static int thread_start(struct cohort_component *component, int64_t deadline)
{
	int err = shelf_new(&component->port->shelf);

	return err ? err : loopback_start(component, deadline);
}

static void link_stop(struct cohort_component *component)
{
	component_disconnect(component);
	if (component->host)
		host_close(component->host);
	host_free(component->host);
	component->host = NULL;
}

const struct mode mode_thread = {
	.name = "thread",
	.start = thread_start,
	.stop = link_stop,
};

const struct mode mode_loopback = {
	.name = "loopback",
	.start = loopback_start,
	.stop = link_stop,
};
