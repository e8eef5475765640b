/*
 * A callback that is run later, where it may wait, on a handler thread: see executor_defer(). It lies
 * inside the object that it is about, so that deferring allocates nothing and cannot fail.
 */
#ifndef COHORT_BASE_DEFERRED_H
#define COHORT_BASE_DEFERRED_H

#include "base/list.h"

struct cohort;

struct deferred {
	struct list_node node;
	void (*run)(struct cohort *c, struct deferred *deferred);
};

#endif
