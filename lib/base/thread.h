/*
 * Starting threads.
 *
 * A signal meant for the application must never be handled on a thread of the library, so all of
 * them are blocked there from its first instruction on. (A fault, like SIGSEGV, which is blocked
 * ends the process at once: its handler does not run.) Attributes are applied before the thread
 * runs, or the start fails: a thread asked to be realtime never runs as something less.
 */
#ifndef COHORT_BASE_THREAD_H
#define COHORT_BASE_THREAD_H

#include <pthread.h>
#include <sched.h>
#include <stddef.h>

#define THREAD_NAME_MAX 15

struct thread_attr {
	const char *name;      /* cut to THREAD_NAME_MAX bytes; NULL: inherited */
	size_t stack;	       /* bytes; 0: the default */
	const cpu_set_t *cpus; /* NULL: inherited */
	int policy;	       /* SCHED_OTHER, SCHED_FIFO or SCHED_RR; -1: inherited */
	int priority;	       /* with a policy */
};

/* All attributes inherited. */
#define THREAD_ATTR_DEFAULT          \
	{                            \
		NULL, 0, NULL, -1, 0 \
	}

/* Starts run(arg) in a joinable thread: 0, or a negative errno and no thread is left. attr NULL is
 * THREAD_ATTR_DEFAULT. attr need not outlive the call. */
int thread_start(pthread_t *thread, const struct thread_attr *attr, void *(*run)(void *),
		 void *arg);

/* Waits for the thread's end: 0 or a negative errno. */
int thread_join(pthread_t thread);

#endif
