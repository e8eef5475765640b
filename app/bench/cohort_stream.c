/*
 * cohort_stream.c: everything that goes one way: small messages, large bodies, descriptors.
 *
 * One receiver and one sender serve all of them; they differ in what a message carries and in what
 * the handler does with it. A secondary sends, and waits for room when the ring is full; the
 * primary's handler feeds the meter. The sink's main thread sleeps until the message that says END
 * was handled.
 */
#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "alloc.h"
#include "body.h"
#include "cohort_bench.h"
#include "cohort_side.h"
#include "meter.h"

/* What happened in this process from the message START to the message END. */
struct expense {
	uint64_t allocs;
	uint64_t switches;
};

struct sink {
	struct role *role;
	struct meter meter;
	struct expense expense;
	uint64_t total;
	uint64_t nfds;
	bool touches;
	sem_t done;
};

struct source {
	struct role *role;
	unsigned char *body;
	const int *fds;
	size_t nfds;
	unsigned stride; /* messages from one look at the clock to the next */
	struct expense expense;
	uint64_t count;
};

static uint64_t switches_now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)(usage.ru_nvcsw + usage.ru_nivcsw);
}

/* At START and at END; the difference is taken modulo 2^64. */
static void expense_feed(struct expense *expense, unsigned char phase)
{
	if (phase == METER_START) {
		expense->allocs = -alloc_count();
		expense->switches = -switches_now();
	} else if (phase == METER_END) {
		expense->allocs += alloc_count();
		expense->switches += switches_now();
	}
}

static void expense_report(struct role *role, const struct expense *expense, const char *who,
			   uint64_t count)
{
	char metric[32];

	if (count == 0)
		return;
	snprintf(metric, sizeof(metric), "allocs-%s", who);
	if (alloc_counted())
		role_report(role, metric, "1/msg", (double)expense->allocs / (double)count);
	snprintf(metric, sizeof(metric), "switches-%s", who);
	role_report(role, metric, "1/msg", (double)expense->switches / (double)count);
}

static void fds_close(struct sink *sink, struct cohort_call *call)
{
	if (cohort_call_fds(call) != sink->nfds)
		side_abort(sink->role, "count of descriptors", -EBADMSG);
	for (size_t i = 0; i < sink->nfds; i++) {
		int fd = cohort_call_fd_take(call, i);

		if (fd < 0)
			side_abort(sink->role, "cohort_call_fd_take", fd);
		close(fd);
	}
}

static int on_message(struct cohort_call *call, void *arg)
{
	struct sink *sink = arg;
	size_t length;
	const unsigned char *data = cohort_call_data(call, &length);

	if (length != sink->role->size)
		side_abort(sink->role, "size of a message", -EBADMSG);
	if (sink->touches)
		body_touch(data, length);
	fds_close(sink, call);
	sink->total++;
	meter_feed(&sink->meter, data[0]);
	expense_feed(&sink->expense, data[0]);
	if (sink->meter.done)
		sem_post(&sink->done);
	return 0;
}

static int sink_run(struct sink *sink, uint32_t flags, size_t bulk_size)
{
	struct cohort_action action = side_action(on_message, sink, flags);
	struct cohort_config config;
	struct cohort *c;
	int r;

	sem_init(&sink->done, 0, 0);
	side_config(&config, sink->role, &action);
	config.bulk_size = bulk_size;
	r = side_start(sink->role, &config, &c);
	if (r < 0)
		return r;
	while (sem_wait(&sink->done))
		continue;
	r = side_stop(sink->role, c);
	sem_destroy(&sink->done);
	return r;
}

static int source_send(struct source *source, struct cohort *c)
{
	struct cohort_message message =
		COHORT_MESSAGE(SIDE_ACTION, source->body, source->role->size);
	struct pacer pacer;

	message.fds = source->fds;
	message.nfds = source->nfds;
	pacer_init(&pacer, source->role->round_ns, source->stride);
	do {
		int r;

		source->body[0] = pacer_next(&pacer);
		expense_feed(&source->expense, source->body[0]);
		source->count += source->body[0] == METER_COUNT;
		r = cohort_send(c, COHORT_PRIMARY, &message, SIDE_TIMEOUT);
		if (r < 0)
			return role_fail(source->role, "cohort_send", r);
	} while (source->body[0] != METER_END);
	return 0;
}

static int source_run(struct source *source)
{
	struct cohort_config config;
	struct cohort *c;
	int r;

	side_config(&config, source->role, NULL);
	r = side_start(source->role, &config, &c);
	if (r == 0)
		r = source_send(source, c);
	return r < 0 ? r : side_stop(source->role, c);
}

static void stream_report(struct sink *sink)
{
	struct role *role = sink->role;

	if (role->arg == COHORT_STREAM_CALLS)
		role_report(role, "messages", "msg", (double)sink->total);
	else if (role->arg == COHORT_STREAM_ALLOCS)
		expense_report(role, &sink->expense, "receiving", sink->meter.count);
	else
		role_report(role, "messages/s", "msg/s", meter_rate(&sink->meter));
}

int cohort_stream_receive(struct role *role)
{
	struct sink sink = { .role = role };
	int r = sink_run(&sink, 0, 0);

	if (r == 0)
		stream_report(&sink);
	return r;
}

int cohort_stream_send(struct role *role)
{
	static unsigned char body[65536];
	struct source source = { .role = role, .body = body, .stride = 64 };
	int r = source_run(&source);

	if (r == 0 && role->arg == COHORT_STREAM_ALLOCS)
		expense_report(role, &source.expense, "sending", source.count);
	return r;
}

static int body_receive(struct role *role, uint32_t flags)
{
	struct sink sink = { .role = role, .touches = true };
	int r = sink_run(&sink, flags, role->arg);

	if (r == 0)
		role_report(role, "throughput", "GB/s",
			    meter_rate(&sink.meter) * (double)role->size / 1e9);
	return r;
}

int cohort_body_receive(struct role *role)
{
	return body_receive(role, 0);
}

int cohort_body_receive_in_place(struct role *role)
{
	return body_receive(role, COHORT_IN_PLACE);
}

int cohort_body_send(struct role *role)
{
	struct source source = { .role = role, .body = malloc(role->size), .stride = 1 };
	int r;

	if (!source.body)
		return role_fail(role, "body", -ENOMEM);
	memset(source.body, 0x5a, role->size);
	r = source_run(&source);
	free(source.body);
	return r;
}

int cohort_fd_receive(struct role *role)
{
	struct sink sink = { .role = role, .nfds = role->arg };
	int r = sink_run(&sink, 0, 0);

	if (r == 0)
		role_report(role, "messages/s", "msg/s", meter_rate(&sink.meter));
	return r;
}

int cohort_fd_send(struct role *role)
{
	unsigned char body[BENCH_PAYLOAD] = { 0 };
	int fds[COHORT_FDS_MAX];
	struct source source = {
		.role = role, .body = body, .fds = fds, .nfds = role->arg, .stride = 1
	};

	for (uint64_t i = 0; i < role->arg; i++) {
		fds[i] = eventfd(0, EFD_CLOEXEC);
		if (fds[i] < 0)
			return role_fail_errno(role, "eventfd");
	}
	return source_run(&source);
}
