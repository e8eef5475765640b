/*
 * cohort_rtt.c: requests: one after another (round trip), from many threads, and asynchronous ones.
 *
 * The primary serves in all of them: its handler counts and answers with as many bytes as it was
 * asked with, so that what travels is what a raw ping-pong carries.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "cohort_bench.h"
#include "cohort_side.h"
#include "meter.h"
#include "wait.h"

#define THREADS_MAX 64
#define ALLOC_REQUESTS 10000

struct server {
	struct role *role;
	_Atomic uint64_t served; /* relaxed: a count, read when all is over */
};

static int on_request(struct cohort_call *call, void *arg)
{
	struct server *server = arg;
	unsigned char answer[BENCH_PAYLOAD];
	struct cohort_message body = COHORT_MESSAGE(NULL, answer, sizeof(answer));
	size_t length;
	const void *data = cohort_call_data(call, &length);

	if (length != sizeof(answer))
		side_abort(server->role, "size of a request", -EBADMSG);
	memcpy(answer, data, sizeof(answer));
	atomic_fetch_add_explicit(&server->served, 1, memory_order_relaxed);
	return cohort_call_reply(call, 0, &body);
}

static int serve(struct role *role, int64_t spin)
{
	struct server server = { .role = role };
	struct cohort_action action = side_action(on_request, &server, 0);
	struct cohort_config config;
	struct cohort *c;
	int r;

	side_config(&config, role, &action);
	config.spin = spin;
	r = side_start(role, &config, &c);
	if (r < 0)
		return r;
	return side_stop(role, c);
}

/* Ask once, and look at the answer. Returns 0 or a negative errno. */
static int ask(struct cohort *c)
{
	unsigned char payload[BENCH_PAYLOAD] = { 0 };
	struct cohort_message message = COHORT_MESSAGE(SIDE_ACTION, payload, sizeof(payload));
	struct cohort_reply *reply;
	const void *data;
	size_t length;
	int r = cohort_request(c, COHORT_PRIMARY, &message, SIDE_TIMEOUT, &reply);

	if (r < 0)
		return r;
	data = cohort_reply_data(reply, &length);
	r = cohort_reply_status(reply);
	if (r == 0 && length != sizeof(payload))
		r = -EBADMSG;
	if (r == 0)
		memcpy(payload, data, sizeof(payload));
	wait_sink(payload);
	cohort_reply_free(reply);
	return r;
}

static int rtt_trip(void *arg)
{
	return ask(arg);
}

static int rtt_ask(struct role *role, int64_t spin)
{
	struct cohort_config config;
	struct cohort *c;
	int r;

	side_config(&config, role, NULL);
	config.spin = spin;
	r = side_start(role, &config, &c);
	if (r == 0)
		r = meter_latency(role, rtt_trip, c);
	return r < 0 ? r : side_stop(role, c);
}

int cohort_rtt_serve(struct role *role)
{
	const struct cohort_config init = COHORT_CONFIG_INIT;

	return serve(role, init.spin);
}

int cohort_rtt_ask(struct role *role)
{
	const struct cohort_config init = COHORT_CONFIG_INIT;

	return rtt_ask(role, init.spin);
}

int cohort_rtt_serve_no_spin(struct role *role)
{
	return serve(role, 0);
}

int cohort_rtt_ask_no_spin(struct role *role)
{
	return rtt_ask(role, 0);
}

static void pause_ns(uint64_t ns)
{
	const struct timespec time = { .tv_sec = (time_t)(ns / 1000000000u),
				       .tv_nsec = (long)(ns % 1000000000u) };

	nanosleep(&time, NULL);
}

/* A crowd asks; the main thread reads the count at two moments. */
struct crowd {
	struct role *role;
	struct cohort *c;
	_Atomic uint64_t answered;    /* relaxed: a count */
	_Atomic bool over;	      /* relaxed: seen soon is good enough */
	_Atomic uint64_t outstanding; /* seq_cst: the last one posts `empty` */
	sem_t empty;
};

static void crowd_measure(struct crowd *crowd)
{
	uint64_t before, count;

	pause_ns(crowd->role->round_ns / 5);
	before = meter_now();
	count = atomic_load_explicit(&crowd->answered, memory_order_relaxed);
	pause_ns(crowd->role->round_ns);
	count = atomic_load_explicit(&crowd->answered, memory_order_relaxed) - count;
	role_report(crowd->role, "requests/s", "1/s",
		    (double)count * 1e9 / (double)(meter_now() - before));
	atomic_store_explicit(&crowd->over, true, memory_order_relaxed);
}

