/*
 * tap: what observers see of the messages. The primary writes an event for each into a tape, while
 * somebody watches; else it costs one look at a flag.
 */
#ifndef COHORT_ENGINE_TAP_H
#define COHORT_ENGINE_TAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cohort/monitor.h"

struct cohort_message;
struct session;
struct tape;

/* How much is written down. */
enum {
	TAP_OFF = 0,
	TAP_EVENTS = 1,
	TAP_PAYLOAD = 2
};

struct tap {
	_Atomic uint32_t level; /* TAP_*; a hint: relaxed. Not off: `tape` is there for good */
	struct tape *tape;	/* stored before the level */
	int fd;
	int watchers[3]; /* sessions by level, [TAP_OFF] meaningless; the io thread's */
};

#define TAP_NONE ((struct tap){ .fd = -1 })

static inline bool tap_on(const struct tap *tap)
{
	return __builtin_expect(atomic_load_explicit(&tap->level, memory_order_relaxed) != TAP_OFF,
				0);
}

void tap_deinit(struct tap *tap);

/* A session watches at this level from now on. The io thread. -ENOMEM, -EMFILE, ... */
int tap_watch(struct session *s, uint32_t level);

/* The number of a request, for its event and its reply's. */
uint64_t tap_request(bool ours, unsigned slot, uint64_t sequence);

/* Only while tap_on(). `event`: kind, from, to and what the kind has; the rest is filled in. */
void tap_sent(struct session *s, const struct cohort_message *message, size_t body,
	      uint64_t request);
void tap_received(struct session *s, const char *action, const void *body, size_t length,
		  size_t fds, uint64_t request, int64_t busy);
/* An answer: ours to the peer, or the peer's to us. */
struct tap_reply {
	bool ours;
	uint64_t request;
	int outcome;
	const char *action; /* NULL: not known */
	const void *body;
	size_t length, fds;
	int64_t since;	 /* when the request was met or sent; 0: nobody watched then */
	bool in_handler; /* of ours: since then */
};
void tap_replied(struct session *s, const struct tap_reply *reply);
void tap_session(struct session *s, enum cohort_event_kind kind, bool outgoing, int outcome,
		 uint64_t count);

/* The observer's side. */
int tap_open(struct cohort *c, uint32_t flags, int64_t timeout, struct cohort_tap **out);
int tap_next(struct cohort_tap *tap, struct cohort_event *event, int64_t timeout);
struct cohort *tap_channel(const struct cohort_tap *tap);
uint64_t tap_lost(const struct cohort_tap *tap);
void tap_close(struct cohort_tap *tap);

#endif
