/*
 * process.c: how one system is run once.
 *
 * The launcher itself opens no handle and has no thread, so it may fork as it likes. All
 * descriptors that it makes lie high and are closed by exec; the child moves its own to the fixed
 * numbers. SIGCHLD, SIGINT and SIGTERM are blocked and taken by sigtimedwait(), which is both the
 * wait and its deadline.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "meter.h"
#include "trace.h"

/* Above every number that a child moves a descriptor to. */
#define HIGH_FD 256
#define SOCKETS_MAX 64

struct run {
	const struct bench_workload *workload;
	const struct bench_system *system;
	struct arena *arena;
	int arena_fd;
	int sockets[SOCKETS_MAX][2];
	unsigned nsockets;
	pid_t pids[BENCH_SECONDARIES_MAX + 1];
	unsigned nprocesses;
	unsigned alive;
	struct process_outcome *outcome;
};

static char folder[64];
static char program[512];
static sigset_t awaited;
static bool interrupted;

static void fail(struct run *run, const char *what, const char *why)
{
	if (run->outcome->verdict == PROCESS_FAILED)
		return;
	run->outcome->verdict = PROCESS_FAILED;
	snprintf(run->outcome->why, sizeof(run->outcome->why), "%s: %s", what, why);
}

static int fd_raise(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);
	int error = errno;

	close(fd);
	errno = error;
	return high;
}

static int arena_open(struct run *run, uint64_t round_ns)
{
	void *memory;
	int fd = memfd_create("bench-arena", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	run->arena_fd = fd_raise(fd);
	if (run->arena_fd < 0 || ftruncate(run->arena_fd, sizeof(struct arena)))
		return -errno;
	memory = mmap(NULL, sizeof(struct arena), PROT_READ | PROT_WRITE, MAP_SHARED, run->arena_fd,
		      0);
	if (memory == MAP_FAILED)
		return -errno;
	run->arena = memory;
	run->arena->processes = run->nprocesses;
	run->arena->round_ns = round_ns;
	snprintf(run->arena->channel, sizeof(run->arena->channel), "%s/channel", folder);
	return 0;
}

static int sockets_open(struct run *run)
{
	unsigned wanted = run->system->sockets ? run->system->secondaries : 0;

	for (unsigned i = 0; i < wanted && i < SOCKETS_MAX; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
			return -errno;
		run->sockets[i][0] = fd_raise(pair[0]);
		run->sockets[i][1] = fd_raise(pair[1]);
		run->nsockets++;
		if (run->sockets[i][0] < 0 || run->sockets[i][1] < 0)
			return -EMFILE;
	}
	return 0;
}

static void sockets_close(struct run *run)
{
	for (unsigned i = 0; i < run->nsockets; i++)
		for (unsigned end = 0; end < 2; end++)
			if (run->sockets[i][end] >= 0)
				close(run->sockets[i][end]);
	run->nsockets = 0;
}

static void arena_close(struct run *run)
{
	if (run->arena)
		munmap(run->arena, sizeof(*run->arena));
	if (run->arena_fd >= 0)
		close(run->arena_fd);
}

static bool child_move_fds(const struct run *run, unsigned index)
{
	if (dup2(run->arena_fd, ARENA_FD) < 0)
		return false;
	if (index)
		return run->nsockets == 0 || dup2(run->sockets[index - 1][1], ARENA_SOCKET_FD) >= 0;
	for (unsigned i = 0; i < run->nsockets; i++)
		if (dup2(run->sockets[i][0], ARENA_SOCKET_FD + (int)i) < 0)
			return false;
	return true;
}

static _Noreturn void child_exec(const struct run *run, unsigned index)
{
	char number[16], file[128];
	char *trace[] = { "strace", "-f", "-c", "-o", file };
	char *role[] = { program, "--role", (char *)run->workload->name, (char *)run->system->name,
			 number,  NULL };
	char *argv[16];
	size_t n = 0;

	snprintf(number, sizeof(number), "%u", index);
	trace_path(file, sizeof(file), folder, index);
	if (run->system->traced)
		for (size_t i = 0; i < sizeof(trace) / sizeof(trace[0]); i++)
			argv[n++] = trace[i];
	for (size_t i = 0; i < sizeof(role) / sizeof(role[0]); i++)
		argv[n++] = role[i];
	sigprocmask(SIG_UNBLOCK, &awaited, NULL);
	if (child_move_fds(run, index))
		execvp(argv[0], argv);
	_exit(EXIT_FAILURE);
}

static int children_start(struct run *run)
{
	for (unsigned i = 0; i < run->nprocesses; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return -errno;
		if (pid == 0)
			child_exec(run, i);
		setpgid(pid, pid);
		run->pids[i] = pid;
		run->alive++;
	}
	return 0;
}

/* Each child leads a process group, so that what strace has started dies with it. */
static void children_kill(const struct run *run)
{
	for (unsigned i = 0; i < run->nprocesses; i++)
		if (run->pids[i] > 0)
			kill(-run->pids[i], SIGKILL);
}

static void child_judge(struct run *run, unsigned index, int status)
{
	char who[32];

	if (run->outcome->verdict != PROCESS_DONE)
		return; /* it was killed because another one has failed */
	snprintf(who, sizeof(who), "process %u", index);
	if (WIFSIGNALED(status)) {
		fail(run, who, strsignal(WTERMSIG(status)));
	} else if (WEXITSTATUS(status) == BENCH_SKIPPED) {
		run->outcome->verdict = PROCESS_SKIPPED;
		snprintf(run->outcome->why, sizeof(run->outcome->why), "%s", run->arena->error);
	} else if (WEXITSTATUS(status) != EXIT_SUCCESS) {
		if (atomic_load(&run->arena->spoiled))
			fail(run, "failed", run->arena->error);
		else
			fail(run, who, "exited with an error");
	}
}

static void child_reaped(struct run *run, pid_t pid, int status)
{
	for (unsigned i = 0; i < run->nprocesses; i++) {
		if (run->pids[i] != pid)
			continue;
		run->pids[i] = 0;
		run->alive--;
		child_judge(run, i, status);
	}
}

static void children_reap(struct run *run)
{
	int status;
	pid_t pid;

	while (run->alive > 0 && (pid = waitpid(-1, &status, WNOHANG)) > 0)
		child_reaped(run, pid, status);
}

/* A child has ended, we are told to stop, or a second is over. */
static void signal_await(void)
{
	const struct timespec slice = { .tv_sec = 1 };
	int number = sigtimedwait(&awaited, NULL, &slice);

	if (number == SIGINT || number == SIGTERM)
		interrupted = true;
}

static void children_wait(struct run *run)
{
	uint64_t deadline = meter_now() + (uint64_t)(ARENA_DEADLINE_S + 5) * 1000000000u;

	for (;;) {
		children_reap(run);
		if (run->alive == 0)
			return;
		if (interrupted)
			fail(run, "interrupted", "by a signal");
		if (meter_now() >= deadline)
			fail(run, "deadline", "a process did not end");
		if (run->outcome->verdict != PROCESS_DONE)
			children_kill(run);
		signal_await();
	}
}

static void results_take(struct run *run)
{
	unsigned count = atomic_load(&run->arena->nresults);

	if (run->outcome->verdict != PROCESS_DONE)
		return;
	run->outcome->nresults = count < ARENA_RESULTS_MAX ? count : ARENA_RESULTS_MAX;
	memcpy(run->outcome->results, run->arena->results, sizeof(run->arena->results));
	if (run->system->traced && trace_take(folder, run->nprocesses, run->outcome))
		fail(run, "strace", "no summary");
}

/* Processes that were killed could not do it. After a good run nothing may be there. */
static void channel_remove(const struct bench_system *system)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/channel", folder);
	unlink(path);
	if (bench_program.sweep)
		bench_program.sweep(system, path);
	snprintf(path, sizeof(path), "%s/channel.lock", folder);
	unlink(path);
}

