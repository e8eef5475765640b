#include "fault/common/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* What one message or request came to. */
#define NUMBERS_MAX 4096

enum fate {
	FATE_UNUSED,
	FATE_FAILED,   /* the call failed: no effect */
	FATE_SENT,     /* a message was accepted: it has its effect, or the loss is reported */
	FATE_MISSED,   /* a broadcast that nobody got */
	FATE_ANSWERED, /* a request was answered: its handler ran */
	FATE_BROKEN,   /* it may have run */
};

struct head {
	uint64_t number;
	uint64_t size;
};

struct party {
	struct cohort *c;
	struct cohort_config config;
	struct cohort_action actions[4];
	_Atomic unsigned joined, left, lost;
	bool has_extra; /* an action that was registered later */
};

static struct {
	struct census before;
	char folder[TEMP_DIR_MAX];
	char path[TEMP_DIR_MAX + 2];
	bool by_pair;
	_Atomic bool elsewhere; /* the other side is another process */
	int pair[2];
	int inode; /* a descriptor that is sent along */
	struct party party[2];
	_Atomic uint64_t next;
	_Atomic int fate[NUMBERS_MAX];
	_Atomic unsigned runs[NUMBERS_MAX];
	_Atomic unsigned outcomes[NUMBERS_MAX]; /* of asynchronous requests: callbacks */
	_Atomic unsigned accepted, released;
} scene;

static unsigned char body[LARGE];

struct cohort *scene_handle(enum side side)
{
	return scene.party[side].c;
}

/*
 * --- Bodies: a head, and bytes that depend on their place ----------------------------------------
 */

static unsigned char byte_at(size_t i)
{
	return (unsigned char)(i * 7 + (i >> 12));
}

static void fill_body(void)
{
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = byte_at(i);
}

/* Far apart in a large one; each would be wrong if it were shifted or missing. */
static bool is_body(const unsigned char *data, size_t size)
{
	size_t step = size > 64 * KIB ? 4093 : 61;

	for (size_t i = sizeof(struct head); i < size; i += step) {
		if (data[i] != byte_at(i))
			return false;
	}
	return true;
}

static uint64_t check_body(const void *data, size_t size)
{
	struct head head = { 0 };

	if (size < sizeof(head)) {
		run_failed("a body of %zu bytes", size);
		return 0;
	}
	memcpy(&head, data, sizeof(head));
	if (head.number >= NUMBERS_MAX || head.size != size || !is_body(data, size)) {
		run_failed("a body that nobody sent: %zu bytes", size);
		return 0;
	}
	return head.number;
}

