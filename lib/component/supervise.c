/*
 * The supervisor of a worker.
 *
 * One thread does everything that happens to a worker, in straight lines, and it alone starts
 * workers: they are killed when the thread that started them ends. It lives from
 * cohort_component_start() to cohort_component_stop():
 *
 *	start	 launch: spawn, await ready, connect, bind	-> the starter goes on, or fails
 *	serving	 wait until it has ended, or its session has
 *	gone	 collect: reap, publish the exit status; then the policy (restart.h):
 *	back-off wait; launch the next generation; buffers; replay; open the gate	-> serving, or gone again
 *	failed	 wait for the stop
 *	stop	 close the channel, wait for its end, reap
 *
 * Whenever it waits it waits for `wake` as well, which says that it is to be stopped, or that the
 * session ended or began. Inside a call (bind, replay) it is the call that fails when the worker
 * dies, and in the latter when the gate is shut.
 *
 * Stopping. The orderly end is that of the session, announced by a message: the worker serves what
 * it got before, waits for its functions, destroys its instance and exits. What it does not do in
 * time is not hurried by this thread, which may itself be waiting for it, but by the one that stops:
 * SIGTERM after a stop_timeout, SIGKILL after another. Under `lock` the pidfd is the worker's, or -1.
 *
 * Exit status. A call in flight fails when the channel notices that the peer is gone, which may be a
 * moment before its process can be reaped. So a call that is about to return -EPIPE waits until this
 * thread has collected that worker (mode->settle), at most SETTLE_MAX. A worker that ended its
 * session, but not itself, is of no use to anybody: it is killed after LOST_GRACE, which leaves one
 * that is exiting the time to do it with its own status.
 */

#include "component/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cohort/message.h"
#include "component/buffer.h"
#include "component/clock.h"
#include "component/frame.h"
#include "component/link.h"
#include "component/port.h"
#include "component/ready.h"
#include "component/restart.h"
#include "component/worker.h"

#define SETTLE_MAX COHORT_SECONDS(1)
#define LOST_GRACE COHORT_MS(100)
#define JOIN_LOOK COHORT_MS(5)

/* Whose supervisor this thread is. */
static _Thread_local const struct cohort_component *supervised;

struct supervisor {
	struct cohort_component *component;
	struct restart restart; /* the thread's */
	pthread_t thread;
	bool started; /* `thread` is to be joined */
	int wake;     /* an eventfd */
	int64_t start_deadline;

	pthread_mutex_t lock; /* guards all below; taken after component->lock */
	pthread_cond_t changed;
	struct worker worker; /* the thread's; others signal it */
	cohort_peer peer;     /* the worker's, or of the one before; NOBODY: none joined yet */
	cohort_peer left;     /* whose session ended last */
	cohort_peer previous; /* who joined last; the thread's own */
	bool stopping;
	bool begun; /* the gate is open: it is this thread's from now on */
	bool known; /* what became of the start: `result` */
	bool ended; /* the thread is through with its worker, for good */
	int result;
	bool collected; /* the one before, or this one, has been reaped */
	int last_exit;
	enum cohort_sandbox_outcome sandbox[COHORT_SANDBOX_COUNT];
};

/* --- Waiting ------------------------------------------------------------------------------------------- */

