/*
 * The way over a channel: modes thread, loopback and process, in both directions.
 */
#ifndef COMPONENT_LINK_H
#define COMPONENT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cohort/action.h"
#include "cohort/channel.h"

struct cohort_port;

/*
 * Opens a port's end of the channel, with an action for each method that it serves and those of
 * `own`. Fills in config's role, actions and sizes; the rest is the caller's. Takes the descriptor
 * on success. Errors as cohort_open_fd().
 */
int link_open(struct cohort_port *port, int fd, struct cohort_config *config,
	      const struct cohort_action *own, size_t nown);

/*
 * For the `joined` of both sides: handlers run, and may call, before link_open() has returned, and need
 * to know the channel.
 */
void link_set_channel(struct cohort_port *port, struct cohort *channel);

/* Whom to call from now on; COHORT_NOBODY: nobody. */
void link_set_peer(struct cohort_port *port, cohort_peer peer);
cohort_peer link_peer(struct cohort_port *port);

/*
 * cohort_close(), also inside a callback of another handle, where it needs a thread of its own.
 * Harmless when repeated.
 */
void link_close(struct cohort_port *port);

#endif
