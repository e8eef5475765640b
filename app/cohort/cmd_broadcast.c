/*
 * Only a primary may broadcast, and a channel has one: so this tool can do it only where it is the
 * primary itself.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "body.h"
#include "channel.h"
#include "interrupt.h"
#include "options.h"
#include "table.h"
#include "tool.h"

#define SLICE COHORT_MS(100)	       /* how late a signal may be noticed */
#define ROOM_TIMEOUT COHORT_SECONDS(1) /* their rings are empty: there is room, or never will be */

static const struct option_usage usage = {
	"broadcast --serve [options] CHANNEL ACTION [DATA]",
	"Becomes the primary of a channel that has none, waits until --peers N secondaries have\n"
	"registered ACTION, sends the message to all of them, prints who got it, and closes the\n"
	"channel.\n"
	"\n"
	"Only a primary may broadcast. Where another process is the primary, ask it to: `cohort\n"
	"call` or `cohort send` an action of it that does.\n",
	2,
	3,
};

struct broadcast {
	const char *channel, *action;
	struct body body;
	bool serve, json;
	uint64_t peers;
	int64_t timeout;
};

static int peers_wait(const struct broadcast *b, struct cohort *c, int64_t deadline)
{
	int64_t left;
	int err;

	do {
		if (interrupted())
			return -EINTR;
		left = time_left(deadline);
		err = cohort_wait(c, b->action, b->peers, left < SLICE ? left : SLICE);
	} while (err == -ETIMEDOUT && left);
	return err;
}

static void missed_print(const struct broadcast *b, const struct cohort_missed *missed)
{
	struct json j;

	if (!b->json) {
		printf("missed by %" PRIx64 ": %s\n", missed->peer, cohort_strerror(missed->error));
		return;
	}
	json_begin(&j, stdout);
	json_peer(&j, "peer", missed->peer);
	json_signed(&j, "error", missed->error);
	json_text(&j, "text", cohort_strerror(missed->error));
	json_end(&j);
}

static int delivery_print(const struct broadcast *b, const struct cohort_delivery *d)
{
	struct json j;

	for (size_t i = 0; i < d->nmissed && i < d->capacity; i++)
		missed_print(b, &d->missed[i]);
	if (b->json) {
		json_begin(&j, stdout);
		json_unsigned(&j, "delivered", d->delivered);
		json_unsigned(&j, "missed", d->nmissed);
		json_end(&j);
	} else {
		printf("delivered to %zu, missed by %zu\n", d->delivered, d->nmissed);
	}
	return d->nmissed ? TOOL_ERROR : TOOL_DONE;
}

static int broadcast(const struct broadcast *b, struct cohort *c)
{
	struct cohort_message message = COHORT_MESSAGE(b->action, NULL, 0);
	struct cohort_delivery delivery = COHORT_DELIVERY_INIT;
	struct cohort_missed missed[64];
	int err = peers_wait(b, c, time_deadline(b->timeout));

	if (err == -EINVAL)
		return tool_usage("%s: not a valid name of an action", b->action);
	if (err == -ETIMEDOUT) {
		tool_fail(0, "%s: timed out before %" PRIu64 " peers had registered %s", b->channel,
			  b->peers, b->action);
		return TOOL_TIMEOUT;
	}
	if (err)
		return tool_fail(err, "%s", b->channel);
	body_attach(&b->body, &message);
	delivery.missed = missed;
	delivery.capacity = sizeof(missed) / sizeof(*missed);
	err = cohort_broadcast(c, &message, ROOM_TIMEOUT, &delivery);
	if (err)
		return tool_fail(err, "%s: %s", b->channel, b->action);
	return delivery_print(b, &delivery);
}

static int serve_and_broadcast(struct broadcast *b, const char *data)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct cohort *c;
	int status = body_load(&b->body, data);
	int err;

	if (status)
		return status;
	config.role = COHORT_ROLE_PRIMARY;
	config.log = channel_log;
	err = channel_open(&c, b->channel, &config);
	return err ? channel_fail(b->channel, err) : channel_close(c, broadcast(b, c));
}

int cmd_broadcast(int argc, char **argv)
{
	struct broadcast b = { .peers = 1, .timeout = CHANNEL_TIMEOUT };
	const struct option_spec specs[] = {
		OPTION_JSON(&b.json),
		{ "serve", 's', NULL, "be the primary of the channel", option_flag, &b.serve },
		{ "peers", 'p', "N", "wait for so many that registered ACTION (1)", option_count,
		  &b.peers },
		{ "timeout", 't', "TIME", "how long to wait for them (5 s)", option_time,
		  &b.timeout },
		BODY_OPTIONS(&b.body),
		OPTION_END,
	};
	struct option_words words;
	int status;

	if (!options_parse(&usage, specs, argc, argv, &words))
		return words.status;
	b.channel = words.word[0];
	b.action = words.word[1];
	if (!b.serve)
		return tool_fail(0, "only a primary may broadcast: with --serve this tool is the "
				    "primary of a channel that has none; else ask its primary to");
	status = serve_and_broadcast(&b, words.count > 2 ? words.word[2] : NULL);
	body_free(&b.body);
	return status;
}
