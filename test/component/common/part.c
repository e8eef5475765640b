/*
 * The component, and the interfaces of both sides.
 */
#include "component/common/part.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "component/common/tables.h"

/* Interfaces. */

struct part_functions {
	part_function *of[PART_METHODS];
};

/* Of the nth function in a table of them. */
#define INVOKE(table, n)                                                                 \
	static int invoke_##n(const void *functions, void *self, struct cohort_job *job, \
			      const void *in, void *out)                                 \
	{                                                                                \
		return ((const struct table *)functions)->of[n](self, job, in, out);     \
	}

INVOKE(part_functions, PART_ECHO)
INVOKE(part_functions, PART_FAIL)
INVOKE(part_functions, PART_LINGER)
INVOKE(part_functions, PART_NEST)
INVOKE(part_functions, PART_BURST)
INVOKE(part_functions, PART_KEEP)
INVOKE(part_functions, PART_RELEASE)
INVOKE(part_functions, PART_FD)
INVOKE(part_functions, PART_NOTE)
INVOKE(part_functions, PART_NOTES)
INVOKE(part_functions, PART_TABLE)
INVOKE(part_functions, PART_ASK)
INVOKE(part_functions, PART_DEADLINE)
INVOKE(owner_functions, OWNER_NEST)
INVOKE(owner_functions, OWNER_ASK)
INVOKE(owner_functions, OWNER_NOTE)
INVOKE(told_functions, TOLD_NUMBER)

