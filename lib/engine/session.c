/*
 * The two counts: `uses` guards what can be taken away while the struct lives (mappings,
 * descriptors), `refs` the struct. A kept call that outlives everything holds a ref and asks for a
 * use when it replies; it fails when the session is retired. A use can only be had from who has
 * one, or with session_use_try().
 */
#include "engine/session.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include "base/futex.h"
#include "engine/bulk.h"
#include "engine/channel.h"
#include "engine/outbox.h"
#include "engine/receive.h"
#include "io/bell.h"

struct session *session_new(struct cohort *c, uint32_t number, enum region_side side)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->channel = c;
	s->alive = c->alive;
	s->number = number;
	s->side = side;
	s->who = SOCK_IDENTITY_NONE;
	s->socket = s->bell = s->region_fd = s->bell_theirs = -1;
	s->region.shared_with = -1;
	s->receive.bulk_fd = -1;
	s->state = SESSION_HELLO;
	s->max_body = c->config.max_body;
	s->bulk_size = c->config.bulk_size;
	atomic_init(&s->refs, 1);
	atomic_init(&s->uses, 1);
	for (unsigned i = 0; i < SLOT_COUNT / 64; i++)
		atomic_init(&s->free_asks[i], ~UINT64_C(0));
	for (unsigned i = 0; i < SLOT_COUNT; i++)
		lock_init(&s->answer[i], LOCK_SLOT);
	lock_init(&s->async_lock, LOCK_SLOT);
	lock_init(&s->blocking_lock, LOCK_QUEUE);
	list_init(&s->blocking_jobs);
	lock_init(&s->out.lock, LOCK_RING);
	lock_init(&s->receive.lock, LOCK_RECEIVE);
	lock_init(&s->outbox.lock, LOCK_QUEUE);
	list_init(&s->out.waiters);
	list_init(&s->receive.inbox);
	list_init(&s->outbox.frames);
	list_init(&s->outbox.replies);
	list_init(&s->actions);
	lock_take(&c->lock);
	c->resources++;
	lock_drop(&c->lock);
	return s;
}

static void free_actions(struct session *s)
{
	struct list_node *node;

	while ((node = list_pop(&s->actions)))
		free(LIST_ENTRY(node, struct remote_action, node));
}

static void free_session(struct session *s)
{
	for (unsigned i = 0; i < SLOT_COUNT; i++)
		lock_deinit(&s->answer[i]);
	lock_deinit(&s->async_lock);
	lock_deinit(&s->blocking_lock);
	lock_deinit(&s->out.lock);
	lock_deinit(&s->receive.lock);
	lock_deinit(&s->outbox.lock);
	free(s);
}

void session_ref(struct session *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
}

void session_unref(struct session *s)
{
	/* acq_rel: who frees it sees all that the others did. */
	if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1)
		free_session(s);
}

void session_use(struct session *s)
{
	atomic_fetch_add_explicit(&s->uses, 1, memory_order_relaxed);
}

bool session_use_try(struct session *s)
{
	uint32_t n = atomic_load_explicit(&s->uses, memory_order_relaxed);

	while (n) {
		if (atomic_compare_exchange_weak_explicit(&s->uses, &n, n + 1, memory_order_acquire,
							  memory_order_relaxed))
			return true;
	}
	return false;
}

/* Closing what the peer holds, too, or has sent descriptors into, can block. */
static void close_shared(struct cohort *c, int *fd)
{
	int one = fd_steal(fd);

	if (one >= 0)
		reaper_close(&c->reaper, &one, 1);
}

/* The last use is over: everything goes that is not the struct. */
static void release(struct session *s)
{
	struct cohort *c = s->channel;

	if (session_is_mapped(s))
		counter_add(&s->counters, COUNTER(lost_sent), ring_left(&s->out.ring));
	receive_deinit(s);
	outbox_deinit(s);
	bulk_deinit(s);
	region_unmap(&s->region);
	close_shared(c, &s->socket);
	close_shared(c, &s->bell);
	close_shared(c, &s->region_fd);
	fd_close(&s->bell_theirs);
	sock_identity_deinit(&s->who);
	free_actions(s);
	lock_take(&c->lock);
	counters_move(&c->counters, &s->counters);
	c->resources--;
	cond_broadcast(&c->changed);
	lock_drop(&c->lock);
	session_unref(s);
}

void session_unuse(struct session *s)
{
	if (atomic_fetch_sub_explicit(&s->uses, 1, memory_order_acq_rel) == 1)
		release(s);
}

int session_map(struct session *s, int region_fd, const struct region_shape *shape)
{
	int err = region_map(&s->region, region_fd, shape);

	if (err)
		return err;
	ring_out_init(&s->out.ring, session_lane_out(s), s->region.data[s->side],
		      shape->ring_size[s->side]);
	ring_in_init(&s->in, session_lane_in(s), s->region.data[!s->side],
		     shape->ring_size[!s->side]);
	atomic_store_explicit(&s->is_mapped, true, memory_order_release);
	return 0;
}

