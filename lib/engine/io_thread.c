/*
 * One epoll set: a wake descriptor, a timer (deadlines of asynchronous requests), the listener or
 * the watched folder, and for each session its socket and its peer's pidfd. Other deadlines
 * (handshakes, connecting again, a listener that rests) bound the wait itself.
 *
 * Other threads hand over work as chores: bits of a session, which is then in the list exactly
 * once. No bit is lost: a thread that sets a bit in an empty word lists the session; the io thread
 * unlists it first and takes the bits second. It takes the whole list at a time, so whoever lists the
 * first session wakes it for all that are only to be rung for (session_chore()).
 *
 * The end of a session, in this order: drain the socket (sidecars of records that were published),
 * tell the peer why if it can still hear it, mark it over, which wakes everybody who waits for it,
 * then give it to the executor, which ends asynchronous requests, drains the ring, and calls
 * `left`.
 *
 * Out of descriptors: a reserve descriptor is given up for a moment, to accept and refuse one
 * politely. When that is gone, too, the listener rests for 100 ms: no spinning.
 */
#include "engine/io_thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/announce.h"
#include "engine/ask.h"
#include "engine/channel.h"
#include "engine/handshake.h"
#include "engine/outbox.h"
#include "engine/receive.h"
#include "engine/session.h"
#include "io/bell.h"
#include "io/sock.h"
#include "wire/control.h"

#define HANDSHAKES_MAX 64u
#define OBSERVERS_MAX 16u
#define BACKOFF_MIN COHORT_MS(10)
#define BACKOFF_MAX COHORT_SECONDS(1)
#define LISTENER_REST COHORT_MS(100)
#define RETRY COHORT_MS(5)
#define BACKLOG 1024

int io_init(struct io *io)
{
	int err;

	lock_init(&io->lock, LOCK_QUEUE);
	list_init(&io->chores);
	io->connect_at = DEADLINE_NEVER;
	io->listener_rests_until = io->retry_at = DEADLINE_NEVER;
	io->backoff = BACKOFF_MIN;
	err = timer_init(&io->timer);
	if (!err)
		err = loop_init(&io->loop);
	if (!err)
		err = wake_init(&io->wake);
	if (!err)
		err = loop_add(&io->loop, wake_fd(&io->wake), EPOLLIN, io_tag(IO_WAKE, 0));
	if (!err)
		err = loop_add(&io->loop, timer_fd(&io->timer), EPOLLIN, io_tag(IO_TIMER, 0));
	return err;
}

void io_deinit(struct io *io)
{
	fd_close(&io->listener);
	fd_close(&io->reserve);
	leader_release(&io->leader);
	watch_deinit(&io->watch);
	wake_deinit(&io->wake);
	loop_deinit(&io->loop);
	timer_deinit(&io->timer);
	lock_deinit(&io->lock);
}

void io_wake(struct cohort *c)
{
	wake_signal(&c->io.wake);
}

/* Sessions in the table and in the set. */

/* Puts a session that was just made into the table. */
static int enter_table(struct cohort *c, struct session *s)
{
	int err;

	s->handshake_deadline = deadline_after(clock_now(), c->config.handshake_timeout);
	lock_take(&c->lock);
	err = atomic_load(&c->closing) ? -ESHUTDOWN : map_put(&c->sessions, s->number, s);
	s->in_table = !err;
	lock_drop(&c->lock);
	if (!err)
		atomic_fetch_add(&c->io.handshakes, 1);
	return err;
}

/* And into the epoll set; the io thread. */
static int enter_loop(struct session *s)
{
	struct cohort *c = s->channel;
	int err = loop_add(&c->io.loop, s->socket, EPOLLIN | EPOLLRDHUP,
			   io_tag(IO_SOCKET, s->number));

	s->in_loop = !err;
	if (!err && s->who.pidfd >= 0)
		err = io_watch_pidfd(s);
	return err;
}

int io_watch_pidfd(struct session *s)
{
	int err =
		loop_add(&s->channel->io.loop, s->who.pidfd, EPOLLIN, io_tag(IO_PIDFD, s->number));

	s->pidfd_in_loop = !err;
	return err;
}

static uint32_t next_number(struct cohort *c)
{
	uint32_t n;

	lock_take(&c->lock);
	n = c->next_number++;
	lock_drop(&c->lock);
	return n;
}

