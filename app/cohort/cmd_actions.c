#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "options.h"
#include "table.h"
#include "tool.h"

static const struct option_usage usage = {
	"actions [options] CHANNEL",
	"Lists the actions of a channel and who registered them. A primary counts the calls of\n"
	"its own actions only; MEAN and WORST are the time in the handler.\n",
	1,
	1,
};

static const struct table_column columns[] = {
	{ "ACTION", "action", -1 }, { "PEER", "peer", -1 },    { NULL, "primary", -1 },
	{ "CALLS", "calls", 1 },    { "ERRORS", "errors", 1 }, { "MEAN", "mean_ns", 1 },
	{ "WORST", "worst_ns", 1 }, { NULL, "blocking", -1 },  { NULL, "in_place", -1 },
	{ "HELP", "help", -1 },
};

static void counts_put(struct table *t, const struct cohort_action_info *a)
{
	table_unsigned(t, a->calls);
	t->colour = a->errors ? TABLE_RED : TABLE_PLAIN;
	table_unsigned(t, a->errors);
	t->colour = TABLE_PLAIN;
	if (a->calls) {
		table_duration(t, (int64_t)(a->total_ns / a->calls));
		table_duration(t, (int64_t)a->worst_ns);
	} else {
		table_none(t);
		table_none(t);
	}
}

static void action_put(struct table *t, const struct cohort_action_info *a)
{
	bool primary = channel_is_primary(a->peer);

	table_text(t, a->name);
	if (primary && !t->json)
		table_text(t, "primary");
	else
		table_peer(t, a->peer);
	table_bool(t, primary);
	if (primary)
		counts_put(t, a);
	for (int i = 0; !primary && i < 4; i++)
		table_none(t);
	table_bool(t, a->flags & COHORT_BLOCKING);
	table_bool(t, a->flags & COHORT_IN_PLACE);
	table_text(t, a->help);
}

static int by_name(const void *a, const void *b)
{
	const struct cohort_action_info *p = a, *q = b;
	int order = strcmp(p->name, q->name);

	return order ? order : p->peer < q->peer ? -1 : p->peer > q->peer;
}

int cmd_actions(int argc, char **argv)
{
	bool json = false;
	int64_t timeout = CHANNEL_TIMEOUT;
	cohort_peer peer = COHORT_ALL;
	const struct option_spec specs[] = {
		OPTION_JSON(&json),
		OPTION_TIMEOUT(&timeout),
		{ "peer", 'p', "PEER", "only those of this peer", option_peer, &peer },
		OPTION_END,
	};
	struct cohort_action_info *actions;
	struct option_words words;
	struct cohort *c;
	struct table t;
	size_t count;
	int err;

	if (!options_parse(&usage, specs, argc, argv, &words))
		return words.status;
	err = channel_observe(&c, words.word[0], timeout);
	if (err)
		return channel_fail(words.word[0], err);
	err = channel_actions(c, peer, &actions, &count, timeout);
	if (err)
		return channel_close(c, tool_fail(err, "%s", words.word[0]));
	qsort(actions, count, sizeof(*actions), by_name);
	table_open(&t, columns, sizeof(columns) / sizeof(*columns), json ? TABLE_JSON : 0);
	for (size_t i = 0; i < count; i++)
		action_put(&t, &actions[i]);
	table_close(&t);
	free(actions);
	return channel_close(c, TOOL_DONE);
}
