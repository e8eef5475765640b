/*
 * Starting and stopping, and what both refuse.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "component/common/bench.h"

static struct bench bench;
static struct cohort_component_config config;
static struct cohort_component *component;

static void set_up(void)
{
	bench_init(&bench);
	bench_configure(&bench, &bench_modes[1], &config);
}

static void tear_down(void)
{
	bench_deinit(&bench);
}

static int start(void)
{
	return cohort_component_start(&component, &config);
}

Test(life, a_configuration_that_is_not_valid_is_refused_without_effect, .init = set_up,
     .fini = tear_down)
{
	const struct cohort_component_config good = config;
	struct cohort_component *untouched = (struct cohort_component *)&bench;

#define REFUSED(change)                          \
	config = good;                           \
	component = untouched;                   \
	change;                                  \
	cr_assert_eq(start(), -EINVAL, #change); \
	cr_assert_eq(component, untouched)

	REFUSED(config.size = 0);
	REFUSED(config.mode = "fast");
	REFUSED(config.mode = "");
	REFUSED(config.component = NULL);
	REFUSED(config.path = "part.so");
	REFUSED(config.executable = "part");
	REFUSED(config.component = NULL; config.executable = "part");
	REFUSED(config.component = NULL; config.path = "");
	REFUSED(config.uses = NULL);
	REFUSED(config.services = NULL);
	REFUSED(config.start_timeout = -1);
	REFUSED(config.stop_timeout = -1);
	REFUSED(config.call_timeout = -1);
	REFUSED(config.log_fd = -2);
	REFUSED(config.restart = (enum cohort_restart)7);
	REFUSED(config.restart_window = -1);
	REFUSED(config.restart_delay = COHORT_SECONDS(2));
	REFUSED(config.sandbox.options = 1U << COHORT_SANDBOX_COUNT);
	REFUSED(config.sandbox.policy = (enum cohort_sandbox_policy)2);
	cr_assert_eq(cohort_component_start(NULL, &good), -EINVAL);
	cr_assert_eq(cohort_component_start(&component, NULL), -EINVAL);
	cr_assert_str_eq(bench.journal, "");
}

Test(life, an_interface_named_twice_is_refused, .init = set_up, .fini = tear_down)
{
	const struct cohort_interface *twice[] = { &part_interface, &part_interface };
	struct cohort_service services[2] = { config.services[0], config.services[0] };

	config.uses = twice;
	config.nuses = 2;
	cr_assert_eq(start(), -EINVAL);
	config.nuses = 1;
	config.services = services;
	cr_assert_eq(start(), -EINVAL);
}

Test(life, a_class_that_is_not_valid_is_refused, .init = set_up, .fini = tear_down)
{
	struct cohort_component_class class = part_class;

	config.component = &class;
	class.size = 1;
	cr_assert_eq(start(), -EINVAL);
	class = part_class;
	class.create = NULL;
	cr_assert_eq(start(), -EINVAL);
	class = part_class;
	class.name = NULL;
	cr_assert_eq(start(), -EINVAL);
	class = part_class;
	class.services = NULL;
	cr_assert_eq(start(), -EINVAL);
}

Test(life, the_error_of_create_is_that_of_the_start_in_every_mode, .init = set_up,
     .fini = tear_down)
{
	struct census before;
	char why[1024] = "";

	cr_assert_eq(census_take(&before, 0, NULL), 0);
	for (const struct bench_mode *mode = bench_modes; mode->name; mode++) {
		bench_deinit(&bench);
		bench_init(&bench);
		bench_configure(&bench, mode, &config);
		config.options = "fail=28";
		cr_assert_eq(start(), -ENOSPC, "%s", mode->name);
		cr_assert(strstr(bench.journal, "log component part: create: "), "%s: %s",
			  mode->name, bench.journal);
		cr_assert_eq(part_instances(), 0);
		cr_assert(census_settle(&before, why, sizeof(why)), "%s: %s", mode->name, why);
	}
}

Test(life, the_environment_chooses_the_mode_if_the_program_does_not, .init = set_up,
     .fini = tear_down)
{
	config.mode = NULL;
	setenv("COHORT_COMPONENT_MODE", "slow", 1);
	cr_assert_eq(start(), -EINVAL);
	setenv("COHORT_COMPONENT_MODE", "direct", 1);
	cr_assert_eq(start(), 0);
	cr_assert_eq(cohort_component_stop(component), 0);
	unsetenv("COHORT_COMPONENT_MODE");
	cr_assert_eq(start(), 0);
	cr_assert_eq(cohort_component_stop(component), 0);
}

Test(life, a_file_that_is_no_component_is_refused_with_a_reason, .init = set_up, .fini = tear_down)
{
	char folder[TEMP_DIR_MAX], path[TEMP_DIR_MAX + 16];
	int fd;

	cr_assert_eq(temp_dir_make(folder), 0);
	snprintf(path, sizeof(path), "%s/part.so", folder);
	config.component = NULL;
	config.path = path;
	cr_assert_eq(start(), -ENOENT);
	cr_assert(strstr(bench.journal, "no such file"), "%s", bench.journal);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	cr_assert_eq(write(fd, "text", 4), 4);
	close(fd);
	cr_assert_eq(start(), -ELIBBAD);
	config.path = "nothing-of-this-name.so";
	cr_assert_eq(start(), -ENOENT);
	temp_dir_remove(folder);
}

Test(life, an_object_without_a_component_is_refused, .init = set_up, .fini = tear_down)
{
	config.component = NULL;
	config.path = "/proc/self/exe";
	cr_assert_eq(start(), -ELIBBAD);
}

Test(life, info_says_how_it_is, .init = set_up, .fini = tear_down)
{
	struct cohort_component_info info = { .size = sizeof(info) };

	cr_assert_eq(start(), 0);
	cr_assert_eq(cohort_component_info(component, &info), 0);
	cr_assert_eq(info.state, COHORT_COMPONENT_RUNNING);
	cr_assert_eq(info.generation, 1);
	cr_assert_eq(info.pid, 0);
	cr_assert_eq(info.last_exit, -1);
	cr_assert_eq(info.last_error, 0);
	info.size = 1;
	cr_assert_eq(cohort_component_info(component, &info), -EINVAL);
	cr_assert_eq(cohort_component_info(NULL, &info), -EINVAL);
	cr_assert_eq(cohort_component_stop(component), 0);
}

Test(life, nothing_is_no_component, .init = set_up, .fini = tear_down)
{
	cr_assert_eq(cohort_component_stop(NULL), 0);
	cr_assert_null(cohort_component_port(NULL));
	cohort_out_free(NULL);
	cohort_job_drop(NULL);
	cr_assert_eq(cohort_out_fd_take(NULL, 1), -EINVAL);
}

Test(life, calls_with_bad_arguments_are_refused_in_every_mode, .init = set_up, .fini = tear_down)
{
	struct part_value in = { 1 };

	for (const struct bench_mode *mode = bench_modes; mode->name; mode++) {
		struct cohort_port *port;

		bench_configure(&bench, mode, &config);
		cr_assert_eq(start(), 0);
		port = cohort_component_port(component);
#define CALL(...) cr_assert_eq(cohort_port_call(__VA_ARGS__), -EINVAL, "%s", mode->name)
		CALL(NULL, &part_interface, PART_NEST, &in, NULL, NULL, 1);
		CALL(port, NULL, PART_NEST, &in, NULL, NULL, 1);
		CALL(port, &part_interface, PART_METHODS, &in, NULL, NULL, 1);
		CALL(port, &part_interface, PART_NEST, NULL, NULL, NULL, 1);
		CALL(port, &part_interface, PART_NEST, &in, NULL, NULL, -1);
		CALL(port, &part_interface, PART_NOTE, &in, NULL, NULL, COHORT_METHOD_TIMEOUT);
		cr_assert_eq(cohort_port_call_async(port, &part_interface, PART_NEST, &in,
						    COHORT_METHOD_TIMEOUT, NULL, NULL),
			     -EINVAL);
		cr_assert_eq(cohort_component_stop(component), 0);
	}
}

/*
 * One-way calls that were accepted are served before the end. (A worker counts its own: see
 * process.c.)
 */
