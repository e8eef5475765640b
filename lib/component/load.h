/*
 * Loading a shared object that defines COHORT_COMPONENT.
 */
#ifndef COMPONENT_LOAD_H
#define COMPONENT_LOAD_H

#include "cohort/component.h"

/*
 * A path without '/' is a file of the working directory, too. *object is for load_close(). `why`
 * gets a reason on failure. -ENOENT: no such file; -ELIBBAD: it does not load, or has no valid
 * COHORT_COMPONENT.
 */
int load_open(void **object, const struct cohort_component_class **class, const char *path,
	      char *why, size_t size);
/* NULL is allowed. Nothing of it runs any more. */
void load_close(void *object);

#endif
