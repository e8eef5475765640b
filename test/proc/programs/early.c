/*
 * Asks as early as it can: the first thing that it does with its session is a request for "echo", which the primary
 * has from its configuration. It has an "echo" itself, for a primary that asks in turn as soon as it sees it.
 * Says "early ERROR STATUS", and ends when it is told to.
 */
#include "proc/programs/program.h"

static int on_echo(struct cohort_call *call, void *arg)
{
	struct cohort_message answer = COHORT_MESSAGE_INIT;

	(void)arg;
	answer.data = cohort_call_data(call, &answer.length);
	return cohort_call_reply(call, 0, &answer);
}

int main(int argc, char **argv)
{
	struct cohort_action action = { sizeof(action), "echo", on_echo, NULL, 0, NULL, NULL };
	struct cohort_message question = COHORT_MESSAGE("echo", "early", 5);
	struct cohort_reply *reply = NULL;
	struct options options;
	struct cohort *c;
	int err;

	options_parse(&options, argc, argv);
	options.config.actions = &action;
	options.config.nactions = 1;
	err = cohort_open(&c, options.path, &options.config);
	if (err) {
		say("failed %d", err);
		return 1;
	}
	err = cohort_request(c, COHORT_PRIMARY, &question, COHORT_SECONDS(20), &reply);
	say("early %d %d", err, err ? 0 : cohort_reply_status(reply));
	cohort_reply_free(reply);
	while (getchar() != EOF)
		;
	say("close %d", cohort_close(c));
	return 0;
}
