/*
 * Lists the channels. What a name and its socket tell comes from cohort_channels(); the rest is
 * asked of each primary, which has 100 ms for it: one that is stopped must not hide the others.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "interrupt.h"
#include "options.h"
#include "parse.h"
#include "table.h"
#include "tool.h"

static const struct option_usage usage = {
	"list [--json] [--timeout TIME]",
	"Lists the channels that cohort_open() finds by a name without '/'.\n"
	"\n"
	"A `stale` one is a socket that nobody serves: its primary was killed. A `silent` one\n"
	"has a primary that does not answer, or does not let us look.\n",
	0,
	0,
};

static const struct table_column columns[] = {
	{ "CHANNEL", "channel", -1 }, { "STATE", "state", -1 },	    { "PID", "pid", 1 },
	{ NULL, "uid", 1 },	      { "PROGRAM", "program", -1 }, { "SINCE", "since", -1 },
	{ "PEERS", "peers", 1 },      { NULL, "path", -1 },
};

static int channels_get(struct cohort_channel_info **out, size_t *count)
{
	struct cohort_channel_info *all = NULL;
	size_t capacity = 32;
	int n;

	for (;;) {
		all = tool_realloc(all, capacity * sizeof(*all));
		memset(all, 0, capacity * sizeof(*all));
		all->size = sizeof(*all);
		n = cohort_channels(all, capacity);
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

/* Asks the primary for its state; NULL if it did not say. *out is for free(). */
static char *description_get(const char *path, int64_t timeout)
{
	int64_t deadline = time_deadline(timeout);
	struct cohort *c;
	char *text = NULL;

	if (channel_observe(&c, path, timeout))
		return NULL;
	if (channel_describe(c, &text, time_left(deadline)))
		text = NULL;
	cohort_close(c);
	return text;
}

static void program_of_process(pid_t pid, char *out, size_t size)
{
	char path[32];
	FILE *comm;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	comm = fopen(path, "re");
	if (!comm)
		return;
	if (fgets(out, (int)size, comm))
		out[strcspn(out, "\n")] = '\0';
	fclose(comm);
}

static void program_put(struct table *t, const char *text, pid_t pid)
{
	char program[64] = "";

	if (!text || channel_value(text, "channel", "program", program, sizeof(program)))
		program_of_process(pid, program, sizeof(program));
	if (*program)
		table_text(t, program);
	else
		table_none(t);
}

static void live_put(struct table *t, const struct cohort_channel_info *info, const char *text)
{
	uint64_t number;

	table_signed(t, info->pid);
	table_unsigned(t, info->uid);
	program_put(t, text, info->pid);
	if (text && channel_number(text, "channel", "since", &number) == 0)
		table_time(t, time_to_real((int64_t)number));
	else
		table_none(t);
	if (text && channel_number(text, "channel", "peers", &number) == 0)
		table_unsigned(t, number);
	else
		table_none(t);
}

static void stale_put(struct table *t, const struct cohort_channel_info *info)
{
	table_none(t);
	table_unsigned(t, info->uid);
	table_none(t);
	table_none(t);
	table_none(t);
}

static void channel_put(struct table *t, const struct cohort_channel_info *info, int64_t timeout)
{
	char *text = info->pid ? description_get(info->path, timeout) : NULL;
	bool stale = info->pid == 0;

	table_text(t, info->name);
	t->colour = stale ? TABLE_RED : text ? TABLE_GREEN : TABLE_YELLOW;
	table_text(t, stale ? "stale" : text ? "live" : "silent");
	t->colour = TABLE_PLAIN;
	if (stale)
		stale_put(t, info);
	else
		live_put(t, info, text);
	table_text(t, info->path);
	free(text);
}

static int by_name(const void *a, const void *b)
{
	const struct cohort_channel_info *p = a, *q = b;

	return strcmp(p->name, q->name);
}

int cmd_list(int argc, char **argv)
{
	bool json = false;
	int64_t timeout = COHORT_MS(100);
	const struct option_spec specs[] = {
		OPTION_JSON(&json),
		{ "timeout", 't', "TIME", "how long to wait for each primary (100 ms)", option_time,
		  &timeout },
		OPTION_END,
	};
	struct cohort_channel_info *all;
	struct option_words words;
	struct table t;
	size_t count;
	int err;

	if (!options_parse(&usage, specs, argc, argv, &words))
		return words.status;
	err = channels_get(&all, &count);
	if (err)
		return tool_fail(err, "looking for channels");
	qsort(all, count, sizeof(*all), by_name);
	table_open(&t, columns, sizeof(columns) / sizeof(*columns), json ? TABLE_JSON : 0);
	for (size_t i = 0; i < count && !interrupted(); i++)
		channel_put(&t, &all[i], timeout);
	table_close(&t);
	free(all);
	return TOOL_DONE;
}
