/*
 * Opening and closing a channel, and everything about it that can be configured.
 *
 *	struct cohort_config config = COHORT_CONFIG_INIT;
 *	config.role = COHORT_ROLE_PRIMARY;
 *	config.actions = actions;
 *	config.nactions = 2;
 *	err = cohort_open(&c, "camera", &config);
 *
 * An idle handle has two threads: one for control (joining, death, deadlines; it never runs code of
 * the application), one for handlers and callbacks. They block all signals.
 */
#ifndef COHORT_CHANNEL_H
#define COHORT_CHANNEL_H

#include "cohort/action.h"
#include "cohort/peer.h"
#include "cohort/types.h"

#ifdef __cplusplus
extern "C" {
#endif

enum cohort_role {
	COHORT_ROLE_PRIMARY = 1, /* leads: there is one */
	COHORT_ROLE_SECONDARY = 2,
	COHORT_ROLE_AUTO = 3,	  /* leads if nobody does; decided once, in cohort_open() */
	COHORT_ROLE_OBSERVER = 4, /* looks, without being a peer: see monitor.h */
};

/* Why a session ended. */
enum cohort_reason {
	COHORT_LEFT_CLOSED = 1,	   /* closed its handle, in order */
	COHORT_LEFT_DIED = 2,	   /* its process ended or lost the connection */
	COHORT_LEFT_VIOLATION = 3, /* broke the protocol; see the log */
	COHORT_LEFT_OVERRUN = 4,   /* did not read, and the policy is to disconnect */
	COHORT_LEFT_EVICTED = 5,   /* cohort_peer_disconnect() */
	COHORT_LEFT_REFUSED = 6,   /* a secondary: the primary refused it; see the log */
	COHORT_LEFT_SHUTDOWN = 7,  /* our own cohort_close() */
};

/* Why messages to us were lost. */
enum cohort_lost_reason {
	COHORT_LOST_OVERRUN = 1,     /* our ring was full */
	COHORT_LOST_UNHANDLED = 2,   /* no such action here */
	COHORT_LOST_DESCRIPTORS = 3, /* no room for its descriptors here (EMFILE) */
	COHORT_LOST_MEMORY = 4,	     /* no memory for its body here */
	COHORT_LOST_CLOSED = 5,	     /* still there when the close timeout ended */
};

enum cohort_log_level {
	COHORT_LOG_ERROR = 0,
	COHORT_LOG_WARNING = 1,
	COHORT_LOG_INFO = 2,
	COHORT_LOG_DEBUG = 3,
};

enum cohort_overrun {
	COHORT_OVERRUN_LOSE = 0,       /* it misses broadcasts and is told how many */
	COHORT_OVERRUN_DISCONNECT = 1, /* it is disconnected */
};

#define COHORT_OWN_LOOP UINT32_C(0x1) /* handlers run in cohort_dispatch(), see loop.h */
/* A secondary: the primary must run as config.primary_uid, else -EACCES */
#define COHORT_CHECK_PRIMARY_UID UINT32_C(0x2)
/* A secondary: when the primary goes away do not look for the next one */
#define COHORT_NO_RECONNECT UINT32_C(0x4)

/*
 * Callbacks run on a handler thread, never under a lock, in order with the handlers of the same
 * peer. Each gets the handle (also while cohort_open() has not returned yet) and config.user. All
 * may be NULL.
 */
struct cohort_config {
	size_t size; /* set by COHORT_CONFIG_INIT; 0 is -EINVAL */
	enum cohort_role role;
	uint32_t flags;
	void *user;
	const struct cohort_action *actions; /* exist before the first peer can ask; copied */
	size_t nactions;

	/*
	 * A peer is there; its first message is handled after this returned, or while it waits
	 * inside the library.
	 */
	void (*joined)(struct cohort *c, cohort_peer peer, void *user);
	/* Called once for each joined, after everything that the peer sent was handled. */
	void (*left)(struct cohort *c, cohort_peer peer, enum cohort_reason reason, void *user);
	/* `count` messages from `peer` to us were lost, at this point of its sequence. */
	void (*lost)(struct cohort *c, cohort_peer peer, uint64_t count,
		     enum cohort_lost_reason reason, void *user);
	/* There is room again: see cohort_want_writable(). */
	void (*writable)(struct cohort *c, cohort_peer peer, void *user);
	/*
	 * Whether a process may join: 0, or a negative errno that it is refused with. The joining
	 * waits for it.
	 */
	int (*allow)(struct cohort *c, const struct cohort_peer_info *who, void *user);
	/* What the library has to say. `error` is 0 or a negative errno. */
	void (*log)(struct cohort *c, enum cohort_log_level level, int error, const char *text,
		    void *user);
	enum cohort_log_level log_level; /* the least urgent that is passed on */

	/*
	 * Who may join a primary: if any list is given, a uid or gid of it; root and our own uid
	 * always may.
	 */
	const uid_t *allow_uids;
	size_t nallow_uids;
	const gid_t *allow_gids;
	size_t nallow_gids;
	/* The socket file of a primary. mode 0 means 0600; owner and group -1: unchanged */
	mode_t mode;
	uid_t owner;
	gid_t group;
	uid_t primary_uid; /* with COHORT_CHECK_PRIMARY_UID */

	/* Limits. The primary's sizes count for all its sessions. 0: the default, named here. */
	uint32_t max_peers;	  /* the smaller of 1000 and (RLIMIT_NOFILE - 64) / 3 */
	uint32_t handler_threads; /* 1; at most 8 */
	size_t ring_size;	  /* 256 KiB; a power of two, 16 KiB to 64 MiB */
	size_t bulk_size;	  /* 4 MiB; a power of two, 64 KiB to 1 GiB */
	size_t max_body;	  /* 64 MiB; at most 1 GiB */
	enum cohort_overrun overrun;

	/* Timeouts. */
	/* a secondary waits so long for a primary; 0: fails at once without one */
	int64_t open_timeout;
	int64_t close_timeout;	   /* 1 s: what peers had sent before is served so long */
	int64_t handshake_timeout; /* 1 s */
	int64_t slow_handler;	   /* 1 s: longer is counted and logged */

	/*
	 * Before it sleeps a waiting thread looks so long, if the other side runs on another CPU;
	 * if on the same, and there is no other for it, it yields a few times instead. 0: neither.
	 */
	int64_t spin; /* 20 us */

	/* The library's threads. */
	/* a cpu_set_t of cpus_size bytes, or NULL: as the caller of cohort_open() */
	const void *cpus;
	size_t cpus_size;
	int sched_policy; /* SCHED_FIFO and so on; -1: as the caller */
	int sched_priority;
	size_t stack_size;	 /* 0: the system's default; at least 64 KiB */
	const char *thread_name; /* up to 10 bytes before "-io" and "-act"; NULL: "cohort" */
};

#define COHORT_CONFIG_INIT                                                                         \
	{                                                                                          \
		sizeof(struct cohort_config), COHORT_ROLE_SECONDARY, 0, NULL, NULL, 0, NULL, NULL, \
			NULL, NULL, NULL, NULL, COHORT_LOG_WARNING, NULL, 0, NULL, 0, 0,           \
			(uid_t)-1, (gid_t)-1, 0, 0, 0, 0, 0, 0, COHORT_OVERRUN_LOSE, 0,            \
			COHORT_SECONDS(1), COHORT_SECONDS(1), COHORT_SECONDS(1), COHORT_US(20),    \
			NULL, 0, -1, 0, 0, NULL                                                    \
	}

/*
 * Opens the channel `name`. A name without '/' is a file `<name>.sock` in $RUNTIME_DIRECTORY, else
 * $XDG_RUNTIME_DIR, else /run for root, else a folder of the user's own; with '/' it is the
 * socket's path, 107 bytes at most (a relative one with the present folder before it). When it
 * returns 0 a primary listens; a secondary has a session. A secondary reconnects by itself when its
 * primary goes and another comes. Blocks up to config.open_timeout (a primary: does not). *out is
 * the caller's, for cohort_close().
 *
 * -EINVAL       the config, the name, COHORT_DEBUG or a path in the environment is not valid
 * -EADDRINUSE   a primary is there already; it did not notice
 * -ENOTSOCK     a primary: what is there is no socket; it was not touched
 * -ENOENT, -ECONNREFUSED  a secondary: no primary until open_timeout
 * -ETIMEDOUT    the primary did not finish the handshake in time
 * -EACCES       a secondary: the primary does not allow us, or runs as another uid than asked for
 * -EPROTO       versions do not fit, or the other side is not cohort
 * -EUSERS       the primary has max_peers already
 * -ENAMETOOLONG, -ENOENT, -ENOTDIR, -EPERM, -ELOOP  the path
 * -EMFILE, -ENFILE, -ENOMEM, -EAGAIN  no resources
 */
COHORT_API int cohort_open(struct cohort **out, const char *name,
			   const struct cohort_config *config);

/*
 * Opens a channel over one end of a socketpair(AF_UNIX, SOCK_SEQPACKET): no file at all. The other
 * end belongs to a child, or to another handle of this process. config.role says which side this is
 * (AUTO is -EINVAL); a primary may cohort_adopt() more. On success the descriptor is the library's;
 * on failure it stays the caller's. A secondary waits up to open_timeout, but at least
 * handshake_timeout, for the primary's side; there is no reconnecting. Errors as cohort_open(), and
 * -EBADF, -ENOTSOCK, -EPROTOTYPE: not such a socket.
 */
COHORT_API int cohort_open_fd(struct cohort **out, int fd, const struct cohort_config *config);

/*
 * Gives a primary one more secondary, over one end of a socketpair. On success the descriptor is
 * the library's. Returns before the other side has joined. -EPERM: not a primary; -EUSERS:
 * max_peers; else as cohort_open_fd().
 */
COHORT_API int cohort_adopt(struct cohort *c, int fd);

/*
 * Ends it: our open requests end with -ESHUTDOWN, peers are told, what they had sent before is
 * served until done or close_timeout, running callbacks are waited for. When it returns 0 no
 * callback runs any more, the handle is gone, and nothing is left: no thread, descriptor, mapping
 * or file. NULL: 0.
 * -EDEADLK in a callback of any handle: nothing happened. -EALREADY: another thread is closing it.
 * -ECHILD in a forked child: nothing happened.
 */
COHORT_API int cohort_close(struct cohort *c);

#ifdef __cplusplus
}
#endif

#endif
