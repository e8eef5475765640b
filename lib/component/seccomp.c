/*
 * seccomp.c: a table of what is allowed, and a small compiler from it to the kernel's filter language.
 *
 * A rule names a call, the last phase in which it is allowed, and what its arguments must be. Rules are
 * tried in their order; several of one call are alternatives. A rule becomes
 *
 *	if nr != call goto next
 *	load an argument, mask it, if it is not the value goto reload		(each condition)
 *	return ALLOW
 *	reload: load nr
 *	next:
 *
 * The list was made from what libcohort and libc call in a secondary that serves, and from what is as
 * harmless: it acts on the process itself, or on a descriptor it was given. Some decisions:
 *
 * - A filter sees arguments, not what pointers lead to. newfstatat() is allowed with AT_EMPTY_PATH, as
 *   that is the fstat() of glibc since 2.33, but a caller may give it a path all the same, and learn
 *   the size and times of a file that it cannot open. In an empty root there is none.
 * - clone() makes threads: exactly the flags of one. clone3() keeps its flags in memory, so it is
 *   ENOSYS, which makes libc fall back; so is every call that is newer than this list, for the same
 *   reason. All else is EPERM.
 * - Nothing becomes executable once the component is loaded: not by mmap(), mprotect(), nor
 *   personality() or shmat(). So libraries are loaded completely (RTLD_NOW), before.
 * - Sockets can be used, not made, named or connected, but for pairs: libcohort's doorbell is one. Not
 *   pairs of datagram sockets, which can send to any name. setsockopt() only for SOL_SOCKET: the rest
 *   is a large part of the kernel for which a worker has no use.
 * - Signals only to the process itself. fcntl() without F_SETOWN and O_ASYNC, ioctl() without
 *   FIOASYNC: these make the kernel send one; that of a terminal goes to all in its foreground.
 * - Scheduling calls take the number of a thread, which cannot be told from that of another process
 *   of this user. libcohort needs them for the threads that it starts.
 *
 * The filter of the second phase comes on top of the first one's, and what passes has to pass both. So
 * the first cannot forbid what the second is to allow, threads among it. Calls without conditions cost
 * next to nothing: the kernel knows from the start that they pass.
 */
#include "component/seccomp.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/dma-buf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__) && !defined(__ILP32__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__) && !defined(__ILP32__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifndef ARCHITECTURE

int seccomp_allow_loading(void)
{
	return -ENOSYS;
}

int seccomp_allow_working(void)
{
	return -ENOSYS;
}

#else

/* Newer than some headers; from 424 on the numbers are those of every architecture. */
#ifndef __NR_clone3
#define __NR_clone3 435
#endif
#ifndef __NR_close_range
#define __NR_close_range 436
#endif
#ifndef __NR_epoll_pwait2
#define __NR_epoll_pwait2 441
#endif
#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule 445
#define __NR_landlock_restrict_self 446
#endif
#ifndef __NR_futex_waitv
#define __NR_futex_waitv 449
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

#define NEWEST_KNOWN __NR_futex_waitv
#define X32_BIT 0x40000000U

#define CONDITIONS 2

/* In the order in which they come: what is allowed in the later one is in the earlier, too. */
enum phase {
	LOADING,
	WORKING,
};

enum test {
	TEST_NONE,
	TEST_BITS, /* the lower half, masked, is the value: all of an int, flags of a long */
	TEST_NULL, /* a pointer is NULL */
	TEST_SELF, /* this process's number */
};

struct condition {
	enum test test;
	unsigned argument;
	uint32_t mask;
	uint32_t value;
};

struct rule {
	uint32_t call;
	enum phase until; /* the last in which it is allowed */
	struct condition conditions[CONDITIONS];
};

#define BITS(argument, mask, value)              \
	{                                        \
		TEST_BITS, argument, mask, value \
	}
#define IS(argument, value)                                        \
	{                                                          \
		TEST_BITS, argument, UINT32_MAX, (uint32_t)(value) \
	}
#define IS_NULL(argument)                 \
	{                                 \
		TEST_NULL, argument, 0, 0 \
	}
#define IS_SELF(argument)                 \
	{                                 \
		TEST_SELF, argument, 0, 0 \
	}

/* What makes a thread, and what libc may add to it. */
#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
#define THREAD_DETAILS                                                                    \
	(CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | \
	 CLONE_DETACHED)

/* open()'s flags that write or make something; O_TMPFILE is more than O_DIRECTORY. */
#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

