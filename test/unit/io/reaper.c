/*
 * The reaper: closes everything, blocks nobody, leaves nothing.
 */
#include "io/reaper.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/fork.h"
#include "io/memfd.h"

static struct reaper reaper;

static void setup(void)
{
	cr_assert_eq(reaper_init(&reaper), 0);
}

static void teardown(void)
{
	reaper_deinit(&reaper, clock_now() + 20 * CLOCK_NS_PER_S);
	reaper_deinit(&reaper, 0);
	reaper_deinit(NULL, 0);
}

static int64_t soon(void)
{
	return clock_now() + 20 * CLOCK_NS_PER_S;
}

/* Threads named like the reaper's; others may belong to a sanitizer. */
static int reaper_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;
	int n = 0;

	while ((entry = readdir(tasks))) {
		char file[300];
		char name[32] = "";
		FILE *comm;

		snprintf(file, sizeof(file), "/proc/self/task/%s/comm", entry->d_name);
		comm = fopen(file, "re");
		if (comm && fgets(name, sizeof(name), comm))
			n += strncmp(name, "cohort-reaper", 13) == 0;
		if (comm)
			fclose(comm);
	}
	closedir(tasks);
	return n;
}

/* Two ends; the second is the test's, and is at its end once the first was closed. */
static void pair_make(int pair[2])
{
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	fd_own(pair[0]);
}

static bool is_at_its_end(int fd, int ms)
{
	struct pollfd one = { .fd = fd, .events = POLLRDHUP };

	return poll(&one, 1, ms) == 1;
}

