/*
 * cohort_side.c: opening and closing in step. Any message that is lost, and any session that ends
 * before its time, fails the round: these workloads are all written so that nothing may be lost.
 */
#include "cohort_side.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void side_abort(struct role *role, const char *what, int error)
{
	role_fail(role, what, error);
	_exit(EXIT_FAILURE);
}

static void on_lost(struct cohort *c, cohort_peer peer, uint64_t count,
		    enum cohort_lost_reason reason, void *user)
{
	char what[64];

	(void)c;
	(void)peer;
	snprintf(what, sizeof(what), "%llu messages lost, reason %d", (unsigned long long)count,
		 (int)reason);
	side_abort(user, what, -EIO);
}

static void on_log(struct cohort *c, enum cohort_log_level level, int error, const char *text,
		   void *user)
{
	const struct role *role = user;

	(void)c;
	if (level == COHORT_LOG_ERROR)
		fprintf(stderr, "bench: %s: process %u: %s: %s\n", role->system->name, role->index,
			text, cohort_strerror(error));
}

void side_config(struct cohort_config *config, const struct role *role,
		 const struct cohort_action *action)
{
	const struct cohort_config init = COHORT_CONFIG_INIT;

	*config = init;
	config->role = role->index ? COHORT_ROLE_SECONDARY : COHORT_ROLE_PRIMARY;
	config->user = (void *)(size_t)role;
	config->actions = action;
	config->nactions = action ? 1 : 0;
	config->lost = on_lost;
	config->log = on_log;
	config->open_timeout = SIDE_TIMEOUT;
	config->handshake_timeout = SIDE_TIMEOUT;
}

struct cohort_action side_action(cohort_handler *handler, void *arg, uint32_t flags)
{
	struct cohort_action action = COHORT_ACTION_INIT;

	action.name = SIDE_ACTION;
	action.handler = handler;
	action.arg = arg;
	action.flags = flags;
	return action;
}

static int primary_start(struct role *role, const struct cohort_config *config, struct cohort **c)
{
	int r = cohort_open(c, role->channel, config);

	if (r < 0)
		return role_fail(role, "cohort_open", r);
	role_barrier(role);
	r = cohort_wait(*c, NULL, role->secondaries, SIDE_TIMEOUT);
	if (r < 0)
		return role_fail(role, "cohort_wait", r);
	role_barrier(role);
	return 0;
}

static int secondary_start(struct role *role, const struct cohort_config *config, struct cohort **c)
{
	int r;

	role_barrier(role);
	r = cohort_open(c, role->channel, config);
	if (r < 0)
		return role_fail(role, "cohort_open", r);
	role_barrier(role);
	return 0;
}

int side_start(struct role *role, const struct cohort_config *config, struct cohort **c)
{
	return role->index ? secondary_start(role, config, c) : primary_start(role, config, c);
}

int side_stop(struct role *role, struct cohort *c)
{
	int r;

	role_barrier(role);
	r = cohort_close(c);
	return r < 0 ? role_fail(role, "cohort_close", r) : 0;
}
