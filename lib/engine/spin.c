/*
 * The other side was last seen on another CPU: a loop around look(), at most config.spin long, and
 * by one thread of the process at a time, so that many waiters do not take all CPUs from those whom
 * they wait for.
 *
 * It was last seen on this one, and we may run on no other: it cannot run before we let it, so we
 * yield, a few times. Two that wait for one another in this way do not sleep at all. But whoever
 * yields while a third wants to run gives away a whole slice of the CPU, where a sleeper would be
 * preferred when it wakes: a yield that took long ends that for many waits. (Where there are other
 * CPUs, sleeping is better: the kernel wakes the two on different ones, and then they spin.)
 *
 * Both are hints: nothing is lost if the other side has moved.
 */
#include "engine/spin.h"

#include <sched.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "engine/channel.h"
#include "engine/session.h"

#define LOOKS 64 /* between two looks at the clock */
#define YIELDS 4
#define YIELD_LONG_NS COHORT_US(100)
#define CROWDED_WAITS 10000u
#define PINNED_WAITS 1000u /* between two looks at where this thread may run */

/* Of the whole process; a hint: relaxed. */
static _Atomic bool somebody_spins;

static bool begin(void)
{
	bool free = false;

	if (atomic_load_explicit(&somebody_spins, memory_order_relaxed))
		return false;
	return atomic_compare_exchange_strong_explicit(&somebody_spins, &free, true,
						       memory_order_relaxed, memory_order_relaxed);
}

static bool spin(struct session *s, spin_look *look, const void *arg, int64_t until)
{
	bool found = false;

	do {
		for (int i = 0; i < LOOKS && !found; i++) {
			found = look(s, arg);
			if (!found && i > LOOKS / 2)
				cpu_relax();
		}
	} while (!found && clock_now() < until && !session_over(s));
	return found;
}

/* Whether this thread may run on one CPU only. */
static bool is_pinned(void)
{
	static _Thread_local unsigned waits;
	static _Thread_local bool pinned;
	cpu_set_t cpus;

	if (waits++ % PINNED_WAITS == 0)
		pinned = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && CPU_COUNT(&cpus) == 1;
	return pinned;
}

/* False: the CPU is wanted by others. */
static bool let_run(struct session *s)
{
	uint32_t crowded = atomic_load_explicit(&s->crowded, memory_order_relaxed);
	int64_t began;

	if (crowded) {
		atomic_store_explicit(&s->crowded, crowded - 1, memory_order_relaxed);
		return false;
	}
	began = clock_now();
	sched_yield();
	if (clock_now() - began > YIELD_LONG_NS)
		atomic_store_explicit(&s->crowded, CROWDED_WAITS, memory_order_relaxed);
	return true;
}

bool spin_until(struct session *s, uint32_t peer_cpu, spin_look *look, const void *arg,
		int64_t deadline)
{
	int64_t budget = s->channel->config.spin;
	bool found = false;

	if (budget <= 0)
		return false;
	if (peer_cpu == cpu_current()) {
		for (int i = 0; i < YIELDS && !found && is_pinned() && let_run(s); i++)
			found = look(s, arg);
	} else if (begin()) {
		found = spin(s, look, arg, deadline_min(clock_now() + budget, deadline));
		atomic_store_explicit(&somebody_spins, false, memory_order_relaxed);
	}
	return found;
}