Test(life, what_was_sent_before_the_stop_is_served, .init = set_up, .fini = tear_down)
{
	for (const struct bench_mode *mode = bench_modes; mode->name; mode++) {
		unsigned before = part_noted();
		struct part_value in = { 1 };

		bench_deinit(&bench);
		bench_init(&bench);
		bench_start(&bench, mode);
		for (unsigned i = 0; i < 200; i++)
			cr_assert_eq(cohort_port_send(bench.port, &part_interface, PART_NOTE, &in,
						      COHORT_METHOD_TIMEOUT),
				     0);
		bench_stop(&bench);
		if (strcmp(mode->name, "process") == 0)
			continue;
		cr_assert_eq(part_noted() - before, 200, "%s: %u", mode->name,
			     part_noted() - before);
	}
}

/* A component may be the owner of another one, and stop it. */

static int stop_other(void *self, struct cohort_job *job, const void *in, void *out)
{
	(void)self;
	(void)job;
	(void)in;
	((struct part_value *)out)->value = (uint32_t)-cohort_component_stop(bench.component);
	return 0;
}

Test(life, a_callback_of_one_component_can_stop_another, .init = set_up, .fini = tear_down)
{
	static const struct owner_functions functions = {
		{ [OWNER_ASK] = stop_other, [OWNER_NEST] = stop_other, [OWNER_NOTE] = stop_other }
	};
	struct cohort_service service = { &owner_interface, &functions };
	struct part_value in = { 0 }, *out;

	for (const struct bench_mode *mode = bench_modes; mode->name; mode++) {
		bench_deinit(&bench);
		bench_init(&bench);
		bench_start(&bench, mode);
		bench_configure(&bench, mode, &config);
		config.services = &service;
		config.nservices = 1;
		config.changed = NULL;
		cr_assert_eq(start(), 0);
		cr_assert_eq(cohort_port_call(cohort_component_port(component), &part_interface,
					      PART_ASK, &in, (void **)&out, NULL,
					      COHORT_METHOD_TIMEOUT),
			     0);
		cr_assert_eq(out->value, 0, "%s: %u", mode->name, out->value);
		cohort_out_free(out);
		cr_assert_eq(cohort_component_stop(component), 0);
		cr_assert_eq(part_instances(), 0);
	}
}

Test(life, results_outlive_their_component, .init = set_up, .fini = tear_down)
{
	struct part_value in = { 1 };
	struct part_table *out;

	for (const struct bench_mode *mode = bench_modes; mode->name; mode++) {
		bench_deinit(&bench);
		bench_init(&bench);
		bench_start(&bench, mode);
		cr_assert_eq(cohort_port_call(bench.port, &part_interface, PART_TABLE, &in,
					      (void **)&out, NULL, COHORT_METHOD_TIMEOUT),
			     0);
		bench_stop(&bench);
		cr_assert_str_eq(out->text, "tens");
		cohort_out_free(out);
	}
}
