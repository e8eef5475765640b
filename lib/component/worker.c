/*
 * posix_spawn() runs no code of ours between fork and exec, allocates nothing there, stops only the
 * calling thread, and reports that the program cannot be executed as an error of its own. The order
 * of the file actions matters, for any of our descriptors may have any number, 0 to 3 included:
 *
 *	dup2 log -> 1, 2	first, while its number still means the log
 *	open /dev/null -> 0	(and 1, 2 without a log)
 *	dup2 channel -> 3	it was moved to 4 or above before
 *	close 4 and all above
 *
 * Between posix_spawn() and pidfd_open() the application may have reaped the process (it ignores
 * SIGCHLD, or waits for any child), and the number may in theory be another process's already. So
 * who it is is asked of the pidfd: what cannot be waited for is not our child. Then its status is
 * not known, and it is treated as ended.
 *
 * Whoever traces a process (a debugger, strace, a leak checker) sees its end first, and until it has
 * looked nobody else can wait for it, though the pidfd is readable. Such a worker is tried again; a
 * tracer that does not look for a second keeps it, and its status is not known.
 */
#include "component/worker.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "component/clock.h"
#include "component/sandbox.h"

#define WORKER_NAME "cohort-worker"
#define NUMBER_SIZE 16
#define TRACED_MAX COHORT_SECONDS(1)

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* --- Where the worker program is ---------------------------------------------------------------------- */

/* Makes `path` the folder it lies in. */
static bool folder_of(char *path)
{
	char *slash = path[0] == '/' ? strrchr(path, '/') : NULL;

	if (slash)
		*slash = '\0';
	return slash;
}

/* In `folder`, if it can be executed there. */
static bool program_in(const char *folder, const char *beside, char *path)
{
	int length = snprintf(path, PATH_MAX, "%s%s/" WORKER_NAME, folder, beside);

	return length < PATH_MAX && access(path, X_OK) == 0;
}

/* Beside a file, or where programs are when it is in <prefix>/lib or <prefix>/lib/<machine>. */
static bool program_near(char *file, char *path)
{
	return folder_of(file) &&
	       (program_in(file, "", path) || program_in(file, "/../bin", path) ||
		program_in(file, "/../../bin", path));
}

static bool library_path(char *path)
{
	Dl_info info;

	if (!dladdr((void *)(uintptr_t)library_path, &info) || !info.dli_fname ||
	    strlen(info.dli_fname) >= PATH_MAX)
		return false;
	strcpy(path, info.dli_fname);
	return true;
}

static bool executable_path(char *path)
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (length <= 0)
		return false;
	path[length] = '\0';
	return true;
}

/* A path, or the bare name: then $PATH is searched. */
static void program_find(char *path)
{
	char file[PATH_MAX];

	if ((library_path(file) && program_near(file, path)) ||
	    (executable_path(file) && program_near(file, path)))
		return;
	strcpy(path, WORKER_NAME);
}

/* --- What it is told -------------------------------------------------------------------------------- */

struct arguments {
	char protocol[NUMBER_SIZE], parent[NUMBER_SIZE], sandbox[SANDBOX_SETTINGS_SIZE];
	size_t count;
	const char *list[16]; /* ends with NULL */
};

static void argument_add(struct arguments *a, const char *name, const char *value)
{
	a->list[a->count++] = name;
	a->list[a->count++] = value;
}

static void arguments_fill(struct arguments *a, const char *program,
			   const struct worker_settings *settings)
{
	const struct cohort_sandbox *sandbox = settings->sandbox;
	const struct sandbox_settings taken = { .options = sandbox->options,
						.policy = sandbox->policy,
						.max_memory = sandbox->max_memory,
						.max_files = sandbox->max_files,
						.max_cpu = sandbox->max_cpu };

	snprintf(a->protocol, sizeof(a->protocol), "%d", WORKER_PROTOCOL);
	snprintf(a->parent, sizeof(a->parent), "%d", (int)getpid());
	sandbox_settings_format(&taken, a->sandbox, sizeof(a->sandbox));
	a->list[a->count++] = program;
	argument_add(a, "--protocol", a->protocol);
	argument_add(a, "--parent", a->parent);
	argument_add(a, "--sandbox", a->sandbox);
	if (settings->path)
		argument_add(a, "--path", settings->path);
}

static char **environment_of(const struct cohort_sandbox *sandbox)
{
	static char *none[] = { NULL };

	if (!(sandbox->options & COHORT_SANDBOX_ENVIRONMENT))
		return environ;
	return sandbox->environment ? (char **)(uintptr_t)sandbox->environment : none;
}

/* --- Spawning ----------------------------------------------------------------------------------------- */

/* All of these return a positive errno, as the calls they make. */
static int actions_fill(posix_spawn_file_actions_t *actions, int channel, int log_fd)
{
	int error = 0;

	if (log_fd >= 0)
		error = posix_spawn_file_actions_adddup2(actions, log_fd, STDOUT_FILENO);
	if (!error && log_fd >= 0)
		error = posix_spawn_file_actions_adddup2(actions, log_fd, STDERR_FILENO);
	if (!error)
		error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null",
							 O_RDONLY, 0);
	if (!error && log_fd < 0)
		error = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null",
							 O_WRONLY, 0);
	if (!error && log_fd < 0)
		error = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null",
							 O_WRONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(actions, channel, WORKER_CHANNEL);
	if (!error)
		error = posix_spawn_file_actions_addclosefrom_np(actions, WORKER_CHANNEL + 1);
	return error;
}

