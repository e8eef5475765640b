/*
 * Opening builds a channel part by part and starts its threads; a failure on the way goes through
 * the same end as cohort_close(). Closing:
 *
 *	1  no new calls; open requests end with -ESHUTDOWN
 *	2  no new peers; each peer is told BYE with the position at which we stopped sending
 *	3  each peer stops, says BYE in turn, and what it had sent is served; after close_timeout the rest is counted lost
 *	4  callbacks that run are waited for, `left` is called for each peer
 *	5  calls that are still under way return; threads end; files, descriptors and memory go
 */
#include "engine/channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/random.h"
#include "engine/handshake.h"
#include "engine/session.h"
#include "io/path.h"

#define MAX_PEERS 1000u
#define DESCRIPTORS_A_PEER 3u
#define DESCRIPTORS_OF_OURS 64u

int channel_enter(struct cohort *c)
{
	if (!c)
		return -EINVAL;
	if (channel_is_foreign(c))
		return -ECHILD;
	if (!(atomic_fetch_add(&c->calls, 1) & CALLS_CLOSED))
		return 0;
	channel_leave(c);
	return -ESHUTDOWN;
}

/*
 * While the handle closes the count falls only under the lock, so that whoever waits for 0 may free
 * the handle after it.
 */
void channel_leave(struct cohort *c)
{
	uint32_t calls = atomic_load_explicit(&c->calls, memory_order_relaxed);

	while (!(calls & CALLS_CLOSED)) {
		if (atomic_compare_exchange_weak(&c->calls, &calls, calls - 1))
			return;
	}
	lock_take(&c->lock);
	atomic_fetch_sub(&c->calls, 1);
	cond_broadcast(&c->changed);
	lock_drop(&c->lock);
}

static bool is_usable(struct session *s)
{
	return atomic_load(&s->is_live) && !session_over(s);
}

static int find_of_primary(struct cohort *c, cohort_peer peer, struct session **out)
{
	struct session *s;

	if (peer == COHORT_PRIMARY)
		return -EOPNOTSUPP;
	if (peer >> 32 != c->epoch)
		return -ESTALE;
	s = map_find(&c->sessions, (uint32_t)peer);
	if (!s || !is_usable(s))
		return -ESTALE;
	*out = s;
	return 0;
}

static int find_of_secondary(struct cohort *c, cohort_peer peer, struct session **out)
{
	struct session *s = c->leader;

	if (peer == COHORT_PRIMARY) {
		if (!s || !is_usable(s))
			return -ENOTCONN;
	} else if (!s || peer >> 32 != s->id >> 32) {
		return -ESTALE;
	} else if (peer != s->id) {
		return -EOPNOTSUPP;
	} else if (!is_usable(s)) {
		return -ESTALE;
	}
	*out = s;
	return 0;
}

int channel_find_locked(struct cohort *c, cohort_peer peer, struct session **out)
{
	if (peer == COHORT_NOBODY || peer == COHORT_ALL)
		return -EINVAL;
	if (c->observes)
		return -EOPNOTSUPP;
	return c->role == COHORT_ROLE_PRIMARY ? find_of_primary(c, peer, out)
					      : find_of_secondary(c, peer, out);
}

int channel_find(struct cohort *c, cohort_peer peer, struct session **out)
{
	struct session *s = NULL;
	int err;

	lock_take(&c->lock);
	err = atomic_load_explicit(&c->closing, memory_order_relaxed)
		      ? -ESHUTDOWN
		      : channel_find_locked(c, peer, &s);
	if (!err)
		session_use(s);
	lock_drop(&c->lock);
	if (!err)
		*out = s;
	return err;
}

int channel_find_primary(struct cohort *c, struct session **out)
{
	struct session *s;
	int err = 0;

	lock_take(&c->lock);
	s = c->leader;
	if (atomic_load_explicit(&c->closing, memory_order_relaxed))
		err = -ESHUTDOWN;
	else if (!s || !is_usable(s))
		err = -ENOTCONN;
	else
		session_use(s);
	lock_drop(&c->lock);
	if (!err)
		*out = s;
	return err;
}

static int find_until(struct cohort *c, cohort_peer peer, int64_t deadline,
		      struct executor_wait *wait, struct session **out)
{
	struct cohort *loop = executor_wait_loop(wait);

	for (;;) {
		int err = channel_find(c, peer, out);

		if (err != -ENOTCONN || clock_now() >= deadline)
			return err;
		executor_wait_yield(wait);
		if (loop) {
			executor_wait_dispatch(
				loop,
				deadline_min(deadline, deadline_after(clock_now(), COHORT_MS(10))));
			continue;
		}
		lock_take(&c->lock);
		if (!c->leader && !atomic_load(&c->closing))
			cond_wait(&c->changed, &c->lock, deadline);
		lock_drop(&c->lock);
	}
}

