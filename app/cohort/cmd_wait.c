/*
 * Looks from outside, every 50 ms: so it is not among those that it waits for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "interrupt.h"
#include "options.h"
#include "tool.h"

#define INTERVAL COHORT_MS(50)
/* For one look; after it comes the next one. A signal waits no longer than this. */
#define LOOK_MOST COHORT_MS(500)
#define LOOK_LEAST COHORT_MS(100) /* also when no time is left: `--timeout 0` looks once */

static const struct option_usage usage = {
	"wait [options] CHANNEL [ACTION]",
	"Waits until the channel has a primary that answers; with ACTION, until somebody has\n"
	"registered it; with --peers, until N secondaries are there, or, with both, N that\n"
	"have registered it.\n",
	1,
	2,
};

struct condition {
	const char *channel, *action;
	uint64_t peers; /* 0: any number */
	int64_t deadline;
};

static int64_t look_timeout(const struct condition *w)
{
	int64_t left = time_left(w->deadline);

	return left < LOOK_LEAST ? LOOK_LEAST : left > LOOK_MOST ? LOOK_MOST : left;
}

static int peers_count(const struct condition *w, struct cohort *c, uint64_t *count)
{
	struct cohort_peer_info *peers;
	size_t n;
	int err = channel_peers(c, &peers, &n, look_timeout(w));

	if (err)
		return err;
	free(peers);
	*count = n;
	return 0;
}

/* With --peers the primary does not count. */
static int holders_count(const struct condition *w, struct cohort *c, uint64_t *count)
{
	struct cohort_action_info *actions;
	uint64_t found = 0;
	size_t n;
	int err = channel_actions(c, COHORT_ALL, &actions, &n, look_timeout(w));

	if (err)
		return err;
	for (size_t i = 0; i < n; i++)
		if (strcmp(actions[i].name, w->action) == 0 &&
		    !(w->peers && channel_is_primary(actions[i].peer)))
			found++;
	free(actions);
	*count = found;
	return 0;
}

/* Returns 1 when it holds, 0 if not yet. */
static int condition_holds(const struct condition *w, struct cohort *c)
{
	uint64_t count = 0;
	int err = w->action ? holders_count(w, c, &count) : peers_count(w, c, &count);

	if (err)
		return err;
	return count >= (w->peers ? w->peers : w->action ? 1 : 0);
}

/* What ends by itself: the channel is not there yet, or not again, or has all its observers. */
static bool is_passing(int err)
{
	return channel_is_absent(err) || err == -ENOTCONN || err == -ETIMEDOUT || err == -EUSERS ||
	       err == -EPIPE || err == -EAGAIN;
}

static int observe_until(const struct condition *w, struct cohort *c)
{
	int n;

	for (;;) {
		n = condition_holds(w, c);
		if (n)
			return n;
		if (!time_left(w->deadline))
			return 0;
		n = interrupt_wait(-1, INTERVAL);
		if (n < 0)
			return n;
	}
}

static int wait_until(const struct condition *w)
{
	struct cohort *c;
	int n, err;

	for (;;) {
		n = channel_observe(&c, w->channel, look_timeout(w));
		if (!n) {
			n = observe_until(w, c);
			cohort_close(c);
		}
		if (n > 0 || (n < 0 && !is_passing(n)))
			return n;
		if (!time_left(w->deadline))
			return 0;
		err = interrupt_wait(-1, INTERVAL);
		if (err < 0)
			return err;
	}
}

int cmd_wait(int argc, char **argv)
{
	struct condition w = { 0 };
	int64_t timeout = COHORT_FOREVER;
	const struct option_spec specs[] = {
		{ "peers", 'p', "N", "how many secondaries", option_count, &w.peers },
		{ "timeout", 't', "TIME", "how long (forever)", option_time, &timeout },
		OPTION_END,
	};
	struct option_words words;
	int n;

	if (!options_parse(&usage, specs, argc, argv, &words))
		return words.status;
	w.channel = words.word[0];
	w.action = words.count > 1 ? words.word[1] : NULL;
	w.deadline = time_deadline(timeout);
	n = wait_until(&w);
	if (n < 0)
		return channel_fail(w.channel, n);
	if (n > 0)
		return TOOL_DONE;
	tool_fail(0, "%s: timed out", w.channel);
	return TOOL_TIMEOUT;
}
