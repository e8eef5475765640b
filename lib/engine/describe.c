/*
 * Everything is read as it is at that moment, without stopping anybody: the lines may be of
 * different moments, but each value was true. What the peer can write into the shared memory is
 * printed as it is.
 */
#include "engine/describe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/channel.h"
#include "engine/session.h"

struct text {
	char *bytes;
	size_t used, size;
	bool failed;
};

static bool grow(struct text *text)
{
	size_t size = text->size ? text->size * 2 : 4096;
	char *bytes = realloc(text->bytes, size);

	text->failed = !bytes;
	if (!bytes)
		return false;
	text->bytes = bytes;
	text->size = size;
	return true;
}

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *text, const char *format, ...)
{
	va_list args;
	int n;

	while (!text->failed) {
		size_t room = text->size - text->used;

		va_start(args, format);
		n = vsnprintf(room ? text->bytes + text->used : NULL, room, format, args);
		va_end(args);
		if (n >= 0 && (size_t)n < room) {
			text->used += (size_t)n;
			return;
		}
		grow(text);
	}
}

/* A value without spaces. */
static const char *word(const char *from, char to[64])
{
	size_t n = 0;

	for (; from[n] && n < 63; n++)
		to[n] = from[n] > ' ' && from[n] <= '~' && from[n] != '=' ? from[n] : '_';
	to[n] = '\0';
	return n ? to : "-";
}

static void add_channel(struct text *text, struct cohort *c)
{
	char program[64];
	uint32_t peers;
	unsigned threads;
	size_t actions;

	lock_take(&c->lock);
	peers = c->live_count;
	actions = c->actions.count;
	lock_drop(&c->lock);
	lock_take(&c->executor.lock);
	threads = c->executor.total + 1;
	lock_drop(&c->executor.lock);
	add(text,
	    "channel pid=%d uid=%u program=%s since=%lld epoch=%x peers=%u max_peers=%u "
	    "observers=%u actions=%zu threads=%u ready=%u\n",
	    (int)getpid(), geteuid(), word(c->program, program), (long long)c->since, c->epoch,
	    peers, c->max_peers, atomic_load(&c->io.observers), actions, threads,
	    atomic_load(&c->executor.ready_count));
}

static void add_ring(struct text *text, struct session *s, bool in)
{
	struct lane *lane = in ? session_lane_in(s) : session_lane_out(s);

	add(text,
	    "ring peer=%llx direction=%s size=%zu head=%llu tail=%llu asleep=%u waiting=%u "
	    "lost=%llu fds_taken=%llu\n",
	    (unsigned long long)s->id, in ? "in" : "out", in ? s->in.size : s->out.ring.size,
	    (unsigned long long)atomic_load(&lane->head),
	    (unsigned long long)atomic_load(&lane->tail), atomic_load(&lane->asleep),
	    atomic_load(&lane->waiting), (unsigned long long)atomic_load(&lane->lost),
	    (unsigned long long)atomic_load(&lane->fds_taken));
}

static void add_slots(struct text *text, struct session *s, int64_t now)
{
	static const char *const states[] = { "free", "waited", "async", "ending" };

	for (unsigned i = 0; i < SLOT_COUNT; i++) {
		uint32_t state = atomic_load(&s->ask[i].state);
		int64_t since = atomic_load(&s->ask[i].since);

		if (state == ASK_FREE || state > ASK_ENDING)
			continue;
		add(text, "slot peer=%llx index=%u state=%s sequence=%llu age_ns=%lld\n",
		    (unsigned long long)s->id, i, states[state],
		    (unsigned long long)atomic_load(&s->ask[i].sequence),
		    (long long)(now > since ? now - since : 0));
	}
}

static void add_session(struct text *text, struct session *s, int64_t now)
{
	static const char *const claims[] = { "idle", "busy", "again" };
	char program[64];
	enum session_state state = atomic_load(&s->state);
	/* Before that it is still being found out who it is. */
	bool known = atomic_load(&s->is_live) || state == SESSION_OBSERVER;
	uint32_t claim = atomic_load(&s->claim);

	add(text,
	    "session peer=%llx pid=%d program=%s state=%s since=%lld claim=%s handlers=%u "
	    "calls=%u blocking=%u\n",
	    known ? (unsigned long long)s->id : 0, known ? (int)s->who.pid : 0,
	    word(known ? s->program : "", program), session_state_name(state),
	    known ? (long long)s->since : 0, claim <= CLAIM_AGAIN ? claims[claim] : "?",
	    atomic_load(&s->handlers), atomic_load(&s->calls), atomic_load(&s->blocking));
	if (!known || !session_is_mapped(s))
		return;
	add_ring(text, s, true);
	add_ring(text, s, false);
	add_slots(text, s, now);
}

static void add_thread(struct text *text, const char *kind, unsigned index, struct running *r,
		       int64_t now)
{
	struct running_view view;

	if (!running_look(r, &view)) {
		add(text, "thread kind=%s index=%u state=free\n", kind, index);
		return;
	}
	add(text, "thread kind=%s index=%u state=running peer=%llx action=%s age_ns=%lld\n", kind,
	    index, (unsigned long long)view.peer, view.action,
	    (long long)(now > view.since ? now - view.since : 0));
}

static void add_threads(struct text *text, struct executor *e, int64_t now)
{
	for (unsigned i = 0; i < COHORT_THREADS_MAX; i++) {
		bool here;

		lock_take(&e->lock);
		here = e->used[i] && !e->finished[i];
		lock_drop(&e->lock);
		if (here)
			add_thread(text, "handler", i, &e->running[i], now);
		lock_take(&e->pool.lock);
		here = e->pool.used[i] && !e->pool.finished[i];
		lock_drop(&e->pool.lock);
		if (here)
			add_thread(text, "blocking", i, &e->pool.running[i], now);
	}
}

static int by_number(const void *a, const void *b)
{
	const struct session *p = *(struct session *const *)a, *q = *(struct session *const *)b;

	return p->number < q->number ? -1 : p->number > q->number;
}

char *describe_channel(struct cohort *c)
{
	struct text text = { 0 };
	struct session **sessions;
	int64_t now = clock_now();
	size_t count;

	if (channel_sessions(c, false, &sessions, &count))
		return NULL;
	qsort(sessions, count, sizeof(struct session *), by_number);
	add_channel(&text, c);
	for (size_t i = 0; i < count; i++) {
		add_session(&text, sessions[i], now);
		session_unuse(sessions[i]);
	}
	free(sessions);
	add_threads(&text, &c->executor, now);
	if (!text.failed)
		return text.bytes;
	free(text.bytes);
	return NULL;
}
