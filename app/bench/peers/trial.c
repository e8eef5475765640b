/*
 * trial.c: the workloads, the same for every system.
 *
 * How a round starts: the primary opens, all meet, every secondary opens and says so at the gate,
 * and the one that measures waits until all have. How it ends: the one that measures sends a
 * message that says END, all meet again, and then they close, so that nobody's close is measured.
 *
 * Some systems drop what a slow receiver has no room for. So a broadcaster sends END until all have
 * heard it, and what counts is what the receivers have counted; the rest is reported as lost.
 */
#include "trial.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "fill.h"
#include "meter.h"
#include "peer.h"

#define STRIDE_SMALL 64
#define SMALL 16384

/* At the beginning of the shared area. All seq_cst. */
struct gate {
	_Atomic uint32_t joined;
	_Atomic uint32_t heard;	   /* receivers that got a first broadcast */
	_Atomic uint32_t finished; /* receivers that got the last */
	_Atomic uint64_t counted;  /* broadcasts that all receivers together have counted */
	_Atomic uint64_t last_ns;  /* when the last of them got its last */
};

struct taker {
	struct role *role;
	struct gate *gate;
	struct meter meter;
	bool heard;
};

static void sleep_us(long us)
{
	const struct timespec time = { .tv_nsec = us * 1000 };

	nanosleep(&time, NULL);
}

static void side_init(struct peer_side *side, struct role *role, enum peer_pattern pattern,
		      peer_sink *sink, void *arg)
{
	memset(side, 0, sizeof(*side));
	side->peer = role->system->peer;
	side->role = role;
	side->pattern = pattern;
	side->size = role->size ? role->size : BENCH_PAYLOAD;
	side->sink = sink;
	side->arg = arg;
}

static int side_open(struct peer_side *side)
{
	struct role *role = side->role;
	struct gate *gate = role_shared(role);
	int r;

	if (role->index)
		role_barrier(role);
	r = side->peer->open(side);
	if (r < 0)
		return role_fail(role, "open", r);
	if (role->index)
		atomic_fetch_add(&gate->joined, 1);
	else
		role_barrier(role);
	return 0;
}

static int side_close(struct peer_side *side, int r)
{
	if (r < 0)
		return role_fail(side->role, side->peer->name, r);
	role_barrier(side->role);
	side->peer->close(side);
	return 0;
}

static int all_joined(struct peer_side *side)
{
	struct gate *gate = role_shared(side->role);
	int r = 0;

	while (r == 0 && atomic_load(&gate->joined) < side->role->secondaries) {
		if (side->role->index == 0 && side->peer->admit)
			r = side->peer->admit(side);
		else
			sleep_us(200);
	}
	return r;
}

static bool on_question(void *arg, const unsigned char *data, size_t size)
{
	if (size != BENCH_PAYLOAD)
		role_fail(arg, "size of a question", -EBADMSG);
	return data[0] == METER_END;
}

static int serve(struct role *role, enum peer_pattern pattern, bool spins)
{
	struct peer_side side;
	int r;

	side_init(&side, role, pattern, on_question, role);
	side.spins = spins;
	r = side_open(&side);
	return r < 0 ? r : side_close(&side, side.peer->serve(&side));
}

int trial_serve(struct role *role)
{
	return serve(role, PEER_REQUEST, role->arg);
}

int trial_serve_async(struct role *role)
{
	return serve(role, PEER_ASYNC, false);
}

static int ask(struct peer_side *side, enum meter_phase phase)
{
	unsigned char question[BENCH_PAYLOAD] = { (unsigned char)phase };
	unsigned char answer[BENCH_PAYLOAD];
	int r = side->peer->ask(side, question, answer, sizeof(question));

	return r < 0 ? r : answer[0] == phase ? 0 : -EBADMSG;
}

static int trip(void *arg)
{
	return ask(arg, METER_COUNT);
}