static void *thread_ask(void *arg)
{
	struct crowd *crowd = arg;

	while (!atomic_load_explicit(&crowd->over, memory_order_relaxed)) {
		int r = ask(crowd->c);

		if (r < 0)
			side_abort(crowd->role, "cohort_request", r);
		atomic_fetch_add_explicit(&crowd->answered, 1, memory_order_relaxed);
	}
	return NULL;
}

int cohort_threads_ask(struct role *role)
{
	struct crowd crowd = { .role = role };
	struct cohort_config config;
	pthread_t threads[THREADS_MAX];
	int r;

	side_config(&config, role, NULL);
	r = side_start(role, &config, &crowd.c);
	if (r < 0)
		return r;
	for (uint64_t i = 0; i < role->arg; i++) {
		r = pthread_create(&threads[i], NULL, thread_ask, &crowd);
		if (r)
			side_abort(role, "pthread_create", -r);
	}
	crowd_measure(&crowd);
	for (uint64_t i = 0; i < role->arg; i++)
		pthread_join(threads[i], NULL);
	return side_stop(role, crowd.c);
}

static void async_ask(struct crowd *crowd);

static void on_answer(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply,
		      void *arg)
{
	struct crowd *crowd = arg;

	(void)c;
	(void)id;
	if (error < 0 || cohort_reply_status(reply) < 0)
		side_abort(crowd->role, "asynchronous request",
			   error < 0 ? error : cohort_reply_status(reply));
	cohort_reply_free(reply);
	atomic_fetch_add_explicit(&crowd->answered, 1, memory_order_relaxed);
	if (!atomic_load_explicit(&crowd->over, memory_order_relaxed))
		async_ask(crowd);
	else if (atomic_fetch_sub(&crowd->outstanding, 1) == 1)
		sem_post(&crowd->empty);
}

static void async_ask(struct crowd *crowd)
{
	unsigned char payload[BENCH_PAYLOAD] = { 0 };
	struct cohort_message message = COHORT_MESSAGE(SIDE_ACTION, payload, sizeof(payload));
	int r = cohort_request_async(crowd->c, COHORT_PRIMARY, &message, SIDE_TIMEOUT, on_answer,
				     crowd, NULL);

	if (r < 0)
		side_abort(crowd->role, "cohort_request_async", r);
}

int cohort_async_ask(struct role *role)
{
	struct crowd crowd = { .role = role, .outstanding = role->arg };
	struct cohort_config config;
	int r;

	sem_init(&crowd.empty, 0, 0);
	side_config(&config, role, NULL);
	r = side_start(role, &config, &crowd.c);
	if (r < 0)
		return r;
	for (uint64_t i = 0; i < role->arg; i++)
		async_ask(&crowd);
	crowd_measure(&crowd);
	while (sem_wait(&crowd.empty))
		continue;
	r = side_stop(role, crowd.c);
	sem_destroy(&crowd.empty);
	return r;
}

int cohort_allocs_serve(struct role *role)
{
	struct server server = { .role = role };
	struct cohort_action action = side_action(on_request, &server, 0);
	struct cohort_config config;
	uint64_t before;
	struct cohort *c;
	int r;

	side_config(&config, role, &action);
	r = side_start(role, &config, &c);
	if (r < 0)
		return r;
	role_barrier(role);
	before = alloc_count();
	role_barrier(role);
	role_barrier(role);
	role_report(role, "allocs-serving", "1/req",
		    (double)(alloc_count() - before) / ALLOC_REQUESTS);
	return side_stop(role, c);
}

static int ask_often(struct role *role, struct cohort *c, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		int r = ask(c);

		if (r < 0)
			return role_fail(role, "cohort_request", r);
	}
	return 0;
}

/* Counting begins when a first burst has filled whatever the library keeps for reuse. */
int cohort_allocs_ask(struct role *role)
{
	struct cohort_config config;
	uint64_t before;
	struct cohort *c;
	int r;

	if (!alloc_counted())
		return role_skip(role, "the heap is a sanitizer's");
	side_config(&config, role, NULL);
	r = side_start(role, &config, &c);
	if (r == 0)
		r = ask_often(role, c, ALLOC_REQUESTS / 10);
	if (r < 0)
		return r;
	role_barrier(role);
	role_barrier(role);
	before = alloc_count();
	r = ask_often(role, c, ALLOC_REQUESTS);
	role_report(role, "allocs-asking", "1/req",
		    (double)(alloc_count() - before) / ALLOC_REQUESTS);
	role_barrier(role);
	return r < 0 ? r : side_stop(role, c);
}