int channel_find_waiting(struct cohort *c, cohort_peer peer, int64_t deadline,
			 struct executor_wait *wait, struct session **out)
{
	int err = channel_enter(c);

	if (err)
		return err;
	err = find_until(c, peer, deadline, wait, out);
	channel_leave(c);
	return err;
}

struct session *channel_session(struct cohort *c, uint32_t number)
{
	struct session *s;

	lock_take(&c->lock);
	s = map_find(&c->sessions, number);
	if (s)
		session_use(s);
	lock_drop(&c->lock);
	return s;
}

int channel_sessions(struct cohort *c, bool live, struct session ***out, size_t *count)
{
	struct session **list, *s;
	size_t cursor = 0, n = 0;

	lock_take(&c->lock);
	list = calloc(map_count(&c->sessions) + 1, sizeof(struct session *));
	while (list && (s = map_next(&c->sessions, &cursor))) {
		if (live && !is_usable(s))
			continue;
		session_use(s);
		list[n++] = s;
	}
	lock_drop(&c->lock);
	if (!list)
		return -ENOMEM;
	*out = list;
	*count = n;
	return 0;
}

void channel_forget(struct session *s)
{
	struct cohort *c = s->channel;

	lock_take(&c->lock);
	map_remove(&c->sessions, s->number);
	s->in_table = false;
	counters_move(&c->counters, &s->counters);
	cond_broadcast(&c->changed);
	lock_drop(&c->lock);
}

bool channel_is_gone(struct session *s)
{
	bool gone;

	lock_take(&s->channel->lock);
	gone = !s->in_table;
	lock_drop(&s->channel->lock);
	return gone;
}

void channel_log(struct cohort *c, enum log_level level, int error, const char *format, ...)
{
	char text[sizeof(((struct log_entry *)NULL)->text)];
	va_list args;

	if (!c->config.log || (int)level > (int)c->config.log_level)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (log_put(&c->log, level, error, "%s", text))
		executor_kick_local(c);
}

void channel_deadline(struct cohort *c, int64_t deadline)
{
	timer_arm_earlier(&c->io.timer, deadline);
}

struct frame_buffer *channel_buffer_take(struct cohort *c)
{
	struct frame_buffer *buffer;

	lock_take(&c->buffers_lock);
	buffer = c->buffers;
	if (buffer)
		c->buffers = buffer->next;
	lock_drop(&c->buffers_lock);
	return buffer ? buffer : malloc(sizeof(*buffer));
}

void channel_buffer_give(struct cohort *c, struct frame_buffer *buffer)
{
	lock_take(&c->buffers_lock);
	buffer->next = c->buffers;
	c->buffers = buffer;
	lock_drop(&c->buffers_lock);
}

/* Checking the config. */

static bool is_power_of_two(size_t n)
{
	return n && !(n & (n - 1));
}

static bool in_range(size_t n, size_t low, size_t high)
{
	return n >= low && n <= high;
}

static int check_limits(const struct cohort_config *g)
{
	if (g->ring_size &&
	    (!is_power_of_two(g->ring_size) || !in_range(g->ring_size, 16384, CHANNEL_RING_MAX)))
		return -EINVAL;
	if (g->bulk_size &&
	    (!is_power_of_two(g->bulk_size) || !in_range(g->bulk_size, 65536, (size_t)1 << 30)))
		return -EINVAL;
	if (g->max_body > (size_t)1 << 30 || g->handler_threads > 8)
		return -EINVAL;
	if (g->stack_size && g->stack_size < 65536)
		return -EINVAL;
	if (g->cpus_size > sizeof(cpu_set_t) || (g->cpus_size && !g->cpus))
		return -EINVAL;
	if (g->sched_policy < -1 || g->sched_policy > SCHED_IDLE)
		return -EINVAL;
	if (g->thread_name && strnlen(g->thread_name, 11) > 10)
		return -EINVAL;
	return 0;
}

