/*
 * peer.c: what several systems need: a pause between two looks, descriptors that came, a daemon.
 */
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wait.h"

#define DAEMON_TRIES 1000

/*
 * Each of these looks is a call of a library, and costs ten to a hundred times what a look at a
 * word does; and most libraries have threads of their own that need a CPU. So the CPU is given away
 * more often than a raw spinner does.
 */
void peer_pause(void)
{
	static _Thread_local unsigned looks;

	if (++looks % 16 == 0)
		sched_yield();
	else
		wait_relax();
}

int peer_fds_close(const struct peer_side *side, const int *fds, size_t nfds)
{
	for (size_t i = 0; i < nfds; i++)
		close(fds[i]);
	return nfds == side->nfds ? 0 : -EBADMSG;
}

static _Noreturn void daemon_exec(char *const argv[])
{
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	execvp(argv[0], argv);
	_exit(127);
}

void peer_daemon_stop(int pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

int peer_daemon_start(char *const argv[], const char *ready)
{
	const struct timespec nap = { .tv_nsec = 5000000 };
	int pid = fork();

	if (pid == 0)
		daemon_exec(argv);
	if (pid < 0)
		return -errno;
	for (int i = 0; ready && access(ready, F_OK) != 0; i++) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return -ENOENT;
		if (i == DAEMON_TRIES) {
			peer_daemon_stop(pid);
			return -ETIMEDOUT;
		}
		nanosleep(&nap, NULL);
	}
	return pid;
}