static int ask_often(struct peer_side *side)
{
	int r = all_joined(side);

	if (r == 0)
		r = meter_latency(side->role, trip, side);
	return r < 0 ? r : ask(side, METER_END);
}

int trial_ask(struct role *role)
{
	struct peer_side side;
	int r;

	side_init(&side, role, PEER_REQUEST, NULL, NULL);
	side.spins = role->arg;
	r = side_open(&side);
	if (r < 0)
		return r;
	return side_close(&side, role->index == 1 ? ask_often(&side) : 0);
}

struct crowd {
	struct pacer pacer;
	struct meter meter;
};

/* Here the answers themselves are what the clock is looked at for. */
static bool on_answer(void *arg, const unsigned char *data, size_t size)
{
	struct crowd *crowd = arg;

	(void)data;
	(void)size;
	if (!crowd->meter.done)
		meter_feed(&crowd->meter, pacer_next(&crowd->pacer));
	return crowd->meter.done;
}

int trial_ask_async(struct role *role)
{
	struct crowd crowd = { .meter = { 0 } };
	struct peer_side side;
	int r;

	side_init(&side, role, PEER_ASYNC, on_answer, &crowd);
	r = side_open(&side);
	if (r == 0)
		r = all_joined(&side);
	if (r < 0)
		return r;
	pacer_init(&crowd.pacer, role->round_ns, STRIDE_SMALL);
	r = side.peer->ask_many(&side, (unsigned)role->arg);
	if (r == 0)
		r = ask(&side, METER_END);
	if (r == 0)
		role_report(role, "requests/s", "1/s", meter_rate(&crowd.meter));
	return side_close(&side, r);
}

static bool on_message(void *arg, const unsigned char *data, size_t size)
{
	struct taker *taker = arg;

	if (taker->meter.done)
		return true;
	if (size != taker->role->size || !fill_check(data, size)) {
		role_fail(taker->role, "a message is not what was sent", -EBADMSG);
		_exit(EXIT_FAILURE);
	}
	meter_feed(&taker->meter, data[0]);
	return taker->meter.done;
}

static void stream_report(struct role *role, const struct meter *meter)
{
	role_report(role, "messages/s", "msg/s", meter_rate(meter));
	if (role->size >= 4096)
		role_report(role, "throughput", "GB/s",
			    meter_rate(meter) * (double)role->size / 1e9);
}

int trial_receive(struct role *role)
{
	struct taker taker = { .role = role };
	struct peer_side side;
	int r;

	side_init(&side, role, PEER_STREAM, on_message, &taker);
	side.nfds = (unsigned)role->arg;
	r = side_open(&side);
	if (r < 0)
		return r;
	r = side.peer->receive(&side);
	if (r == 0)
		stream_report(role, &taker.meter);
	return side_close(&side, r);
}

static int send_one(struct peer_side *side, unsigned char *own, uint64_t seed)
{
	size_t size = side->role->size;
	void *body = side->peer->loan ? side->peer->loan(side, size) : own;

	if (!body)
		return -ENOBUFS;
	fill(body, size, seed);
	return side->peer->send(side, body, size);
}

static int send_all(struct peer_side *side, unsigned char *own)
{
	struct pacer pacer;
	uint64_t number = 0;
	unsigned char phase;
	int r = 0;

	pacer_init(&pacer, side->role->round_ns, side->role->size < SMALL ? STRIDE_SMALL : 1);
	do {
		phase = pacer_next(&pacer);
		r = send_one(side, own, number++ << 8 | phase);
	} while (r == 0 && phase != METER_END);
	return r;
}

static int fds_open(struct peer_side *side, uint64_t count)
{
	for (; side->nfds < count && side->nfds < PEER_FDS_MAX; side->nfds++) {
		side->fds[side->nfds] = eventfd(0, EFD_CLOEXEC);
		if (side->fds[side->nfds] < 0)
			return -errno;
	}
	return 0;
}

