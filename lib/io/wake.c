/*
 * The eventfd's counter is a flag here: anything above zero is "signalled", one read() makes it
 * zero.
 */
#include "io/wake.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"

int wake_init(struct wake *wake)
{
	int fd;

	*wake = WAKE_NONE;
	fd = fd_own(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
	if (fd < 0)
		return -errno;
	wake->fd = fd;
	return 0;
}

void wake_deinit(struct wake *wake)
{
	if (wake)
		fd_close(&wake->fd);
}

/* EAGAIN is a counter at its maximum: signalled more than enough. */
void wake_signal(struct wake *wake)
{
	const uint64_t one = 1;

	while (write(wake->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void wake_clear(struct wake *wake)
{
	uint64_t count;

	while (read(wake->fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

int wake_fd(const struct wake *wake)
{
	return wake->fd;
}
