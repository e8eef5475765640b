/*
 * The wrapped functions are those of the library's objects, of the test's and of its support;
 * what libc does inside itself is not seen. One countdown serves all threads of the process, so
 * which of two threads gets the nth call may vary from run to run; every call is the nth of some
 * run all the same.
 *
 * Each fault has the error that its call can really have: sendmsg() is out of memory for
 * descriptors only, else it is ENOBUFS; a receive without a free descriptor delivers the bytes
 * and says MSG_CTRUNC; a body's pages that the kernel itself is at keep the write seal off.
 */
#include "fault/common/inject.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

const struct fault faults[] = {
	{ CALL_MALLOC, ENOMEM, "malloc ENOMEM" },
	{ CALL_MMAP, ENOMEM, "mmap ENOMEM" },
	{ CALL_SOCKET, EMFILE, "socket EMFILE" },
	{ CALL_SOCKET, ENFILE, "socket ENFILE" },
	{ CALL_SOCKETPAIR, EMFILE, "socketpair EMFILE" },
	{ CALL_SOCKETPAIR, ENFILE, "socketpair ENFILE" },
	{ CALL_ACCEPT, EMFILE, "accept4 EMFILE" },
	{ CALL_ACCEPT, ENFILE, "accept4 ENFILE" },
	{ CALL_ACCEPT, ECONNABORTED, "accept4 ECONNABORTED" },
	{ CALL_CONNECT, EAGAIN, "connect EAGAIN" },
	{ CALL_CONNECT, ECONNREFUSED, "connect ECONNREFUSED" },
	{ CALL_CONNECT, ENOMEM, "connect ENOMEM" },
	{ CALL_BIND, ENOMEM, "bind ENOMEM" },
	{ CALL_LISTEN, ENOMEM, "listen ENOMEM" },
	{ CALL_IDENTIFY, EMFILE, "getsockopt EMFILE" },
	{ CALL_EPOLL_CREATE, EMFILE, "epoll_create1 EMFILE" },
	{ CALL_EPOLL_CREATE, ENOMEM, "epoll_create1 ENOMEM" },
	{ CALL_EPOLL_ADD, ENOMEM, "epoll_ctl ENOMEM" },
	{ CALL_EPOLL_ADD, ENOSPC, "epoll_ctl ENOSPC" },
	{ CALL_EVENTFD, EMFILE, "eventfd EMFILE" },
	{ CALL_TIMERFD, EMFILE, "timerfd_create EMFILE" },
	{ CALL_INOTIFY, EMFILE, "inotify_init1 EMFILE" },
	{ CALL_WATCH, ENOSPC, "inotify_add_watch ENOSPC" },
	{ CALL_SEND, ENOBUFS, "sendmsg ENOBUFS" },
	{ CALL_SEND, EAGAIN, "sendmsg EAGAIN" },
	{ CALL_SEND_FDS, ENOMEM, "sendmsg of descriptors ENOMEM" },
	{ CALL_SEND_FDS, ETOOMANYREFS, "sendmsg of descriptors ETOOMANYREFS" },
	{ CALL_BELL, ENOBUFS, "send ENOBUFS" },
	{ CALL_RECEIVE, EINTR, "recvmsg EINTR" },
	{ CALL_RECEIVE, ECONNRESET, "recvmsg ECONNRESET" },
	{ CALL_RECEIVE_FDS, EMFILE, "recvmsg without room for descriptors" },
	{ CALL_MEMFD, EMFILE, "memfd_create EMFILE" },
	{ CALL_MEMFD, ENFILE, "memfd_create ENFILE" },
	{ CALL_ALLOCATE, ENOSPC, "fallocate ENOSPC" },
	{ CALL_ALLOCATE, EINTR, "fallocate EINTR" },
	{ CALL_TRUNCATE, ENOMEM, "ftruncate ENOMEM" },
	{ CALL_WRITE, ENOSPC, "write ENOSPC" },
	{ CALL_WRITE, EINTR, "write EINTR" },
	{ CALL_DUP, EMFILE, "fcntl(F_DUPFD) EMFILE" },
	{ CALL_LOCK, ENOLCK, "fcntl(F_SETLK) ENOLCK" },
	{ CALL_SEAL, EBUSY, "fcntl(F_ADD_SEALS) EBUSY" },
	{ CALL_OPEN, EMFILE, "open EMFILE" },
	{ CALL_OPEN, ENFILE, "open ENFILE" },
	{ CALL_THREAD, EAGAIN, "pthread_create EAGAIN" },
};
const size_t nfaults = sizeof(faults) / sizeof(faults[0]);