static bool is_inode(int fd)
{
	struct stat ours, theirs;

	return fd >= 0 && !fstat(scene.inode, &ours) && !fstat(fd, &theirs) &&
	       ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

/*
 * --- Handlers and callbacks ----------------------------------------------------------------------
 */

static uint64_t note_run(struct cohort_call *call)
{
	size_t size;
	const void *data = cohort_call_data(call, &size);
	uint64_t number = check_body(data, size);

	if (!atomic_load(&scene.elsewhere))
		atomic_fetch_add(&scene.runs[number], 1);
	return number;
}

static int on_note(struct cohort_call *call, void *arg)
{
	(void)arg;
	note_run(call);
	for (size_t i = 0; i < cohort_call_fds(call); i++) {
		int fd = cohort_call_fd_take(call, i);

		EXPECT(is_inode(fd));
		close(fd);
	}
	return 0;
}

/* Answers with the same; a failure to do so is its status. */
static int on_echo(struct cohort_call *call, void *arg)
{
	struct cohort_message answer = COHORT_MESSAGE_INIT;
	int fds[SCENE_FDS], err;

	(void)arg;
	note_run(call);
	answer.data = cohort_call_data(call, &answer.length);
	answer.nfds = cohort_call_fds(call);
	answer.fds = fds;
	for (size_t i = 0; i < answer.nfds; i++)
		fds[i] = cohort_call_fd_take(call, i);
	err = cohort_call_reply(call, 0, &answer);
	for (size_t i = 0; i < answer.nfds; i++)
		close(fds[i]);
	return err < 0 ? err : 0;
}

/* Asks the requester the same, and answers what became of it. */
static int on_relay(struct cohort_call *call, void *arg)
{
	struct cohort_message message = COHORT_MESSAGE_INIT;
	struct cohort_reply *reply = NULL;
	size_t size;
	const void *data = cohort_call_data(call, &size);
	int err;

	(void)arg;
	check_body(data, size);
	message.action = "echo";
	message.data = data;
	message.length = size;
	err = cohort_request(cohort_call_channel(call), cohort_call_peer(call), &message, SHORT,
			     &reply);
	if (!err)
		err = cohort_reply_status(reply);
	else
		EXPECT(error_is_of_request(err));
	cohort_reply_free(reply);
	return err;
}

static void on_joined(struct cohort *c, cohort_peer peer, void *user)
{
	(void)c;
	(void)peer;
	atomic_fetch_add(&((struct party *)user)->joined, 1);
}

static void on_left(struct cohort *c, cohort_peer peer, enum cohort_reason reason, void *user)
{
	(void)c;
	(void)peer;
	if (reason == COHORT_LEFT_VIOLATION)
		run_failed("a peer was taken for one that breaks the protocol");
	atomic_fetch_add(&((struct party *)user)->left, 1);
}

static void on_lost(struct cohort *c, cohort_peer peer, uint64_t count,
		    enum cohort_lost_reason reason, void *user)
{
	(void)c;
	(void)peer;
	(void)reason;
	atomic_fetch_add(&((struct party *)user)->lost, (unsigned)count);
}

void scene_other_process(void)
{
	atomic_store(&scene.elsewhere, true);
}

static bool has_left(const struct party *party)
{
	return atomic_load(&party->joined) == atomic_load(&party->left);
}

void scene_alone(void)
{
	int64_t end = now_ns() + PATIENCE;

	while (!(has_left(&scene.party[PRIMARY]) && has_left(&scene.party[SECONDARY])) &&
	       now_ns() < end)
		sched_yield();
	EXPECT(has_left(&scene.party[PRIMARY]) && has_left(&scene.party[SECONDARY]));
	atomic_store(&scene.elsewhere, false);
}

static void on_log(struct cohort *c, enum cohort_log_level level, int error, const char *text,
		   void *user)
{
	(void)c;
	(void)level;
	if (getenv("COHORT_FAULT_N") || getenv("COHORT_FAULT_LOG"))
		fprintf(stderr, "  log of the %s: %s (%d)\n",
			user == &scene.party[0] ? "primary" : "secondary", text, error);
}

static void on_released(void *arg)
{
	(void)arg;
	atomic_fetch_add(&scene.released, 1);
}

/*
 * --- Opening and closing -------------------------------------------------------------------------
 */

static void add_action(struct party *party, const char *name, cohort_handler *handler,
		       uint32_t flags)
{
	struct cohort_action *action = &party->actions[party->config.nactions++];

	*action = (struct cohort_action)COHORT_ACTION_INIT;
	action->name = name;
	action->handler = handler;
	action->flags = flags;
	action->released = on_released;
}

static void init_party(struct party *party, enum cohort_role role)
{
	party->config = (struct cohort_config)COHORT_CONFIG_INIT;
	party->config.role = role;
	party->config.user = party;
	party->config.actions = party->actions;
	party->config.joined = on_joined;
	party->config.left = on_left;
	party->config.lost = on_lost;
	party->config.log = on_log;
	party->config.open_timeout = role == COHORT_ROLE_PRIMARY ? 0 : SHORT;
	party->config.handshake_timeout = SHORT;
	party->config.close_timeout = GIVING_UP;
	add_action(party, "note", on_note, 0);
	add_action(party, "echo", on_echo, 0);
	add_action(party, "relay", on_relay, 0);
	add_action(party, "slow", on_echo, COHORT_BLOCKING);
}

void scene_begin(bool by_pair)
{
	inject_exempt(true);
	fill_body();
	atomic_store(&scene.next, 1);
	scene.by_pair = by_pair;
	scene.pair[0] = scene.pair[1] = -1;
	EXPECT(temp_dir_make(scene.folder) == 0);
	snprintf(scene.path, sizeof(scene.path), "%s/s", scene.folder);
	scene.inode = memfd_create("carried", MFD_CLOEXEC);
	init_party(&scene.party[PRIMARY], COHORT_ROLE_PRIMARY);
	init_party(&scene.party[SECONDARY], COHORT_ROLE_SECONDARY);
	EXPECT(census_take(&scene.before, 0, scene.folder) == 0);
	inject_exempt(false);
}

bool error_is_of_open(int error)
{
	return error == -ENOENT || error == -ECONNREFUSED || error == -ETIMEDOUT ||
	       error == -EMFILE || error == -ENFILE || error == -ENOMEM || error == -EAGAIN;
}

static int open_by_path(struct party *party)
{
	return cohort_open(&party->c, scene.path, &party->config);
}

void scene_make_pair(void)
{
	if (scene.pair[0] >= 0 || scene.pair[1] >= 0)
		return;
	inject_exempt(true);
	EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, scene.pair) == 0);
	inject_exempt(false);
}

