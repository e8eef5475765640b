/* A child of fork knows that it is one, and has none of the library's descriptors. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/fork.h"

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static int exit_code_of(pid_t pid)
{
	int status;

	cr_assert_gt(pid, 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

Test(fork, without_initialisation_nobody_is_a_child)
{
	pid_t pid;

	cr_assert_not(fork_is_child());
	pid = fork();
	if (pid == 0)
		_exit(fork_is_child());
	cr_assert_eq(exit_code_of(pid), 0);
}

Test(fork, the_parent_is_no_child)
{
	cr_assert_eq(fork_init(), 0);
	cr_assert_eq(fork_init(), 0);
	cr_assert_not(fork_is_child());
}

Test(fork, a_child_and_its_own_child_know_it_and_the_parent_stays)
{
	pid_t pid;

	cr_assert_eq(fork_init(), 0);
	pid = fork();
	if (pid == 0) {
		bool child = fork_is_child();

		pid = fork();
		if (pid == 0)
			_exit(fork_is_child() ? 7 : 1);
		_exit(child && exit_code_of(pid) == 7 ? 7 : 1);
	}
	cr_assert_eq(exit_code_of(pid), 7);
	cr_assert_not(fork_is_child());
}

Test(fork, a_child_has_only_the_descriptors_of_the_application)
{
	int owned = fd_own(open("/dev/null", O_RDONLY | O_CLOEXEC));
	int given = fd_own(open("/dev/null", O_RDONLY | O_CLOEXEC));
	pid_t pid;

	cr_assert_eq(fork_init(), 0);
	fd_disown(given);
	pid = fork();
	if (pid == 0)
		_exit(!is_open(owned) && is_open(given) ? 7 : 1);
	cr_assert_eq(exit_code_of(pid), 7);
	cr_assert(is_open(owned));
	fd_close(&owned);
	close(given);
}

Test(fork, a_child_of_raw_clone_knows_it_but_keeps_the_descriptors)
{
	int owned = fd_own(open("/dev/null", O_RDONLY | O_CLOEXEC));
	pid_t pid;

	cr_assert_eq(fork_init(), 0);
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		int code = fork_is_child() && syscall(SYS_fcntl, owned, F_GETFD) >= 0 ? 7 : 1;

		for (;;)
			syscall(SYS_exit_group, code);
	}
	cr_assert_eq(exit_code_of(pid), 7);
	fd_close(&owned);
}
