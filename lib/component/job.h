/*
 * A job: one call that is being served. job.c runs the function and makes of what it did an outcome;
 * how that reaches the caller is the `back` of the job: direct.c or link.c.
 */
#ifndef COMPONENT_JOB_H
#define COMPONENT_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cohort/component.h"
#include "component/frame.h"
#include "component/port.h"

struct parcel;
struct shelf;

/* The way back. */
struct job_back {
	/*
	 * Tells the caller, once. `error` 0: it was answered with the status; if that is 0 `out` is the
	 * results, whose descriptors are borrowed. Else the runtime's error. Returns as
	 * cohort_job_answer().
	 */
	int (*answer)(struct cohort_job *job, int error, int status, const void *out);
	bool (*cancelled)(const struct cohort_job *job);
	/* From now on the job may outlive its function. */
	int (*keep)(struct cohort_job *job);
	/* It ends: lets go of what `from` refers to. */
	void (*release)(struct cohort_job *job);
};

struct cohort_job {
	const struct job_back *back;
	const struct binding *service; /* served with its functions, and its port's self */
	const struct cohort_method *method;
	bool oneway;
	int64_t deadline;
	const void *in;	       /* of `parcel`; direct: the caller's, as long as the function runs */
	struct parcel *parcel; /* direct: NULL, unless it was kept or translated */
	int *borrowed;	       /* direct: descriptors of `in`, once one was taken; -1: taken */
	size_t nborrowed;
	struct cohort_arena *memory; /* cohort_job_alloc(), or NULL */
	bool kept;		     /* the answer comes later */
	atomic_uint refs;	     /* the function; if kept, who answers. Partner: job_unref() */
	union {
		struct direct_call *direct; /* direct.c */
		struct cohort_call *call;   /* link.c */
	} from;
	struct shelf *shelf; /* thread: a reference, or NULL */
	uint64_t number;     /* thread: of the place on the shelf, or 0: encoded */
	void *out;	     /* what the function fills: behind this struct */
};

/* With everything but back, deadline, in or parcel, and from. -ENOMEM */
int job_new(struct cohort_job **out, const struct binding *service, uint32_t method);
/* A job that never ran, without and with `back` and `from`. */
void job_free(struct cohort_job *job);
void job_drop(struct cohort_job *job);

/*
 * Runs the function, answers unless it was kept, and frees the job. `frame` has owner and deadline
 * set, and, in mode direct, home and turn; it is popped on return, and says what became of the
 * turn.
 */
void job_run(struct cohort_job *job, struct frame *frame);

#endif
