/*
 * peer_iceoryx.c: iceoryx by its C interface: publishers and subscribers, clients and servers, in
 * shared memory that a daemon, RouDi, hands out. The primary starts a RouDi of its own, as a child,
 * with one pool of chunks that fit the round's messages. Messages are built and read in place.
 *
 * Queues never drop: a producer waits for room. There is one RouDi on a machine: if another one
 * runs the round fails.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <iceoryx_binding_c/api.h>

#include "peer.h"

/* What iceoryx puts before a payload fits in it. */
#define CHUNK_HEADER 256
#define CHUNK_ALIGN 32
#define POOL_BYTES ((size_t)64 << 20)
#define POOL_MIN 6
#define POOL_MAX 4000
#define POOL_SPARE 4
#define QUEUE_MAX 256
#define PAGE 4096
#define REQUESTS 1024
#define RESPONSES 16
#define ROUDI_SOCKET "/tmp/roudi"
#define RUNTIME "cohort-bench-%u"
#define SERVICE "bench", "all", "message"

struct own {
	iox_pub_storage_t pub_storage;
	iox_sub_storage_t sub_storage;
	iox_client_storage_t client_storage;
	iox_server_storage_t server_storage;
	iox_ws_storage_t set_storage;
	iox_pub_t pub;
	iox_sub_t sub;
	iox_client_t client;
	iox_server_t server;
	iox_ws_t set; /* whoever receives waits here, unless it spins */
};

static size_t chunk_size(const struct peer_side *side)
{
	return (side->size + CHUNK_HEADER + CHUNK_ALIGN - 1) / CHUNK_ALIGN * CHUNK_ALIGN;
}

static size_t pool_length(const struct peer_side *side)
{
	size_t count = POOL_BYTES / chunk_size(side);

	return count < POOL_MIN ? POOL_MIN : count > POOL_MAX ? POOL_MAX : count;
}

/* In memory: RouDi opens it by the number that it inherits. */
static int config_open(const struct peer_side *side)
{
	int fd = memfd_create("roudi-config", 0);

	if (fd < 0)
		return -errno;
	dprintf(fd, "[general]\nversion = 1\n[[segment]]\n[[segment.mempool]]\n");
	dprintf(fd, "size = %zu\ncount = %zu\n", chunk_size(side), pool_length(side));
	return fd;
}

/*
 * A RouDi that was killed leaves its socket; one that runs has it. 0 if ours may start.
 */
static int roudi_check(void)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = ROUDI_SOCKET };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -errno;
	r = connect(fd, (const struct sockaddr *)&address, sizeof(address));
	if (r == 0)
		r = -EADDRINUSE;
	else if (errno == ECONNREFUSED)
		r = unlink(ROUDI_SOCKET) ? -errno : 0;
	else
		r = errno == ENOENT ? 0 : -errno;
	close(fd);
	return r;
}

static int roudi;
static unsigned nsecondaries;
static _Atomic pid_t *pids; /* of the secondaries, in the shared area; relaxed: barriers order */

/*
 * RouDi ends in disorder when a process that it knows has ended without a word, and a runtime that
 * ends after RouDi tries to reach it for ever. A runtime ends in exit(). So RouDi is stopped in
 * exit() as well: after the primary's runtime, because this was registered earlier, and when the
 * secondaries have gone.
 */
static void roudi_stop(void)
{
	for (unsigned i = 0; i < nsecondaries; i++)
		while (kill(atomic_load_explicit(&pids[i], memory_order_relaxed), 0) == 0)
			usleep(1000);
	peer_daemon_stop(roudi);
}

static int roudi_start(struct peer_side *side)
{
	char config[32];
	char *argv[] = { "iox-roudi", "-m", "off", "-l", "off", "-c", config, NULL };
	int r = roudi_check();
	int fd;

	if (r < 0)
		return r;
	fd = config_open(side);
	if (fd < 0)
		return fd;
	snprintf(config, sizeof(config), "/proc/self/fd/%d", fd);
	nsecondaries = side->role->secondaries;
	roudi = peer_daemon_start(argv, ROUDI_SOCKET);
	close(fd);
	return roudi < 0 ? roudi : atexit(roudi_stop);
}

static void pub_open(struct own *own)
{
	iox_pub_options_t options;

	iox_pub_options_init(&options);
	options.subscriberTooSlowPolicy = ConsumerTooSlowPolicy_WAIT_FOR_CONSUMER;
	own->pub = iox_pub_init(&own->pub_storage, SERVICE, &options);
}

/*
 * The queue is full before the pool is empty: iceoryx 2.0.3 waits well for room in a queue, but
 * when it runs out of chunks it sometimes crashes.
 */
