/*
 * The sandbox of a worker: what it takes away from itself, before and after it loads the component.
 *
 * The spawner writes the settings into one argument (sandbox_settings_format()), the worker reads
 * it, and calls the two steps in its main thread, before there is another:
 *
 *	sandbox_before_load()	namespaces, limits, and no more than what loading needs
 *	dlopen(), with RTLD_NOW
 *	sandbox_after_load()	no file, and nothing but the system calls of a worker at work
 *	cohort_open_fd(), create() ...
 *
 * With COHORT_SANDBOX_PID the first step forks, and returns in the new process alone: what called
 * it stays behind as the process that the spawner knows, passes signals on, and ends as the worker
 * ends. It closes all its descriptors, so that the worker has the only ones.
 *
 * The environment is the spawner's business; that it was asked for is reported as applied.
 */
#ifndef COHORT_COMPONENT_SANDBOX_H
#define COHORT_COMPONENT_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include "cohort/component.h"

struct sandbox_settings {
	uint32_t options;			 /* COHORT_SANDBOX_* */
	uint32_t policy;			 /* enum cohort_sandbox_policy */
	uint64_t max_memory, max_files, max_cpu; /* 0: the default of struct cohort_sandbox */
	const char
		*object; /* that is going to be loaded, or NULL; borrowed, not part of the text */
};

/* By bit: outcome[3] and error[3] belong to COHORT_SANDBOX_PID. */
struct sandbox_report {
	uint8_t outcome[COHORT_SANDBOX_COUNT]; /* enum cohort_sandbox_outcome */
	int error
		[COHORT_SANDBOX_COUNT]; /* a negative errno unless it was applied, or not asked for */
};

#define SANDBOX_SETTINGS_SIZE 96 /* always enough for sandbox_settings_format() */

/* Writes all but the object as text, for argv. -ENOSPC, nothing useful written: `size` is too small. */
int sandbox_settings_format(const struct sandbox_settings *settings, char *text, size_t size);
/* Reads it back; the object is NULL then. -EINVAL: not such a text, or unknown options or policy. */
int sandbox_settings_parse(struct sandbox_settings *settings, const char *text);

/*
 * The first step. Fills the report, also on an error: what this step does not get to is reported as
 * failed with -ECANCELED under COHORT_SANDBOX_REQUIRE. What the second step completes is reported as
 * applied here already if its first half is.
 *
 * -EPERM: an option could not be applied, and the policy is COHORT_SANDBOX_REQUIRE. The process can
 * still write to its descriptors and end. -EINVAL: unknown options or policy
 */
int sandbox_before_load(const struct sandbox_settings *settings, struct sandbox_report *report);

/*
 * The second step, with the settings and the report of the first. -EPERM as above. An object that
 * has started a thread makes it fail (-EBUSY in the report): a thread keeps the rights it has.
 */
int sandbox_after_load(const struct sandbox_settings *settings, struct sandbox_report *report);

#endif
