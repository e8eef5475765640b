/*
 * A port: one side's end of the way between a caller and a component. There are always two, alike:
 * the near one belongs to the caller, the far one to the component. Each knows what its side serves
 * and calls, and, once the sides are bound, what of it the other side has.
 *
 * Calls made on a port leave through its `way`: plainly (direct.c) or over a channel (link.c).
 * Calls that arrive at a port are jobs (job.h).
 *
 * The gate decides who may leave: every call enters it and leaves it, so that the end of a component
 * can wait for all that are under way.
 *
 * Locks, in the order in which they may be taken; none is held while code of the user runs or while
 * a call is made on a channel:
 *
 *	1 component->lock   states (component.h)
 *	2 port->lock        the gate, the peer
 *	3 turn->lock        whose turn it is (turn.h)
 *	4 shelf->lock       parcels under way (shelf.h)
 *	5 direct call's lock, job's lock
 */
#ifndef COMPONENT_PORT_H
#define COMPONENT_PORT_H

#include <pthread.h>
#include <stdbool.h>

#include "cohort/channel.h"
#include "cohort/component.h"
#include "component/turn.h"

struct buffers;
struct parcel;
struct parked;
struct port_call;
struct served;
struct shelf;
struct waiter;

/* One interface at one side: called (functions is NULL) or served. */
struct binding {
	struct cohort_port *port;
	const struct cohort_interface *interface;
	const void *functions;
	uint64_t hash;
	char (*actions)[COHORT_NAME_MAX + 1]; /* what its methods are called on a channel */
	/* Since the sides were bound: */
	uint32_t methods; /* as many of its methods the other side has, too */
	bool alike;	  /* the other side's tables say the same: objects need no translation */
	struct binding *other; /* direct: the other side's */
};

enum gate {
	GATE_SHUT = 0,	 /* the end, or not begun: -ESHUTDOWN */
	GATE_ABSENT = 1, /* nobody is there: -ENOTCONN */
	GATE_WAIT = 2,	 /* somebody will be: wait */
	GATE_REPLAY = 3, /* somebody is, for calls made in replay(); others wait, or -ENOTCONN */
	GATE_OPEN = 4,
};

/* How calls leave. What is accepted (0) ends with port_call_end(), exactly once. */
struct way {
	/* Waits for the outcome. */
	int (*call)(struct cohort_port *port, const struct port_call *call, struct parcel **results,
		    int *status);
	/* Does not wait. Ends with call->done, exactly once if this returns 0. */
	int (*call_async)(struct cohort_port *port, const struct port_call *call);
	int (*send)(struct cohort_port *port, const struct port_call *call);
};

/* A call as its caller made it. */
struct port_call {
	const struct binding *binding;
	uint32_t method;
	const void *in;
	int64_t deadline; /* CLOCK_MONOTONIC, or COHORT_FOREVER */
	/*
	 * Whom the gate was open to when it entered: the next worker may be there before it leaves,
	 * and not be bound yet.
	 */
	cohort_peer peer;
	cohort_port_done *done;
	void *arg;
};

struct cohort_port {
	const struct way *way;
	void *self;			    /* for the functions of its services */
	struct cohort_component *component; /* near: whose it is; far: NULL */
	const void
		*owner; /* one for both ports of a component in this process: who may not stop it */
	struct binding *uses, *services;
	size_t nuses, nservices;
	int64_t call_timeout; /* of calls without one of their own */
	bool calls_back;      /* the other side may send before it answers: fence */

	pthread_mutex_t lock;
	pthread_cond_t changed; /* on CLOCK_MONOTONIC: gate, inside, peer */
	enum gate gate;
	bool wait_for_restart;	 /* GATE_REPLAY: others wait */
	unsigned inside;	 /* calls between enter and leave */
	struct parked *parked;	 /* park.c: the line */
	int64_t soonest;	 /* park.c: the earliest deadline in it */
	pthread_t attendants[2]; /* park.c: the last one, and the one before it, which it joins */
	unsigned nattendants;
	bool bound;	  /* calls that arrive are served */
	cohort_peer peer; /* whom the gate is open to, or COHORT_NOBODY */

	/* direct */
	struct cohort_port *other;
	struct turn *turn;    /* of this side's functions */
	struct waiter *ended; /* direct.c: threads to be joined; under `lock` */

	/* thread, loopback, process */
	struct cohort *channel;
	struct served *served; /* link.c: the arguments of its actions */
	struct shelf *shelf;   /* thread: both ports' */

	struct buffers *buffers; /* buffer.c's: far: what is mapped */
};

/*
 * A port without a way yet; services and uses are referred to, not copied (the arrays are).
 * -ENOMEM, -EAGAIN
 */
int port_new(struct cohort_port **out, const struct cohort_service *services, size_t nservices,
	     const struct cohort_interface *const *uses, size_t nuses);
/* Nobody is inside and the channel is closed. NULL is allowed. */
void port_free(struct cohort_port *port);

/* Calls that arrive are served from now on, or not. */
void port_set_bound(struct cohort_port *port, bool bound);

/* The gate. Wakes who waits at it. */
void port_set_gate(struct cohort_port *port, enum gate gate);
/* Waits until nobody is inside any more. */
void port_drain(struct cohort_port *port);
/*
 * For calls of the runtime's own (component.bind and so on) as well: 0, -ESHUTDOWN, -ENOTCONN,
 * -ETIMEDOUT
 */
int port_enter(struct cohort_port *port, int64_t deadline);
/*
 * So, for those in the line (park.h), and whom the gate is open to; -ETIMEDOUT: one of them has no
 * time left.
 */
int port_enter_first(struct cohort_port *port, cohort_peer *peer);
/* Past the gate, unless it is shut: 0, -ESHUTDOWN. There may be no peer, or none that is bound. */
int port_enter_anyway(struct cohort_port *port);
void port_leave(struct cohort_port *port);
/* Whether a call that failed so did not run, for the worker is gone, and has time for the next one. */
bool port_waits_again(const struct cohort_port *port, const struct port_call *call, int err);
/* Enters once more what was entered: for what goes on when the call has returned. */
void port_hold(struct cohort_port *port);

/* The binding of an interface that is used or served here under this name, or NULL. */
struct binding *binding_find(struct binding *bindings, size_t count, const char *name);

#endif