/* On failure the descriptor stays ours, and then we close it: the pair is of no use any more. */
static int open_by_pair(struct party *party, enum side side)
{
	int fd = scene.pair[side], err;

	scene.pair[side] = -1;
	err = cohort_open_fd(&party->c, fd, &party->config);
	if (err) {
		if (fcntl(fd, F_GETFD) < 0)
			run_failed("cohort_open_fd() failed with %d and closed the descriptor",
				   err);
		else
			close(fd);
	}
	return err;
}

int scene_open_side(enum side side)
{
	struct party *party = &scene.party[side];
	unsigned released = atomic_load(&scene.released);
	int err;

	if (party->c)
		return 0;
	err = scene.by_pair ? open_by_pair(party, side) : open_by_path(party);
	if (!err)
		return 0;
	EXPECT(!party->c);
	if (!error_is_of_open(err))
		run_failed("opening the %s failed with %d", side ? "secondary" : "primary", err);
	if (atomic_load(&scene.released) != released)
		run_failed("an open that failed released actions");
	return err;
}

void scene_close_side(enum side side)
{
	struct party *party = &scene.party[side];
	int err = cohort_close(party->c);

	if (err)
		run_failed("cohort_close(): %d", err);
	party->c = NULL;
	party->has_extra = false;
	EXPECT(atomic_load(&party->joined) == atomic_load(&party->left));
}

static void close_pair(void)
{
	for (int i = 0; i < 2; i++) {
		if (scene.pair[i] >= 0)
			close(scene.pair[i]);
		scene.pair[i] = -1;
	}
}

/* New handles, both: over a pair there is no other way to begin again. */
static void start_over(void)
{
	scene_close_side(SECONDARY);
	scene_close_side(PRIMARY);
	close_pair();
	scene_make_pair();
}

static int try_open(void)
{
	int err;

	if (scene.by_pair) {
		if (!scene.party[PRIMARY].c || !scene.party[SECONDARY].c)
			start_over();
	}
	err = scene_open_side(PRIMARY);
	if (!err)
		err = scene_open_side(SECONDARY);
	if (!err)
		err = cohort_wait(scene.party[SECONDARY].c, NULL, 1, SHORT);
	if (!err)
		err = cohort_wait(scene.party[PRIMARY].c, NULL, 1, SHORT);
	if (err && scene.by_pair)
		start_over();
	return err;
}

/*
 * Over a pair the primary's patience begins before the secondary is there, and there is no second
 * attempt. By path it stays short: it is what ends a handshake that a fault breaks off, later.
 */
static void set_patience(int64_t open, int64_t handshake)
{
	scene.party[SECONDARY].config.open_timeout = open;
	scene.party[SECONDARY].config.handshake_timeout = handshake;
	if (scene.by_pair)
		scene.party[PRIMARY].config.handshake_timeout = handshake;
}

void scene_open(void)
{
	scene_make_pair();
	set_patience(PATIENCE, scene.by_pair ? PATIENCE : GIVING_UP);
	EXPECT(scene_open_side(PRIMARY) == 0);
	EXPECT(scene_open_side(SECONDARY) == 0);
	set_patience(SHORT, SHORT);
	EXPECT(cohort_wait(scene.party[PRIMARY].c, NULL, 1, PATIENCE) == 0);
}