int session_error_unsent(struct session *s)
{
	uint32_t over = session_over(s);

	if (over & OVER_CLOSING)
		return -ESHUTDOWN;
	return s->channel->role == COHORT_ROLE_PRIMARY ? -ESTALE : -ENOTCONN;
}

int session_error_broken(struct session *s)
{
	uint32_t over = session_over(s);

	if (over & OVER_CLOSING || (over & OVER_REASON) == COHORT_LEFT_CLOSED ||
	    (over & OVER_REASON) == COHORT_LEFT_SHUTDOWN)
		return -ESHUTDOWN;
	if ((over & OVER_REASON) == COHORT_LEFT_EVICTED)
		return -ECANCELED;
	return -EPIPE;
}

void session_mark_over(struct session *s, uint32_t bits)
{
	uint32_t old = atomic_load(&s->over);

	do {
		if ((old & OVER_REASON) && (bits & OVER_REASON))
			bits &= ~OVER_REASON;
	} while (!atomic_compare_exchange_weak(&s->over, &old, old | bits));
	futex_wake(&s->over, INT_MAX, false);
	atomic_fetch_add(&s->ask_room, 1);
	futex_wake(&s->ask_room, INT_MAX, false);
	atomic_fetch_add(&s->settled_turn, 1);
	futex_wake(&s->settled_turn, INT_MAX, false);
}

/* Whether the list was empty. */
static bool list_chores(struct session *s)
{
	struct cohort *c = s->channel;
	bool first;

	session_use(s);
	lock_take(&c->io.lock);
	first = list_empty(&c->io.chores);
	list_add_tail(&c->io.chores, &s->chore_node);
	lock_drop(&c->io.lock);
	return first;
}

/*
 * Only bells wait for whoever listed the first one to wake the io thread, for that one may be kept
 * from it by threads above it. What is not a bell wakes it at once, and once more if the session was
 * being listed for a bell.
 */
void session_chore(struct session *s, uint32_t chores)
{
	bool wake = chores != CHORE_BELL;

	/*
	 * seq_cst: the io thread takes the node off the list first and the bits second, so no bit
	 * is left behind; and who lists it looks at them afterwards.
	 */
	if (atomic_fetch_or(&s->chores, chores) == 0) {
		wake |= list_chores(s);
		wake |= (atomic_load(&s->chores) & ~CHORE_BELL) != 0;
	}
	if (wake)
		io_wake(s->channel);
}

void session_violation(struct session *s, const char *what)
{
	int expected = 0;

	if (!atomic_compare_exchange_strong(&s->verdict, &expected, COHORT_LEFT_VIOLATION))
		return;
	snprintf(s->verdict_text, sizeof(s->verdict_text), "%s", what);
	session_chore(s, CHORE_END);
}

static bool room_locked(struct session *s)
{
	return ring_room(&s->out.ring, s->out.ring.size / 2) == 0;
}

bool session_has_room(struct session *s)
{
	bool room;

	lock_take(&s->out.lock);
	room = room_locked(s);
	if (!room) {
		session_ask_bell(s);
		ring_want_room(&s->out.ring, LANE_WAIT_BELL);
		room = room_locked(s);
	}
	lock_drop(&s->out.lock);
	return room;
}

/* The other side asks once: a ring that finds no memory is the io thread's, which tries it again. */
static void ring_bell(struct session *s)
{
	if (!bell_ring(s->bell))
		session_chore(s, CHORE_BELL);
}

void session_ring(struct session *s)
{
	if (ring_take_bell(session_lane_out(s)))
		ring_bell(s);
}

void session_wake_sender(struct session *s, uint32_t how)
{
	if (how & LANE_WAIT_FUTEX)
		futex_wake(&session_lane_in(s)->waiting, INT_MAX, true);
	if (how & LANE_WAIT_BELL)
		ring_bell(s);
}

const char *session_state_name(enum session_state state)
{
	switch (state) {
	case SESSION_HELLO:
		return "hello";
	case SESSION_ALLOW:
		return "allow";
	case SESSION_MAPPED:
		return "mapped";
	case SESSION_LIVE:
		return "live";
	case SESSION_OBSERVER:
		return "observer";
	case SESSION_OVER:
		return "over";
	}
	return "?";
}

/* The order of the enum is the order of life; some steps may be left out, none goes back. */
void session_set_state(struct session *s, enum session_state next)
{
	assert(next > s->state);
	if (log_trace_on())
		log_trace("session %u peer=%llx %s -> %s", s->number, (unsigned long long)s->id,
			  session_state_name(s->state), session_state_name(next));
	s->state = next;
}

const char *session_reason_name(uint32_t reason)
{
	static const char *const names[] = { "none",	"closed",  "died",    "violation",
					     "overrun", "evicted", "refused", "shutdown" };

	return reason < sizeof(names) / sizeof(names[0]) ? names[reason] : "?";
}
