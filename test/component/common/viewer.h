/*
 * A component that looks at buffers and does with them what it is told. It is also the program
 * `viewer`.
 */
#ifndef TEST_COMPONENT_VIEWER_H
#define TEST_COMPONENT_VIEWER_H

#include "cohort/component.h"

/* What it does with the buffer `id`; `error` of the sight is what cohort_buffer_find() returned. */
enum viewer_deed {
	VIEWER_LOOK,	/* nothing more */
	VIEWER_STORE,	/* writes `number` */
	VIEWER_PROTECT, /* tries to make it writable; `error` says what came of that */
	VIEWER_HOLD, /* says 1 in the buffer `number`, waits for 2 there, then looks, and says 3 */
	VIEWER_ASK,  /* asks its caller for a buffer, and looks at that one */
};

struct viewer_order {
	uint32_t deed, id;
	uint64_t number;
};

struct viewer_sight {
	int32_t error;
	uint32_t access;
	uint64_t length;
	uint64_t number; /* the first in it */
};

/* Both have one method: an order, of which a sight comes. */
extern const struct cohort_interface viewer_interface, viewer_owner_interface;

struct viewer_functions {
	int (*view)(void *self, struct cohort_job *job, const struct viewer_order *in,
		    struct viewer_sight *out);
};

extern const struct cohort_component_class viewer_class;

#endif
