/*
 * A runner for Criterion's tests under the sanitizers. The tests stay Criterion's; this takes the
 * place of what runs them: main(), and the few functions through which a test says that it failed.
 *
 * Each test runs in a forked child of this process, which has no thread but its first. Criterion's
 * worker has a second one, for its messages to the runner, and the sanitizers of gcc 12 and clang
 * 14 do not get over a fork() in such a process, as many tests call it: the child hangs in its
 * first malloc() if the other thread was in theirs, for they do not hold their locks across fork();
 * and what only the other thread's stack points to is a leak in the child.
 *
 * Besides, Criterion shares a mapping between its runner and its tests that must lie at a fixed
 * address; ThreadSanitizer has its own use for that part of the address space.
 *
 * A test that ends badly, or of which a sanitizer reported something, failed. Parameterized tests
 * need the shared mapping and are not run: they fail.
 *
 * usage: PROGRAM [--filter PATTERN]	the tests of which SUITE/NAME matches, as fnmatch() does it
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEST_TIMEOUT_MS 240000
#define EXIT_FAILED 1
#define EXIT_SKIPPED 77
#define EXIT_BROKEN 78

/* The linker's names for the section in which Criterion's Test() leaves a pointer to each test. */
extern struct criterion_test *__start_cr_tst[];
extern struct criterion_test *__stop_cr_tst[];

static struct {
	const struct criterion_test *test;
	pthread_t thread;
	jmp_buf abandoned;
	int exit_status; /* what the test has come to so far; any of its threads stores it */
} running;

static void settle(int exit_status)
{
	__atomic_store_n(&running.exit_status, exit_status, __ATOMIC_RELAXED);
}

/* Only the test's own thread can leave it; another one ends the whole process. */
_Noreturn static void abandon(int exit_status)
{
	settle(exit_status);
	if (!pthread_equal(running.thread, pthread_self()))
		_exit(exit_status);
	longjmp(running.abandoned, 1);
}

/*
 * --- What the macros of a test call, in place of Criterion's own ---------------------------------
 */

void criterion_internal_test_setup(void)
{
	if (running.test->data->init)
		running.test->data->init();
}

void criterion_internal_test_main(void (*body)(void))
{
	if (!setjmp(running.abandoned))
		body();
}

void criterion_internal_test_teardown(void)
{
	if (running.test->data->fini)
		running.test->data->fini();
}

void criterion_send_assert(struct criterion_assert_stats *stats)
{
	if (stats->passed)
		return;
	fprintf(stderr, "%s:%u: %s\n", stats->file, stats->line, stats->message);
	settle(EXIT_FAILED);
}

void cri_asserts_passed_incr(void) {}

void criterion_continue_test(void) {}

void criterion_abort_test(void)
{
	abandon(EXIT_FAILED);
}

void criterion_skip_test(const char *format, ...)
{
	(void)format;
	abandon(EXIT_SKIPPED);
}

void criterion_test_die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	abandon(EXIT_FAILED);
}

/*
 * --- Running -------------------------------------------------------------------------------------
 */

static void *say_number(void *arg)
{
	*(pid_t *)arg = gettid();
	return NULL;
}

/*
 * ThreadSanitizer starts a thread of its own with the first of the program's: that is here, before
 * the test, which may count threads. One that has been joined still counts for a moment.
 */
static void start_first_thread(void)
{
	pthread_t first;
	pid_t number;

	if (pthread_create(&first, NULL, say_number, &number) || pthread_join(first, NULL))
		exit(EXIT_BROKEN);
	while (tgkill(getpid(), number, 0) == 0)
		sched_yield();
}

/* In the child. */
_Noreturn static void run_body(const struct criterion_test *test)
{
	running.test = test;
	running.thread = pthread_self();
	start_first_thread();
	test->test();
	exit(__atomic_load_n(&running.exit_status, __ATOMIC_RELAXED));
}

static int timeout_of(const struct criterion_test *test)
{
	return test->data->timeout > 0 ? (int)(test->data->timeout * 1000) : TEST_TIMEOUT_MS;
}

/* Waits for the child, and kills it at the deadline. Returns waitpid's status. */
static int wait_for(pid_t child, int timeout_ms)
{
	struct pollfd ended = { .fd = pidfd_open(child, 0), .events = POLLIN };
	int status;

	if (ended.fd < 0 || poll(&ended, 1, timeout_ms) != 1) {
		fprintf(stderr, "not finished after %d s\n", timeout_ms / 1000);
		kill(child, SIGKILL);
	}
	close(ended.fd);
	waitpid(child, &status, 0);
	return status;
}

static bool as_expected(const struct criterion_test *test, int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == test->data->signal;
	return WEXITSTATUS(status) == test->data->exit_code && !test->data->signal;
}

static bool was_skipped(const struct criterion_test *test, int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED &&
	       test->data->exit_code != EXIT_SKIPPED;
}

static int run_test(const struct criterion_test *test)
{
	pid_t child;

	if (test->data->kind_ != CR_TEST_NORMAL)
		return EXIT_BROKEN << 8;
	child = fork();
	if (child == 0)
		run_body(test);
	return child < 0 ? EXIT_BROKEN << 8 : wait_for(child, timeout_of(test));
}

static bool is_wanted(const struct criterion_test *test, const char *filter)
{
	char name[256];

	snprintf(name, sizeof(name), "%s/%s", test->category, test->name);
	return !test->data->disabled && (!filter || !fnmatch(filter, name, 0));
}

int main(int argc, char **argv)
{
	const char *filter = argc == 3 && !strcmp(argv[1], "--filter") ? argv[2] : NULL;
	unsigned tested = 0;
	unsigned failed = 0;
	int status;

	for (struct criterion_test **test = __start_cr_tst; test < __stop_cr_tst; test++) {
		if (!*test || !is_wanted(*test, filter))
			continue;
		fprintf(stderr, "[RUN ] %s::%s\n", (*test)->category, (*test)->name);
		status = run_test(*test);
		if (was_skipped(*test, status))
			continue;
		tested++;
		if (as_expected(*test, status))
			continue;
		failed++;
		fprintf(stderr, "[FAIL] %s::%s: status %#x\n", (*test)->category, (*test)->name,
			(unsigned)status);
	}
	fprintf(stderr, "[====] Synthesis: Tested: %u | Passing: %u | Failing: %u | Crashing: 0 \n",
		tested, tested - failed, failed);
	return failed > 0;
}
