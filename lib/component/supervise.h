/*
 * supervise: the mode `process`. One thread for each component starts its worker, notices its death,
 * and starts the next one.
 */
#ifndef COMPONENT_SUPERVISE_H
#define COMPONENT_SUPERVISE_H

#include "component/component.h"

extern const struct mode mode_process;

/* Whether this thread is the one that starts its workers, and opens its gate. NULL: it is not. */
bool supervise_is_here(const struct cohort_component *component);

#endif
