/*
 * cohort_idle.c: what a channel costs that nobody uses, and what the five hundredth secondary
 * costs.
 *
 * Idle: the primary looks at itself before the secondaries join and after: descriptors and memory
 * for each of them are the difference. Then everybody does nothing for a second, and the primary
 * and the first secondary count how often their library threads were switched.
 *
 * Scale: the time from the moment at which all secondaries may open until the primary knows all of
 * them; then the first makes round trips among the idle others.
 */
#include <time.h>

#include "cohort_bench.h"
#include "cohort_side.h"
#include "meter.h"
#include "proc.h"

struct look {
	uint64_t fds;
	uint64_t memory;
};

static int look_take(struct role *role, struct look *look)
{
	int r = proc_fds(&look->fds);

	if (r == 0)
		r = proc_memfd_bytes(&look->memory);
	return r < 0 ? role_fail(role, "/proc/self", r) : 0;
}

static void look_report(struct role *role, const struct look *before, const struct look *after)
{
	double peers = role->secondaries;

	role_report(role, "fds-each-peer", "fd", (double)(after->fds - before->fds) / peers);
	role_report(role, "memory-each-peer", "bytes",
		    (double)(after->memory - before->memory) / peers);
}

static void library_report(struct role *role)
{
	uint64_t bytes;

	if (proc_library_size(&bytes) == 0)
		role_report(role, "library-stripped", "bytes", (double)bytes);
}

static void sleep_ms(long ms)
{
	const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

/* The first moments still belong to the joining. */
static int idle_watch(struct role *role, const char *wakeups, const char *threads)
{
	struct proc_threads before, after;
	int r;

	sleep_ms(300);
	r = proc_threads(&before);
	sleep_ms(1000);
	if (r == 0)
		r = proc_threads(&after);
	if (r < 0)
		return role_fail(role, "/proc/self/task", r);
	role_report(role, wakeups, "1/s", (double)(after.switches - before.switches));
	role_report(role, threads, "threads", (double)after.count);
	return 0;
}

static int lead_open(struct role *role, struct cohort **c, const struct cohort_action *action)
{
	struct cohort_config config;
	int r;

	side_config(&config, role, action);
	r = cohort_open(c, role->channel, &config);
	return r < 0 ? role_fail(role, "cohort_open", r) : 0;
}

/* From the barrier on all secondaries may open. */
static int lead_wait(struct role *role, struct cohort *c, uint64_t *took_ns)
{
	uint64_t begin;
	int r;

	role_barrier(role);
	begin = meter_now();
	r = cohort_wait(c, NULL, role->secondaries, 2 * SIDE_TIMEOUT);
	if (r < 0)
		return role_fail(role, "cohort_wait", r);
	*took_ns = meter_now() - begin;
	role_barrier(role);
	return 0;
}

int cohort_idle_lead(struct role *role)
{
	struct look before, after;
	uint64_t took_ns;
	struct cohort *c;
	int r = lead_open(role, &c, NULL);

	if (r == 0)
		r = look_take(role, &before);
	if (r == 0)
		r = lead_wait(role, c, &took_ns);
	if (r == 0)
		r = look_take(role, &after);
	if (r == 0)
		r = idle_watch(role, "wake-ups-primary", "threads-primary");
	if (r < 0)
		return r;
	look_report(role, &before, &after);
	library_report(role);
	return side_stop(role, c);
}

int cohort_idle_follow(struct role *role)
{
	struct cohort_config config;
	struct cohort *c;
	int r;

	side_config(&config, role, NULL);
	r = side_start(role, &config, &c);
	if (r == 0 && role->index == 1)
		r = idle_watch(role, "wake-ups-secondary", "threads-secondary");
	return r < 0 ? r : side_stop(role, c);
}

static int on_ping(struct cohort_call *call, void *arg)
{
	(void)call;
	(void)arg;
	return 0;
}

int cohort_scale_lead(struct role *role)
{
	struct cohort_action action = side_action(on_ping, NULL, 0);
	uint64_t took_ns;
	struct cohort *c;
	int r = lead_open(role, &c, &action);

	if (r == 0)
		r = lead_wait(role, c, &took_ns);
	if (r < 0)
		return r;
	role_report(role, "join-all", "ms", (double)took_ns / 1e6);
	return side_stop(role, c);
}

static int ping(void *arg)
{
	unsigned char payload[BENCH_PAYLOAD] = { 0 };
	struct cohort_message message = COHORT_MESSAGE(SIDE_ACTION, payload, sizeof(payload));

	return cohort_request(arg, COHORT_PRIMARY, &message, SIDE_TIMEOUT, NULL);
}

int cohort_scale_follow(struct role *role)
{
	struct cohort_config config;
	struct cohort *c;
	int r;

	side_config(&config, role, NULL);
	config.open_timeout = 2 * SIDE_TIMEOUT;
	r = side_start(role, &config, &c);
	if (r == 0 && role->index == 1)
		r = meter_latency(role, ping, c);
	return r < 0 ? r : side_stop(role, c);
}
