/* The log queue and trace lines. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

static struct log queue;

static void queue_up(void)
{
	log_init(&queue);
}

static void queue_down(void)
{
	log_deinit(&queue);
}

Test(log, an_entry_comes_out_as_it_was_put, .init = queue_up, .fini = queue_down)
{
	struct log_entry entry;
	int64_t before = clock_now();

	log_put(&queue, LOG_WARNING, -EPIPE, "peer %d is %s", 3, "gone");
	cr_assert(log_take(&queue, &entry));
	cr_assert_eq(entry.level, LOG_WARNING);
	cr_assert_eq(entry.error, -EPIPE);
	cr_assert_str_eq(entry.text, "peer 3 is gone");
	cr_assert_eq(entry.dropped, 0);
	cr_assert_geq(entry.when, before);
	cr_assert_leq(entry.when, clock_now());
}

Test(log, taking_from_an_empty_queue_leaves_the_entry, .init = queue_up, .fini = queue_down)
{
	struct log_entry entry = { .error = 17 };

	cr_assert_not(log_take(&queue, &entry));
	cr_assert_eq(entry.error, 17);
}

Test(log, only_the_first_entry_needs_a_consumer_woken, .init = queue_up, .fini = queue_down)
{
	struct log_entry entry;

	cr_assert(log_put(&queue, LOG_INFO, 0, "a"));
	cr_assert_not(log_put(&queue, LOG_INFO, 0, "b"));
	log_take(&queue, &entry);
	cr_assert_not(log_put(&queue, LOG_INFO, 0, "c"));
	log_take(&queue, &entry);
	log_take(&queue, &entry);
	cr_assert(log_put(&queue, LOG_INFO, 0, "d"));
}

Test(log, a_full_queue_drops_the_new_ones_and_the_next_taken_tells_how_many, .init = queue_up,
     .fini = queue_down)
{
	struct log_entry entry;

	for (int i = 0; i < LOG_SIZE + 5; i++)
		log_put(&queue, LOG_INFO, i, "entry");
	for (int i = 0; i < LOG_SIZE; i++) {
		cr_assert(log_take(&queue, &entry));
		cr_assert_eq(entry.error, i);
		cr_assert_eq(entry.dropped, i == 0 ? 5 : 0);
	}
	cr_assert_not(log_take(&queue, &entry));
}

Test(log, the_order_is_kept_around_the_end_of_the_queue, .init = queue_up, .fini = queue_down)
{
	struct log_entry entry;
	int taken = 0;

	for (int i = 0; i < 5 * LOG_SIZE; i++) {
		log_put(&queue, LOG_INFO, i, "entry");
		if (i >= 10) {
			cr_assert(log_take(&queue, &entry));
			cr_assert_eq(entry.error, taken++);
			cr_assert_eq(entry.dropped, 0);
		}
	}
}

Test(log, a_long_text_is_cut_and_terminated, .init = queue_up, .fini = queue_down)
{
	struct log_entry entry;
	char text[1000];

	memset(text, 'x', sizeof(text));
	log_put(&queue, LOG_DEBUG, 0, "%.*s", (int)sizeof(text), text);
	log_take(&queue, &entry);
	cr_assert_eq(strlen(entry.text), sizeof(entry.text) - 1);
}

Test(log, putting_keeps_errno, .init = queue_up, .fini = queue_down)
{
	errno = ERANGE;
	log_put(&queue, LOG_INFO, 0, "%s", "text");
	cr_assert_eq(errno, ERANGE);
}

static void *put_many(void *arg)
{
	(void)arg;
	for (int i = 0; i < 10 * LOG_SIZE; i++)
		log_put(&queue, LOG_INFO, 0, "entry %d", i);
	return NULL;
}

Test(log, every_entry_of_two_threads_is_taken_or_counted, .init = queue_up, .fini = queue_down)
{
	struct log_entry entry;
	pthread_t threads[2];
	unsigned total = 0;

	for (int i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, put_many, NULL), 0);
	while (total < LOG_SIZE) {
		if (log_take(&queue, &entry))
			total += 1 + entry.dropped;
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	while (log_take(&queue, &entry))
		total += 1 + entry.dropped;
	total += queue.dropped;
	cr_assert_eq(total, 20 * LOG_SIZE);
}

Test(trace, the_environment_switches_it)
{
	unsetenv("COHORT_DEBUG");
	cr_assert_eq(log_trace_init(), 0);
	cr_assert_not(log_trace_on());
	setenv("COHORT_DEBUG", "1", 1);
	cr_assert_eq(log_trace_init(), 0);
	cr_assert(log_trace_on());
	setenv("COHORT_DEBUG", "", 1);
	cr_assert_eq(log_trace_init(), 0);
	cr_assert_not(log_trace_on());
	setenv("COHORT_DEBUG", "0", 1);
	cr_assert_eq(log_trace_init(), 0);
	cr_assert_not(log_trace_on());
}

Test(trace, any_other_value_is_an_error)
{
	setenv("COHORT_DEBUG", "yes", 1);
	cr_assert_eq(log_trace_init(), -EINVAL);
	cr_assert_not(log_trace_on());
	setenv("COHORT_DEBUG", "11", 1);
	cr_assert_eq(log_trace_init(), -EINVAL);
}

/* Stderr is a pipe from here to stderr_restore(). */
struct redirect {
	int saved;
	int pipe[2];
};

