/*
 * The keeper: what the spawner of a worker sees that has a pid namespace of its own.
 */
#include "component/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "component/sandbox.h"
#include "confined.h"
#include "support/support.h"

#define OPTIONS (COHORT_SANDBOX_USER | COHORT_SANDBOX_PID)

/* The worker's ends: it says something on one, and what closes the other ends it. */
static int saying, hearing;
/* Ours. */
static int listening, talking;

static void pipes_open(void)
{
	int out[2], in[2];

	cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
	cr_assert_eq(pipe2(in, O_CLOEXEC), 0);
	listening = out[0];
	saying = out[1];
	hearing = in[0];
	talking = in[1];
}

/* What a worker waits with: until we close our end, or a signal comes. */
static void wait_for_end(void)
{
	char c;

	close(talking);
	(void)!write(saying, "r", 1);
	(void)!read(hearing, &c, 1);
}

static bool says(char expected)
{
	struct pollfd fd = { .fd = listening, .events = POLLIN };
	char c = 0;

	return poll(&fd, 1, PATIENCE_MS) == 1 && read(listening, &c, 1) == 1 && c == expected;
}

static bool says_no_more(void)
{
	struct pollfd fd = { .fd = listening, .events = POLLIN };
	char c;

	return poll(&fd, 1, PATIENCE_MS) == 1 && read(listening, &c, 1) == 0;
}

static void (*work)(struct findings *findings);

/* Outside of a namespace that ends with it, it had better not. */
static void work_if_applied(struct findings *findings)
{
	if (was_applied(findings, COHORT_SANDBOX_PID))
		work(findings);
}

static struct findings *started(void (*working)(struct findings *), pid_t *pid)
{
	struct findings *findings = findings_new(OPTIONS);

	confined_needs(OPTIONS);
	pipes_open();
	work = working;
	*pid = confined_start(findings, (struct confined){ .working = work_if_applied });
	close(saying);
	close(hearing);
	return findings;
}

static void ended(struct findings *findings, pid_t pid)
{
	confined_wait(findings, pid);
	close(talking);
	close(listening);
	all_applied_or_skip(findings);
}

/* Waits until it works, or skips. */
static void await_ready(struct findings *findings, pid_t pid)
{
	if (!says('r')) {
		ended(findings, pid);
		cr_assert_fail("the worker did not begin");
	}
	all_applied_or_skip(findings);
}

/* Runs it to its end. The status is in the findings. */
static struct findings *ran(void (*working)(struct findings *))
{
	pid_t pid;
	struct findings *findings = started(working, &pid);

	ended(findings, pid);
	return findings;
}

static void look_around(struct findings *findings)
{
	findings->values[0] = getpid();
	findings->values[1] = getppid();
	prctl(PR_GET_PDEATHSIG, &findings->values[2]);
	_exit(0);
}

Test(keeper, the_worker_is_alone_with_init)
{
	struct findings *findings = ran(look_around);

	cr_assert_eq(findings->values[0], 2);
	cr_assert_eq(findings->values[1], 0);
	cr_assert_eq(findings->values[2], SIGKILL);
	findings_free(findings);
}

static void exit_with_7(struct findings *findings)
{
	(void)findings;
	_exit(7);
}

Test(keeper, ends_with_the_exit_status_of_the_worker)
{
	struct findings *findings = ran(exit_with_7);

	cr_assert(WIFEXITED(findings->status));
	cr_assert_eq(WEXITSTATUS(findings->status), 7);
	findings_free(findings);
}

static void end_by(struct findings *findings, int number)
{
	const struct rlimit none = { 0, 0 };

	(void)findings;
	setrlimit(RLIMIT_CORE, &none);
	signal(number, SIG_DFL);
	raise(number);
}

static void end_by_abort(struct findings *findings)
{
	end_by(findings, SIGABRT);
}

static void end_by_segv(struct findings *findings)
{
	end_by(findings, SIGSEGV);
}

static void end_by_kill(struct findings *findings)
{
	end_by(findings, SIGKILL);
}

static void ends_of(void (*working)(struct findings *), int number)
{
	struct findings *findings = ran(working);

	cr_assert(WIFSIGNALED(findings->status), "status %#x", findings->status);
	cr_assert_eq(WTERMSIG(findings->status), number);
	cr_assert(!WCOREDUMP(findings->status));
	findings_free(findings);
}