/* Longer than any run takes that does not hang. */
#define RUN_SECONDS 200

/* How a run ended, as its exit status. */
enum {
	RUN_WELL = 0,
	RUN_FAILED = 1,
	RUN_FINISHED = 3
};

/* So many bad runs of one fault tell enough. */
#define BAD_RUNS_MAX 4

static struct {
	const struct fault *_Atomic fault;
	_Atomic long left; /* calls until then */
	_Atomic long times;
	_Atomic bool fired;
	_Atomic long death; /* calls until then; 0: never */
} armed;

static _Atomic int run_status;

/* Its own word, because a thread's first call may be the one that makes its storage. */
static _Thread_local bool is_exempt;

void inject_exempt(bool exempt)
{
	is_exempt = exempt;
}

void inject_arm_times(const struct fault *fault, unsigned n, unsigned times)
{
	atomic_store(&armed.fired, false);
	atomic_store(&armed.times, (long)times);
	atomic_store(&armed.left, (long)n);
	atomic_store(&armed.fault, fault);
}

void inject_arm(const struct fault *fault, unsigned n)
{
	inject_arm_times(fault, n, 1);
}

bool inject_disarm(void)
{
	atomic_store(&armed.fault, NULL);
	return atomic_load(&armed.fired);
}

void inject_death(unsigned n)
{
	atomic_store(&armed.death, (long)n);
}

/* Whether this call shall fail; errno is set then. */
static bool fails(enum call call)
{
	const struct fault *fault;
	long left;

	if (is_exempt)
		return false;
	if (atomic_load(&armed.death) > 0 && atomic_fetch_sub(&armed.death, 1) == 1)
		kill(getpid(), SIGKILL);
	fault = atomic_load(&armed.fault);
	if (!fault || fault->call != call)
		return false;
	left = atomic_fetch_sub(&armed.left, 1);
	if (left > 1 || left <= 1 - atomic_load(&armed.times))
		return false;
	atomic_store(&armed.fired, true);
	errno = fault->error;
	return true;
}

/*
 * --- The wrapped calls ---------------------------------------------------------------------------
 */

#define WRAP(result, name, parameters, arguments, call, failure)          \
	result __real_##name parameters;                                  \
	result __wrap_##name parameters;                                  \
	result __wrap_##name parameters                                   \
	{                                                                 \
		return fails(call) ? (failure) : __real_##name arguments; \
	}

WRAP(void *, malloc, (size_t size), (size), CALL_MALLOC, NULL)
WRAP(void *, calloc, (size_t n, size_t size), (n, size), CALL_MALLOC, NULL)
WRAP(void *, realloc, (void *old, size_t size), (old, size), CALL_MALLOC, NULL)
WRAP(void *, mmap, (void *at, size_t size, int access, int flags, int fd, off_t offset),
     (at, size, access, flags, fd, offset), CALL_MMAP, MAP_FAILED)
WRAP(int, munmap, (void *at, size_t size), (at, size), CALL_OTHER, -1)
WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol), CALL_SOCKET, -1)
WRAP(int, socketpair, (int domain, int type, int protocol, int *pair),
     (domain, type, protocol, pair), CALL_SOCKETPAIR, -1)
WRAP(int, accept4, (int fd, struct sockaddr *address, socklen_t *length, int flags),
     (fd, address, length, flags), CALL_ACCEPT, -1)
WRAP(int, connect, (int fd, const struct sockaddr *address, socklen_t length),
     (fd, address, length), CALL_CONNECT, -1)
WRAP(int, bind, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length),
     CALL_BIND, -1)
