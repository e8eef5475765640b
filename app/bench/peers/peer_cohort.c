/*
 * peer_cohort.c: the library itself, on its public headers as anybody else would use it. The
 * primary's main thread sleeps while handlers run on the library's thread.
 *
 * "cohort" has every default. "cohort-in-place" lets the handler read large bodies where they lie,
 * and has a bulk ring of 64 MiB.
 */
#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cohort_side.h"
#include "peer.h"

#define BULK_IN_PLACE ((size_t)64 << 20)

struct own {
	struct cohort *c;
	sem_t over;	      /* the sink had its last, or no answer is outstanding */
	_Atomic unsigned out; /* seq_cst: who takes it to 0 posts `over` */
};

static void fds_take(struct peer_side *side, struct cohort_call *call)
{
	size_t n = cohort_call_fds(call);
	int fds[PEER_FDS_MAX];

	for (size_t i = 0; i < n && i < PEER_FDS_MAX; i++)
		fds[i] = cohort_call_fd_take(call, i);
	if (peer_fds_close(side, fds, n))
		side_abort(side->role, "descriptors", -EBADMSG);
}

static int on_call(struct cohort_call *call, void *arg)
{
	struct peer_side *side = arg;
	struct own *own = side->own;
	size_t size;
	const void *data = cohort_call_data(call, &size);
	bool last = side->sink(side->arg, data, size);
	int r = 0;

	fds_take(side, call);
	if (cohort_call_is_request(call)) {
		struct cohort_message answer = COHORT_MESSAGE(NULL, data, size);

		r = cohort_call_reply(call, 0, &answer);
	}
	if (last)
		sem_post(&own->over);
	return r < 0 ? r : 0;
}

static int open_with(struct peer_side *side, uint32_t flags, size_t bulk_size)
{
	struct own *own = calloc(1, sizeof(*own));
	struct cohort_action action = side_action(on_call, side, flags);
	struct cohort_config config;

	if (!own)
		return -ENOMEM;
	side->own = own;
	sem_init(&own->over, 0, 0);
	side_config(&config, side->role, side->sink ? &action : NULL);
	config.bulk_size = bulk_size;
	if (side->pattern == PEER_REQUEST && !side->spins)
		config.spin = 0;
	return cohort_open(&own->c, side->role->channel, &config);
}

static int cohort_side_open(struct peer_side *side)
{
	return open_with(side, 0, 0);
}

static int cohort_side_open_in_place(struct peer_side *side)
{
	return open_with(side, COHORT_IN_PLACE, BULK_IN_PLACE);
}

static void cohort_side_close(struct peer_side *side)
{
	struct own *own = side->own;

	cohort_close(own->c);
	sem_destroy(&own->over);
	free(own);
}

static int cohort_side_wait(struct peer_side *side)
{
	struct own *own = side->own;

	while (sem_wait(&own->over))
		continue;
	return 0;
}

static int cohort_side_ask(struct peer_side *side, const void *question, void *answer, size_t size)
{
	struct own *own = side->own;
	struct cohort_message message = COHORT_MESSAGE(SIDE_ACTION, question, size);
	struct cohort_reply *reply;
	const void *data;
	size_t length;
	int r = cohort_request(own->c, COHORT_PRIMARY, &message, SIDE_TIMEOUT, &reply);

	if (r < 0)
		return r;
	data = cohort_reply_data(reply, &length);
	r = cohort_reply_status(reply);
	if (r == 0 && length != size)
		r = -EBADMSG;
	if (r == 0)
		memcpy(answer, data, size);
	cohort_reply_free(reply);
	return r;
}

static void async_ask(struct peer_side *side);

static void on_answer(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply,
		      void *arg)
{
	struct peer_side *side = arg;
	struct own *own = side->own;
	const void *data;
	size_t size;

	(void)c;
	(void)id;
	if (error < 0 || cohort_reply_status(reply) < 0)
		side_abort(side->role, "asynchronous request", error < 0 ? error : -EIO);
	data = cohort_reply_data(reply, &size);
	if (!side->sink(side->arg, data, size))
		async_ask(side);
	else if (atomic_fetch_sub(&own->out, 1) == 1)
		sem_post(&own->over);
	cohort_reply_free(reply);
}

static void async_ask(struct peer_side *side)
{
	struct own *own = side->own;
	unsigned char payload[BENCH_PAYLOAD] = { 0 };
	struct cohort_message message = COHORT_MESSAGE(SIDE_ACTION, payload, sizeof(payload));
	int r = cohort_request_async(own->c, COHORT_PRIMARY, &message, SIDE_TIMEOUT, on_answer,
				     side, NULL);

	if (r < 0)
		side_abort(side->role, "cohort_request_async", r);
}

static int cohort_side_ask_many(struct peer_side *side, unsigned outstanding)
{
	struct own *own = side->own;

	atomic_store(&own->out, outstanding);
	for (unsigned i = 0; i < outstanding; i++)
		async_ask(side);
	return cohort_side_wait(side);
}

static int cohort_side_send(struct peer_side *side, const void *data, size_t size)
{
	struct own *own = side->own;
	struct cohort_message message = COHORT_MESSAGE(SIDE_ACTION, data, size);

	message.fds = side->fds;
	message.nfds = side->nfds;
	if (side->pattern == PEER_BROADCAST)
		return cohort_broadcast(own->c, &message, SIDE_TIMEOUT, NULL);
	return cohort_send(own->c, COHORT_PRIMARY, &message, SIDE_TIMEOUT);
}

static void cohort_side_version(char *text, size_t size)
{
	snprintf(text, size, "%s", cohort_version());
}

const struct peer peer_cohort = {
	.name = "cohort",
	.version = cohort_side_version,
	.open = cohort_side_open,
	.close = cohort_side_close,
	.ask = cohort_side_ask,
	.serve = cohort_side_wait,
	.ask_many = cohort_side_ask_many,
	.send = cohort_side_send,
	.receive = cohort_side_wait,
};

const struct peer peer_cohort_in_place = {
	.name = "cohort-in-place",
	.version = cohort_side_version,
	.open = cohort_side_open_in_place,
	.close = cohort_side_close,
	.send = cohort_side_send,
	.receive = cohort_side_wait,
};
