/*
 * Everything but the name goes into the attributes of pthread_create(3), which starts nothing if
 * one of them cannot be applied. The signal mask, too: blocking all signals in the creator for a
 * moment would work as well, but would touch the application's thread. The name is set by the new
 * thread itself, because its creator would need /proc for it.
 */
#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What a new thread needs to know; it frees this. */
struct start {
	void *(*run)(void *);
	void *arg;
	bool named;
	char name[THREAD_NAME_MAX + 1];
};

static void *thread_main(void *arg)
{
	struct start start = *(struct start *)arg;

	free(arg);
	if (start.named)
		pthread_setname_np(pthread_self(), start.name);
	return start.run(start.arg);
}

static struct start *start_new(const char *name, void *(*run)(void *), void *arg)
{
	struct start *start = calloc(1, sizeof(*start));

	if (!start)
		return NULL;
	start->run = run;
	start->arg = arg;
	if (name) {
		start->named = true;
		memcpy(start->name, name, strnlen(name, THREAD_NAME_MAX));
	}
	return start;
}

static int attr_set_schedule(pthread_attr_t *to, int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };
	int error;

	error = pthread_attr_setinheritsched(to, PTHREAD_EXPLICIT_SCHED);
	if (!error)
		error = pthread_attr_setschedpolicy(to, policy);
	if (!error)
		error = pthread_attr_setschedparam(to, &param);
	return error;
}

/* Returns a positive errno, as the calls it makes. */
static int attr_fill(pthread_attr_t *to, const struct thread_attr *attr)
{
	sigset_t all;
	int error;

	sigfillset(&all);
	error = pthread_attr_setsigmask_np(to, &all);
	if (!error && attr->stack)
		error = pthread_attr_setstacksize(to, attr->stack);
	if (!error && attr->cpus)
		error = pthread_attr_setaffinity_np(to, sizeof(*attr->cpus), attr->cpus);
	if (!error && attr->policy != -1)
		error = attr_set_schedule(to, attr->policy, attr->priority);
	return error;
}

static int thread_create(pthread_t *thread, const struct thread_attr *attr, struct start *start)
{
	pthread_attr_t filled;
	pthread_t created;
	int error;

	error = pthread_attr_init(&filled);
	if (error)
		return -error;
	error = attr_fill(&filled, attr);
	if (!error)
		error = pthread_create(&created, &filled, thread_main, start);
	pthread_attr_destroy(&filled);
	if (error)
		return -error;
	*thread = created;
	return 0;
}

int thread_start(pthread_t *thread, const struct thread_attr *attr, void *(*run)(void *), void *arg)
{
	static const struct thread_attr inherit = THREAD_ATTR_DEFAULT;
	struct start *start;
	int err;

	if (!attr)
		attr = &inherit;
	start = start_new(attr->name, run, arg);
	if (!start)
		return -ENOMEM;
	err = thread_create(thread, attr, start);
	if (err)
		free(start);
	return err;
}

int thread_join(pthread_t thread)
{
	return -pthread_join(thread, NULL);
}
