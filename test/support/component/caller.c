/* Starts the greeter and prints what it says. usage: caller MODE OBJECT */
#include <stdio.h>

#include <greeter.mojom.h>

static int ask(struct cohort_component *component)
{
	struct example_greeter_greet_in in = { "world" };
	struct example_greeter_greet_out *out = NULL;
	int err = example_greeter_greet(cohort_component_port(component), &in, &out, NULL,
					COHORT_SECONDS(30));

	if (!err)
		puts(out->greeting.text);
	cohort_out_free(out);
	return err;
}

int main(int argc, char **argv)
{
	static const struct cohort_interface *const uses[] = { &example_greeter_interface };
	struct cohort_component_config config = COHORT_COMPONENT_CONFIG_INIT;
	struct cohort_component *component = NULL;
	int err;

	if (argc != 3)
		return 2;
	config.mode = argv[1];
	config.path = argv[2];
	config.uses = uses;
	config.nuses = 1;
	config.start_timeout = COHORT_SECONDS(30);
	config.stop_timeout = COHORT_SECONDS(30);
	err = cohort_component_start(&component, &config);
	if (!err) {
		err = ask(component);
		cohort_component_stop(component);
	}
	if (err)
		fprintf(stderr, "%s: %s\n", argv[1], cohort_strerror(err));
	return err != 0;
}