WRAP(int, listen, (int fd, int backlog), (fd, backlog), CALL_LISTEN, -1)
WRAP(int, epoll_create1, (int flags), (flags), CALL_EPOLL_CREATE, -1)
WRAP(int, epoll_ctl, (int fd, int operation, int of, struct epoll_event *event),
     (fd, operation, of, event), operation == EPOLL_CTL_ADD ? CALL_EPOLL_ADD : CALL_OTHER, -1)
WRAP(int, eventfd, (unsigned count, int flags), (count, flags), CALL_EVENTFD, -1)
WRAP(int, timerfd_create, (int clock, int flags), (clock, flags), CALL_TIMERFD, -1)
WRAP(int, inotify_init1, (int flags), (flags), CALL_INOTIFY, -1)
WRAP(int, inotify_add_watch, (int fd, const char *path, uint32_t mask), (fd, path, mask),
     CALL_WATCH, -1)
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags),
     message->msg_controllen ? CALL_SEND_FDS : CALL_SEND, -1)
WRAP(ssize_t, send, (int fd, const void *data, size_t size, int flags), (fd, data, size, flags),
     CALL_BELL, -1)
WRAP(int, memfd_create, (const char *name, unsigned flags), (name, flags), CALL_MEMFD, -1)
WRAP(int, fallocate, (int fd, int mode, off_t offset, off_t size), (fd, mode, offset, size),
     CALL_ALLOCATE, -1)
WRAP(int, ftruncate, (int fd, off_t size), (fd, size), CALL_TRUNCATE, -1)
WRAP(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size),
     size > sizeof(uint64_t) ? CALL_WRITE : CALL_OTHER, -1)
WRAP(ssize_t, read, (int fd, void *data, size_t size), (fd, data, size), CALL_OTHER, -1)
WRAP(int, unlink, (const char *path), (path), CALL_OTHER, -1)
WRAP(int, shutdown, (int fd, int how), (fd, how), CALL_OTHER, -1)

/* close() is the library's only way to give something back: it cannot fail, but be the last. */
WRAP(int, close, (int fd), (fd), CALL_OTHER, -1)

#define SO_PEERPIDFD_NUMBER 77

WRAP(int, getsockopt, (int fd, int level, int option, void *value, socklen_t *length),
     (fd, level, option, value, length), option == SO_PEERPIDFD_NUMBER ? CALL_IDENTIFY : CALL_OTHER,
     -1)

/* These take a further argument that not every use of them has. */

int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode)
{
	return fails(CALL_OPEN) ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int folder, const char *path, int flags, mode_t mode);
int __wrap_openat(int folder, const char *path, int flags, mode_t mode);
int __wrap_openat(int folder, const char *path, int flags, mode_t mode)
{
	return fails(CALL_OPEN) ? -1 : __real_openat(folder, path, flags, mode);
}

static enum call call_of_fcntl(int command, uintptr_t argument)
{
	if (command == F_DUPFD_CLOEXEC)
		return CALL_DUP;
	if (command == F_ADD_SEALS && argument & F_SEAL_WRITE)
		return CALL_SEAL;
	return command == F_SETLK ? CALL_LOCK : CALL_OTHER;
}

int __real_fcntl(int fd, int command, void *argument);
int __wrap_fcntl(int fd, int command, void *argument);
int __wrap_fcntl(int fd, int command, void *argument)
{
	return fails(call_of_fcntl(command, (uintptr_t)argument))
		       ? -1
		       : __real_fcntl(fd, command, argument);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *arg)
{
	return fails(CALL_THREAD) ? EAGAIN : __real_pthread_create(thread, attributes, run, arg);
}

/* Linux 6.5; the headers of Debian 12 do not have it. */
#define SCM_PIDFD_NUMBER 0x04

static bool carries_fds(const struct cmsghdr *header)
{
	return header->cmsg_level == SOL_SOCKET &&
	       (header->cmsg_type == SCM_RIGHTS || header->cmsg_type == SCM_PIDFD_NUMBER);
}

static void close_carried(const struct cmsghdr *header)
{
	size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fd;

	for (size_t i = 0; i < n; i++) {
		memcpy(&fd, CMSG_DATA(header) + i * sizeof(fd), sizeof(fd));
		close(fd);
	}
}