/* A TCP socket whose close() blocks until the other end is closed: too much of it is unsent. */
static void blocking_pair_make(int pair[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct linger linger = { .l_onoff = 1, .l_linger = 60 };
	socklen_t length = sizeof(address);
	static const char data[65536];
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(bind(listener, (struct sockaddr *)&address, length), 0);
	cr_assert_eq(listen(listener, 1), 0);
	cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	pair[0] = fd_own(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	cr_assert_eq(connect(pair[0], (struct sockaddr *)&address, length), 0);
	pair[1] = accept(listener, NULL, NULL);
	close(listener);
	while (send(pair[0], data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* close() gives the number back before it blocks. */
static void await_closing(int fd)
{
	for (int64_t until = soon(); fcntl(fd, F_GETFD) >= 0 && clock_now() < until;)
		poll(NULL, 0, 1);
	cr_assert_lt(fcntl(fd, F_GETFD), 0);
}

Test(reaper, an_unused_one_has_no_thread, .init = setup, .fini = teardown)
{
	cr_assert_eq(reaper_threads(), 0);
}

Test(reaper, what_is_handed_over_is_closed, .init = setup, .fini = teardown)
{
	int pairs[50][2];
	int fds[50];

	for (int i = 0; i < 50; i++) {
		pair_make(pairs[i]);
		fds[i] = pairs[i][0];
	}
	reaper_close(&reaper, fds, 50);
	for (int i = 0; i < 50; i++) {
		cr_assert(is_at_its_end(pairs[i][1], 20000));
		close(pairs[i][1]);
	}
	reaper_close(&reaper, NULL, 0);
	reaper_close(&reaper, &(int){ -1 }, 1);
}

Test(reaper, deinit_waits_for_what_is_queued_and_leaves_no_thread, .init = setup, .fini = teardown)
{
	int pair[2];

	pair_make(pair);
	reaper_close(&reaper, &pair[0], 1);
	reaper_deinit(&reaper, soon());
	cr_assert(is_at_its_end(pair[1], 0));
	close(pair[1]);
	pair_make(pair);
	reaper_close(&reaper, &pair[0], 1);
	cr_assert(is_at_its_end(pair[1], 0), "without a state it closes at once");
	close(pair[1]);
}

Test(reaper, a_memfd_is_closed_at_once_without_a_thread, .init = setup, .fini = teardown)
{
	int fd = -1;
	int copy;

	cr_assert_eq(memfd_make("test", 4096, &fd), 0);
	copy = fd;
	reaper_close(&reaper, &copy, 1);
	cr_assert_lt(fcntl(fd, F_GETFD), 0);
	cr_assert_eq(reaper_threads(), 0);
}

Test(reaper, a_close_that_blocks_delays_neither_the_caller_nor_memfds, .init = setup,
     .fini = teardown)
{
	int slow[2];
	int next[2];
	int fd = -1;

	blocking_pair_make(slow);
	pair_make(next);
	cr_assert_eq(memfd_make("test", 4096, &fd), 0);
	reaper_close(&reaper, (int[]){ slow[0], next[0], fd }, 3);
	cr_assert_lt(fcntl(fd, F_GETFD), 0);
	cr_assert_not(is_at_its_end(next[1], 20));
	close(slow[1]);
	cr_assert(is_at_its_end(next[1], 20000));
	close(next[1]);
}

Test(reaper, a_thread_stuck_in_close_is_left_behind_and_finishes_later, .init = setup,
     .fini = teardown)
{
	int slow[2];
	int next[2];
	int64_t deadline;

	blocking_pair_make(slow);
	pair_make(next);
	reaper_close(&reaper, (int[]){ slow[0], next[0] }, 2);
	deadline = clock_now() + 20 * CLOCK_NS_PER_MS;
	reaper_deinit(&reaper, deadline);
	cr_assert_geq(clock_now(), deadline);
	cr_assert_lt(clock_now(), deadline + 15 * CLOCK_NS_PER_S);
	cr_assert_not(is_at_its_end(next[1], 0));
	close(slow[1]);
	cr_assert(is_at_its_end(next[1], 20000));
	close(next[1]);
	for (int64_t until = soon(); reaper_threads() > 0 && clock_now() < until;)
		sched_yield();
	cr_assert_eq(reaper_threads(), 0);
}

Test(reaper, a_full_queue_is_closed_by_who_brings_more, .init = setup, .fini = teardown)
{
	enum {
		MORE = 5
	};
	int slow[2];
	int ends[2];
	int many[REAPER_QUEUE_MAX];
	int copies = 0;

	blocking_pair_make(slow);
	pair_make(ends);
	reaper_close(&reaper, &slow[0], 1);
	/* Numbers are enough to fill the queue: those that are not open cannot be closed twice. */
	for (unsigned i = 0; i < REAPER_QUEUE_MAX; i++)
		many[i] = 1 << 20 | (int)i;
	/* Whether the thread has taken the slow one yet, nobody knows: one place may be left. */
	reaper_close(&reaper, many, REAPER_QUEUE_MAX);
	reaper_close(&reaper, many, 1);
	for (int i = 0; i < MORE; i++) {
		int fd = fd_own(fcntl(ends[0], F_DUPFD_CLOEXEC, 0));

		reaper_close(&reaper, &fd, 1);
		copies += fcntl(fd, F_GETFD) >= 0;
	}
	cr_assert_leq(copies, 1);
	fd_close(&ends[0]);
	close(slow[1]);
	cr_assert(is_at_its_end(ends[1], 20000));
	close(ends[1]);
}

Test(reaper, an_idle_thread_leaves_and_the_next_one_takes_over, .init = setup, .fini = teardown)
{
	for (int i = 0; i < 2; i++) {
		int pair[2];

		pair_make(pair);
		reaper_close(&reaper, &pair[0], 1);
		cr_assert(is_at_its_end(pair[1], 20000));
		close(pair[1]);
		for (int64_t until = soon(); reaper_threads() > 0 && clock_now() < until;)
			poll(NULL, 0, 5);
		cr_assert_eq(reaper_threads(), 0);
	}
}

Test(reaper, a_forked_child_lets_go_without_touching_the_parents, .init = setup, .fini = teardown)
{
	int slow[2];
	int status;
	pid_t pid;

	cr_assert_eq(fork_init(), 0);
	blocking_pair_make(slow);
	reaper_close(&reaper, &slow[0], 1);
	await_closing(slow[0]); /* else the child inherits it, and may be the one who lingers */
	pid = fork();
	if (pid == 0) {
		reaper_deinit(&reaper, clock_now() + 20 * CLOCK_NS_PER_S);
		_exit(reaper.state != NULL);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
	close(slow[1]);
}
