/*
 * Signals: a storm of them changes nothing, and none is ever delivered to a thread of the library.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/time.h>

#include "api/verbs.h"

TestSuite(signals, .timeout = 120);

static atomic_int interruptions; /* lock-free, so a signal handler may count */

static void on_alarm(int signal)
{
	(void)signal;
	atomic_fetch_add(&interruptions, 1);
}

/* A signal every 100 us; system calls that it meets are interrupted. */
static void storm(bool on)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval every = { { 0, on ? 100 : 0 }, { 0, on ? 100 : 0 } };

	cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
	cr_assert_eq(setitimer(ITIMER_REAL, &every, NULL), 0);
}

static void *ask_often(void *arg)
{
	struct side *side = arg;

	for (uint64_t i = 0; i < 3000; i++)
		if (ask_within(side, COHORT_PRIMARY, "echo", i, PATIENCE))
			return side;
	return NULL;
}

static void some_traffic(struct stage *s)
{
	char *body = calloc(1, 1 << 20);
	struct cohort_message m = COHORT_MESSAGE("echo", body, 1 << 20);
	int fd = make_memfd();

	m.fds = &fd;
	m.nfds = 1;
	for (int i = 0; i < 20; i++)
		cr_assert_eq(cohort_request(s->secondary[0].c, COHORT_PRIMARY, &m, PATIENCE, NULL),
			     0);
	for (uint64_t i = 0; i < 2000; i++)
		cr_assert_eq(tell_all(&s->primary, "note", i, PATIENCE, NULL), 0);
	close(fd);
	free(body);
}

Test(signals, storm_changes_nothing)
{
	struct stage *s;
	pthread_t thread;
	void *failed;

	storm(true);
	s = stage_open(3);
	thread = thread_start(ask_often, &s->secondary[1]);
	some_traffic(s);
	cr_assert_eq(ask_within(&s->secondary[0], COHORT_PRIMARY, "hold", 1, COHORT_MS(50)),
		     -ETIMEDOUT);
	gate_open(&s->gate);
	cr_assert_eq(pthread_join(thread, &failed), 0);
	cr_assert_null(failed);
	for (size_t i = 0; i < 3; i++) {
		cr_assert(journal_await(&s->secondary[i].journal, CALLED, 2000));
		cr_assert_eq(journal_count(&s->secondary[i].journal, LOST), 0);
	}
	stage_close(s);
	storm(false);
	cr_assert_gt(atomic_load(&interruptions), 100);
}

Test(signals, in_a_storm_deadlines_are_neither_early_nor_missed)
{
	struct stage *s = stage_open(1);
	int64_t begin, took;

	storm(true);
	for (int i = 0; i < 10; i++) {
		begin = now_ns();
		cr_assert_eq(ask_within(&s->secondary[0], COHORT_PRIMARY, "hold", 1, COHORT_MS(20)),
			     -ETIMEDOUT);
		took = now_ns() - begin;
		cr_assert_geq(took, COHORT_MS(20));
		cr_assert_lt(took, COHORT_SECONDS(5));
	}
	storm(false);
	stage_close(s);
}

/* The signals that a thread blocks, bit by bit. */
static unsigned long long blocked_by(const char *thread)
{
	char path[300], line[256];
	unsigned long long blocked = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", thread);
	f = fopen(path, "re");
	cr_assert_not_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "SigBlk: %llx", &blocked) == 1)
			break;
	fclose(f);
	return blocked;
}

/* SIGKILL and SIGSTOP cannot be blocked; 32 to 34 are libc's own. */
#define MUST_BLOCK (0x7fffffffull & ~(1ull << (SIGKILL - 1)) & ~(1ull << (SIGSTOP - 1)))

static size_t threads_that_block_all(void)
{
	DIR *folder = opendir("/proc/self/task");
	size_t n = 0;

	for (struct dirent *e; (e = readdir(folder));)
		if (e->d_name[0] != '.')
			n += (blocked_by(e->d_name) & MUST_BLOCK) == MUST_BLOCK;
	closedir(folder);
	return n;
}

Test(signals, are_blocked_in_every_thread_of_the_library)
{
	size_t before = threads_that_block_all();
	struct stage *s = stage_open(2);

	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	cr_assert_eq(threads_that_block_all() - before, 6);
	stage_close(s);
}

/* A peer that is gone must not raise SIGPIPE, whose default action would end this test. */
Test(signals, of_a_broken_pipe_are_never_raised)
{
	struct stage *s = stage_open(1);

	cr_assert_neq(signal(SIGPIPE, SIG_DFL), SIG_ERR);
	for (int i = 0; i < 50; i++) {
		side_close(&s->secondary[0]);
		tell_all(&s->primary, "note", 1, 0, NULL);
		cr_assert_eq(side_open(&s->secondary[0]), 0);
		tell(&s->secondary[0], COHORT_PRIMARY, "note", 1);
	}
	stage_close(s);
}
