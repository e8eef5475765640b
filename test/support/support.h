/*
 * What the tests of every kind share: temporary folders, a census of what a process holds, child
 * processes that are talked to line by line, and an event that callbacks count up.
 *
 * Nothing here knows the library, so that it links into any test. Nothing asserts: each function
 * says what happened and the test judges. Times are in milliseconds, and generous: a deadline is
 * there so that a broken test ends, not to measure.
 */
#ifndef COHORT_TEST_SUPPORT_H
#define COHORT_TEST_SUPPORT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How long a test waits for what must happen. */
#define PATIENCE_MS 30000

/* CLOCK_MONOTONIC. */
int64_t now_ns(void);

/*
 * --- Temporary folders: short paths, so that a socket's fits behind them -------------------------
 */

#define TEMP_DIR_MAX 108

/* 0, or a negative errno. */
int temp_dir_make(char path[TEMP_DIR_MAX]);

/* Removes the folder and everything in it. */
int temp_dir_remove(const char *path);

/*
 * --- Census: what a process holds ----------------------------------------------------------------
 *
 * Take one before and settle after: threads and descriptors of others go away a moment after the
 * call that ends them returned. `mappings` counts those of memfds only, since malloc and thread
 * stacks come and go as libc likes.
 */

#define CENSUS_NAMES_MAX 8192

struct census {
	pid_t pid;
	char folder[TEMP_DIR_MAX]; /* "" if no files are counted */
	unsigned descriptors;
	unsigned threads;
	unsigned children; /* zombies too */
	unsigned mappings;
	unsigned files;
	char names
		[CENSUS_NAMES_MAX]; /* of descriptors, a line each, cut when full: "7 socket:[4]" */
};

/*
 * pid 0 is the caller; folder may be NULL. Returns 0, or a negative errno, -ESRCH when there is no
 * such process.
 */
int census_take(struct census *census, pid_t pid, const char *folder);

/* On a difference `why` says which, with the names of descriptors that are new. */
bool census_equal(const struct census *before, const struct census *after, char *why, size_t size);

/*
 * Takes censuses of the same process and folder until one equals `before`, for PATIENCE_MS at most.
 */
bool census_settle(const struct census *before, char *why, size_t size);

/*
 * --- Children: programs of test/proc/programs, run beside the test -------------------------------
 *
 * The child's standard input and output are this test's to write and read, line by line; what it
 * prints on standard error goes to the test's. It is killed when the *thread* that spawned it ends,
 * so that a failing test leaves none behind: spawn from the test's own thread.
 */

struct child {
	pid_t pid; /* 0 once it has been waited for */
	int pidfd;
	int input;
	int output;
	int status;	 /* waitpid's, once it has been waited for */
	size_t buffered; /* bytes of `buffer` that are not yet read as lines */
	char buffer[4096];
	char line[4096]; /* the last line read, without its newline */
};

/*
 * Runs a program: of $COHORT_TEST_PROGRAMS when its name has no '/'. argv may be NULL: then it is
 * the name alone. Returns 0, or a negative errno. What cannot be executed exits with status 127.
 * End it with child_end().
 */
int child_spawn(struct child *child, const char *program, char *const argv[]);

/*
 * Reads lines until one begins with `prefix`, and leaves it in child->line. "" takes the next line
 * whatever it is.
 */
bool child_expect(struct child *child, const char *prefix, int timeout_ms);

/* Writes a line; the newline is added. False if the child is gone. */
bool child_say(struct child *child, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Ends the child's input: it reads an end of file. */
void child_hush(struct child *child);

/* Sends a signal. Returns 0, or a negative errno. */
int child_kill(struct child *child, int signal);

/* Returns waitpid's status, or -ETIMEDOUT. A second call returns the same status. */
int child_wait(struct child *child, int timeout_ms);

/*
 * Kills the child if it still runs, waits for it, closes what belongs to it. Harmless when
 * repeated.
 */
void child_end(struct child *child);

/*
 * --- Events: callbacks signal, the test waits for the nth ----------------------------------------
 */

struct event {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned long count; /* guarded by lock */
};

void event_init(struct event *event);
void event_deinit(struct event *event);
void event_signal(struct event *event);
unsigned long event_count(struct event *event);

/* Whether it has been signalled at least n times before the timeout. */
bool event_wait_for(struct event *event, unsigned long n, int timeout_ms);

#endif
