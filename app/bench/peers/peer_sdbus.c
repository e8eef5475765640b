/*
 * peer_sdbus.c: sd-bus between two processes, over a stream socket and without a message bus.
 *
 * A request is a method call with an array of bytes, its answer one as well; a one-way message is a
 * call that wants no answer, a broadcast a signal on one connection after another. sd-bus queues
 * what the socket does not take, so the sender flushes after each message. A primary has its
 * connections in an sd-event loop.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sdbus.h"

#define OBJECT "/org/example/Bench"
#define INTERFACE "org.example.Bench"
#define MEMBER "Take"
#define TIMEOUT_US ((uint64_t)PEER_TIMEOUT_MS * 1000)
#define BACKLOG 1024

static int bytes_read(sd_bus_message *message, const void **data, size_t *size)
{
	int r = sd_bus_message_read_array(message, 'y', data, size);

	return r < 0 ? r : 0;
}

/* The descriptors are the message's: nobody has to close them. */
static int fds_check(struct peer_side *side, sd_bus_message *message)
{
	int fd, r;

	for (unsigned i = 0; i < side->nfds; i++) {
		r = sd_bus_message_read(message, "h", &fd);
		if (r <= 0)
			return -EBADMSG;
	}
	return 0;
}

static int answer(sd_bus_message *call, const void *data, size_t size)
{
	sd_bus_message *message = NULL;
	int r = sd_bus_message_new_method_return(call, &message);

	if (r >= 0)
		r = sd_bus_message_append_array(message, 'y', data, size);
	if (r >= 0)
		r = sd_bus_send(NULL, message, NULL);
	sd_bus_message_unref(message);
	return r < 0 ? r : 0;
}

static int on_message(sd_bus_message *message, void *arg, sd_bus_error *error)
{
	struct sdbus *own = arg;
	struct peer_side *side = own->side;
	const void *data;
	size_t size;
	int r;

	(void)error;
	if (!sd_bus_message_get_interface(message) ||
	    strcmp(sd_bus_message_get_interface(message), INTERFACE) != 0)
		return 0;
	r = bytes_read(message, &data, &size);
	if (r == 0)
		r = fds_check(side, message);
	if (r == 0)
		own->over |= side->sink(side->arg, data, size);
	if (r == 0 && sd_bus_message_get_expect_reply(message) > 0)
		r = answer(message, data, size);
	if (r < 0)
		own->error = r;
	return 1;
}

int sdbus_new(struct peer_side *side, struct sdbus **out)
{
	struct sdbus *own = calloc(1, sizeof(*own));

	if (!own)
		return -ENOMEM;
	own->side = side;
	own->listener = -1;
	side->own = own;
	*out = own;
	return 0;
}

int sdbus_listen_to(struct sdbus *own, sd_bus *bus)
{
	int r = sd_bus_add_filter(bus, NULL, on_message, own);

	return r < 0 ? r : 0;
}

int sdbus_connect(struct sdbus *own, bool to_a_bus)
{
	char address[160];
	sd_bus *bus;
	int r = sd_bus_new(&bus);

	if (r < 0)
		return r;
	own->buses[own->nbuses++] = bus;
	snprintf(address, sizeof(address), "unix:path=%s", own->side->role->channel);
	r = sd_bus_set_address(bus, address);
	if (r >= 0)
		r = sd_bus_negotiate_fds(bus, 1);
	if (r >= 0 && to_a_bus)
		r = sd_bus_set_bus_client(bus, 1);
	if (r >= 0)
		r = sd_bus_start(bus);
	return r < 0 ? r : 0;
}

static int accept_one(struct sdbus *own, int fd)
{
	sd_id128_t id;
	sd_bus *bus;
	int r = sd_id128_randomize(&id);

	if (r >= 0)
		r = sd_bus_new(&bus);
	if (r < 0)
		return r;
	own->buses[own->nbuses++] = bus;
	r = sd_bus_set_fd(bus, fd, fd);
	if (r >= 0)
		r = sd_bus_set_server(bus, 1, id);
	if (r >= 0)
		r = sd_bus_negotiate_fds(bus, 1);
	if (r >= 0 && own->side->sink)
		r = sdbus_listen_to(own, bus);
	if (r >= 0)
		r = sd_bus_start(bus);
	return r < 0 ? r : sd_bus_attach_event(bus, own->event, 0);
}

