#include "cohort/peer.h"

#include <errno.h>

#include "engine/channel.h"
#include "engine/query.h"
#include "engine/peers.h"

cohort_peer cohort_self(struct cohort *c)
{
	cohort_peer self;

	if (channel_enter(c))
		return COHORT_NOBODY;
	self = peers_self(c);
	channel_leave(c);
	return self;
}

int cohort_peers(struct cohort *c, struct cohort_peer_info *peers, size_t capacity, int64_t timeout)
{
	int n = channel_enter(c);

	if (n)
		return n;
	n = query_peers(c, peers, capacity, timeout);
	channel_leave(c);
	return n;
}

int cohort_actions(struct cohort *c, cohort_peer peer, struct cohort_action_info *actions,
		   size_t capacity, int64_t timeout)
{
	int n = channel_enter(c);

	if (n)
		return n;
	n = query_actions(c, peer, actions, capacity, timeout);
	channel_leave(c);
	return n;
}

int cohort_wait(struct cohort *c, const char *action, size_t npeers, int64_t timeout)
{
	int err = channel_enter(c);

	if (err)
		return err;
	err = peers_wait(c, action, npeers, timeout);
	channel_leave(c);
	return err;
}

int cohort_peer_set_data(struct cohort *c, cohort_peer peer, void *data)
{
	int err = channel_enter(c);

	if (err)
		return err;
	err = peers_set_data(c, peer, data);
	channel_leave(c);
	return err;
}

void *cohort_peer_data(struct cohort *c, cohort_peer peer)
{
	return c ? peers_data(c, peer) : NULL;
}

int cohort_peer_pidfd(struct cohort *c, cohort_peer peer)
{
	int fd = channel_enter(c);

	if (fd)
		return fd;
	fd = peers_pidfd(c, peer);
	channel_leave(c);
	return fd;
}

int cohort_peer_disconnect(struct cohort *c, cohort_peer peer)
{
	int err = channel_enter(c);

	if (err)
		return err;
	err = peers_disconnect(c, peer);
	channel_leave(c);
	return err;
}
