/*
 * Who sends a message for an action that does not exist is not told: only the receiver learns that
 * it was lost. So this asks before.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "interrupt.h"
#include "outgoing.h"
#include "tool.h"

#define SLICE COHORT_MS(100) /* how late a signal may be noticed */

static const struct option_usage usage = {
	"send [options] CHANNEL ACTION [DATA]",
	"Joins a channel and sends its primary a message. It is done when the message lies in\n"
	"the primary's ring.\n",
	2,
	3,
};

static int action_check(const struct outgoing *o, struct cohort *c, int64_t timeout)
{
	struct cohort_action_info *actions;
	int err;
	size_t count;

	if (strcmp(o->action, COHORT_ECHO) == 0) /* is there, but in no list */
		return 0;
	err = channel_actions(c, COHORT_PRIMARY, &actions, &count, timeout);
	if (err)
		return err;
	err = -ENOENT;
	for (size_t i = 0; i < count; i++)
		if (strcmp(actions[i].name, o->action) == 0)
			err = 0;
	free(actions);
	return err;
}

static int send_sliced(const struct outgoing *o, struct cohort *c,
		       const struct cohort_message *message, int64_t deadline)
{
	int64_t left;
	int err;

	do {
		if (interrupted())
			return -EINTR;
		left = time_left(deadline);
		err = cohort_send(c, o->to, message, left < SLICE ? left : SLICE);
	} while (err == -EAGAIN && left);
	return err;
}

static int send_once(const struct outgoing *o, struct cohort *c,
		     const struct cohort_message *message)
{
	int64_t deadline = time_deadline(o->timeout);
	int err = action_check(o, c, o->timeout);

	if (!err)
		err = send_sliced(o, c, message, deadline);
	return err ? outgoing_fail(o, err) : TOOL_DONE;
}

int cmd_send(int argc, char **argv)
{
	struct outgoing o = OUTGOING_INIT;
	const struct option_spec specs[] = { OUTGOING_OPTIONS(&o), OPTION_END };
	struct option_words words;

	if (!options_parse(&usage, specs, argc, argv, &words))
		return words.status;
	return outgoing_run(&o, &words, send_once);
}
