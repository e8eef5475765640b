/*
 * Noticing that this process is a forked child.
 *
 * A fork copies the memory of the library, but not its threads, and its sockets then belong to two
 * processes. So all handles are inert in a child: every function asks fork_is_child() first. The
 * answer is one word in a page which the kernel wipes in the child (MADV_WIPEONFORK), set to 1 in
 * the parent: this costs one load, needs no system call, and cannot be missed. Also, a child that
 * came from fork(2) closes the library's descriptors at once, with a handler of pthread_atfork(3).
 *
 * A raw clone(2) or the bare fork system call runs no handlers: the handles are inert there all the
 * same, but the child keeps the descriptors until it execs or ends. A child which shares its
 * parent's memory (vfork, posix_spawn) is not told apart, nor has to be: it may only exec.
 */
#ifndef COHORT_BASE_FORK_H
#define COHORT_BASE_FORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The word in the wiped page of this process; NULL before fork_init(). A handle keeps the pointer
 * that it was opened with: pages of ancestors stay mapped, and read 0. Stored seq_cst by
 * fork_init(), loaded with acquire, so that who sees the pointer sees the 1.
 */
extern _Atomic uint32_t *_Atomic fork_word;

/* Harmless to repeat; in a forked child the first call begins anew: 0 or a negative errno. */
int fork_init(void);

/* The word of this process; after fork_init(). */
static inline _Atomic uint32_t *fork_token(void)
{
	return atomic_load_explicit(&fork_word, memory_order_acquire);
}

/*
 * True if the word is that of an ancestor. Relaxed: only the kernel changes it, before the child
 * runs.
 */
static inline bool fork_was_wiped(_Atomic uint32_t *word)
{
	return atomic_load_explicit(word, memory_order_relaxed) == 0;
}

/* True in a child forked after fork_init(), until it calls fork_init() itself. */
static inline bool fork_is_child(void)
{
	_Atomic uint32_t *word = fork_token();

	return word && fork_was_wiped(word);
}

#endif