static void leave_tables(struct session *s)
{
	struct cohort *c = s->channel;
	struct list_node *node;

	lock_take(&c->lock);
	if (atomic_load(&s->is_live))
		c->live_count--;
	if (c->leader == s)
		c->leader = NULL;
	if (c->current == s)
		c->current = NULL;
	LIST_FOR_EACH(node, &s->actions) {
		struct remote_action *a = LIST_ENTRY(node, struct remote_action, node);

		while (audience_remove(&c->audience, a->name, a->length, s) == -ENOMEM)
			usleep(1000);
	}
	cond_broadcast(&c->changed);
	lock_drop(&c->lock);
}

static void leave_loop(struct session *s)
{
	struct loop *loop = &s->channel->io.loop;

	if (s->in_loop)
		loop_remove(loop, s->socket);
	if (s->pidfd_in_loop)
		loop_remove(loop, s->who.pidfd);
	s->in_loop = s->pidfd_in_loop = false;
}

static uint32_t bye_reason(enum cohort_reason reason)
{
	switch (reason) {
	case COHORT_LEFT_VIOLATION:
		return WIRE_BYE_PROTOCOL;
	case COHORT_LEFT_OVERRUN:
		return WIRE_BYE_OVERRUN;
	case COHORT_LEFT_EVICTED:
		return WIRE_BYE_EVICTED;
	case COHORT_LEFT_CLOSED:
	case COHORT_LEFT_SHUTDOWN:
	case COHORT_LEFT_DIED:
	case COHORT_LEFT_REFUSED:
		break;
	}
	return WIRE_BYE_CLOSING;
}

static void connect_later(struct cohort *c, int64_t delay)
{
	if (c->over_fd || c->config.flags & COHORT_NO_RECONNECT || atomic_load(&c->closing))
		return;
	c->io.connect_at = deadline_after(clock_now(), delay);
}

static int error_of_end(enum cohort_reason reason)
{
	return reason == COHORT_LEFT_VIOLATION ? -EPROTO
	       : reason == COHORT_LEFT_REFUSED ? -EACCES
					       : -ECONNREFUSED;
}

/* By the primary, which is there and would do it again. */
static bool is_turned_away(enum cohort_reason reason)
{
	return reason == COHORT_LEFT_REFUSED || reason == COHORT_LEFT_EVICTED ||
	       reason == COHORT_LEFT_OVERRUN || reason == COHORT_LEFT_VIOLATION;
}

static void double_backoff(struct io *io)
{
	io->backoff = io->backoff * 2 < BACKOFF_MAX ? io->backoff * 2 : BACKOFF_MAX;
}

/*
 * At once if the primary has gone, for the next may be there; and if it threw us out after a while.
 * To be turned away again and again is no better than not to be able to connect.
 */
static void connect_again(struct session *s, enum cohort_reason reason)
{
	struct cohort *c = s->channel;
	bool was_live = atomic_load(&s->is_live), turned_away = is_turned_away(reason);

	if (was_live && (!turned_away || clock_now() - s->since >= BACKOFF_MAX)) {
		c->io.backoff = BACKOFF_MIN;
		connect_later(c, 0);
		return;
	}
	connect_later(c, c->io.backoff);
	if (turned_away)
		double_backoff(&c->io);
}

/* A secondary has lost its primary, or did not get it. */
static void lost_leader(struct session *s, enum cohort_reason reason)
{
	struct cohort *c = s->channel;

	lock_take(&c->lock);
	if (!c->connect_error)
		c->connect_error = error_of_end(reason);
	cond_broadcast(&c->changed);
	lock_drop(&c->lock);
	connect_again(s, reason);
}

static void count_end(struct session *s, enum cohort_reason reason)
{
	struct counters *n = &s->channel->counters;

	if (reason == COHORT_LEFT_VIOLATION)
		counter_add_shared(n, COUNTER(violations), 1);
	if (atomic_load(&s->is_live))
		counter_add_shared(n, COUNTER(left), 1);
}

/* Before the peer is told, so that who knows that it was refused finds it counted. */
void io_count_refusal(struct cohort *c)
{
	counter_add_shared(&c->counters, COUNTER(refused_peers), 1);
}

