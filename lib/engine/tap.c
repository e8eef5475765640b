/*
 * The tape is made when the first observer asks, and stays until the handle closes: threads may be
 * writing when the last observer leaves. It is sealed against new writable mappings before it is
 * given away, so an observer can only read.
 *
 * Events are written by whoever sends, serves or answers, also under a ring's lock: no call there
 * blocks. All messages of a channel pass its primary, so its view is the channel's.
 */
#include "engine/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/clock.h"
#include "engine/channel.h"
#include "engine/query.h"
#include "engine/session.h"
#include "io/memfd.h"
#include "shm/tape.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

#define SEALS ((unsigned)(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL))
#define LOOK_NS COHORT_MS(2)

static_assert(TAPE_PAYLOAD == COHORT_EVENT_PAYLOAD &&
		      TAPE_NAME == sizeof(((struct cohort_event *)NULL)->action),
	      "an event is shown as it was written");

/* The primary. */

void tap_deinit(struct tap *tap)
{
	if (tap->tape)
		munmap(tap->tape, sizeof(*tap->tape));
	fd_close(&tap->fd);
	*tap = TAP_NONE;
}

static int make_tape(struct tap *tap)
{
	void *map;
	int err = memfd_make("cohort-tap", sizeof(struct tape), &tap->fd);

	if (err)
		return err;
	map = mmap(NULL, sizeof(struct tape), PROT_READ | PROT_WRITE, MAP_SHARED, tap->fd, 0);
	err = map == MAP_FAILED ? -ENOMEM : memfd_seal(tap->fd, SEALS);
	if (!err) {
		tap->tape = map;
		return 0;
	}
	if (map != MAP_FAILED)
		munmap(map, sizeof(struct tape));
	fd_close(&tap->fd);
	return err;
}

int tap_watch(struct session *s, uint32_t level)
{
	struct tap *tap = &s->channel->tap;
	uint32_t most = TAP_OFF;
	int err = level != TAP_OFF && !tap->tape ? make_tape(tap) : 0;

	if (err)
		return err;
	tap->watchers[s->watches]--;
	tap->watchers[level]++;
	s->watches = level;
	for (uint32_t i = TAP_EVENTS; i <= TAP_PAYLOAD; i++)
		most = tap->watchers[i] ? i : most;
	/* release: the tape is seen by whoever sees that it is on, see write_down() */
	atomic_store_explicit(&tap->level, most, memory_order_release);
	return 0;
}

uint64_t tap_request(bool ours, unsigned slot, uint64_t sequence)
{
	return sequence << 8 | (uint64_t)slot << 1 | ours;
}

