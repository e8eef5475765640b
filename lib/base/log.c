/*
 * The text is composed before the lock is taken, so that the lock is held for one copy only.
 *
 * A trace line is one write(2). If stderr is a broken pipe, or a file at its limit, that write
 * would raise a signal in a thread of the application, so such a signal is held back and taken
 * away again, unless it was pending before.
 */
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define LINE_MAX_LEN 512

_Atomic bool log_trace_enabled;

static void queue_push(struct log *log, const struct log_entry *entry)
{
	log->entry[(log->first + log->count) % LOG_SIZE] = *entry;
	log->count++;
}

static void queue_pop(struct log *log, struct log_entry *out)
{
	*out = log->entry[log->first];
	out->dropped = log->dropped;
	log->dropped = 0;
	log->first = (log->first + 1) % LOG_SIZE;
	log->count--;
}

/* Queues or drops the entry; true if the queue was empty. */
static bool queue_offer(struct log *log, const struct log_entry *entry)
{
	if (log->count < LOG_SIZE) {
		queue_push(log, entry);
		return log->count == 1;
	}
	if (log->dropped < UINT32_MAX)
		log->dropped++;
	return false;
}

void log_init(struct log *log)
{
	memset(log, 0, sizeof(*log));
	lock_init(&log->lock, LOCK_LOG);
}

void log_deinit(struct log *log)
{
	lock_deinit(&log->lock);
}

bool log_put(struct log *log, enum log_level level, int error, const char *fmt, ...)
{
	struct log_entry entry = { .level = level, .error = error, .when = clock_now() };
	int saved = errno;
	bool was_empty;
	va_list args;

	va_start(args, fmt);
	vsnprintf(entry.text, sizeof(entry.text), fmt, args);
	va_end(args);
	lock_take(&log->lock);
	was_empty = queue_offer(log, &entry);
	lock_drop(&log->lock);
	errno = saved;
	return was_empty;
}

bool log_take(struct log *log, struct log_entry *out)
{
	bool taken;

	lock_take(&log->lock);
	taken = log->count > 0;
	if (taken)
		queue_pop(log, out);
	lock_drop(&log->lock);
	return taken;
}

int log_trace_init(void)
{
	const char *value = getenv("COHORT_DEBUG");
	bool on = value && strcmp(value, "1") == 0;
	bool off = !value || strcmp(value, "") == 0 || strcmp(value, "0") == 0;

	atomic_store_explicit(&log_trace_enabled, on, memory_order_relaxed);
	return on || off ? 0 : -EINVAL;
}

/* The signals which write(2) may raise and which are not pending yet. */
static void write_signals(sigset_t *set)
{
	static const int signals[] = { SIGPIPE, SIGXFSZ };
	sigset_t pending;

	sigemptyset(set);
	sigpending(&pending);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (!sigismember(&pending, signals[i]))
			sigaddset(set, signals[i]);
	}
}

/* Writes to stderr and raises nothing; what cannot be written is lost. */
static void write_quietly(const char *line, size_t len)
{
	const struct timespec at_once = { 0, 0 };
	sigset_t signals;
	sigset_t before;
	ssize_t n;

	write_signals(&signals);
	pthread_sigmask(SIG_BLOCK, &signals, &before);
	n = write(STDERR_FILENO, line, len);
	if (n < 0 && (errno == EPIPE || errno == EFBIG))
		sigtimedwait(&signals, NULL, &at_once);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Names in a line may come from peers: no byte of them ends the line or steers a terminal. */
static void line_clean(char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	}
}

void log_trace(const char *fmt, ...)
{
	char line[LINE_MAX_LEN];
	int saved = errno;
	va_list args;
	size_t len;

	if (!log_trace_on())
		return;
	len = (size_t)snprintf(line, sizeof(line), "cohort[%d] ", (int)getpid());
	va_start(args, fmt);
	vsnprintf(line + len, sizeof(line) - len, fmt, args);
	va_end(args);
	len = strlen(line);
	line_clean(line, len);
	line[len] = '\n'; /* in place of the terminating zero */
	write_quietly(line, len + 1);
	errno = saved;
}
