/*
 * FUTEX_WAIT_BITSET rather than FUTEX_WAIT, because its timeout is absolute; the bits match any.
 *
 * Whether futex_waitv(2) can be used is learnt from its first refusal, not from a probe at start:
 * a sandbox may be entered later than the first call. The refusal is remembered for the process.
 */
#include "base/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

#define WAITER_32 0x02U /* the word has 32 bits */
#define WAITER_PRIVATE 0x80U

#define SLICE_FIRST (1 * CLOCK_NS_PER_MS)
#define SLICE_MAX (20 * CLOCK_NS_PER_MS)

/* One word of futex_waitv(2): the kernel's struct futex_waitv, which older headers lack. */
struct waiter {
	uint64_t value;
	uint64_t address;
	uint32_t flags;
	uint32_t reserved;
};

_Static_assert(sizeof(struct waiter) == 24, "layout of the kernel");
_Static_assert(sizeof(struct timespec) == 16, "futex calls take 64-bit times");
_Static_assert(sizeof(_Atomic uint32_t) == 4, "a futex is 32 bits");

/* True: futex_waitv(2) was refused, or a test says so. Guards no data: relaxed everywhere. */
static _Atomic bool use_slices;

/* What the kernel wants for a deadline: NULL is for ever. */
static const struct timespec *timeout_of(int64_t deadline, struct timespec *ts)
{
	if (deadline == DEADLINE_NEVER)
		return NULL;
	deadline_to_timespec(deadline, ts);
	return ts;
}

/* Of a failed wait: 0 if the caller has to look again. */
static int wait_result(int error)
{
	return error == EAGAIN || error == EINTR ? 0 : -error;
}

int futex_wait(_Atomic uint32_t *word, uint32_t expected, int64_t deadline, bool shared)
{
	int op = FUTEX_WAIT_BITSET | (shared ? 0 : FUTEX_PRIVATE_FLAG);
	struct timespec ts;

	if (syscall(SYS_futex, word, op, expected, timeout_of(deadline, &ts), NULL,
		    FUTEX_BITSET_MATCH_ANY) == 0)
		return 0;
	return wait_result(errno);
}

void futex_wake(_Atomic uint32_t *word, int n, bool shared)
{
	int op = FUTEX_WAKE | (shared ? 0 : FUTEX_PRIVATE_FLAG);

	syscall(SYS_futex, word, op, n, NULL, NULL, 0);
}

/* Relaxed: only decides whether to sleep on; the caller looks again with the order it needs. */
static bool differs(_Atomic uint32_t *word, uint32_t expected)
{
	return atomic_load_explicit(word, memory_order_relaxed) != expected;
}

static int wait_in_slices(_Atomic uint32_t *shared_word, uint32_t expected1,
			  _Atomic uint32_t *private_word, uint32_t expected2, int64_t deadline)
{
	int64_t slice = SLICE_FIRST;
	int64_t now;
	int err;

	for (;;) {
		if (differs(shared_word, expected1) || differs(private_word, expected2))
			return 0;
		now = clock_now();
		if (now >= deadline)
			return -ETIMEDOUT;
		err = futex_wait(shared_word, expected1,
				 deadline_min(deadline, deadline_after(now, slice)), true);
		if (err != -ETIMEDOUT)
			return err;
		slice = deadline_min(2 * slice, SLICE_MAX);
	}
}

/* 0, or the errno of futex_waitv(2) as a positive number. */
static int wait_on_both(_Atomic uint32_t *shared_word, uint32_t expected1,
			_Atomic uint32_t *private_word, uint32_t expected2, int64_t deadline)
{
	struct waiter waiters[2] = {
		{ expected1, (uintptr_t)shared_word, WAITER_32, 0 },
		{ expected2, (uintptr_t)private_word, WAITER_32 | WAITER_PRIVATE, 0 },
	};
	struct timespec ts;

	if (syscall(SYS_futex_waitv, waiters, 2, 0, timeout_of(deadline, &ts), CLOCK_MONOTONIC) >=
	    0)
		return 0;
	return errno;
}

int futex_wait_two(_Atomic uint32_t *shared_word, uint32_t expected1,
		   _Atomic uint32_t *private_word, uint32_t expected2, int64_t deadline)
{
	int error;

	if (!atomic_load_explicit(&use_slices, memory_order_relaxed)) {
		error = wait_on_both(shared_word, expected1, private_word, expected2, deadline);
		if (error == 0 || error == EAGAIN || error == EINTR || error == ETIMEDOUT)
			return wait_result(error);
		/* Anything else, like ENOMEM, is the trouble of this one call. */
		if (error == ENOSYS || error == EPERM)
			atomic_store_explicit(&use_slices, true, memory_order_relaxed);
	}
	return wait_in_slices(shared_word, expected1, private_word, expected2, deadline);
}

void futex_force_slices(bool force)
{
	atomic_store_explicit(&use_slices, force, memory_order_relaxed);
}