static int run_start(struct run *run, uint64_t round_ns)
{
	int r = arena_open(run, round_ns);

	if (r == 0)
		r = sockets_open(run);
	if (r == 0)
		r = children_start(run);
	return r;
}

void process_run(const struct bench_workload *workload, const struct bench_system *system,
		 uint64_t round_ns, struct process_outcome *outcome)
{
	struct run run = {
		.workload = workload, .system = system, .arena_fd = -1, .outcome = outcome
	};
	int r;

	memset(outcome, 0, sizeof(*outcome));
	if (system->excuse) {
		outcome->verdict = PROCESS_SKIPPED;
		snprintf(outcome->why, sizeof(outcome->why), "%s", system->excuse);
		return;
	}
	if (system->traced && (!trace_available() || !alloc_counted())) {
		outcome->verdict = PROCESS_SKIPPED;
		snprintf(outcome->why, sizeof(outcome->why), "needs strace, and no sanitizer");
		return;
	}
	run.nprocesses = 1 + system->secondaries;
	r = run_start(&run, round_ns);
	sockets_close(&run);
	if (r < 0)
		fail(&run, "start", strerror(-r));
	children_wait(&run);
	if (run.arena)
		results_take(&run);
	trace_remove(folder, run.nprocesses);
	if (outcome->verdict != PROCESS_DONE)
		channel_remove(system);
	arena_close(&run);
}

/*
 * 500 secondaries need 1500 descriptors in one process, and whoever starts us may have left us
 * 1024.
 */
static void limits_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int process_init(void)
{
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (length < 0)
		return -errno;
	program[length] = '\0';
	limits_raise();
	sigemptyset(&awaited);
	sigaddset(&awaited, SIGCHLD);
	sigaddset(&awaited, SIGINT);
	sigaddset(&awaited, SIGTERM);
	sigprocmask(SIG_BLOCK, &awaited, NULL);
	snprintf(folder, sizeof(folder), "/tmp/cohort-bench-XXXXXX");
	return mkdtemp(folder) ? 0 : -errno;
}

bool process_interrupted(void)
{
	return interrupted;
}

int process_deinit(void)
{
	return rmdir(folder) ? -errno : 0;
}
