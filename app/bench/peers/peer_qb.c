/*
 * peer_qb.c: libqb's IPC over shared memory: a ring for requests, one for answers and one for
 * events (server to client) for each connection.
 *
 * The server lives in libqb's main loop, so it cannot spin. The rings have room for at least 1 MiB.
 * A client that finds the ring full tries again; a broadcast is an event sent to one connection
 * after another.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <qb/qbdefs.h>
#include <qb/qbipcc.h>
#include <qb/qbipcs.h>
#include <qb/qbloop.h>
#include <qb/qbutil.h>

#include "peer.h"

#define RING_MIN ((size_t)1 << 20)
/* libqb wants a header in each message; this is the larger of its two. */
#define HEADER sizeof(struct qb_ipc_response_header)

struct own {
	/* the server's */
	qb_loop_t *loop;
	qb_ipcs_service_t *service;
	qb_ipcs_connection_t *connections[BENCH_SECONDARIES_MAX];
	unsigned nconnections;
	int error;
	/* the client's */
	qb_ipcc_connection_t *client;
	unsigned char *buffer;
	size_t size;
};

/* The callbacks of libqb's main loop have no argument that is ours. */
static struct peer_side *server;

static int32_t on_accept(qb_ipcs_connection_t *c, uid_t uid, gid_t gid)
{
	(void)c;
	(void)uid;
	(void)gid;
	return 0;
}

static void on_created(qb_ipcs_connection_t *c)
{
	struct own *own = server->own;

	own->connections[own->nconnections++] = c;
}

static int32_t on_closed(qb_ipcs_connection_t *c)
{
	(void)c;
	return 0;
}

static void on_destroyed(qb_ipcs_connection_t *c)
{
	(void)c;
}

static int answer(qb_ipcs_connection_t *c, const void *data, size_t size)
{
	struct qb_ipc_response_header header = { .size = (int32_t)(HEADER + size) };
	const struct iovec iov[] = { { &header, HEADER }, { (void *)(size_t)data, size } };
	ssize_t n;

	do
		n = qb_ipcs_response_sendv(c, iov, 2);
	while (n == -EAGAIN);
	return n < 0 ? (int)n : 0;
}

static int32_t on_request(qb_ipcs_connection_t *c, void *message, size_t size)
{
	struct own *own = server->own;
	const unsigned char *data = (unsigned char *)message + HEADER;
	bool last = server->sink(server->arg, data, size - HEADER);

	if (server->pattern == PEER_REQUEST || server->pattern == PEER_ASYNC)
		own->error = answer(c, data, size - HEADER);
	if (last || own->error < 0)
		qb_loop_stop(own->loop);
	return 0;
}

static int32_t job_add(enum qb_loop_priority p, void *data, qb_loop_job_dispatch_fn fn)
{
	struct own *own = server->own;

	return qb_loop_job_add(own->loop, p, data, fn);
}

static int32_t poll_add(enum qb_loop_priority p, int32_t fd, int32_t events, void *data,
			qb_ipcs_dispatch_fn_t fn)
{
	struct own *own = server->own;

	return qb_loop_poll_add(own->loop, p, fd, events, data, fn);
}

static int32_t poll_mod(enum qb_loop_priority p, int32_t fd, int32_t events, void *data,
			qb_ipcs_dispatch_fn_t fn)
{
	struct own *own = server->own;

	return qb_loop_poll_mod(own->loop, p, fd, events, data, fn);
}

static int32_t poll_del(int32_t fd)
{
	struct own *own = server->own;

	return qb_loop_poll_del(own->loop, fd);
}

static int server_open(struct peer_side *side, const char *name)
{
	static struct qb_ipcs_service_handlers handlers = { on_accept, on_created, on_request,
							    on_closed, on_destroyed };
	static struct qb_ipcs_poll_handlers polls = { job_add, poll_add, poll_mod, poll_del };
	struct own *own = side->own;

	server = side;
	own->loop = qb_loop_create();
	own->service = qb_ipcs_create(name, 0, QB_IPC_SHM, &handlers);
	if (!own->loop || !own->service)
		return -ENOMEM;
	qb_ipcs_enforce_buffer_size(own->service, (uint32_t)own->size);
	qb_ipcs_request_rate_limit(own->service, QB_IPCS_RATE_FAST);
	qb_ipcs_poll_handlers_set(own->service, &polls);
	return qb_ipcs_run(own->service);
}

static int qb_open(struct peer_side *side)
{
	struct own *own = calloc(1, sizeof(*own));
	char name[64];

	if (!own)
		return -ENOMEM;
	side->own = own;
	own->size = side->size + HEADER > RING_MIN ? side->size + HEADER : RING_MIN;
	/* a name, not a path: the folder of this run is in it */
	snprintf(name, sizeof(name), "%.60s", side->role->channel + 1);
	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '-';
	if (side->role->index == 0)
		return server_open(side, name);
	own->buffer = calloc(1, own->size);
	while (!(own->client = qb_ipcc_connect(name, own->size)) && errno == EAGAIN)
		usleep(1000); /* when hundreds come at once the listener's backlog is full */
	return own->buffer && own->client ? 0 : errno ? -errno : -EIO;
}