static void poke(struct supervisor *s)
{
	uint64_t one = 1;

	while (write(s->wake, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void poll_until(struct pollfd *entries, nfds_t n, int64_t deadline)
{
	int64_t left = clock_left(deadline);
	struct timespec timeout = { .tv_sec = left / COHORT_SECONDS(1),
				    .tv_nsec = left % COHORT_SECONDS(1) };

	ppoll(entries, n, left == COHORT_FOREVER ? NULL : &timeout, NULL);
}

/*
 * Waits until the worker has ended, `fd` (or -1) can be read, somebody poked, or the deadline has
 * passed. May return for no reason.
 */
static void wait_for(struct supervisor *s, int fd, int64_t deadline)
{
	struct pollfd entries[] = {
		{ .fd = s->wake, .events = POLLIN },
		{ .fd = s->worker.pidfd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	uint64_t count;

	poll_until(entries, 3, deadline);
	if (entries[0].revents && read(s->wake, &count, sizeof(count)) < 0)
		return; /* another has read it: there is no other */
}

static bool is_stopping(struct supervisor *s)
{
	bool stopping;

	pthread_mutex_lock(&s->lock);
	stopping = s->stopping;
	pthread_mutex_unlock(&s->lock);
	return stopping;
}

static bool is_lost(struct supervisor *s)
{
	bool lost;

	pthread_mutex_lock(&s->lock);
	lost = s->peer != COHORT_NOBODY && s->peer == s->left;
	pthread_mutex_unlock(&s->lock);
	return lost;
}

/* --- The gate: not ours until it was opened for the first time, and nobody's once it is shut --------------------------------------------------- */

static void gate_set(struct supervisor *s, enum gate gate)
{
	struct cohort_component *component = s->component;

	pthread_mutex_lock(&component->lock);
	if (!component->stopping && s->begun)
		port_set_gate(component->port, gate);
	pthread_mutex_unlock(&component->lock);
}

static void gate_close(struct supervisor *s)
{
	const struct cohort_component_config *config = &s->component->config;
	bool wait = config->wait_for_restart && config->restart != COHORT_RESTART_NEVER;

	gate_set(s, wait ? GATE_WAIT : GATE_ABSENT);
}

/* --- The end of a worker ---------------------------------------------------------------------------------- */

static bool reap(struct supervisor *s)
{
	bool ended;

	pthread_mutex_lock(&s->lock);
	ended = worker_reap(&s->worker);
	pthread_mutex_unlock(&s->lock);
	return ended;
}

static bool reap_until(struct supervisor *s, int64_t deadline)
{
	while (!reap(s)) {
		if (clock_left(deadline) == 0)
			return false;
		worker_wait(&s->worker, deadline);
	}
	return true;
}

/* From now on its exit status is known, and calls know that it is gone. */
static void publish_end(struct supervisor *s)
{
	pthread_mutex_lock(&s->lock);
	if (s->worker.pid)
		s->last_exit = s->worker.status;
	worker_end(&s->worker);
	s->collected = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* Ends it if it has not ended already. Harmless when repeated. */
static void collect(struct supervisor *s)
{
	gate_close(s);
	if (s->peer != COHORT_NOBODY)
		cohort_peer_disconnect(s->component->port->channel, s->peer);
	if (!reap_until(s, clock_after(LOST_GRACE))) {
		worker_signal(&s->worker, SIGKILL);
		reap_until(s, COHORT_FOREVER);
	}
	publish_end(s);
}

/* --- The beginning of a worker ---------------------------------------------------------------------------- */

static int spawn(struct supervisor *s)
{
	const struct cohort_component_config *config = &s->component->config;
	const struct worker_settings settings = {
		.program = config->executable ? config->executable : config->worker,
		.path = config->path,
		.log_fd = config->log_fd,
		.sandbox = &config->sandbox,
	};
	struct worker worker = WORKER_INIT;
	int err = worker_start(&worker, &settings);

	if (err)
		component_log(s->component, "%s cannot be started: %s",
			      settings.program ? settings.program : "cohort-worker",
			      cohort_strerror(err));
	pthread_mutex_lock(&s->lock);
	s->worker = worker;
	s->peer = COHORT_NOBODY;
	s->collected = false;
	pthread_mutex_unlock(&s->lock);
	return err;
}

/* The first packet, unless the worker ends before, or there is no time. */
static int ready_await(struct supervisor *s, struct ready *ready, int64_t deadline)
{
	int err;

	do {
		bool ended = worker_has_ended(&s->worker);

		err = ready_receive(s->worker.channel, ready);
		if (err != -EAGAIN)
			return err;
		if (ended)
			return -EPIPE;
		if (is_stopping(s))
			return -ESHUTDOWN;
		wait_for(s, s->worker.channel, deadline);
	} while (clock_left(deadline) > 0);
	return -ETIMEDOUT;
}

static int become_ready(struct supervisor *s, int64_t deadline)
{
	struct ready ready;
	int err = ready_await(s, &ready, deadline);

	if (err) {
		component_log(s->component, "the worker did not become ready: %s",
			      err == -EPIPE ? "it has ended" : cohort_strerror(err));
		return err;
	}
	pthread_mutex_lock(&s->lock);
	memcpy(s->sandbox, ready.sandbox, sizeof(s->sandbox));
	pthread_mutex_unlock(&s->lock);
	if (ready.text[0])
		component_log(s->component, "the worker says: %s", ready.text);
	return ready.error;
}

/*
 * Who has joined, unless it is the worker before. It is looked for, and not told by the callback,
 * which comes late when others of the application keep the handler threads for long.
 */
static cohort_peer find_peer(struct supervisor *s)
{
	struct cohort_peer_info peers[] = { { .size = sizeof(*peers) },
					    { .size = sizeof(*peers) } };
	struct cohort_port *port = s->component->port;
	int n = cohort_peers(port->channel, peers, 2, 0);

	for (int i = 0; i < n && i < 2; i++) {
		if (peers[i].id == s->previous)
			continue;
		link_set_peer(port, peers[i].id);
		return peers[i].id;
	}
	return COHORT_NOBODY;
}

/* A session over its channel. */
static int join(struct supervisor *s, int64_t deadline)
{
	struct cohort_port *port = s->component->port;
	cohort_peer peer;
	int64_t look;
	int err;

	link_set_peer(port, COHORT_NOBODY);
	err = component_open(s->component, worker_channel_take(&s->worker));
	while (!err && (peer = find_peer(s)) == COHORT_NOBODY) {
		if (is_stopping(s))
			return -ESHUTDOWN;
		if (worker_has_ended(&s->worker))
			return -EPIPE;
		if (clock_left(deadline) == 0)
			return -ETIMEDOUT;
		look = clock_after(JOIN_LOOK);
		wait_for(s, -1, look < deadline ? look : deadline);
	}
	if (err)
		return err;
	pthread_mutex_lock(&s->lock);
	s->peer = s->previous = peer;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

static int launch(struct supervisor *s, int64_t deadline)
{
	int err = spawn(s);

	if (!err)
		err = become_ready(s, deadline);
	if (!err)
		err = join(s, deadline);
	return err ? err : component_bind(s->component, deadline);
}

static int replay_call(struct supervisor *s)
{
	struct cohort_component *component = s->component;
	struct frame frame = { .owner = component->port->owner,
			       .deadline = COHORT_FOREVER,
			       .replay = true };
	int err;

	if (!component->config.replay)
		return 0;
	frame_push(&frame);
	err = component->config.replay(component, component->generation, component->config.user);
	frame_pop(&frame);
	return err;
}

static int replay(struct supervisor *s, int64_t deadline)
{
	int err = buffers_replay(s->component, deadline);

	if (err)
		return err;
	gate_set(s, GATE_REPLAY);
	err = replay_call(s);
	if (err)
		component_log(s->component, "the state was not replayed: %s", cohort_strerror(err));
	return err;
}

/* --- Generations --------------------------------------------------------------------------------------------- */

/* The thread writes it, so it may read it without the lock. */
static void generation_next(struct supervisor *s)
{
	struct cohort_component *component = s->component;

	pthread_mutex_lock(&component->lock);
	component->generation++;
	pthread_mutex_unlock(&component->lock);
}

static int launch_again(struct supervisor *s)
{
	int64_t deadline = clock_after(s->component->config.start_timeout);
	int err;

	generation_next(s);
	err = launch(s, deadline);
	if (!err)
		err = replay(s, deadline);
	if (err)
		return err;
	gate_set(s, GATE_OPEN);
	component_set_state(s->component, COHORT_COMPONENT_RUNNING);
	return 0;
}

/* False: it is to be stopped. */
static bool back_off(struct supervisor *s, int64_t delay)
{
	int64_t deadline = clock_after(delay);

	while (!is_stopping(s) && clock_left(deadline) > 0)
		wait_for(s, -1, deadline);
	return !is_stopping(s);
}

static void give_up(struct supervisor *s)
{
	component_log(s->component, "the worker is gone, and is not started again");
	gate_set(s, GATE_ABSENT);
	component_set_state(s->component, COHORT_COMPONENT_FAILED);
}

/*
 * The worker has been collected: the next one, if the policy has one. A worker that never came to
 * serve has failed, whatever its exit status says.
 */
static bool revive(struct supervisor *s)
{
	int status = s->last_exit;
	int err = -EPIPE;
	int64_t delay;

	while (err && !is_stopping(s)) {
		component_set_error(s->component, err);
		if (!restart_next(&s->restart, clock_now(), status, &delay)) {
			give_up(s);
			return false;
		}
		component_set_state(s->component, COHORT_COMPONENT_RESTARTING);
		if (!back_off(s, delay))
			return false;
		err = launch_again(s);
		if (err && !is_stopping(s))
			collect(s);
		status = -1;
	}
	return !err;
}

static void serve(struct supervisor *s)
{
	while (!is_stopping(s)) {
		if (!worker_has_ended(&s->worker) && !is_lost(s)) {
			wait_for(s, -1, COHORT_FOREVER);
			continue;
		}
		collect(s);
		if (!revive(s))
			break;
	}
	while (!is_stopping(s))
		wait_for(s, -1, COHORT_FOREVER);
}

/* A worker that has a session ends with it, in order; there is nothing to say to one that has none. */
static void finish(struct supervisor *s)
{
	struct cohort_message message = COHORT_MESSAGE("component.stop", NULL, 0);

	if (s->peer != COHORT_NOBODY)
		cohort_send(s->component->port->channel, s->peer, &message, 0);
	component_disconnect(s->component);
	if (s->peer != COHORT_NOBODY)
		reap_until(s, COHORT_FOREVER);
	collect(s);
}

/* --- The thread -------------------------------------------------------------------------------------------------- */

static void start_is_known(struct supervisor *s, int result)
{
	pthread_mutex_lock(&s->lock);
	s->known = true;
	s->result = result;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* The starter opens the gate. False: it is to be stopped. */
static bool begin(struct supervisor *s)
{
	bool stopping;

	pthread_mutex_lock(&s->lock);
	while (!s->begun && !s->stopping)
		pthread_cond_wait(&s->changed, &s->lock);
	stopping = s->stopping;
	pthread_mutex_unlock(&s->lock);
	return !stopping;
}

static void *supervise(void *arg)
{
	struct supervisor *s = arg;
	int err;

	supervised = s->component;
	pthread_setname_np(pthread_self(), "cohort-super");
	err = launch(s, s->start_deadline);
	if (err)
		collect(s);
	start_is_known(s, err);
	if (!err && begin(s))
		serve(s);
	finish(s);
	pthread_mutex_lock(&s->lock);
	s->ended = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* All signals are the application's. */
static int thread_start(struct supervisor *s)
{
	pthread_attr_t attributes;
	sigset_t all;
	int error = pthread_attr_init(&attributes);

	if (error)
		return -error;
	sigfillset(&all);
	error = pthread_attr_setsigmask_np(&attributes, &all);
	if (!error)
		error = pthread_create(&s->thread, &attributes, supervise, s);
	pthread_attr_destroy(&attributes);
	s->started = !error;
	return -error;
}

/* --- The mode ------------------------------------------------------------------------------------------------------ */

static void supervisor_free(struct supervisor *s)
{
	restart_deinit(&s->restart);
	if (s->wake >= 0)
		close(s->wake);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static int supervisor_new(struct supervisor **out, struct cohort_component *component,
			  int64_t deadline)
{
	struct supervisor *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	*s = (struct supervisor){ .component = component,
				  .worker = WORKER_INIT,
				  .last_exit = -1,
				  .start_deadline = deadline };
	pthread_mutex_init(&s->lock, NULL);
	s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = s->wake < 0 ? -errno : clock_cond_init(&s->changed);
	if (!err)
		err = restart_init(&s->restart, &component->config);
	if (err)
		supervisor_free(s);
	else
		*out = s;
	return err;
}

static int process_check(const struct cohort_component_config *config)
{
	struct restart restart;
	int err = restart_init(&restart, config);

	restart_deinit(&restart);
	return err == -EINVAL ? err : 0;
}

static int process_start(struct cohort_component *component, int64_t deadline)
{
	struct supervisor *s;
	int err = supervisor_new(&component->supervisor, component, deadline);

	if (err)
		return err;
	s = component->supervisor;
	err = thread_start(s);
	if (err)
		return err;
	pthread_mutex_lock(&s->lock);
	while (!s->known)
		pthread_cond_wait(&s->changed, &s->lock);
	err = s->result;
	pthread_mutex_unlock(&s->lock);
	return err;
}

/* Waits until the thread is through; past the timeout its worker gets the signal. */
static void hurry_after(struct supervisor *s, int64_t timeout, int signal)
{
	int64_t deadline = clock_after(timeout);
	int err = 0;

	pthread_mutex_lock(&s->lock);
	while (!s->ended && err == 0)
		err = clock_cond_wait(&s->changed, &s->lock, deadline);
	if (!s->ended)
		worker_signal(&s->worker, signal);
	pthread_mutex_unlock(&s->lock);
}

static void process_stop(struct cohort_component *component)
{
	struct supervisor *s = component->supervisor;
	int64_t timeout = component->config.stop_timeout;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	poke(s);
	if (s->started) {
		hurry_after(s, timeout, SIGTERM);
		hurry_after(s, timeout, SIGKILL);
		pthread_join(s->thread, NULL);
	}
	port_drain(component->port); /* whoever waits in process_settle() */
	component->supervisor = NULL;
	supervisor_free(s);
}

static void process_started(struct cohort_component *component)
{
	struct supervisor *s = component->supervisor;

	pthread_mutex_lock(&s->lock);
	s->begun = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void process_joined(struct cohort_component *component)
{
	poke(component->supervisor);
}

static void process_left(struct cohort_component *component, cohort_peer peer,
			 enum cohort_reason reason)
{
	struct supervisor *s = component->supervisor;

	(void)reason;
	pthread_mutex_lock(&s->lock);
	s->left = peer;
	pthread_mutex_unlock(&s->lock);
	poke(s);
}

bool supervise_is_here(const struct cohort_component *component)
{
	return component && supervised == component;
}

static void process_settle(struct cohort_component *component, cohort_peer peer)
{
	struct supervisor *s = component->supervisor;
	int64_t deadline = clock_after(SETTLE_MAX);
	int err = 0;

	if (supervise_is_here(component)) {
		collect(s);
		return;
	}
	pthread_mutex_lock(&s->lock);
	if (peer != COHORT_NOBODY && peer == s->peer) {
		s->left = peer; /* `left` itself may be waiting for whoever waits here */
		poke(s);
	}
	while (!s->stopping && !s->collected && (peer == s->peer || peer == COHORT_NOBODY) && !err)
		err = clock_cond_wait(&s->changed, &s->lock, deadline);
	pthread_mutex_unlock(&s->lock);
}

static void process_info(struct cohort_component *component, struct cohort_component_info *info)
{
	struct supervisor *s = component->supervisor;

	if (!s) /* it is starting */
		return;
	pthread_mutex_lock(&s->lock);
	info->pid = s->worker.pid;
	info->last_exit = s->last_exit;
	memcpy(info->sandbox, s->sandbox, sizeof(info->sandbox));
	pthread_mutex_unlock(&s->lock);
}

const struct mode mode_process = {
	.name = "process",
	.worker = true,
	.check = process_check,
	.start = process_start,
	.stop = process_stop,
	.started = process_started,
	.joined = process_joined,
	.left = process_left,
	.settle = process_settle,
	.info = process_info,
};
