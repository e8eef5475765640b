/*
 * role.c: a process of a round.
 *
 * The launcher starts this program again as `bench --role WORKLOAD SYSTEM INDEX`, with the arena
 * and the sockets at fixed descriptors. It is a fresh program, never a fork of one that has a
 * handle open. It dies with its parent and by its own alarm, so that no failure leaves a process
 * behind.
 */
#include "role.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "arena.h"
#include "wait.h"

int role_socket(const struct role *role, unsigned index)
{
	return role->index ? ARENA_SOCKET_FD : ARENA_SOCKET_FD + (int)index - 1;
}

void *role_shared(const struct role *role)
{
	return role->arena->shared;
}

void role_barrier(struct role *role)
{
	struct arena *arena = role->arena;
	uint32_t generation = atomic_load(&arena->generation);

	if (atomic_fetch_add(&arena->arrived, 1) + 1 == arena->processes) {
		atomic_store(&arena->arrived, 0);
		atomic_fetch_add(&arena->generation, 1);
		wait_wake(&arena->generation, INT_MAX);
		return;
	}
	while (atomic_load(&arena->generation) == generation)
		wait_sleep(&arena->generation, generation);
}

void role_report(struct role *role, const char *metric, const char *unit, double value)
{
	uint32_t index = atomic_fetch_add(&role->arena->nresults, 1);
	struct arena_result *result;

	if (index >= ARENA_RESULTS_MAX) {
		role_fail(role, "too many metrics", -ENOSPC);
		return;
	}
	result = &role->arena->results[index];
	snprintf(result->metric, sizeof(result->metric), "%s", metric);
	snprintf(result->unit, sizeof(result->unit), "%s", unit);
	result->value = value;
}

int role_fail(struct role *role, const char *what, int error)
{
	struct arena *arena = role->arena;

	if (!atomic_exchange(&arena->spoiled, 1))
		snprintf(arena->error, sizeof(arena->error), "process %u: %s: %s", role->index,
			 what, strerror(-error));
	return error;
}

int role_fail_errno(struct role *role, const char *what)
{
	return role_fail(role, what, errno ? -errno : -EIO);
}

int role_skip(struct role *role, const char *why)
{
	if (!atomic_exchange(&role->arena->spoiled, 1))
		snprintf(role->arena->error, sizeof(role->arena->error), "%s", why);
	return BENCH_SKIPPED;
}

/* The first and the second CPU that we may use; -1 when there is no such CPU. */
static int cpu_find(unsigned which)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -1;
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set) && which-- == 0)
			return (int)cpu;
	return -1;
}

static int role_pin(struct role *role)
{
	unsigned which = role->system->cpus == BENCH_CPUS_TWO && role->index > 0;
	int cpu = cpu_find(which);
	cpu_set_t set;

	if (role->system->cpus == BENCH_CPUS_FREE)
		return 0;
	if (cpu < 0)
		return role_skip(role, "needs two CPUs");
	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return role_fail_errno(role, "sched_setaffinity");
	return 0;
}

static int role_init(struct role *role, char **names)
{
	const struct bench_workload *workload = bench_workload_find(names[0]);
	struct arena *arena;

	memset(role, 0, sizeof(*role));
	role->system = workload ? bench_system_find(workload, names[1]) : NULL;
	if (!role->system)
		return -ENOENT;
	arena = mmap(NULL, sizeof(*arena), PROT_READ | PROT_WRITE, MAP_SHARED, ARENA_FD, 0);
	if (arena == MAP_FAILED)
		return -errno;
	role->arena = arena;
	role->index = (unsigned)strtoul(names[2], NULL, 10);
	role->secondaries = role->system->secondaries;
	role->size = role->system->size;
	role->arg = role->system->arg;
	role->round_ns = arena->round_ns;
	role->channel = arena->channel;
	return 0;
}

static int role_run(struct role *role)
{
	int r = role_pin(role);

	if (r)
		return r;
	return role->index ? role->system->secondary(role) : role->system->primary(role);
}

int role_main(int argc, char **argv)
{
	struct role role;
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(ARENA_DEADLINE_S);
	if (argc != 5 || role_init(&role, argv + 2)) {
		fprintf(stderr, "bench: --role is not for you\n");
		return EXIT_FAILURE;
	}
	r = role_run(&role);
	if (r < 0)
		role_fail(&role, "failed", r);
	return r < 0 ? EXIT_FAILURE : r;
}