/*
 * --- Calls, and what is noted of them ------------------------------------------------------------
 */

bool error_is_of_send(int error)
{
	return error == -EAGAIN || error == -ENOTCONN || error == -ESTALE || error == -EMFILE ||
	       error == -ENOMEM || error == -EDEADLK;
}

/* Errors that say that the handler did not run. */
static bool error_is_unsent(int error)
{
	return error_is_of_send(error) || error == -EBUSY;
}

bool error_is_of_request(int error)
{
	return error_is_unsent(error) || error == -ETIMEDOUT || error == -EPIPE ||
	       error == -ESHUTDOWN || error == -ECANCELED || error == -ENOBUFS;
}

static struct cohort_message next_message(const char *action, size_t size, size_t nfds,
					  struct head *head, int *fds, struct iovec *rest)
{
	struct cohort_message m = COHORT_MESSAGE_INIT;

	head->number = atomic_fetch_add(&scene.next, 1) % NUMBERS_MAX;
	head->size = size;
	rest->iov_base = body + sizeof(*head);
	rest->iov_len = size - sizeof(*head);
	for (size_t i = 0; i < nfds; i++)
		fds[i] = scene.inode;
	m.action = action;
	m.data = head;
	m.length = sizeof(*head);
	m.iov = rest;
	m.niov = 1;
	m.fds = fds;
	m.nfds = nfds;
	return m;
}

static cohort_peer other(enum side from)
{
	struct cohort_peer_info info = { .size = sizeof(info) };

	if (from == SECONDARY)
		return COHORT_PRIMARY;
	return cohort_peers(scene.party[PRIMARY].c, &info, 1, 0) > 0 ? info.id : COHORT_NOBODY + 2;
}

static void note_fate(uint64_t number, enum fate fate)
{
	if (!atomic_load(&scene.elsewhere))
		atomic_store(&scene.fate[number], fate);
}

int scene_send(enum side from, size_t size, size_t nfds)
{
	struct head head;
	struct iovec rest;
	int fds[SCENE_FDS], err;
	struct cohort_message m = next_message("note", size, nfds, &head, fds, &rest);

	err = cohort_send(scene.party[from].c, other(from), &m, SHORT);
	if (err && !error_is_of_send(err))
		run_failed("cohort_send() failed with %d", err);
	note_fate(head.number, err ? FATE_FAILED : FATE_SENT);
	return err;
}

int scene_broadcast(size_t size, size_t nfds)
{
	struct cohort_delivery delivery = COHORT_DELIVERY_INIT;
	struct head head;
	struct iovec rest;
	int fds[SCENE_FDS], err;
	struct cohort_message m = next_message("note", size, nfds, &head, fds, &rest);

	err = cohort_broadcast(scene.party[PRIMARY].c, &m, SHORT, &delivery);
	if (err && !error_is_of_send(err))
		run_failed("cohort_broadcast() failed with %d", err);
	note_fate(head.number, err ? FATE_FAILED : delivery.delivered ? FATE_SENT : FATE_MISSED);
	return err ? err : delivery.delivered == 1 ? 0 : -ENOTCONN;
}

static void check_reply(struct cohort_reply *reply, uint64_t number, size_t nfds)
{
	size_t size;
	const void *data = cohort_reply_data(reply, &size);

	EXPECT(check_body(data, size) == number);
	EXPECT(cohort_reply_fds(reply) == nfds);
	for (size_t i = 0; i < nfds; i++) {
		int fd = cohort_reply_fd_take(reply, i);

		EXPECT(is_inode(fd));
		close(fd);
	}
}

/* What an error says about whether it ran. */
static void note_outcome(uint64_t number, int error)
{
	if (!error)
		note_fate(number, FATE_ANSWERED);
	else
		note_fate(number, error_is_unsent(error) ? FATE_FAILED : FATE_BROKEN);
	if (error && !error_is_of_request(error))
		run_failed("a request failed with %d", error);
}

static bool status_is_known(int status)
{
	return status == -EMFILE || status == -ENOMEM || error_is_of_request(status);
}