static int check_config(const struct cohort_config *g)
{
	if (!g || g->size != sizeof(*g) || g->role < COHORT_ROLE_PRIMARY ||
	    g->role > COHORT_ROLE_OBSERVER || (g->role == COHORT_ROLE_OBSERVER && g->nactions))
		return -EINVAL;
	if (g->flags & ~(COHORT_OWN_LOOP | COHORT_CHECK_PRIMARY_UID | COHORT_NO_RECONNECT))
		return -EINVAL;
	if ((g->nactions && !g->actions) || (g->nallow_uids && !g->allow_uids) ||
	    (g->nallow_gids && !g->allow_gids))
		return -EINVAL;
	if (g->open_timeout < 0 || g->close_timeout < 0 || g->handshake_timeout <= 0 ||
	    g->slow_handler < 0 || g->spin < 0)
		return -EINVAL;
	if (g->overrun > COHORT_OVERRUN_DISCONNECT || g->log_level > COHORT_LOG_DEBUG ||
	    g->mode & ~(mode_t)0777)
		return -EINVAL;
	for (size_t i = 0; i < g->nactions; i++) {
		if (action_check(&g->actions[i]))
			return -EINVAL;
	}
	return check_limits(g);
}

static uint32_t peers_limit(uint32_t asked)
{
	struct rlimit limit;
	rlim_t n = MAX_PEERS;

	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur != RLIM_INFINITY)
		n = limit.rlim_cur > DESCRIPTORS_OF_OURS + DESCRIPTORS_A_PEER
			    ? (limit.rlim_cur - DESCRIPTORS_OF_OURS) / DESCRIPTORS_A_PEER
			    : 1;
	if (n > MAX_PEERS && !asked)
		n = MAX_PEERS;
	return asked && asked < n ? asked : (uint32_t)n;
}

static void *copy_of(const void *from, size_t size)
{
	void *to = size ? malloc(size) : NULL;

	if (to)
		memcpy(to, from, size);
	return to;
}

static void set_defaults(struct cohort_config *g)
{
	g->handler_threads = g->handler_threads ? g->handler_threads : 1;
	g->ring_size = g->ring_size ? g->ring_size : (size_t)256 << 10;
	g->bulk_size = g->bulk_size ? g->bulk_size : (size_t)4 << 20;
	g->max_body = g->max_body ? g->max_body : (size_t)64 << 20;
	g->mode = g->mode ? g->mode : 0600;
}

static void set_thread_attr(struct cohort *c)
{
	const char *name = c->config.thread_name ? c->config.thread_name : "cohort";

	c->thread_attr = (struct thread_attr){ .policy = c->config.sched_policy,
					       .priority = c->config.sched_priority,
					       .stack = c->config.stack_size };
	if (c->config.cpus) {
		CPU_ZERO(&c->cpus);
		memcpy(&c->cpus, c->config.cpus, c->config.cpus_size);
		c->thread_attr.cpus = &c->cpus;
	}
	snprintf(c->io_name, sizeof(c->io_name), "%.10s-io", name);
	snprintf(c->act_name, sizeof(c->act_name), "%.10s-act", name);
	snprintf(c->pool_name, sizeof(c->pool_name), "%.10s-pool", name);
	c->config.cpus = NULL;
	c->config.thread_name = NULL;
}

static void set_program(struct cohort *c)
{
	snprintf(c->program, sizeof(c->program), "%.63s", program_invocation_short_name);
}

static int take_config(struct cohort *c, const struct cohort_config *g)
{
	c->config = *g;
	c->config.actions = NULL;
	c->config.allow_uids = copy_of(g->allow_uids, g->nallow_uids * sizeof(uid_t));
	c->config.allow_gids = copy_of(g->allow_gids, g->nallow_gids * sizeof(gid_t));
	if ((g->nallow_uids && !c->config.allow_uids) || (g->nallow_gids && !c->config.allow_gids))
		return -ENOMEM;
	set_defaults(&c->config);
	set_thread_attr(c);
	set_program(c);
	c->max_peers = peers_limit(g->max_peers);
	for (size_t i = 0; i < g->nactions; i++) {
		int err = action_add(&c->actions, &g->actions[i]);

		if (err)
			return err == -EEXIST ? -EINVAL : err;
	}
	return 0;
}

/* An object that can be taken apart, whatever of it was built. */

static void use_session(void *s)
{
	session_use(s);
}

static void unuse_session(void *s)
{
	session_unuse(s);
}

static const struct audience_members members = { .ref = use_session, .unref = unuse_session };

static struct cohort *new_channel(void)
{
	struct cohort *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	lock_init(&c->lock, LOCK_CHANNEL);
	cond_init(&c->changed);
	lock_init(&c->order, LOCK_ORDER);
	lock_init(&c->buffers_lock, LOCK_QUEUE);
	list_init(&c->pending_keys);
	audience_table_init(&c->audience, &members);
	action_table_init(&c->actions);
	log_init(&c->log);
	atomic_init(&c->next_id, 1);
	c->next_number = 2;
	c->next_key = 1;
	c->io.listener = c->io.reserve = -1;
	c->io.timer.fd = -1;
	c->tap = TAP_NONE;
	c->io.leader = LEADER_NONE;
	c->io.watch = WATCH_NONE;
	c->io.loop = c->executor.loop = LOOP_NONE;
	c->io.wake = c->executor.wake = WAKE_NONE;
	return c;
}

