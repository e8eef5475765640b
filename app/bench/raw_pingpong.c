/*
 * raw_pingpong.c: one message there, one back, and nothing else in flight.
 *
 * In shared memory each direction has a lane: 64 bytes and a turn word, each in a cache line of its
 * own, so a trip moves four lines between the CPUs. The writer fills the payload and stores the
 * next turn; the reader waits for that turn, by spinning or in a futex, and copies the payload out.
 * Over a socket it is one send and one recv on each side.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "meter.h"
#include "raw.h"
#include "wait.h"

#define TURN_STOP UINT32_MAX

struct lane {
	/* release by the writer, acquire by the reader: publishes the payload */
	_Alignas(128) _Atomic uint32_t turn;
	_Alignas(64) unsigned char payload[BENCH_PAYLOAD];
};

struct lanes {
	struct lane there;
	struct lane back;
};

struct player {
	struct lane *mine;
	struct lane *theirs;
	uint32_t turn;
	unsigned char payload[BENCH_PAYLOAD];
};

static inline void player_say(struct player *player, bool sleeps)
{
	memcpy(player->mine->payload, player->payload, BENCH_PAYLOAD);
	atomic_store_explicit(&player->mine->turn, player->turn, memory_order_release);
	if (sleeps)
		wait_wake(&player->mine->turn, 1);
}

/* Waits for the other's message of this turn; false when it has stopped instead. */
static inline bool player_hear(struct player *player, bool sleeps)
{
	unsigned spins = 0;
	uint32_t turn;

	for (;;) {
		turn = atomic_load_explicit(&player->theirs->turn, memory_order_acquire);
		if (turn == player->turn || turn == TURN_STOP)
			break;
		if (sleeps)
			wait_sleep(&player->theirs->turn, turn);
		else
			wait_spin(&spins);
	}
	memcpy(player->payload, player->theirs->payload, BENCH_PAYLOAD);
	wait_sink(player->payload);
	return turn != TURN_STOP;
}

static int spin_trip(void *arg)
{
	struct player *player = arg;

	player->turn++;
	player_say(player, false);
	player_hear(player, false);
	return 0;
}

static int futex_trip(void *arg)
{
	struct player *player = arg;

	player->turn++;
	player_say(player, true);
	player_hear(player, true);
	return 0;
}

static int shared_ask(struct role *role, int (*trip)(void *))
{
	struct lanes *lanes = role_shared(role);
	struct player player = { .mine = &lanes->there, .theirs = &lanes->back };
	int r;

	role_barrier(role);
	r = meter_latency(role, trip, &player);
	player.turn = TURN_STOP;
	player_say(&player, true);
	return r;
}

static inline int shared_answer(struct role *role, bool sleeps)
{
	struct lanes *lanes = role_shared(role);
	struct player player = { .mine = &lanes->back, .theirs = &lanes->there, .turn = 1 };

	role_barrier(role);
	while (player_hear(&player, sleeps)) {
		player_say(&player, sleeps);
		player.turn++;
	}
	return 0;
}

int raw_spin_ask(struct role *role)
{
	return shared_ask(role, spin_trip);
}

int raw_spin_answer(struct role *role)
{
	return shared_answer(role, false);
}

int raw_futex_ask(struct role *role)
{
	return shared_ask(role, futex_trip);
}

int raw_futex_answer(struct role *role)
{
	return shared_answer(role, true);
}

static int socket_trip(void *arg)
{
	unsigned char payload[BENCH_PAYLOAD] = { 0 };
	int fd = *(int *)arg;

	if (send(fd, payload, sizeof(payload), MSG_NOSIGNAL) < 0)
		return -errno;
	if (recv(fd, payload, sizeof(payload), 0) != sizeof(payload))
		return errno ? -errno : -EIO;
	return 0;
}

int raw_seqpacket_ask(struct role *role)
{
	int fd = role_socket(role, 1);
	int r;

	role_barrier(role);
	r = meter_latency(role, socket_trip, &fd);
	shutdown(fd, SHUT_WR);
	return r;
}

int raw_seqpacket_answer(struct role *role)
{
	unsigned char payload[BENCH_PAYLOAD];
	int fd = role_socket(role, 0);
	ssize_t n;

	role_barrier(role);
	while ((n = recv(fd, payload, sizeof(payload), 0)) > 0)
		if (send(fd, payload, (size_t)n, MSG_NOSIGNAL) < 0)
			return role_fail_errno(role, "send");
	return n < 0 ? role_fail_errno(role, "recv") : 0;
}