static void sub_open(struct peer_side *side)
{
	size_t capacity = pool_length(side) - POOL_SPARE;
	struct own *own = side->own;
	iox_sub_options_t options;

	iox_sub_options_init(&options);
	options.queueCapacity = capacity < QUEUE_MAX ? capacity : QUEUE_MAX;
	options.queueFullPolicy = QueueFullPolicy_BLOCK_PRODUCER;
	own->sub = iox_sub_init(&own->sub_storage, SERVICE, &options);
	if (!side->spins)
		iox_ws_attach_subscriber_state(own->set, own->sub, SubscriberState_HAS_DATA, 1,
					       NULL);
}

static void client_open(struct own *own, bool spins)
{
	iox_client_options_t options;

	iox_client_options_init(&options);
	options.responseQueueCapacity = RESPONSES;
	options.responseQueueFullPolicy = QueueFullPolicy_BLOCK_PRODUCER;
	options.serverTooSlowPolicy = ConsumerTooSlowPolicy_WAIT_FOR_CONSUMER;
	own->client = iox_client_init(&own->client_storage, SERVICE, &options);
	while (iox_client_get_connection_state(own->client) != ConnectionState_CONNECTED)
		usleep(1000);
	if (!spins)
		iox_ws_attach_client_state(own->set, own->client, ClientState_HAS_RESPONSE, 1,
					   NULL);
}

static void server_open(struct own *own, bool spins)
{
	iox_server_options_t options;

	iox_server_options_init(&options);
	options.requestQueueCapacity = REQUESTS;
	options.requestQueueFullPolicy = QueueFullPolicy_BLOCK_PRODUCER;
	options.clientTooSlowPolicy = ConsumerTooSlowPolicy_WAIT_FOR_CONSUMER;
	own->server = iox_server_init(&own->server_storage, SERVICE, &options);
	if (!spins)
		iox_ws_attach_server_state(own->set, own->server, ServerState_HAS_REQUEST, 1, NULL);
}

static void port_open(struct peer_side *side)
{
	struct own *own = side->own;
	bool primary = side->role->index == 0;

	switch (side->pattern) {
	case PEER_REQUEST:
	case PEER_ASYNC:
		if (primary)
			server_open(own, side->spins);
		else
			client_open(own, side->spins);
		return;
	case PEER_STREAM:
	case PEER_BROADCAST:
		if (primary == (side->pattern == PEER_STREAM))
			sub_open(side);
		else
			pub_open(own);
		return;
	}
}

static int iceoryx_open(struct peer_side *side)
{
	struct own *own = calloc(1, sizeof(*own));
	char name[32];
	int r = 0;

	if (!own)
		return -ENOMEM;
	side->own = own;
	pids = (void *)((unsigned char *)role_shared(side->role) + PAGE);
	if (side->role->index)
		atomic_store_explicit(&pids[side->role->index - 1], getpid(), memory_order_relaxed);
	else
		r = roudi_start(side);
	if (r < 0)
		return r;
	/* what iceoryx has to say while it tries again, a thousand times a second */
	if (!freopen("/dev/null", "w", stderr))
		return -errno;
	iox_set_loglevel(Iceoryx_LogLevel_Off);
	snprintf(name, sizeof(name), RUNTIME, side->role->index);
	iox_runtime_init(name);
	own->set = iox_ws_init(&own->set_storage);
	port_open(side);
	while (own->pub && side->pattern == PEER_STREAM && !iox_pub_has_subscribers(own->pub))
		usleep(1000);
	return 0;
}

static void iceoryx_close(struct peer_side *side)
{
	struct own *own = side->own;

	iox_ws_deinit(own->set);
	if (own->pub)
		iox_pub_deinit(own->pub);
	if (own->sub)
		iox_sub_deinit(own->sub);
	if (own->client)
		iox_client_deinit(own->client);
	if (own->server)
		iox_server_deinit(own->server);
	free(own);
}

static void something_await(struct peer_side *side)
{
	struct own *own = side->own;
	iox_notification_info_t info;
	uint64_t missed;

	if (side->spins)
		peer_pause();
	else
		iox_ws_wait(own->set, &info, 1, &missed);
}

/* When all chunks are under way the receiver has to give one back first. */
static void *chunk_loan(iox_pub_t pub, size_t size)
{
	void *chunk;

	for (;;) {
		enum iox_AllocationResult r = iox_pub_loan_chunk(pub, &chunk, (uint32_t)size);

		if (r == AllocationResult_SUCCESS)
			return chunk;
		if (r != AllocationResult_RUNNING_OUT_OF_CHUNKS)
			return NULL;
		peer_pause();
	}
}

