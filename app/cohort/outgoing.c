#include "outgoing.h"

#include <errno.h>

#include "channel.h"
#include "interrupt.h"
#include "tool.h"

typedef int one_time(const struct outgoing *o, struct cohort *c,
		     const struct cohort_message *message);

int outgoing_fail(const struct outgoing *o, int error)
{
	if (error == -EOPNOTSUPP)
		return tool_fail(0, "a secondary, which this tool is, can reach the primary only");
	if (error == -ENOENT)
		return tool_fail(0, "%s has no action %s", o->channel, o->action);
	if (error == -EINVAL)
		return tool_usage("%s: not a valid name of an action, or peer", o->action);
	return tool_fail(error, "%s: %s", o->channel, o->action);
}

static int repeat(const struct outgoing *o, struct cohort *c, one_time *once)
{
	struct cohort_message message = COHORT_MESSAGE_INIT;
	int status = 0;

	message.action = o->action;
	body_attach(&o->body, &message);
	for (uint64_t i = 0; i < o->repeat && !interrupted(); i++) {
		int this = i && interrupt_wait(-1, o->interval) < 0 ? TOOL_ERROR
								    : once(o, c, &message);

		status = status ? status : this;
	}
	return status;
}

static int join_and_repeat(const struct outgoing *o, one_time *once)
{
	struct cohort *c;
	int err = channel_join(&c, o->channel, o->timeout);

	return err ? channel_fail(o->channel, err) : channel_close(c, repeat(o, c, once));
}

int outgoing_run(struct outgoing *o, const struct option_words *words, one_time *once)
{
	int status;

	o->channel = words->word[0];
	o->action = words->word[1];
	if (o->all)
		return tool_fail(0, "only the primary of a channel can reach all of its peers; "
				    "a tool cannot while another process is the primary");
	status = body_load(&o->body, words->count > 2 ? words->word[2] : NULL);
	if (!status)
		status = join_and_repeat(o, once);
	body_free(&o->body);
	return status;
}
