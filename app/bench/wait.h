/*
 * wait.h: the ways in which a raw system waits for a word in shared memory, and a sink that keeps a
 * copy from being optimised away.
 */
#ifndef COHORT_BENCH_WAIT_H
#define COHORT_BENCH_WAIT_H

#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * After so many looks a spinner gives the CPU away once: the machine may have fewer free CPUs than
 * it promised.
 */
#define WAIT_SPINS 4096

static inline void wait_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static inline void wait_spin(unsigned *spins)
{
	if (++*spins % WAIT_SPINS == 0)
		sched_yield();
	else
		wait_relax();
}

static inline void wait_sleep(_Atomic uint32_t *word, uint32_t value)
{
	syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0);
}

static inline void wait_wake(_Atomic uint32_t *word, int count)
{
	syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
}

/* The compiler must believe that somebody looks at the memory. */
static inline void wait_sink(const void *data)
{
	__asm__ volatile("" : : "r"(data) : "memory");
}

#endif
