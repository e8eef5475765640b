/*
 * The command runs in a process group of its own, so that what it has started can be ended with it.
 * Its output counts until it has exited: something that it leaves in the background and that holds
 * the pipe open does not keep the requester waiting.
 */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"
#include "interrupt.h"
#include "tool.h"

#define OUTPUT_MAX ((size_t)64 << 20) /* the largest body of a channel, if not configured */
#define FIRST_FD 3
#define LOOK_INTERVAL COHORT_MS(100) /* how often it looks whether the requester has gone */
#define GRACE COHORT_SECONDS(1)	     /* between SIGTERM and SIGKILL */

extern char **environ;

struct command {
	pid_t pid;
	int pidfd;
	int in, out; /* our ends of its pipes */
	const unsigned char *input;
	size_t ninput;
	char *output;
	size_t noutput, capacity;
	int64_t kill_at; /* it was told to end; 0: it was not */
	bool killed;
	int error;
};

/* What the command is given, above all numbers that it will have: dup2() then overwrites none. */
struct gift {
	int in, out;
	int fds[COHORT_FDS_MAX];
	size_t nfds;
};

static void close_all(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int move_up(int *fd, size_t nfds)
{
	int moved = fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_FD + (int)nfds);

	if (moved < 0)
		return -errno;
	close(*fd);
	*fd = moved;
	return 0;
}

static int gift_init(struct gift *g, struct cohort_call *call, int in, int out)
{
	size_t n = cohort_call_fds(call);
	int err;

	*g = (struct gift){ .in = in, .out = out };
	err = move_up(&g->in, n);
	if (!err)
		err = move_up(&g->out, n);
	for (size_t i = 0; i < n && !err; i++) {
		int fd = cohort_call_fd_take(call, i);

		if (fd < 0)
			return fd;
		g->fds[g->nfds++] = fd;
		err = move_up(&g->fds[i], n);
	}
	return err;
}

static void gift_deinit(struct gift *g)
{
	close(g->in);
	close(g->out);
	close_all(g->fds, g->nfds);
}

/* Returns 0 or a positive errno, as these functions do. */
static int actions_fill(posix_spawn_file_actions_t *actions, const struct gift *g)
{
	int err = posix_spawn_file_actions_adddup2(actions, g->in, STDIN_FILENO);

	if (!err)
		err = posix_spawn_file_actions_adddup2(actions, g->out, STDOUT_FILENO);
	for (size_t i = 0; i < g->nfds && !err; i++)
		err = posix_spawn_file_actions_adddup2(actions, g->fds[i], FIRST_FD + (int)i);
	return err ? err
		   : posix_spawn_file_actions_addclosefrom_np(actions, FIRST_FD + (int)g->nfds);
}

/* This thread is the library's and blocks all signals: the command must not. */
static int attributes_fill(posix_spawnattr_t *attributes)
{
	sigset_t none;

	sigemptyset(&none);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setpgroup(attributes, 0);
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
}

#define VARIABLES 4

struct environment {
	char text[VARIABLES][96];
	char **all; /* these, then the tool's own */
};

static bool is_ours(const struct environment *e, const char *variable)
{
	for (size_t i = 0; i < VARIABLES; i++)
		if (strncmp(variable, e->text[i], strcspn(e->text[i], "=") + 1) == 0)
			return true;
	return false;
}

static void environment_init(struct environment *e, const struct cohort_call *call)
{
	struct cohort_credentials who = cohort_call_credentials(call);
	size_t n = 0;

	snprintf(e->text[0], sizeof(e->text[0]), "COHORT_ACTION=%s", cohort_call_action(call));
	snprintf(e->text[1], sizeof(e->text[1]), "COHORT_PEER=%" PRIx64, cohort_call_peer(call));
	snprintf(e->text[2], sizeof(e->text[2]), "COHORT_PID=%d", (int)who.pid);
	snprintf(e->text[3], sizeof(e->text[3]), "COHORT_UID=%u", (unsigned)who.uid);
	while (environ[n])
		n++;
	e->all = tool_alloc((n + VARIABLES + 1) * sizeof(*e->all));
	for (n = 0; n < VARIABLES; n++)
		e->all[n] = e->text[n];
	for (char **variable = environ; *variable; variable++)
		if (!is_ours(e, *variable))
			e->all[n++] = *variable;
}

