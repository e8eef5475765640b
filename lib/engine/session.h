/*
 * session: what a process knows of one peer, from the first byte on the socket to the last
 * callback.
 *
 * Life: made by the io thread (connect, accept, adopt), live after the handshake, over when the
 * peer dies, says BYE, breaks a rule or the handle closes; then the executor drains what the peer
 * had published, calls `left`, and retires it. It is counted twice:
 *
 *	uses   who may touch the shared memory and the descriptors: the channel's table, and each call that is under
 *	       way. When it falls to 0 they are unmapped and closed.
 *	refs   who may touch this struct: one for all uses, one for each kept call.
 *
 * Fields are grouped by what guards them.
 */
#ifndef COHORT_ENGINE_SESSION_H
#define COHORT_ENGINE_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/lock.h"
#include "cohort/channel.h"
#include "cohort/request.h"
#include "engine/counters.h"
#include "io/sock.h"
#include "shm/ring.h"
#include "shm/slot.h"

struct cohort;

enum session_state {
	SESSION_HELLO = 1, /* primary: waits for HELLO; secondary: waits for WELCOME */
	SESSION_ALLOW,	   /* primary: the application decides */
	SESSION_MAPPED,	   /* primary: waits for MAPPED; secondary: waits for READY */
	SESSION_LIVE,
	SESSION_OBSERVER, /* primary: only its queries are answered; nothing is mapped */
	SESSION_OVER,
};

/* session.over, a private futex word: 0 while the session serves requests. */
#define OVER_CLOSING 0x100u /* our handle is closing: open requests end, records are still served */
#define OVER_REASON 0xffu   /* enum cohort_reason: the session has ended */

/* session.claim */
enum {
	CLAIM_IDLE = 0,
	CLAIM_BUSY = 1,
	CLAIM_AGAIN = 2
};

/* session.events, for the executor */
#define EVENT_LIVE 0x1u	    /* the handshake is done: call joined */
#define EVENT_OVER 0x2u	    /* drain, then left */
#define EVENT_CLOSING 0x4u  /* our handle closes: asks end */
#define EVENT_WRITABLE 0x8u /* cohort_want_writable() */
#define EVENT_ALLOW 0x10u   /* ask the application */
#define EVENT_RETRY 0x20u   /* a pool thread is free again */

/* session.chores, for the io thread */
#define CHORE_SEND 0x1u	    /* frames or replies are queued */
#define CHORE_INBOX 0x2u    /* another thread has read control frames */
#define CHORE_END 0x4u	    /* end the session: session.verdict */
#define CHORE_ALLOWED 0x8u  /* the application has decided */
#define CHORE_BELL 0x10u    /* ring its bell */
#define CHORE_BYE 0x20u	    /* our handle closes: say goodbye */
#define CHORE_BEGIN 0x80u   /* a new session */
#define CHORE_BULK 0x100u   /* ask for the bulk ring again */
#define CHORE_ABANDON 0x40u /* it has waited long enough */

/* One of our requests to the peer, by slot. */
enum {
	ASK_FREE = 0,
	ASK_WAITED = 1,
	ASK_ASYNC = 2,
	ASK_ENDING = 3
};

struct reply_part;

struct ask {
	_Atomic uint32_t state;	   /* ASK_* */
	_Atomic int64_t since;	   /* when it was made, as of the last tick; relaxed */
	_Atomic uint64_t sequence; /* of the slot; its owner's until it is free again */
	/* Of an asynchronous one; session.async_lock. */
	int error; /* of an ASK_ENDING; 0: it was answered */
	int64_t deadline;
	uint64_t id;
	cohort_done *done;
	void *arg;
	struct reply_part *part; /* what came in REPLY frames; session.receive */
};

/* A sidecar or memfd body that has arrived before its record was met. */
struct sidecar {
	uint64_t key;
	uint64_t length;   /* of a body; 0: descriptors */
	bool more;	   /* a body: descriptors of the same record follow */
	uint16_t declared; /* descriptors that were sent */
	uint16_t fds;	   /* that arrived: fewer if this process had no room */
};

#define SIDECARS_MAX 512u   /* entries; a power of two */
#define SIDECAR_CREDIT 253u /* descriptors sent and not yet taken; and in the kernel */
#define SIDECAR_FDS 256u    /* half of the places for them: a body may come on top */
#define SIDECAR_BYTES (UINT64_C(64) << 20) /* of memfd bodies */

