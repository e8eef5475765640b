/*
 * measure.c: with several requests outstanding each callback makes the next request, so that their
 * number stays the same. One that finds no room in the ring is put aside until another has come
 * back, or the main thread looks again.
 *
 * Such requests can be cancelled when the tool is interrupted. One that is waited for cannot, but it
 * is what has to be measured: an interrupted tool waits for it, up to its timeout. So at the
 * beginning and at the end, where a primary that is stuck would be met, requests are of the first
 * kind.
 */
#include "measure.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "channel.h"
#include "interrupt.h"
#include "tool.h"

#define SLICE COHORT_MS(100) /* how late a signal may be noticed */
#define LOOK COHORT_MS(10)
#define BATCH 64 /* messages between two looks at the clock */

static void *body_make(size_t size)
{
	unsigned char *body = tool_alloc(size);

	for (size_t i = 0; i < size; i++)
		body[i] = (unsigned char)(i * 31 + 7);
	return body;
}

static int answer_check(struct cohort_reply *reply, const struct cohort_message *question)
{
	size_t length;
	const void *data = cohort_reply_data(reply, &length);
	int status = cohort_reply_status(reply);

	if (status)
		return status;
	if (length != question->length)
		return -EPROTO;
	return length == 0 || memcmp(data, question->data, length) == 0 ? 0 : -EPROTO;
}

static int ask(struct cohort *c, const struct cohort_message *question, int64_t timeout)
{
	struct cohort_reply *reply;
	int err = cohort_request(c, COHORT_PRIMARY, question, timeout, &reply);

	if (err)
		return err;
	err = answer_check(reply, question);
	cohort_reply_free(reply);
	return err;
}

static int ask_in_turn(struct cohort *c, const struct measure *m,
		       const struct cohort_message *question, struct measured *out)
{
	int64_t deadline = time_deadline(m->time), now = time_now(), before;

	while (!interrupted() && out->count < m->count && now < deadline) {
		int err = ask(c, question, m->timeout);

		if (err)
			return err;
		before = now;
		now = time_now();
		histogram_add(&out->latency, now - before);
		out->count++;
		out->ended = now;
	}
	return 0;
}

/* --- Several at once -------------------------------------------------------------------------- */

struct flight {
	struct fleet *fleet;
	int64_t since;
	uint64_t id;
	bool flies;
};

struct fleet {
	struct cohort *c;
	const struct measure *m;
	const struct cohort_message *question;
	struct measured *out;
	int64_t deadline;
	pthread_mutex_t lock; /* guards what follows, and *out */
	uint64_t started;
	size_t flying, waiting; /* the latter found no room */
	struct flight *idle[MEASURE_OUTSTANDING];
	int error; /* the first */
	struct flight flight[MEASURE_OUTSTANDING];
};

static bool goes_on(const struct fleet *f)
{
	return !f->error && !interrupted() && f->started < f->m->count && time_left(f->deadline);
}

static void landed(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply, void *arg);

static void start_locked(struct flight *flight)
{
	struct fleet *f = flight->fleet;
	int err;

	flight->since = time_now();
	err = cohort_request_async(f->c, COHORT_PRIMARY, f->question, f->m->timeout, landed, flight,
				   &flight->id);
	flight->flies = !err;
	f->flying += !err;
	f->started += !err;
	if (err)
		f->idle[f->waiting++] = flight;
	if (err && err != -EAGAIN && !f->error)
		f->error = err;
}

/* As many as were put aside: those that still find no room are put aside again. */
static void start_waiting_locked(struct fleet *f)
{
	for (size_t i = f->waiting; i > 0 && goes_on(f); i--)
		start_locked(f->idle[--f->waiting]);
}

static void landed(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply, void *arg)
{
	struct flight *flight = arg;
	struct fleet *f = flight->fleet;
	int64_t now = time_now();

	(void)c;
	(void)id;
	if (!error)
		error = answer_check(reply, f->question);
	cohort_reply_free(reply);
	pthread_mutex_lock(&f->lock);
	flight->flies = false;
	f->flying--;
	if (error && !f->error)
		f->error = error;
	if (!error) {
		histogram_add(&f->out->latency, now - flight->since);
		f->out->count++;
		f->out->ended = now;
	}
	f->idle[f->waiting++] = flight;
	start_waiting_locked(f);
	pthread_mutex_unlock(&f->lock);
}

