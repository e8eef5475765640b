/*
 * A component that can be told to end in any way, to linger, and to tell what its process is like.
 * It is the program `subject`, and the shared objects of test/component/objects.
 */
#ifndef TEST_COMPONENT_SUBJECT_H
#define TEST_COMPONENT_SUBJECT_H

#include "cohort/component.h"

/* Parameters and results of every method. */
struct subject_words {
	int64_t number;
	const char *text;
};

enum subject_method {
	SUBJECT_ECHO,	  /* what it got */
	SUBJECT_NOTE,	  /* one-way: remembers the number */
	SUBJECT_NOTES,	  /* text: the numbers that it remembers, "1 2 3" */
	SUBJECT_PROCESS,  /* number: its pid; text: its descriptors but the library's, "0 1 2" */
	SUBJECT_VARIABLE, /* text: a variable of the environment, or "-" */
	SUBJECT_HOLD, /* says SUBJECT_SAID, then returns after `number` milliseconds, or -1: when it is cancelled */
	SUBJECT_END, /* text: "exit", "raise", "close" its session, and go on for so many milliseconds, "ignore" the signal; number */
	SUBJECT_METHODS,
};

enum subject_event {
	SUBJECT_SAID,
	SUBJECT_EVENTS,
};

extern const struct cohort_interface subject_interface, subject_events;

typedef int subject_function(void *self, struct cohort_job *job, const void *in, void *out);

struct subject_functions {
	subject_function *of[SUBJECT_METHODS];
};

struct subject_events_functions {
	subject_function *of[SUBJECT_EVENTS];
};

/*
 * Its options: "", or what create() does: "fail N", "exit N", "raise N", "hang"; or "slow N":
 * destroy() takes so many milliseconds. destroy() prints how many numbers it was to remember. With
 * a file's path after a '@' it does so only if it can remove the file.
 */
#define SUBJECT_CLASS                                                                  \
	{                                                                              \
		sizeof(struct cohort_component_class), "subject", subject_services, 1, \
			subject_uses, 1, subject_create, subject_destroy               \
	}

extern const struct cohort_service subject_services[1];
extern const struct cohort_interface *const subject_uses[1];
int subject_create(struct cohort_port *caller, const char *options, void **self);
void subject_destroy(void *self);

#endif
