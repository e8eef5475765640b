/* Threads have what their attributes say, or do not start. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/thread.h"

struct report {
	bool ran;
	char name[16];
	sigset_t mask;
	cpu_set_t cpus;
	size_t stack;
	int policy;
};

static void *report_main(void *arg)
{
	struct report *r = arg;
	struct sched_param param;
	pthread_attr_t attr;

	pthread_getname_np(pthread_self(), r->name, sizeof(r->name));
	pthread_sigmask(SIG_BLOCK, NULL, &r->mask);
	pthread_getaffinity_np(pthread_self(), sizeof(r->cpus), &r->cpus);
	pthread_getschedparam(pthread_self(), &r->policy, &param);
	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstacksize(&attr, &r->stack);
	pthread_attr_destroy(&attr);
	r->ran = true;
	return NULL;
}

static struct report report_of(const struct thread_attr *attr)
{
	struct report r = { .ran = false };
	pthread_t thread;

	cr_assert_eq(thread_start(&thread, attr, report_main, &r), 0);
	cr_assert_eq(thread_join(thread), 0);
	cr_assert(r.ran);
	return r;
}

/* What starting with attr returns; fails the test if the thread ran all the same. */
static int refusal_of(const struct thread_attr *attr)
{
	struct report r = { .ran = false };
	pthread_t thread;
	int err = thread_start(&thread, attr, report_main, &r);

	if (err == 0)
		thread_join(thread);
	cr_assert_neq(err, 0);
	cr_assert_not(r.ran);
	return err;
}

Test(thread, all_signals_are_blocked_in_it_and_none_more_in_its_creator)
{
	struct report r = report_of(NULL);
	sigset_t mine;

	for (int sig = 1; sig < NSIG; sig++) {
		if (sig != SIGKILL && sig != SIGSTOP && (sig < 32 || sig >= SIGRTMIN))
			cr_assert(sigismember(&r.mask, sig), "signal %d", sig);
	}
	pthread_sigmask(SIG_BLOCK, NULL, &mine);
	cr_assert_not(sigismember(&mine, SIGUSR1));
}

Test(thread, its_name_is_cut_to_what_the_kernel_takes)
{
	struct thread_attr attr = THREAD_ATTR_DEFAULT;

	attr.name = "cohort-io";
	cr_assert_str_eq(report_of(&attr).name, "cohort-io");
	attr.name = "0123456789abcdefgh";
	cr_assert_str_eq(report_of(&attr).name, "0123456789abcde");
}

Test(thread, without_attributes_it_inherits_name_and_cpus)
{
	struct report r = report_of(NULL);
	cpu_set_t mine;
	char name[16];

	pthread_getname_np(pthread_self(), name, sizeof(name));
	pthread_getaffinity_np(pthread_self(), sizeof(mine), &mine);
	cr_assert_str_eq(r.name, name);
	cr_assert(CPU_EQUAL(&r.cpus, &mine));
}

Test(thread, it_runs_on_the_cpus_asked_for)
{
	struct thread_attr attr = THREAD_ATTR_DEFAULT;
	cpu_set_t allowed;
	cpu_set_t one;
	struct report r;
	size_t cpu = 0;

	pthread_getaffinity_np(pthread_self(), sizeof(allowed), &allowed);
	while (!CPU_ISSET(cpu, &allowed))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	attr.cpus = &one;
	r = report_of(&attr);
	cr_assert(CPU_EQUAL(&r.cpus, &one));
}

Test(thread, it_has_the_stack_asked_for)
{
	struct thread_attr attr = THREAD_ATTR_DEFAULT;

	attr.stack = 48 << 20; /* more than the default, and than what a sanitizer adds */
	cr_assert_geq(report_of(&attr).stack, attr.stack);
}

Test(thread, it_has_the_policy_asked_for)
{
	struct thread_attr attr = THREAD_ATTR_DEFAULT;

	attr.policy = SCHED_OTHER;
	cr_assert_eq(report_of(&attr).policy, SCHED_OTHER);
}

Test(thread, cpus_which_do_not_exist_start_nothing)
{
	struct thread_attr attr = THREAD_ATTR_DEFAULT;
	cpu_set_t none;

	CPU_ZERO(&none);
	attr.cpus = &none;
	cr_assert_eq(refusal_of(&attr), -EINVAL);
}

Test(thread, a_policy_or_priority_which_does_not_exist_starts_nothing)
{
	struct thread_attr attr = THREAD_ATTR_DEFAULT;

	attr.policy = 1000;
	cr_assert_eq(refusal_of(&attr), -EINVAL);
	attr.policy = SCHED_FIFO;
	attr.priority = 1000;
	cr_assert_eq(refusal_of(&attr), -EINVAL);
}

Test(thread, a_stack_too_small_or_too_large_starts_nothing)
{
	struct thread_attr attr = THREAD_ATTR_DEFAULT;

	attr.stack = 1;
	cr_assert_eq(refusal_of(&attr), -EINVAL);
	attr.stack = (size_t)1 << 47;
	cr_assert_eq(refusal_of(&attr), -EAGAIN);
}

/* In a child, since it gives up rights which the test may have. */
static int realtime_without_rights(void)
{
	const struct rlimit none = { 0, 0 };
	struct thread_attr attr = THREAD_ATTR_DEFAULT;

	if (setrlimit(RLIMIT_RTPRIO, &none) < 0)
		return 1;
	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return 2;
	attr.policy = SCHED_FIFO;
	attr.priority = 1;
	return refusal_of(&attr) == -EPERM ? 7 : 3;
}

Test(thread, realtime_without_the_right_to_it_starts_nothing)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(realtime_without_rights());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status));
	cr_assert_eq(WEXITSTATUS(status), 7);
}