static int attributes_fill(posix_spawnattr_t *attributes)
{
	sigset_t all, none;
	int error;

	sigfillset(&all);
	sigemptyset(&none);
	error = posix_spawnattr_setsigdefault(attributes, &all);
	if (!error)
		error = posix_spawnattr_setsigmask(attributes, &none);
	if (!error)
		error = posix_spawnattr_setpgroup(attributes, 0);
	if (!error)
		error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF |
								     POSIX_SPAWN_SETSIGMASK |
								     POSIX_SPAWN_SETPGROUP);
	return error;
}

static int spawn_with(pid_t *pid, const char *program, const posix_spawn_file_actions_t *actions,
		      const struct worker_settings *settings)
{
	struct arguments arguments = { 0 };
	posix_spawnattr_t attributes;
	int error = posix_spawnattr_init(&attributes);

	if (error)
		return error;
	arguments_fill(&arguments, program, settings);
	error = attributes_fill(&attributes);
	if (!error)
		error = posix_spawnp(pid, program, actions, &attributes,
				     (char **)(uintptr_t)arguments.list,
				     environment_of(settings->sandbox));
	posix_spawnattr_destroy(&attributes);
	return error;
}

static int spawn(pid_t *pid, int channel, const struct worker_settings *settings)
{
	posix_spawn_file_actions_t actions;
	char found[PATH_MAX];
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return error;
	if (!settings->program)
		program_find(found);
	error = actions_fill(&actions, channel, settings->log_fd);
	if (!error)
		error = spawn_with(pid, settings->program ? settings->program : found, &actions,
				   settings);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* The worker's end is above the numbers that it will have descriptors at. */
static int channel_open(int *ours, int *theirs)
{
	int ends[2];
	int err = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	*theirs = fcntl(ends[1], F_DUPFD_CLOEXEC, WORKER_CHANNEL + 1);
	if (*theirs < 0) {
		err = -errno;
		close(ends[0]);
	} else {
		*ours = ends[0];
	}
	close(ends[1]);
	return err;
}

/* Whether a child of ours is behind the pidfd, ended or not, that nobody has reaped. */
static bool is_ours(int pidfd)
{
	siginfo_t info;

	return waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* The process is there, and without a pidfd it cannot be kept. */
static void abandon(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int pidfd_get(struct worker *worker)
{
	int pidfd = pidfd_open(worker->pid, 0);
	int err = pidfd < 0 ? -errno : 0;

	if (err == -ESRCH || err == -EINVAL)
		return 0; /* ended and reaped by another */
	if (err) {
		abandon(worker->pid);
		return err;
	}
	if (!is_ours(pidfd))
		fd_close(&pidfd);
	worker->pidfd = pidfd;
	return 0;
}

int worker_start(struct worker *worker, const struct worker_settings *settings)
{
	struct worker started = WORKER_INIT;
	int theirs = -1;
	int err = channel_open(&started.channel, &theirs);

	if (!err)
		err = -spawn(&started.pid, theirs, settings);
	fd_close(&theirs);
	if (!err)
		err = pidfd_get(&started);
	if (err)
		fd_close(&started.channel);
	else
		*worker = started;
	return err;
}

int worker_channel_take(struct worker *worker)
{
	int channel = worker->channel;

	worker->channel = -1;
	return channel;
}

int worker_signal(const struct worker *worker, int signal)
{
	if (worker->pidfd < 0)
		return -ESRCH;
	return pidfd_send_signal(worker->pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

/* As waitpid(2) has it. */
static int status_of(const siginfo_t *info)
{
	if (info->si_code == CLD_EXITED)
		return (info->si_status & 0xff) << 8;
	return info->si_status | (info->si_code == CLD_DUMPED ? WCOREFLAG : 0);
}

/* What it started and left in its group goes, too: until it is reaped its number is nobody else's. */
static void group_end(const struct worker *worker)
{
	if (is_ours(worker->pidfd))
		kill(-worker->pid, SIGKILL);
}

bool worker_has_ended(const struct worker *worker)
{
	struct pollfd entry = { .fd = worker->pidfd, .events = POLLIN };

	return worker->pidfd < 0 || poll(&entry, 1, 0) == 1;
}

/* False: it ended so long ago that it is not waited for any more. */
static bool may_be_traced(struct worker *worker)
{
	if (!worker->traced_until)
		worker->traced_until = clock_after(TRACED_MAX);
	return clock_left(worker->traced_until) > 0;
}

bool worker_reap(struct worker *worker)
{
	siginfo_t info = { 0 };
	bool ours;

	if (worker->pidfd < 0)
		return true;
	if (!worker_has_ended(worker))
		return false;
	group_end(worker);
	ours = waitid(P_PIDFD, (id_t)worker->pidfd, &info, WEXITED | WNOHANG) == 0;
	if (ours && !info.si_pid && may_be_traced(worker))
		return false;
	if (ours && info.si_pid)
		worker->status = status_of(&info);
	fd_close(&worker->pidfd);
	return true;
}

void worker_wait(const struct worker *worker, int64_t deadline)
{
	struct pollfd entry = { .fd = worker->pidfd, .events = POLLIN };
	int64_t left = clock_left(deadline);
	struct timespec timeout = { left / 1000000000, left % 1000000000 };

	if (worker_has_ended(worker))
		usleep(1000);
	else
		ppoll(&entry, 1, left == COHORT_FOREVER ? NULL : &timeout, NULL);
}

/* Its end cannot be long: nothing outlives SIGKILL but a call that the kernel does not interrupt. */
void worker_end(struct worker *worker)
{
	if (worker->pidfd >= 0)
		worker_signal(worker, SIGKILL);
	while (!worker_reap(worker))
		worker_wait(worker, COHORT_FOREVER);
	fd_close(&worker->channel);
	worker->pid = 0;
}
