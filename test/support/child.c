/*
 * Children. Their input is a socket, not a pipe: writing to one that is dead is then an error that
 * MSG_NOSIGNAL keeps from being a SIGPIPE. Their output is a pipe, so that what they printed last
 * can be read after they died. They are waited for and signalled through a pidfd, which cannot mean
 * another process.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/support.h"

#define NOT_EXECUTED 127

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int64_t deadline_after(int timeout_ms)
{
	return now_ns() + (int64_t)timeout_ms * 1000000;
}

/* Waits until fd can be read. */
static bool readable_before(int fd, int64_t deadline)
{
	struct pollfd entry = { .fd = fd, .events = POLLIN };
	int64_t left;
	int ready;

	do {
		left = deadline - now_ns();
		ready = poll(&entry, 1, left > 0 ? (int)((left + 999999) / 1000000) : 0);
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}

static void find_program(const char *program, char *path, size_t size)
{
	const char *folder = getenv("COHORT_TEST_PROGRAMS");

	if (folder && !strchr(program, '/'))
		snprintf(path, size, "%s/%s", folder, program);
	else
		snprintf(path, size, "%s", program);
}

/* In the child, between fork and exec: nothing but system calls. */
static void become(const char *path, char *const argv[], int input, int output, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent && dup2(input, STDIN_FILENO) >= 0 &&
	    dup2(output, STDOUT_FILENO) >= 0 && !sigprocmask(SIG_SETMASK, &none, NULL))
		execv(path, argv);
	_exit(NOT_EXECUTED);
}

static int start(struct child *child, const char *path, char *const argv[], int input, int output)
{
	pid_t parent = getpid();

	child->pid = fork();
	if (child->pid < 0)
		return -errno;
	if (child->pid == 0)
		become(path, argv, input, output, parent);
	child->pidfd = pidfd_open(child->pid, 0);
	return child->pidfd < 0 ? -errno : 0;
}

int child_spawn(struct child *child, const char *program, char *const argv[])
{
	char *const name_only[] = { (char *)(uintptr_t)program, NULL };
	int input[2] = { -1, -1 };
	int output[2] = { -1, -1 };
	char path[4096];
	int error;

	*child = (struct child){ .pidfd = -1, .input = -1, .output = -1 };
	find_program(program, path, sizeof(path));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input) || pipe2(output, O_CLOEXEC))
		error = -errno;
	else
		error = start(child, path, argv ? argv : name_only, input[0], output[1]);
	child->input = input[1];
	child->output = output[0];
	close_fd(&input[0]);
	close_fd(&output[1]);
	if (error)
		child_end(child);
	return error;
}

/* Moves the first whole line out of the buffer. A line that fills the buffer counts as whole. */
static bool take_line(struct child *child)
{
	char *end = memchr(child->buffer, '\n', child->buffered);
	size_t length = end ? (size_t)(end - child->buffer) : child->buffered;
	size_t taken = end ? length + 1 : length;

	if (!end && child->buffered < sizeof(child->buffer) - 1)
		return false;
	memcpy(child->line, child->buffer, length);
	child->line[length] = '\0';
	child->buffered -= taken;
	memmove(child->buffer, child->buffer + taken, child->buffered);
	return true;
}

static bool next_line(struct child *child, int64_t deadline)
{
	ssize_t got;

	while (!take_line(child)) {
		if (!readable_before(child->output, deadline))
			return false;
		got = read(child->output, child->buffer + child->buffered,
			   sizeof(child->buffer) - 1 - child->buffered);
		if (got <= 0)
			return false;
		child->buffered += (size_t)got;
	}
	return true;
}

bool child_expect(struct child *child, const char *prefix, int timeout_ms)
{
	int64_t deadline = deadline_after(timeout_ms);

	while (next_line(child, deadline))
		if (!strncmp(child->line, prefix, strlen(prefix)))
			return true;
	return false;
}

bool child_say(struct child *child, const char *format, ...)
{
	char line[4096];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line) - 1, format, arguments);
	va_end(arguments);
	if (length < 0 || length >= (int)sizeof(line) - 1)
		return false;
	line[length++] = '\n';
	return send(child->input, line, (size_t)length, MSG_NOSIGNAL) == length;
}

void child_hush(struct child *child)
{
	close_fd(&child->input);
}

int child_kill(struct child *child, int signal)
{
	return pidfd_send_signal(child->pidfd, signal, NULL, 0) ? -errno : 0;
}

int child_wait(struct child *child, int timeout_ms)
{
	if (!child->pid)
		return child->status;
	if (!readable_before(child->pidfd, deadline_after(timeout_ms)))
		return -ETIMEDOUT;
	if (waitpid(child->pid, &child->status, 0) < 0)
		return -errno;
	child->pid = 0;
	return child->status;
}

void child_end(struct child *child)
{
	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		waitpid(child->pid, &child->status, 0);
	}
	child->pid = 0;
	close_fd(&child->pidfd);
	close_fd(&child->input);
	close_fd(&child->output);
}
