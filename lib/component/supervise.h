/*
 * supervise: the mode `process`. One thread for each component starts its worker, notices its death,
 * and starts the next one.
 */
#ifndef COMPONENT_SUPERVISE_H
#define COMPONENT_SUPERVISE_H

#include "component/component.h"

extern const struct mode mode_process;

#endif