struct sidecars {
	unsigned first, count;	      /* entries */
	unsigned first_fd, count_fds; /* descriptors */
	struct sidecar entry[SIDECARS_MAX];
	int fd[2 * SIDECAR_FDS];
};

struct remote_action {
	struct list_node node;
	uint32_t flags;
	uint32_t hash;
	uint8_t length;
	char name[COHORT_NAME_MAX + 1];
	char help[COHORT_HELP_MAX + 1];
};

struct bulk_out;
struct bulk_in;

struct session {
	struct cohort *channel;
	_Atomic uint32_t *alive; /* see base/fork.h */
	_Atomic uint32_t refs, uses;

	/* Set before it is visible to others, then constant. */
	uint32_t number;
	enum region_side side; /* ours */
	bool connected_by_fd;  /* a socketpair: who it is comes with HELLO */
	cohort_peer id;	       /* the peer's */
	cohort_peer self;      /* ours in this session */
	struct sock_identity who;
	int64_t since;
	int64_t clock_offset; /* add to our clock for the primary's */
	uint64_t max_body;
	size_t bulk_size;
	char program[64];
	int socket, bell;
	struct region region;

	/* The io thread's alone. */
	_Atomic(enum session_state) state; /* others may look */
	int64_t handshake_deadline;
	int64_t t1, t2; /* of the handshake */
	int region_fd, bell_theirs;
	bool actions_complete;
	bool watches_output, flush_later, ring_later;
	bool in_loop, pidfd_in_loop;
	bool bye_sent;
	uint32_t bye_reason; /* what the peer said, 0: nothing */
	uint32_t watches;    /* TAP_*; an observer's */

	_Atomic uint32_t over; /* futex; see OVER_* */
	_Atomic bool is_live;
	/* stored with release after `region`, `in` and `out.ring` are set up */
	_Atomic bool is_mapped;
	_Atomic uint32_t chores;
	struct list_node chore_node; /* channel.io.lock */

	/* The executor: claim says who serves; the ready list is under its lock. */
	_Atomic uint32_t claim;
	_Atomic uint32_t events;
	struct list_node ready_node;

	/* Whoever holds the claim. */
	struct ring_in in;
	bool may_join; /* the handshake is done */
	bool joined_called;
	bool ending;	      /* the session is over: the rest is drained */
	_Atomic bool drained; /* nothing more is taken from the ring */
	bool left_called;
	bool wants_writable;
	_Atomic bool abandoned; /* what is left in the ring is counted, not served */
	struct session *after;	/* joined waits for the left of this one (a use) */
	struct bulk_in *bulk_in;
	uint64_t bulk_passed; /* before it could be mapped */

	_Atomic uint32_t bells;	     /* how often it was asked for since it was drained */
	_Atomic uint32_t idle_bells; /* wakes since something was found */
	/* Callbacks that run without the claim: in the pool, or since they waited. No `left` before they end. */
	_Atomic uint32_t handlers;
	_Atomic uint32_t waiting_handlers; /* that wait inside the library */
	_Atomic uint32_t blocking;	   /* calls queued for or running in the pool */
	struct lock blocking_lock;	   /* LOCK_QUEUE */
	struct list blocking_jobs;
	_Atomic uint32_t calls; /* requests of the peer that run or are kept */
	/* position up to which every handler has returned or waits: FENCE */
	_Atomic uint64_t settled;
	_Atomic uint32_t settled_turn; /* futex: grows when `settled` does and somebody waits */
	_Atomic uint32_t settled_waiters;

	/* Producing. */
	struct {
		struct lock lock; /* LOCK_RING */
		struct ring_out ring;
		struct list waiters; /* senders that wait for room, in order */
		uint64_t next_sidecar;
		uint64_t fds_sent; /* ever, with those of bodies */
		uint64_t fds_taken_seen;
		uint64_t body_sent;
		uint64_t body_taken_seen;
		uint64_t kernel_fds; /* sent since SIOCOUTQ was last seen at 0 */
		uint64_t held_fds, held_body, held_bulk; /* promised to a broadcast, as ring.held */
		unsigned held_pairs;			 /* likewise: of frames that go together */
		uint64_t tickets;			 /* of waiters */
		struct bulk_out *bulk;
		bool stopped; /* BYE was sent: nothing may follow */
	} out;

