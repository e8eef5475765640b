/*
 * Handlers run one after another, so what they print and count needs no lock; main() only waits.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"
#include "command.h"
#include "interrupt.h"
#include "options.h"
#include "table.h"
#include "tool.h"

static const struct option_usage usage = {
	"listen [options] CHANNEL ACTION...",
	"Joins a channel as a secondary with these actions, and prints each message and request\n"
	"that comes: the time, who sent it, the action, the body. A request gets TEXT or what\n"
	"COMMAND prints as its reply, else an empty one. COMMAND is for /bin/sh: the body is its\n"
	"standard input, descriptors that came are its own from 3 on.\n"
	"\n"
	"If the primary goes it waits for the next one. Runs until a signal ends it.\n",
	2,
	-1,
};

#define OPEN_SLICE COHORT_MS(100)

struct listener {
	bool json, hex, wait;
	const char *reply, *command;
	uint64_t count; /* of messages to wait for; 0: without end */
	uint64_t seen;
	int64_t timeout;
	int done; /* an eventfd */
};

static bool has_all(const struct listener *l)
{
	return l->count && l->seen == l->count;
}

static int64_t real_now(void)
{
	return time_to_real(time_now());
}

static void time_print(void)
{
	int64_t now = real_now();
	time_t seconds = (time_t)(now / 1000000000);
	char text[16] = "";
	struct tm when;

	if (localtime_r(&seconds, &when))
		strftime(text, sizeof(text), "%H:%M:%S", &when);
	printf("%s%s.%03d%s ", colour_code(TABLE_DIM), text, (int)(now % 1000000000 / 1000000),
	       colour_code(TABLE_PLAIN));
}

static void bytes_print(const struct listener *l, const unsigned char *bytes, size_t length)
{
	if (!l->hex) {
		print_escaped(stdout, bytes, length);
		return;
	}
	for (size_t i = 0; i < length; i++)
		printf("%02x", bytes[i]);
}

static void call_print(const struct listener *l, const struct cohort_call *call)
{
	size_t length, fds = cohort_call_fds(call);
	const void *data = cohort_call_data(call, &length);

	time_print();
	printf("%" PRIx64 " %s%s%s%s", cohort_call_peer(call), colour_code(TABLE_BOLD),
	       cohort_call_action(call), colour_code(TABLE_PLAIN),
	       cohort_call_is_request(call) ? "?" : "");
	if (fds)
		printf(" +%zu", fds);
	if (length)
		putchar(' ');
	bytes_print(l, data, length);
	putchar('\n');
}

static void json_start(struct json *j, const char *event, cohort_peer peer)
{
	json_begin(j, stdout);
	json_text(j, "event", event);
	json_time(j, "time", real_now());
	json_peer(j, "peer", peer);
}

static void call_print_json(const struct cohort_call *call)
{
	size_t length;
	const void *data = cohort_call_data(call, &length);
	struct json j;

	json_start(&j, cohort_call_is_request(call) ? "request" : "message",
		   cohort_call_peer(call));
	json_text(&j, "action", cohort_call_action(call));
	json_signed(&j, "pid", cohort_call_credentials(call).pid);
	json_unsigned(&j, "fds", cohort_call_fds(call));
	json_bytes(&j, "data", data, length);
	json_end(&j);
}

static int answer(const struct listener *l, struct cohort_call *call)
{
	struct cohort_message message = COHORT_MESSAGE_INIT;

	if (l->command)
		return command_serve(call, l->command);
	if (!l->reply || !cohort_call_is_request(call))
		return 0;
	message.data = l->reply;
	message.length = strlen(l->reply);
	cohort_call_reply(call, 0, &message); /* who has stopped waiting has */
	return 0;
}

static int on_call(struct cohort_call *call, void *arg)
{
	struct listener *l = arg;
	int status;

	if (has_all(l))
		return -ECANCELED; /* one more, while the channel is being closed */
	if (l->json)
		call_print_json(call);
	else
		call_print(l, call);
	output_flush();
	status = answer(l, call);
	if (++l->seen == l->count)
		eventfd_write(l->done, 1);
	return status;
}

static void on_lost(struct cohort *c, cohort_peer peer, uint64_t count,
		    enum cohort_lost_reason reason, void *user)
{
	static const char *const reasons[] = {
		[COHORT_LOST_OVERRUN] = "overrun",	   [COHORT_LOST_UNHANDLED] = "unhandled",
		[COHORT_LOST_DESCRIPTORS] = "descriptors", [COHORT_LOST_MEMORY] = "memory",
		[COHORT_LOST_CLOSED] = "closed",
	};
	const struct listener *l = user;
	struct json j;

