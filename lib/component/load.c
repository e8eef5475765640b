/*
 * load.c: dlopen(3) looks for a name without '/' in the system's folders and not in the working
 * directory, so such a name becomes "./name" first. Symbols stay local to the object: two components
 * may have functions of the same name.
 */
#include "component/load.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "component/check.h"

#define SYMBOL "cohort_component_exported"

static int open_object(void **object, const char *path, char *why, size_t size)
{
	char local[4096];
	int length = snprintf(local, sizeof(local), "%s%s", strchr(path, '/') ? "" : "./", path);

	if (length < 0 || (size_t)length >= sizeof(local) || access(local, F_OK)) {
		snprintf(why, size, "%s: no such file", path);
		return -ENOENT;
	}
	*object = dlopen(local, RTLD_NOW | RTLD_LOCAL);
	if (*object)
		return 0;
	snprintf(why, size, "%s", dlerror());
	return -ELIBBAD;
}

int load_open(void **object, const struct cohort_component_class **class, const char *path,
	      char *why, size_t size)
{
	void *opened;
	int err = open_object(&opened, path, why, size);

	if (err)
		return err;
	*class = dlsym(opened, SYMBOL);
	if (check_class(*class)) {
		snprintf(why, size, "%s: %s", path,
			 *class ? "its COHORT_COMPONENT is not valid" : "no COHORT_COMPONENT");
		dlclose(opened);
		return -ELIBBAD;
	}
	*object = opened;
	return 0;
}

void load_close(void *object)
{
	if (object)
		dlclose(object);
}
