/*
 * meter.c: the clock, the phases of a stream, and the samples of a ping-pong.
 *
 * The clock is CLOCK_MONOTONIC through the vDSO: it is portable, and the same in all processes of
 * the machine. Only what one process does alone is measured with its own CPU time, which other
 * processes disturb less.
 */
#include "meter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stats.h"

#define SAMPLES_MAX ((size_t)1 << 20)

uint64_t meter_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void pacer_init(struct pacer *pacer, uint64_t round_ns, unsigned stride)
{
	uint64_t now = meter_now();

	memset(pacer, 0, sizeof(*pacer));
	pacer->start_ns = now + round_ns / 5;
	pacer->end_ns = pacer->start_ns + round_ns;
	pacer->stride = stride;
	pacer->phase = METER_WARM;
}

unsigned char pacer_next(struct pacer *pacer)
{
	if (pacer->phase == METER_START)
		pacer->phase = METER_COUNT;
	if (pacer->left > 0) {
		pacer->left--;
		return pacer->phase;
	}
	pacer->left = pacer->stride - 1;
	if (pacer->phase == METER_WARM && meter_now() >= pacer->start_ns)
		pacer->phase = METER_START;
	else if (pacer->phase == METER_COUNT && meter_now() >= pacer->end_ns)
		pacer->phase = METER_END;
	return pacer->phase;
}

void meter_feed(struct meter *meter, unsigned char phase)
{
	if (phase == METER_COUNT) {
		meter->count++;
	} else if (phase == METER_START) {
		meter->start_ns = meter_now();
	} else if (phase == METER_END) {
		meter->end_ns = meter_now();
		meter->done = true;
	}
}

double meter_rate(const struct meter *meter)
{
	if (meter->end_ns <= meter->start_ns)
		return 0;
	return (double)meter->count * 1e9 / (double)(meter->end_ns - meter->start_ns);
}

static int latency_warm_up(struct role *role, int (*trip)(void *), void *arg)
{
	uint64_t end_ns = meter_now() + role->round_ns / 5;

	do {
		int r = trip(arg);

		if (r < 0)
			return role_fail(role, "round trip", r);
	} while (meter_now() < end_ns);
	return 0;
}

static int latency_sample(struct role *role, int (*trip)(void *), void *arg, uint32_t *samples,
			  size_t *count)
{
	uint64_t before = meter_now();
	uint64_t end_ns = before + role->round_ns;
	size_t taken = 0;

	while (taken < SAMPLES_MAX && before < end_ns) {
		uint64_t after;
		int r = trip(arg);

		if (r < 0)
			return role_fail(role, "round trip", r);
		after = meter_now();
		samples[taken++] =
			after - before < UINT32_MAX ? (uint32_t)(after - before) : UINT32_MAX;
		before = after;
	}
	*count = taken;
	return 0;
}

static void latency_report(struct role *role, uint32_t *samples, size_t count)
{
	if (bench_program.spread)
		role_report(role, "p10", "ns", stats_percentile(samples, count, 0.10));
	role_report(role, "p50", "ns", stats_percentile(samples, count, 0.50));
	if (bench_program.spread)
		role_report(role, "p90", "ns", stats_percentile(samples, count, 0.90));
	role_report(role, "p99", "ns", stats_percentile(samples, count, 0.99));
	if (bench_program.spread)
		role_report(role, "p99.9", "ns", stats_percentile(samples, count, 0.999));
}

int meter_latency(struct role *role, int (*trip)(void *), void *arg)
{
	uint32_t *samples = malloc(SAMPLES_MAX * sizeof(*samples));
	size_t count = 0;
	int r;

	if (!samples)
		return role_fail(role, "samples", -ENOMEM);
	memset(samples, 0xff, SAMPLES_MAX * sizeof(*samples));
	r = latency_warm_up(role, trip, arg);
	if (r == 0)
		r = latency_sample(role, trip, arg, samples, &count);
	if (r == 0)
		latency_report(role, samples, count);
	free(samples);
	return r;
}

static uint64_t cpu_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Whole strides, until `end_ns` of this process's time. Returns how many calls, or a negative errno. */
static int64_t repeat_until(uint64_t end_ns, int (*once)(void *), void *arg, unsigned stride)
{
	int64_t count = 0;

	do {
		for (unsigned i = 0; i < stride; i++) {
			int r = once(arg);

			if (r < 0)
				return r;
		}
		count += stride;
	} while (cpu_now() < end_ns);
	return count;
}

int meter_repeat(struct role *role, int (*once)(void *), void *arg, unsigned stride, double *rate)
{
	uint64_t start_ns = cpu_now();
	int64_t count = repeat_until(start_ns + role->round_ns / 5, once, arg, stride);

	if (count < 0)
		return (int)count;
	start_ns = cpu_now();
	count = repeat_until(start_ns + role->round_ns, once, arg, stride);
	if (count < 0)
		return (int)count;
	*rate = (double)count * 1e9 / (double)(cpu_now() - start_ns);
	return 0;
}