static int request_send(struct own *own, const void *question, size_t size)
{
	void *request;

	if (iox_client_loan_request(own->client, &request, (uint32_t)size) !=
	    AllocationResult_SUCCESS)
		return -ENOBUFS;
	memcpy(request, question, size);
	return iox_client_send(own->client, request) == ClientSendResult_SUCCESS ? 0 : -EIO;
}

static int response_take(struct peer_side *side, const void **response)
{
	struct own *own = side->own;

	for (;;) {
		enum iox_ChunkReceiveResult r = iox_client_take_response(own->client, response);

		if (r == ChunkReceiveResult_SUCCESS)
			return 0;
		if (r != ChunkReceiveResult_NO_CHUNK_AVAILABLE)
			return -EIO;
		something_await(side);
	}
}

static int iceoryx_ask(struct peer_side *side, const void *question, void *answer, size_t size)
{
	struct own *own = side->own;
	const void *response;
	int r = request_send(own, question, size);

	if (r == 0)
		r = response_take(side, &response);
	if (r < 0)
		return r;
	memcpy(answer, response, size);
	iox_client_release_response(own->client, response);
	return 0;
}

static int iceoryx_ask_many(struct peer_side *side, unsigned outstanding)
{
	static const unsigned char question[BENCH_PAYLOAD];
	struct own *own = side->own;
	unsigned out = outstanding;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < outstanding; i++)
		r = request_send(own, question, sizeof(question));
	while (r == 0 && out > 0) {
		const void *response;
		bool last;

		r = response_take(side, &response);
		if (r < 0)
			break;
		last = side->sink(side->arg, response, BENCH_PAYLOAD);
		iox_client_release_response(own->client, response);
		if (last)
			out--;
		else
			r = request_send(own, question, sizeof(question));
	}
	return r;
}

static int request_answer(struct own *own, const void *request)
{
	void *response;

	if (iox_server_loan_response(own->server, request, &response, BENCH_PAYLOAD) !=
	    AllocationResult_SUCCESS)
		return -ENOBUFS;
	memcpy(response, request, BENCH_PAYLOAD);
	iox_server_release_request(own->server, request);
	return iox_server_send(own->server, response) == ServerSendResult_SUCCESS ? 0 : -EIO;
}

static int iceoryx_serve(struct peer_side *side)
{
	struct own *own = side->own;
	bool last = false;
	int r = 0;

	while (r == 0 && !last) {
		const void *request;
		enum iox_ServerRequestResult taken = iox_server_take_request(own->server, &request);

		if (taken == ServerRequestResult_NO_PENDING_REQUESTS) {
			something_await(side);
			continue;
		}
		if (taken != ServerRequestResult_SUCCESS)
			return -EIO;
		last = side->sink(side->arg, request, BENCH_PAYLOAD);
		r = request_answer(own, request);
	}
	return r;
}

static void *iceoryx_loan(struct peer_side *side, size_t size)
{
	struct own *own = side->own;

	return chunk_loan(own->pub, size);
}

static int iceoryx_send(struct peer_side *side, const void *data, size_t size)
{
	struct own *own = side->own;

	(void)size;
	iox_pub_publish_chunk(own->pub, (void *)(size_t)data);
	return 0;
}

static int iceoryx_receive(struct peer_side *side)
{
	struct own *own = side->own;
	bool last = false;

	while (!last) {
		const void *chunk;
		enum iox_ChunkReceiveResult r = iox_sub_take_chunk(own->sub, &chunk);

		if (r == ChunkReceiveResult_NO_CHUNK_AVAILABLE) {
			something_await(side);
			continue;
		}
		if (r != ChunkReceiveResult_SUCCESS)
			return -EIO;
		last = side->sink(side->arg, chunk, side->size);
		iox_sub_release_chunk(own->sub, chunk);
	}
	return 0;
}

static bool iceoryx_there(void)
{
	return access("/usr/bin/iox-roudi", X_OK) == 0;
}

static void iceoryx_version(char *text, size_t size)
{
	snprintf(text, size, "%s", BENCH_ICEORYX_VERSION);
}

const struct peer peer_iceoryx = {
	.name = "iceoryx",
	.cannot[PEER_CAN_PASS_FDS] = "carries bytes only",
	.cannot[PEER_CAN_SERVE_500] = "has at most 300 processes",
	.there = iceoryx_there,
	.version = iceoryx_version,
	.open = iceoryx_open,
	.close = iceoryx_close,
	.ask = iceoryx_ask,
	.serve = iceoryx_serve,
	.ask_many = iceoryx_ask_many,
	.loan = iceoryx_loan,
	.send = iceoryx_send,
	.receive = iceoryx_receive,
};
