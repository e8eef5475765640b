/*
 * peer_raw.c: what the kernel and shared memory do by themselves, for messages of any size.
 *
 * ring: shared memory, one producer and one consumer, as many slots as fit in 256 KiB but at least
 * four. Messages are built and read where they lie, and who cannot go on spins. No kernel, no
 * trust, no wake-up: a bound, not a competitor.
 * seqpacket: a blocking send() and recv() for each message and each receiver.
 * memfd: one for each message, written, sealed, sent over the socket, mapped by the receiver.
 *
 * The ping-pongs, and descriptors, are those of `bench` (raw.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"
#include "wait.h"
#include "xfer.h"

#define RING_SIZE ((uint64_t)256 << 10)
#define RING_SLOTS_MIN 4
#define PAGE 4096
#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct ring {
	/* release by the producer, acquire by the consumer: publishes a slot */
	_Alignas(128) _Atomic uint64_t tail;
	/* release by the consumer, acquire by the producer: gives a slot back */
	_Alignas(128) _Atomic uint64_t head;
	_Alignas(PAGE) unsigned char slots[];
};

struct cursor {
	struct ring *ring;
	uint64_t nslots;
	uint64_t mine;	 /* the counter that only we write */
	uint64_t theirs; /* what we last saw of the other */
};

static int ring_open(struct peer_side *side)
{
	struct cursor *cursor = calloc(1, sizeof(*cursor));

	if (!cursor)
		return -ENOMEM;
	cursor->ring = (void *)((unsigned char *)role_shared(side->role) + PAGE);
	cursor->nslots = RING_SIZE / side->size;
	if (cursor->nslots < RING_SLOTS_MIN)
		cursor->nslots = RING_SLOTS_MIN;
	side->own = cursor;
	return 0;
}

static void own_free(struct peer_side *side)
{
	free(side->own);
}

static unsigned char *ring_slot(const struct peer_side *side)
{
	const struct cursor *cursor = side->own;

	return cursor->ring->slots + cursor->mine % cursor->nslots * side->size;
}

static void *ring_loan(struct peer_side *side, size_t size)
{
	struct cursor *cursor = side->own;
	unsigned spins = 0;

	(void)size;
	while (cursor->mine - cursor->theirs == cursor->nslots) {
		cursor->theirs = atomic_load_explicit(&cursor->ring->head, memory_order_acquire);
		if (cursor->mine - cursor->theirs == cursor->nslots)
			wait_spin(&spins);
	}
	return ring_slot(side);
}

static int ring_send(struct peer_side *side, const void *data, size_t size)
{
	struct cursor *cursor = side->own;

	(void)data;
	(void)size;
	atomic_store_explicit(&cursor->ring->tail, ++cursor->mine, memory_order_release);
	return 0;
}

static int ring_receive(struct peer_side *side)
{
	struct cursor *cursor = side->own;
	bool last = false;

	while (!last) {
		unsigned spins = 0;

		while (cursor->theirs == cursor->mine) {
			cursor->theirs =
				atomic_load_explicit(&cursor->ring->tail, memory_order_acquire);
			if (cursor->theirs == cursor->mine)
				wait_spin(&spins);
		}
		last = side->sink(side->arg, ring_slot(side), side->size);
		atomic_store_explicit(&cursor->ring->head, ++cursor->mine, memory_order_release);
	}
	return 0;
}

const struct peer peer_raw_ring = {
	.name = "raw-ring",
	.open = ring_open,
	.close = own_free,
	.loan = ring_loan,
	.send = ring_send,
	.receive = ring_receive,
};

static int buffer_open(struct peer_side *side)
{
	side->own = malloc(side->size);
	return side->own ? 0 : -ENOMEM;
}

static int seqpacket_send(struct peer_side *side, const void *data, size_t size)
{
	unsigned count = side->role->index ? 1 : side->role->secondaries;

	for (unsigned i = 1; i <= count; i++)
		if (send(role_socket(side->role, i), data, size, MSG_NOSIGNAL) < 0)
			return -errno;
	return 0;
}

static int seqpacket_receive(struct peer_side *side)
{
	ssize_t n;

	do {
		n = recv(role_socket(side->role, 1), side->own, side->size, 0);
		if (n <= 0)
			return n ? -errno : -EPIPE;
	} while (!side->sink(side->arg, side->own, (size_t)n));
	return 0;
}

const struct peer peer_raw_seqpacket = {
	.name = "raw-seqpacket",
	.cannot[PEER_CAN_CARRY_1M] = "a packet must fit into the socket's buffer",
	.cannot[PEER_CAN_CARRY_16M] = "a packet must fit into the socket's buffer",
	.open = buffer_open,
	.close = own_free,
	.send = seqpacket_send,
	.receive = seqpacket_receive,
};

static int nothing_open(struct peer_side *side)
{
	(void)side;
	return 0;
}

static void nothing_close(struct peer_side *side)
{
	(void)side;
}

static int write_all(int fd, const unsigned char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int memfd_send(struct peer_side *side, const void *data, size_t size)
{
	int fd = memfd_create("body", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char note = 0;
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, data, size);
	if (r == 0 && fcntl(fd, F_ADD_SEALS, SEALS))
		r = -errno;
	if (r == 0)
		r = xfer_send(role_socket(side->role, 0), &note, 1, &fd, 1);
	close(fd);
	return r;
}

static int memfd_receive(struct peer_side *side)
{
	bool last = false;

	while (!last) {
		char note;
		int fd = -1;
		void *body;
		int n = xfer_receive(role_socket(side->role, 1), &note, 1, &fd, 1);

		if (n != 1)
			return n < 0 ? n : -EBADMSG;
		body = mmap(NULL, side->size, PROT_READ, MAP_PRIVATE, fd, 0);
		close(fd);
		if (body == MAP_FAILED)
			return -errno;
		last = side->sink(side->arg, body, side->size);
		munmap(body, side->size);
	}
	return 0;
}

const struct peer peer_raw_memfd = {
	.name = "raw-memfd",
	.open = nothing_open,
	.close = nothing_close,
	.send = memfd_send,
	.receive = memfd_receive,
};
