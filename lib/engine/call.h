/*
 * call: one message or request on its way through a handler, and its answer.
 */
#ifndef COHORT_ENGINE_CALL_H
#define COHORT_ENGINE_CALL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/fd.h"
#include "cohort/call.h"
#include "cohort/message.h"
#include "engine/bulk.h"
#include "engine/executor.h"
#include "shm/ring.h"
#include "shm/slot.h"

struct action;

enum {
	CALL_OPEN = 0,
	CALL_ANSWERING = 1,
	CALL_ANSWERED = 2
};

struct cohort_call {
	struct session *session; /* a use, or of a copy a ref */
	struct cohort *channel;
	cohort_peer peer;
	struct cohort_credentials who;
	char name[RECORD_NAME_MAX + 1];
	bool is_request;
	bool announce;
	uint16_t slot;
	uint64_t sequence;
	int64_t deadline; /* our clock */
	int64_t since;	  /* when it was met, if observers watched; else 0 */
	const void *data;
	size_t length;
	void *map;    /* a mapped memfd, or NULL */
	bool in_bulk; /* `hold` must be released */
	struct bulk_hold hold;
	_Atomic int answered; /* CALL_*: one at a time may try */
	bool kept;	      /* a copy answers */
	bool is_copy;
	struct fdlist fds;
	unsigned char copied[]; /* a copy's body */
};

/* Gives back what the call holds: body, descriptors that nobody took. */
void call_release(struct cohort_call *call);

/* A copy that owns its body and takes the descriptors. NULL: no memory. */
struct cohort_call *call_copy(struct cohort_call *call);
void call_free_copy(struct cohort_call *copy);

/*
 * Answers with an outcome of the library (it did not run), or with a status and no body. Ignores
 * who does not wait.
 */
void call_refuse(struct cohort_call *call, int outcome);
void call_finish(struct cohort_call *call, int status);
int call_reply(struct cohort_call *call, int status, const struct cohort_message *body);

/*
 * Publishes an answer in the requester's slot, wakes and announces: 0, or -ETIMEDOUT: it had given
 * up. Takes the slot's lock.
 */
int call_publish_answer(struct session *s, unsigned slot, uint64_t sequence,
			struct slot_answer *answer, const struct iovec *parts, size_t nparts,
			bool announce);

#endif
