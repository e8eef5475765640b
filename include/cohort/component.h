/*
 * Components: a part of a program behind an interface, which runs in the caller's thread, in a
 * thread of its own, or in an isolated process. Which of them is chosen when it is started, and
 * changes nothing else: the order of calls, what may call what, the states it goes through, and the
 * errors are the same.
 *
 *	struct cohort_component_config config = COHORT_COMPONENT_CONFIG_INIT;
 *	config.mode = "process";
 *	config.path = "/usr/lib/isp/isp.so";
 *	config.sandbox.options = COHORT_SANDBOX_FULL;
 *	err = cohort_component_start(&component, &config);
 *	err = isp_configure(cohort_component_port(component), &in, &out, &status, COHORT_MS(50));
 *
 * cohort-idl(1) writes the types, isp_configure() and its like, and the table of functions that the
 * component fills. All of this is libcohort-component, which uses libcohort.
 *
 * The modes:
 *
 * direct    a plain call. Nothing is encoded, there is no thread (but one for each asynchronous call
 *           whose answer was postponed)
 * thread    a thread of its own takes the calls; objects are copied, not encoded
 * loopback  as thread, but everything goes through the encoding and its limits: what isolation would
 *           break shows in a unit test
 * process   a worker: another process, which may be locked away, dies alone, and is started again
 *
 * What holds in each of them:
 * - Calls of one thread are served in their order. The functions of a component run one at a time,
 *   until one of them itself makes a call that waits: from then on others may run beside it.
 * - Calls may nest, in both directions and through several components.
 * - An event (and each one-way call) that a function sent before it returned has been handled before
 *   its caller's call returns, or its handler itself waits.
 * - The completion of an asynchronous call may run before the function that made it returns, on any
 *   thread: hold no lock that it takes.
 * - A call that did not return in time is -ETIMEDOUT, also if the component could not be stopped and
 *   went on to its end.
 *
 * What is different in direct, where an event's handler runs inside the function that sent the event,
 * and in the others after it: when such a handler calls, other functions may run beside the one that
 * sent the event, and a buffer that it removes is gone for that function, too. What is queued behind
 * a function that runs has no bound, and an asynchronous call that timed out there is told when its
 * turn comes.
 *
 * Any function here may be called from any thread, and from the component's functions and callbacks
 * unless it says otherwise. Timeouts are nanoseconds; COHORT_METHOD_TIMEOUT is the method's own
 * ([timeout]), else config.call_timeout.
 */
#ifndef COHORT_COMPONENT_H
#define COHORT_COMPONENT_H

#include "cohort/codec.h"
#include "cohort/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COHORT_METHOD_TIMEOUT INT64_MIN

/* One side's end of the way to the other side: calls are made on it. */
struct cohort_port;
/* A component that was started, as its caller sees it. */
struct cohort_component;
/* A call that is being served, as the function that serves it sees it. */
struct cohort_job;

/* An interface, and the functions (the generated struct X_functions) that serve it. */
struct cohort_service {
	const struct cohort_interface *interface;
	const void *functions;
};

/*
 * What a component is. A shared object defines one with COHORT_COMPONENT; a program gives a pointer.
 */
struct cohort_component_class {
	size_t size; /* sizeof(struct cohort_component_class) */
	const char *name;
	const struct cohort_service *services; /* what it serves */
	size_t nservices;
	const struct cohort_interface *const *uses; /* what it calls at its caller */
	size_t nuses;
	/*
	 * Makes an instance: *self goes to each function. `options` is config.options, or "". Must
	 * not call `caller` before it returns. A negative errno makes the start fail with it.
	 */
	int (*create)(struct cohort_port *caller, const char *options, void **self);
	/* No function runs any more. Calls on the port fail with -ESHUTDOWN. May be NULL. */
	void (*destroy)(void *self);
};

/* In a shared object: const struct cohort_component_class COHORT_COMPONENT = { ... }; */
#define COHORT_COMPONENT cohort_component_exported
COHORT_API extern const struct cohort_component_class COHORT_COMPONENT;

