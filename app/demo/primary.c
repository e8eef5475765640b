/*
 * The demo's primary: it leads a channel, serves requests, tells everybody the news, asks everybody a question, and
 * goes on when one of them is killed.
 *
 *	demo-primary SOCKET FILE SECONDARIES
 *
 * Only this process may open FILE; the secondaries read it through a descriptor that comes with an answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cohort.h"

/* What the handlers tell main(). */
struct events {
	const char *file;
	sem_t reported; /* a secondary has read the file */
	sem_t left;
};

static unsigned number(cohort_peer peer)
{
	return (unsigned)(peer & UINT32_MAX);
}

static int die(const char *what, int error)
{
	fprintf(stderr, "primary: %s: %s\n", what, cohort_strerror(error));
	return 1;
}

/* A request: its body is two numbers, its answer their sum. */
static int add(struct cohort_call *call, void *arg)
{
	size_t length;
	const void *data = cohort_call_data(call, &length);
	int terms[2], sum;
	struct cohort_message answer = COHORT_MESSAGE(NULL, &sum, sizeof(sum));

	(void)arg;
	if (length != sizeof(terms))
		return -EINVAL; /* becomes the status of the answer */
	memcpy(terms, data, sizeof(terms));
	if (__builtin_add_overflow(terms[0], terms[1], &sum))
		return -ERANGE;
	return cohort_call_reply(call, 0, &answer);
}

/* A request: its answer carries no bytes, but an open file. */
static int open_file(struct cohort_call *call, void *arg)
{
	struct events *events = arg;
	struct cohort_message answer = COHORT_MESSAGE_INIT;
	int fd = open(events->file, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	answer.fds = &fd;
	answer.nfds = 1;
	answer.flags = COHORT_GIVE_FDS; /* on success it is closed here */
	err = cohort_call_reply(call, 0, &answer);
	if (err < 0)
		close(fd);
	return err < 0 ? err : 0;
}

/* A message: nobody waits for an answer. */
static int report(struct cohort_call *call, void *arg)
{
	struct events *events = arg;
	size_t length;
	const char *text = cohort_call_data(call, &length);

	printf("primary: secondary %u, process %d, reports: %.*s\n", number(cohort_call_peer(call)),
	       (int)cohort_call_credentials(call).pid, (int)length, text);
	sem_post(&events->reported);
	return 0;
}

static void joined(struct cohort *c, cohort_peer peer, void *user)
{
	(void)c;
	(void)user;
	printf("primary: secondary %u joined\n", number(peer));
}

static void left(struct cohort *c, cohort_peer peer, enum cohort_reason reason, void *user)
{
	struct events *events = user;

	(void)c;
	printf("primary: secondary %u left: it %s\n", number(peer),
	       reason == COHORT_LEFT_DIED ? "died" : "closed its channel");
	sem_post(&events->left);
}

static int wait_for(sem_t *event)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 5;
	return sem_timedwait(event, &until) ? -errno : 0;
}

static int tell(struct cohort *c, const char *action, const char *text)
{
	struct cohort_message message = COHORT_MESSAGE(action, text, strlen(text));
	struct cohort_delivery delivery = COHORT_DELIVERY_INIT;
	int err = cohort_broadcast(c, &message, COHORT_SECONDS(1), &delivery);

	if (!err)
		printf("primary: broadcast \"%s\" to %zu secondaries\n", text, delivery.delivered);
	return err;
}

/* Asks all at once. Each has an outcome of its own, whatever becomes of the others. */
static int ask_all(struct cohort *c)
{
	struct cohort_message question = COHORT_MESSAGE("think", NULL, 0);
	struct cohort_replies *replies;
	int err;

	printf("primary: asking all of them at once\n");
	err = cohort_request_all(c, &question, COHORT_SECONDS(5), &replies);
	if (err)
		return err;
	for (size_t i = 0; i < cohort_replies_count(replies); i++) {
		unsigned who = number(cohort_replies_peer(replies, i));
		int error = cohort_replies_error(replies, i);
		size_t length;
		const char *text;

		if (error) {
			printf("primary: no answer from secondary %u: %s\n", who,
			       cohort_strerror(error));
			continue;
		}
		text = cohort_reply_data(cohort_replies_reply(replies, i), &length);
		printf("primary: secondary %u answers: %.*s\n", who, (int)length, text);
	}
	cohort_replies_free(replies);
	return 0;
}

static int lead(struct cohort *c, struct events *events, size_t count)
{
	int err = cohort_wait(c, "news", count, COHORT_SECONDS(5));

	if (err < 0)
		return die("waiting for the secondaries", err);
	err = tell(c, "news", "all of us are here");
	if (err)
		return die("broadcast", err);
	for (size_t i = 0; i < count; i++) {
		err = wait_for(&events->reported);
		if (err)
			return die("waiting for reports", err);
	}
	err = ask_all(c);
	if (err)
		return die("asking", err);
	err = wait_for(&events->left);
	if (err)
		return die("waiting for the one that is killed", err);
	err = tell(c, "news", "one of us is gone, we go on");
	if (err)
		return die("broadcast", err);
	err = tell(c, "bye", "good bye");
	if (err)
		return die("broadcast", err);
	for (size_t i = 1; i < count; i++) {
		err = wait_for(&events->left);
		if (err)
			return die("waiting for the others to leave", err);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct events events = { 0 };
	struct cohort_action actions[] = {
		{ sizeof(*actions), "add", add, NULL, 0, "adds two numbers", NULL },
		{ sizeof(*actions), "open-file", open_file, &events, 0, "opens the file", NULL },
		{ sizeof(*actions), "report", report, &events, 0, "says what was read", NULL },
	};
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct cohort *c;
	int err, result;

	if (argc != 4)
		return die("usage: demo-primary SOCKET FILE SECONDARIES", -EINVAL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	sem_init(&events.reported, 0, 0);
	sem_init(&events.left, 0, 0);
	events.file = argv[2];

	config.role = COHORT_ROLE_PRIMARY;
	config.actions = actions;
	config.nactions = sizeof(actions) / sizeof(*actions);
	config.joined = joined;
	config.left = left;
	config.user = &events;
	err = cohort_open(&c, argv[1], &config);
	if (err)
		return die("open", err);
	printf("primary: process %d leads the channel\n", (int)getpid());

	result = lead(c, &events, strtoul(argv[3], NULL, 10));
	err = cohort_close(c);
	if (err)
		return die("close", err);
	if (!result)
		printf("primary: done\n");
	return result;
}