static void log_end(struct session *s, enum cohort_reason reason, const char *text)
{
	bool bad = reason == COHORT_LEFT_VIOLATION || reason == COHORT_LEFT_OVERRUN ||
		   reason == COHORT_LEFT_REFUSED;

	channel_log(s->channel, bad ? LOG_WARNING : LOG_INFO,
		    reason == COHORT_LEFT_VIOLATION ? -EPROTO : 0, "peer %llx (pid %d) %s%s%s",
		    (unsigned long long)s->id, (int)s->who.pid, session_reason_name(reason),
		    text && *text ? ": " : "", text ? text : "");
}

void io_end_session(struct session *s, enum cohort_reason reason, const char *text)
{
	struct cohort *c = s->channel;

	if (s->state == SESSION_OVER)
		return;
	log_end(s, reason, text);
	if (s->state == SESSION_OBSERVER) {
		tap_watch(s, TAP_OFF);
		atomic_fetch_sub(&c->io.observers, 1);
	} else if (!atomic_load(&s->is_live)) {
		atomic_fetch_sub(&c->io.handshakes, 1);
	}
	if ((atomic_load(&s->is_live) || s->state == SESSION_OBSERVER) &&
	    reason != COHORT_LEFT_DIED)
		handshake_bye(s, bye_reason(reason), text ? text : "");
	session_set_state(s, SESSION_OVER);
	leave_loop(s);
	count_end(s, reason);
	leave_tables(s);
	session_mark_over(s, reason);
	/*
	 * The peer shall see the end now, though calls that are under way may keep the descriptor
	 * for a moment.
	 */
	shutdown(s->socket, SHUT_RDWR);
	if (reason == COHORT_LEFT_VIOLATION)
		atomic_store(&s->drained, true);
	atomic_fetch_or(&s->events, EVENT_OVER);
	executor_kick(s);
	if (c->role == COHORT_ROLE_SECONDARY)
		lost_leader(s, reason);
}

/*
 * The session of the same process before this one, if its `left` is still to come: ours waits for
 * it. One that was never live has none, and follows nobody.
 */
static void follow_predecessor(struct session *s)
{
	struct cohort *c = s->channel;
	struct session *other, *last = NULL;
	size_t cursor = 0;

	lock_take(&c->lock);
	while ((other = map_next(&c->sessions, &cursor))) {
		bool same = c->role == COHORT_ROLE_SECONDARY ||
			    (s->who.pid > 0 && other->who.pid == s->who.pid);

		if (other != s && same && other->since && session_over(other) & OVER_REASON &&
		    !other->before && (!last || other->number > last->number))
			last = other;
	}
	if (last) {
		session_use(last);
		session_use(s);
		s->after = last;
		last->before = s;
	}
	lock_drop(&c->lock);
}

int io_session_live(struct session *s)
{
	struct cohort *c = s->channel;

	follow_predecessor(s);
	s->since = clock_now();
	lock_take(&c->lock);
	if (announce_join_locked(s)) {
		lock_drop(&c->lock);
		return -ENOMEM;
	}
	session_set_state(s, SESSION_LIVE);
	atomic_fetch_sub(&c->io.handshakes, 1);
	counter_add_shared(&c->counters, COUNTER(joined), 1);
	atomic_store(&s->is_live, true);
	c->live_count++;
	if (c->role == COHORT_ROLE_SECONDARY) {
		c->leader = s;
		c->has_opened = true; /* it may be over before cohort_open() looks */
	}
	cond_broadcast(&c->changed);
	lock_drop(&c->lock);
	channel_log(c, LOG_INFO, 0, "peer %llx (pid %d) joined", (unsigned long long)s->id,
		    (int)s->who.pid);
	atomic_fetch_or(&s->events, EVENT_LIVE);
	executor_kick(s);
	return 0;
}

bool io_session_observes(struct session *s)
{
	struct io *io = &s->channel->io;

	if (atomic_load(&io->observers) >= OBSERVERS_MAX)
		return false;
	s->since = clock_now();
	session_set_state(s, SESSION_OBSERVER);
	atomic_fetch_add(&io->observers, 1);
	atomic_fetch_sub(&io->handshakes, 1);
	return true;
}

/* Frames. */

