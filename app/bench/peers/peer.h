/*
 * peer.h: another library (or the kernel, or ours) as something that carries messages.
 *
 * A workload of bench-peers is written once, in trial.c, over these few functions, so every system
 * is asked the same thing, fills the same bytes and adds up the same bytes. A system that cannot do
 * something says why; that becomes the line in the report.
 *
 * In all patterns but BROADCAST the primary serves or receives, and secondaries ask or send; in
 * BROADCAST the primary sends. The primary opens first. What a side gets is given to its sink; who
 * sends it marks the last one with METER_END in its first byte.
 */
#ifndef COHORT_BENCH_PEER_H
#define COHORT_BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "role.h"

/* No call of a round that works waits so long. */
#define PEER_TIMEOUT_MS 10000
#define PEER_FDS_MAX 8

enum peer_pattern {
	PEER_REQUEST,
	PEER_ASYNC, /* requests, of which a secondary has many outstanding */
	PEER_STREAM,
	PEER_BROADCAST
};

/* What not every system can do. */
enum peer_skill {
	PEER_CAN_BLOCK,
	PEER_CAN_SPIN,
	PEER_CAN_ASYNC,
	PEER_CAN_STREAM,
	PEER_CAN_CARRY_4K, /* bodies of some KiB in a stream */
	PEER_CAN_CARRY_1M,
	PEER_CAN_CARRY_16M,
	PEER_CAN_BROADCAST,
	PEER_CAN_PASS_FDS,
	PEER_CAN_SERVE_100,
	PEER_CAN_SERVE_500,
	PEER_SKILLS
};

/* Takes what came; returns whether that was the last. */
typedef bool peer_sink(void *arg, const unsigned char *data, size_t size);

struct peer;

struct peer_side {
	const struct peer *peer;
	struct role *role;
	enum peer_pattern pattern;
	bool spins;  /* wait by looking again and again, not in a blocking call */
	size_t size; /* the largest message of this round */
	int fds[PEER_FDS_MAX];
	unsigned nfds; /* descriptors that go with each message of a stream */
	peer_sink *sink;
	void *arg;
	void *own; /* the system's */
};

/*
 * All return 0 or a negative errno. Those that a system cannot have are NULL, and `cannot` says
 * why.
 */
struct peer {
	const char *name;
	const char *cannot[PEER_SKILLS]; /* NULL: it can */

	bool (*there)(void); /* NULL, or whether a program that it needs is installed */
	/* NULL, or what else it needs and this machine has not got now; that returns NULL if nothing */
	const char *(*lacks)(void);
	void (*version)(char *text, size_t size); /* of the library that runs */

	/* open: the primary can be reached, or a secondary has reached it. close: undoes it. */
	int (*open)(struct peer_side *side);
	void (*close)(struct peer_side *side);
	/* NULL, or removes what processes that were killed have left. The launcher calls it. */
	void (*sweep)(const char *channel);

	/* PEER_REQUEST. ask: a question, and the wait for an answer of as many bytes. */
	int (*ask)(struct peer_side *side, const void *question, void *answer, size_t size);
	/* Gives each question to the sink and answers with a copy of it, up to the last. */
	int (*serve)(struct peer_side *side);
	/* PEER_ASYNC: keeps `outstanding` questions under way and gives the answers to the sink. */
	int (*ask_many)(struct peer_side *side, unsigned outstanding);

	/*
	 * PEER_STREAM and PEER_BROADCAST. loan: memory of the library's to build the message in,
	 * which the next send takes; NULL if messages are sent from the caller's own.
	 */
	void *(*loan)(struct peer_side *side, size_t size);
	int (*send)(struct peer_side *side, const void *data, size_t size);
	int (*receive)(struct peer_side *side);

	/*
	 * PEER_BROADCAST, the primary, until all are there: NULL if a library does it by itself.
	 * Called again and again.
	 */
	int (*admit)(struct peer_side *side);
};

/* One look that found nothing. */
void peer_pause(void);

/* Closes descriptors that came with a message; -EBADMSG if they are not as many as they should. */
int peer_fds_close(const struct peer_side *side, const int *fds, size_t nfds);

/*
 * A daemon that a system needs: a child of the primary's, which ends with it. `ready` is a file
 * that is there when it can be used, or NULL. Returns its pid or a negative errno.
 */
int peer_daemon_start(char *const argv[], const char *ready);
void peer_daemon_stop(int pid);

/* Missing ones are NULL: the linker leaves a weak name that nobody defines at that. */
extern const struct peer peer_cohort;
extern const struct peer peer_cohort_in_place;
extern const struct peer peer_raw_ring;
extern const struct peer peer_raw_seqpacket;
extern const struct peer peer_raw_memfd;
extern const struct peer peer_zmq __attribute__((weak));
extern const struct peer peer_nng __attribute__((weak));
extern const struct peer peer_nanomsg __attribute__((weak));
extern const struct peer peer_qb __attribute__((weak));
extern const struct peer peer_sdbus __attribute__((weak));
extern const struct peer peer_dbus_broker __attribute__((weak));
extern const struct peer peer_iceoryx __attribute__((weak));
extern const struct peer peer_dpdk __attribute__((weak));

#endif
