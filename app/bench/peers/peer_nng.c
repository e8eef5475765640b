/*
 * peer_nng.c: nng over ipc://, a protocol of its own for each pattern.
 *
 * A server is a REP socket in a loop; a client with many questions has a context for each, and
 * its answers come on nng's threads. PUB drops what a subscriber's queue has no room for: nothing
 * in nng broadcasts and waits. Queues are as long as nng allows.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/util/platform.h>

#include "peer.h"

#define QUEUE 8192
#define QUEUE_BYTES ((size_t)64 << 20)
#define QUEUE_MIN 2

struct own {
	nng_socket socket;
	nng_msg *loaned;
	/* of PEER_ASYNC: answers come on several threads, and the sink must not notice */
	pthread_mutex_t mutex;
	unsigned out;
	sem_t over;
};

/* One of the questions that are always outstanding. */
struct asker {
	struct peer_side *side;
	nng_ctx context;
	nng_aio *aio;
	bool waits; /* the question is out: what completes next is its answer */
};

static int error_of(int r)
{
	switch (r) {
	case 0:
		return 0;
	case NNG_EAGAIN:
		return -EAGAIN;
	case NNG_ETIMEDOUT:
		return -ETIMEDOUT;
	case NNG_ECONNREFUSED:
		return -ECONNREFUSED;
	case NNG_ENOTSUP:
		return -ENOTSUP;
	default:
		return -EIO;
	}
}

static int socket_new(struct peer_side *side, nng_socket *socket)
{
	bool primary = side->role->index == 0;

	switch (side->pattern) {
	case PEER_REQUEST:
	case PEER_ASYNC:
		return primary ? nng_rep0_open(socket) : nng_req0_open(socket);
	case PEER_STREAM:
		return primary ? nng_pull0_open(socket) : nng_push0_open(socket);
	case PEER_BROADCAST:
		return primary ? nng_pub0_open(socket) : nng_sub0_open(socket);
	}
	return NNG_EINVAL;
}

/* Not every protocol has both queues. */
static int options_set(struct peer_side *side)
{
	struct own *own = side->own;
	size_t fitting = QUEUE_BYTES / side->size;
	int queue = fitting > QUEUE ? QUEUE : fitting < QUEUE_MIN ? QUEUE_MIN : (int)fitting;
	int r = nng_socket_set_size(own->socket, NNG_OPT_RECVMAXSZ, 0);

	if (side->pattern == PEER_REQUEST || side->pattern == PEER_ASYNC)
		return r;
	nng_socket_set_int(own->socket, NNG_OPT_SENDBUF, queue);
	nng_socket_set_int(own->socket, NNG_OPT_RECVBUF, queue);
	if (r == 0 && side->pattern == PEER_BROADCAST && side->role->index)
		r = nng_socket_set(own->socket, NNG_OPT_SUB_SUBSCRIBE, "", 0);
	return r;
}

/* When hundreds dial at once the listener's backlog is full for some of them. */
static int dial(nng_socket socket, const char *address)
{
	int r;

	while ((r = nng_dial(socket, address, NULL, 0)) == NNG_EAGAIN)
		nng_msleep(1);
	return r;
}

static int nng_side_open(struct peer_side *side)
{
	struct own *own = calloc(1, sizeof(*own));
	char address[160];
	int r;

	if (!own)
		return -ENOMEM;
	side->own = own;
	pthread_mutex_init(&own->mutex, NULL);
	sem_init(&own->over, 0, 0);
	r = socket_new(side, &own->socket);
	if (r == 0)
		r = options_set(side);
	snprintf(address, sizeof(address), "ipc://%s", side->role->channel);
	if (r == 0 && side->role->index)
		r = dial(own->socket, address);
	else if (r == 0)
		r = nng_listen(own->socket, address, NULL, 0);
	return error_of(r);
}

/*
 * The process ends now, and the kernel closes what is open. nng_close() of 1.5.2 sometimes never
 * returns when the other side closes at the same time.
 */
static void nng_side_close(struct peer_side *side)
{
	if (side->role->index == 0)
		unlink(side->role->channel);
}

static int message_take(struct peer_side *side, nng_msg **message)
{
	struct own *own = side->own;
	int r;

	for (;;) {
		r = nng_recvmsg(own->socket, message, side->spins ? NNG_FLAG_NONBLOCK : 0);
		if (r != NNG_EAGAIN || !side->spins)
			return error_of(r);
		peer_pause();
	}
}

static int message_make(nng_msg **message, const void *data, size_t size)
{
	nng_msg *made;

	if (nng_msg_alloc(&made, size))
		return -ENOMEM;
	memcpy(nng_msg_body(made), data, size);
	*message = made;
	return 0;
}