enum cohort_component_state {
	COHORT_COMPONENT_STARTING = 1,
	COHORT_COMPONENT_RUNNING = 2,
	COHORT_COMPONENT_RESTARTING =
		3,		     /* process: the worker is gone, and the next one is awaited */
	COHORT_COMPONENT_FAILED = 4, /* process: gone, and there will be no other */
	COHORT_COMPONENT_STOPPING = 5,
};

/* --- The sandbox of a worker ------------------------------------------------------------------------ */

#define COHORT_SANDBOX_USER UINT32_C(0x001)	  /* a user namespace: no privilege outside */
#define COHORT_SANDBOX_NETWORK UINT32_C(0x002)	  /* a network namespace: no network */
#define COHORT_SANDBOX_MOUNT UINT32_C(0x004)	  /* a mount namespace */
#define COHORT_SANDBOX_PID UINT32_C(0x008)	  /* a pid namespace: sees no other process */
#define COHORT_SANDBOX_IPC UINT32_C(0x010)	  /* an ipc namespace */
#define COHORT_SANDBOX_PRIVILEGES UINT32_C(0x020) /* no_new_privs */
#define COHORT_SANDBOX_LANDLOCK UINT32_C(0x040)	  /* opens no file once it is loaded */
#define COHORT_SANDBOX_SECCOMP UINT32_C(0x080) /* a list of the system calls that a worker needs */
#define COHORT_SANDBOX_LIMITS UINT32_C(0x100)  /* the limits below */
#define COHORT_SANDBOX_ENVIRONMENT UINT32_C(0x200) /* only `environment` below */
#define COHORT_SANDBOX_COUNT 10
#define COHORT_SANDBOX_FULL UINT32_C(0x3ff)

enum cohort_sandbox_policy {
	COHORT_SANDBOX_REQUIRE = 0, /* what cannot be applied makes the start fail */
	COHORT_SANDBOX_WEAKEN =
		1, /* it runs without, and cohort_component_info() and the log say so */
};

struct cohort_sandbox {
	uint32_t options;
	enum cohort_sandbox_policy policy;
	/* COHORT_SANDBOX_LIMITS; 0: the default named here */
	uint64_t max_memory; /* bytes of address space: 1 GiB */
	uint64_t max_files;  /* descriptors: 1024 */
	uint64_t max_cpu;    /* seconds of CPU time: none */
	/* COHORT_SANDBOX_ENVIRONMENT: "NAME=value", ends with NULL; may be NULL: none */
	const char *const *environment;
};

enum cohort_sandbox_outcome {
	COHORT_SANDBOX_NOT_ASKED = 0,
	COHORT_SANDBOX_APPLIED = 1,
	COHORT_SANDBOX_UNAVAILABLE = 2, /* this kernel or its configuration does not have it */
	COHORT_SANDBOX_FAILED = 3,
};

/* "network namespace": of one option, or "?" */
COHORT_API const char *cohort_sandbox_name(uint32_t option);

/* --- Starting ------------------------------------------------------------------------------------------ */

enum cohort_restart {
	COHORT_RESTART_NEVER = 0,
	COHORT_RESTART_ON_FAILURE = 1, /* unless it ended by itself with exit status 0 */
	COHORT_RESTART_ALWAYS = 2,
};

struct cohort_component_config {
	size_t size; /* set by COHORT_COMPONENT_CONFIG_INIT; 0 is -EINVAL */
	/* "direct", "thread", "loopback", "process"; NULL: $COHORT_COMPONENT_MODE, else "thread" */
	const char *mode;
	/* What to run: exactly one of these; process needs one of the last two. */
	const struct cohort_component_class *component; /* lasts as long as it runs */
	const char *path;	/* a shared object that defines COHORT_COMPONENT */
	const char *executable; /* process only: a program that calls cohort_worker_main() */
	const char *
		worker; /* the program that loads `path`; NULL: cohort-worker, beside the library or in $PATH */
	const char *options; /* for create(); NULL: "" */

