/*
 * What the code asks of the processor itself: the hint inside a spin loop, the number of the core
 * it runs on, and the size of the line which two cores cannot write without passing it back and
 * forth.
 */
#ifndef COHORT_BASE_CPU_H
#define COHORT_BASE_CPU_H

#include <sched.h>

#define CACHE_LINE 64

/* In the body of every spin loop: gives the core's other hardware thread a chance and saves the
 * penalty of leaving the loop. */
static inline void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
	__asm__ volatile("yield" ::: "memory");
#else
	__asm__ volatile("nop" ::: "memory");
#endif
}

/* The core this thread runs on right now; a hint, old before it is used. 0 if unknown. */
static inline unsigned cpu_current(void)
{
	int cpu = sched_getcpu();

	return cpu < 0 ? 0 : (unsigned)cpu;
}

#endif