	(void)c;
	if (l->json) {
		json_start(&j, "lost", peer);
		json_unsigned(&j, "count", count);
		json_text(&j, "reason", reasons[reason]);
		json_end(&j);
	} else {
		time_print();
		printf("%s%" PRIu64 " lost: %s%s\n", colour_code(TABLE_RED), count, reasons[reason],
		       colour_code(TABLE_PLAIN));
	}
	output_flush();
}

static void on_left(struct cohort *c, cohort_peer peer, enum cohort_reason reason, void *user)
{
	const struct listener *l = user;

	(void)c;
	(void)peer;
	if (reason != COHORT_LEFT_SHUTDOWN && !has_all(l))
		tool_fail(0, "the primary has gone; waiting for the next one");
}

static int timed_out(const char *channel)
{
	tool_fail(0, "%s: timed out", channel);
	return TOOL_TIMEOUT;
}

/*
 * With --wait a primary may come, say all that we wait for, and go, before cohort_open() has
 * returned: then it fails, and nothing is left to be done.
 */
static int listener_open(const struct listener *l, struct cohort **c, const char *channel,
			 struct cohort_config *config)
{
	int64_t deadline = time_deadline(l->wait ? l->timeout : 0);
	int err;

	do {
		config->open_timeout = time_left(deadline) ? OPEN_SLICE : 0;
		err = channel_open_answered(c, channel, config, CHANNEL_TIMEOUT);
	} while (channel_is_absent(err) && time_left(deadline) && !has_all(l));
	return err;
}

static int open_fail(const struct listener *l, const char *channel, int err)
{
	if (has_all(l))
		return TOOL_DONE;
	return l->wait && channel_is_absent(err) ? timed_out(channel) : channel_fail(channel, err);
}

/* Until a signal, the last message of --count, or the timeout. */
static int listen_until(const struct listener *l, const char *channel)
{
	int n = interrupt_wait(l->done, l->timeout);

	if (n == 0 && l->count)
		return timed_out(channel);
	return n < 0 && n != -EINTR ? tool_fail(n, "%s", channel) : TOOL_DONE;
}

static int listen_with(struct listener *l, const char *channel, const struct cohort_action *actions,
		       size_t count)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct cohort *c;
	int err;

	config.user = l;
	config.actions = actions;
	config.nactions = count;
	config.lost = on_lost;
	config.left = on_left;
	config.log = channel_log;
	config.slow_handler = COHORT_FOREVER; /* a command may take its time */
	err = listener_open(l, &c, channel, &config);
	if (err)
		return open_fail(l, channel, err);
	if (!l->count)
		interrupt_is_normal();
	return channel_close(c, listen_until(l, channel));
}

static int listener_run(struct listener *l, const struct option_words *words)
{
	size_t count = (size_t)words->count - 1;
	struct cohort_action *actions;
	int status;

	l->done = eventfd(0, EFD_CLOEXEC);
	if (l->done < 0)
		return tool_fail(-errno, "eventfd");
	actions = tool_alloc(count * sizeof(*actions));
	for (size_t i = 0; i < count; i++)
		actions[i] = (struct cohort_action){ .size = sizeof(*actions),
						     .name = words->word[i + 1],
						     .handler = on_call,
						     .arg = l };
	status = listen_with(l, words->word[0], actions, count);
	free(actions);
	close(l->done);
	return status;
}

int cmd_listen(int argc, char **argv)
{
	struct listener l = { .timeout = COHORT_FOREVER };
	const struct option_spec specs[] = {
		OPTION_JSON(&l.json),
		{ "reply", 'r', "TEXT", "what a request gets", option_text, &l.reply },
		{ "exec", 'e', "COMMAND", "run this for each", option_text, &l.command },
		{ "count", 'n', "N", "end after N messages", option_count, &l.count },
		{ "timeout", 't', "TIME", "end after this (status 4 if N were not reached)",
		  option_time, &l.timeout },
		{ "wait", 'w', NULL, "if there is no primary wait for one", option_flag, &l.wait },
		{ "hex", 'x', NULL, "bodies as hexadecimal digits", option_flag, &l.hex },
		OPTION_END,
	};
	struct option_words words;

	if (!options_parse(&usage, specs, argc, argv, &words))
		return words.status;
	if (l.reply && l.command)
		return tool_usage("--reply and --exec exclude each other");
	return listener_run(&l, &words);
}
