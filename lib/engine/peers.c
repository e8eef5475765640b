/*
 * A peer's data pointer can be had until `left` has returned, so it is looked up in the table of
 * all sessions, also those that are over.
 */
#include "engine/peers.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "engine/session.h"
#include "wire/name.h"

cohort_peer peers_self(struct cohort *c)
{
	cohort_peer self = COHORT_NOBODY;

	if (c->role == COHORT_ROLE_PRIMARY)
		return (cohort_peer)c->epoch << 32 | COHORT_PRIMARY;
	lock_take(&c->lock);
	if (c->leader)
		self = c->leader->self;
	lock_drop(&c->lock);
	return self;
}

static size_t count_locked(struct cohort *c, const char *action)
{
	if (c->role == COHORT_ROLE_SECONDARY)
		return c->leader ? 1 : 0;
	return action ? audience_count(&c->audience, action, strlen(action)) : c->live_count;
}

static int wait_for(struct cohort *c, const char *action, size_t npeers, int64_t deadline,
		    struct executor_wait *wait)
{
	struct cohort *loop = executor_wait_loop(wait);
	int err = 0;

	lock_take(&c->lock);
	while (!err && count_locked(c, action) < npeers) {
		lock_drop(&c->lock);
		executor_wait_yield(wait);
		if (loop)
			executor_wait_dispatch(
				loop,
				deadline_min(deadline, deadline_after(clock_now(), COHORT_MS(5))));
		lock_take(&c->lock);
		if (atomic_load(&c->closing))
			err = -ESHUTDOWN;
		else if (count_locked(c, action) >= npeers)
			break;
		else if (clock_now() >= deadline)
			err = -ETIMEDOUT;
		else if (!loop)
			cond_wait(&c->changed, &c->lock, deadline);
	}
	lock_drop(&c->lock);
	return err;
}

int peers_wait(struct cohort *c, const char *action, size_t npeers, int64_t timeout)
{
	struct executor_wait wait;
	int err;

	if (timeout < 0 || (action && !name_valid(action, strnlen(action, COHORT_NAME_MAX + 1))))
		return -EINVAL;
	if (c->role == COHORT_ROLE_SECONDARY && (action || npeers != 1))
		return -EOPNOTSUPP;
	err = executor_wait_begin(&wait);
	if (err)
		return err;
	err = wait_for(c, action, npeers, deadline_after(clock_now(), timeout), &wait);
	executor_wait_end(&wait);
	return err;
}

static struct session *any_session_locked(struct cohort *c, cohort_peer peer)
{
	struct session *s;
	size_t cursor = 0;

	if (channel_find_locked(c, peer, &s) == 0)
		return s;
	while ((s = map_next(&c->sessions, &cursor))) {
		if (s->id == peer && atomic_load(&s->is_live))
			return s;
	}
	return NULL;
}

int peers_set_data(struct cohort *c, cohort_peer peer, void *data)
{
	struct session *s;
	int err = 0;

	if (peer == COHORT_NOBODY || peer == COHORT_ALL)
		return -EINVAL;
	lock_take(&c->lock);
	s = any_session_locked(c, peer);
	if (s)
		s->data = data;
	else
		err = c->role == COHORT_ROLE_PRIMARY ? -ESTALE : -ENOTCONN;
	lock_drop(&c->lock);
	return err;
}

void *peers_data(struct cohort *c, cohort_peer peer)
{
	struct session *s;
	void *data;

	if (channel_is_foreign(c))
		return NULL;
	lock_take(&c->lock);
	s = any_session_locked(c, peer);
	data = s ? s->data : NULL;
	lock_drop(&c->lock);
	return data;
}

int peers_pidfd(struct cohort *c, cohort_peer peer)
{
	struct session *s;
	int fd, err = channel_find(c, peer, &s);

	if (err)
		return err;
	err = s->who.pidfd < 0 ? -ESTALE : fd_dup(s->who.pidfd, &fd);
	session_unuse(s);
	if (err)
		return err;
	fd_disown(fd);
	return fd;
}

int peers_disconnect(struct cohort *c, cohort_peer peer)
{
	int expected = 0, err;
	struct session *s;

	if (c->role != COHORT_ROLE_PRIMARY)
		return -EPERM;
	err = channel_find(c, peer, &s);
	if (err)
		return err;
	if (atomic_compare_exchange_strong(&s->verdict, &expected, COHORT_LEFT_EVICTED))
		session_chore(s, CHORE_END);
	session_unuse(s);
	return 0;
}

int peers_want_writable(struct cohort *c, cohort_peer peer)
{
	struct session *s;
	int err = c->config.writable ? channel_find(c, peer, &s) : -EINVAL;

	if (err)
		return err;
	atomic_fetch_or(&s->events, EVENT_WRITABLE);
	executor_kick(s);
	session_unuse(s);
	return 0;
}
