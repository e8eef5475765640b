/*
 * trace.c: reads the summaries that strace wrote. Their last line is "100.00 <seconds> <usecs/call>
 * <calls> [errors] total".
 */
#include "trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

bool trace_available(void)
{
	char file[512];
	const char *path = getenv("PATH");

	while (path && *path) {
		size_t length = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/strace", (int)length, path);
		if (access(file, X_OK) == 0)
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}

void trace_path(char *path, size_t size, const char *folder, unsigned index)
{
	snprintf(path, size, "%s/trace.%u", folder, index);
}

static double trace_read(const char *path)
{
	FILE *file = fopen(path, "r");
	double calls = -1;
	char line[256];

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		double share, seconds, each, count;

		if (strstr(line, " total") &&
		    sscanf(line, "%lf %lf %lf %lf", &share, &seconds, &each, &count) == 4)
			calls = count;
	}
	fclose(file);
	return calls;
}

static double trace_sum(const char *folder, unsigned nprocesses)
{
	double sum = 0;

	for (unsigned i = 0; i < nprocesses; i++) {
		char path[128];
		double calls;

		trace_path(path, sizeof(path), folder, i);
		calls = trace_read(path);
		if (calls < 0)
			return -1;
		sum += calls;
	}
	return sum;
}

int trace_take(const char *folder, unsigned nprocesses, struct process_outcome *outcome)
{
	double calls = trace_sum(folder, nprocesses);

	if (calls < 0)
		return -ENOENT;
	for (unsigned i = 0; i < outcome->nresults; i++) {
		struct arena_result *result = &outcome->results[i];

		if (strcmp(result->metric, "messages") != 0 || result->value <= 0)
			continue;
		snprintf(result->metric, sizeof(result->metric), "syscalls");
		snprintf(result->unit, sizeof(result->unit), "1/msg");
		result->value = calls / result->value;
		return 0;
	}
	return -ENOENT;
}

void trace_remove(const char *folder, unsigned nprocesses)
{
	for (unsigned i = 0; i < nprocesses; i++) {
		char path[128];

		trace_path(path, sizeof(path), folder, i);
		unlink(path);
	}
}