static int on_connection(sd_event_source *source, int listener, uint32_t events, void *arg)
{
	struct sdbus *own = arg;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int r;

	(void)source;
	(void)events;
	if (fd < 0 && errno == EAGAIN)
		return 0;
	r = fd < 0 ? -errno : accept_one(own, fd);
	if (r < 0)
		own->error = r;
	return 0;
}

static int server_open(struct sdbus *own)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int r = sd_event_new(&own->event);

	if (r < 0)
		return r;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", own->side->role->channel);
	own->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (own->listener < 0 ||
	    bind(own->listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(own->listener, BACKLOG))
		return -errno;
	r = sd_event_add_io(own->event, NULL, own->listener, EPOLLIN, on_connection, own);
	return r < 0 ? r : 0;
}

static int sdbus_open(struct peer_side *side)
{
	struct sdbus *own;
	int r = sdbus_new(side, &own);

	if (r < 0)
		return r;
	if (side->role->index == 0)
		return server_open(own);
	r = sdbus_connect(own, false);
	return r < 0 || !side->sink || side->pattern == PEER_ASYNC
		       ? r
		       : sdbus_listen_to(own, own->buses[0]);
}

void sdbus_close(struct peer_side *side)
{
	struct sdbus *own = side->own;

	for (unsigned i = 0; i < own->nbuses; i++)
		sd_bus_close_unref(own->buses[i]);
	sd_bus_close_unref(own->controller);
	peer_daemon_stop(own->broker);
	sd_event_unref(own->event);
	if (own->listener >= 0)
		close(own->listener);
	if (side->role->index == 0)
		unlink(side->role->channel);
	free(own);
}

/* Lets one thing happen; waits for it, or looks. */
static int loop_once(struct sdbus *own)
{
	uint64_t wait = own->side->spins ? 0 : UINT64_MAX;
	int r;

	if (own->event)
		return sd_event_run(own->event, wait);
	r = sd_bus_process(own->buses[0], NULL);
	if (r == 0 && wait)
		return sd_bus_wait(own->buses[0], wait);
	if (r == 0)
		peer_pause();
	return r;
}

int sdbus_loop(struct peer_side *side)
{
	struct sdbus *own = side->own;

	while (!own->over && own->error == 0) {
		int r = loop_once(own);

		if (r < 0)
			return r;
	}
	if (own->error < 0)
		return own->error;
	/* the last answer */
	for (unsigned i = 0; i < own->nbuses; i++)
		sd_bus_flush(own->buses[i]);
	return 0;
}

static int admit(struct peer_side *side)
{
	struct sdbus *own = side->own;
	int r = sd_event_run(own->event, 1000);

	return r < 0 ? r : own->error;
}

static int call_new(struct sdbus *own, const void *data, size_t size, sd_bus_message **out)
{
	int r = sd_bus_message_new_method_call(own->buses[0], out, own->destination, OBJECT,
					       INTERFACE, MEMBER);

	if (r >= 0)
		r = sd_bus_message_append_array(*out, 'y', data, size);
	return r < 0 ? r : 0;
}

/* As sd_bus_call(), but looking instead of sleeping. */
static int call_spinning(struct sdbus *own, sd_bus_message *call, sd_bus_message **reply)
{
	uint64_t cookie, of;
	int r = sd_bus_send(own->buses[0], call, &cookie);

	while (r >= 0) {
		r = sd_bus_process(own->buses[0], reply);
		if (r == 0)
			peer_pause();
		if (r <= 0 || !*reply)
			continue;
		if (sd_bus_message_get_reply_cookie(*reply, &of) >= 0 && of == cookie)
			return 0;
		*reply = sd_bus_message_unref(*reply);
	}
	return r;
}

int sdbus_ask(struct peer_side *side, const void *question, void *out, size_t size)
{
	struct sdbus *own = side->own;
	sd_bus_message *call = NULL, *reply = NULL;
	const void *data;
	size_t length;
	int r = call_new(own, question, size, &call);

	if (r == 0 && side->spins)
		r = call_spinning(own, call, &reply);
	else if (r == 0)
		r = sd_bus_call(own->buses[0], call, TIMEOUT_US, NULL, &reply);
	if (r >= 0)
		r = bytes_read(reply, &data, &length);
	if (r == 0 && length != size)
		r = -EBADMSG;
	if (r == 0)
		memcpy(out, data, size);
	sd_bus_message_unref(call);
	sd_bus_message_unref(reply);
	return r;
}

