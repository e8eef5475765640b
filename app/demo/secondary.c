/*
 * The demo's secondary: it joins a channel, asks its primary for a sum and for an open file, hears the news, answers
 * a question, and leaves when it is told good-bye.
 *
 *	demo-secondary SOCKET NAME MILLISECONDS
 *
 * NAME says who speaks in what it prints; MILLISECONDS is how long it thinks about the question.
 */
#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cohort.h"

struct member {
	const char *name;
	long think; /* milliseconds */
	sem_t bye;
};

static int die(const struct member *m, const char *what, int error)
{
	fprintf(stderr, "%s: %s: %s\n", m->name, what, cohort_strerror(error));
	return 1;
}

/* A message, sent to all. */
static int news(struct cohort_call *call, void *arg)
{
	struct member *m = arg;
	size_t length;
	const char *text = cohort_call_data(call, &length);

	printf("%s: hears \"%.*s\"\n", m->name, (int)length, text);
	return 0;
}

/* A request that takes its time. */
static int think(struct cohort_call *call, void *arg)
{
	struct member *m = arg;
	struct timespec pause = { m->think / 1000, m->think % 1000 * 1000000 };
	char text[100];
	struct cohort_message answer = COHORT_MESSAGE(NULL, text, 0);

	printf("%s: is thinking\n", m->name);
	nanosleep(&pause, NULL);
	answer.length =
		(size_t)snprintf(text, sizeof(text), "%s thought for %ld ms", m->name, m->think);
	return cohort_call_reply(call, 0, &answer);
}

static int bye(struct cohort_call *call, void *arg)
{
	struct member *m = arg;

	(void)call;
	sem_post(&m->bye);
	return 0;
}

static int ask_sum(struct cohort *c, struct member *m)
{
	int terms[2] = { (int)getpid(), 1 }, sum;
	struct cohort_message question = COHORT_MESSAGE("add", terms, sizeof(terms));
	struct cohort_reply *reply;
	size_t length;
	const void *data;
	int err = cohort_request(c, COHORT_PRIMARY, &question, COHORT_SECONDS(5), &reply);

	if (err)
		return err; /* nobody answered, and it says why */
	err = cohort_reply_status(reply);
	data = cohort_reply_data(reply, &length);
	if (!err && length != sizeof(sum))
		err = -EPROTO;
	if (!err) {
		memcpy(&sum, data, sizeof(sum));
		printf("%s: asked for %d + %d, got %d\n", m->name, terms[0], terms[1], sum);
	}
	cohort_reply_free(reply);
	return err;
}

/* Asks for an open file and reads its first bytes into text[]. */
static ssize_t read_file(struct cohort *c, char *text, size_t size)
{
	struct cohort_message question = COHORT_MESSAGE("open-file", NULL, 0);
	struct cohort_reply *reply;
	int err = cohort_request(c, COHORT_PRIMARY, &question, COHORT_SECONDS(5), &reply);
	int fd = -1;
	ssize_t n;

	if (err)
		return err;
	err = cohort_reply_status(reply);
	if (!err)
		fd = cohort_reply_fd_take(reply, 0); /* ours to close from here on */
	cohort_reply_free(reply);
	if (err || fd < 0)
		return err ? err : fd;
	n = read(fd, text, size);
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

static int take_part(struct cohort *c, struct member *m)
{
	struct cohort_message report = COHORT_MESSAGE("report", NULL, 0);
	struct timespec until;
	char text[100];
	const char *end;
	ssize_t n;
	int err = ask_sum(c, m);

	if (err)
		return die(m, "add", err);
	n = read_file(c, text, sizeof(text));
	if (n < 0)
		return die(m, "open-file", (int)n);
	end = memchr(text, '\n', (size_t)n);
	if (end)
		n = end - text;
	printf("%s: read \"%.*s\" through a descriptor that came with an answer\n", m->name, (int)n,
	       text);
	report.data = text;
	report.length = (size_t)n;
	err = cohort_send(c, COHORT_PRIMARY, &report, COHORT_SECONDS(5));
	if (err)
		return die(m, "report", err);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 8;
	if (sem_timedwait(&m->bye, &until))
		return die(m, "waiting for good-bye", -errno);
	return 0;
}

int main(int argc, char **argv)
{
	struct member m = { argc > 2 ? argv[2] : "secondary", 0, { { 0 } } };
	struct cohort_action actions[] = {
		{ sizeof(*actions), "news", news, &m, 0, "prints the news", NULL },
		{ sizeof(*actions), "think", think, &m, COHORT_BLOCKING, "thinks for a while",
		  NULL },
		{ sizeof(*actions), "bye", bye, &m, 0, "ends the program", NULL },
	};
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct cohort *c;
	int err, result;

	if (argc != 4)
		return die(&m, "usage: demo-secondary SOCKET NAME MILLISECONDS", -EINVAL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	sem_init(&m.bye, 0, 0);
	m.think = strtol(argv[3], NULL, 10);

	config.role = COHORT_ROLE_SECONDARY;
	config.actions = actions;
	config.nactions = sizeof(actions) / sizeof(*actions);
	config.open_timeout = COHORT_SECONDS(5); /* so the primary may start later */
	err = cohort_open(&c, argv[1], &config);
	if (err)
		return die(&m, "open", err);
	printf("%s: process %d joined as secondary %u\n", m.name, (int)getpid(),
	       (unsigned)(cohort_self(c) & UINT32_MAX));

	result = take_part(c, &m);
	err = cohort_close(c);
	if (err)
		return die(&m, "close", err);
	if (!result)
		printf("%s: done\n", m.name);
	return result;
}
