/* Made by cohort-idl from plain.mojom; what is changed here will be lost. */
#ifndef COHORT_IDL_FILE_PLAIN_MOJOM_H
#define COHORT_IDL_FILE_PLAIN_MOJOM_H

#include <cohort/component.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pair;

struct pair {
	uint32_t a;
	uint32_t b;
};
extern const struct cohort_type pair_type;
static inline void pair_init(struct pair *object)
{
	cohort_init(&pair_type, object);
}

struct adder_add_in {
	struct pair pair;
};
extern const struct cohort_type adder_add_in_type;
static inline void adder_add_in_init(struct adder_add_in *object)
{
	cohort_init(&adder_add_in_type, object);
}

struct adder_add_out {
	uint64_t sum;
};
extern const struct cohort_type adder_add_out_type;
static inline void adder_add_out_init(struct adder_add_out *object)
{
	cohort_init(&adder_add_out_type, object);
}

extern const struct cohort_interface adder_interface;

enum adder_method {
	ADDER_METHOD_ADD = 0,
};

/*
 * What serves Adder. They return 0 or a negative errno, which is the call's status;
 * NULL: -ENOSYS.
 */
struct adder_functions {
	int (*add)(struct cohort_job *job, void *self, const struct adder_add_in *in,
		   struct adder_add_out *out);
};

/*
 * Calls it and waits. 0: answered, and if *status is 0, *out is the results, for
 * cohort_out_free(); else as cohort_port_call().
 */
static inline int adder_add(struct cohort_port *port, const struct adder_add_in *in,
			    struct adder_add_out **out, int *status, int64_t timeout)
{
	void *results = NULL;
	int err = cohort_port_call(port, &adder_interface, ADDER_METHOD_ADD, in,
				   out ? &results : NULL, status, timeout);

	if (!err && out)
		*out = (struct adder_add_out *)results;
	return err;
}

/*
 * Calls it without waiting: `done` gets the results, a struct adder_add_out.
 * 0, or as cohort_port_call_async().
 */
static inline int adder_add_async(struct cohort_port *port, const struct adder_add_in *in,
				  int64_t timeout, cohort_port_done *done, void *arg)
{
	return cohort_port_call_async(port, &adder_interface, ADDER_METHOD_ADD, in, timeout, done,
				      arg);
}

/* Calls it without an answer. 0: it will be served; else as cohort_port_send(). */
static inline int adder_add_send(struct cohort_port *port, const struct adder_add_in *in,
				 int64_t timeout)
{
	return cohort_port_send(port, &adder_interface, ADDER_METHOD_ADD, in, timeout);
}

#ifdef __cplusplus
}
#endif

#endif
