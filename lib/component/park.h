/*
 * Asynchronous calls made while a worker is awaited: they must not wait, so they are put aside, and
 * leave in their order when the gate opens, before any call that waited at it.
 */
#ifndef COMPONENT_PARK_H
#define COMPONENT_PARK_H

struct cohort_port;
struct port_call;

/* Copies the call. Its `done` will be called. -ENOMEM, -EAGAIN, ...: it will not. */
int park(struct cohort_port *port, const struct port_call *call);

/* Nobody is inside: what is left of the last attendant goes. */
void park_end(struct cohort_port *port);

#endif