static int async_ask(struct sdbus *own);

static int on_answer(sd_bus_message *message, void *arg, sd_bus_error *error)
{
	struct sdbus *own = arg;
	const void *data;
	size_t size;
	int r = bytes_read(message, &data, &size);

	(void)error;
	if (r == 0 && own->side->sink(own->side->arg, data, size))
		own->over = --own->out == 0;
	else if (r == 0)
		r = async_ask(own);
	if (r < 0)
		own->error = r;
	return 1;
}

static int async_ask(struct sdbus *own)
{
	static const unsigned char question[BENCH_PAYLOAD];
	sd_bus_message *call = NULL;
	int r = call_new(own, question, sizeof(question), &call);

	if (r == 0)
		r = sd_bus_call_async(own->buses[0], NULL, call, on_answer, own, TIMEOUT_US);
	sd_bus_message_unref(call);
	return r < 0 ? r : 0;
}

int sdbus_ask_many(struct peer_side *side, unsigned outstanding)
{
	struct sdbus *own = side->own;
	int r = 0;

	own->out = outstanding;
	for (unsigned i = 0; r == 0 && i < outstanding; i++)
		r = async_ask(own);
	return r < 0 ? r : sdbus_loop(side);
}

/* A message of a stream is built in place, in the message itself. */
static void *sdbus_loan(struct peer_side *side, size_t size)
{
	struct sdbus *own = side->own;
	void *data;

	if (side->pattern == PEER_BROADCAST)
		return own->scratch;
	if (sd_bus_message_new_method_call(own->buses[0], &own->loaned, NULL, OBJECT, INTERFACE,
					   MEMBER) < 0 ||
	    sd_bus_message_set_expect_reply(own->loaned, 0) < 0 ||
	    sd_bus_message_append_array_space(own->loaned, 'y', size, &data) < 0)
		return NULL;
	return data;
}

static int loaned_send(struct sdbus *own)
{
	int r = 0;

	for (unsigned i = 0; r >= 0 && i < own->side->nfds; i++)
		r = sd_bus_message_append(own->loaned, "h", own->side->fds[i]);
	if (r >= 0)
		r = sd_bus_send(own->buses[0], own->loaned, NULL);
	if (r >= 0)
		r = sd_bus_flush(own->buses[0]);
	own->loaned = sd_bus_message_unref(own->loaned);
	return r < 0 ? r : 0;
}

static int signal_send(sd_bus *bus, const void *data, size_t size)
{
	sd_bus_message *message = NULL;
	int r = sd_bus_message_new_signal(bus, &message, OBJECT, INTERFACE, MEMBER);

	if (r >= 0)
		r = sd_bus_message_append_array(message, 'y', data, size);
	if (r >= 0)
		r = sd_bus_send(bus, message, NULL);
	if (r >= 0)
		r = sd_bus_flush(bus);
	sd_bus_message_unref(message);
	return r < 0 ? r : 0;
}

static int sdbus_send(struct peer_side *side, const void *data, size_t size)
{
	struct sdbus *own = side->own;
	int r = 0;

	if (side->role->index)
		return loaned_send(own);
	while (r == 0 && own->nbuses < side->role->secondaries)
		r = admit(side);
	for (unsigned i = 0; r == 0 && i < own->nbuses; i++)
		r = signal_send(own->buses[i], data, size);
	return r;
}

void sdbus_version(char *text, size_t size)
{
	snprintf(text, size, "libsystemd %s", BENCH_LIBSYSTEMD_VERSION);
}

const struct peer peer_sdbus = {
	.name = "sd-bus",
	.version = sdbus_version,
	.open = sdbus_open,
	.close = sdbus_close,
	.ask = sdbus_ask,
	.serve = sdbus_loop,
	.ask_many = sdbus_ask_many,
	.loan = sdbus_loan,
	.send = sdbus_send,
	.receive = sdbus_loop,
	.admit = admit,
};
