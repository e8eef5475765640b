/*
 * keeper.c: unshare(2) moves not the caller but its children to a new pid namespace, so somebody
 * stays behind. The keeper does nothing but wait:
 * - it has closed all descriptors, so that the worker's end is an end of file for the other side;
 * - signals that a process sends it go on to the worker. Those of a terminal went to the worker, too;
 * - when the worker has ended it ends in the same way: with its exit status, or of its signal, so
 *   that who spawned it need not know of all this;
 * - when it dies the others die with it (PR_SET_PDEATHSIG).
 *
 * The worker could be the namespace's pid 1, which would save a process. But to that one the kernel
 * delivers no signal that it has no handler for: SIGTERM would not end it, and abort() would look
 * like a segmentation fault. So pid 1 is another child, which sleeps, and whose children the kernel
 * reaps because it ignores SIGCHLD. It holds the namespace: with it goes all that is in there.
 *
 * A parent-death signal is lost on a parent that died before it was set, and getppid(2) does not
 * tell one from another outside the namespace. The keeper alone holds the writing end of a pipe, so
 * each child looks once whether there is an end of file.
 */
#include "component/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Before Linux 5.9 one by one. */
static void close_from(unsigned first)
{
	struct rlimit limit = { 0 };

	if (close_range(first, ~0U, 0) == 0)
		return;
	getrlimit(RLIMIT_NOFILE, &limit);
	for (rlim_t fd = first; fd < limit.rlim_cur; fd++)
		close((int)fd);
}

/* In a child: it ends with the keeper. */
static void follow_keeper(int alive[2])
{
	struct pollfd end = { .fd = alive[0] };

	close(alive[1]);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (poll(&end, 1, 0) > 0)
		_exit(1);
	close(alive[0]);
}

_Noreturn static void run_init(int alive[2])
{
	follow_keeper(alive);
	close_from(0);
	prctl(PR_SET_NAME, "cohort-init", 0, 0, 0);
	signal(SIGCHLD, SIG_IGN);
	for (;;)
		pause();
}

_Noreturn static void end_as(int status)
{
	const struct rlimit none = { 0, 0 };
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	sigset_t set;

	if (!number)
		_exit(WEXITSTATUS(status));
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	signal(number, SIG_DFL);
	kill(getpid(), number);
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + number); /* if this is pid 1 of a container */
}

/* Whether the worker has ended. Anything but a child's end is passed on. */
static bool take_signal(pid_t worker, int *status)
{
	siginfo_t info;
	sigset_t all;
	int number;

	sigfillset(&all);
	number = sigwaitinfo(&all, &info);
	if (number == SIGCHLD)
		return waitpid(worker, status, WNOHANG) == worker;
	if (number > 0 && info.si_code <= 0)
		kill(worker, number);
	return false;
}

static void end_init(pid_t init)
{
	kill(init, SIGKILL);
	while (waitpid(init, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The writing end of the pipe becomes descriptor 0, the only one. */
_Noreturn static void keep(pid_t worker, pid_t init, int alive)
{
	int status;

	dup2(alive, STDIN_FILENO);
	close_from(1);
	prctl(PR_SET_NAME, "cohort-keeper", 0, 0, 0);
	while (!take_signal(worker, &status))
		;
	end_init(init);
	end_as(status);
}

/* 0 in the worker; else, if it returns, a negative errno. */
static int split(int alive[2])
{
	pid_t worker, init = fork();
	int err;

	if (init < 0)
		return -errno;
	if (init == 0)
		run_init(alive);
	worker = fork();
	if (worker > 0)
		keep(worker, init, alive[1]);
	err = worker < 0 ? -errno : 0;
	if (err)
		end_init(init);
	else
		follow_keeper(alive);
	return err;
}

/* All signals wait meanwhile: none is lost between the fork and the first sigwaitinfo(). */
static int split_undisturbed(int alive[2])
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	err = split(alive);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return err;
}

int keeper_fork(void)
{
	int alive[2];
	int err;

	if (unshare(CLONE_NEWPID))
		return -errno;
	if (pipe2(alive, O_CLOEXEC))
		return -errno;
	err = split_undisturbed(alive);
	if (err) {
		close(alive[0]);
		close(alive[1]);
	}
	return err;
}
