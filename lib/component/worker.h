/*
 * worker: one worker process, from the caller's side: starting, signalling, reaping it.
 *
 * It is started with its channel as descriptor 3, /dev/null as its input, the log or /dev/null as
 * output and error, and nothing else of ours: descriptors, signal mask, signal handling. It leads a
 * process group of its own, so that a Ctrl-C in the terminal is for the application, which stops its
 * components as it sees fit, and so that what the worker started can be ended with it.
 *
 * It is known by a pidfd, so that no signal and no wait can hit another process. It is killed when
 * the *thread* that started it ends (PR_SET_PDEATHSIG): only a thread which lives as long as the
 * component may start it.
 *
 * For one thread at a time, but worker_signal(), which any may call between start and reap.
 */
#ifndef COMPONENT_WORKER_H
#define COMPONENT_WORKER_H

#include "cohort/component.h"

/* Of the arguments of a worker: one that does not know this number refuses to run. */
#define WORKER_PROTOCOL 1
#define WORKER_CHANNEL 3

struct worker_settings {
	const char *program; /* with '/', or of $PATH; NULL: cohort-worker, wherever it is */
	const char *path;    /* the object to load, or NULL */
	int log_fd;	     /* or -1 */
	const struct cohort_sandbox *sandbox;
};

struct worker {
	pid_t pid; /* 0: none */
	int pidfd; /* readable once it has ended; -1: none, or it has ended and was reaped by another */
	int channel;	      /* our end; -1 */
	int status;	      /* as waitpid(2) has it, or -1: not known, once it has ended */
	int64_t traced_until; /* it has ended, and its tracer is given so long to see that */
};

#define WORKER_INIT              \
	{                        \
		0, -1, -1, -1, 0 \
	}

/*
 * Starts one. It may be gone already when this returns 0.
 * -ENOENT, -EACCES, -ENOEXEC... : the program cannot be executed; -EMFILE, -ENOMEM, -EAGAIN
 */
int worker_start(struct worker *worker, const struct worker_settings *settings);

/* The descriptor is the caller's. */
int worker_channel_take(struct worker *worker);

/* 0, or a negative errno; -ESRCH: it is gone. */
int worker_signal(const struct worker *worker, int signal);

/* Whether it has, or is none. */
bool worker_has_ended(const struct worker *worker);

/*
 * Takes its exit status if it has ended, and ends what is left of its process group. Does not block.
 * False: it still runs, or who traces it has not seen its end yet.
 */
bool worker_reap(struct worker *worker);

/* Until it is worth trying to reap it, or the deadline, or for no reason. */
void worker_wait(const struct worker *worker, int64_t deadline);

/* Kills and reaps it if it still runs, and closes everything. */
void worker_end(struct worker *worker);

#endif
