/* The component: a shared object. */
#include <errno.h>
#include <stdio.h>

#include <greeter.mojom.h>

static int greet(struct cohort_job *job, void *self, const struct example_greeter_greet_in *in,
		 struct example_greeter_greet_out *out)
{
	char *text = cohort_job_alloc(job, 100);

	(void)self;
	if (!text)
		return -ENOMEM;
	snprintf(text, 100, "hello, %s", in->name);
	out->greeting.text = text;
	return 0;
}

static int create(struct cohort_port *caller, const char *options, void **self)
{
	(void)caller;
	(void)options;
	*self = NULL;
	return 0;
}

static const struct example_greeter_functions functions = { greet };
static const struct cohort_service services[] = { { &example_greeter_interface, &functions } };

const struct cohort_component_class COHORT_COMPONENT = {
	sizeof(COHORT_COMPONENT), "greeter", services, 1, NULL, 0, create, NULL
};