/* As the kernel does it when the process has no descriptor left; credentials are lost with it. */
static void lose_fds(struct msghdr *message)
{
	struct cmsghdr *header;

	for (header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
		if (carries_fds(header))
			close_carried(header);
	}
	message->msg_controllen = 0;
	message->msg_flags |= MSG_CTRUNC;
}

ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t got = fails(CALL_RECEIVE) ? -1 : __real_recvmsg(fd, message, flags);
	struct cmsghdr *header = got >= 0 ? CMSG_FIRSTHDR(message) : NULL;

	while (header && !carries_fds(header))
		header = CMSG_NXTHDR(message, header);
	if (header && fails(CALL_RECEIVE_FDS))
		lose_fds(message);
	return got;
}

/*
 * --- Runs ----------------------------------------------------------------------------------------
 */

void run_failed(const char *format, ...)
{
	char text[1200];
	va_list arguments;

	inject_exempt(true);
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fprintf(stderr, "  wrong: %s\n", text);
	atomic_store(&run_status, RUN_FAILED);
	inject_exempt(false);
}

void run_finished(void)
{
	int well = RUN_WELL;

	atomic_compare_exchange_strong(&run_status, &well, RUN_FINISHED);
}

int run_exit_status(void)
{
	return atomic_load(&run_status);
}

/* Only there in a build with AddressSanitizer. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

_Noreturn static void run_body(void (*body)(const void *arg), const void *arg)
{
	const char *hang = getenv("COHORT_FAULT_HANG");

	if (hang)
		fprintf(stderr, "  process %d\n", getpid());
	alarm(hang ? (unsigned)atoi(hang) : RUN_SECONDS);
	body(arg);
	if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
		run_failed("memory was leaked");
	_exit(atomic_load(&run_status));
}

/* Says what became of it unless it ended well. */
static bool ended_well(int status, const char *what, bool *finished)
{
	if (finished)
		*finished = WIFEXITED(status) && WEXITSTATUS(status) == RUN_FINISHED;
	if (WIFEXITED(status) &&
	    (WEXITSTATUS(status) == RUN_WELL || WEXITSTATUS(status) == RUN_FINISHED))
		return true;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		fprintf(stderr, "  hung: %s\n", what);
	else if (WIFSIGNALED(status))
		fprintf(stderr, "  killed by signal %d: %s\n", WTERMSIG(status), what);
	else
		fprintf(stderr, "  failed: %s\n", what);
	return false;
}

bool run_in_child(void (*body)(const void *arg), const void *arg, const char *what, bool *finished)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		run_body(body, arg);
	if (child < 0 || waitpid(child, &status, 0) != child) {
		fprintf(stderr, "  not run: %s\n", what);
		return false;
	}
	return ended_well(status, what, finished);
}

struct planned {
	scenario *run;
	const struct fault *fault;
	unsigned n;
};

static void run_planned(const void *arg)
{
	const struct planned *p = arg;

	p->run(p->fault, p->n);
}

/* COHORT_FAULT=NAME runs that fault alone, COHORT_FAULT_N=N that call alone: to look into one. */
static bool is_wanted(const struct fault *fault)
{
	const char *only = getenv("COHORT_FAULT");

	return !only || strstr(fault->name, only);
}

static unsigned inject_one_kind(scenario *run, const struct fault *fault)
{
	const char *only = getenv("COHORT_FAULT_N");
	struct planned p = { .run = run, .fault = fault, .n = only ? (unsigned)atoi(only) : 1 };
	unsigned bad = 0;
	bool finished = false;
	char what[128];

	for (; !finished && bad < BAD_RUNS_MAX; p.n++) {
		snprintf(what, sizeof(what), "%s at call %u", fault->name, p.n);
		bad += !run_in_child(run_planned, &p, what, &finished);
		if (only)
			break;
	}
	return bad;
}

unsigned inject_everywhere(scenario *run)
{
	unsigned bad = 0;

	for (size_t i = 0; i < nfaults; i++) {
		if (is_wanted(&faults[i]))
			bad += inject_one_kind(run, &faults[i]);
	}
	return bad;
}
