/*
 * peer_nanomsg.c: nanomsg over ipc://, a protocol of its own for each pattern.
 *
 * PUB drops what has no room in a connection's queue. Queues have 128 KiB as by default, or two
 * messages if those are larger.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nanomsg/nn.h>
#include <nanomsg/pipeline.h>
#include <nanomsg/pubsub.h>
#include <nanomsg/reqrep.h>

#include "peer.h"

#define QUEUE_BYTES ((size_t)128 << 10)

struct own {
	int socket;
};

static const int protocols[][2] = {
	[PEER_REQUEST] = { NN_REP, NN_REQ },
	[PEER_ASYNC] = { NN_REP, NN_REQ },
	[PEER_STREAM] = { NN_PULL, NN_PUSH },
	[PEER_BROADCAST] = { NN_PUB, NN_SUB },
};

static int options_set(struct peer_side *side, int protocol)
{
	struct own *own = side->own;
	size_t two = 2 * side->size;
	int queue = (int)(two > QUEUE_BYTES ? two : QUEUE_BYTES), unlimited = -1;
	int r = nn_setsockopt(own->socket, NN_SOL_SOCKET, NN_RCVMAXSIZE, &unlimited,
			      sizeof(unlimited));

	r |= nn_setsockopt(own->socket, NN_SOL_SOCKET, NN_SNDBUF, &queue, sizeof(queue));
	r |= nn_setsockopt(own->socket, NN_SOL_SOCKET, NN_RCVBUF, &queue, sizeof(queue));
	if (protocol == NN_SUB)
		r |= nn_setsockopt(own->socket, NN_SUB, NN_SUB_SUBSCRIBE, "", 0);
	return r ? -errno : 0;
}

static int nanomsg_open(struct peer_side *side)
{
	int protocol = protocols[side->pattern][side->role->index > 0];
	struct own *own = calloc(1, sizeof(*own));
	char address[160];
	int r;

	if (!own)
		return -ENOMEM;
	side->own = own;
	own->socket = nn_socket(AF_SP, protocol);
	if (own->socket < 0)
		return -errno;
	r = options_set(side, protocol);
	if (r < 0)
		return r;
	snprintf(address, sizeof(address), "ipc://%s", side->role->channel);
	if (side->role->index)
		r = nn_connect(own->socket, address);
	else
		r = nn_bind(own->socket, address);
	return r < 0 ? -errno : 0;
}

static void nanomsg_close(struct peer_side *side)
{
	struct own *own = side->own;

	nn_close(own->socket);
	free(own);
	if (side->role->index == 0)
		unlink(side->role->channel);
}

/* The message is nanomsg's memory, to be freed or sent. */
static int message_take(struct peer_side *side, void **message, size_t *size)
{
	struct own *own = side->own;

	for (;;) {
		int n = nn_recv(own->socket, message, NN_MSG, side->spins ? NN_DONTWAIT : 0);

		if (n >= 0) {
			*size = (size_t)n;
			return 0;
		}
		if (errno != EAGAIN || !side->spins)
			return -errno;
		peer_pause();
	}
}

static int nanomsg_ask(struct peer_side *side, const void *question, void *answer, size_t size)
{
	struct own *own = side->own;
	size_t length;
	void *message;
	int r;

	if (nn_send(own->socket, question, size, 0) < 0)
		return -errno;
	r = message_take(side, &message, &length);
	if (r < 0)
		return r;
	if (length == size)
		memcpy(answer, message, size);
	else
		r = -EBADMSG;
	nn_freemsg(message);
	return r;
}

static int take_all(struct peer_side *side, bool answers)
{
	struct own *own = side->own;
	bool last = false;

	while (!last) {
		void *message;
		size_t size;
		int r = message_take(side, &message, &size);

		if (r < 0)
			return r;
		last = side->sink(side->arg, message, size);
		if (!answers)
			nn_freemsg(message);
		else if (nn_send(own->socket, &message, NN_MSG, 0) < 0)
			return -errno;
	}
	return 0;
}

static int nanomsg_serve(struct peer_side *side)
{
	return take_all(side, true);
}

static int nanomsg_receive(struct peer_side *side)
{
	return take_all(side, false);
}

static void *nanomsg_loan(struct peer_side *side, size_t size)
{
	(void)side;
	return nn_allocmsg(size, 0);
}

static int nanomsg_send(struct peer_side *side, const void *data, size_t size)
{
	struct own *own = side->own;
	void *message = (void *)(size_t)data;

	(void)size;
	return nn_send(own->socket, &message, NN_MSG, 0) < 0 ? -errno : 0;
}

/* There is no function that says it. */
static void nanomsg_version(char *text, size_t size)
{
	snprintf(text, size, "interface %d.%d.%d", NN_VERSION_CURRENT, NN_VERSION_REVISION,
		 NN_VERSION_AGE);
}

const struct peer peer_nanomsg = {
	.name = "nanomsg",
	.cannot[PEER_CAN_ASYNC] = "a socket has one request at a time",
	.cannot[PEER_CAN_PASS_FDS] = "carries bytes only",
	.version = nanomsg_version,
	.open = nanomsg_open,
	.close = nanomsg_close,
	.ask = nanomsg_ask,
	.serve = nanomsg_serve,
	.loan = nanomsg_loan,
	.send = nanomsg_send,
	.receive = nanomsg_receive,
};