static int init_channel(struct cohort *c)
{
	/*
	 * Each is built, or left so that it can be taken apart: all of them, whatever becomes of
	 * the others.
	 */
	int errs[] = { map_init(&c->sessions), executor_init(&c->executor), io_init(&c->io),
		       reaper_init(&c->reaper) };

	for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
		if (errs[i])
			return errs[i];
	}
	return 0;
}

static void free_buffers(struct cohort *c)
{
	while (c->buffers) {
		struct frame_buffer *next = c->buffers->next;

		free(c->buffers);
		c->buffers = next;
	}
}

static void free_channel(struct cohort *c)
{
	reaper_deinit(&c->reaper, deadline_after(clock_now(), c->config.close_timeout));
	tap_deinit(&c->tap);
	io_deinit(&c->io);
	executor_deinit(&c->executor);
	map_deinit(&c->sessions);
	audience_table_deinit(&c->audience);
	action_table_deinit(&c->actions);
	log_deinit(&c->log);
	free_buffers(c);
	free((void *)(uintptr_t)c->config.allow_uids);
	free((void *)(uintptr_t)c->config.allow_gids);
	lock_deinit(&c->buffers_lock);
	lock_deinit(&c->order);
	cond_deinit(&c->changed);
	lock_deinit(&c->lock);
	free(c);
}

static int new_epoch(struct cohort *c)
{
	int err;

	do {
		err = random_bytes(&c->epoch, sizeof(c->epoch));
	} while (!err && (c->epoch == 0 || c->epoch == UINT32_MAX));
	return err;
}

static int start_threads(struct cohort *c)
{
	int err = executor_start(c);

	if (err)
		return err;
	return io_start(c);
}

static bool is_final_error(struct cohort *c, int error)
{
	return c->over_fd || handshake_error_is_final(error);
}

/* A secondary: until there is a session, or was one, or it is clear that there will be none in time. */
static int wait_for_leader(struct cohort *c, int64_t deadline)
{
	int err = 0;

	lock_take(&c->lock);
	while (!c->leader && !c->has_opened) {
		int last = c->connect_error;

		if (last && (is_final_error(c, last) || clock_now() >= deadline)) {
			err = last;
			break;
		}
		/* A try that is under way ends by the handshake timeout. */
		cond_wait(&c->changed, &c->lock, last ? deadline : DEADLINE_NEVER);
	}
	c->has_opened = !err;
	lock_drop(&c->lock);
	return err;
}

static int open_secondary(struct cohort *c, int64_t deadline)
{
	int err = start_threads(c);

	return err ? err : wait_for_leader(c, deadline);
}

static int open_primary(struct cohort *c)
{
	int err = new_epoch(c);

	if (!err && !c->over_fd)
		err = io_listen(c);
	return err ? err : start_threads(c);
}

#define AUTO_RETRY_US 5000

/*
 * Who has the lock and no socket has just come, or closes: as soon as it has closed it is our turn.
 * Without time we are a secondary at once, which fails.
 */
static int open_auto(struct cohort *c, int64_t deadline)
{
	int err;

	c->role = COHORT_ROLE_PRIMARY;
	while ((err = open_primary(c)) == -EADDRINUSE && access(c->path, F_OK) &&
	       clock_now() < deadline)
		usleep(AUTO_RETRY_US);
	if (err != -EADDRINUSE)
		return err;
	c->role = COHORT_ROLE_SECONDARY;
	return open_secondary(c, deadline);
}

static int open_by_role(struct cohort *c, int fd)
{
	int64_t now = clock_now(), deadline = deadline_after(now, c->config.open_timeout);
	int err;

	c->observes = c->config.role == COHORT_ROLE_OBSERVER;
	c->role = c->observes ? COHORT_ROLE_SECONDARY : c->config.role;
	switch (c->config.role) {
	case COHORT_ROLE_PRIMARY:
		err = open_primary(c);
		return !err && fd >= 0 ? io_adopt(c, fd) : err;
	case COHORT_ROLE_SECONDARY:
	case COHORT_ROLE_OBSERVER:
		err = fd >= 0 ? io_adopt(c, fd) : 0;
		return err ? err : open_secondary(c, deadline);
	case COHORT_ROLE_AUTO:
		return open_auto(c, deadline);
	}
	return -EINVAL;
}

