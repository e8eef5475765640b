/*
 * The command-line tool: one program, a table of subcommands, one file cmd_<name>.c for each.
 *
 * A subcommand parses its arguments (options.h), talks to a channel (channel.h) and prints what it
 * learned (table.h, json.h), then returns how the process shall end.
 */
#ifndef COHORT_TOOL_H
#define COHORT_TOOL_H

#include <stddef.h>

/* How the process ends. */
enum tool_status {
	TOOL_DONE = 0,
	TOOL_ERROR = 1, /* the answer was an error, or something failed */
	TOOL_USAGE = 2,
	TOOL_ABSENT = 3, /* no such channel, or no such peer */
	TOOL_TIMEOUT = 4,
};

/* argv[0] is the subcommand's name. */
int cmd_actions(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_broadcast(int argc, char **argv);
int cmd_call(int argc, char **argv);
int cmd_debug(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_listen(int argc, char **argv);
int cmd_monitor(int argc, char **argv);
int cmd_peers(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_wait(int argc, char **argv);

/*
 * Says on standard error what went wrong, and returns the status that goes with it. `error` is a
 * negative errno of the library or the system; 0: the text says it all, and the status is
 * TOOL_ERROR. -EINTR is silent: an interrupted tool has nothing to add (interrupt.h).
 */
int tool_fail(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As tool_fail(), for wrong arguments: adds where to find help. Returns TOOL_USAGE. */
int tool_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Memory, zeroed; without any left the tool ends. */
void *tool_alloc(size_t size);
void *tool_realloc(void *old, size_t size);

#endif