static const char *what_is_wrong(int error)
{
	switch (error) {
	case -EDQUOT:
		return "more frames or descriptors than it may send";
	case -ENOMEM:
		return "no memory for its frames";
	case -EMFILE:
		return "no descriptors for its control frames";
	default:
		return "a malformed or unexpected frame";
	}
}

static int process_inbox(struct session *s)
{
	struct control_frame *frame;
	int err = 0;

	while (!err && s->state != SESSION_OVER && (frame = receive_pop(s))) {
		err = handshake_frame(s, frame);
		control_frame_free(s->channel, frame);
	}
	return err;
}

static enum cohort_reason reason_of_hangup(const struct session *s)
{
	switch (s->bye_reason) {
	case 0:
		return COHORT_LEFT_DIED;
	case WIRE_BYE_CLOSING:
		return COHORT_LEFT_CLOSED;
	case WIRE_BYE_OVERRUN:
		return COHORT_LEFT_OVERRUN;
	case WIRE_BYE_EVICTED:
		return COHORT_LEFT_EVICTED;
	default:
		return COHORT_LEFT_VIOLATION;
	}
}

/* Our own closing has the last word on why. */
static enum cohort_reason reason_of_end(const struct session *s)
{
	if (atomic_load(&s->channel->closing) && s->bye_sent)
		return COHORT_LEFT_SHUTDOWN;
	return reason_of_hangup(s);
}

/* Resources that we lack: the peer did nothing wrong. */
static bool is_ours(int err)
{
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE || err == -EAGAIN ||
	       err == -EPIPE;
}

static void end_for_want(struct session *s, int err)
{
	struct cohort *c = s->channel;

	lock_take(&c->lock);
	c->connect_error = err == -EPIPE ? -ECONNREFUSED : err;
	lock_drop(&c->lock);
	io_end_session(s, COHORT_LEFT_DIED, what_is_wrong(err));
}

static void read_socket(struct session *s)
{
	int err = receive_drain(s);
	int err_frames = process_inbox(s);

	if (s->state == SESSION_OVER)
		return;
	err = err < 0 ? err : err_frames;
	if (err && is_ours(err))
		end_for_want(s, err);
	else if (err)
		io_end_session(s, COHORT_LEFT_VIOLATION, what_is_wrong(err));
	else if (s->receive.hangup || s->bye_reason)
		io_end_session(s, reason_of_end(s), NULL);
}

static void watch_output(struct session *s, bool on)
{
	if (s->watches_output == on || !s->in_loop)
		return;
	s->watches_output = on;
	loop_change(&s->channel->io.loop, s->socket, EPOLLIN | EPOLLRDHUP | (on ? EPOLLOUT : 0),
		    io_tag(IO_SOCKET, s->number));
}

static void flush(struct session *s)
{
	if (s->state != SESSION_OVER)
		watch_output(s, outbox_flush(s));
}

static void retry_later(struct io *io)
{
	io->retry_at = deadline_min(io->retry_at, deadline_after(clock_now(), RETRY));
}

/*
 * The socket has room, and yet it could not be sent (too many descriptors in flight): by time, not
 * by EPOLLOUT, which would come again at once.
 */
static void flush_writable(struct session *s)
{
	flush(s);
	if (!s->watches_output)
		return;
	watch_output(s, false);
	s->flush_later = true;
	retry_later(&s->channel->io);
}

static void on_socket(struct session *s, uint32_t events)
{
	if (events & EPOLLOUT)
		flush_writable(s);
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		read_socket(s);
}

static void on_death(struct session *s)
{
	/* It sends no more: what is left is what the socket's buffer holds. */
	for (int i = 0; i < 64 && receive_drain(s) == RECEIVE_MORE; i++)
		process_inbox(s);
	process_inbox(s);
	io_end_session(s, reason_of_end(s), NULL);
}

/* The primary: accepting. */

static void rest_listener(struct cohort *c)
{
	loop_remove(&c->io.loop, c->io.listener);
	c->io.listener_rests_until = deadline_after(clock_now(), LISTENER_REST);
}

