/*
 * io thread: control. It accepts and connects, reads and writes the control sockets, watches for
 * death, keeps the deadlines of asynchronous requests and handshakes. It never runs code of the
 * application, and nobody sleeps while holding a lock that it takes.
 */
#ifndef COHORT_ENGINE_IO_THREAD_H
#define COHORT_ENGINE_IO_THREAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/lock.h"
#include "cohort/channel.h"
#include "io/leader.h"
#include "io/loop.h"
#include "io/timer.h"
#include "io/wake.h"
#include "io/watch.h"

struct cohort;
struct session;

/* Tags of the io thread's epoll set: a kind and a session's number. */
enum {
	IO_WAKE = 1,
	IO_TIMER,
	IO_LISTENER,
	IO_WATCH,
	IO_SOCKET,
	IO_PIDFD
};

static inline uint64_t io_tag(unsigned kind, uint32_t number)
{
	return (uint64_t)kind << 32 | number;
}

struct io {
	pthread_t thread;
	bool started;
	struct loop loop;
	struct wake wake;
	struct timer timer;

	struct lock lock;   /* LOCK_QUEUE */
	struct list chores; /* sessions with chores */
	_Atomic bool stop;

	/* The io thread's own. */
	struct leader leader;
	int listener;
	int reserve; /* given up to refuse somebody politely when descriptors run out */
	int64_t listener_rests_until;
	struct watch watch;
	int64_t connect_at; /* when to try again; DEADLINE_NEVER: not */
	int64_t backoff;
	int64_t retry_at;	     /* when to try queued frames and bells again */
	_Atomic uint32_t handshakes; /* unfinished ones */
	_Atomic uint32_t observers;
	_Atomic bool stop_listening;
};

int io_init(struct io *io);
void io_deinit(struct io *io);
int io_start(struct cohort *c);
void io_stop(struct cohort *c);
void io_wake(struct cohort *c);

/* Becomes the primary of c->path: takes the lock, binds, listens. */
int io_listen(struct cohort *c);

/* Its peer's pidfd is known now. */
int io_watch_pidfd(struct session *s);

/* A session over a duplicate of one end of a socketpair. */
int io_adopt(struct cohort *c, int fd);

/* No new peers. Before the io thread was started: drops those that are there. */
void io_stop_listening(struct cohort *c);
void io_drop_sessions(struct cohort *c);

/* Ends a session. The io thread. */
void io_end_session(struct session *s, enum cohort_reason reason, const char *text);

/* Before the peer is told, so that one who knows that it was refused has been counted. */
void io_count_refusal(struct cohort *c);

/* A session's handshake is done. The io thread. -ENOMEM: it cannot join. */
int io_session_live(struct session *s);

/* It has become an observer's. The io thread. False: there are too many. */
bool io_session_observes(struct session *s);

#endif
