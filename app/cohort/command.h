/*
 * A shell command that serves a message: the body is its standard input, its standard output is the
 * reply, and the message's descriptors are its own from 3 on. It inherits nothing else but standard
 * error.
 */
#ifndef COHORT_TOOL_COMMAND_H
#define COHORT_TOOL_COMMAND_H

#include "cohort.h"

/*
 * Runs `text` with /bin/sh and answers the call, if it is a request. Returns what the handler shall
 * return. A command that fails is said on standard error, and the reply's status is -EREMOTEIO,
 * still with what the command had printed.
 *
 * The command and what it has started is ended (SIGTERM, a second later SIGKILL) when the tool is
 * told to stop or the requester has gone.
 */
int command_serve(struct cohort_call *call, const char *text);

#endif
