/*
 * channel: a process's part in one channel: what a struct cohort is.
 */
#ifndef COHORT_ENGINE_CHANNEL_H
#define COHORT_ENGINE_CHANNEL_H

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/fork.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/thread.h"
#include "cohort.h"
#include "engine/counters.h"
#include "engine/executor.h"
#include "engine/io_thread.h"
#include "engine/tap.h"
#include "io/reaper.h"
#include "io/sock.h"
#include "model/action.h"
#include "model/audience.h"
#include "wire/frame.h"

struct session;

struct cohort {
	/* Set by cohort_open(), then constant. */
	struct cohort_config config; /* its pointers lead into `copies` or are NULL */
	enum cohort_role role;	     /* PRIMARY or SECONDARY */
	bool over_fd;		     /* no path */
	bool observes;		     /* a secondary that is no peer: it only asks */
	char path[SOCK_PATH_SIZE];
	char program[64];
	uint32_t epoch; /* the primary's */
	int64_t since;
	uint32_t max_peers;
	cpu_set_t cpus;
	struct thread_attr thread_attr;
	char io_name[THREAD_NAME_MAX + 1], act_name[THREAD_NAME_MAX + 1],
		pool_name[THREAD_NAME_MAX + 1];

	_Atomic uint32_t *alive; /* see base/fork.h: 0 in a forked child */

	_Atomic uint32_t calls;	  /* of the application that are under way, and CALLS_CLOSED */
	_Atomic bool closing;	  /* no new calls and sessions; set under the lock */
	_Atomic bool closer;	  /* somebody is in cohort_close() */
	_Atomic uint64_t next_id; /* of asynchronous requests */

	struct lock lock;	/* LOCK_CHANNEL */
	struct cond changed;	/* with lock: sessions, actions, closing */
	struct map sessions;	/* number -> session, each a use */
	struct session *leader; /* a secondary's live session, borrowed from the table */
	/* a secondary's session that knows our actions from HELLO on, borrowed */
	struct session *current;
	uint32_t next_number;
	uint32_t live_count;
	uint32_t resources; /* sessions whose memory is still mapped */
	/* a secondary: how its last try to connect ended, 0 while one is under way */
	int connect_error;
	bool has_opened; /* a secondary: there was a session, or cohort_open() has returned 0 */
	struct audience_table audience;
	uint64_t next_key;	  /* of ANNOUNCE and QUERY */
	struct list pending_keys; /* who waits for ACK or ANSWER */

	struct lock order; /* LOCK_ORDER: broadcasts */
	/* how many bells broadcasts have rung since then: see may_ring() in send.c */
	_Atomic int64_t bells_since;
	_Atomic uint32_t bells;

	struct action_table actions;
	struct executor executor;
	struct io io;
	struct reaper reaper;
	struct log log;
	struct tap tap;
	struct lock buffers_lock; /* LOCK_QUEUE */
	struct frame_buffer *buffers;
	struct counters counters; /* of sessions that have left, and the channel's own */
};

/* Memory for one frame. They are kept: a few threads read at a time. NULL: no memory. */
struct frame_buffer {
	struct frame_buffer *next;
	unsigned char bytes[FRAME_MAX];
};
struct frame_buffer *channel_buffer_take(struct cohort *c);
void channel_buffer_give(struct cohort *c, struct frame_buffer *buffer);

/* Whether this process is a fork of the one that opened the handle. */
static inline bool channel_is_foreign(const struct cohort *c)
{
	return fork_was_wiped(c->alive);
}

/*
 * For calls to one peer, which cost little else: the use of the session that channel_find() gives
 * keeps the handle, too, for cohort_close() waits until no session has any. After session_unuse()
 * they may not touch the handle any more.
 */
static inline int channel_check(const struct cohort *c)
{
	if (!c)
		return -EINVAL;
	return channel_is_foreign(c) ? -ECHILD : 0;
}

#define CALLS_CLOSED UINT32_C(0x80000000)

/* Every call of the application begins and ends with these: -ECHILD, -ESHUTDOWN. */
int channel_enter(struct cohort *c);
void channel_leave(struct cohort *c);

/*
 * The live session of a peer, with a use for the caller. -ENOTCONN, -ESTALE, -EOPNOTSUPP, -EINVAL
 * as in message.h.
 */
int channel_find(struct cohort *c, cohort_peer peer, struct session **out);

/* The session with the primary, an observer's too. -ENOTCONN, -ESHUTDOWN */
int channel_find_primary(struct cohort *c, struct session **out);

/*
 * As channel_find(), but waits for a primary until the deadline. Yields if it is called in a
 * handler.
 */
int channel_find_waiting(struct cohort *c, cohort_peer peer, int64_t deadline,
			 struct executor_wait *wait, struct session **out);

#define CHANNEL_RING_MAX ((size_t)64 << 20)

/*
 * Takes a session out of the tables; its table's use is then the caller's. And whether that has
 * happened.
 */
void channel_forget(struct session *s);
bool channel_is_gone(struct session *s);

/* A session by its number, also one that is not live, with a use; or NULL. */
struct session *channel_session(struct cohort *c, uint32_t number);

/*
 * All sessions at this moment, each with a use, in an array to free(); -ENOMEM. Only the live ones,
 * if asked.
 */
int channel_sessions(struct cohort *c, bool live, struct session ***out, size_t *count);

/* Queues a line for config.log, and wakes a thread that calls it. */
void channel_log(struct cohort *c, enum log_level level, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The next deadline that the io thread must look at. */
void channel_deadline(struct cohort *c, int64_t deadline);

/* A socket that a session can be had over: 0, -EBADF, -ENOTSOCK, -EPROTOTYPE. */
int channel_check_socket(int fd);

/* Under c->lock, without a use. */
int channel_find_locked(struct cohort *c, cohort_peer peer, struct session **out);

/* Opening and closing. */
int channel_open(struct cohort **out, const char *name, int fd, const struct cohort_config *config);
int channel_close(struct cohort *c);

#endif
