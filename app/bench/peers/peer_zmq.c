/*
 * peer_zmq.c: ZeroMQ over ipc://, a socket of the fitting type for each pattern.
 *
 * Every process has one I/O thread beside the thread that calls. Broadcasts go through an XPUB
 * socket that waits instead of dropping. Queues hold 1000 messages as by default, but no more than
 * 64 MiB.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "peer.h"

#define QUEUE 1000
#define QUEUE_BYTES ((size_t)64 << 20)
#define QUEUE_MIN 2

struct own {
	void *context;
	void *socket;
	zmq_msg_t loaned;
};

static const int types[][2] = {
	[PEER_REQUEST] = { ZMQ_REP, ZMQ_REQ },
	[PEER_ASYNC] = { ZMQ_REP, ZMQ_DEALER },
	[PEER_STREAM] = { ZMQ_PULL, ZMQ_PUSH },
	[PEER_BROADCAST] = { ZMQ_XPUB, ZMQ_SUB },
};

static int queue_length(const struct peer_side *side)
{
	size_t fitting = QUEUE_BYTES / side->size;

	return fitting > QUEUE ? QUEUE : fitting < QUEUE_MIN ? QUEUE_MIN : (int)fitting;
}

static int options_set(struct peer_side *side, int type)
{
	struct own *own = side->own;
	int queue = queue_length(side), none = 0, one = 1, timeout = PEER_TIMEOUT_MS;
	int r = zmq_setsockopt(own->socket, ZMQ_LINGER, &none, sizeof(none));

	r |= zmq_setsockopt(own->socket, ZMQ_SNDHWM, &queue, sizeof(queue));
	r |= zmq_setsockopt(own->socket, ZMQ_RCVHWM, &queue, sizeof(queue));
	r |= zmq_setsockopt(own->socket, ZMQ_SNDTIMEO, &timeout, sizeof(timeout));
	if (type == ZMQ_XPUB)
		r |= zmq_setsockopt(own->socket, ZMQ_XPUB_NODROP, &one, sizeof(one));
	if (type == ZMQ_SUB)
		r |= zmq_setsockopt(own->socket, ZMQ_SUBSCRIBE, "", 0);
	return r ? -errno : 0;
}

static int zmq_side_open(struct peer_side *side)
{
	int type = types[side->pattern][side->role->index > 0];
	struct own *own = calloc(1, sizeof(*own));
	char address[160];
	int r;

	if (!own)
		return -ENOMEM;
	side->own = own;
	own->context = zmq_ctx_new();
	if (!own->context)
		return -errno;
	/* 500 peers and some descriptors of its own */
	zmq_ctx_set(own->context, ZMQ_MAX_SOCKETS, 1100);
	own->socket = zmq_socket(own->context, type);
	if (!own->socket)
		return -errno;
	r = options_set(side, type);
	if (r < 0)
		return r;
	snprintf(address, sizeof(address), "ipc://%s", side->role->channel);
	if (side->role->index)
		r = zmq_connect(own->socket, address);
	else
		r = zmq_bind(own->socket, address);
	return r ? -errno : 0;
}

static void zmq_side_close(struct peer_side *side)
{
	struct own *own = side->own;

	zmq_close(own->socket);
	zmq_ctx_term(own->context);
	free(own);
	if (side->role->index == 0)
		unlink(side->role->channel);
}

/* Waits for a message by blocking, or by looking. */
static int message_take(struct peer_side *side, zmq_msg_t *message)
{
	struct own *own = side->own;
	int n;

	for (;;) {
		n = zmq_msg_recv(message, own->socket, side->spins ? ZMQ_DONTWAIT : 0);
		if (n >= 0)
			return 0;
		if (errno != EAGAIN || !side->spins)
			return -errno;
		peer_pause();
	}
}

/* A DEALER speaks to a REP with the empty frame that a REQ would have put there. */
static int question_send(struct peer_side *side, const void *question, size_t size)
{
	struct own *own = side->own;

	if (side->pattern == PEER_ASYNC && zmq_send(own->socket, "", 0, ZMQ_SNDMORE) < 0)
		return -errno;
	return zmq_send(own->socket, question, size, 0) < 0 ? -errno : 0;
}

static int answer_take(struct peer_side *side, zmq_msg_t *message)
{
	int r = 0;

	if (side->pattern == PEER_ASYNC)
		r = message_take(side, message);
	return r < 0 ? r : message_take(side, message);
}

static int zmq_side_ask(struct peer_side *side, const void *question, void *answer, size_t size)
{
	zmq_msg_t message;
	int r = question_send(side, question, size);

	if (r < 0)
		return r;
	zmq_msg_init(&message);
	r = answer_take(side, &message);
	if (r == 0 && zmq_msg_size(&message) != size)
		r = -EBADMSG;
	if (r == 0)
		memcpy(answer, zmq_msg_data(&message), size);
	zmq_msg_close(&message);
	return r;
}

static int take_all(struct peer_side *side, bool answers)
{
	struct own *own = side->own;
	zmq_msg_t message;
	bool last = false;
	int r = 0;

	zmq_msg_init(&message);
	while (r == 0 && !last) {
		r = message_take(side, &message);
		if (r < 0)
			break;
		last = side->sink(side->arg, zmq_msg_data(&message), zmq_msg_size(&message));
		if (answers &&
		    zmq_send(own->socket, zmq_msg_data(&message), zmq_msg_size(&message), 0) < 0)
			r = -errno;
	}
	zmq_msg_close(&message);
	return r;
}

static int zmq_side_serve(struct peer_side *side)
{
	return take_all(side, true);
}

static int zmq_side_receive(struct peer_side *side)
{
	return take_all(side, false);
}

static int zmq_side_ask_many(struct peer_side *side, unsigned outstanding)
{
	unsigned char question[BENCH_PAYLOAD] = { 0 };
	unsigned out = outstanding;
	zmq_msg_t message;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < outstanding; i++)
		r = question_send(side, question, sizeof(question));
	zmq_msg_init(&message);
	while (r == 0 && out > 0) {
		r = answer_take(side, &message);
		if (r < 0)
			break;
		if (side->sink(side->arg, zmq_msg_data(&message), zmq_msg_size(&message)))
			out--;
		else
			r = question_send(side, question, sizeof(question));
	}
	zmq_msg_close(&message);
	return r;
}

static void *zmq_side_loan(struct peer_side *side, size_t size)
{
	struct own *own = side->own;

	return zmq_msg_init_size(&own->loaned, size) ? NULL : zmq_msg_data(&own->loaned);
}

static int zmq_side_send(struct peer_side *side, const void *data, size_t size)
{
	struct own *own = side->own;

	(void)data;
	(void)size;
	return zmq_msg_send(&own->loaned, own->socket, 0) < 0 ? -errno : 0;
}

static void zmq_side_version(char *text, size_t size)
{
	int major, minor, patch;

	zmq_version(&major, &minor, &patch);
	snprintf(text, size, "%d.%d.%d", major, minor, patch);
}

const struct peer peer_zmq = {
	.name = "zmq",
	.cannot[PEER_CAN_PASS_FDS] = "carries bytes only",
	.version = zmq_side_version,
	.open = zmq_side_open,
	.close = zmq_side_close,
	.ask = zmq_side_ask,
	.serve = zmq_side_serve,
	.ask_many = zmq_side_ask_many,
	.loan = zmq_side_loan,
	.send = zmq_side_send,
	.receive = zmq_side_receive,
};