static const struct rule rules[] = {
	/* Messages and waiting: what runs all the time comes first. */
	{ __NR_futex, WORKING, { { 0 } } },
	{ __NR_futex_waitv, WORKING, { { 0 } } },
	{ __NR_sendmsg, WORKING, { { 0 } } },
	{ __NR_recvmsg, WORKING, { { 0 } } },
	{ __NR_sendmmsg, WORKING, { { 0 } } },
	{ __NR_recvmmsg, WORKING, { { 0 } } },
	{ __NR_recvfrom, WORKING, { { 0 } } },
	{ __NR_sendto, WORKING, { IS_NULL(4) } },
	{ __NR_read, WORKING, { { 0 } } },
	{ __NR_write, WORKING, { { 0 } } },
	{ __NR_readv, WORKING, { { 0 } } },
	{ __NR_writev, WORKING, { { 0 } } },
	{ __NR_pread64, WORKING, { { 0 } } },
	{ __NR_pwrite64, WORKING, { { 0 } } },
	{ __NR_preadv, WORKING, { { 0 } } },
	{ __NR_pwritev, WORKING, { { 0 } } },
	{ __NR_lseek, WORKING, { { 0 } } },
	{ __NR_epoll_create1, WORKING, { { 0 } } },
	{ __NR_epoll_ctl, WORKING, { { 0 } } },
	{ __NR_epoll_pwait, WORKING, { { 0 } } },
	{ __NR_epoll_pwait2, WORKING, { { 0 } } },
	{ __NR_ppoll, WORKING, { { 0 } } },
	{ __NR_pselect6, WORKING, { { 0 } } },
	{ __NR_eventfd2, WORKING, { { 0 } } },
	{ __NR_timerfd_create, WORKING, { { 0 } } },
	{ __NR_timerfd_settime, WORKING, { { 0 } } },
	{ __NR_timerfd_gettime, WORKING, { { 0 } } },
	{ __NR_pipe2, WORKING, { { 0 } } },
#ifdef __x86_64__
	{ __NR_epoll_wait, WORKING, { { 0 } } },
	{ __NR_poll, WORKING, { { 0 } } },
	{ __NR_select, WORKING, { { 0 } } },
#endif
	/* Time. */
	{ __NR_clock_gettime, WORKING, { { 0 } } },
	{ __NR_clock_getres, WORKING, { { 0 } } },
	{ __NR_gettimeofday, WORKING, { { 0 } } },
	{ __NR_nanosleep, WORKING, { { 0 } } },
	{ __NR_clock_nanosleep, WORKING, { { 0 } } },
	{ __NR_timer_create, WORKING, { { 0 } } },
	{ __NR_timer_settime, WORKING, { { 0 } } },
	{ __NR_timer_gettime, WORKING, { { 0 } } },
	{ __NR_timer_getoverrun, WORKING, { { 0 } } },
	{ __NR_timer_delete, WORKING, { { 0 } } },
	{ __NR_getitimer, WORKING, { { 0 } } },
	{ __NR_setitimer, WORKING, { { 0 } } },
	{ __NR_times, WORKING, { { 0 } } },
	{ __NR_restart_syscall, WORKING, { { 0 } } },
#ifdef __x86_64__
	{ __NR_time, WORKING, { { 0 } } },
	{ __NR_alarm, WORKING, { { 0 } } },
#endif
	/* Memory: nothing executable once the component is loaded. */
	{ __NR_brk, WORKING, { { 0 } } },
	{ __NR_munmap, WORKING, { { 0 } } },
	{ __NR_mremap, WORKING, { { 0 } } },
	{ __NR_madvise, WORKING, { { 0 } } },
	{ __NR_msync, WORKING, { { 0 } } },
	{ __NR_mlock, WORKING, { { 0 } } },
	{ __NR_munlock, WORKING, { { 0 } } },
	{ __NR_mlock2, WORKING, { { 0 } } },
	{ __NR_mmap, LOADING, { { 0 } } },
	{ __NR_mprotect, LOADING, { { 0 } } },
	{ __NR_mmap, WORKING, { BITS(2, PROT_EXEC, 0) } },
	{ __NR_mprotect, WORKING, { BITS(2, PROT_EXEC, 0) } },
	{ __NR_memfd_create, WORKING, { { 0 } } },
	{ __NR_ftruncate, WORKING, { { 0 } } },
	{ __NR_fallocate, WORKING, { { 0 } } },
	/* Threads, and the end of them. */
	{ __NR_clone, WORKING, { BITS(0, ~(uint32_t)THREAD_DETAILS, THREAD) } },
	{ __NR_set_robust_list, WORKING, { { 0 } } },
	{ __NR_get_robust_list, WORKING, { { 0 } } },
	{ __NR_set_tid_address, WORKING, { { 0 } } },
	{ __NR_rseq, WORKING, { { 0 } } },
	{ __NR_membarrier, WORKING, { { 0 } } },
	{ __NR_exit, WORKING, { { 0 } } },
	{ __NR_exit_group, WORKING, { { 0 } } },
	{ __NR_gettid, WORKING, { { 0 } } },
	{ __NR_getcpu, WORKING, { { 0 } } },
	{ __NR_sched_yield, WORKING, { { 0 } } },
	{ __NR_sched_getaffinity, WORKING, { { 0 } } },
	{ __NR_sched_setaffinity, WORKING, { { 0 } } },
	{ __NR_sched_getparam, WORKING, { { 0 } } },
	{ __NR_sched_setparam, WORKING, { { 0 } } },
	{ __NR_sched_getscheduler, WORKING, { { 0 } } },
	{ __NR_sched_setscheduler, WORKING, { { 0 } } },
	{ __NR_sched_getattr, WORKING, { { 0 } } },
	{ __NR_sched_setattr, WORKING, { { 0 } } },
	{ __NR_sched_get_priority_max, WORKING, { { 0 } } },
	{ __NR_sched_get_priority_min, WORKING, { { 0 } } },
	{ __NR_getpriority, WORKING, { { 0 } } },
	/* Signals. */
	{ __NR_rt_sigaction, WORKING, { { 0 } } },
	{ __NR_rt_sigprocmask, WORKING, { { 0 } } },
	{ __NR_rt_sigreturn, WORKING, { { 0 } } },
	{ __NR_rt_sigpending, WORKING, { { 0 } } },
	{ __NR_rt_sigsuspend, WORKING, { { 0 } } },
	{ __NR_rt_sigtimedwait, WORKING, { { 0 } } },
	{ __NR_sigaltstack, WORKING, { { 0 } } },
	{ __NR_signalfd4, WORKING, { { 0 } } },
	{ __NR_kill, WORKING, { IS_SELF(0) } },
	{ __NR_tgkill, WORKING, { IS_SELF(0) } },
	{ __NR_rt_tgsigqueueinfo, WORKING, { IS_SELF(0) } },
	{ __NR_wait4, WORKING, { { 0 } } },
	{ __NR_waitid, WORKING, { { 0 } } },
	/* Descriptors. */
	{ __NR_close, WORKING, { { 0 } } },
	{ __NR_close_range, WORKING, { { 0 } } },
	{ __NR_dup, WORKING, { { 0 } } },
	{ __NR_dup3, WORKING, { { 0 } } },
	{ __NR_fstat, WORKING, { { 0 } } },
	{ __NR_fstatfs, WORKING, { { 0 } } },
	{ __NR_fsync, WORKING, { { 0 } } },
	{ __NR_fdatasync, WORKING, { { 0 } } },
	{ __NR_flock, WORKING, { { 0 } } },
#ifdef __x86_64__
	{ __NR_dup2, WORKING, { { 0 } } },
#endif
	{ __NR_fcntl, WORKING, { IS(1, F_DUPFD) } },
	{ __NR_fcntl, WORKING, { IS(1, F_DUPFD_CLOEXEC) } },
	{ __NR_fcntl, WORKING, { IS(1, F_GETFD) } },
	{ __NR_fcntl, WORKING, { IS(1, F_SETFD) } },
	{ __NR_fcntl, WORKING, { IS(1, F_GETFL) } },
	{ __NR_fcntl, WORKING, { IS(1, F_SETFL), BITS(2, O_ASYNC, 0) } },
	{ __NR_fcntl, WORKING, { IS(1, F_ADD_SEALS) } },
	{ __NR_fcntl, WORKING, { IS(1, F_GET_SEALS) } },
	{ __NR_fcntl, WORKING, { IS(1, F_GETPIPE_SZ) } },
	{ __NR_ioctl, WORKING, { IS(1, FIONREAD) } },
	{ __NR_ioctl, WORKING, { IS(1, SIOCOUTQ) } },
	{ __NR_ioctl, WORKING, { IS(1, FIONBIO) } },
	{ __NR_ioctl, WORKING, { IS(1, FIOCLEX) } },
	{ __NR_ioctl, WORKING, { IS(1, TCGETS) } },
	{ __NR_ioctl, WORKING, { IS(1, DMA_BUF_IOCTL_SYNC) } },
	{ __NR_newfstatat, WORKING, { BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH) } },
	{ __NR_statx, WORKING, { BITS(2, AT_EMPTY_PATH, AT_EMPTY_PATH) } },
	/* Sockets. */
	{ __NR_socketpair, WORKING, { IS(0, AF_UNIX), BITS(1, 0xf, SOCK_STREAM) } },
	{ __NR_socketpair, WORKING, { IS(0, AF_UNIX), BITS(1, 0xf, SOCK_SEQPACKET) } },
	{ __NR_setsockopt, WORKING, { IS(1, SOL_SOCKET) } },
	{ __NR_getsockopt, WORKING, { { 0 } } },
	{ __NR_getsockname, WORKING, { { 0 } } },
	{ __NR_getpeername, WORKING, { { 0 } } },
	{ __NR_shutdown, WORKING, { { 0 } } },
	/* About the process and the system. */
	{ __NR_getpid, WORKING, { { 0 } } },
	{ __NR_getppid, WORKING, { { 0 } } },
	{ __NR_getuid, WORKING, { { 0 } } },
	{ __NR_geteuid, WORKING, { { 0 } } },
	{ __NR_getgid, WORKING, { { 0 } } },
	{ __NR_getegid, WORKING, { { 0 } } },
	{ __NR_getresuid, WORKING, { { 0 } } },
	{ __NR_getresgid, WORKING, { { 0 } } },
	{ __NR_getgroups, WORKING, { { 0 } } },
	{ __NR_getpgid, WORKING, { { 0 } } },
	{ __NR_getsid, WORKING, { { 0 } } },
	{ __NR_getrusage, WORKING, { { 0 } } },
	{ __NR_sysinfo, WORKING, { { 0 } } },
	{ __NR_uname, WORKING, { { 0 } } },
	{ __NR_getrandom, WORKING, { { 0 } } },
	{ __NR_capget, WORKING, { { 0 } } },
	{ __NR_pidfd_open, WORKING, { { 0 } } },
	{ __NR_prlimit64, WORKING, { IS_NULL(2) } },
	{ __NR_getrlimit, WORKING, { { 0 } } },