static int check_socket(int fd)
{
	socklen_t size = sizeof(int);
	int value;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &size))
		return -errno;
	if (value != AF_UNIX || getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size) ||
	    value != SOCK_SEQPACKET)
		return -EPROTOTYPE;
	return 0;
}

int channel_check_socket(int fd)
{
	return fd < 0 ? -EBADF : check_socket(fd);
}

static void abandon(struct cohort *c);

int channel_open(struct cohort **out, const char *name, int fd, const struct cohort_config *config)
{
	int err = check_config(config);
	struct cohort *c;

	if (!err)
		err = fork_init();
	if (!err)
		err = log_trace_init();
	if (err)
		return err;
	c = new_channel();
	if (!c)
		return -ENOMEM;
	c->alive = fork_token();
	c->since = clock_now();
	c->over_fd = !name;
	err = init_channel(c);
	if (!err)
		err = take_config(c, config);
	if (!err && name)
		err = path_resolve(name, c->path);
	if (!err)
		err = open_by_role(c, fd);
	if (err) {
		action_table_disclaim(&c->actions);
		abandon(c);
		return err;
	}
	if (fd >= 0)
		close(fd); /* the library has a duplicate */
	*out = c;
	return 0;
}

/* Closing. */

static void tell_sessions(struct cohort *c, uint32_t over, uint32_t event, uint32_t chore)
{
	struct session **sessions;
	size_t count;

	while (channel_sessions(c, false, &sessions, &count))
		usleep(1000); /* no memory for a short list: it must be done */
	for (size_t i = 0; i < count; i++) {
		session_mark_over(sessions[i], over);
		atomic_fetch_or(&sessions[i]->events, event);
		executor_kick(sessions[i]);
		session_chore(sessions[i], chore);
		session_unuse(sessions[i]);
	}
	free(sessions);
}

/* Waits until the sessions are retired. With an own loop nobody else runs the last callbacks. */
static bool wait_for_sessions(struct cohort *c, int64_t deadline)
{
	bool own = c->config.flags & COHORT_OWN_LOOP, done;

	lock_take(&c->lock);
	while (map_count(&c->sessions) || c->resources) {
		if (clock_now() >= deadline)
			break;
		if (own && map_count(&c->sessions)) {
			lock_drop(&c->lock);
			executor_wait_dispatch(
				c,
				deadline_min(deadline, deadline_after(clock_now(), COHORT_MS(10))));
			lock_take(&c->lock);
		} else {
			cond_wait(&c->changed, &c->lock, deadline);
		}
	}
	done = map_count(&c->sessions) == 0 && c->resources == 0;
	lock_drop(&c->lock);
	return done;
}

static void wait_for_calls(struct cohort *c)
{
	lock_take(&c->lock);
	while (atomic_load(&c->calls) != CALLS_CLOSED)
		cond_wait(&c->changed, &c->lock, DEADLINE_NEVER);
	lock_drop(&c->lock);
}

/* From here on no call begins and no session is added. */
static void close_doors(struct cohort *c)
{
	struct audience_table audience;

	lock_take(&c->lock);
	atomic_fetch_or(&c->calls, CALLS_CLOSED);
	atomic_store(&c->closing, true);
	/* No broadcast begins any more: what hears them need not be kept. */
	audience = c->audience;
	audience_table_init(&c->audience, &members);
	cond_broadcast(&c->changed);
	lock_drop(&c->lock);
	audience_table_deinit(&audience);
}

static void shut_down(struct cohort *c, int64_t patience)
{
	close_doors(c);
	io_stop_listening(c);
	tell_sessions(c, OVER_CLOSING, EVENT_CLOSING, CHORE_BYE);
	if (!wait_for_sessions(c, deadline_after(clock_now(), patience))) {
		tell_sessions(c, OVER_CLOSING, 0, CHORE_ABANDON);
		wait_for_sessions(c, DEADLINE_NEVER);
	}
	wait_for_calls(c);
	executor_stop(c);
	io_stop(c);
	free_channel(c);
}

/* What cohort_open() had built when it failed. */
static void abandon(struct cohort *c)
{
	if (!c->io.started) {
		/* No thread will do it: sessions that were adopted are simply dropped. */
		close_doors(c);
		executor_stop(c);
		io_drop_sessions(c);
		free_channel(c);
		return;
	}
	shut_down(c, 0);
}

int channel_close(struct cohort *c)
{
	if (!c)
		return 0;
	if (channel_is_foreign(c))
		return -ECHILD;
	if (executor_frame())
		return -EDEADLK;
	if (atomic_exchange(&c->closer, true))
		return -EALREADY;
	shut_down(c, c->config.close_timeout);
	return 0;
}