	/* Receiving from the socket. */
	struct {
		struct lock lock;  /* LOCK_RECEIVE */
		struct list inbox; /* control frames for the io thread */
		unsigned inbox_count;
		struct sidecars *sidecars; /* made with the first */
		int bulk_fd;		   /* of a BULK frame, until a record needs it */
		uint64_t bulk_size;
		bool bulk_lost;	     /* it came without its descriptor */
		_Atomic bool hangup; /* set under the lock */
		int error;	     /* -EPROTO and the like: what the peer did */
	} receive;

	/* Control frames and replies that could not go out at once. */
	struct {
		struct lock lock; /* LOCK_QUEUE */
		struct list frames;
		unsigned frame_count;
		struct list replies;
		unsigned reply_count, reply_fds;
	} outbox;

	/* Our requests. */
	struct lock async_lock; /* LOCK_SLOT: the state of asynchronous ones */
	_Atomic uint64_t free_asks[SLOT_COUNT / 64];
	_Atomic uint64_t ended[SLOT_COUNT / 64]; /* asks in ASK_ENDING whose callback is due */
	_Atomic uint32_t asks_async;
	/* futex: grows when a slot becomes free and somebody waits */
	_Atomic uint32_t ask_room;
	_Atomic uint32_t ask_waiters;
	struct ask ask[SLOT_COUNT];

	/* The peer's requests: a replier holds the slot's lock while it writes. */
	struct lock answer[SLOT_COUNT]; /* LOCK_SLOT */

	/* channel.lock */
	struct list actions; /* struct remote_action: what the peer has announced */
	unsigned action_count;
	void *data; /* cohort_peer_set_data() */
	bool in_table;
	struct session *before; /* whose joined waits for our left (a use) */

	/* For CHORE_END and CHORE_ALLOWED: set before the chore. */
	_Atomic int verdict;
	char verdict_text[96];

	_Atomic uint32_t crowded; /* waits that are not to yield; a hint */
	struct counters counters;
};

/* A session with its two counts at 1: the caller's use. NULL: no memory. */
struct session *session_new(struct cohort *c, uint32_t number, enum region_side side);

void session_use(struct session *s);
bool session_use_try(struct session *s); /* false: it is retired; only the struct is left */
void session_unuse(struct session *s);
void session_ref(struct session *s);
void session_unref(struct session *s);

/* Maps the shared memory and sets up both rings. */
int session_map(struct session *s, int region_fd, const struct region_shape *shape);

/* The lane that we produce in, and the one that we consume. */
static inline struct lane *session_lane_out(struct session *s)
{
	return s->region.lane[s->side];
}

static inline struct lane *session_lane_in(struct session *s)
{
	return s->region.lane[!s->side];
}

/* The slots of our requests, and of the peer's. */
static inline struct slot *session_slot_ours(struct session *s, unsigned i)
{
	return &s->region.slots[s->side][i];
}

static inline struct slot *session_slot_theirs(struct session *s, unsigned i)
{
	return &s->region.slots[!s->side][i];
}

static inline bool session_is_mapped(struct session *s)
{
	return atomic_load_explicit(&s->is_mapped, memory_order_acquire);
}

static inline uint32_t session_over(struct session *s)
{
	return atomic_load_explicit(&s->over, memory_order_acquire); /* session_mark_over() */
}

/* What a call to a session that is over returns: nothing was sent, or it may have run. */
int session_error_unsent(struct session *s);
int session_error_broken(struct session *s);

/* Marks it over and wakes everybody who waits for it. The first reason stays. Any thread. */
void session_mark_over(struct session *s, uint32_t bits);

/* Asks the io thread to end it, with what was wrong. Any thread, any lock below LOCK_QUEUE. */
void session_violation(struct session *s, const char *what);
void session_chore(struct session *s, uint32_t chores);

/* Half of the peer's ring is free; if not, asks for a bell when it is. */
bool session_has_room(struct session *s);

/* Rings the peer's bell if it sleeps. Outside of the ring's lock. */
void session_ring(struct session *s);
/* Before the peer is told that it shall ring: it does so once at most. */
static inline void session_ask_bell(struct session *s)
{
	atomic_fetch_add_explicit(&s->bells, 1, memory_order_relaxed);
}

/* Wakes the peer's sender as ring_advance() and ring_sleep() say. */
void session_wake_sender(struct session *s, uint32_t how);

/* The only way to change the state: forward, and traced. The io thread. */
void session_set_state(struct session *s, enum session_state next);

const char *session_reason_name(uint32_t reason);
const char *session_state_name(enum session_state state);

#endif