#ifdef __x86_64__
	{ __NR_getpgrp, WORKING, { { 0 } } },
#endif
	{ __NR_prctl, WORKING, { IS(0, PR_SET_NAME) } },
	{ __NR_prctl, WORKING, { IS(0, PR_GET_NAME) } },
	{ __NR_prctl, WORKING, { IS(0, PR_SET_VMA) } },
	{ __NR_prctl, WORKING, { IS(0, PR_GET_DUMPABLE) } },
	{ __NR_prctl, WORKING, { IS(0, PR_GET_PDEATHSIG) } },
	{ __NR_prctl, WORKING, { IS(0, PR_GET_NO_NEW_PRIVS) } },
	/* Loading: files that are read. */
	{ __NR_openat, LOADING, { BITS(2, WRITING, O_RDONLY) } },
	{ __NR_newfstatat, LOADING, { { 0 } } },
	{ __NR_statx, LOADING, { { 0 } } },
	{ __NR_readlinkat, LOADING, { { 0 } } },
	{ __NR_faccessat, LOADING, { { 0 } } },
	{ __NR_statfs, LOADING, { { 0 } } },
	{ __NR_getcwd, LOADING, { { 0 } } },
	{ __NR_getdents64, LOADING, { { 0 } } },
#ifdef __NR_faccessat2
	{ __NR_faccessat2, LOADING, { { 0 } } },
