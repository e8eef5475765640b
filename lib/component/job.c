/*
 * job.c: a call from the moment at which its parameters are there to the answer.
 *
 * A job ends when its function has returned and it was answered. Mostly that is one moment. A job that
 * was kept may be answered by another thread while its function still runs: so both hold a reference,
 * and whatever the job owns (parameters, memory) goes with the last.
 *
 * Descriptors: those of the parameters are the job's, and closed with it unless they were taken; in
 * mode direct they are the caller's, and taking one makes a duplicate. Those of the results are the
 * job's to close once the answer is away. A descriptor may well be in both (a function that returns
 * what it got): then it is closed, or not, as one of the parameters.
 */
#include "component/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "component/clock.h"
#include "component/handles.h"
#include "component/parcel.h"

#define STATUS_MIN (-4095)
#define FD_MIN 3
#define OUT_AT ((sizeof(struct cohort_job) + 15) & ~(size_t)15)

int job_new(struct cohort_job **out, const struct binding *service, uint32_t method)
{
	const struct cohort_method *m = &service->interface->methods[method];
	struct cohort_job *job = calloc(1, OUT_AT + m->out->size);

	if (!job)
		return -ENOMEM;
	job->service = service;
	job->method = m;
	job->out = (unsigned char *)job + OUT_AT;
	job->deadline = COHORT_FOREVER;
	atomic_init(&job->refs, 1);
	cohort_init(m->out, job->out);
	*out = job;
	return 0;
}

void job_free(struct cohort_job *job)
{
	parcel_free(job->parcel);
	cohort_arena_free(job->memory);
	free(job->borrowed);
	free(job);
}

static void job_unref(struct cohort_job *job)
{
	/* acq_rel: what the other holder did to the job happened before it is freed */
	if (atomic_fetch_sub_explicit(&job->refs, 1, memory_order_acq_rel) != 1)
		return;
	job->back->release(job);
	job_free(job);
}

void job_drop(struct cohort_job *job)
{
	job_unref(job);
}

/* Descriptors of results. */

struct handle_list {
	int fds[COHORT_FDS_MAX];
	size_t count;
};

static int list_handle(int *handle, void *arg)
{
	struct handle_list *list = arg;

	for (size_t i = 0; i < list->count; i++)
		if (list->fds[i] == *handle)
			return 0;
	if (list->count < COHORT_FDS_MAX)
		list->fds[list->count++] = *handle;
	return 0;
}

static bool is_parameter(const struct cohort_job *job, int fd)
{
	struct handle_list list = { .count = 0 };

	if (job->parcel && parcel_has_fd(job->parcel, fd))
		return true;
	if (job->kept) /* the caller may have gone, and its numbers be others' */
		return false;
	for (size_t i = 0; i < job->nborrowed; i++)
		if (job->borrowed[i] == fd)
			return true;
	if (job->borrowed || !job->in || (job->parcel && job->in == job->parcel->object))
		return false;
	handles_each(job->method->in, (void *)(uintptr_t)job->in, list_handle, &list);
	for (size_t i = 0; i < list.count; i++)
		if (list.fds[i] == fd)
			return true;
	return false;
}

static void close_results(struct cohort_job *job, const void *out)
{
	struct handle_list list = { .count = 0 };

	handles_each(job->method->out, (void *)(uintptr_t)out, list_handle, &list);
	for (size_t i = 0; i < list.count; i++)
		if (!is_parameter(job, list.fds[i]))
			close(list.fds[i]);
}

static int answer(struct cohort_job *job, int status, const void *out)
{
	int err;

	if (status > 0 || status < STATUS_MIN)
		status = -EINVAL;
	err = job->back->answer(job, 0, status, status ? NULL : out);
	if (out)
		close_results(job, out);
	return err;
}

void job_run(struct cohort_job *job, struct frame *frame)
{
	const struct binding *service = job->service;
	int status;

	frame_push(frame);
	status = job->method->invoke(service->functions, service->port->self, job, job->in,
				     job->out);
	frame_pop(frame);
	if (!job->kept)
		answer(job, status, job->out);
	job_unref(job);
}

/* What functions call. */

void *cohort_job_alloc(struct cohort_job *job, size_t size)
{
	if (!job || (!job->memory && cohort_arena_new(&job->memory)))
		return NULL;
	return cohort_arena_alloc(job->memory, size);
}

static int list_borrowed(int *handle, void *arg)
{
	struct cohort_job *job = arg;

	job->borrowed[job->nborrowed++] = *handle;
	return 0;
}

static int borrow(struct cohort_job *job)
{
	void *in = (void *)(uintptr_t)job->in;

	if (job->borrowed)
		return 0;
	job->borrowed = calloc(handles_count(job->method->in, in) + 1, sizeof(int));
	return job->borrowed ? handles_each(job->method->in, in, list_borrowed, job) : -ENOMEM;
}

static int take_borrowed(struct cohort_job *job, int fd)
{
	int err = borrow(job), dup;

	for (size_t i = 0; !err && i < job->nborrowed; i++) {
		if (job->borrowed[i] != fd)
			continue;
		dup = fcntl(fd, F_DUPFD_CLOEXEC, FD_MIN);
		if (dup < 0)
			return -errno;
		job->borrowed[i] = -1;
		return dup;
	}
	return err ? err : -EINVAL;
}

int cohort_job_fd_take(struct cohort_job *job, int fd)
{
	int taken;

	if (!job || fd < 0)
		return -EINVAL;
	taken = job->parcel ? parcel_fd_take(job->parcel, fd) : -EINVAL;
	if (taken >= 0 || (job->parcel && !job->borrowed))
		return taken;
	return take_borrowed(job, fd);
}

struct cohort_port *cohort_job_port(struct cohort_job *job)
{
	return job ? job->service->port : NULL;
}

int64_t cohort_job_deadline(const struct cohort_job *job)
{
	return job ? job->deadline : COHORT_FOREVER;
}

bool cohort_job_cancelled(const struct cohort_job *job)
{
	return job && job->back->cancelled(job);
}

/*
 * Direct: the caller may give up before the job ends, so nothing may refer to its object any more. The
 * function that runs still can, and take the descriptors of either.
 */
static int own_parameters(struct cohort_job *job)
{
	int err = borrow(job);

	if (!err)
		err = parcel_copy(&job->parcel, job->method->in, job->in);
	if (!err)
		job->in = job->parcel->object;
	return err;
}

int cohort_job_keep(struct cohort_job *job, const void **kept_in)
{
	int err = 0;

	if (!job)
		return -EINVAL;
	if (job->kept)
		return -EALREADY;
	if (job->oneway)
		return -EOPNOTSUPP;
	if (!job->parcel)
		err = own_parameters(job);
	if (!err)
		err = job->back->keep(job);
	if (err)
		return err;
	job->kept = true;
	atomic_fetch_add_explicit(&job->refs, 1, memory_order_relaxed);
	if (kept_in)
		*kept_in = job->parcel->object;
	return 0;
}

int cohort_job_answer(struct cohort_job *job, int status, const void *out)
{
	int err;

	if (!job || !job->kept)
		return -EINVAL;
	if (!status && !out)
		out = job->method->out->count ? NULL : job->out;
	err = status || out ? answer(job, status, out) : job->back->answer(job, -EBADMSG, 0, NULL);
	job_unref(job);
	return err;
}

void cohort_job_drop(struct cohort_job *job)
{
	if (!job || !job->kept)
		return;
	job->back->answer(job, -ECANCELED, 0, NULL);
	job_unref(job);
}
