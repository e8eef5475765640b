/*
 * cohort_broadcast.c: one sends, many count.
 *
 * The primary waits for room, so that nobody misses anything; if somebody does, it is counted on
 * both sides. Time runs until the last secondary has handled the last broadcast, and the deliveries
 * are what the secondaries have counted, not what was sent.
 */
#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "cohort_bench.h"
#include "cohort_side.h"
#include "meter.h"

/* In the shared area: what each secondary has counted. */
struct tally {
	_Atomic uint64_t counts[BENCH_SECONDARIES_MAX + 1]; /* relaxed: the barrier orders them */
};

struct listener {
	struct role *role;
	struct meter meter;
	sem_t done;
};

static int on_broadcast(struct cohort_call *call, void *arg)
{
	struct listener *listener = arg;
	size_t length;
	const unsigned char *data = cohort_call_data(call, &length);

	if (length != BENCH_PAYLOAD)
		side_abort(listener->role, "size of a broadcast", -EBADMSG);
	meter_feed(&listener->meter, data[0]);
	if (listener->meter.done)
		sem_post(&listener->done);
	return 0;
}

int cohort_broadcast_receive(struct role *role)
{
	struct tally *tally = role_shared(role);
	struct listener listener = { .role = role };
	struct cohort_action action = side_action(on_broadcast, &listener, 0);
	struct cohort_config config;
	struct cohort *c;
	int r;

	sem_init(&listener.done, 0, 0);
	side_config(&config, role, &action);
	r = side_start(role, &config, &c);
	if (r < 0)
		return r;
	while (sem_wait(&listener.done))
		continue;
	atomic_store_explicit(&tally->counts[role->index], listener.meter.count,
			      memory_order_relaxed);
	role_barrier(role);
	r = side_stop(role, c);
	sem_destroy(&listener.done);
	return r;
}

static uint64_t tally_sum(const struct role *role)
{
	struct tally *tally = role_shared(role);
	uint64_t sum = 0;

	for (unsigned i = 1; i <= role->secondaries; i++)
		sum += atomic_load_explicit(&tally->counts[i], memory_order_relaxed);
	return sum;
}

static int broadcast_all(struct role *role, struct cohort *c, struct meter *meter, uint64_t *missed)
{
	unsigned char payload[BENCH_PAYLOAD] = { 0 };
	struct cohort_message message = COHORT_MESSAGE(SIDE_ACTION, payload, sizeof(payload));
	struct pacer pacer;

	pacer_init(&pacer, role->round_ns, 1);
	do {
		struct cohort_delivery delivery = COHORT_DELIVERY_INIT;
		int r;

		payload[0] = pacer_next(&pacer);
		if (payload[0] != METER_END)
			meter_feed(meter, payload[0]);
		r = cohort_broadcast(c, &message, SIDE_TIMEOUT, &delivery);
		if (r < 0)
			return role_fail(role, "cohort_broadcast", r);
		if (delivery.delivered + delivery.nmissed != role->secondaries)
			return role_fail(role, "a broadcast forgot somebody", -EIO);
		*missed += delivery.nmissed;
	} while (payload[0] != METER_END);
	return 0;
}

int cohort_broadcast_send(struct role *role)
{
	struct meter meter = { 0 };
	struct cohort_config config;
	uint64_t missed = 0, counted;
	struct cohort *c;
	int r;

	side_config(&config, role, NULL);
	r = side_start(role, &config, &c);
	if (r == 0)
		r = broadcast_all(role, c, &meter, &missed);
	if (r < 0)
		return r;
	role_barrier(role);
	meter_feed(&meter, METER_END);
	counted = tally_sum(role);
	if (counted + missed != meter.count * role->secondaries)
		return role_fail(role, "sent and counted differ", -EIO);
	role_report(role, "deliveries/s", "1/s",
		    meter_rate(&meter) * (double)counted / (double)meter.count);
	role_report(role, "missed", "msg", (double)missed);
	return side_stop(role, c);
}