static void qb_close(struct peer_side *side)
{
	struct own *own = side->own;

	if (own->client)
		qb_ipcc_disconnect(own->client);
	if (own->service)
		qb_ipcs_destroy(own->service);
	if (own->loop)
		qb_loop_destroy(own->loop);
	free(own->buffer);
	free(own);
}

static int request_send(struct own *own, const void *data, size_t size)
{
	struct qb_ipc_response_header header = { .size = (int32_t)(HEADER + size) };
	const struct iovec iov[] = { { &header, HEADER }, { (void *)(size_t)data, size } };
	ssize_t n;

	while ((n = qb_ipcc_sendv(own->client, iov, 2)) == -EAGAIN)
		peer_pause();
	return n < 0 ? (int)n : 0;
}

static int answer_take(struct own *own)
{
	ssize_t n = qb_ipcc_recv(own->client, own->buffer, own->size, PEER_TIMEOUT_MS);

	return n < 0 ? (int)n : n < (ssize_t)HEADER ? -EBADMSG : (int)((size_t)n - HEADER);
}

static int qb_ask(struct peer_side *side, const void *question, void *out, size_t size)
{
	struct own *own = side->own;
	int r = request_send(own, question, size);

	if (r == 0)
		r = answer_take(own);
	if (r < 0)
		return r;
	if ((size_t)r != size)
		return -EBADMSG;
	memcpy(out, own->buffer + HEADER, size);
	return 0;
}

static int qb_ask_many(struct peer_side *side, unsigned outstanding)
{
	const unsigned char question[BENCH_PAYLOAD] = { 0 };
	struct own *own = side->own;
	unsigned out = outstanding;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < outstanding; i++)
		r = request_send(own, question, sizeof(question));
	while (r == 0 && out > 0) {
		int n = answer_take(own);

		if (n < 0)
			r = n;
		else if (side->sink(side->arg, own->buffer + HEADER, (size_t)n))
			out--;
		else
			r = request_send(own, question, sizeof(question));
	}
	return r;
}

static int qb_loop(struct peer_side *side)
{
	struct own *own = side->own;

	qb_loop_run(own->loop);
	return own->error;
}

/* Clients are taken in by the loop, which runs until the first moment in which nothing is due. */
static void loop_end(void *arg)
{
	qb_loop_stop(arg);
}

static int qb_admit(struct peer_side *side)
{
	struct own *own = side->own;
	qb_loop_timer_handle timer;

	qb_loop_timer_add(own->loop, QB_LOOP_LOW, QB_TIME_NS_IN_MSEC, own->loop, loop_end, &timer);
	qb_loop_run(own->loop);
	return 0;
}

static int event_send(qb_ipcs_connection_t *c, const struct iovec *iov)
{
	ssize_t n;

	while ((n = qb_ipcs_event_sendv(c, iov, 2)) == -EAGAIN || n == -ENOBUFS)
		peer_pause();
	return n < 0 ? (int)n : 0;
}

static int qb_send(struct peer_side *side, const void *data, size_t size)
{
	struct qb_ipc_response_header header = { .size = (int32_t)(HEADER + size) };
	const struct iovec iov[] = { { &header, HEADER }, { (void *)(size_t)data, size } };
	struct own *own = side->own;
	int r = 0;

	if (side->role->index)
		return request_send(own, data, size);
	for (unsigned i = 0; r == 0 && i < own->nconnections; i++)
		r = event_send(own->connections[i], iov);
	return r;
}

static int events_receive(struct peer_side *side)
{
	struct own *own = side->own;
	bool last = false;

	while (!last) {
		ssize_t n =
			qb_ipcc_event_recv(own->client, own->buffer, own->size, PEER_TIMEOUT_MS);

		if (n < (ssize_t)HEADER)
			return n < 0 ? (int)n : -EBADMSG;
		last = side->sink(side->arg, own->buffer + HEADER, (size_t)n - HEADER);
	}
	return 0;
}

static int qb_receive(struct peer_side *side)
{
	return side->role->index ? events_receive(side) : qb_loop(side);
}

static void qb_version(char *text, size_t size)
{
	snprintf(text, size, "%d.%d.%d", qb_ver.major, qb_ver.minor, qb_ver.micro);
}

const struct peer peer_qb = {
	.name = "libqb",
	.cannot[PEER_CAN_SPIN] = "its server waits in libqb's main loop",
	.cannot[PEER_CAN_PASS_FDS] = "carries bytes only",
	.cannot[PEER_CAN_SERVE_500] = "of 500 clients at once some are not let in within 40 s",
	.version = qb_version,
	.open = qb_open,
	.close = qb_close,
	.ask = qb_ask,
	.serve = qb_loop,
	.ask_many = qb_ask_many,
	.send = qb_send,
	.receive = qb_receive,
	.admit = qb_admit,
};
