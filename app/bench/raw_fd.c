/*
 * raw_fd.c: messages of 64 bytes with descriptors. The sender sends the same open eventfds again
 * and again, the receiver closes what it got. Nothing is freed by those closes, so what is measured
 * is the passing, not the object.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "meter.h"
#include "raw.h"
#include "xfer.h"

int raw_fd_send(struct role *role)
{
	unsigned char message[BENCH_PAYLOAD] = { 0 };
	int fds[XFER_FDS_MAX];
	struct pacer pacer;

	for (uint64_t i = 0; i < role->arg; i++) {
		fds[i] = eventfd(0, EFD_CLOEXEC);
		if (fds[i] < 0)
			return role_fail_errno(role, "eventfd");
	}
	role_barrier(role);
	pacer_init(&pacer, role->round_ns, 1);
	do {
		int r;

		message[0] = pacer_next(&pacer);
		r = xfer_send(role_socket(role, 1), message, sizeof(message), fds, role->arg);
		if (r < 0)
			return role_fail(role, "sendmsg", r);
	} while (message[0] != METER_END);
	return 0;
}

int raw_fd_receive(struct role *role)
{
	unsigned char message[BENCH_PAYLOAD];
	int fds[XFER_FDS_MAX];
	struct meter meter = { 0 };

	role_barrier(role);
	while (!meter.done) {
		int n = xfer_receive(role_socket(role, 0), message, sizeof(message), fds,
				     role->arg);

		if (n < 0 || (uint64_t)n != role->arg)
			return role_fail(role, "recvmsg", n < 0 ? n : -EBADMSG);
		for (int i = 0; i < n; i++)
			close(fds[i]);
		meter_feed(&meter, message[0]);
	}
	role_report(role, "messages/s", "msg/s", meter_rate(&meter));
	return 0;
}
