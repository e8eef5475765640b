#include <errno.h>
#include <stdlib.h>

#include "channel.h"
#include "options.h"
#include "table.h"
#include "tool.h"

static const struct option_usage usage = {
	"peers [--json] [--timeout TIME] CHANNEL",
	"Lists the peers of a channel, with the counters that the primary has for each: IN is\n"
	"what came from the peer, OUT what went to it, QUEUE the bytes that it has sent and the\n"
	"primary has not taken yet. LOST counts messages of both directions.\n",
	1,
	1,
};

static const struct table_column columns[] = {
	{ "PEER", "peer", -1 },
	{ "PID", "pid", 1 },
	{ "UID", "uid", 1 },
	{ NULL, "gid", 1 },
	{ "PROGRAM", "program", -1 },
	{ "SINCE", "since", -1 },
	{ "ACTIONS", "actions", 1 },
	{ "QUEUE", "queue", 1 },
	{ "MSGS IN", "messages_in", 1 },
	{ "MSGS OUT", "messages_out", 1 },
	{ "REQS IN", "requests_in", 1 },
	{ "REQS OUT", "requests_out", 1 },
	{ "LOST", "lost", 1 },
	{ NULL, "lost_in", 1 },
	{ NULL, "lost_out", 1 },
};

static void counters_put(struct table *t, const struct cohort_counters *n)
{
	table_unsigned(t, n->queue_depth);
	table_unsigned(t, n->messages_received);
	table_unsigned(t, n->messages_sent);
	table_unsigned(t, n->requests_received);
	table_unsigned(t, n->requests_sent);
	t->colour = n->lost_received + n->lost_sent ? TABLE_RED : TABLE_PLAIN;
	table_unsigned(t, n->lost_received + n->lost_sent);
	t->colour = TABLE_PLAIN;
	table_unsigned(t, n->lost_received);
	table_unsigned(t, n->lost_sent);
}

static void peer_put(struct table *t, const struct cohort_peer_info *peer,
		     const struct cohort_counters *counters)
{
	table_peer(t, peer->id);
	table_signed(t, peer->pid);
	table_unsigned(t, peer->uid);
	table_unsigned(t, peer->gid);
	table_text(t, peer->program);
	table_time(t, time_to_real(peer->since));
	table_unsigned(t, peer->actions);
	counters_put(t, counters);
}

static int peers_put(struct cohort *c, struct table *t, int64_t timeout)
{
	int64_t deadline = time_deadline(timeout);
	struct cohort_peer_info *peers;
	size_t count;
	int err = channel_peers(c, &peers, &count, timeout);

	if (err)
		return err;
	for (size_t i = 0; i < count && !err; i++) {
		struct cohort_counters counters = COHORT_COUNTERS_INIT;

		err = channel_counters(c, peers[i].id, &counters, time_left(deadline));
		if (!err)
			peer_put(t, &peers[i], &counters);
		else if (err == -ESTALE)
			err = 0; /* it has left since the list was made */
	}
	free(peers);
	return err;
}

int cmd_peers(int argc, char **argv)
{
	bool json = false;
	int64_t timeout = CHANNEL_TIMEOUT;
	const struct option_spec specs[] = { OPTION_JSON(&json), OPTION_TIMEOUT(&timeout),
					     OPTION_END };
	struct option_words words;
	struct cohort *c;
	struct table t;
	int err;

	if (!options_parse(&usage, specs, argc, argv, &words))
		return words.status;
	err = channel_observe(&c, words.word[0], timeout);
	if (err)
		return channel_fail(words.word[0], err);
	table_open(&t, columns, sizeof(columns) / sizeof(*columns), json ? TABLE_JSON : 0);
	err = peers_put(c, &t, timeout);
	table_close(&t);
	return channel_close(c, err ? tool_fail(err, "%s", words.word[0]) : TOOL_DONE);
}
