/*
 * raw_copy.c: memcpy() from one buffer of role->size bytes to another, what copying alone can do.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "meter.h"
#include "raw.h"
#include "wait.h"

struct copy {
	unsigned char *from, *to;
	size_t size;
};

static int copy_once(void *arg)
{
	const struct copy *copy = arg;

	memcpy(copy->to, copy->from, copy->size);
	wait_sink(copy->to);
	return 0;
}

int raw_copy(struct role *role)
{
	struct copy copy = { malloc(role->size), malloc(role->size), role->size };
	double rate = 0;
	int r = -ENOMEM;

	if (copy.from && copy.to) {
		memset(copy.from, 0x5a, copy.size);
		r = meter_repeat(role, copy_once, &copy, 8, &rate);
	}
	free(copy.from);
	free(copy.to);
	if (r == 0)
		role_report(role, "throughput", "GB/s", rate * (double)role->size / 1e9);
	return r < 0 ? role_fail(role, "copy", r) : 0;
}
