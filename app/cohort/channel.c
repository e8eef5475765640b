#include "channel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "interrupt.h"
#include "parse.h"
#include "tool.h"

#define SLICE COHORT_MS(100) /* how late a signal may be noticed inside the library */
#define HANDSHAKE_MOST COHORT_SECONDS(1)
#define HANDSHAKE_LEAST COHORT_MS(1)

int64_t time_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return COHORT_SECONDS(now.tv_sec) + now.tv_nsec;
}

int64_t time_deadline(int64_t timeout)
{
	int64_t now = time_now();

	return timeout > COHORT_FOREVER - now ? COHORT_FOREVER : now + timeout;
}

int64_t time_left(int64_t deadline)
{
	int64_t now = time_now();

	if (deadline == COHORT_FOREVER)
		return COHORT_FOREVER;
	return deadline > now ? deadline - now : 0;
}

int64_t time_to_real(int64_t monotonic)
{
	struct timespec real;

	clock_gettime(CLOCK_REALTIME, &real);
	return COHORT_SECONDS(real.tv_sec) + real.tv_nsec - time_now() + monotonic;
}

static int64_t slice_of(int64_t deadline)
{
	int64_t left = time_left(deadline);

	return left < SLICE ? left : SLICE;
}

bool channel_is_absent(int error)
{
	return error == -ENOENT || error == -ECONNREFUSED;
}

int channel_fail(const char *name, int error)
{
	switch (error) {
	case -ENOENT:
	case -ECONNREFUSED:
		return tool_fail(-ECONNREFUSED, "%s", name);
	case -ETIMEDOUT:
		tool_fail(0, "%s: the primary does not answer", name);
		return TOOL_TIMEOUT;
	case -EINVAL:
	case -ENAMETOOLONG:
		return tool_usage("%s: not a valid name of a channel", name);
	default:
		return tool_fail(error, "%s", name);
	}
}

int channel_open(struct cohort **c, const char *name, const struct cohort_config *config)
{
	int64_t deadline = time_deadline(config->open_timeout);
	struct cohort_config part = *config;
	int err;

	do {
		if (interrupted())
			return -EINTR;
		part.open_timeout = slice_of(deadline);
		err = cohort_open(c, name, &part);
	} while (channel_is_absent(err) && time_left(deadline));
	return err;
}

/* A primary that is slow to answer is asked again, so that a signal ends it after a second. */
int channel_open_answered(struct cohort **c, const char *name, const struct cohort_config *config,
			  int64_t timeout)
{
	int64_t deadline = time_deadline(timeout), left = timeout;
	struct cohort_config one = *config;
	int err;

	do {
		one.handshake_timeout = left < HANDSHAKE_MOST ? left : HANDSHAKE_MOST;
		if (one.handshake_timeout < HANDSHAKE_LEAST)
			one.handshake_timeout = HANDSHAKE_LEAST;
		err = channel_open(c, name, &one);
		left = time_left(deadline);
	} while (err == -ETIMEDOUT && left);
	return err;
}

static int open_as(struct cohort **c, const char *name, enum cohort_role role, int64_t timeout)
{
	struct cohort_config config = COHORT_CONFIG_INIT;

	config.role = role;
	return channel_open_answered(c, name, &config, timeout);
}

int channel_join(struct cohort **c, const char *name, int64_t timeout)
{
	return open_as(c, name, COHORT_ROLE_SECONDARY, timeout);
}

int channel_observe(struct cohort **c, const char *name, int64_t timeout)
{
	return open_as(c, name, COHORT_ROLE_OBSERVER, timeout);
}

void channel_log(struct cohort *c, enum cohort_log_level level, int error, const char *text,
		 void *user)
{
	(void)c;
	(void)level;
	(void)user;
	tool_fail(error, "%s", text);
}

bool channel_is_primary(cohort_peer peer)
{
	return (uint32_t)peer == COHORT_PRIMARY;
}

int channel_close(struct cohort *c, int status)
{
	int err = cohort_close(c);

	return err && status == TOOL_DONE ? tool_fail(err, "closing") : status;
}

/* Asks until `ask` has room for all that there is: what there is may grow meanwhile. */
struct listing {
	int (*ask)(struct cohort *c, cohort_peer peer, void *out, size_t capacity, int64_t timeout);
	size_t element; /* bytes; the first word of each is its size */
};

