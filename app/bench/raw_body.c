/*
 * raw_body.c: large bodies.
 *
 * memfd: for each message the sender makes a memfd, writes the body, seals it and sends the
 * descriptor; the receiver maps it, touches it, unmaps and closes it. The socket's buffer lets only
 * a few be under way, which keeps the pages warm.
 *
 * pool: for orientation, what memory alone can do: a ring of four slots of one body, mapped by both
 * from the beginning; the sender copies a body in, the receiver touches it where it lies. No
 * kernel, no trust.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "body.h"
#include "meter.h"
#include "raw.h"
#include "wait.h"
#include "xfer.h"

#define POOL_SLOTS 4
#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct pool {
	/* release by the sender, acquire by the receiver: publishes a slot */
	_Alignas(128) _Atomic uint64_t tail;
	/* release by the receiver, acquire by the sender: gives it back */
	_Alignas(128) _Atomic uint64_t head;
	_Alignas(4096) unsigned char slots[];
};

static void report(struct role *role, const struct meter *meter)
{
	role_report(role, "throughput", "GB/s", meter_rate(meter) * (double)role->size / 1e9);
}

static unsigned char *body_new(struct role *role)
{
	unsigned char *body = malloc(role->size);

	if (body)
		memset(body, 0x5a, role->size);
	else
		role_fail(role, "body", -ENOMEM);
	return body;
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

static int memfd_send(struct role *role, const unsigned char *body)
{
	char note[BENCH_PAYLOAD] = { 0 };
	int fd = memfd_create("body", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return role_fail_errno(role, "memfd_create");
	r = write_all(fd, body, role->size);
	if (r == 0 && fcntl(fd, F_ADD_SEALS, SEALS))
		r = -errno;
	if (r == 0)
		r = xfer_send(role_socket(role, 1), note, sizeof(note), &fd, 1);
	close(fd);
	return r < 0 ? role_fail(role, "send a memfd", r) : 0;
}

int raw_memfd_send(struct role *role)
{
	unsigned char *body = body_new(role);
	struct pacer pacer;
	int r = 0;

	if (!body)
		return -ENOMEM;
	role_barrier(role);
	pacer_init(&pacer, role->round_ns, 1);
	do {
		body[0] = pacer_next(&pacer);
		r = memfd_send(role, body);
	} while (r == 0 && body[0] != METER_END);
	free(body);
	return r;
}

static int memfd_receive(struct role *role, struct meter *meter)
{
	char note[BENCH_PAYLOAD];
	int fd = -1;
	void *body;
	int n = xfer_receive(role_socket(role, 0), note, sizeof(note), &fd, 1);

	if (n != 1)
		return role_fail(role, "receive a memfd", n < 0 ? n : -EBADMSG);
	body = mmap(NULL, role->size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (body == MAP_FAILED)
		return role_fail_errno(role, "mmap");
	body_touch(body, role->size);
	meter_feed(meter, *(const unsigned char *)body);
	munmap(body, role->size);
	return 0;
}

int raw_memfd_receive(struct role *role)
{
	struct meter meter = { 0 };
	int r = 0;

	role_barrier(role);
	while (r == 0 && !meter.done)
		r = memfd_receive(role, &meter);
	if (r == 0)
		report(role, &meter);
	return r;
}

int raw_pool_send(struct role *role)
{
	struct pool *pool = role_shared(role);
	unsigned char *body = body_new(role);
	struct pacer pacer;
	uint64_t tail = 0;

	if (!body)
		return -ENOMEM;
	memset(pool->slots, 1, role->size * POOL_SLOTS);
	role_barrier(role);
	role_barrier(role);
	pacer_init(&pacer, role->round_ns, 1);
	do {
		unsigned spins = 0;

		body[0] = pacer_next(&pacer);
		while (tail - atomic_load_explicit(&pool->head, memory_order_acquire) == POOL_SLOTS)
			wait_spin(&spins);
		memcpy(pool->slots + tail % POOL_SLOTS * role->size, body, role->size);
		atomic_store_explicit(&pool->tail, ++tail, memory_order_release);
	} while (body[0] != METER_END);
	free(body);
	return 0;
}

int raw_pool_receive(struct role *role)
{
	struct pool *pool = role_shared(role);
	struct meter meter = { 0 };
	uint64_t head = 0;

	role_barrier(role);
	body_touch(pool->slots, role->size * POOL_SLOTS);
	role_barrier(role);
	while (!meter.done) {
		const unsigned char *body = pool->slots + head % POOL_SLOTS * role->size;
		unsigned spins = 0;

		while (atomic_load_explicit(&pool->tail, memory_order_acquire) == head)
			wait_spin(&spins);
		body_touch(body, role->size);
		meter_feed(&meter, body[0]);
		atomic_store_explicit(&pool->head, ++head, memory_order_release);
	}
	report(role, &meter);
	return 0;
}
