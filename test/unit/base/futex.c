/*
 * Sleeping and waking. A waker cannot see whether the other thread sleeps yet, so these tests wake
 * again and again until the sleeper says that it is done: no outcome depends on who came first.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/futex.h"

#define PATIENCE (20 * CLOCK_NS_PER_S)

struct sleeper {
	pthread_t thread;
	bool two;
	bool shared;
	_Atomic uint32_t word;
	_Atomic uint32_t other;
	_Atomic bool done; /* stored by the sleeper after its call, loaded by the test */
	int result;
};

static void *sleeper_main(void *arg)
{
	struct sleeper *s = arg;
	int64_t deadline = deadline_after(clock_now(), PATIENCE);

	if (s->two)
		s->result = futex_wait_two(&s->word, 0, &s->other, 0, deadline);
	else
		s->result = futex_wait(&s->word, 0, deadline, s->shared);
	atomic_store(&s->done, true);
	return NULL;
}

static void sleeper_start(struct sleeper *s)
{
	cr_assert_eq(pthread_create(&s->thread, NULL, sleeper_main, s), 0);
}

static void sleeper_wake(struct sleeper *s, _Atomic uint32_t *word, bool shared)
{
	while (!atomic_load(&s->done)) {
		futex_wake(word, INT_MAX, shared);
		sched_yield();
	}
	pthread_join(s->thread, NULL);
}

Test(futex, a_wait_for_another_value_returns_at_once)
{
	_Atomic uint32_t word = 1;

	cr_assert_eq(futex_wait(&word, 0, DEADLINE_NEVER, false), 0);
	cr_assert_eq(futex_wait(&word, 0, DEADLINE_NEVER, true), 0);
}

Test(futex, a_wait_ends_at_its_deadline_and_not_before)
{
	_Atomic uint32_t word = 0;
	int64_t deadline = deadline_after(clock_now(), CLOCK_NS_PER_MS);
	int result;

	do {
		result = futex_wait(&word, 0, deadline, false);
	} while (result == 0);
	cr_assert_eq(result, -ETIMEDOUT);
	cr_assert_geq(clock_now(), deadline);
}

Test(futex, a_deadline_in_the_past_times_out)
{
	_Atomic uint32_t word = 0;
	_Atomic uint32_t other = 0;

	cr_assert_eq(futex_wait(&word, 0, INT64_MIN, true), -ETIMEDOUT);
	cr_assert_eq(futex_wait(&word, 0, 0, false), -ETIMEDOUT);
	cr_assert_eq(futex_wait_two(&word, 0, &other, 0, INT64_MIN), -ETIMEDOUT);
	futex_force_slices(true);
	cr_assert_eq(futex_wait_two(&word, 0, &other, 0, INT64_MIN), -ETIMEDOUT);
}

Test(futex, a_wake_ends_a_private_wait)
{
	struct sleeper s = { .shared = false };

	sleeper_start(&s);
	sleeper_wake(&s, &s.word, false);
	cr_assert_eq(s.result, 0);
}

Test(futex, a_wake_ends_a_shared_wait)
{
	struct sleeper s = { .shared = true };

	sleeper_start(&s);
	sleeper_wake(&s, &s.word, true);
	cr_assert_eq(s.result, 0);
}

Test(futex, a_shared_wake_crosses_processes)
{
	_Atomic uint32_t *words =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int64_t deadline = deadline_after(clock_now(), PATIENCE);
	int status;
	pid_t pid;

	cr_assert_neq((void *)words, MAP_FAILED);
	pid = fork();
	if (pid == 0)
		_exit(futex_wait(&words[0], 0, deadline, true) == 0 ? 0 : 1);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		futex_wake(&words[0], 1, true);
		sched_yield();
	}
	cr_assert_eq(status, 0);
	munmap(words, 4096);
}

Test(futex, a_wait_on_two_words_returns_at_once_if_either_differs)
{
	_Atomic uint32_t word = 1;
	_Atomic uint32_t other = 2;

	cr_assert_eq(futex_wait_two(&word, 0, &other, 2, DEADLINE_NEVER), 0);
	cr_assert_eq(futex_wait_two(&word, 1, &other, 0, DEADLINE_NEVER), 0);
	futex_force_slices(true);
	cr_assert_eq(futex_wait_two(&word, 0, &other, 2, DEADLINE_NEVER), 0);
	cr_assert_eq(futex_wait_two(&word, 1, &other, 0, DEADLINE_NEVER), 0);
}

Test(futex, a_wait_on_two_words_ends_at_its_deadline)
{
	_Atomic uint32_t word = 0;
	_Atomic uint32_t other = 0;
	int64_t deadline = deadline_after(clock_now(), 5 * CLOCK_NS_PER_MS);

	while (futex_wait_two(&word, 0, &other, 0, deadline) == 0)
		;
	cr_assert_geq(clock_now(), deadline);
	futex_force_slices(true);
	deadline = deadline_after(clock_now(), 5 * CLOCK_NS_PER_MS);
	while (futex_wait_two(&word, 0, &other, 0, deadline) == 0)
		;
	cr_assert_geq(clock_now(), deadline);
}

Test(futex, a_wake_of_the_shared_word_ends_a_wait_on_two)
{
	struct sleeper s = { .two = true };

	sleeper_start(&s);
	sleeper_wake(&s, &s.word, true);
	cr_assert_eq(s.result, 0);
}

Test(futex, a_wake_of_the_private_word_ends_a_wait_on_two)
{
	struct sleeper s = { .two = true };

	sleeper_start(&s);
	atomic_store(&s.other, 1); /* in case the kernel has no futex_waitv */
	sleeper_wake(&s, &s.other, false);
	cr_assert_eq(s.result, 0);
}

Test(futex, a_change_of_the_private_word_ends_slices_without_a_wake)
{
	struct sleeper s = { .two = true };

	futex_force_slices(true);
	sleeper_start(&s);
	atomic_store(&s.other, 1);
	pthread_join(s.thread, NULL);
	cr_assert_eq(s.result, 0);
}

Test(futex, a_wake_of_the_shared_word_ends_slices)
{
	struct sleeper s = { .two = true };

	futex_force_slices(true);
	sleeper_start(&s);
	sleeper_wake(&s, &s.word, true);
	cr_assert_eq(s.result, 0);
}

/* From here on futex_waitv(2) fails with `error` in this process. */
static void refuse_waitv(unsigned error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 449, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	cr_assert_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
	errno = 0;
	cr_assert_eq(syscall(449, NULL, 0, 0, NULL, 0), -1);
	cr_assert_eq(errno, (int)error);
}

static void sleep_without_waitv(unsigned error)
{
	struct sleeper s = { .two = true };
	_Atomic uint32_t word = 0;

	refuse_waitv(error);
	cr_assert_eq(futex_wait_two(&word, 0, &word, 0, 0), -ETIMEDOUT);
	sleeper_start(&s);
	atomic_store(&s.other, 1);
	pthread_join(s.thread, NULL);
	cr_assert_eq(s.result, 0);
}

Test(futex, a_seccomp_filter_which_refuses_waitv_leads_to_slices)
{
	sleep_without_waitv(EPERM);
}

Test(futex, a_kernel_without_waitv_leads_to_slices)
{
	sleep_without_waitv(ENOSYS);
}

Test(futex, waitv_out_of_memory_still_waits)
{
	sleep_without_waitv(ENOMEM);
}
