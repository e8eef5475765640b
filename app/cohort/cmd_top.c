/*
 * cohort top: two samples of the primary's counters and what the tap saw between them make one
 * table; then the later sample is the earlier one of the next.
 *
 * The tap does not wait, so it is emptied every few milliseconds, also between the questions of
 * which a sample consists.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "channel.h"
#include "interrupt.h"
#include "options.h"
#include "rates.h"
#include "sample.h"
#include "screen.h"
#include "tally.h"
#include "tool.h"
#include "top_view.h"

#define LOOK COHORT_MS(5)
#define BATCH 100000 /* events at most, before it is time to look at the clock */

struct top {
	const char *channel;
	bool once, json, screen, quit;
	int64_t interval, timeout;

	struct cohort *c;
	struct cohort_tap *tap;
	struct tally *tally;
	uint64_t lost; /* of the tap, when the interval began */
	struct sample before, now;
	struct rates rates;
};

static const struct option_usage usage = {
	"top [options] CHANNEL",
	"Shows who is busy on a channel, again after each interval: its peers and actions by\n"
	"rate, how much waits for the primary (QUEUE, in bytes), how busy the threads that run\n"
	"handlers are, how long replies took, and what was lost. IN is to the primary. q ends\n"
	"it. On what is no terminal one table follows the other.\n",
	1,
	1,
};

/* Returns false when the primary has gone. */
static bool tap_empty(struct top *t)
{
	struct cohort_event event = { .size = sizeof(event) };
	int n = 1;

	for (unsigned i = 0; i < BATCH && n == 1; i++) {
		n = cohort_tap_next(t->tap, &event, 0);
		if (n == 1)
			tally_event(t->tally, &event);
	}
	return n >= 0;
}

static void between(void *arg)
{
	tap_empty(arg);
}

/* What the person in front of it wants. */
static void attend(struct top *t)
{
	int key;

	if (!t->screen)
		return;
	while ((key = screen_key()))
		t->quit = t->quit || key == 'q' || key == 'Q';
	if (screen_resized() && t->rates.seconds > 0)
		view_draw(t->channel, &t->rates, &t->before);
}

static int wait_interval(struct top *t)
{
	int64_t deadline = time_deadline(t->interval), left;
	int err;

	while (!t->quit && (left = time_left(deadline)) > 0) {
		if (!tap_empty(t))
			return -ENOTCONN;
		err = interrupt_wait(t->screen ? STDIN_FILENO : -1, left < LOOK ? left : LOOK);
		if (err < 0)
			return err;
		attend(t);
	}
	return 0;
}

static void show(struct top *t)
{
	uint64_t lost = cohort_tap_lost(t->tap);

	rates_free(&t->rates);
	rates_make(&t->rates, &t->before, &t->now, t->tally, lost - t->lost);
	t->lost = lost;
	if (t->screen)
		view_draw(t->channel, &t->rates, &t->now);
	else if (t->json)
		view_print_json(t->channel, &t->rates, &t->now);
	else
		view_print(t->channel, &t->rates, &t->now);
	if (!t->screen && !t->json && !t->once)
		putchar('\n');
	fflush(stdout);
}

static int run_interval(struct top *t)
{
	int err = wait_interval(t);

	if (err || t->quit)
		return err;
	err = sample_take(t->c, t->timeout, between, t, &t->now);
	if (err)
		return err;
	show(t);
	sample_free(&t->before);
	t->before = t->now;
	t->now = (struct sample){ 0 };
	tally_clear(t->tally);
	return 0;
}

static int run(struct top *t)
{
	int err = sample_take(t->c, t->timeout, between, t, &t->before);

	if (!err && t->screen)
		err = screen_open();
	while (!err && !t->quit && !ferror(stdout)) {
		err = run_interval(t);
		t->quit = t->quit || t->once;
	}
	screen_close();
	return err == -EINTR ? 0 : err;
}

static int run_tap(struct top *t)
{
	int err = cohort_tap_open(t->c, 0, t->timeout, &t->tap);

	if (err)
		return err;
	t->tally = tally_new();
	err = run(t);
	tally_free(t->tally);
	rates_free(&t->rates);
	sample_free(&t->before);
	cohort_tap_close(t->tap);
	return err;
}

int cmd_top(int argc, char **argv)
{
	struct top t = { .interval = COHORT_SECONDS(1), .timeout = CHANNEL_TIMEOUT };
	const struct option_spec specs[] = {
		{ "once", '1', NULL, "one table, after one interval", option_flag, &t.once },
		{ "interval", 'i', "TIME", "between tables (1 s)", option_time, &t.interval },
		OPTION_JSON(&t.json),
		OPTION_TIMEOUT(&t.timeout),
		OPTION_END,
	};
	struct option_words words;
	int err;

	if (!options_parse(&usage, specs, argc, argv, &words))
		return words.status;
	if (t.interval < COHORT_MS(10))
		return tool_usage("an interval is at least 10 ms");
	t.channel = words.word[0];
	t.screen = !t.once && !t.json && screen_possible();
	interrupt_is_normal();
	err = channel_observe(&t.c, t.channel, t.timeout);
	if (err)
		return channel_fail(t.channel, err);
	err = run_tap(&t);
	return channel_close(t.c, err ? tool_fail(err, "%s", t.channel) : TOOL_DONE);
}