static int spawn(pid_t *pid, const char *text, const struct gift *g, char **environment)
{
	const char *const words[] = { "sh", "-c", text, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return -err;
	err = posix_spawnattr_init(&attributes);
	if (!err) {
		err = attributes_fill(&attributes);
		if (!err)
			err = actions_fill(&actions, g);
		if (!err)
			err = posix_spawn(pid, "/bin/sh", &actions, &attributes,
					  (char *const *)(uintptr_t)words, environment);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

/* Ends of pipes that are ours do not block: the command may neither read nor write. */
static int pipes_open(int in[2], int out[2])
{
	if (pipe2(in, O_CLOEXEC))
		return -errno;
	if (pipe2(out, O_CLOEXEC)) {
		int err = -errno;

		close_all(in, 2);
		return err;
	}
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	return 0;
}

/* A process that cannot be watched is not left running. */
static int watch(struct command *k)
{
	int err = 0;

	k->pidfd = pidfd_open(k->pid, 0);
	if (k->pidfd < 0) {
		err = -errno;
		kill(-k->pid, SIGKILL);
		waitpid(k->pid, NULL, 0);
	}
	return err;
}

static int command_start(struct command *k, struct cohort_call *call, const char *text)
{
	struct environment environment;
	int in[2], out[2];
	struct gift gift;
	int err = pipes_open(in, out);

	if (err)
		return err;
	k->in = in[1];
	k->out = out[0];
	k->input = cohort_call_data(call, &k->ninput);
	environment_init(&environment, call);
	err = gift_init(&gift, call, in[0], out[1]);
	if (!err)
		err = spawn(&k->pid, text, &gift, environment.all);
	gift_deinit(&gift);
	free(environment.all);
	return err ? err : watch(k);
}

static void command_deinit(struct command *k)
{
	const int fds[] = { k->in, k->out, k->pidfd };

	close_all(fds, sizeof(fds) / sizeof(*fds));
	free(k->output);
}

static void input_close(struct command *k)
{
	if (k->in >= 0)
		close(k->in);
	k->in = -1;
}

static void input_write(struct command *k)
{
	ssize_t n = write(k->in, k->input, k->ninput);

	if (n > 0) {
		k->input += n;
		k->ninput -= (size_t)n;
	}
	if (k->ninput == 0 || (n < 0 && errno != EAGAIN))
		input_close(k); /* a command need not read what it is given */
}

/* Returns whether there may be more. */
static bool output_read(struct command *k)
{
	ssize_t n;

	if (k->noutput == k->capacity) {
		k->capacity = k->capacity ? 2 * k->capacity : 4096;
		k->output = tool_realloc(k->output, k->capacity);
	}
	n = read(k->out, k->output + k->noutput, k->capacity - k->noutput);
	if (n <= 0)
		return n < 0 && errno == EINTR;
	k->noutput += (size_t)n;
	if (k->noutput > OUTPUT_MAX)
		k->error = -EMSGSIZE;
	return !k->error;
}

static void output_close(struct command *k)
{
	close(k->out);
	k->out = -1;
}

static void command_end(struct command *k)
{
	int64_t now = time_now();

	if (k->kill_at == 0) {
		k->kill_at = now + GRACE;
		kill(-k->pid, SIGTERM);
	} else if (now >= k->kill_at && !k->killed) {
		k->killed = true;
		kill(-k->pid, SIGKILL);
	}
}

/* Returns whether it has exited; its output was read to the end then. */
static bool command_turn(struct command *k, bool gone)
{
	struct pollfd polled[] = {
		{ .fd = k->pidfd, .events = POLLIN },
		{ .fd = k->out, .events = POLLIN },
		{ .fd = k->in, .events = POLLOUT },
	};

	if (gone || interrupted() || k->error)
		command_end(k);
	poll(polled, 3, (int)(LOOK_INTERVAL / 1000000));
	if (polled[2].revents)
		input_write(k);
	/* What has ended would be ready for ever. */
	if (polled[1].revents && !output_read(k) && (k->error || (polled[1].revents & POLLHUP)))
		output_close(k);
	if (!polled[0].revents)
		return false;
	while (k->out >= 0 && output_read(k))
		;
	return true;
}

static int exit_status(struct command *k, const char *text)
{
	int status = 0;

	while (waitpid(k->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (k->error || status == 0)
		return k->error;
	if (k->kill_at)
		return -ECANCELED; /* our doing */
	if (WIFSIGNALED(status))
		fprintf(stderr, "cohort: %s: ended by signal %d\n", text, WTERMSIG(status));
	else
		fprintf(stderr, "cohort: %s: exit status %d\n", text, WEXITSTATUS(status));
	return -EREMOTEIO;
}

/* Waits for its end and returns the status of the reply. */
static int command_finish(struct command *k, struct cohort_call *call, const char *text)
{
	if (k->ninput == 0)
		input_close(k);
	while (!command_turn(k, cohort_call_is_request(call) && cohort_call_cancelled(call)))
		;
	return exit_status(k, text);
}

/* Returns what the handler shall return. A requester that is gone is none of its failures. */
static int reply(struct cohort_call *call, int status, const struct command *k)
{
	struct cohort_message message = COHORT_MESSAGE(NULL, k->output, k->noutput);

	if (!cohort_call_is_request(call))
		return status;
	return cohort_call_reply(call, status, &message) == -EMSGSIZE ? -EMSGSIZE : status;
}

int command_serve(struct cohort_call *call, const char *text)
{
	struct command k = { .pidfd = -1, .in = -1, .out = -1 };
	int status;

	if (interrupted())
		return -ECANCELED;
	status = command_start(&k, call, text);
	if (status)
		fprintf(stderr, "cohort: %s: %s\n", text, cohort_strerror(status));
	else
		status = reply(call, command_finish(&k, call, text), &k);
	command_deinit(&k);
	return status;
}
