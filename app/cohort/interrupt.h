/*
 * How the tool is told to stop: by SIGINT, SIGTERM or SIGHUP, or because nobody reads its output
 * any more. The handle is closed in order then, and the process ends as the signal would have ended
 * it. A second signal does so at once.
 */
#ifndef COHORT_INTERRUPT_H
#define COHORT_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

/* Before any thread is started. Also lets writing to a closed pipe be an error, not a signal. */
int interrupt_start(void);

bool interrupted(void);

/*
 * Waits until `fd` (-1: none) is readable: 1. 0: `timeout` has passed. -EINTR: it is time to stop.
 */
int interrupt_wait(int fd, int64_t timeout);

/*
 * Writes out what was printed. If that fails it is time to stop: interrupt_finish() will say why.
 */
void output_flush(void);

/* Being stopped is how this subcommand is meant to end: its status counts. */
void interrupt_is_normal(void);

/*
 * The last thing that the tool does. Ends the process by the signal if there was one, else returns
 * the status to end with.
 */
int interrupt_finish(int status);

#endif