static int64_t now_for_people(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

static void set_ends(struct tape_event *event, const struct session *s, bool outgoing)
{
	event->from = outgoing ? s->self : s->id;
	event->to = outgoing ? s->id : s->self;
}

static void set_action(struct tape_event *event, const char *action)
{
	strncpy(event->action, action ? action : "", sizeof(event->action) - 1);
}

static void capture(struct tape_event *event, const void *data, size_t length)
{
	size_t room = sizeof(event->payload) - event->captured;
	size_t n = length < room ? length : room;

	if (n)
		memcpy(event->payload + event->captured, data, n);
	event->captured += (uint32_t)n;
}

static bool wants_payload(const struct session *s)
{
	return atomic_load_explicit(&s->channel->tap.level, memory_order_relaxed) == TAP_PAYLOAD;
}

static void write_down(struct session *s, struct tape_event *event)
{
	struct tap *tap = &s->channel->tap;

	if (atomic_load_explicit(&tap->level, memory_order_acquire) == TAP_OFF)
		return;
	event->time = now_for_people();
	tape_write(tap->tape, event);
}

void tap_sent(struct session *s, const struct cohort_message *message, size_t body,
	      uint64_t request)
{
	struct tape_event event = { .kind = request ? COHORT_EVENT_REQUEST : COHORT_EVENT_MESSAGE,
				    .request = request,
				    .length = body,
				    .fds = (uint32_t)message->nfds };

	if (s->side != REGION_PRIMARY)
		return;
	set_ends(&event, s, true);
	set_action(&event, message->action);
	if (wants_payload(s)) {
		capture(&event, message->data, message->length);
		for (size_t i = 0; i < message->niov && event.captured < TAPE_PAYLOAD; i++)
			capture(&event, message->iov[i].iov_base, message->iov[i].iov_len);
	}
	write_down(s, &event);
}

void tap_received(struct session *s, const char *action, const void *body, size_t length,
		  size_t fds, uint64_t request, int64_t busy)
{
	struct tape_event event = { .kind = request ? COHORT_EVENT_REQUEST : COHORT_EVENT_MESSAGE,
				    .request = request,
				    .length = length,
				    .fds = (uint32_t)fds,
				    .busy = busy };

	if (s->side != REGION_PRIMARY)
		return;
	set_ends(&event, s, false);
	set_action(&event, action);
	if (wants_payload(s))
		capture(&event, body, length);
	write_down(s, &event);
}

void tap_replied(struct session *s, const struct tap_reply *reply)
{
	struct tape_event event = { .kind = COHORT_EVENT_REPLY,
				    .request = reply->request,
				    .outcome = reply->outcome,
				    .length = reply->length,
				    .fds = (uint32_t)reply->fds };

	if (s->side != REGION_PRIMARY)
		return;
	set_ends(&event, s, reply->ours);
	set_action(&event, reply->action);
	if (reply->since)
		event.latency = clock_now() - reply->since;
	if (reply->in_handler)
		event.busy = event.latency;
	if (reply->body && wants_payload(s))
		capture(&event, reply->body, reply->length);
	write_down(s, &event);
}

void tap_session(struct session *s, enum cohort_event_kind kind, bool outgoing, int outcome,
		 uint64_t count)
{
	struct tape_event event = { .kind = kind, .outcome = outcome, .length = count };

	if (s->side != REGION_PRIMARY)
		return;
	set_ends(&event, s, outgoing);
	write_down(s, &event);
}

/* The observer. */

struct cohort_tap {
	struct cohort *c;
	uint32_t session; /* a tap does not follow to another primary */
	const struct tape *tape;
	struct tape_reader reader;
};

static int map_tape(struct cohort_tap *tap, int fd)
{
	void *map;

	if (memfd_check_region(fd, sizeof(struct tape), SEALS))
		return -EPROTO;
	map = mmap(NULL, sizeof(struct tape), PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -ENOMEM;
	tap->tape = map;
	tape_reader_init(&tap->reader, map);
	return 0;
}

int tap_open(struct cohort *c, uint32_t flags, int64_t timeout, struct cohort_tap **out)
{
	struct cohort_tap *tap;
	int fd = -1, err;

	if (!out || flags & ~COHORT_TAP_PAYLOAD || timeout < 0)
		return -EINVAL;
	if (!c->observes)
		return -EPERM;
	tap = calloc(1, sizeof(*tap));
	if (!tap)
		return -ENOMEM;
	tap->c = c;
	err = query_tap(c, flags & COHORT_TAP_PAYLOAD ? TAP_PAYLOAD : TAP_EVENTS, timeout,
			&tap->session, &fd);
	if (!err)
		err = map_tape(tap, fd);
	fd_close(&fd);
	if (!err)
		*out = tap;
	else
		free(tap);
	return err;
}

static void show(const struct tape_event *from, struct cohort_event *to)
{
	*to = (struct cohort_event){ .size = sizeof(*to),
				     .time = from->time,
				     .latency = from->latency,
				     .busy = from->busy,
				     .from = from->from,
				     .to = from->to,
				     .kind = (enum cohort_event_kind)from->kind,
				     .outcome = from->outcome,
				     .request = from->request,
				     .length = from->length,
				     .fds = from->fds,
				     .captured = from->captured };
	memcpy(to->action, from->action, sizeof(to->action));
	memcpy(to->payload, from->payload, from->captured);
}

static bool primary_is_there(const struct cohort_tap *tap)
{
	struct session *s;
	bool same;

	if (channel_find_primary(tap->c, &s))
		return false;
	same = s->number == tap->session;
	session_unuse(s);
	return same;
}

static void sleep_until(int64_t deadline)
{
	struct timespec until;

	deadline_to_timespec(deadline, &until);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

int tap_next(struct cohort_tap *tap, struct cohort_event *event, int64_t timeout)
{
	int64_t deadline = deadline_after(clock_now(), timeout);
	struct tape_event got;

	for (;;) {
		bool there = primary_is_there(tap);
		int64_t now;

		if (tape_read(&tap->reader, &got)) {
			show(&got, event);
			return 1;
		}
		if (!there)
			return -ENOTCONN;
		now = clock_now();
		if (now >= deadline)
			return 0;
		sleep_until(deadline_min(deadline, now + LOOK_NS));
	}
}

struct cohort *tap_channel(const struct cohort_tap *tap)
{
	return tap->c;
}

uint64_t tap_lost(const struct cohort_tap *tap)
{
	return tap->reader.lost;
}

void tap_close(struct cohort_tap *tap)
{
	munmap((void *)(uintptr_t)tap->tape, sizeof(struct tape));
	free(tap);
}
