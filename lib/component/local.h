/*
 * The modes whose other side is in this process.
 */
#ifndef COMPONENT_LOCAL_H
#define COMPONENT_LOCAL_H

#include "component/component.h"

extern const struct mode mode_direct, mode_thread, mode_loopback;

#endif