int scene_request(enum side from, const char *action, size_t size, size_t nfds)
{
	struct cohort_reply *reply = NULL;
	struct head head;
	struct iovec rest;
	int fds[SCENE_FDS], err, status;
	struct cohort_message m = next_message(action, size, nfds, &head, fds, &rest);

	err = cohort_request(scene.party[from].c, other(from), &m, SHORT, &reply);
	status = err ? 0 : cohort_reply_status(reply);
	if (status && !status_is_known(status))
		run_failed("the answer's status is %d", status);
	note_outcome(head.number, err);
	if (!err && status && !strcmp(action, "relay"))
		note_fate(head.number,
			  FATE_BROKEN); /* it may be the answer to the inner one that failed */
	if (!err && !status && strcmp(action, "relay"))
		check_reply(reply, head.number, nfds);
	cohort_reply_free(reply);
	return err ? err : status;
}

static void on_done(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply, void *arg)
{
	uint64_t number = (uint64_t)(uintptr_t)arg;

	(void)c;
	(void)id;
	note_outcome(number, error);
	if (!error && !cohort_reply_status(reply))
		check_reply(reply, number, cohort_reply_fds(reply));
	cohort_reply_free(reply);
	atomic_fetch_add(&scene.outcomes[number], 1);
}

static void await_outcome(uint64_t number)
{
	int64_t end = now_ns() + PATIENCE;

	while (!atomic_load(&scene.outcomes[number]) && now_ns() < end)
		sched_yield();
	if (atomic_load(&scene.outcomes[number]) != 1)
		run_failed("an asynchronous request has %u outcomes",
			   atomic_load(&scene.outcomes[number]));
}

int scene_request_async(enum side from, size_t size, size_t nfds)
{
	struct head head;
	struct iovec rest;
	int fds[SCENE_FDS], err;
	struct cohort_message m = next_message("echo", size, nfds, &head, fds, &rest);

	err = cohort_request_async(scene.party[from].c, other(from), &m, SHORT, on_done,
				   (void *)(uintptr_t)head.number, NULL);
	if (err) {
		note_outcome(head.number, err);
		EXPECT(error_is_unsent(err));
		EXPECT(!atomic_load(&scene.outcomes[head.number]));
		return err;
	}
	await_outcome(head.number);
	return scene.fate[head.number] == FATE_ANSWERED || scene.elsewhere ? 0 : -EPIPE;
}

/* There is one secondary, or none: its outcome is the request's. */
static int outcome_of_all(struct cohort_replies *replies, uint64_t number, size_t nfds)
{
	struct cohort_reply *reply;
	int err = -ENOTCONN;

	if (cohort_replies_count(replies) == 1) {
		err = cohort_replies_error(replies, 0);
		reply = cohort_replies_reply(replies, 0);
		note_outcome(number, err);
		if (!err && !cohort_reply_status(reply))
			check_reply(reply, number, nfds);
	}
	cohort_replies_free(replies);
	return err;
}

int scene_request_all(size_t size, size_t nfds)
{
	struct cohort_replies *replies = NULL;
	struct head head;
	struct iovec rest;
	int fds[SCENE_FDS], err;
	struct cohort_message m = next_message("echo", size, nfds, &head, fds, &rest);

	err = cohort_request_all(scene.party[PRIMARY].c, &m, SHORT, &replies);
	if (err) {
		note_outcome(head.number, err);
		EXPECT(error_is_unsent(err));
		return err;
	}
	return outcome_of_all(replies, head.number, nfds);
}

static void on_done_all(struct cohort *c, uint64_t id, struct cohort_replies *replies, void *arg)
{
	uint64_t number = (uint64_t)(uintptr_t)arg;

	(void)c;
	(void)id;
	outcome_of_all(replies, number, 0);
	atomic_fetch_add(&scene.outcomes[number], 1);
}

int scene_request_all_async(size_t size)
{
	struct head head;
	struct iovec rest;
	int err;
	struct cohort_message m = next_message("echo", size, 0, &head, NULL, &rest);

	err = cohort_request_all_async(scene.party[PRIMARY].c, &m, SHORT, on_done_all,
				       (void *)(uintptr_t)head.number, NULL);
	if (err) {
		note_outcome(head.number, err);
		EXPECT(error_is_unsent(err));
		return err;
	}
	await_outcome(head.number);
	return atomic_load(&scene.fate[head.number]) == FATE_ANSWERED ? 0 : -EPIPE;
}

