#include "cohort/loop.h"

#include <errno.h>

#include "engine/channel.h"
#include "engine/peers.h"

int cohort_fd(struct cohort *c)
{
	int fd = channel_enter(c);

	if (fd)
		return fd;
	fd = c->config.flags & COHORT_OWN_LOOP ? c->executor.loop.fd : -EINVAL;
	channel_leave(c);
	return fd;
}

int cohort_dispatch(struct cohort *c, int64_t timeout)
{
	int n = channel_enter(c);

	if (n)
		return n;
	if (timeout < 0 || !(c->config.flags & COHORT_OWN_LOOP))
		n = -EINVAL;
	else
		n = executor_dispatch(c, deadline_after(clock_now(), timeout));
	channel_leave(c);
	return n;
}

int cohort_want_writable(struct cohort *c, cohort_peer peer)
{
	int err = channel_enter(c);

	if (err)
		return err;
	err = peers_want_writable(c, peer);
	channel_leave(c);
	return err;
}
