/*
 * fork(): in the child every handle is inert, and the parent does not notice that there is a child.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/verbs.h"

TestSuite(fork, .timeout = 120);

/*
 * The sanitizers of gcc 12 and clang 14 do not hold their allocator's locks across fork(), as libc
 * does: a child of a process with threads may hang in its first malloc().
 */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define CHILD_MAY_ALLOCATE 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define CHILD_MAY_ALLOCATE 0
#endif
#endif
#ifndef CHILD_MAY_ALLOCATE
#define CHILD_MAY_ALLOCATE 1
#endif

/* Runs a check in a child, which may not use Criterion; returns what it returned. */
static int in_child(int (*check)(struct stage *s), struct stage *s)
{
	pid_t pid = fork();
	int status = -1;

	cr_assert_geq(pid, 0);
	if (!pid)
		_exit(check(s));
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status), "the child ended with status %x", status);
	return WEXITSTATUS(status);
}

/* The line of the first call that did not return -ECHILD, counted from the function's beginning. */
#define INERT(call)                              \
	do {                                     \
		if ((call) != -ECHILD)           \
			return __LINE__ - first; \
	} while (0)

static int calls_are_inert(struct stage *s)
{
	const int first = __LINE__;
	struct cohort *c = s->primary.c;
	struct side *side = &s->secondary[0];
	struct cohort_message m = COHORT_MESSAGE("note", NULL, 0);
	struct cohort_counters counters = COHORT_COUNTERS_INIT;
	struct cohort_replies *replies;
	cohort_peer peer = s->primary.journal.entries[0].peer;

	INERT(tell(side, COHORT_PRIMARY, "note", 1));
	INERT(tell(&s->primary, peer, "note", 1));
	INERT(tell_all(&s->primary, "note", 1, 0, NULL));
	INERT(ask_within(side, COHORT_PRIMARY, "note", 1, PATIENCE));
	INERT(ask_async(side, COHORT_PRIMARY, "note", 1, PATIENCE, NULL));
	INERT(cohort_request_all(c, &m, PATIENCE, &replies));
	INERT(cohort_cancel(c, 1));
	INERT(cohort_register(c, &s->primary.actions[0]));
	INERT(cohort_unregister(c, "note"));
	INERT(cohort_peers(c, NULL, 0, PATIENCE));
	INERT(cohort_actions(c, COHORT_ALL, NULL, 0, PATIENCE));
	INERT(cohort_wait(c, NULL, 1, PATIENCE));
	INERT(cohort_peer_set_data(c, peer, s));
	INERT(cohort_peer_pidfd(c, peer));
	INERT(cohort_peer_disconnect(c, peer));
	INERT(cohort_stats(c, COHORT_ALL, &counters));
	INERT(cohort_remote_stats(side->c, COHORT_ALL, &counters, PATIENCE));
	INERT(cohort_want_writable(c, peer));
	INERT(cohort_fd(c));
	INERT(cohort_dispatch(c, PATIENCE));
	INERT(cohort_adopt(c, 0));
	INERT(cohort_close(side->c));
	INERT(cohort_close(c));
	if (cohort_self(c) != COHORT_NOBODY || cohort_peer_data(c, peer))
		return __LINE__ - first;
	return 0;
}

Test(fork, makes_every_call_of_the_child_echild)
{
	struct stage *s = stage_open(1);
	int line;

	cr_assert(journal_await(&s->primary.journal, JOINED, 1));
	line = in_child(calls_are_inert, s);
	cr_assert_eq(line, 0, "line %d of calls_are_inert()", line);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	cr_assert_eq(journal_count(&s->primary.journal, LEFT), 0);
	stage_close(s);
}

/* The child holds what the process held before anything was opened. */
static int has_only_what_was_before(struct stage *s)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n == s->before.descriptors ? 0 : 1;
}

Test(fork, leaves_no_descriptor_of_the_library_in_the_child)
{
	struct stage *s = stage_open(3);

	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	cr_assert_eq(in_child(has_only_what_was_before, s), 0);
	stage_close(s);
}

static void *ask_all_the_time(void *arg)
{
	struct side *side = arg;

	for (uint64_t i = 0; i < 3000; i++)
		if (ask_within(side, COHORT_PRIMARY, "echo", i, PATIENCE))
			return side;
	return NULL;
}

static int does_nothing(struct stage *s)
{
	return cohort_close(s->primary.c) == -ECHILD ? 0 : 1;
}

Test(fork, under_traffic_disturbs_nobody)
{
	struct stage *s = stage_open(2);
	pthread_t threads[2];
	void *failed = NULL;

	for (size_t i = 0; i < 2; i++)
		threads[i] = thread_start(ask_all_the_time, &s->secondary[i]);
	for (int i = 0; i < 20; i++)
		cr_assert_eq(in_child(does_nothing, s), 0);
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(pthread_join(threads[i], &failed), 0);
		cr_assert_null(failed);
	}
	cr_assert_eq(journal_count(&s->primary.journal, LEFT), 0);
	stage_close(s);
}

/* The child is a process like any other and opens its own handle. */
static int opens_its_own(struct stage *s)
{
	struct side *side = &s->secondary[1];
	struct cohort_message m = COHORT_MESSAGE("echo", NULL, 0);

	if (side_open(side))
		return 1;
	if (cohort_request(side->c, COHORT_PRIMARY, &m, PATIENCE, NULL))
		return 2;
	return cohort_close(side->c) ? 3 : 0;
}

Test(fork, lets_the_child_open_a_handle_of_its_own)
{
	struct stage *s = stage_open(1);

	if (CHILD_MAY_ALLOCATE) {
		cr_assert_eq(in_child(opens_its_own, s), 0);
		cr_assert(journal_await(&s->primary.journal, LEFT, 1));
		cr_assert_eq(journal_entry(&s->primary.journal, LEFT, 0).number,
			     COHORT_LEFT_CLOSED);
	}
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	stage_close(s);
}

static struct cohort_call *kept;

static int on_keep(struct cohort_call *call, void *arg)
{
	int err = cohort_call_keep(call, &kept);

	side_write_call(arg, call);
	return err;
}

static int cannot_answer(struct stage *s)
{
	(void)s;
	return cohort_call_reply(kept, 0, NULL) == -ECHILD ? 0 : 1;
}

Test(fork, leaves_kept_calls_to_the_parent)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "keep", on_keep);
	stage_start(s, 1);
	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "keep", 0, PATIENCE, NULL), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	cr_assert_eq(in_child(cannot_answer, s), 0);
	cr_assert_eq(cohort_call_reply(kept, 0, NULL), 0);
	cr_assert(journal_await(&s->secondary[0].journal, DONE, 1));
	cohort_call_drop(kept);
	stage_close(s);
}

Test(fork, and_exec_take_no_descriptor_along)
{
	struct stage *s = stage_open(2);
	DIR *folder = opendir("/proc/self/fd");

	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	for (struct dirent *e; (e = readdir(folder));) {
		char text[64];
		int fd = atoi(e->d_name);

		snprintf(text, sizeof(text), "\n%d ", fd);
		if (e->d_name[0] == '.' || fd == 0 || strstr(s->before.names, text) ||
		    !strncmp(s->before.names, text + 1, strlen(text + 1)))
			continue;
		cr_assert(is_close_on_exec(fd), "descriptor %d stays open", fd);
	}
	closedir(folder);
	stage_close(s);
}
