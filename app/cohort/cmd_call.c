/*
 * A request is made asynchronously, so that a signal can end the wait for its answer.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "channel.h"
#include "interrupt.h"
#include "outgoing.h"
#include "table.h"
#include "tool.h"

#define ROOM_INTERVAL COHORT_MS(5) /* how often a full ring is tried again */

static const struct option_usage usage = {
	"call [options] CHANNEL ACTION [DATA]",
	"Joins a channel, makes a request of its primary and prints the reply, byte for byte if\n"
	"standard output is no terminal. After several replies each has a newline.\n",
	2,
	3,
};

/* One request under way. Both are written before `bell` is rung. */
struct answer {
	int error;
	struct cohort_reply *reply;
	int bell; /* an eventfd */
};

static void on_done(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply, void *arg)
{
	struct answer *a = arg;

	(void)c;
	(void)id;
	a->error = error;
	a->reply = reply;
	eventfd_write(a->bell, 1);
}

static int begin(const struct outgoing *o, struct cohort *c, const struct cohort_message *message,
		 int64_t deadline, struct answer *a, uint64_t *id)
{
	int err;

	for (;;) {
		err = cohort_request_async(c, o->to, message, time_left(deadline), on_done, a, id);
		if (err != -EAGAIN || !time_left(deadline))
			return err;
		err = interrupt_wait(-1, ROOM_INTERVAL);
		if (err < 0)
			return err;
	}
}

/* `done` comes in any case, soon after a cancel: until then it has the use of *a. */
static int finish(struct cohort *c, struct answer *a, uint64_t id)
{
	eventfd_t rings;
	int stopped = interrupt_wait(a->bell, COHORT_FOREVER);

	if (stopped < 0)
		cohort_cancel(c, id);
	while (eventfd_read(a->bell, &rings) && errno == EINTR)
		;
	return stopped < 0 ? stopped : a->error;
}

static int ask(const struct outgoing *o, struct cohort *c, const struct cohort_message *message,
	       struct cohort_reply **reply)
{
	struct answer a = { .bell = eventfd(0, EFD_CLOEXEC) };
	uint64_t id;
	int err = a.bell < 0 ? -errno : begin(o, c, message, time_deadline(o->timeout), &a, &id);

	if (!err)
		err = finish(c, &a, id);
	if (a.bell >= 0)
		close(a.bell);
	*reply = a.reply;
	return err;
}

/* Without a reply `status` and what follows it are null. */
static void json_print(const struct outgoing *o, int error, const struct cohort_reply *reply,
		       int64_t took)
{
	int status = reply ? cohort_reply_status(reply) : 0;
	const void *data;
	struct json j;
	size_t length;

	json_begin(&j, stdout);
	json_text(&j, "action", o->action);
	json_signed(&j, "error", error);
	json_text(&j, "text", cohort_strerror(error ? error : status));
	json_signed(&j, "latency_ns", took);
	if (reply) {
		data = cohort_reply_data(reply, &length);
		json_signed(&j, "status", status);
		json_unsigned(&j, "fds", cohort_reply_fds(reply));
		json_bytes(&j, "data", data, length);
	}
	json_end(&j);
}

static int reply_print(const struct outgoing *o, const struct cohort_reply *reply)
{
	int status = cohort_reply_status(reply);
	size_t length;
	const void *data = cohort_reply_data(reply, &length);

	if (length || !status)
		body_print(data, length, o->body.hex, o->repeat == 1);
	if (status)
		return tool_fail(0, "%s: %s: the answer is an error: %s", o->channel, o->action,
				 cohort_strerror(status));
	return TOOL_DONE;
}

static int call_once(const struct outgoing *o, struct cohort *c,
		     const struct cohort_message *message)
{
	int64_t began = time_now();
	struct cohort_reply *reply;
	int err = ask(o, c, message, &reply);
	int status = TOOL_DONE;

	if (o->json && err != -EINTR)
		json_print(o, err, reply, time_now() - began);
	if (err)
		status = outgoing_fail(o, err);
	else if (!o->json)
		status = reply_print(o, reply);
	else if (cohort_reply_status(reply))
		status = TOOL_ERROR;
	cohort_reply_free(reply);
	output_flush();
	return status;
}

int cmd_call(int argc, char **argv)
{
	struct outgoing o = OUTGOING_INIT;
	const struct option_spec specs[] = { OPTION_JSON(&o.json), OUTGOING_OPTIONS(&o),
					     OPTION_END };
	struct option_words words;

	if (!options_parse(&usage, specs, argc, argv, &words))
		return words.status;
	return outgoing_run(&o, &words, call_once);
}
