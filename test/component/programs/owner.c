/*
 * Starts the program `subject` beside it as a component, prints its worker's number, and lives
 * until its input ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "component/common/subject.h"

static int ignored(void *self, struct cohort_job *job, const void *in, void *out)
{
	(void)self;
	(void)job;
	(void)in;
	(void)out;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct cohort_interface *const uses[] = { &subject_interface };
	const struct subject_events_functions functions = { { ignored } };
	const struct cohort_service services[] = { { &subject_events, &functions } };
	struct cohort_component_config config = COHORT_COMPONENT_CONFIG_INIT;
	struct cohort_component_info info = { .size = sizeof(info) };
	struct cohort_component *component;
	char line[16];

	if (argc != 2)
		return 100;
	config.mode = "process";
	config.executable = argv[1];
	config.uses = uses;
	config.nuses = 1;
	config.services = services;
	config.nservices = 1;
	config.start_timeout = COHORT_SECONDS(30);
	if (cohort_component_start(&component, &config) || cohort_component_info(component, &info))
		return 101;
	printf("worker %d\n", (int)info.pid);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		;
	return cohort_component_stop(component) ? 102 : 0;
}
