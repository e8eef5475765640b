/*
 * Where buffers (buffer.c) meet the rest of the runtime.
 */
#ifndef COMPONENT_BUFFER_H
#define COMPONENT_BUFFER_H

#include "cohort/call.h"
#include "cohort/component.h"

struct cohort_port;
struct buffers;

/* The handler of "component.buffer" at the far port: `arg` is that port. As a cohort_handler. */
int buffer_serve(struct cohort_call *call, void *arg);

/* What a far port has mapped goes with it. NULL is allowed. */
void buffers_free_mapped(struct buffers *mapped);

/* What a component has shown goes with it. NULL is allowed. */
void buffers_free_shown(struct buffers *shown);

/*
 * Shows all of them again to whoever is connected now, before replay(). For the supervisor.
 */
int buffers_replay(struct cohort_component *component, int64_t deadline);

#endif
