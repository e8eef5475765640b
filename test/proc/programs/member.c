/*
 * A process that takes part in a channel and does what it is told: one command a line on standard input, one line of
 * result for each. What happens to it (joined, left, lost) are lines, too. `member idle` only waits for its end.
 *
 * A peer is named by "primary" or by the number of its id. The commands are in the table at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "proc/common/sequence.h"
#include "proc/programs/program.h"

#define PEERS_MAX 64
#define KEPT_MAX 2048
#define WORDS_MAX 8
#define BODY_MAX 65536
#define HELD_MAX 4096

struct member {
	struct options options;
	struct cohort *c;
	pthread_mutex_t lock; /* guards what follows, but for `sent` */
	cohort_peer peers[PEERS_MAX];
	unsigned joined, left;
	enum cohort_reason reason;
	struct sequence sequence;
	uint64_t descriptors; /* received with messages */
	enum cohort_lost_reason lost_reason;
	struct cohort_call *kept[KEPT_MAX];
	unsigned nkept;
	unsigned open, done; /* asynchronous requests */
	int first_error;     /* of them */
	bool mixed;
	char vote[8];
	char state[16];
	uint64_t sent; /* the number of the next message: the main thread's */
};

static struct member me = { .lock = PTHREAD_MUTEX_INITIALIZER, .vote = "yes", .state = "none" };

extern char **environ;

/* --- Ways to end ------------------------------------------------------------------------------------------ */

/* Waits until the test has gone: without libc, for it also runs in a process made by a bare clone(). */
static void idle(void)
{
	char byte;

	while (syscall(SYS_read, STDIN_FILENO, &byte, 1) > 0)
		;
	syscall(SYS_exit_group, 0);
}

/* The signals are blocked in the library's threads: a fault is what still ends the process. */
static void crash(void)
{
	signal(SIGILL, SIG_DFL);
	signal(SIGTRAP, SIG_DFL);
	__builtin_trap();
}

static void leave_child(pid_t child)
{
	if (!child)
		idle();
	say("orphan %d", (int)child);
	kill(getpid(), SIGKILL);
}

static int die(const char *how)
{
	if (!strcmp(how, "kill"))
		kill(getpid(), SIGKILL);
	else if (!strcmp(how, "exit"))
		exit(0);
	else if (!strcmp(how, "exec"))
		execl("/proc/self/exe", "member", "idle", NULL);
	else if (!strcmp(how, "crash"))
		crash();
	else if (!strcmp(how, "fork"))
		leave_child(fork());
	else if (!strcmp(how, "clone"))
		leave_child((pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL));
	return -EINVAL;
}

/* --- Handlers --------------------------------------------------------------------------------------------- */

static void call_text(const struct cohort_call *call, char *text, size_t size)
{
	size_t length;
	const void *data = cohort_call_data(call, &length);

	if (length > size - 1)
		length = size - 1;
	memcpy(text, data, length);
	text[length] = '\0';
}