int scene_register(enum side side)
{
	struct cohort_action extra = COHORT_ACTION_INIT;
	struct party *party = &scene.party[side];
	unsigned released = atomic_load(&scene.released);
	int err;

	if (party->has_extra)
		return 0;
	extra.name = "extra";
	extra.handler = on_note;
	extra.released = on_released;
	err = cohort_register(party->c, &extra);
	if (err && err != -ENOMEM && err != -ETIMEDOUT)
		run_failed("cohort_register() failed with %d", err);
	EXPECT(atomic_load(&scene.released) == released);
	party->has_extra = !err;
	return err;
}

int scene_unregister(enum side side)
{
	struct party *party = &scene.party[side];
	unsigned released = atomic_load(&scene.released);
	int err;

	if (!party->has_extra)
		return 0;
	err = cohort_unregister(party->c, "extra");
	if (err)
		run_failed("cohort_unregister(): %d", err);
	EXPECT(atomic_load(&scene.released) == released + 1);
	party->has_extra = false;
	return err;
}

/*
 * --- The judgement -------------------------------------------------------------------------------
 */

static void judge_one(uint64_t number)
{
	unsigned runs = atomic_load(&scene.runs[number]);

	switch ((enum fate)atomic_load(&scene.fate[number])) {
	case FATE_UNUSED:
		break;
	case FATE_FAILED:
	case FATE_MISSED:
		if (runs)
			run_failed("number %u: the call failed, and yet it ran", (unsigned)number);
		break;
	case FATE_ANSWERED:
		if (runs != 1)
			run_failed("number %u: answered, but it ran %u times", (unsigned)number,
				   runs);
		break;
	case FATE_SENT:
	case FATE_BROKEN:
		if (runs > 1)
			run_failed("number %u ran %u times", (unsigned)number, runs);
		break;
	}
}

/* How many accepted messages have neither been handled nor reported lost. */
unsigned scene_missing(void)
{
	unsigned missing = 0, lost = 0;

	for (uint64_t i = 1; i < atomic_load(&scene.next) && i < NUMBERS_MAX; i++)
		missing += atomic_load(&scene.fate[i]) == FATE_SENT && !atomic_load(&scene.runs[i]);
	for (int i = 0; i < 2; i++)
		lost += atomic_load(&scene.party[i].lost);
	return missing > lost ? missing - lost : 0;
}

/* Sessions have ended before we closed them, with what was on its way. */
static bool is_broken(void)
{
	return atomic_load(&scene.party[PRIMARY].left) || atomic_load(&scene.party[SECONDARY].left);
}

void scene_await(void)
{
	int64_t end = now_ns() + COHORT_MS(300);

	while (scene_missing() && !is_broken() && now_ns() < end)
		sched_yield();
}

static void judge(bool broken)
{
	unsigned missing = scene_missing();

	for (uint64_t i = 1; i < atomic_load(&scene.next) && i < NUMBERS_MAX; i++)
		judge_one(i);
	if (missing && !broken)
		run_failed("%u messages were accepted and are gone", missing);
}

static void judge_census(void)
{
	char why[1024];

	if (!census_settle(&scene.before, why, sizeof(why)))
		run_failed("left behind:\n%s", why);
}

/* While a session ends or begins again a call may fail; in the end it works. */
static void repeat(int (*attempt)(void))
{
	int64_t end = now_ns() + PATIENCE;
	int err;

	do {
		err = try_open();
		if (!err)
			err = attempt();
	} while (err && now_ns() < end);
	if (err)
		run_failed("with the fault gone it still fails: %d", err);
}

void scene_end(int (*attempt)(void))
{
	bool broken;

	repeat(attempt);
	broken = is_broken();
	scene_close_side(SECONDARY);
	scene_close_side(PRIMARY);
	close_pair();
	judge(broken);
	judge_census();
	close(scene.inode);
	inject_exempt(true);
	temp_dir_remove(scene.folder);
	inject_exempt(false);
}
