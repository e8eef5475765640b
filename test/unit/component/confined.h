/*
 * Running something in a sandbox: in a forked child, which writes what it found to memory that it
 * shares with the test. That works in every sandbox, for it needs no system call.
 *
 * The sanitizers make system calls, map memory and start threads on their own, so under them the
 * tests skip what cannot hold.
 */
#ifndef COHORT_TEST_UNIT_COMPONENT_CONFINED_H
#define COHORT_TEST_UNIT_COMPONENT_CONFINED_H

#include <criterion/criterion.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "component/sandbox.h"

#define UNDER_ASAN_HERE 0
#define UNDER_TSAN_HERE 0
#if defined(__SANITIZE_ADDRESS__)
#undef UNDER_ASAN_HERE
#define UNDER_ASAN_HERE 1
#elif defined(__SANITIZE_THREAD__)
#undef UNDER_TSAN_HERE
#define UNDER_TSAN_HERE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#undef UNDER_ASAN_HERE
#define UNDER_ASAN_HERE 1
#elif __has_feature(thread_sanitizer)
#undef UNDER_TSAN_HERE
#define UNDER_TSAN_HERE 1
#endif
#endif

/* A child that hangs ends after so many seconds. */
#define CHILD_PATIENCE 100
#define FINDINGS 64

struct findings {
	struct sandbox_settings settings;
	struct sandbox_report report;
	int before, after; /* what the two steps returned */
	bool complete;	   /* the child came to its end */
	int status;	   /* of the child, as waitpid() has it */
	int values[FINDINGS];
};

/* Each is called in the child, and may be NULL: between the two steps, and after them. */
struct confined {
	void (*loading)(struct findings *findings);
	void (*working)(struct findings *findings);
};

static inline struct findings *findings_new(uint32_t options)
{
	struct findings *findings = mmap(NULL, sizeof(*findings), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(findings, MAP_FAILED);
	findings->settings.options = options;
	findings->settings.policy = COHORT_SANDBOX_WEAKEN;
	return findings;
}

static inline void findings_free(struct findings *findings)
{
	munmap(findings, sizeof(*findings));
}

static inline void confined_child(struct findings *findings, struct confined confined)
{
	findings->before = sandbox_before_load(&findings->settings, &findings->report);
	alarm(CHILD_PATIENCE);
	if (!findings->before && confined.loading)
		confined.loading(findings);
	if (!findings->before)
		findings->after = sandbox_after_load(&findings->settings, &findings->report);
	if (!findings->before && !findings->after && confined.working)
		confined.working(findings);
	findings->complete = true;
	_exit(0);
}

static inline pid_t confined_start(struct findings *findings, struct confined confined)
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0)
		confined_child(findings, confined);
	return pid;
}

static inline void confined_wait(struct findings *findings, pid_t pid)
{
	cr_assert_eq(waitpid(pid, &findings->status, 0), pid);
}

/* To be called first: skips the test where a sanitizer could not live in such a sandbox. */
static inline void confined_needs(uint32_t options)
{
	if (UNDER_TSAN_HERE)
		cr_skip_test("ThreadSanitizer has a thread of its own");
	if (UNDER_ASAN_HERE && (options & (COHORT_SANDBOX_SECCOMP | COHORT_SANDBOX_LIMITS)))
		cr_skip_test("AddressSanitizer needs more memory and system calls");
}

/* Runs it to its end, which must be an orderly one. */
static inline void confine(struct findings *findings, struct confined confined)
{
	confined_wait(findings, confined_start(findings, confined));
	cr_assert(findings->complete, "the child ended with status %#x", findings->status);
	cr_assert_eq(findings->status, 0);
}

static inline unsigned bit_of(uint32_t option)
{
	return (unsigned)__builtin_ctz(option);
}

static inline bool was_applied(const struct findings *findings, uint32_t option)
{
	return findings->report.outcome[bit_of(option)] == COHORT_SANDBOX_APPLIED;
}

/* Those of the options that this system does not have make the test skip; none may have failed. */
static inline void all_applied_or_skip(const struct findings *findings)
{
	for (unsigned bit = 0; bit < COHORT_SANDBOX_COUNT; bit++) {
		uint8_t outcome = findings->report.outcome[bit];

		cr_assert_neq(outcome, COHORT_SANDBOX_FAILED, "%s: %s",
			      cohort_sandbox_name(UINT32_C(1) << bit),
			      strerror(-findings->report.error[bit]));
		if (outcome == COHORT_SANDBOX_UNAVAILABLE)
			cr_skip_test("not here: %s", cohort_sandbox_name(UINT32_C(1) << bit));
	}
}

#endif
