/*
 * Binding: what the two sides tell each other before the first call, and what each makes of it.
 */
#ifndef COMPONENT_BIND_H
#define COMPONENT_BIND_H

#include <stdbool.h>
#include <stddef.h>

struct cohort_port;

/* What a side has, for the other: *data is from malloc(). -ENOMEM */
int bind_offer(const struct cohort_port *port, void **data, size_t *length);

/*
 * Looks at the other side's offer, and keeps in the port's bindings what of its own interfaces the
 * other has. What `port` calls must be served if `all` is set. -EPROTO: they do not fit, `why` says
 * what;
 * -EBADMSG: that is no offer; -ENOMEM.
 */
int bind_accept(struct cohort_port *port, const void *data, size_t length, bool all, char *why,
		size_t size);

/* Chooses how methods are called on a channel, for all bindings of a port. */
void bind_name_actions(struct cohort_port *port);

#endif