static void open_reserve(struct io *io)
{
	if (io->reserve < 0)
		io->reserve = fd_own(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

/* No descriptor for another peer. */
static void refuse_one(struct cohort *c, int error)
{
	int fd, err;

	fd_close(&c->io.reserve);
	err = sock_accept(c->io.listener, &fd);
	if (!err) {
		io_count_refusal(c);
		handshake_refuse_socket(fd, WIRE_REFUSED_NO_DESCRIPTORS, -error,
					"the primary has no descriptors left");
		fd_close(&fd);
		channel_log(c, LOG_WARNING, error, "a peer was refused: no descriptors left");
	} else if (err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -ENOBUFS) {
		rest_listener(c);
	}
	open_reserve(&c->io);
}

static bool is_full(struct cohort *c)
{
	bool full;

	lock_take(&c->lock);
	full = map_count(&c->sessions) - atomic_load(&c->io.observers) >= c->max_peers;
	lock_drop(&c->lock);
	return full;
}

/*
 * With a use for the caller: the table's may be gone any time. On failure *fd is the caller's
 * again.
 */
static int make_session(struct cohort *c, int *fd, enum region_side side, bool by_fd,
			struct session **out)
{
	struct session *s = session_new(c, next_number(c), side);
	int err;

	if (!s)
		return -ENOMEM;
	s->id = side == REGION_PRIMARY ? (uint64_t)c->epoch << 32 | s->number : COHORT_NOBODY;
	s->connected_by_fd = by_fd;
	s->socket = fd_steal(fd);
	err = by_fd ? sock_passcred(s->socket) : sock_identify(s->socket, &s->who);
	if (err == -ESRCH)
		err = 0; /* it is gone: we will read what it said, and its end */
	session_use(s);
	if (!err)
		err = enter_table(c, s);
	if (!err) {
		*out = s;
		return 0;
	}
	session_unuse(s);
	*fd = fd_steal(&s->socket);
	session_unuse(s);
	return err;
}

/* The io thread has a new session: from here on its end is an end like any other. */
static void begin_session(struct session *s)
{
	int err;

	if (s->state == SESSION_OVER)
		return; /* it was adopted, and ended before it could begin */
	err = enter_loop(s);
	if (!err && s->side == REGION_SECONDARY)
		err = handshake_begin(s);
	if (err == -EPIPE)
		return; /* it is closed already, but may have said why: it will be read */
	if (err)
		io_end_session(s, COHORT_LEFT_DIED, "no resources for its first frame");
}

static void accept_one(struct cohort *c, int fd)
{
	struct session *s;
	int err;

	if (is_full(c)) {
		io_count_refusal(c);
		handshake_refuse_socket(fd, WIRE_REFUSED_FULL, EUSERS, "the channel is full");
		channel_log(c, LOG_WARNING, -EUSERS, "a peer was refused: the channel has %u",
			    c->max_peers);
		fd_close(&fd);
		return;
	}
	err = make_session(c, &fd, REGION_PRIMARY, false, &s);
	if (!err) {
		begin_session(s);
		session_unuse(s);
		return;
	}
	handshake_refuse_socket(fd, handshake_refusal_of(err), -err,
				"the primary has no resources left");
	fd_close(&fd);
}

/* While many handshakes are unfinished the rest waits in the backlog. */
static void accept_all(struct cohort *c)
{
	while (atomic_load(&c->io.handshakes) < HANDSHAKES_MAX) {
		int fd, err = sock_accept(c->io.listener, &fd);

		if (err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -ENOBUFS) {
			refuse_one(c, err);
			return;
		}
		if (err)
			return;
		accept_one(c, fd);
	}
	rest_listener(c);
	c->io.listener_rests_until = clock_now() + COHORT_MS(1);
}

/* A socket that lies there is stale: only the holder of the lock binds. Anything else is not ours. */
static int remove_stale(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	return unlink(path) ? -errno : 0;
}

static int bind_and_listen(struct cohort *c)
{
	struct io *io = &c->io;
	int err =
		sock_bind(c->path, c->config.mode, c->config.owner, c->config.group, &io->listener);

	if (!err)
		err = loop_add(&io->loop, io->listener, EPOLLIN, io_tag(IO_LISTENER, 0));
	if (!err)
		err = sock_listen(io->listener, BACKLOG);
	if (!err) {
		open_reserve(io);
		return 0;
	}
	if (io->listener >= 0)
		unlink(c->path);
	fd_close(&io->listener);
	return err;
}

int io_listen(struct cohort *c)
{
	int err = leader_take(&c->io.leader, c->path);

	if (err)
		return err;
	err = remove_stale(c->path);
	if (!err)
		err = bind_and_listen(c);
	if (err)
		leader_release(&c->io.leader);
	return err;
}

int io_adopt(struct cohort *c, int fd)
{
	bool primary = c->role == COHORT_ROLE_PRIMARY;
	struct session *s;
	int err = channel_check_socket(fd), own;

	if (err)
		return err;
	if (primary && is_full(c))
		return -EUSERS;
	err = fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0 ? -errno : fd_dup(fd, &own);
	if (err)
		return err;
	err = make_session(c, &own, primary ? REGION_PRIMARY : REGION_SECONDARY, true, &s);
	if (err) {
		fd_close(&own);
		return err;
	}
	session_chore(s, CHORE_BEGIN);
	session_unuse(s);
	return 0;
}

/* The secondary: connecting. */

static void set_connect_error(struct cohort *c, int err)
{
	lock_take(&c->lock);
	c->connect_error = err;
	cond_broadcast(&c->changed);
	lock_drop(&c->lock);
}

static bool primary_is_trusted(struct cohort *c, int fd)
{
	struct sock_identity who = SOCK_IDENTITY_NONE;
	int err = sock_identify(fd, &who);
	bool trusted = !(c->config.flags & COHORT_CHECK_PRIMARY_UID) ||
		       ((!err || err == -ESRCH) && who.uid == c->config.primary_uid);

	sock_identity_deinit(&who);
	return trusted;
}

static int try_connect(struct cohort *c)
{
	struct session *s;
	int fd, err;

	err = sock_connect(c->path, &fd);
	if (err)
		return err;
	if (!primary_is_trusted(c, fd)) {
		fd_close(&fd);
		return -EACCES;
	}
	err = make_session(c, &fd, REGION_SECONDARY, false, &s);
	if (err) {
		fd_close(&fd);
		return err;
	}
	begin_session(s);
	session_unuse(s);
	return 0;
}

static void rewatch(struct cohort *c)
{
	struct io *io = &c->io;

	if (io->watch.fd >= 0)
		return;
	if (!watch_init(&io->watch, c->path) &&
	    loop_add(&io->loop, watch_fd(&io->watch), EPOLLIN, io_tag(IO_WATCH, 0)))
		watch_deinit(&io->watch);
}

static void unwatch(struct cohort *c)
{
	struct io *io = &c->io;

	if (io->watch.fd < 0)
		return;
	loop_remove(&io->loop, watch_fd(&io->watch));
	watch_deinit(&io->watch);
}

/*
 * cohort_open() ends with an error that will not get better. Until it has seen that there is no
 * further try, which would take the error away again, and ask the primary again.
 */
static bool is_given_up(struct cohort *c)
{
	bool given_up;

	lock_take(&c->lock);
	given_up = !c->has_opened && handshake_error_is_final(c->connect_error);
	lock_drop(&c->lock);
	return given_up;
}

static void connect_now(struct cohort *c)
{
	struct io *io = &c->io;
	int err;

	io->connect_at = DEADLINE_NEVER;
	if (is_given_up(c))
		return;
	set_connect_error(c, 0);
	err = try_connect(c);
	if (err && io->watch.fd < 0) {
		rewatch(c);
		err = try_connect(c); /* again: it may have come before the watch was there */
	}
	if (!err) {
		unwatch(c);
		return;
	}
	set_connect_error(c, err);
	if (io->connect_at == DEADLINE_NEVER)
		connect_later(c, io->backoff);
	double_backoff(io);
}

/* Chores. */

/* All that are there now; what comes from now on signals again. */
static void take_chores(struct io *io, struct list *chores)
{
	list_init(chores);
	lock_take(&io->lock);
	list_move_all(chores, &io->chores);
	lock_drop(&io->lock);
}

static struct session *pop_chore(struct list *chores)
{
	struct list_node *node = list_pop(chores);

	return node ? LIST_ENTRY(node, struct session, chore_node) : NULL;
}

static void say_bye(struct session *s)
{
	if (s->state == SESSION_OVER)
		return;
	if (!atomic_load(&s->is_live)) {
		if (s->side == REGION_PRIMARY && s->state != SESSION_OBSERVER)
			handshake_refuse(s, WIRE_REFUSED_SHUTTING_DOWN, ESHUTDOWN,
					 "the primary closes");
		io_end_session(s, COHORT_LEFT_SHUTDOWN, NULL);
		return;
	}
	handshake_bye(s, WIRE_BYE_CLOSING, "");
}

static void abandon(struct session *s)
{
	atomic_store(&s->abandoned, true);
	if (s->state != SESSION_OVER)
		io_end_session(s, COHORT_LEFT_SHUTDOWN, NULL);
	executor_kick(s);
}

/* If it fails the kernel has no memory for it; or nobody is there any more, and the session ends. */
static void ring(struct session *s)
{
	s->ring_later = !bell_ring(s->bell) && (errno == ENOBUFS || errno == ENOMEM);
	if (s->ring_later)
		retry_later(&s->channel->io);
}

static void do_chores(struct session *s)
{
	/* seq_cst: after the session was unlisted */
	uint32_t chores = atomic_exchange(&s->chores, 0);

	if (chores & CHORE_BEGIN)
		begin_session(s);
	if (chores & CHORE_INBOX)
		read_socket(s);
	if (chores & CHORE_ALLOWED)
		handshake_allowed(s, atomic_load(&s->verdict));
	if (chores & CHORE_SEND)
		flush(s);
	if (chores & CHORE_BELL)
		ring(s);
	if (chores & CHORE_END)
		io_end_session(s, (enum cohort_reason)atomic_load(&s->verdict), s->verdict_text);
	if (chores & CHORE_BULK && s->state == SESSION_LIVE)
		announce_send_ack(s, WIRE_KEY_BULK_AGAIN, -EMFILE);
	if (chores & CHORE_BYE)
		say_bye(s);
	if (chores & CHORE_ABANDON)
		abandon(s);
}

/*
 * Those of one moment: a broadcaster that hands on bells without end must not keep this thread from
 * its sockets. False: there were none.
 */
static bool all_chores(struct cohort *c)
{
	struct list chores;
	struct session *s;
	bool any = false;

	take_chores(&c->io, &chores);
	while ((s = pop_chore(&chores))) {
		do_chores(s);
		session_unuse(s);
		any = true;
	}
	return any;
}

/* Deadlines. */

static void expire_asks(struct cohort *c)
{
	struct session **sessions;
	int64_t next = DEADLINE_NEVER, now = clock_now();
	size_t count;

	timer_fired(&c->io.timer);
	if (channel_sessions(c, false, &sessions, &count)) {
		timer_arm_earlier(&c->io.timer, deadline_after(now, COHORT_MS(10)));
		return;
	}
	for (size_t i = 0; i < count; i++) {
		next = deadline_min(next, ask_expire(sessions[i], now));
		session_unuse(sessions[i]);
	}
	free(sessions);
	if (next != DEADLINE_NEVER)
		timer_arm_earlier(&c->io.timer, next);
}

static void expire_handshake(struct session *s)
{
	io_count_refusal(s->channel);
	if (s->side == REGION_PRIMARY)
		handshake_refuse(s, WIRE_REFUSED_TIMEOUT, ETIMEDOUT, "the handshake took too long");
	if (s->channel->role == COHORT_ROLE_SECONDARY)
		set_connect_error(s->channel, -ETIMEDOUT);
	io_end_session(s, COHORT_LEFT_REFUSED, "the handshake took too long");
}

/* Ends handshakes that took too long; when the next one does. */
static int64_t expire_handshakes(struct cohort *c, int64_t now)
{
	struct session **sessions;
	int64_t next = DEADLINE_NEVER;
	size_t count;

	if (atomic_load(&c->io.handshakes) == 0)
		return next;
	if (channel_sessions(c, false, &sessions, &count))
		return deadline_after(now, COHORT_MS(10));
	for (size_t i = 0; i < count; i++) {
		struct session *s = sessions[i];

		if (s->state < SESSION_LIVE && s->state != SESSION_ALLOW) {
			if (s->handshake_deadline <= now)
				expire_handshake(s);
			else
				next = deadline_min(next, s->handshake_deadline);
		}
		session_unuse(s);
	}
	free(sessions);
	return next;
}

static void retry(struct cohort *c)
{
	struct session **sessions;
	size_t count;

	c->io.retry_at = DEADLINE_NEVER;
	if (channel_sessions(c, false, &sessions, &count)) {
		c->io.retry_at = deadline_after(clock_now(), RETRY);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (sessions[i]->flush_later)
			flush(sessions[i]);
		sessions[i]->flush_later = false;
		if (sessions[i]->ring_later)
			ring(sessions[i]);
		session_unuse(sessions[i]);
	}
	free(sessions);
}

static void wake_listener(struct cohort *c)
{
	c->io.listener_rests_until = DEADLINE_NEVER;
	if (c->io.listener >= 0 &&
	    loop_add(&c->io.loop, c->io.listener, EPOLLIN, io_tag(IO_LISTENER, 0)))
		c->io.listener_rests_until = deadline_after(clock_now(), LISTENER_REST);
}

/* What is due now; when the next is. */
static int64_t do_due(struct cohort *c)
{
	int64_t now = clock_now(), next;

	if (c->io.listener_rests_until <= now)
		wake_listener(c);
	if (c->io.connect_at <= now)
		connect_now(c);
	if (c->io.retry_at <= now)
		retry(c);
	next = deadline_min(expire_handshakes(c, now), c->io.retry_at);
	return deadline_min(next, deadline_min(c->io.connect_at, c->io.listener_rests_until));
}

static void close_listener(struct cohort *c)
{
	struct io *io = &c->io;

	io->connect_at = DEADLINE_NEVER;
	unwatch(c);
	if (io->listener < 0)
		return;
	unlink(c->path);
	if (io->listener_rests_until == DEADLINE_NEVER)
		loop_remove(&io->loop, io->listener);
	io->listener_rests_until = DEADLINE_NEVER;
	fd_close(&io->listener);
}

static void on_session_event(struct cohort *c, const struct loop_event *event)
{
	struct session *s = channel_session(c, (uint32_t)event->tag);

	if (!s)
		return;
	if (s->state != SESSION_OVER && event->tag >> 32 == IO_SOCKET)
		on_socket(s, event->events);
	else if (s->state != SESSION_OVER)
		on_death(s);
	session_unuse(s);
}

static void on_event(struct cohort *c, const struct loop_event *event)
{
	switch (event->tag >> 32) {
	case IO_WAKE:
		wake_clear(&c->io.wake);
		break;
	case IO_TIMER:
		expire_asks(c);
		break;
	case IO_LISTENER:
		if (c->io.listener >= 0)
			accept_all(c);
		break;
	case IO_WATCH:
		if (watch_read(&c->io.watch) && c->io.connect_at != DEADLINE_NEVER)
			c->io.connect_at = 0;
		break;
	default:
		on_session_event(c, event);
	}
}

static void *io_main(void *arg)
{
	struct cohort *c = arg;
	struct loop_event events[LOOP_WAIT_MAX];
	bool listens = true;

	while (!atomic_load(&c->io.stop)) {
		int n;

		all_chores(c);
		if (listens && atomic_load(&c->io.stop_listening)) {
			close_listener(c);
			listens = false;
		}
		n = loop_wait(&c->io.loop, events, LOOP_WAIT_MAX, do_due(c));
		for (int i = 0; i < n; i++)
			on_event(c, &events[i]);
	}
	while (all_chores(c))
		;
	close_listener(c);
	return NULL;
}

int io_start(struct cohort *c)
{
	struct thread_attr attr = c->thread_attr;
	int err;

	attr.name = c->io_name;
	if (c->role == COHORT_ROLE_SECONDARY && !c->over_fd)
		c->io.connect_at = 0;
	err = thread_start(&c->io.thread, &attr, io_main, c);
	c->io.started = !err;
	return err;
}

void io_stop_listening(struct cohort *c)
{
	atomic_store(&c->io.stop_listening, true);
	io_wake(c);
}

void io_stop(struct cohort *c)
{
	atomic_store(&c->io.stop, true);
	io_wake(c);
	thread_join(c->io.thread);
}

void io_drop_sessions(struct cohort *c)
{
	struct list chores;
	struct session *s;
	size_t cursor = 0;

	if (c->io.listener >= 0)
		unlink(c->path);
	take_chores(&c->io, &chores);
	while ((s = pop_chore(&chores)))
		session_unuse(s);
	for (;;) {
		cursor = 0;
		s = map_next(&c->sessions, &cursor);
		if (!s)
			return;
		leave_loop(s);
		channel_forget(s);
		session_unuse(s);
	}
}