	/* The caller's side. What it calls must fit what the component serves. */
	const struct cohort_interface *const *uses;
	size_t nuses;
	const struct cohort_service *services; /* what the component may call: its events, too */
	size_t nservices;
	void *self; /* for their functions */

	int64_t start_timeout; /* 5 s: until it is ready */
	int64_t stop_timeout; /* 1 s: for an orderly end, then SIGTERM, and after as long SIGKILL */
	int64_t call_timeout; /* 5 s: of calls without one of their own */

	/* Process. */
	struct cohort_sandbox sandbox;
	int log_fd; /* its standard output and error; -1: /dev/null. Borrowed while it runs */
	enum cohort_restart restart;
	uint32_t restart_limit;	   /* at most so many, up to 65536; 0: no limit */
	int64_t restart_window;	   /* within this time, or 0: ever */
	int64_t restart_delay;	   /* before the first; twice as long each time: 10 ms */
	int64_t restart_delay_max; /* 1 s */
	/*
	 * Calls made meanwhile wait for the next worker, up to their timeout, else -ENOTCONN. (In the
	 * callbacks below, on the thread that starts it, they cannot wait.)
	 */
	bool wait_for_restart;

	/* Called on the component's supervising thread, or on the thread that starts or stops it. */
	/*
	 * The worker was started again, as generation 2 or later: bring it to the state that it must
	 * have. Only calls made in here reach it before this has returned; an error is taken for its
	 * failure.
	 */
	int (*replay)(struct cohort_component *component, uint32_t generation, void *user);
	void (*changed)(struct cohort_component *component, enum cohort_component_state state,
			void *user);
	void (*log)(struct cohort_component *component, const char *text, void *user);
	void *user;
};

#define COHORT_COMPONENT_CONFIG_INIT                                                               \
	{                                                                                          \
		sizeof(struct cohort_component_config), NULL, NULL, NULL, NULL, NULL, NULL, NULL,  \
			0, NULL, 0, NULL, COHORT_SECONDS(5), COHORT_SECONDS(1), COHORT_SECONDS(5), \
			{ 0, COHORT_SANDBOX_REQUIRE, 0, 0, 0, NULL }, -1, COHORT_RESTART_NEVER, 0, \
			0, COHORT_MS(10), COHORT_SECONDS(1), false, NULL, NULL, NULL, NULL         \
	}

/*
 * Starts a component and waits until it is ready. Blocks up to config.start_timeout. *out is the
 * caller's, for cohort_component_stop(). Strings and tables of the config are copied, the interfaces,
 * functions and class it points to are not.
 *
 * -EINVAL    the config is not valid, or $COHORT_COMPONENT_MODE
 * -ENOENT    no such file, or no worker program;  -ELIBBAD: the object does not load or has no COHORT_COMPONENT
 * -EACCES, -ENOEXEC  the worker program cannot be executed
 * -EPROTO    the interfaces do not fit: the log says which and where
 * -ETIMEDOUT it was not ready in time;  -EPIPE: the worker ended before it was
 * -EPERM     the sandbox could not be applied, and has to be: the log says what
 * -EBADF     log_fd is not open
 * -EMFILE, -ENOMEM, -EAGAIN  no resources; and what create() returned
 */
COHORT_API int cohort_component_start(struct cohort_component **out,
				      const struct cohort_component_config *config);

/*
 * Ends a component: calls under way end with -ESHUTDOWN, functions that run are waited for (process:
 * up to config.stop_timeout, then SIGTERM, then SIGKILL), destroy() is called, the worker is reaped.
 * When it returns 0 nothing is left, and the handle is gone. NULL: 0. -EDEADLK: called from one of
 * its own functions or callbacks: nothing happened. -EALREADY: another thread is stopping it.
 */
COHORT_API int cohort_component_stop(struct cohort_component *component);

/* The way to its functions; as long as the component. NULL for NULL. */
COHORT_API struct cohort_port *cohort_component_port(struct cohort_component *component);