#define METHOD(n, name, in, out) [n] = { name, 0, -1, &(in), &(out), invoke_##n }
#define ONEWAY(n, name, in) \
	[n] = { name, COHORT_METHOD_ONEWAY, -1, &(in), &type_nothing, invoke_##n }

static const struct cohort_method part_methods[] = {
	METHOD(PART_ECHO, "echo", type_all, type_all),
	METHOD(PART_FAIL, "fail", type_status, type_nothing),
	METHOD(PART_LINGER, "linger", type_value, type_nothing),
	METHOD(PART_NEST, "nest", type_value, type_value),
	METHOD(PART_BURST, "burst", type_value, type_nothing),
	METHOD(PART_KEEP, "keep", type_value, type_value),
	METHOD(PART_RELEASE, "release", type_value, type_value),
	METHOD(PART_FD, "fd", type_of_handle, type_of_handle),
	ONEWAY(PART_NOTE, "note", type_value),
	METHOD(PART_NOTES, "notes", type_nothing, type_table),
	METHOD(PART_TABLE, "table", type_value, type_table),
	METHOD(PART_ASK, "ask", type_value, type_value),
	METHOD(PART_DEADLINE, "deadline", type_nothing, type_value),
};

const struct cohort_interface part_interface = { "test.Part", 0, PART_METHODS, part_methods };

static const struct cohort_method owner_methods[] = {
	METHOD(OWNER_NEST, "nest", type_value, type_value),
	METHOD(OWNER_ASK, "ask", type_value, type_value),
	ONEWAY(OWNER_NOTE, "note", type_value),
};

const struct cohort_interface owner_interface = { "test.Owner", 0, OWNER_METHODS, owner_methods };

static const struct cohort_method told_methods[] = {
	ONEWAY(TOLD_NUMBER, "number", type_value),
};

const struct cohort_interface told_interface = { "test.Told", COHORT_INTERFACE_EVENTS, TOLD_METHODS,
						 told_methods };

/* The component. */

#define NOTES_MAX 4096

struct part {
	struct cohort_port *owner;
	pthread_mutex_t lock;
	struct cohort_job *kept;
	uint32_t kept_value;
	uint32_t notes[NOTES_MAX];
	size_t nnotes;
};

static atomic_uint instances, noted;

unsigned part_instances(void)
{
	return atomic_load(&instances);
}

unsigned part_noted(void)
{
	return atomic_load(&noted);
}

static int echo(void *self, struct cohort_job *job, const void *in, void *out)
{
	struct part_all *all = out;

	(void)self;
	*all = *(const struct part_all *)in;
	if (all->handle >= 0)
		all->handle = cohort_job_fd_take(job, all->handle);
	return all->handle < -1 ? all->handle : 0;
}

static int fail(void *self, struct cohort_job *job, const void *in, void *out)
{
	(void)self;
	(void)job;
	(void)out;
	return ((const struct part_status *)in)->status;
}

/* How a component behaves that cannot be interrupted soon: it looks once in a while. */
static int linger(void *self, struct cohort_job *job, const void *in, void *out)
{
	struct timespec pause = { .tv_nsec = 200000 };

	(void)self;
	(void)out;
	if (((const struct part_value *)in)->value == PART_LINGERS)
		cohort_port_send(cohort_job_port(job), &told_interface, TOLD_NUMBER, in,
				 COHORT_METHOD_TIMEOUT);
	while (!cohort_job_cancelled(job))
		nanosleep(&pause, NULL);
	return 0;
}

static int ask_owner(struct part *part, uint32_t method, uint32_t value, uint32_t *answer)
{
	struct part_value in = { value }, *out;
	int err = cohort_port_call(part->owner, &owner_interface, method, &in, (void **)&out, NULL,
				   COHORT_METHOD_TIMEOUT);

	if (err)
		return err;
	*answer = out->value;
	cohort_out_free(out);
	return 0;
}

static int nest(void *self, struct cohort_job *job, const void *in, void *out)
{
	uint32_t depth = ((const struct part_value *)in)->value, below = 0;
	int err = depth ? ask_owner(self, OWNER_NEST, depth - 1, &below) : 0;

	(void)job;
	((struct part_value *)out)->value = below + 1;
	return err;
}

static int burst(void *self, struct cohort_job *job, const void *in, void *out)
{
	uint32_t count = ((const struct part_value *)in)->value;
	int err = 0;

	(void)self;
	(void)out;
	for (uint32_t i = 0; !err && i < count; i++) {
		struct part_value value = { i };

		err = cohort_port_send(cohort_job_port(job), &told_interface, TOLD_NUMBER, &value,
				       COHORT_METHOD_TIMEOUT);
	}
	return err;
}

static int keep(void *self, struct cohort_job *job, const void *in, void *out)
{
	const struct part_value *value;
	struct part *part = self;
	int err = cohort_job_keep(job, (const void **)&value);

	(void)in;
	(void)out;
	if (err)
		return err;
	pthread_mutex_lock(&part->lock);
	part->kept = job;
	part->kept_value = value->value;
	pthread_mutex_unlock(&part->lock);
	return 0;
}

struct later {
	struct cohort_job *job;
	struct part_value value;
};

static void *answer_later(void *arg)
{
	struct later *later = arg;

	cohort_job_answer(later->job, 0, &later->value);
	free(later);
	return NULL;
}

static int answer_from_thread(struct cohort_job *job, uint32_t value)
{
	struct later *later = malloc(sizeof(*later));
	pthread_t thread;

	*later = (struct later){ job, { value } };
	if (pthread_create(&thread, NULL, answer_later, later))
		abort();
	return -pthread_join(thread, NULL);
}

static struct cohort_job *take_kept(struct part *part, uint32_t *value)
{
	struct cohort_job *job;

	pthread_mutex_lock(&part->lock);
	job = part->kept;
	*value = part->kept_value;
	part->kept = NULL;
	pthread_mutex_unlock(&part->lock);
	return job;
}

/* 0: answers; 1: drops; 2: answers from another thread. What came of it is the result. */
static int release(void *self, struct cohort_job *job, const void *in, void *out)
{
	struct part_value value;
	struct cohort_job *kept = take_kept(self, &value.value);

	(void)job;
	if (!kept)
		return -ENOENT;
	switch (((const struct part_value *)in)->value) {
	case 0:
		((struct part_value *)out)->value = (uint32_t)-cohort_job_answer(kept, 0, &value);
		return 0;
	case 1:
		cohort_job_drop(kept);
		return 0;
	default:
		return answer_from_thread(kept, value.value);
	}
}

static int reversed(int fd)
{
	char text[64], back[64];
	ssize_t length = pread(fd, text, sizeof(text), 0);
	int made = memfd_create("reversed", MFD_CLOEXEC);

	for (ssize_t i = 0; i < length; i++)
		back[i] = text[length - 1 - i];
	if (made < 0 || length < 0 || pwrite(made, back, (size_t)length, 0) != length)
		abort();
	return made;
}

static int pass_fd(void *self, struct cohort_job *job, const void *in, void *out)
{
	int fd = cohort_job_fd_take(job, ((const struct part_handle *)in)->handle);

	(void)self;
	if (fd < 0)
		return fd;
	((struct part_handle *)out)->handle = reversed(fd);
	close(fd);
	return 0;
}

static int note(void *self, struct cohort_job *job, const void *in, void *out)
{
	struct part *part = self;

	(void)job;
	(void)out;
	atomic_fetch_add(&noted, 1);
	if (part->nnotes < NOTES_MAX)
		part->notes[part->nnotes++] = ((const struct part_value *)in)->value;
	return 0;
}

static int notes(void *self, struct cohort_job *job, const void *in, void *out)
{
	struct part *part = self;
	struct part_table *table = out;
	uint32_t *copy = cohort_job_alloc(job, sizeof(part->notes));

	(void)in;
	for (size_t i = 0; i < part->nnotes; i++)
		copy[i] = part->notes[i];
	table->numbers = (struct part_numbers){ copy, part->nnotes };
	part->nnotes = 0;
	return 0;
}

static int table(void *self, struct cohort_job *job, const void *in, void *out)
{
	static const uint32_t numbers[2][3] = { { 1, 2, 3 }, { 10, 20, 30 } };
	static const char *const texts[2] = { "ones", "tens" };
	uint32_t which = ((const struct part_value *)in)->value % 2;

	(void)self;
	(void)job;
	*(struct part_table *)out = (struct part_table){ { numbers[which], 3 }, texts[which] };
	return 0;
}

static int ask(void *self, struct cohort_job *job, const void *in, void *out)
{
	(void)job;
	return ask_owner(self, OWNER_ASK, ((const struct part_value *)in)->value,
			 &((struct part_value *)out)->value);
}

static int deadline(void *self, struct cohort_job *job, const void *in, void *out)
{
	int64_t end = cohort_job_deadline(job);
	struct timespec now;

	(void)self;
	(void)in;
	if (end == COHORT_FOREVER)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	((struct part_value *)out)->value = (uint32_t)((end / 1000000000 - now.tv_sec + 50) / 100);
	return 0;
}

static const struct part_functions functions = { {
	[PART_ECHO] = echo,
	[PART_FAIL] = fail,
	[PART_LINGER] = linger,
	[PART_NEST] = nest,
	[PART_BURST] = burst,
	[PART_KEEP] = keep,
	[PART_RELEASE] = release,
	[PART_FD] = pass_fd,
	[PART_NOTE] = note,
	[PART_NOTES] = notes,
	[PART_TABLE] = table,
	[PART_ASK] = ask,
	[PART_DEADLINE] = deadline,
} };

/* The option "fail=N" makes it fail with -N. */
static int create(struct cohort_port *caller, const char *options, void **self)
{
	struct part *part;

	if (!strncmp(options, "fail=", 5))
		return -atoi(options + 5);
	part = calloc(1, sizeof(*part));
	if (!part)
		return -ENOMEM;
	part->owner = caller;
	pthread_mutex_init(&part->lock, NULL);
	atomic_fetch_add(&instances, 1);
	*self = part;
	return 0;
}

static void destroy(void *self)
{
	struct part *part = self;

	cohort_job_drop(part->kept);
	pthread_mutex_destroy(&part->lock);
	free(part);
	atomic_fetch_sub(&instances, 1);
}

static const struct cohort_service services[] = { { &part_interface, &functions } };
static const struct cohort_interface *const uses[] = { &owner_interface, &told_interface };

const struct cohort_component_class part_class = {
	.size = sizeof(struct cohort_component_class),
	.name = "part",
	.services = services,
	.nservices = 1,
	.uses = uses,
	.nuses = 2,
	.create = create,
	.destroy = destroy,
};