static int on_echo(struct cohort_call *call, void *arg)
{
	struct cohort_message answer = COHORT_MESSAGE_INIT;
	int fds[COHORT_FDS_MAX];
	int err;

	(void)arg;
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

static int on_sequence(struct cohort_call *call, void *arg)
{
	(void)arg;
	pthread_mutex_lock(&me.lock);
	sequence_handle(&me.sequence, call_number(call));
	me.descriptors += cohort_call_fds(call);
	pthread_mutex_unlock(&me.lock);
	return 0;
}

static int on_nap(struct cohort_call *call, void *arg)
{
	struct timespec pause = { 0, 0 };
	char text[16];
	long ms;

	(void)arg;
	call_text(call, text, sizeof(text));
	ms = strtol(text, NULL, 10);
	pause.tv_sec = ms / 1000;
	pause.tv_nsec = ms % 1000 * 1000000;
	say("napping %ld", ms);
	nanosleep(&pause, NULL);
	return 0;
}

static int on_die(struct cohort_call *call, void *arg)
{
	char how[16];

	(void)arg;
	call_text(call, how, sizeof(how));
	return die(how);
}

static int on_keep(struct cohort_call *call, void *arg)
{
	int err = -ENOSPC;

	(void)arg;
	pthread_mutex_lock(&me.lock);
	if (me.nkept < KEPT_MAX) {
		err = cohort_call_keep(call, &me.kept[me.nkept]);
		me.nkept += !err;
	}
	pthread_mutex_unlock(&me.lock);
	return err;
}

static void set_state(const char *state)
{
	pthread_mutex_lock(&me.lock);
	snprintf(me.state, sizeof(me.state), "%s", state);
	pthread_mutex_unlock(&me.lock);
}

/* The first phase of a commit: votes as it was told to. */
static int on_prepare(struct cohort_call *call, void *arg)
{
	char vote[sizeof(me.vote)];

	(void)call;
	(void)arg;
	set_state("prepared");
	say("prepared");
	pthread_mutex_lock(&me.lock);
	strcpy(vote, me.vote);
	pthread_mutex_unlock(&me.lock);
	if (!strcmp(vote, "die"))
		die("kill");
	return strcmp(vote, "no") ? 0 : -EACCES;
}

static int on_verdict(struct cohort_call *call, void *arg)
{
	(void)call;
	set_state(arg);
	return 0;
}

static int on_hello(struct cohort_call *call, void *arg)
{
	struct cohort_credentials who = cohort_call_credentials(call);

	(void)arg;
	say("hello %u %d %u", peer_number(cohort_call_peer(call)), (int)who.pid, (unsigned)who.uid);
	return 0;
}

static char applied[] = "applied", undone[] = "undone";

static const struct cohort_action actions[] = {
	{ sizeof(*actions), "echo", on_echo, NULL, 0, "answers with what came", NULL },
	{ sizeof(*actions), "sequence", on_sequence, NULL, 0, NULL, NULL },
	{ sizeof(*actions), "nap", on_nap, NULL, 0, NULL, NULL },
	{ sizeof(*actions), "die", on_die, NULL, 0, NULL, NULL },
	{ sizeof(*actions), "keep", on_keep, NULL, 0, NULL, NULL },
	{ sizeof(*actions), "hello", on_hello, NULL, 0, NULL, NULL },
	{ sizeof(*actions), "prepare", on_prepare, NULL, 0, NULL, NULL },
	{ sizeof(*actions), "apply", on_verdict, applied, 0, NULL, NULL },
	{ sizeof(*actions), "undo", on_verdict, undone, 0, NULL, NULL },
};

/* --- Callbacks -------------------------------------------------------------------------------------------- */

static void on_joined(struct cohort *c, cohort_peer peer, void *user)
{
	(void)c;
	(void)user;
	pthread_mutex_lock(&me.lock);
	me.peers[me.joined++ % PEERS_MAX] = peer;
	pthread_mutex_unlock(&me.lock);
	if (!me.options.quiet)
		say("joined %u", peer_number(peer));
}

static void on_left(struct cohort *c, cohort_peer peer, enum cohort_reason reason, void *user)
{
	(void)c;
	(void)user;
	pthread_mutex_lock(&me.lock);
	me.left++;
	me.reason = reason;
	pthread_mutex_unlock(&me.lock);
	if (!me.options.quiet)
		say("left %u %d", peer_number(peer), (int)reason);
}

static void on_lost(struct cohort *c, cohort_peer peer, uint64_t count,
		    enum cohort_lost_reason reason, void *user)
{
	(void)c;
	(void)peer;
	(void)user;
	pthread_mutex_lock(&me.lock);
	sequence_lose(&me.sequence, count);
	me.lost_reason = reason;
	pthread_mutex_unlock(&me.lock);
}

static void on_done(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply, void *arg)
{
	(void)c;
	(void)id;
	(void)arg;
	cohort_reply_free(reply);
	pthread_mutex_lock(&me.lock);
	if (!me.done++)
		me.first_error = error;
	me.mixed |= error != me.first_error;
	if (me.done == me.open)
		say("done %u %d%s", me.done, me.first_error, me.mixed ? " mixed" : "");
	pthread_mutex_unlock(&me.lock);
}

/* --- Commands --------------------------------------------------------------------------------------------- */

static cohort_peer peer_of(const char *word)
{
	unsigned long number = strtoul(word, NULL, 10);
	cohort_peer found = COHORT_NOBODY;

	if (!strcmp(word, "primary"))
		return COHORT_PRIMARY;
	pthread_mutex_lock(&me.lock);
	if (!strcmp(word, "first"))
		found = me.peers[0];
	for (unsigned i = 0; i < PEERS_MAX; i++)
		if (peer_number(me.peers[i]) == number)
			found = me.peers[i];
	pthread_mutex_unlock(&me.lock);
	return found;
}

static int64_t time_of(const char *word)
{
	return COHORT_MS(strtoul(word, NULL, 10));
}

/* On success says "open NUMBER ROLE": only the primary has no primary that it could ask for its statistics. */
static void do_open(char **words)
{
	struct cohort_counters counters = COHORT_COUNTERS_INIT;
	const char *role = "secondary";
	int err;

	(void)words;
	me.options.config.actions = actions;
	if (me.options.config.role != COHORT_ROLE_OBSERVER)
		me.options.config.nactions = sizeof(actions) / sizeof(*actions);
	me.options.config.joined = on_joined;
	me.options.config.left = on_left;
	me.options.config.lost = on_lost;
	say("opening");
	err = cohort_open(&me.c, me.options.path, &me.options.config);
	if (err) {
		me.c = NULL;
		say("failed %d", err);
		return;
	}
	if (cohort_remote_stats(me.c, COHORT_ALL, &counters, COHORT_SECONDS(10)) == -EOPNOTSUPP)
		role = "primary";
	say("open %u %s", peer_number(cohort_self(me.c)), role);
}

static void do_close(char **words)
{
	int err;

	(void)words;
	err = cohort_close(me.c);
	me.c = NULL;
	while (me.nkept)
		cohort_call_drop(me.kept[--me.nkept]);
	say("close %d", err);
}

/* send TO ACTION COUNT TIMEOUT DESCRIPTORS: numbered messages, up to the first that fails. */
static int send_many(char **words)
{
	struct cohort_message message = COHORT_MESSAGE(words[1], &me.sent, sizeof(me.sent));
	unsigned long count = strtoul(words[2], NULL, 10), n;
	cohort_peer to = peer_of(words[0]);
	int fds[COHORT_FDS_MAX];
	int err = 0;

	message.fds = fds;
	message.nfds = strtoul(words[4], NULL, 10);
	for (size_t i = 0; i < message.nfds; i++)
		fds[i] = STDERR_FILENO;
	for (n = 0; n < count && !err; n += !err) {
		err = cohort_send(me.c, to, &message, time_of(words[3]));
		me.sent += !err;
	}
	say("send %d %lu", err, n);
	return err;
}

static void do_send(char **words)
{
	send_many(words);
}

/* last TO ACTION COUNT TIMEOUT DESCRIPTORS: as send, and then dies. */
static void do_last(char **words)
{
	if (!send_many(words))
		die("kill");
}

/* request TO ACTION TIMEOUT DESCRIPTORS FLAG TEXT */
static void do_request(char **words)
{
	struct cohort_message message = COHORT_MESSAGE(words[1], words[5], strlen(words[5]));
	struct cohort_reply *reply = NULL;
	int fds[COHORT_FDS_MAX];
	int err;

	message.fds = fds;
	message.nfds = strtoul(words[3], NULL, 10);
	for (size_t i = 0; i < message.nfds; i++)
		fds[i] = STDERR_FILENO;
	if (!strcmp(words[4], "wait"))
		message.flags |= COHORT_WAIT_FOR_PRIMARY;
	if (!strcmp(words[4], "fence"))
		message.flags |= COHORT_FENCE;
	err = cohort_request(me.c, peer_of(words[0]), &message, time_of(words[2]), &reply);
	say("request %d %d %zu", err, err ? 0 : cohort_reply_status(reply),
	    err ? 0 : cohort_reply_fds(reply));
	cohort_reply_free(reply);
}

/* async TO ACTION TIMEOUT COUNT: when all of them have ended: "done COUNT ERROR". */
static void do_async(char **words)
{
	struct cohort_message message = COHORT_MESSAGE(words[1], "async", 5);
	unsigned long count = strtoul(words[3], NULL, 10), n;
	int err = 0;

	pthread_mutex_lock(&me.lock);
	me.open = (unsigned)count;
	me.done = 0;
	me.mixed = false;
	pthread_mutex_unlock(&me.lock);
	for (n = 0; n < count && !err; n += !err)
		err = cohort_request_async(me.c, peer_of(words[0]), &message, time_of(words[2]),
					   on_done, NULL, NULL);
	say("async %d %lu", err, n);
}

/* flood ACTION COUNT DESCRIPTORS: tries so often; counts what was accepted. Nothing is ever dispatched. */
static void do_flood(char **words)
{
	struct cohort_message message = COHORT_MESSAGE(words[0], "flood", 5);
	unsigned long count = strtoul(words[1], NULL, 10), accepted = 0;
	int fds[COHORT_FDS_MAX];
	int err = 0;

	message.fds = fds;
	message.nfds = strtoul(words[2], NULL, 10);
	for (size_t i = 0; i < message.nfds; i++)
		fds[i] = STDERR_FILENO;
	for (unsigned long n = 0; n < count; n++) {
		err = cohort_request_async(me.c, COHORT_PRIMARY, &message, COHORT_SECONDS(60),
					   on_done, NULL, NULL);
		accepted += !err;
	}
	say("flood %d %lu", err, accepted);
}

/* broadcast COUNT TIMEOUT */
static void do_broadcast(char **words)
{
	struct cohort_message message = COHORT_MESSAGE("sequence", &me.sent, sizeof(me.sent));
	unsigned long count = strtoul(words[0], NULL, 10), delivered = 0, missed = 0;
	int err = 0;

	for (unsigned long n = 0; n < count && !err; n++) {
		struct cohort_delivery delivery = COHORT_DELIVERY_INIT;

		err = cohort_broadcast(me.c, &message, time_of(words[1]), &delivery);
		me.sent += !err;
		delivered += delivery.delivered;
		missed += delivery.nmissed;
	}
	say("broadcast %d %lu %lu", err, delivered, missed);
}

/* wait ACTION COUNT TIMEOUT; "-" for any action */
static void do_wait(char **words)
{
	const char *action = strcmp(words[0], "-") ? words[0] : NULL;

	say("wait %d", cohort_wait(me.c, action, strtoul(words[1], NULL, 10), time_of(words[2])));
}

static void do_peers(char **words)
{
	struct cohort_peer_info peers[PEERS_MAX] = { { .size = sizeof(*peers) } };
	int n = cohort_peers(me.c, peers, PEERS_MAX, COHORT_SECONDS(10));

	(void)words;
	for (int i = 0; i < n && i < PEERS_MAX; i++)
		say("peer %u %d %u", peer_number(peers[i].id), (int)peers[i].pid,
		    (unsigned)peers[i].uid);
	say("peers %d", n);
}

static void do_events(char **words)
{
	(void)words;
	pthread_mutex_lock(&me.lock);
	say("events joined %u left %u reason %d handled %llu lost %llu disorder %llu because %d fds %llu",
	    me.joined, me.left, (int)me.reason, (unsigned long long)me.sequence.handled,
	    (unsigned long long)me.sequence.lost, (unsigned long long)me.sequence.disorder,
	    (int)me.lost_reason, (unsigned long long)me.descriptors);
	pthread_mutex_unlock(&me.lock);
}

static void do_self(char **words)
{
	(void)words;
	say("self %u", peer_number(cohort_self(me.c)));
}

/* vote yes|no|die */
static void do_vote(char **words)
{
	pthread_mutex_lock(&me.lock);
	snprintf(me.vote, sizeof(me.vote), "%s", words[0]);
	pthread_mutex_unlock(&me.lock);
	say("vote %s", words[0]);
}

static void do_state(char **words)
{
	(void)words;
	pthread_mutex_lock(&me.lock);
	say("state %s", me.state);
	pthread_mutex_unlock(&me.lock);
}

static int held[HELD_MAX];
static unsigned nheld;

/* fill LEAVE: opens descriptors until there is room for only so many more. */
static void do_fill(char **words)
{
	struct rlimit limit;
	int fd;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 256;
	setrlimit(RLIMIT_NOFILE, &limit);
	while (nheld < HELD_MAX && (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		held[nheld++] = fd;
	for (unsigned long n = strtoul(words[0], NULL, 10); n && nheld; n--)
		close(held[--nheld]);
	say("fill %u", nheld);
}

static void do_free(char **words)
{
	(void)words;
	while (nheld)
		close(held[--nheld]);
	say("free");
}

/* Every call in the child must say -ECHILD, also the one that would end the handle. */
static void try_everything(void)
{
	struct cohort_message message = COHORT_MESSAGE("sequence", &me.sent, sizeof(me.sent));
	struct cohort_counters counters = COHORT_COUNTERS_INIT;
	struct cohort_reply *reply;
	struct cohort_replies *replies;
	int all = cohort_send(me.c, COHORT_PRIMARY, &message, 0) == -ECHILD &&
		  cohort_broadcast(me.c, &message, 0, NULL) == -ECHILD &&
		  cohort_request(me.c, COHORT_PRIMARY, &message, COHORT_MS(1), &reply) == -ECHILD &&
		  cohort_request_all(me.c, &message, COHORT_MS(1), &replies) == -ECHILD &&
		  cohort_request_async(me.c, COHORT_PRIMARY, &message, COHORT_MS(1), on_done, NULL,
				       NULL) == -ECHILD &&
		  cohort_cancel(me.c, 1) == -ECHILD &&
		  cohort_register(me.c, &actions[0]) == -ECHILD &&
		  cohort_unregister(me.c, "echo") == -ECHILD &&
		  cohort_peers(me.c, NULL, 0, COHORT_MS(1)) == -ECHILD &&
		  cohort_wait(me.c, NULL, 1, COHORT_MS(1)) == -ECHILD &&
		  cohort_stats(me.c, COHORT_ALL, &counters) == -ECHILD &&
		  cohort_close(me.c) == -ECHILD && cohort_self(me.c) == COHORT_NOBODY;

	_exit(all ? 7 : 8);
}

/* fork COUNT: children that use the handles; says how many of them ended as they should. */
static void do_fork(char **words)
{
	unsigned long count = strtoul(words[0], NULL, 10), good = 0;
	int status;

	for (unsigned long n = 0; n < count; n++) {
		pid_t child = fork();

		if (!child)
			try_everything();
		if (child > 0 && waitpid(child, &status, 0) == child)
			good += WIFEXITED(status) && WEXITSTATUS(status) == 7;
	}
	say("fork %lu", good);
}

static pid_t spawned;
static int spawned_socket;

/* Runs a program that only waits: what descriptors does it have? It says when it has begun. Ends with `reap`. */
static void do_spawn(char **words)
{
	char *argv[] = { "member", "idle", NULL };
	posix_spawn_file_actions_t redirect;
	int pair[2];
	char byte;

	(void)words;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		_exit(118);
	posix_spawn_file_actions_init(&redirect);
	posix_spawn_file_actions_adddup2(&redirect, pair[1], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&redirect, pair[1], STDOUT_FILENO);
	if (posix_spawn(&spawned, "/proc/self/exe", &redirect, NULL, argv, environ))
		_exit(117);
	posix_spawn_file_actions_destroy(&redirect);
	close(pair[1]);
	spawned_socket = pair[0];
	if (read(spawned_socket, &byte, 1) != 1)
		_exit(116);
	say("spawn %d", (int)spawned);
}

static void do_reap(char **words)
{
	(void)words;
	close(spawned_socket); /* the end of its input is its own */
	waitpid(spawned, NULL, 0);
	say("reap");
}

/* die HOW */
static void do_die(char **words)
{
	say("die %d", die(words[0]));
}

static void do_quit(char **words)
{
	(void)words;
	do_free(words);
	if (me.c)
		do_close(words);
	exit(0);
}

static const struct command {
	const char *name;
	void (*run)(char **words);
	int nwords;
} commands[] = {
	{ "open", do_open, 0 },	      { "close", do_close, 0 },
	{ "send", do_send, 5 },	      { "last", do_last, 5 },
	{ "request", do_request, 6 }, { "async", do_async, 4 },
	{ "flood", do_flood, 3 },     { "broadcast", do_broadcast, 2 },
	{ "wait", do_wait, 3 },	      { "peers", do_peers, 0 },
	{ "events", do_events, 0 },   { "self", do_self, 0 },
	{ "vote", do_vote, 1 },	      { "state", do_state, 0 },
	{ "fill", do_fill, 1 },	      { "free", do_free, 0 },
	{ "fork", do_fork, 1 },	      { "spawn", do_spawn, 0 },
	{ "reap", do_reap, 0 },	      { "die", do_die, 1 },
	{ "quit", do_quit, 0 },
};

static void run_command(char *line)
{
	char *words[WORDS_MAX + 1] = { NULL };
	char *rest = NULL;
	int n = 0;

	for (char *word = strtok_r(line, " \n", &rest); word && n <= WORDS_MAX;
	     word = strtok_r(NULL, " \n", &rest))
		words[n++] = word;
	for (size_t i = 0; n && i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(commands[i].name, words[0]) || commands[i].nwords != n - 1)
			continue;
		if (!me.c && strcmp(words[0], "open") && strcmp(words[0], "quit"))
			break;
		commands[i].run(words + 1);
		return;
	}
	say("unknown");
}

int main(int argc, char **argv)
{
	char line[512];

	if (argc == 2 && !strcmp(argv[1], "idle")) {
		say("idle");
		idle();
	}
	options_parse(&me.options, argc, argv);
	do_open(NULL);
	while (fgets(line, sizeof(line), stdin))
		run_command(line);
	do_quit(NULL);
}
