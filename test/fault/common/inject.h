/*
 * Failure injection: the calls that the library makes to get something from the system (memory,
 * descriptors, mappings, threads, what a socket carries) go through here, by the linker's --wrap,
 * and the nth of a kind fails as the kernel or libc would let it fail.
 *
 *	inject_arm(fault, n);	the nth such call from now on fails, once
 *	...
 *	fired = inject_disarm();
 *
 * For tests of death the nth call of any kind can kill the process instead.
 *
 * Each run of a scenario is a forked child, so that one that crashes or hangs takes nothing with
 * it, and what a process does only once is met in every run.
 */
#ifndef COHORT_TEST_FAULT_INJECT_H
#define COHORT_TEST_FAULT_INJECT_H

#include <stdbool.h>
#include <stddef.h>

/* The kinds of calls that are told apart. */
enum call {
	CALL_MALLOC, /* calloc(), realloc() too */
	CALL_MMAP,
	CALL_SOCKET,
	CALL_SOCKETPAIR,
	CALL_ACCEPT,
	CALL_CONNECT,
	CALL_BIND,
	CALL_LISTEN,
	CALL_IDENTIFY, /* getsockopt() of the peer's pidfd */
	CALL_EPOLL_CREATE,
	CALL_EPOLL_ADD, /* changing and removing need nothing */
	CALL_EVENTFD,
	CALL_TIMERFD,
	CALL_INOTIFY,
	CALL_WATCH,
	CALL_SEND,     /* sendmsg() without descriptors */
	CALL_SEND_FDS, /* sendmsg() with descriptors */
	CALL_BELL,     /* send() */
	CALL_RECEIVE,
	CALL_RECEIVE_FDS, /* recvmsg() that brought descriptors: they are lost */
	CALL_MEMFD,
	CALL_ALLOCATE,
	CALL_TRUNCATE,
	CALL_WRITE, /* of a body */
	CALL_DUP,
	CALL_LOCK,
	CALL_SEAL, /* against writing, as bodies are */
	CALL_OPEN,
	CALL_THREAD,
	CALL_OTHER, /* never fails; a place to die at */
	CALLS,
};

struct fault {
	enum call call;
	int error; /* errno */
	const char *name;
};

/* All that there are. */
extern const struct fault faults[];
extern const size_t nfaults;

void inject_arm(const struct fault *fault, unsigned n);
/* The nth and those after it, so many. */
void inject_arm_times(const struct fault *fault, unsigned n, unsigned times);

/* Whether it has come to the nth call. */
bool inject_disarm(void);

/* From now on: the process kills itself before its nth intercepted call, of whatever kind. */
void inject_death(unsigned n);

/* Calls of this thread are the test's own and left alone, until it says false. */
void inject_exempt(bool exempt);

/*
 * Runs a scenario, in a child each, with the first, second, third ... call of each kind failing,
 * until it ends without having come to the nth. The scenario arms and disarms with the fault and
 * number that it gets. Returns how many runs went wrong; each has said why on standard error.
 */
typedef void scenario(const struct fault *fault, unsigned n);

unsigned inject_everywhere(scenario *run);

/* Of a scenario: it went wrong. The run goes on, but has failed. */
void run_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define EXPECT(condition)                                                                \
	do {                                                                             \
		if (!(condition))                                                        \
			run_failed("%s:%d: not so: %s", __FILE__, __LINE__, #condition); \
	} while (0)

/*
 * Runs `body` in a forked child, which is killed when it hangs. Returns whether it ended well;
 * `finished`, if not NULL, is what the child gave to run_finished().
 */
bool run_in_child(void (*body)(const void *arg), const void *arg, const char *what, bool *finished);

/* With what a process of the run that was forked by itself shall exit: 0 if nothing failed. */
int run_exit_status(void);

/* Of a run: it needs no next one, because nothing was left to fail. */
void run_finished(void);

#endif