#endif
#ifdef __x86_64__
	{ __NR_open, LOADING, { BITS(1, WRITING, O_RDONLY) } },
	{ __NR_stat, LOADING, { { 0 } } },
	{ __NR_lstat, LOADING, { { 0 } } },
	{ __NR_access, LOADING, { { 0 } } },
	{ __NR_readlink, LOADING, { { 0 } } },
	{ __NR_arch_prctl, LOADING, { { 0 } } },
#endif
	/* Loading: what leads from there to the second phase. */
	{ __NR_prctl, LOADING, { IS(0, PR_SET_NO_NEW_PRIVS) } },
	{ __NR_unshare, LOADING, { IS(0, CLONE_THREAD) } },
	{ __NR_seccomp, LOADING, { { 0 } } },
	{ __NR_landlock_create_ruleset, LOADING, { { 0 } } },
	{ __NR_landlock_add_rule, LOADING, { { 0 } } },
	{ __NR_landlock_restrict_self, LOADING, { { 0 } } },
	{ __NR_fchdir, LOADING, { { 0 } } },
	{ __NR_chroot, LOADING, { { 0 } } },
	{ __NR_capset, LOADING, { { 0 } } },
};

#define RULES (sizeof(rules) / sizeof(rules[0]))
/* The longest rule has two conditions of four instructions, the rest needs less than ten. */
#define PROGRAM_MAX (RULES * 11 + 16)