static int message_send(struct peer_side *side, nng_msg *message)
{
	struct own *own = side->own;
	int r = nng_sendmsg(own->socket, message, 0);

	if (r)
		nng_msg_free(message);
	return error_of(r);
}

static int nng_side_ask(struct peer_side *side, const void *question, void *answer, size_t size)
{
	nng_msg *message;
	int r = message_make(&message, question, size);

	if (r == 0)
		r = message_send(side, message);
	if (r == 0)
		r = message_take(side, &message);
	if (r < 0)
		return r;
	if (nng_msg_len(message) == size)
		memcpy(answer, nng_msg_body(message), size);
	else
		r = -EBADMSG;
	nng_msg_free(message);
	return r;
}

/* What came goes back: the answer is the question's own message. */
static int nng_side_serve(struct peer_side *side)
{
	bool last = false;
	int r = 0;

	while (r == 0 && !last) {
		nng_msg *message;

		r = message_take(side, &message);
		if (r < 0)
			break;
		last = side->sink(side->arg, nng_msg_body(message), nng_msg_len(message));
		r = message_send(side, message);
	}
	return r;
}

static int nng_side_receive(struct peer_side *side)
{
	bool last = false;

	while (!last) {
		nng_msg *message;
		int r = message_take(side, &message);

		if (r < 0)
			return r;
		last = side->sink(side->arg, nng_msg_body(message), nng_msg_len(message));
		nng_msg_free(message);
	}
	return 0;
}

static void asker_ask(struct asker *asker)
{
	static const unsigned char question[BENCH_PAYLOAD];
	nng_msg *message;

	if (message_make(&message, question, sizeof(question)))
		abort();
	nng_aio_set_msg(asker->aio, message);
	asker->waits = false;
	nng_ctx_send(asker->context, asker->aio);
}

static bool asker_answered(struct asker *asker)
{
	struct own *own = asker->side->own;
	nng_msg *message = nng_aio_get_msg(asker->aio);
	bool last;

	pthread_mutex_lock(&own->mutex);
	last = asker->side->sink(asker->side->arg, nng_msg_body(message), nng_msg_len(message));
	if (last && --own->out == 0)
		sem_post(&own->over);
	pthread_mutex_unlock(&own->mutex);
	nng_msg_free(message);
	return last;
}

static void on_completion(void *arg)
{
	struct asker *asker = arg;

	if (nng_aio_result(asker->aio)) {
		role_fail(asker->side->role, "nng aio", error_of(nng_aio_result(asker->aio)));
		_exit(EXIT_FAILURE);
	}
	if (!asker->waits) {
		asker->waits = true;
		nng_ctx_recv(asker->context, asker->aio);
	} else if (!asker_answered(asker)) {
		asker_ask(asker);
	}
}

static int nng_side_ask_many(struct peer_side *side, unsigned outstanding)
{
	struct own *own = side->own;
	struct asker *askers = calloc(outstanding, sizeof(*askers));
	int r = askers ? 0 : -ENOMEM;

	own->out = outstanding;
	for (unsigned i = 0; r == 0 && i < outstanding; i++) {
		askers[i].side = side;
		r = error_of(nng_ctx_open(&askers[i].context, own->socket));
		if (r == 0)
			r = error_of(nng_aio_alloc(&askers[i].aio, on_completion, &askers[i]));
	}
	if (r < 0)
		return r;
	for (unsigned i = 0; i < outstanding; i++)
		asker_ask(&askers[i]);
	while (sem_wait(&own->over))
		continue;
	for (unsigned i = 0; i < outstanding; i++) {
		nng_aio_free(askers[i].aio);
		nng_ctx_close(askers[i].context);
	}
	free(askers);
	return 0;
}

static void *nng_side_loan(struct peer_side *side, size_t size)
{
	struct own *own = side->own;

	return nng_msg_alloc(&own->loaned, size) ? NULL : nng_msg_body(own->loaned);
}

static int nng_side_send(struct peer_side *side, const void *data, size_t size)
{
	struct own *own = side->own;

	(void)data;
	(void)size;
	return message_send(side, own->loaned);
}

static void nng_side_version(char *text, size_t size)
{
	snprintf(text, size, "%s", nng_version());
}

const struct peer peer_nng = {
	.name = "nng",
	.cannot[PEER_CAN_PASS_FDS] = "carries bytes only",
	.cannot[PEER_CAN_SERVE_500] = "7000 threads: dialling times out on this machine",
	.version = nng_side_version,
	.open = nng_side_open,
	.close = nng_side_close,
	.ask = nng_side_ask,
	.serve = nng_side_serve,
	.ask_many = nng_side_ask_many,
	.loan = nng_side_loan,
	.send = nng_side_send,
	.receive = nng_side_receive,
};
