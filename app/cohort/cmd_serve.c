#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "command.h"
#include "interrupt.h"
#include "options.h"
#include "tool.h"

static const struct option_usage usage = {
	"serve [--exec ACTION=COMMAND]... CHANNEL",
	"Is the primary of a channel. Each of its actions is a command for /bin/sh: the body is\n"
	"its standard input, what it prints is the reply, descriptors that came are its own\n"
	"from 3 on. COHORT_ACTION, COHORT_PEER, COHORT_PID and COHORT_UID say what was asked for\n"
	"and by whom. If it fails, the reply's status is EREMOTEIO. If the requester stops\n"
	"waiting, it is ended. A slow one does not delay others.\n"
	"\n"
	"Runs until a signal ends it.\n",
	1,
	1,
};

/* "ACTION=COMMAND", taken apart; the name's memory is its own. */
struct entry {
	char *name;
	const char *command;
};

static int on_call(struct cohort_call *call, void *arg)
{
	const struct entry *e = arg;

	return command_serve(call, e->command);
}

static int entry_init(struct entry *e, const char *text)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text || !equals[1])
		return tool_usage("--exec %s: not ACTION=COMMAND", text);
	e->name = strndup(text, (size_t)(equals - text));
	e->command = equals + 1;
	return e->name ? 0 : tool_fail(-ENOMEM, "%s", text);
}

static int serve_fail(const char *channel, int err)
{
	if (err == -EINVAL)
		return tool_usage("%s: a name, of the channel or an action, is not valid", channel);
	if (err == -EEXIST)
		return tool_usage("an action was given twice");
	return channel_fail(channel, err);
}

static int serve(const char *channel, const struct cohort_action *actions, size_t count)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct cohort *c;
	int err;

	config.role = COHORT_ROLE_PRIMARY;
	config.actions = actions;
	config.nactions = count;
	config.log = channel_log;
	config.slow_handler = COHORT_FOREVER; /* a command may take its time */
	err = channel_open(&c, channel, &config);
	if (err)
		return serve_fail(channel, err);
	interrupt_is_normal();
	while (interrupt_wait(-1, COHORT_FOREVER) == 0)
		;
	return channel_close(c, TOOL_DONE);
}

static int entries_serve(const char *channel, const struct option_list *list, struct entry *entries,
			 struct cohort_action *actions)
{
	int status = 0;

	for (size_t i = 0; i < list->count && !status; i++) {
		status = entry_init(&entries[i], list->item[i]);
		actions[i] = (struct cohort_action){ .size = sizeof(*actions),
						     .name = entries[i].name,
						     .handler = on_call,
						     .arg = &entries[i],
						     .flags = COHORT_BLOCKING };
	}
	return status ? status : serve(channel, actions, list->count);
}

int cmd_serve(int argc, char **argv)
{
	struct option_list list = { 0 };
	const struct option_spec specs[] = {
		{ "exec", 'e', "ACTION=COMMAND", "what an action runs (repeatable)", option_append,
		  &list },
		OPTION_END,
	};
	struct cohort_action *actions;
	struct option_words words;
	struct entry *entries;
	int status;

	if (!options_parse(&usage, specs, argc, argv, &words)) {
		option_list_free(&list);
		return words.status;
	}
	entries = tool_alloc(list.count * sizeof(*entries));
	actions = tool_alloc(list.count * sizeof(*actions));
	status = entries_serve(words.word[0], &list, entries, actions);
	for (size_t i = 0; i < list.count; i++)
		free(entries[i].name);
	free(entries);
	free(actions);
	option_list_free(&list);
	return status;
}
