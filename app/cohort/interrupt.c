/*
 * The handler notes the signal and makes an eventfd readable, which every wait also polls. It is
 * installed without SA_RESTART, so reading and writing end, too. The library's threads block all
 * signals: it runs on the main thread.
 *
 * A closed pipe is found in two ways: by a write, as SIGPIPE, or, by a tool that has nothing to
 * write, when it polls its standard output for the error.
 */
#include "interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "cohort.h"
#include "tool.h"

#define UNKNOWN (-1) /* an error of a write that stdio made by itself */

/*
 * Stored by the handler, or a thread whose write failed, and read by all; what they ring the bell
 * for they store before. (An atomic, not a sig_atomic_t: handlers of the library's threads ask, too.)
 */
static atomic_int stopped_by;	/* a signal */
static atomic_int output_error; /* an errno, or UNKNOWN */
static int bell = -1;
static bool stop_is_normal;

static void on_signal(int signal)
{
	int saved = errno;

	stopped_by = signal;
	eventfd_write(bell, 1);
	errno = saved;
}

int interrupt_start(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct sigaction act = { .sa_handler = on_signal }, old;

	bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bell < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		act.sa_flags = signals[i] == SIGPIPE ? 0 : (int)SA_RESETHAND;
		if (sigaction(signals[i], NULL, &old))
			return -errno;
		/* nohup(1), and a shell's background job: what is ignored stays so. */
		if (old.sa_handler == SIG_IGN && signals[i] != SIGPIPE)
			continue;
		if (sigaction(signals[i], &act, NULL))
			return -errno;
	}
	return 0;
}

bool interrupted(void)
{
	return stopped_by != 0 || output_error;
}

void output_flush(void)
{
	int none = 0, error = fflush(stdout) ? errno : UNKNOWN;

	/* A signal also ends a write. */
	if (!ferror(stdout) || stopped_by)
		return;
	atomic_compare_exchange_strong(&output_error, &none, error);
	eventfd_write(bell, 1);
}

void interrupt_is_normal(void)
{
	stop_is_normal = true;
}

int interrupt_wait(int fd, int64_t timeout)
{
	struct pollfd polled[] = {
		{ .fd = bell, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
		{ .fd = fd, .events = POLLIN },
	};
	struct timespec limit = { timeout / 1000000000, timeout % 1000000000 };
	int n = ppoll(polled, 3, timeout == COHORT_FOREVER ? NULL : &limit, NULL);

	if (n < 0 && errno != EINTR)
		return -errno;
	if (n > 0 && (polled[1].revents & POLLERR))
		stopped_by = SIGPIPE;
	if (interrupted())
		return -EINTR;
	return n > 0 && polled[2].revents ? 1 : 0;
}

/* As if the signal had never been caught: whoever waits for this process sees which it was. */
static void die(int by)
{
	struct sigaction act = { .sa_handler = SIG_DFL };
	sigset_t set;

	sigaction(by, &act, NULL);
	sigemptyset(&set);
	sigaddset(&set, by);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(by);
}

int interrupt_finish(int status)
{
	output_flush();
	if (stopped_by == SIGPIPE || output_error == EPIPE)
		die(SIGPIPE);
	if (stopped_by && !stop_is_normal)
		die(stopped_by);
	if (!output_error)
		return status;
	return tool_fail(0, "standard output: %s",
			 output_error == UNKNOWN ? "cannot be written" : strerror(output_error));
}
