/*
 * cohort monitor: each event of a tap becomes a line, an object, or a packet in a file.
 *
 * The tap loses events rather than wait for us, so nothing is written out while more are there to
 * be read, and what was lost is said at most five times a second.
 */
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "event.h"
#include "interrupt.h"
#include "options.h"
#include "pcapng.h"
#include "tool.h"

#define SAY_LOST_EVERY COHORT_MS(200)
#define WAIT COHORT_MS(100) /* how late a signal may be noticed */

struct monitor {
	const char *channel, *match, *path;
	bool payload, json;
	uint64_t count; /* 0: as long as there are any */

	struct cohort_tap *tap;
	FILE *out;
	uint64_t shown;
	uint64_t lost_said, lost_written;
	int64_t said_at;
};

static const struct option_usage usage = {
	"monitor [options] CHANNEL",
	"Prints each message that passes the channel: every message of it passes the primary.\n"
	"Nobody waits for the monitor. What it is too slow for is lost to it, and it says on\n"
	"standard error how much that was.\n"
	"\n"
	"With --write the events go into a pcapng file instead, for Wireshark with the dissector\n"
	"cohort.lua:\n"
	"  cohort monitor --write - camera | wireshark -X lua_script:cohort.lua -k -i -\n",
	1,
	1,
};

static void say_lost(struct monitor *m, bool at_once)
{
	uint64_t lost = cohort_tap_lost(m->tap);
	int64_t now;

	if (lost == m->lost_said)
		return;
	now = time_now();
	if (!at_once && m->said_at && now - m->said_at < SAY_LOST_EVERY)
		return;
	tool_fail(0, "%" PRIu64 " events lost, %" PRIu64 " in all", lost - m->lost_said, lost);
	m->lost_said = lost;
	m->said_at = now;
}

static void write_event(struct monitor *m, const struct cohort_event *event)
{
	uint64_t lost = cohort_tap_lost(m->tap);

	pcapng_event(m->out, event, lost - m->lost_written);
	m->lost_written = lost;
}

static void show(struct monitor *m, const struct cohort_event *event)
{
	if (m->match && fnmatch(m->match, event->action, 0) != 0)
		return;
	if (m->path)
		write_event(m, event);
	else if (m->json)
		event_print_json(m->out, event, m->payload);
	else
		event_print(m->out, event, m->payload);
	m->shown++;
}

static bool goes_on(const struct monitor *m)
{
	return !interrupted() && !ferror(m->out) && (m->count == 0 || m->shown < m->count);
}

/* All that there is has been read: now there is time to write it out. Then as cohort_tap_next(). */
static int wait_next(struct monitor *m, struct cohort_event *event)
{
	int err;

	say_lost(m, false);
	fflush(m->out);
	err = interrupt_wait(-1, 0);
	return err ? err : cohort_tap_next(m->tap, event, WAIT);
}

static int watch(struct monitor *m)
{
	struct cohort_event event = { .size = sizeof(event) };
	int n = 0;

	while (n >= 0 && goes_on(m)) {
		n = cohort_tap_next(m->tap, &event, 0);
		if (n == 0)
			n = wait_next(m, &event);
		if (n > 0) {
			say_lost(m, false);
			show(m, &event);
		}
	}
	return n < 0 && n != -EINTR ? n : 0;
}

static int open_file(struct monitor *m)
{
	m->out = stdout;
	if (!m->path || strcmp(m->path, "-") == 0)
		return TOOL_DONE;
	m->out = fopen(m->path, "wbe");
	return m->out ? TOOL_DONE : tool_fail(-errno, "%s", m->path);
}

static int close_file(struct monitor *m, int status)
{
	bool failed;

	if (m->out == stdout) /* which interrupt_finish() looks after */
		return status;
	failed = ferror(m->out);
	failed = fclose(m->out) || failed;
	return failed ? tool_fail(-errno, "%s", m->path) : status;
}

static void begin(struct monitor *m)
{
	if (m->path)
		pcapng_begin(m->out, m->channel);
	else if (!m->json)
		event_print_head(m->out);
	fflush(m->out);
}

static int monitor_tap(struct monitor *m)
{
	int err, status = open_file(m);

	if (status)
		return status;
	begin(m);
	err = watch(m);
	say_lost(m, true);
	if (m->path)
		pcapng_end(m->out, time_to_real(time_now()), m->shown, cohort_tap_lost(m->tap));
	if (err)
		status = tool_fail(err, "%s", m->channel);
	return close_file(m, status);
}

static int monitor_channel(struct monitor *m)
{
	uint32_t flags = m->payload || m->path ? COHORT_TAP_PAYLOAD : 0;
	struct cohort *c;
	int status, err = channel_observe(&c, m->channel, CHANNEL_TIMEOUT);

	if (err)
		return channel_fail(m->channel, err);
	err = cohort_tap_open(c, flags, CHANNEL_TIMEOUT, &m->tap);
	if (err)
		return channel_close(c, tool_fail(err, "%s", m->channel));
	status = monitor_tap(m);
	cohort_tap_close(m->tap);
	return channel_close(c, status);
}

int cmd_monitor(int argc, char **argv)
{
	struct monitor m = { 0 };
	const struct option_spec specs[] = {
		{ "match", 'm', "ACTION", "only actions that fit this pattern of the shell",
		  option_text, &m.match },
		{ "payload", 'p', NULL, "also the first 256 bytes of each body", option_flag,
		  &m.payload },
		{ "count", 'n', "N", "end after this many events", option_count, &m.count },
		{ "write", 'w', "FILE", "write a pcapng file; - is standard output", option_text,
		  &m.path },
		OPTION_JSON(&m.json),
		OPTION_END,
	};
	struct option_words words;

	if (!options_parse(&usage, specs, argc, argv, &words))
		return words.status;
	if (m.path && m.json)
		return tool_usage("--write and --json exclude each other");
	if (m.path && strcmp(m.path, "-") == 0 && isatty(STDOUT_FILENO))
		return tool_usage(
			"standard output is a terminal: a pcapng file is not for reading");
	m.channel = words.word[0];
	interrupt_is_normal();
	return monitor_channel(&m);
}
