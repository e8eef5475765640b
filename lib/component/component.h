/*
 * A component as its caller has it: the configuration (a copy), the state, and the near port. How the
 * other side comes to life is a mode: a row of a table in component.c.
 *
 *	mode      far port      transport             host
 *	direct    same process  plain calls           host_new()
 *	thread    same process  channel, parcels      host_new(), host_open()
 *	loopback  same process  channel, encoded      host_new(), host_open()
 *	process   a worker      channel, encoded      in the worker (cohort_worker_main())
 */
#ifndef COMPONENT_COMPONENT_H
#define COMPONENT_COMPONENT_H

#include <pthread.h>

#include "cohort/channel.h"
#include "cohort/component.h"

struct cohort_component;
struct host;
struct supervisor;

struct mode {
	const char *name;
	bool worker; /* runs in another process: `component` is no choice, `executable` is */
	/* What of the configuration is this mode's alone. -EINVAL. May be NULL. */
	int (*check)(const struct cohort_component_config *config);
	/*
	 * Returns when the other side is there and bound (component_bind()). On failure stop() is
	 * called as well: it must take what is half built.
	 */
	int (*start)(struct cohort_component *component, int64_t deadline);
	/*
	 * The gate is shut. When it returns the near channel is closed and nothing of the other side is
	 * left. Never called inside a callback of a channel.
	 */
	void (*stop)(struct cohort_component *component);
	/* The gate was opened after start(). May be NULL. */
	void (*started)(struct cohort_component *component);
	/* Somebody joined the near channel: `port->peer`. On its handler thread. May be NULL. */
	void (*joined)(struct cohort_component *component);
	/*
	 * The session on the near channel ended. On its handler thread: must not wait. Also while
	 * it is being stopped. May be NULL.
	 */
	void (*left)(struct cohort_component *component, cohort_peer peer,
		     enum cohort_reason reason);
	/*
	 * A call to this peer is about to fail because its session ended: waits a moment until what
	 * became of it is known. May be NULL.
	 */
	void (*settle)(struct cohort_component *component, cohort_peer peer);
	/*
	 * Fills in what only the mode knows; size, state, generation, last_error are set. May be
	 * NULL.
	 */
	void (*info)(struct cohort_component *component, struct cohort_component_info *info);
};

struct cohort_component {
	struct cohort_component_config config; /* strings and tables are ours */
	struct cohort_arena *memory;	       /* theirs */
	const struct mode *mode;
	struct cohort_port *port;
	const struct cohort_component_class *class; /* direct, thread, loopback: what runs */
	void *object;				    /* dlopen()ed for it, or NULL */
	struct host *host;			    /* direct, thread, loopback */
	struct supervisor *supervisor;		    /* process: supervise.c's own */
	struct buffers *buffers;		    /* buffer.c's own: what is shown */

	pthread_mutex_t lock;
	enum cohort_component_state state;
	uint32_t generation; /* of who the gate opens to: 1, ... */
	int last_error;
	int lost;      /* component_lost() */
	bool stopping; /* cohort_component_stop() was called */
};

/* Changes the state, if it is another one, and then tells config.changed. */
void component_set_state(struct cohort_component *component, enum cohort_component_state state);
void component_set_error(struct cohort_component *component, int error);

/* A line for config.log. */
void component_log(struct cohort_component *component, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * One end of a socketpair whose other end is the far side's: opens the near channel over it, or adds
 * it to the one that is open. Takes the descriptor, whatever is returned. Does not wait. The errors of
 * cohort_open_fd().
 */
int component_open(struct cohort_component *component, int fd);
/*
 * Waits until the far side has joined. -ETIMEDOUT; or the error of component_lost().
 */
int component_await(struct cohort_component *component, int64_t deadline);
/* Both. */
int component_connect(struct cohort_component *component, int fd, int64_t deadline);
/* From another thread: whoever is waited for in component_await() will not come. */
void component_lost(struct cohort_component *component, int error);

/*
 * Exchanges the descriptions of interfaces with whoever is connected, and makes it create its
 * instance. The gate stays as it is. -EPROTO: they do not fit (the log says why); what create()
 * returned;
 * -ETIMEDOUT, -EPIPE.
 */
int component_bind(struct cohort_component *component, int64_t deadline);

/*
 * A call of the runtime's own ("component.stop", "component.buffer") to whoever is connected, past
 * the gate. `in` and *out are bytes; *out (may be NULL) is the caller's to free with
 * cohort_reply_free(). Returns the channel's error, or the status. Direct mode has no channel: not
 * for it.
 */
struct cohort_reply;
int component_request(struct cohort_component *component, const char *action, const void *in,
		      size_t length, const int *fds, size_t nfds, int64_t deadline,
		      struct cohort_reply **out);

/*
 * Shuts the gate and closes the near channel: calls under way end with -ESHUTDOWN and are waited
 * for, and so are functions of the caller's services. Harmless when repeated.
 */
void component_disconnect(struct cohort_component *component);

#endif