static_assert(PROGRAM_MAX <= BPF_MAXINSNS, "the kernel takes no longer filter");

struct program {
	struct sock_filter code[PROGRAM_MAX];
	size_t length;
};

static void emit(struct program *program, int code, uint32_t k, size_t if_true, size_t if_false)
{
	assert(program->length < PROGRAM_MAX && if_true <= UINT8_MAX && if_false <= UINT8_MAX);
	program->code[program->length++] = (struct sock_filter){
		(uint16_t)code,
		(uint8_t)if_true,
		(uint8_t)if_false,
		k,
	};
}

static void emit_load(struct program *program, size_t offset)
{
	emit(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void emit_return(struct program *program, uint32_t action)
{
	emit(program, BPF_RET | BPF_K, action, 0, 0);
}

/* Unless it is equal, it skips so many instructions. */
static void emit_equal_or_skip(struct program *program, uint32_t value, size_t skip)
{
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip);
}

static size_t condition_length(const struct condition *condition)
{
	switch (condition->test) {
	case TEST_NONE:
		return 0;
	case TEST_BITS:
		return 3;
	case TEST_NULL:
		return 4;
	case TEST_SELF:
		return 2;
	}
	return 0;
}

/* `rest` instructions from its own end to where it goes if it does not hold. */
static void emit_condition(struct program *program, const struct condition *condition, size_t rest)
{
	/* Both architectures are little-endian: the lower half comes first. */
	size_t low = offsetof(struct seccomp_data, args) + condition->argument * sizeof(uint64_t);

	if (condition->test == TEST_NONE)
		return;
	emit_load(program, low);
	switch (condition->test) {
	case TEST_NONE:
		break;
	case TEST_BITS:
		emit(program, BPF_ALU | BPF_AND | BPF_K, condition->mask, 0, 0);
		emit_equal_or_skip(program, condition->value, rest);
		break;
	case TEST_NULL:
		emit_equal_or_skip(program, 0, 2 + rest);
		emit_load(program, low + sizeof(uint32_t));
		emit_equal_or_skip(program, 0, rest);
		break;
	case TEST_SELF:
		emit_equal_or_skip(program, (uint32_t)getpid(), rest);
		break;
	}
}

static void emit_rule(struct program *program, const struct rule *rule)
{
	size_t length = 0;

	for (size_t i = 0; i < CONDITIONS; i++)
		length += condition_length(&rule->conditions[i]);
	/* Past the conditions, the return, and the load that only a condition makes necessary. */
	emit_equal_or_skip(program, rule->call, length + (length ? 2 : 1));
	for (size_t i = 0; i < CONDITIONS; i++) {
		length -= condition_length(&rule->conditions[i]);
		emit_condition(program, &rule->conditions[i], length + 1);
	}
	emit_return(program, SECCOMP_RET_ALLOW);
	if (rule->conditions[0].test != TEST_NONE)
		emit_load(program, offsetof(struct seccomp_data, nr));
}

static void emit_architecture(struct program *program)
{
	emit_load(program, offsetof(struct seccomp_data, arch));
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
	emit_return(program, SECCOMP_RET_KILL_PROCESS);
	emit_load(program, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
	emit(program, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	emit_return(program, SECCOMP_RET_KILL_PROCESS);
#endif
}

static void emit_refusal(struct program *program)
{
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 1, 0);
	emit(program, BPF_JMP | BPF_JGT | BPF_K, NEWEST_KNOWN, 0, 1);
	emit_return(program, SECCOMP_RET_ERRNO | ENOSYS);
	emit_return(program, SECCOMP_RET_ERRNO | EPERM);
}

static int install(const struct program *program)
{
	struct sock_fprog filter = {
		(unsigned short)program->length,
		(struct sock_filter *)program->code,
	};
	long result =
		syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);

	if (result > 0) /* the number of the thread that is in the way */
		return -EBUSY;
	return result ? -errno : 0;
}

static int allow(enum phase phase)
{
	struct program program = { .length = 0 };

	emit_architecture(&program);
	for (size_t i = 0; i < RULES; i++) {
		if (rules[i].until >= phase)
			emit_rule(&program, &rules[i]);
	}
	emit_refusal(&program);
	return install(&program);
}

int seccomp_allow_loading(void)
{
	return allow(LOADING);
}

int seccomp_allow_working(void)
{
	return allow(WORKING);
}

#endif