static void stderr_redirect(struct redirect *r)
{
	cr_assert_eq(pipe2(r->pipe, O_CLOEXEC | O_NONBLOCK), 0);
	r->saved = dup(STDERR_FILENO);
	dup2(r->pipe[1], STDERR_FILENO);
	close(r->pipe[1]);
}

static void stderr_restore(struct redirect *r)
{
	dup2(r->saved, STDERR_FILENO);
	close(r->saved);
	close(r->pipe[0]);
}

static void trace_on(const char *value)
{
	setenv("COHORT_DEBUG", value, 1);
	cr_assert_eq(log_trace_init(), 0);
}

/* What one call of log_trace(text) writes. */
static void traced(const char *text, char *out, size_t size)
{
	struct redirect r;
	ssize_t n;

	stderr_redirect(&r);
	log_trace("%s", text);
	n = read(r.pipe[0], out, size - 1);
	stderr_restore(&r);
	out[n > 0 ? n : 0] = '\0';
}

Test(trace, a_line_names_the_process)
{
	char expected[64];
	char line[1024];

	trace_on("1");
	traced("hello", line, sizeof(line));
	snprintf(expected, sizeof(expected), "cohort[%d] hello\n", (int)getpid());
	cr_assert_str_eq(line, expected);
}

Test(trace, nothing_is_written_when_it_is_off)
{
	char line[1024];

	trace_on("0");
	traced("hello", line, sizeof(line));
	cr_assert_str_eq(line, "");
}

Test(trace, a_long_line_is_cut_and_ends_with_a_newline)
{
	char text[2000];
	char line[2000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	trace_on("1");
	traced(text, line, sizeof(line));
	cr_assert_eq(strlen(line), 512);
	cr_assert_eq(line[511], '\n');
}

Test(trace, control_characters_do_not_get_through)
{
	char line[1024];

	trace_on("1");
	traced("a\nb\033c\177d", line, sizeof(line));
	cr_assert_not_null(strstr(line, "] a?b?c?d\n"));
}

Test(trace, a_broken_stderr_raises_no_signal_and_changes_no_errno)
{
	struct redirect r;
	sigset_t pending;

	trace_on("1");
	stderr_redirect(&r);
	close(r.pipe[0]);
	r.pipe[0] = -1;
	errno = ERANGE;
	log_trace("nobody reads this");
	cr_assert_eq(errno, ERANGE);
	sigpending(&pending);
	stderr_restore(&r);
	cr_assert_not(sigismember(&pending, SIGPIPE));
}

Test(trace, a_signal_which_was_pending_before_stays)
{
	struct redirect r;
	sigset_t pipe;
	sigset_t pending;

	trace_on("1");
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	raise(SIGPIPE);
	stderr_redirect(&r);
	close(r.pipe[0]);
	r.pipe[0] = -1;
	log_trace("nobody reads this");
	stderr_restore(&r);
	sigpending(&pending);
	cr_assert(sigismember(&pending, SIGPIPE));
}