struct cohort_component_info {
	size_t size; /* sizeof(struct cohort_component_info) */
	enum cohort_component_state state;
	uint32_t generation; /* 1, and one more with each restart */
	pid_t pid;	     /* of the worker, or 0 */
	int last_exit;	/* of the worker before, as waitpid(2) has it, or -1: none, or not known */
	int last_error; /* why it failed or had to be restarted, or 0 */
	enum cohort_sandbox_outcome sandbox[COHORT_SANDBOX_COUNT]; /* by bit */
};

/* Does not block. -EINVAL */
COHORT_API int cohort_component_info(struct cohort_component *component,
				     struct cohort_component_info *info);

/* --- Calls: what the generated functions use ------------------------------------------------------------- */

/*
 * Calls a method and waits. `in` is borrowed until return; NULL if there are no parameters. On
 * success *out, if out is not NULL, is the results, for cohort_out_free(). `status` gets what the
 * function returned, if it is not NULL; if it is, an error of the function is returned as if it
 * were the call's own. Unless the status is 0 there are no results, and *out is NULL. When this
 * returns an error *out and *status are untouched.
 *
 * 0           it was answered
 * -ENOTCONN   no worker now, or ever again: it did not run;  -ENOSYS: the other side has no such method
 * -EPIPE      the worker died; cohort_component_info() has its exit status;  -ESHUTDOWN: it is being stopped
 * -ETIMEDOUT  no answer in time;  -ECANCELED: the job was dropped
 * -EAGAIN     too much is waiting already: it did not run;  -EDEADLK, -EBUSY: nested too deep: it did not run
 * -EINVAL, -EBADF, -E2BIG, -EEXIST, -ELOOP  `in` cannot be encoded (not found in modes direct and thread)
 * -EBADMSG    what came back is no such result;  -EMSGSIZE, -EMFILE, -ENOMEM
 */
COHORT_API int cohort_port_call(struct cohort_port *port, const struct cohort_interface *interface,
				uint32_t method, const void *in, void **out, int *status,
				int64_t timeout);

/*
 * Called exactly once for each accepted asynchronous call. `error` and `status` are as above; `out`
 * is the callback's to free, and NULL unless both are 0.
 */
typedef void cohort_port_done(struct cohort_port *port, int error, int status, void *out,
			      void *arg);

/* Calls without waiting. On an error `done` is not called. */
COHORT_API int cohort_port_call_async(struct cohort_port *port,
				      const struct cohort_interface *interface, uint32_t method,
				      const void *in, int64_t timeout, cohort_port_done *done,
				      void *arg);

/*
 * Calls a method one-way: nobody hears what became of it. Waits for room up to `timeout`. 0: it will
 * be served, unless the component dies before.
 */
COHORT_API int cohort_port_send(struct cohort_port *port, const struct cohort_interface *interface,
				uint32_t method, const void *in, int64_t timeout);

/* Frees results, and closes the descriptors in them that were not taken. NULL is allowed. */
COHORT_API void cohort_out_free(void *out);
/* Makes a descriptor of the results the caller's. Returns it, or -EINVAL: it is none of theirs. */
COHORT_API int cohort_out_fd_take(void *out, int fd);

/* --- Serving: for the functions of a service --------------------------------------------------------------- */

/*
 * A generated function gets the job, `self`, `in` and, if it has results, `out`. `in` is valid until
 * it returns. It returns 0, or a negative errno (-1 to -4095), which is the call's status. What `out`
 * refers to must last until it returns: static, or of cohort_job_alloc(). Descriptors in `out` are
 * closed once they were sent, also when sending fails.
 */

/* Zeroed memory that lasts until the call is answered, or NULL. */
COHORT_API void *cohort_job_alloc(struct cohort_job *job, size_t size);
/*
 * Makes a descriptor of `in` the function's own. Returns it (maybe another number), or -EINVAL,
 * -EMFILE.
 */
