/*
 * The scene of a run: a primary and a secondary in this process, what their handlers and callbacks
 * saw, and the judgement afterwards.
 *
 * Every message and request has a number of its own, so that afterwards each can be asked about:
 * was it accepted, did a handler run, how often, was its loss reported? A call that failed must
 * have had no effect, one that was accepted must have had its effect once.
 */
#ifndef COHORT_TEST_FAULT_SCENE_H
#define COHORT_TEST_FAULT_SCENE_H

#include "cohort.h"
#include "fault/common/inject.h"
#include "support/support.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

/* Sizes of bodies that travel in the ring, in the bulk ring, and in a memfd. */
#define SMALL KIB
#define BULK (128 * KIB)
#define LARGE (8 * MIB)

#define SCENE_FDS 3

/* For what must happen. */
#define PATIENCE COHORT_MS(PATIENCE_MS)

/* What ends a close or a handshake of which a fault took the rest. */
#define GIVING_UP COHORT_SECONDS(5)

/* As long as a session's set-up may take, and calls in a scenario. */
#define SHORT COHORT_MS(400)

enum side {
	PRIMARY,
	SECONDARY
};

/* Before the fault: takes the census, opens nothing. */
void scene_begin(bool by_pair);

/*
 * Opens what is not open. scene_open_side() returns what cohort_open() did, and looks whether a
 * failure left anything behind.
 */
int scene_open_side(enum side side);
void scene_open(void);

/* The pair of sockets that the sides are opened over. */
void scene_make_pair(void);

struct cohort *scene_handle(enum side side);

/* What a call did, for the judgement. */
int scene_send(enum side from, size_t size, size_t nfds);
int scene_broadcast(size_t size, size_t nfds);
int scene_request(enum side from, const char *action, size_t size, size_t nfds);
int scene_request_async(enum side from, size_t size, size_t nfds);
int scene_request_all(size_t size, size_t nfds);
int scene_request_all_async(size_t size);
int scene_register(enum side side);
int scene_unregister(enum side side);

/* Waits until every message that was accepted has been handled or reported lost, or a session broke. */
void scene_await(void);
/* How many messages that were accepted have not arrived. */
unsigned scene_missing(void);

/*
 * The other side lives in another process, which has numbers of its own: nothing is noted and
 * judged, until it is gone and its sessions have ended here.
 */
void scene_other_process(void);
void scene_alone(void);

/* Closes a side, orderly. */
void scene_close_side(enum side side);

/*
 * After the fault: repeats `attempt` until it returns 0, with new handles where there is no
 * reconnecting; then closes everything and judges.
 */
void scene_end(int (*attempt)(void));

/* Whether an error is one that the header documents for this call, in a process short of resources. */
bool error_is_of_send(int error);
bool error_is_of_request(int error);
bool error_is_of_open(int error);

#endif