static int ask_sliced(struct cohort *c, const struct listing *l, cohort_peer peer, void *out,
		      size_t capacity, int64_t deadline)
{
	int n;

	do {
		if (interrupted())
			return -EINTR;
		n = l->ask(c, peer, out, capacity, slice_of(deadline));
	} while (n == -ETIMEDOUT && time_left(deadline));
	return n;
}

static int listing_get(struct cohort *c, const struct listing *l, cohort_peer peer, void **out,
		       size_t *count, int64_t timeout)
{
	int64_t deadline = time_deadline(timeout);
	size_t capacity = 64;
	void *all = NULL;
	int n;

	for (;;) {
		all = tool_realloc(all, capacity * l->element);
		memset(all, 0, capacity * l->element);
		*(size_t *)all = l->element;
		n = ask_sliced(c, l, peer, all, capacity, deadline);
		if (n < 0 || (size_t)n <= capacity)
			break;
		capacity = (size_t)n + 16;
	}
	if (n < 0) {
		free(all);
		return n;
	}
	*out = all;
	*count = (size_t)n;
	return 0;
}

static int ask_peers(struct cohort *c, cohort_peer peer, void *out, size_t capacity,
		     int64_t timeout)
{
	(void)peer;
	return cohort_peers(c, out, capacity, timeout);
}

static int ask_actions(struct cohort *c, cohort_peer peer, void *out, size_t capacity,
		       int64_t timeout)
{
	return cohort_actions(c, peer, out, capacity, timeout);
}

static int ask_text(struct cohort *c, cohort_peer peer, void *out, size_t capacity, int64_t timeout)
{
	int n = cohort_describe(c, out, capacity, timeout);

	(void)peer;
	return n < 0 ? n : n + 1; /* with the final NUL */
}

int channel_peers(struct cohort *c, struct cohort_peer_info **out, size_t *count, int64_t timeout)
{
	static const struct listing l = { ask_peers, sizeof(struct cohort_peer_info) };
	void *all;
	int err = listing_get(c, &l, COHORT_ALL, &all, count, timeout);

	if (!err)
		*out = all;
	return err;
}

int channel_actions(struct cohort *c, cohort_peer peer, struct cohort_action_info **out,
		    size_t *count, int64_t timeout)
{
	static const struct listing l = { ask_actions, sizeof(struct cohort_action_info) };
	void *all;
	int err = listing_get(c, &l, peer, &all, count, timeout);

	if (!err)
		*out = all;
	return err;
}

int channel_describe(struct cohort *c, char **out, int64_t timeout)
{
	static const struct listing l = { ask_text, 1 };
	size_t count;
	void *all;
	int err = listing_get(c, &l, COHORT_ALL, &all, &count, timeout);

	if (!err)
		*out = all;
	return err;
}

static int ask_counters(struct cohort *c, cohort_peer peer, void *out, size_t capacity,
			int64_t timeout)
{
	(void)capacity;
	return cohort_remote_stats(c, peer, out, timeout);
}

int channel_counters(struct cohort *c, cohort_peer peer, struct cohort_counters *out,
		     int64_t timeout)
{
	static const struct listing l = { ask_counters, sizeof(*out) };

	return ask_sliced(c, &l, peer, out, 1, time_deadline(timeout));
}

/* Whether the word at `text` is `word`; how it goes on is in *rest. */
static bool word_is(const char *text, const char *word, char end, const char **rest)
{
	size_t length = strlen(word);

	*rest = text + length + 1;
	return strncmp(text, word, length) == 0 && text[length] == end;
}

static const char *line_find(const char *text, const char *what)
{
	const char *rest;

	while (text && !word_is(text, what, ' ', &rest)) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text ? rest : NULL;
}

int channel_value(const char *description, const char *what, const char *key, char *out,
		  size_t size)
{
	const char *at = line_find(description, what), *value;

	while (at && *at && *at != '\n') {
		size_t length = strcspn(at, " \n");

		if (word_is(at, key, '=', &value)) {
			snprintf(out, size, "%.*s", (int)(at + length - value), value);
			return 0;
		}
		at += length;
		at += *at == ' ';
	}
	return -ENOENT;
}

int channel_number(const char *description, const char *what, const char *key, uint64_t *out)
{
	char text[32];
	int err = channel_value(description, what, key, text, sizeof(text));

	return err ? err : parse_number(text, out);
}