COHORT_API int cohort_job_fd_take(struct cohort_job *job, int fd);
/* The way back to the caller. Of a kept job only as long as the component runs. */
COHORT_API struct cohort_port *cohort_job_port(struct cohort_job *job);
/* CLOCK_MONOTONIC nanoseconds at which the caller stops waiting, or COHORT_FOREVER. */
COHORT_API int64_t cohort_job_deadline(const struct cohort_job *job);
/* Whether it has stopped waiting. */
COHORT_API bool cohort_job_cancelled(const struct cohort_job *job);
/*
 * Postpones the answer: from then on the job is answered with cohort_job_answer() or
 * cohort_job_drop(), from any thread, and what the function returns and leaves in `out` does not count.
 * *kept_in, if not NULL, gets a copy of `in` that lasts as long as the job. -EALREADY, -ENOMEM;
 * -EOPNOTSUPP: nobody waits for an answer
 */
COHORT_API int cohort_job_keep(struct cohort_job *job, const void **kept_in);
/*
 * Answers a kept job and frees it, whatever is returned. `out` may be NULL unless the status is 0
 * and there are results. -ETIMEDOUT, -ECANCELED, -EPIPE, -ESHUTDOWN: nobody waits any more; else as
 * a call's encoding.
 */
COHORT_API int cohort_job_answer(struct cohort_job *job, int status, const void *out);
/* Frees a kept job; its caller gets -ECANCELED. NULL is allowed. */
COHORT_API void cohort_job_drop(struct cohort_job *job);

/* --- Buffers: memory that both sides see ---------------------------------------------------------------------- */

#define COHORT_BUFFER_READ UINT32_C(0x1)
#define COHORT_BUFFER_WRITE UINT32_C(0x2) /* else the component cannot, however hard it tries */
#define COHORT_BUFFERS_MAX 4096		  /* at one time, of one component */

/*
 * Shows a part of a file to the component; from then on only the id travels. The descriptor is
 * borrowed. It must be a memfd sealed against shrinking (F_SEAL_SHRINK) and not of huge pages, or a
 * dma-buf, and hold offset + length bytes; the offset is a multiple of the page size. Ids count up from
 * 1; none is used twice. After a restart buffers are shown to the next worker before replay() is
 * called. Waits for the component, up to config.call_timeout.
 *
 * For reading only the component gets a descriptor that was opened so. Of a memfd one is made
 * through /proc; a dma-buf must have been exported so. A worker of the same user could open the
 * memfd again for writing, unless its sandbox (COHORT_SANDBOX_SECCOMP) or the file
 * (F_SEAL_FUTURE_WRITE) keeps it from that.
 *
 * -EINVAL bad arguments, or not enough bytes;  -EBADF;  -EPERM: not such a file, not writable, or it
 * cannot be narrowed to reading;  -EMFILE: no descriptors, or COHORT_BUFFERS_MAX are there
 * -ENOMEM, and the errors of a call: it is not there
 */
COHORT_API int cohort_buffer_add(struct cohort_component *component, int fd, uint64_t offset,
				 size_t length, uint32_t access, uint32_t *id);
/*
 * Takes it away: it is unmapped at the component when this returns 0. -ENOENT: no such buffer. The
 * errors of a call: it may still be there, though no longer after a restart; one can try again.
 */
COHORT_API int cohort_buffer_remove(struct cohort_component *component, uint32_t id);

struct cohort_buffer {
	size_t size; /* sizeof(struct cohort_buffer) */
	void *data;  /* read-only memory unless access says COHORT_BUFFER_WRITE */
	size_t length;
	uint32_t access;
};

/*
 * For the component: where a buffer lies. Valid until the caller removes it, which waits for the
 * function that runs, but not for one that itself waits for a call, nor for a kept job. -ENOENT: no
 * such buffer; -EINVAL
 */
COHORT_API int cohort_buffer_find(struct cohort_port *caller, uint32_t id,
				  struct cohort_buffer *buffer);

/* --- Workers ------------------------------------------------------------------------------------------------ */

/*
 * The main() of a worker. With a class it serves that; with NULL it loads the object that its
 * caller names. The channel is descriptor 3. Returns the exit status, when its caller says so or
 * has gone.
 */
COHORT_API int cohort_worker_main(int argc, char **argv,
				  const struct cohort_component_class *component);

#ifdef __cplusplus
}
#endif

#endif