Test(keeper, ends_of_the_signal_that_ended_the_worker)
{
	ends_of(end_by_abort, SIGABRT);
	ends_of(end_by_segv, SIGSEGV);
	ends_of(end_by_kill, SIGKILL);
}

static void wait_and_exit(struct findings *findings)
{
	(void)findings;
	wait_for_end();
	_exit(3);
}

Test(keeper, passes_on_a_signal_that_ends_the_worker)
{
	pid_t pid;
	struct findings *findings = started(wait_and_exit, &pid);

	await_ready(findings, pid);
	cr_assert_eq(kill(pid, SIGTERM), 0);
	ended(findings, pid);
	cr_assert(WIFSIGNALED(findings->status), "status %#x", findings->status);
	cr_assert_eq(WTERMSIG(findings->status), SIGTERM);
	findings_free(findings);
}

static void exit_with_9(int number)
{
	(void)number;
	_exit(9);
}

static void wait_with_handler(struct findings *findings)
{
	signal(SIGTERM, exit_with_9);
	wait_and_exit(findings);
}

Test(keeper, passes_on_a_signal_that_the_worker_handles)
{
	pid_t pid;
	struct findings *findings = started(wait_with_handler, &pid);

	await_ready(findings, pid);
	cr_assert_eq(kill(pid, SIGTERM), 0);
	ended(findings, pid);
	cr_assert(WIFEXITED(findings->status), "status %#x", findings->status);
	cr_assert_eq(WEXITSTATUS(findings->status), 9);
	findings_free(findings);
}

Test(keeper, nothing_outlives_it_when_it_is_killed)
{
	pid_t pid;
	struct findings *findings = started(wait_and_exit, &pid);

	await_ready(findings, pid);
	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert(says_no_more());
	ended(findings, pid);
	findings_free(findings);
}

Test(keeper, the_worker_notices_that_the_other_end_is_closed)
{
	pid_t pid;
	struct findings *findings = started(wait_and_exit, &pid);

	await_ready(findings, pid);
	close(talking);
	talking = -1;
	ended(findings, pid);
	cr_assert(WIFEXITED(findings->status), "status %#x", findings->status);
	cr_assert_eq(WEXITSTATUS(findings->status), 3);
	findings_free(findings);
}

static void close_and_wait(struct findings *findings)
{
	(void)findings;
	(void)!write(saying, "r", 1);
	close(saying);
	saying = open("/dev/null", O_WRONLY | O_CLOEXEC);
	wait_for_end();
	_exit(3);
}

Test(keeper, the_worker_alone_holds_its_descriptors)
{
	pid_t pid;
	struct findings *findings = started(close_and_wait, &pid);

	await_ready(findings, pid);
	cr_assert(says_no_more());
	cr_assert_eq(waitpid(pid, NULL, WNOHANG), 0);
	close(talking);
	talking = -1;
	ended(findings, pid);
	cr_assert_eq(findings->status, 3 << 8);
	findings_free(findings);
}

static void leave_a_child(struct findings *findings)
{
	pid_t pid = fork();

	(void)findings;
	if (pid == 0) {
		for (;;)
			pause();
	}
	(void)!write(saying, pid > 0 ? "r" : "f", 1);
	_exit(0);
}

Test(keeper, children_of_the_worker_end_with_it)
{
	pid_t pid;
	struct findings *findings = started(leave_a_child, &pid);

	await_ready(findings, pid);
	cr_assert(says_no_more());
	ended(findings, pid);
	findings_free(findings);
}

Test(keeper, a_caller_that_ignores_its_children_makes_no_difference)
{
	struct findings *findings = findings_new(OPTIONS);
	pid_t pid;

	confined_needs(OPTIONS);
	signal(SIGCHLD, SIG_IGN);
	pid = confined_start(findings, (struct confined){ .working = exit_with_7 });
	signal(SIGCHLD, SIG_DFL);
	confined_wait(findings, pid);
	all_applied_or_skip(findings);
	cr_assert_eq(findings->status, 7 << 8);
	findings_free(findings);
}
