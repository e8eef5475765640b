/*
 * What a component may try: each function returns 0 if it could, else a negative errno.
 */
#ifndef COHORT_TEST_UNIT_COMPONENT_PROBES_H
#define COHORT_TEST_UNIT_COMPONENT_PROBES_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cohort/component.h"

#define PROBE_FILES 200			   /* max_files in these tests */
#define PROBE_MEMORY (UINT64_C(512) << 20) /* max_memory */

struct probe {
	const char *name;
	int (*run)(void);
	uint32_t stopped_by; /* any of these options stops it, COHORT_SANDBOX_SECCOMP with EPERM */
	bool works;	     /* without a sandbox, whoever does it; else it is not tried there */
};

static struct {
	pid_t parent;
	char new_file[64];
	int datagrams; /* a socket */
	struct sockaddr_un receiver;
	socklen_t receiver_length;
	int receiving;
} scene;

/* What the probes refer to; the parent's part and the child's. */
static void probes_prepare(void)
{
	scene.parent = getpid();
	snprintf(scene.new_file, sizeof(scene.new_file), "/tmp/cohort-sandbox-%d", (int)getpid());
	scene.datagrams = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	scene.receiving = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	scene.receiver.sun_family = AF_UNIX;
	scene.receiver_length = sizeof(scene.receiver);
	if (bind(scene.receiving, (struct sockaddr *)&scene.receiver, sizeof(sa_family_t)) ||
	    getsockname(scene.receiving, (struct sockaddr *)&scene.receiver,
			&scene.receiver_length))
		abort();
}

static void probes_done(void)
{
	close(scene.datagrams);
	close(scene.receiving);
	unlink(scene.new_file);
}

static int close_or_error(int fd)
{
	return fd < 0 ? -errno : close(fd);
}

static int result_of(long result)
{
	return result < 0 ? -errno : 0;
}

