/*
 * running: which handler a thread of the library is in, and since when, for whoever looks from
 * outside.
 */
#ifndef COHORT_ENGINE_RUNNING_H
#define COHORT_ENGINE_RUNNING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/action.h"

/* Written by its thread alone. Who looks may see the start of one handler with the name of another. */
struct running {
	_Atomic int64_t since; /* 0: in none */
	_Atomic uint64_t peer;
	_Atomic uint64_t name[(COHORT_NAME_MAX + 1) / 8];
	/* Whose name that is; the thread's own. Only compared: it may be gone. */
	const struct action *action;
	uint32_t hash;
};

struct running_view {
	int64_t since;
	uint64_t peer;
	char action[COHORT_NAME_MAX + 1];
};

/* What this thread does from now on is shown there. NULL: nowhere. */
void running_attach(struct running *r);

void running_begin(const struct action *action, uint64_t peer, int64_t now);
void running_end(void);

/* False: it is in no handler. */
bool running_look(struct running *r, struct running_view *view);

#endif
