/*
 * find.c: a process of a round knows its workload and its system by name.
 */
#include <string.h>

#include "bench.h"

const struct bench_workload *bench_workload_find(const char *name)
{
	for (size_t i = 0; i < bench_program.nworkloads; i++)
		if (strcmp(bench_program.workloads[i].name, name) == 0)
			return &bench_program.workloads[i];
	return NULL;
}

const struct bench_system *bench_system_find(const struct bench_workload *workload,
					     const char *name)
{
	for (size_t i = 0; i < workload->nsystems; i++)
		if (strcmp(workload->systems[i].name, name) == 0)
			return &workload->systems[i];
	return NULL;
}