/* Returns false when none flies any more, and none may start. */
static bool fleet_look(struct fleet *f)
{
	bool more;

	pthread_mutex_lock(&f->lock);
	start_waiting_locked(f);
	more = f->flying > 0 || goes_on(f);
	pthread_mutex_unlock(&f->lock);
	return more;
}

static void fleet_cancel(struct fleet *f)
{
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->m->outstanding; i++) {
		if (f->flight[i].flies)
			cohort_cancel(f->c, f->flight[i].id);
	}
	pthread_mutex_unlock(&f->lock);
}

/* What was cancelled comes back, too, and soon. */
static void fleet_wait(struct fleet *f)
{
	struct timespec pause = { 0, COHORT_MS(1) };

	if (interrupt_wait(-1, LOOK) != -EINTR)
		return;
	fleet_cancel(f);
	nanosleep(&pause, NULL);
}

static int ask_at_once(struct cohort *c, const struct measure *m,
		       const struct cohort_message *question, struct measured *out)
{
	struct fleet *f = tool_alloc(sizeof(*f));
	int err;

	*f = (struct fleet){ .c = c, .m = m, .question = question, .out = out };
	pthread_mutex_init(&f->lock, NULL);
	f->deadline = time_deadline(m->time);
	for (size_t i = 0; i < m->outstanding; i++) {
		f->flight[i].fleet = f;
		f->idle[f->waiting++] = &f->flight[i];
	}
	while (fleet_look(f))
		fleet_wait(f);
	err = f->error == -ECANCELED && interrupted() ? 0 : f->error;
	pthread_mutex_destroy(&f->lock);
	free(f);
	return err;
}

/* One request that is not measured. -EINTR: it did not come back, because we are to stop. */
static int ask_once(struct cohort *c, const struct measure *m,
		    const struct cohort_message *question)
{
	const struct measure one = {
		.count = 1, .time = COHORT_FOREVER, .outstanding = 1, .timeout = m->timeout
	};
	struct measured *out = tool_alloc(sizeof(*out));
	int err = ask_at_once(c, &one, question, out);

	if (!err && out->count == 0)
		err = -EINTR;
	free(out);
	return err;
}

int measure_requests(struct cohort *c, const struct measure *m, struct measured *out)
{
	struct cohort_message question = COHORT_MESSAGE(COHORT_ECHO, body_make(m->size), m->size);
	int err = ask_once(c, m, &question); /* fills caches, makes what is made on demand */

	out->began = out->ended = time_now();
	if (!err && m->outstanding)
		err = ask_at_once(c, m, &question, out);
	else if (!err)
		err = ask_in_turn(c, m, &question, out);
	free((void *)(uintptr_t)question.data);
	return err == -EINTR ? 0 : err;
}

/* --- A stream --------------------------------------------------------------------------------- */

static int send_one(struct cohort *c, const struct cohort_message *message, int64_t timeout)
{
	int64_t deadline = time_deadline(timeout), left;
	int err;

	do {
		if (interrupted())
			return -EINTR;
		left = time_left(deadline);
		err = cohort_send(c, COHORT_PRIMARY, message, left < SLICE ? left : SLICE);
	} while (err == -EAGAIN && left);
	return err;
}

static int send_all(struct cohort *c, const struct measure *m, const struct cohort_message *message,
		    struct measured *out)
{
	int64_t deadline = time_deadline(m->time);
	int err = 0;

	while (!err && out->count < m->count) {
		if (out->count % BATCH == 0 && (interrupted() || !time_left(deadline)))
			break;
		err = send_one(c, message, m->timeout);
		out->count += !err;
	}
	return err == -EINTR ? 0 : err;
}

int measure_stream(struct cohort *c, const struct measure *m, struct measured *out)
{
	struct cohort_message message = COHORT_MESSAGE(COHORT_ECHO, body_make(m->size), m->size);
	struct cohort_message mark = COHORT_MESSAGE(COHORT_ECHO, NULL, 0);
	int err;

	out->began = time_now();
	err = send_all(c, m, &message, out);
	if (!err)
		err = ask_once(c, m, &mark); /* answered after all that was sent before it */
	out->ended = time_now();
	free((void *)(uintptr_t)message.data);
	if (err == -EINTR)
		out->count = 0; /* nobody knows how many arrived */
	return err == -EINTR ? 0 : err;
}
