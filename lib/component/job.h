/*
 * A job: one call that is being served. job.c runs the function and makes of what it did an outcome;
 * how that reaches the caller is the `back` of the job: direct.c or channel.c.
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

/* The way back. */
struct job_back {
	/*
	 * Tells the caller, once. `error` 0: it was answered with the status, and `out`, if the status is
	 * 0 and there are results: an object of the method's type whose descriptors are given. Else the runtime's
	 * error. As cohort_job_answer().
	 */
	int (*answer)(struct cohort_job *job, int error, int status, const void *out);
	bool (*cancelled)(const struct cohort_job *job);
	/* Makes what `job` refers to last; only then may the job outlive its function. */
	int (*keep)(struct cohort_job *job);
	/* After the answer: lets go of it. */
	void (*release)(struct cohort_job *job);
};

struct cohort_job {
	const struct job_back *back;
	const struct binding *service; /* served with its functions, and its port's self */
	uint32_t method;
	bool oneway;
	int64_t deadline;
	const void *in;		     /* direct: the caller's, else of `parcel` */
	struct parcel *parcel;	     /* in, or NULL until one is needed (direct) */
	struct cohort_arena *memory; /* cohort_job_alloc(), or NULL */
	void *out;		     /* what the function fills */
	bool kept;		     /* the answer comes later */
	union {
		void *direct;		  /* direct.c's struct direct_call */
		struct cohort_call *call; /* channel.c; kept, if `kept` */
	} from;
	uint64_t number; /* thread: of the place on the shelf, or 0 */
	struct frame frame;
};

/*
 * Runs the function of a job that was filled in up to `in` or `parcel`, and answers it unless it was kept.
 * Frees what belongs to the job; the struct itself, which came from malloc(), unless it was kept.
 */
void job_run(struct cohort_job *job, struct turn *turn);

#endif
