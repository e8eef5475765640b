/*
 * Sleeping on a 32-bit word.
 *
 * A futex call sleeps only while the word still holds the value the caller saw, so the pattern is:
 * read the word, look for work, and if there is none sleep on the value read. Who brings work
 * changes the word first and wakes second. Every return is a reason to look again, never a promise
 * that something is there.
 *
 * `shared` says that the word lies in memory which several processes map; private words are found
 * by address alone, which is cheaper. Deadlines are absolute CLOCK_MONOTONIC ns.
 *
 * futex_wait_two() sleeps on a shared and a private word at once with futex_waitv(2). Where a
 * seccomp filter or an old kernel refuses that call, it sleeps on the shared word in slices of 1,
 * 2, 4, 8, 16, 20, 20, ... ms and looks at both words between them: a change of the private word is
 * then noticed up to 20 ms late, but never missed, provided that the word did change. So whoever
 * wakes a sleeper on two words must change the word, and not back to the value it had.
 */
#ifndef COHORT_BASE_FUTEX_H
#define COHORT_BASE_FUTEX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Sleeps while *word is `expected`. 0: woken, or the value differs, or a signal came: look again.
 * -ETIMEDOUT: the deadline has passed. (Any other error says that word is no valid futex.) */
int futex_wait(_Atomic uint32_t *word, uint32_t expected, int64_t deadline, bool shared);

/* Wakes up to n sleepers (INT_MAX: all). */
void futex_wake(_Atomic uint32_t *word, int n, bool shared);

/* Sleeps while both words hold what was expected of them; returns as futex_wait(). */
int futex_wait_two(_Atomic uint32_t *shared_word, uint32_t expected1,
		   _Atomic uint32_t *private_word, uint32_t expected2, int64_t deadline);

/* For tests: true makes futex_wait_two() behave as if futex_waitv(2) were refused; false makes it
 * try that call again. */
void futex_force_slices(bool force);

#endif
