/*
 * Leadership: one holder, whatever happens.
 */
#include "io/leader.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fork.h"

static char folder[32];
static char path[64];
static char lock_file[80];

static void setup(void)
{
	strcpy(folder, "/tmp/cohort-lead-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	snprintf(lock_file, sizeof(lock_file), "%s.lock", path);
}

static void teardown(void)
{
	unlink(lock_file);
	cr_assert_eq(rmdir(folder), 0);
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* What leader_take() says in another process, forked before anything here knows of forks. */
static int take_elsewhere(const char *where)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct leader leader;
		int err = leader_take(&leader, where);

		leader_release(&leader);
		_exit(-err);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

Test(leader, release_leaves_nothing_and_lets_others_take, .init = setup, .fini = teardown)
{
	struct leader leader;
	struct stat st;
	int before = open_fds();

	for (int i = 0; i < 3; i++) {
		cr_assert_eq(leader_take(&leader, path), 0);
		cr_assert_eq(lstat(lock_file, &st), 0);
		cr_assert_eq(st.st_mode & 0777, 0600);
		cr_assert(leader_held_here(path));
		leader_release(&leader);
		leader_release(&leader);
		cr_assert_not(leader_held_here(path));
		cr_assert_neq(access(lock_file, F_OK), 0);
		cr_assert_eq(open_fds(), before);
	}
	leader_release(NULL);
}

Test(leader, a_second_one_in_this_process_is_refused_however_the_path_is_spelt, .init = setup,
     .fini = teardown)
{
	static const char *const spellings[] = { "%s/s", "%s/./s", "%s/../%s/s", "%s//s" };
	struct leader first;
	struct leader second;
	char other[128];

	cr_assert_eq(leader_take(&first, path), 0);
	for (int i = 0; i < 4; i++) {
		if (i == 2)
			snprintf(other, sizeof(other), "%s/../%s/s", folder,
				 strrchr(folder, '/') + 1);
		else
			snprintf(other, sizeof(other),
				 i == 0	  ? "%s/s"
				 : i == 1 ? "%s/./s"
					  : "%s//s",
				 folder);
		cr_assert_eq(leader_take(&second, other), -EADDRINUSE, "%s", spellings[i]);
		cr_assert(leader_held_here(other));
		leader_release(&second);
	}
	cr_assert_eq(take_elsewhere(path), -EADDRINUSE, "the lock was lost");
	leader_release(&first);
}

Test(leader, different_paths_have_different_leaders, .init = setup, .fini = teardown)
{
	struct leader a;
	struct leader b;
	char other[80];

	snprintf(other, sizeof(other), "%s/other", folder);
	cr_assert_eq(leader_take(&a, path), 0);
	cr_assert_eq(leader_take(&b, other), 0);
	leader_release(&a);
	cr_assert(leader_held_here(other));
	cr_assert_eq(leader_take(&a, path), 0);
	leader_release(&b);
	leader_release(&a);
}

Test(leader, another_process_is_refused_and_touches_nothing, .init = setup, .fini = teardown)
{
	struct leader leader;
	struct stat before;
	struct stat after;
	int ready[2];
	int go[2];
	char c;
	pid_t pid;

	cr_assert_eq(pipe(ready), 0);
	cr_assert_eq(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		if (leader_take(&leader, path) == 0 && write(ready[1], "", 1) == 1)
			(void)!read(go[0], &c, 1);
		leader_release(&leader);
		_exit(0);
	}
	cr_assert_eq(read(ready[0], &c, 1), 1);
	cr_assert_eq(stat(lock_file, &before), 0);
	cr_assert_eq(leader_take(&leader, path), -EADDRINUSE);
	leader_release(&leader);
	cr_assert_not(leader_held_here(path));
	cr_assert_eq(stat(lock_file, &after), 0);
	cr_assert_eq(before.st_ino, after.st_ino);
	close(go[1]);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_assert_eq(leader_take(&leader, path), 0);
	leader_release(&leader);
}

/* The grandchild keeps every descriptor of the killed leader. */
Test(leader, a_killed_leader_gives_way_also_with_a_forked_child_alive, .init = setup,
     .fini = teardown)
{
	struct leader leader;
	int ready[2];
	int go[2];
	char c;
	pid_t pid;

	cr_assert_eq(pipe(ready), 0);
	cr_assert_eq(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		if (leader_take(&leader, path) != 0)
			_exit(1);
		if (fork() != 0)
			pause();
		if (write(ready[1], "", 1) == 1)
			(void)!read(go[0], &c, 1);
		_exit(0);
	}
	close(ready[1]);
	cr_assert_eq(read(ready[0], &c, 1), 1);
	cr_assert_gt(pid, 0);
	kill(pid, SIGKILL);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_assert_eq(access(lock_file, F_OK), 0);
	cr_assert_eq(leader_take(&leader, path), 0);
	leader_release(&leader);
	close(go[1]);
	cr_assert_eq(read(ready[0], &c, 1), 0, "the grandchild has ended");
}

Test(leader, a_forked_child_neither_releases_nor_takes, .init = setup, .fini = teardown)
{
	struct leader leader;
	int status;
	pid_t pid;

	cr_assert_eq(fork_init(), 0);
	cr_assert_eq(leader_take(&leader, path), 0);
	pid = fork();
	if (pid == 0) {
		struct leader mine;
		bool good = !leader_held_here(path) && leader_take(&mine, path) == -ECHILD;

		leader_release(&leader);
		_exit(!good);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
	cr_assert_eq(access(lock_file, F_OK), 0);
	cr_assert(leader_held_here(path));
	cr_assert_eq(leader_take(&(struct leader){ .fd = -1 }, path), -EADDRINUSE);
	leader_release(&leader);
	cr_assert_neq(access(lock_file, F_OK), 0);
}

Test(leader, a_stale_lock_file_is_taken_over, .init = setup, .fini = teardown)
{
	struct leader leader;
	int fd = open(lock_file, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

	close(fd);
	cr_assert_eq(leader_take(&leader, path), 0);
	leader_release(&leader);
	cr_assert_neq(access(lock_file, F_OK), 0);
}

Test(leader, release_does_not_unlink_a_file_that_is_not_its_own, .init = setup, .fini = teardown)
{
	struct leader leader;

	cr_assert_eq(leader_take(&leader, path), 0);
	unlink(lock_file);
	close(open(lock_file, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	leader_release(&leader);
	cr_assert_eq(access(lock_file, F_OK), 0);
}

Test(leader, a_lock_file_that_is_none_is_refused, .init = setup, .fini = teardown)
{
	struct leader leader;
	char target[80];

	snprintf(target, sizeof(target), "%s/target", folder);
	cr_assert_eq(symlink(target, lock_file), 0);
	cr_assert_eq(leader_take(&leader, path), -ELOOP);
	cr_assert_neq(access(target, F_OK), 0);
	unlink(lock_file);
	cr_assert_eq(mkfifo(lock_file, 0600), 0);
	cr_assert_eq(leader_take(&leader, path), -EPERM);
	unlink(lock_file);
	cr_assert_eq(mkdir(lock_file, 0700), 0);
	cr_assert_eq(leader_take(&leader, path), -EPERM);
	rmdir(lock_file);
}

Test(leader, folders_that_cannot_be_used_are_told_apart, .init = setup, .fini = teardown)
{
	struct leader leader;
	char deep[128];

	cr_assert_eq(leader_take(&leader, "/tmp/cohort-none/s"), -ENOENT);
	snprintf(deep, sizeof(deep), "%s/x", path);
	close(open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	cr_assert_eq(leader_take(&leader, deep), -ENOTDIR);
	unlink(path);
	cr_assert_eq(leader_take(&leader, ""), -EINVAL);
	cr_assert_eq(leader_take(&leader, "/tmp/"), -EINVAL);
	cr_assert_eq(leader_take(&leader, "/tmp/.."), -EINVAL);
	leader_release(&leader);
}

Test(leader, a_name_with_no_room_for_the_suffix_is_too_long, .init = setup, .fini = teardown)
{
	struct leader leader;
	char name[NAME_MAX + 1];

	memset(name, 'n', sizeof(name));
	name[NAME_MAX - 4] = '\0';
	cr_assert_eq(leader_take(&leader, name), -ENAMETOOLONG);
}

Test(leader, what_belongs_to_others_is_told_apart_from_a_closed_folder, .init = setup,
     .fini = teardown)
{
	struct leader leader;

	if (geteuid() != 0)
		return;
	close(open(lock_file, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	cr_assert_eq(chmod(folder, 0777), 0);
	cr_assert_eq(setresuid(65534, 65534, 0), 0);
	cr_assert_eq(leader_take(&leader, path), -EPERM);
	cr_assert_eq(setresuid(0, 0, 0), 0);
	unlink(lock_file);
	cr_assert_eq(chmod(folder, 0755), 0);
	cr_assert_eq(setresuid(65534, 65534, 0), 0);
	cr_assert_eq(leader_take(&leader, path), -EACCES);
	cr_assert_eq(setresuid(0, 0, 0), 0);
}

Test(leader, root_refuses_a_lock_file_of_somebody_else, .init = setup, .fini = teardown)
{
	struct leader leader;

	if (geteuid() != 0)
		return;
	close(open(lock_file, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	cr_assert_eq(chown(lock_file, 65534, 65534), 0);
	cr_assert_eq(leader_take(&leader, path), -EPERM);
	cr_assert_eq(access(lock_file, F_OK), 0);
}

#define ROUNDS 200

/* Takes and releases; two at once would both find the witness file absent. */
static int compete(const char *witness)
{
	struct leader leader;

	for (int taken = 0; taken < ROUNDS;) {
		int err = leader_take(&leader, path);

		if (err == -EADDRINUSE || err == -EAGAIN) {
			sched_yield();
			continue;
		}
		if (err < 0)
			return 1;
		if (mkdir(witness, 0700) < 0)
			return 2;
		sched_yield();
		if (rmdir(witness) < 0)
			return 3;
		leader_release(&leader);
		taken++;
	}
	return 0;
}

static void *compete_in_thread(void *witness)
{
	return compete(witness) == 0 ? witness : NULL;
}

Test(leader, there_is_never_more_than_one_among_processes_and_threads, .init = setup,
     .fini = teardown, .timeout = 120)
{
	char witness[80];
	pthread_t thread;
	pid_t pids[3];
	void *good;
	int status;

	snprintf(witness, sizeof(witness), "%s/witness", folder);
	for (int i = 0; i < 3; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(compete(witness));
	}
	cr_assert_eq(pthread_create(&thread, NULL, compete_in_thread, witness), 0);
	status = compete(witness);
	pthread_join(thread, &good);
	for (int i = 0; i < 3; i++) {
		int theirs;

		cr_assert_eq(waitpid(pids[i], &theirs, 0), pids[i]);
		cr_expect_eq(theirs, 0);
	}
	cr_assert_eq(status, 0);
	cr_assert_not_null(good);
}
