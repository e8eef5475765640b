/*
 * A component to try the modes with, written by hand as cohort-idl(1) would: the interface
 * test.Part, which it serves, the interface test.Owner and the events test.Told, which its caller
 * serves.
 */
#ifndef TEST_COMPONENT_PART_H
#define TEST_COMPONENT_PART_H

#include "cohort/component.h"

/* --- Types ---------------------------------------------------------------------------------------- */

enum part_colour {
	PART_RED = 1,
	PART_GREEN = 7,
};

struct part_point {
	int32_t x, y;
};

struct part_numbers {
	const uint32_t *data;
	size_t count;
};

struct part_entry {
	const char *key;
	uint32_t value;
};

struct part_entries {
	const struct part_entry *entries;
	size_t count;
};

/* Every kind. */
struct part_all {
	bool yes;
	int8_t i8;
	int16_t i16;
	int32_t i32;
	int64_t i64;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	float f;
	double d;
	const char *text;
	enum part_colour colour;
	uint32_t flags;
	struct part_numbers numbers;
	uint8_t four[4];
	struct part_entries entries;
	const struct part_point *point; /* optional */
	const char *maybe;		/* optional */
	int handle;			/* optional */
};

struct part_nothing {
	char none;
};

struct part_value {
	uint32_t value;
};

struct part_status {
	int32_t status;
};

struct part_handle {
	int handle;
};

struct part_table {
	struct part_numbers numbers;
	const char *text;
};

/* --- test.Part: what the component serves ------------------------------------------------------------ */

enum part_method {
	PART_ECHO,   /* all => all */
	PART_FAIL,   /* status => (): fails with it */
	PART_LINGER, /* () => (): returns when the caller has given up */
	PART_NEST,   /* value => value: asks the owner, which asks the part, so deep */
	PART_BURST,  /* value => (): so many events */
	PART_KEEP,   /* value => value: answered later, with what it got */
	PART_RELEASE, /* value => value: answers (0), drops (1), answers from a thread (2) what was kept */
	PART_FD,    /* handle => handle: a file with what was read from the other one, reversed */
	PART_NOTE,  /* value, one-way */
	PART_NOTES, /* () => numbers: what was noted, which is forgotten */
	PART_TABLE, /* value => table: static memory */
	PART_ASK,   /* value => value: what the owner says */
	PART_DEADLINE, /* () => value: hundreds of seconds left, rounded; 0: forever */
	PART_METHODS,
};

#define PART_LINGERS 99

extern const struct cohort_interface part_interface;

/* --- test.Owner, test.Told: what the caller serves ------------------------------------------------------ */

enum owner_method {
	OWNER_NEST, /* value => value */
	OWNER_ASK,  /* value => value */
	OWNER_NOTE, /* value, one-way */
	OWNER_METHODS,
};

enum told_method {
	TOLD_NUMBER, /* value */
	TOLD_METHODS,
};

extern const struct cohort_interface owner_interface, told_interface;

/* A function of a service: each gets its parameters and results. */
typedef int part_function(void *self, struct cohort_job *job, const void *in, void *out);

struct owner_functions {
	part_function *of[OWNER_METHODS];
};

struct told_functions {
	part_function *of[TOLD_METHODS];
};

/* --- The component ------------------------------------------------------------------------------------- */

extern const struct cohort_component_class part_class;

/* How many instances there are in this process. */
unsigned part_instances(void);
/* How often PART_NOTE was served in this process. */
unsigned part_noted(void);

#endif
