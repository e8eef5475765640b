/*
 * raw_stream.c: one way, as fast as it goes.
 *
 * The ring has one producer and one consumer, as many slots of one message as fit in 256 KiB, and
 * two free-running counters in cache lines of their own. Each side keeps a private copy of the
 * other's counter and looks at the shared one only when the copy says full or empty. A message is
 * copied in and copied out, and published by one store. A side that cannot go on spins.
 *
 * Over a socket it is one blocking send and one blocking recv a message.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "meter.h"
#include "raw.h"
#include "wait.h"

#define RING_SIZE ((uint64_t)256 << 10)
#define MESSAGE_MAX 65536
#define STRIDE 64

struct ring {
	/* release by the producer, acquire by the consumer: publishes a slot */
	_Alignas(128) _Atomic uint64_t tail;
	/* release by the consumer, acquire by the producer: gives a slot back */
	_Alignas(128) _Atomic uint64_t head;
	_Alignas(128) unsigned char slots[RING_SIZE];
};

static void ring_push(struct ring *ring, const void *message, size_t size, uint64_t tail,
		      uint64_t *head)
{
	uint64_t nslots = RING_SIZE / size;
	unsigned spins = 0;

	while (tail - *head == nslots) {
		*head = atomic_load_explicit(&ring->head, memory_order_acquire);
		if (tail - *head == nslots)
			wait_spin(&spins);
	}
	memcpy(ring->slots + tail % nslots * size, message, size);
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
}

static void ring_pop(struct ring *ring, void *message, size_t size, uint64_t head, uint64_t *tail)
{
	uint64_t nslots = RING_SIZE / size;
	unsigned spins = 0;

	while (*tail == head) {
		*tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
		if (*tail == head)
			wait_spin(&spins);
	}
	memcpy(message, ring->slots + head % nslots * size, size);
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

int raw_ring_send(struct role *role)
{
	static unsigned char message[MESSAGE_MAX];
	struct ring *ring = role_shared(role);
	uint64_t tail = 0, head = 0;
	struct pacer pacer;

	role_barrier(role);
	pacer_init(&pacer, role->round_ns, STRIDE);
	do {
		message[0] = pacer_next(&pacer);
		ring_push(ring, message, role->size, tail++, &head);
	} while (message[0] != METER_END);
	return 0;
}

int raw_ring_receive(struct role *role)
{
	static unsigned char message[MESSAGE_MAX];
	struct ring *ring = role_shared(role);
	uint64_t tail = 0, head = 0;
	struct meter meter = { 0 };

	role_barrier(role);
	while (!meter.done) {
		ring_pop(ring, message, role->size, head++, &tail);
		wait_sink(message);
		meter_feed(&meter, message[0]);
	}
	role_report(role, "messages/s", "msg/s", meter_rate(&meter));
	return 0;
}

int raw_seqpacket_send(struct role *role)
{
	static unsigned char message[MESSAGE_MAX];
	int fd = role_socket(role, 1);
	struct pacer pacer;

	role_barrier(role);
	pacer_init(&pacer, role->round_ns, STRIDE);
	do {
		message[0] = pacer_next(&pacer);
		if (send(fd, message, role->size, MSG_NOSIGNAL) < 0)
			return role_fail_errno(role, "send");
	} while (message[0] != METER_END);
	return 0;
}

int raw_seqpacket_receive(struct role *role)
{
	static unsigned char message[MESSAGE_MAX];
	int fd = role_socket(role, 0);
	struct meter meter = { 0 };
	uint64_t total = 0;

	role_barrier(role);
	for (; !meter.done; total++) {
		if (recv(fd, message, sizeof(message), 0) != (ssize_t)role->size)
			return role_fail_errno(role, "recv");
		meter_feed(&meter, message[0]);
	}
	if (role->system->traced)
		role_report(role, "messages", "msg", (double)total);
	else
		role_report(role, "messages/s", "msg/s", meter_rate(&meter));
	return 0;
}

/* Every secondary has received all: what counts is the time until the last of them says so. */
int raw_broadcast_send(struct role *role)
{
	unsigned char message[BENCH_PAYLOAD] = { 0 };
	struct pacer pacer;
	struct meter meter = { 0 };

	role_barrier(role);
	pacer_init(&pacer, role->round_ns, 1);
	do {
		message[0] = pacer_next(&pacer);
		for (unsigned i = 1; i <= role->secondaries; i++)
			if (send(role_socket(role, i), message, sizeof(message), MSG_NOSIGNAL) < 0)
				return role_fail_errno(role, "send");
		if (message[0] != METER_END)
			meter_feed(&meter, message[0]);
	} while (message[0] != METER_END);
	role_barrier(role);
	meter_feed(&meter, METER_END);
	role_report(role, "deliveries/s", "1/s", meter_rate(&meter) * role->secondaries);
	return 0;
}

int raw_broadcast_receive(struct role *role)
{
	unsigned char message[BENCH_PAYLOAD];
	struct meter meter = { 0 };

	role_barrier(role);
	while (!meter.done) {
		if (recv(role_socket(role, 0), message, sizeof(message), 0) != sizeof(message))
			return role_fail_errno(role, "recv");
		meter_feed(&meter, message[0]);
	}
	role_barrier(role);
	return 0;
}