static int probe_open(void)
{
	return close_or_error(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int probe_own_memory_file(void)
{
	return close_or_error(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
}

static int probe_create(void)
{
	return close_or_error(open(scene.new_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int probe_folder(void)
{
	return close_or_error(open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int probe_openat2(void)
{
	struct {
		uint64_t flags, mode, resolve;
	} how = { O_RDONLY | O_CLOEXEC, 0, 0 };

	return close_or_error(
		(int)syscall(437 /* openat2 */, AT_FDCWD, "/etc/passwd", &how, sizeof(how)));
}

static int probe_internet(void)
{
	return close_or_error(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int probe_unix(void)
{
	return close_or_error(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/* With one end of such a pair datagrams could be sent to any name. */
static int probe_datagram_pair(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static int probe_connect(void)
{
	return result_of(connect(scene.datagrams, (struct sockaddr *)&scene.receiver,
				 scene.receiver_length));
}

static int probe_send_to_name(void)
{
	return result_of(sendto(scene.datagrams, "", 1, MSG_DONTWAIT,
				(struct sockaddr *)&scene.receiver, scene.receiver_length));
}

static int probe_listen(void)
{
	return result_of(listen(scene.datagrams, 1));
}

static int probe_fork(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0L);

	if (pid == 0)
		_exit(0);
	if (pid > 0 && waitpid((pid_t)pid, NULL, 0) != pid)
		return -errno;
	return result_of(pid);
}

static int probe_execve(void)
{
	char *const argv[] = { (char *)"true", NULL };

	return result_of(execve("/bin/true", argv, argv + 1));
}

static int probe_execveat(void)
{
	char *const argv[] = { (char *)"true", NULL };

	return result_of(syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, argv + 1, 0));
}

static int probe_ptrace(void)
{
	return result_of(ptrace(PTRACE_SEIZE, scene.parent, NULL, NULL));
}

static int probe_kill(void)
{
	return result_of(kill(scene.parent, 0));
}

static int probe_kill_all(void)
{
	return result_of(kill(-1, 0));
}

static int probe_read_parent(void)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { &scene, 1 };

	return result_of(syscall(SYS_process_vm_readv, scene.parent, &here, 1, &there, 1, 0));
}

static int probe_mount(void)
{
	return result_of(mount("none", "/", "tmpfs", 0, NULL));
}

static int probe_chroot(void)
{
	return result_of(chroot("/"));
}

static int probe_unshare(void)
{
	return result_of(unshare(CLONE_NEWUSER));
}

static int probe_setns(void)
{
	return result_of(setns(-1, 0));
}

static int probe_keyctl(void)
{
	return result_of(syscall(SYS_keyctl, 0, -3, 0, 0, 0));
}

static int probe_bpf(void)
{
	return result_of(syscall(SYS_bpf, 0, NULL, 0));
}

static int probe_io_uring(void)
{
	return result_of(syscall(425 /* io_uring_setup */, 1, NULL));
}

static int probe_userfaultfd(void)
{
	return close_or_error((int)syscall(SYS_userfaultfd, O_CLOEXEC));
}

static int probe_perf_event(void)
{
	return result_of(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0L));
}

static int unmap_or_error(void *memory, size_t size)
{
	return memory == MAP_FAILED ? -errno : munmap(memory, size);
}

static int probe_executable_memory(void)
{
	return unmap_or_error(
		mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
}

static int probe_made_executable(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err;

	if (memory == MAP_FAILED)
		return 0; /* not what is asked here */
	err = result_of(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
	munmap(memory, 4096);
	return err;
}

static int probe_personality(void)
{
	return result_of(syscall(SYS_personality, 0xffffffffUL));
}

static int probe_memory(void)
{
	return unmap_or_error(mmap(NULL, PROBE_MEMORY, PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
			      PROBE_MEMORY);
}

static int probe_descriptors(void)
{
	int copies[PROBE_FILES];
	int n = 0;
	int err = 0;

	while (n < PROBE_FILES && !err) {
		copies[n] = fcntl(scene.datagrams, F_DUPFD_CLOEXEC, 0);
		err = copies[n] < 0 ? -errno : 0;
		n += !err;
	}
	while (n > 0)
		close(copies[--n]);
	return err;
}

static int probe_raise_limit(void)
{
	struct {
		uint64_t soft, hard;
	} limit = { PROBE_FILES + 1, PROBE_FILES + 1 };

	return result_of(syscall(SYS_prlimit64, 0, 7 /* RLIMIT_NOFILE */, &limit, NULL));
}

static int probe_signal_by_descriptor(void)
{
	return result_of(fcntl(scene.datagrams, F_SETOWN, getpid()));
}

static int probe_signal_at_input(void)
{
	return result_of(fcntl(scene.datagrams, F_SETFL, O_ASYNC));
}

static int probe_terminal_input(void)
{
	return result_of(syscall(SYS_ioctl, scene.datagrams, 0x5412 /* TIOCSTI */, "x"));
}

#define FILES (COHORT_SANDBOX_LANDLOCK | COHORT_SANDBOX_SECCOMP)
#define OTHERS (COHORT_SANDBOX_PID | COHORT_SANDBOX_SECCOMP)

/* An option is named where it stops the probe by itself. */
static const struct probe probes[] = {
	{ "open /etc/passwd", probe_open, FILES | COHORT_SANDBOX_MOUNT, true },
	{ "open /proc/self/mem", probe_own_memory_file, FILES | COHORT_SANDBOX_MOUNT, true },
	{ "create a file", probe_create, FILES | COHORT_SANDBOX_MOUNT, true },
	{ "open a folder", probe_folder, FILES | COHORT_SANDBOX_MOUNT, true },
	{ "openat2", probe_openat2, FILES | COHORT_SANDBOX_MOUNT, false },
	{ "socket AF_INET", probe_internet, COHORT_SANDBOX_SECCOMP, true },
	{ "socket AF_UNIX", probe_unix, COHORT_SANDBOX_SECCOMP, true },
	{ "socketpair SOCK_DGRAM", probe_datagram_pair, COHORT_SANDBOX_SECCOMP, true },
	{ "sendto a name", probe_send_to_name, COHORT_SANDBOX_SECCOMP, true },
	{ "connect", probe_connect, COHORT_SANDBOX_SECCOMP, true },
	{ "listen", probe_listen, COHORT_SANDBOX_SECCOMP, false },
	{ "fork", probe_fork, COHORT_SANDBOX_SECCOMP, true },
	{ "execve", probe_execve, FILES | COHORT_SANDBOX_MOUNT, false },
	{ "execveat", probe_execveat, FILES | COHORT_SANDBOX_MOUNT, false },
	{ "ptrace", probe_ptrace, OTHERS, false },
	{ "kill the parent", probe_kill, OTHERS, true },
	{ "kill everybody", probe_kill_all, COHORT_SANDBOX_SECCOMP, false },
	{ "process_vm_readv", probe_read_parent, OTHERS, false },
	{ "mount", probe_mount, COHORT_SANDBOX_LANDLOCK | COHORT_SANDBOX_SECCOMP, false },
	{ "chroot", probe_chroot, COHORT_SANDBOX_USER | COHORT_SANDBOX_SECCOMP, false },
	{ "unshare", probe_unshare, COHORT_SANDBOX_SECCOMP, false },
	{ "setns", probe_setns, COHORT_SANDBOX_SECCOMP, false },
	{ "keyctl", probe_keyctl, COHORT_SANDBOX_SECCOMP, false },
	{ "bpf", probe_bpf, COHORT_SANDBOX_SECCOMP, false },
	{ "io_uring_setup", probe_io_uring, COHORT_SANDBOX_SECCOMP, false },
	{ "userfaultfd", probe_userfaultfd, COHORT_SANDBOX_SECCOMP, false },
	{ "perf_event_open", probe_perf_event, COHORT_SANDBOX_SECCOMP, false },
	{ "mmap PROT_EXEC", probe_executable_memory, COHORT_SANDBOX_SECCOMP, true },
	{ "mprotect PROT_EXEC", probe_made_executable, COHORT_SANDBOX_SECCOMP, true },
	{ "personality", probe_personality, COHORT_SANDBOX_SECCOMP, true },
	{ "too much memory", probe_memory, COHORT_SANDBOX_LIMITS, true },
	{ "too many descriptors", probe_descriptors, COHORT_SANDBOX_LIMITS, true },
	{ "raise a limit", probe_raise_limit, COHORT_SANDBOX_LIMITS | COHORT_SANDBOX_SECCOMP,
	  false },
	{ "F_SETOWN", probe_signal_by_descriptor, COHORT_SANDBOX_SECCOMP, true },
	{ "O_ASYNC", probe_signal_at_input, COHORT_SANDBOX_SECCOMP, true },
	{ "TIOCSTI", probe_terminal_input, COHORT_SANDBOX_SECCOMP, false },
};

static void *set_flag(void *flag)
{
	*(bool *)flag = true;
	return NULL;
}

static int need_thread(void)
{
	bool ran = false;
	pthread_t thread;
	int error = pthread_create(&thread, NULL, set_flag, &ran);

	if (!error)
		error = pthread_join(thread, NULL);
	return error ? -error : ran ? 0 : -EIO;
}

static int need_memory(void)
{
	size_t size = (size_t)32 << 20;
	char *memory = malloc(size);
	bool good;

	if (!memory)
		return -ENOMEM;
	memset(memory, 1, size);
	good = memory[size - 1] == 1;
	free(memory);
	return good ? 0 : -EIO;
}

static int need_time(void)
{
	struct timespec now;

	return result_of(clock_gettime(CLOCK_MONOTONIC, &now)) ||
			       result_of(syscall(SYS_clock_gettime, CLOCK_REALTIME, &now))
		       ? -errno
		       : 0;
}

static int need_memfd(void)
{
	int fd = memfd_create("need", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct stat st;
	int err = 0;

	if (fd < 0 || ftruncate(fd, 8192) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) ||
	    fstat(fd, &st) || st.st_size != 8192)
		err = -errno;
	if (!err)
		err = unmap_or_error(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
				     8192);
	return err ? err : close_or_error(fd);
}

static int need_timer(void)
{
	struct itimerspec soon = { { 0, 0 }, { 0, 1 } };
	struct epoll_event event = { .events = EPOLLIN };
	int loop = epoll_create1(EPOLL_CLOEXEC);
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	int err = 0;

	if (loop < 0 || timer < 0 || timerfd_settime(timer, 0, &soon, NULL) ||
	    epoll_ctl(loop, EPOLL_CTL_ADD, timer, &event) || epoll_wait(loop, &event, 1, -1) != 1)
		err = -errno;
	close(timer);
	close(loop);
	return err;
}

static int need_signal_to_itself(void)
{
	struct timespec patience = { 30, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (raise(SIGUSR1) || sigtimedwait(&set, NULL, &patience) != SIGUSR1)
		return -errno;
	return 0;
}

static int need_own_scheduling(void)
{
	cpu_set_t cpus;

	return sched_getaffinity(0, sizeof(cpus), &cpus) ||
			       sched_setaffinity(0, sizeof(cpus), &cpus)
		       ? -errno
		       : 0;
}

/* What a libc tries first, and only gives up for ENOSYS. */
static int need_clone3_to_be_missing(void)
{
	long result = syscall(435 /* clone3 */, NULL, 0);

	return result == -1 && errno == ENOSYS ? 0 : -errno;
}

static const struct probe needs[] = {
	{ "a thread", need_thread, 0, true },
	{ "memory", need_memory, 0, true },
	{ "the time", need_time, 0, true },
	{ "a memfd", need_memfd, 0, true },
	{ "a timer", need_timer, 0, true },
	{ "a signal", need_signal_to_itself, 0, true },
	{ "scheduling", need_own_scheduling, 0, true },
	{ "no clone3", need_clone3_to_be_missing, COHORT_SANDBOX_SECCOMP, false },
};

#define NPROBES (sizeof(probes) / sizeof(probes[0]))
#define NNEEDS (sizeof(needs) / sizeof(needs[0]))

#endif