int trial_send(struct role *role)
{
	unsigned char *own = malloc(role->size);
	struct peer_side side;
	int r;

	side_init(&side, role, PEER_STREAM, NULL, NULL);
	r = own ? fds_open(&side, role->arg) : -ENOMEM;
	if (r == 0)
		r = side_open(&side);
	if (r == 0)
		r = all_joined(&side);
	if (r < 0)
		return role_fail(role, "start", r);
	r = side_close(&side, send_all(&side, own));
	free(own);
	return r;
}

static void taker_finish(struct taker *taker)
{
	struct gate *gate = taker->gate;
	uint64_t now = meter_now(), last = atomic_load(&gate->last_ns);

	while (last < now && !atomic_compare_exchange_weak(&gate->last_ns, &last, now))
		continue;
	atomic_fetch_add(&gate->counted, taker->meter.count);
	atomic_fetch_add(&gate->finished, 1);
}

static bool on_broadcast(void *arg, const unsigned char *data, size_t size)
{
	struct taker *taker = arg;

	if (taker->meter.done)
		return true;
	if (!taker->heard)
		atomic_fetch_add(&taker->gate->heard, 1);
	taker->heard = true;
	if (on_message(arg, data, size))
		taker_finish(taker);
	return taker->meter.done;
}

int trial_listen(struct role *role)
{
	struct taker taker = { .role = role, .gate = role_shared(role) };
	struct peer_side side;
	int r;

	side_init(&side, role, PEER_BROADCAST, on_broadcast, &taker);
	r = side_open(&side);
	return r < 0 ? r : side_close(&side, side.peer->receive(&side));
}

/* Sends until all receivers have done what `count` counts. */
static int send_until(struct peer_side *side, enum meter_phase phase, _Atomic uint32_t *count)
{
	unsigned char own[BENCH_PAYLOAD];
	int r = 0;

	while (r == 0 && atomic_load(count) < side->role->secondaries) {
		r = send_one(side, own, (uint64_t)phase);
		for (int i = 0; i < 20 && atomic_load(count) < side->role->secondaries; i++)
			sleep_us(50);
	}
	return r;
}

static int broadcast_all(struct peer_side *side, uint64_t *sent, uint64_t *start_ns)
{
	unsigned char own[BENCH_PAYLOAD];
	struct meter meter = { 0 };
	struct pacer pacer;
	uint64_t number = 0;
	int r = 0;

	pacer_init(&pacer, side->role->round_ns, 1);
	for (;;) {
		unsigned char phase = pacer_next(&pacer);

		if (phase == METER_END)
			break;
		meter_feed(&meter, phase);
		r = send_one(side, own, number++ << 8 | phase);
		if (r < 0)
			return r;
	}
	*sent = meter.count;
	*start_ns = meter.start_ns;
	return 0;
}

int trial_broadcast(struct role *role)
{
	struct gate *gate = role_shared(role);
	struct peer_side side;
	uint64_t sent = 0, start_ns = 0;
	double counted, due;
	int r;

	side_init(&side, role, PEER_BROADCAST, NULL, NULL);
	r = side_open(&side);
	if (r == 0)
		r = all_joined(&side);
	if (r == 0)
		r = send_until(&side, METER_WARM, &gate->heard);
	if (r == 0)
		r = broadcast_all(&side, &sent, &start_ns);
	if (r == 0)
		r = send_until(&side, METER_END, &gate->finished);
	if (r < 0)
		return role_fail(role, "broadcast", r);
	counted = (double)atomic_load(&gate->counted);
	due = (double)sent * role->secondaries;
	role_report(role, "deliveries/s", "1/s",
		    counted * 1e9 / (double)(atomic_load(&gate->last_ns) - start_ns));
	role_report(role, "lost", "%", due > 0 ? 100 * (due - counted) / due : 0);
	return side_close(&side, 0);
}
