/*
 * main.c: the table of subcommands, and what all of them share: how errors are said, memory.
 */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cohort.h"
#include "interrupt.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *line;
} commands[] = {
	{ "list", cmd_list, "the channels, and who serves them" },
	{ "peers", cmd_peers, "the peers of a channel, and what passed between them" },
	{ "actions", cmd_actions, "the actions of a channel, and how they do" },
	{ "call", cmd_call, "make a request and print the reply" },
	{ "send", cmd_send, "send a message" },
	{ "broadcast", cmd_broadcast, "send a message to all, as the primary" },
	{ "listen", cmd_listen, "join a channel and print the messages that come" },
	{ "wait", cmd_wait, "wait for a channel, an action or a number of peers" },
	{ "serve", cmd_serve, "be a primary made of shell commands" },
	{ "monitor", cmd_monitor, "watch every message of a channel" },
	{ "top", cmd_top, "watch the peers and actions of a channel" },
	{ "bench", cmd_bench, "measure a channel" },
	{ "debug", cmd_debug, "explain what a channel that does not move waits for" },
};

#define NCOMMANDS (sizeof(commands) / sizeof(*commands))

static const char *running = "cohort"; /* with the subcommand's name, if one was found */

static const char explanation[] =
	"\n"
	"A channel is named as in cohort_open(): a name without '/' is a socket in\n"
	"$RUNTIME_DIRECTORY, else $XDG_RUNTIME_DIR, else /run for root, else /tmp/cohort-UID;\n"
	"with '/' it is the socket's path.\n"
	"A peer is named by its id, in hexadecimal, or `primary`. A time has a unit: ns, us,\n"
	"ms, s, m or h; without one it is seconds; or it is `forever`.\n"
	"\n"
	"With --json each line is one object, in UTF-8. A body is the text \"data\" if it is\n"
	"valid UTF-8, else \"data_base64\". In all other text a byte that is not part of valid\n"
	"UTF-8 is written as \\u00XX.\n"
	"\n"
	"Ends with 0: done; 1: the answer was an error; 2: wrong arguments; 3: no such channel\n"
	"or peer; 4: timed out.\n";

static void help(FILE *out)
{
	fputs("usage: cohort COMMAND [options] [arguments]\n\n", out);
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].line);
	fputs("\n  cohort COMMAND --help says more about one; --version prints the version.\n",
	      out);
	fputs(explanation, out);
}

static int status_of(int error)
{
	switch (error) {
	case -ETIMEDOUT:
	case -EAGAIN:
		return TOOL_TIMEOUT;
	case -ENOTCONN:
	case -ECONNREFUSED:
	case -ESTALE:
		return TOOL_ABSENT;
	default:
		return TOOL_ERROR;
	}
}

int tool_fail(int error, const char *format, ...)
{
	va_list args;

	if (error == -EINTR)
		return TOOL_ERROR;
	output_flush(); /* what was printed before comes before */
	fprintf(stderr, "%s: ", running);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (error)
		fprintf(stderr, ": %s", cohort_strerror(error));
	fputc('\n', stderr);
	return status_of(error);
}

int tool_usage(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", running);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n`%s --help` says more.\n", running);
	return TOOL_USAGE;
}

void *tool_realloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p) {
		fputs("cohort: out of memory\n", stderr);
		exit(TOOL_ERROR);
	}
	return p;
}

void *tool_alloc(size_t size)
{
	return memset(tool_realloc(NULL, size), 0, size);
}

/* Else a socket of the library might become our standard output. */
static int streams_open(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int command_run(int argc, char **argv)
{
	static char name[32];

	for (size_t i = 0; i < NCOMMANDS; i++) {
		if (strcmp(argv[0], commands[i].name) != 0)
			continue;
		snprintf(name, sizeof(name), "cohort %s", argv[0]);
		running = name;
		return commands[i].run(argc, argv);
	}
	return tool_usage("no such command: %s", argv[0]);
}

static int word_run(int argc, char **argv)
{
	static char help_option[] = "--help";
	char *explain[] = { argv[0], help_option, NULL };

	if (argc == 0) {
		help(stderr);
		return TOOL_USAGE;
	}
	if (strcmp(argv[0], "--version") == 0) {
		printf("cohort %s\n", cohort_version());
		return TOOL_DONE;
	}
	if (strcmp(argv[0], "help") == 0 && argc == 2) {
		explain[0] = argv[1];
		return command_run(2, explain);
	}
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0 ||
	    strcmp(argv[0], "help") == 0) {
		help(stdout);
		return TOOL_DONE;
	}
	return command_run(argc, argv);
}

int main(int argc, char **argv)
{
	int err = streams_open();

	if (!err)
		err = interrupt_start();
	if (err)
		return tool_fail(err, "starting");
	return interrupt_finish(word_run(argc > 0 ? argc - 1 : 0, argv + 1));
}
