/*
 * bench.c: the owner's side.
 */
#include "component/common/bench.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void in_process(struct cohort_component_config *config)
{
	config->component = &part_class;
}

static void with_program(struct cohort_component_config *config)
{
	static char path[4096];
	const char *folder = getenv("COHORT_TEST_PROGRAMS");

	cr_assert(folder, "COHORT_TEST_PROGRAMS is not set");
	snprintf(path, sizeof(path), "%s/part", folder);
	config->executable = path;
}

const struct bench_mode bench_modes[] = {
	{ "direct", in_process },    { "thread", in_process }, { "loopback", in_process },
	{ "process", with_program }, { NULL, NULL },
};

void bench_say(struct bench *bench, const char *format, ...)
{
	size_t room, length;
	va_list args;

	pthread_mutex_lock(&bench->lock);
	room = JOURNAL_MAX - bench->length;
	va_start(args, format);
	length = (size_t)vsnprintf(bench->journal + bench->length, room, format, args);
	va_end(args);
	if (length + 1 < room) {
		bench->length += length;
		strcpy(bench->journal + bench->length++, "\n");
	}
	pthread_mutex_unlock(&bench->lock);
	cr_assert_lt(length + 1, room);
}

/* What the owner serves. */

static int owner_nest(void *self, struct cohort_job *job, const void *in, void *out)
{
	uint32_t depth = ((const struct part_value *)in)->value;
	struct part_value next = { depth ? depth - 1 : 0 }, *below;
	int err;

	(void)self;
	((struct part_value *)out)->value = 1;
	if (!depth)
		return 0;
	err = cohort_port_call(cohort_job_port(job), &part_interface, PART_NEST, &next,
			       (void **)&below, NULL, COHORT_METHOD_TIMEOUT);
	if (err)
		return err;
	((struct part_value *)out)->value += below->value;
	cohort_out_free(below);
	return 0;
}

static int linger_at(struct bench *other)
{
	struct part_value in = { PART_LINGERS };

	return cohort_port_call(other->port, &part_interface, PART_LINGER, &in, NULL, NULL,
				COHORT_METHOD_TIMEOUT);
}

/*
 * 0: says so. 1: notes something at the part, one-way, and then calls it. 2: tries to stop the part.
 * 3: when all are here, lets the part of another bench linger. Others fail.
 */
static int owner_ask(void *self, struct cohort_job *job, const void *in, void *out)
{
	uint32_t value = ((const struct part_value *)in)->value;
	struct bench *bench = self;
	struct part_value number = { 5 };

	((struct part_value *)out)->value = value + 100;
	if (value != 3) /* which comes first is open there */
		bench_say(bench, "asked %u", value);
	switch (value) {
	case 0:
		return 0;
	case 1:
		bench_say(bench, "send %d",
			  cohort_port_send(cohort_job_port(job), &part_interface, PART_NOTE,
					   &number, COHORT_METHOD_TIMEOUT));
		bench_call(bench, PART_NEST, 0, COHORT_METHOD_TIMEOUT);
		return 0;
	case 2:
		bench_say(bench, "stop inside %d", cohort_component_stop(bench->component));
		return 0;
	case 3:
		pthread_barrier_wait(bench->all);
		return linger_at(bench->own);
	default:
		return -EDOM;
	}
}

static int owner_note(void *self, struct cohort_job *job, const void *in, void *out)
{
	(void)job;
	(void)out;
	bench_say(self, "noted %u", ((const struct part_value *)in)->value);
	return 0;
}

static int told_number(void *self, struct cohort_job *job, const void *in, void *out)
{
	(void)job;
	(void)out;
	struct bench *bench = self;
	uint32_t value = ((const struct part_value *)in)->value;

	bench_say(bench, "event %u", value);
	if (value == PART_LINGERS)
		event_signal(&bench->event);
	return 0;
}

static const struct owner_functions owner = { {
	[OWNER_NEST] = owner_nest,
	[OWNER_ASK] = owner_ask,
	[OWNER_NOTE] = owner_note,
} };
static const struct told_functions told = { { [TOLD_NUMBER] = told_number } };
static const struct cohort_interface *const uses[] = { &part_interface };
static const struct cohort_service services[] = {
	{ &owner_interface, &owner },
	{ &told_interface, &told },
};

static void on_changed(struct cohort_component *component, enum cohort_component_state state,
		       void *user)
{
	(void)component;
	bench_say(user, "state %d", (int)state);
}

static void on_log(struct cohort_component *component, const char *text, void *user)
{
	(void)component;
	/* On a busy machine any handler may be slow. */
	if (strncmp(text, "the handler of ", 15) != 0)
		bench_say(user, "log %s", text);
}

void bench_configure(struct bench *bench, const struct bench_mode *mode,
		     struct cohort_component_config *config)
{
	*config = (struct cohort_component_config)COHORT_COMPONENT_CONFIG_INIT;
	config->mode = mode->name;
	mode->configure(config);
	config->uses = uses;
	config->nuses = 1;
	config->services = services;
	config->nservices = 2;
	config->self = bench;
	config->start_timeout = COHORT_SECONDS(30);
	config->call_timeout = COHORT_SECONDS(30);
	config->stop_timeout = COHORT_SECONDS(30);
	config->changed = on_changed;
	config->log = on_log;
	config->user = bench;
	bench->mode = mode->name;
}

void bench_init(struct bench *bench)
{
	memset(bench, 0, sizeof(*bench));
	pthread_mutex_init(&bench->lock, NULL);
	event_init(&bench->event);
}

void bench_deinit(struct bench *bench)
{
	event_deinit(&bench->event);
	pthread_mutex_destroy(&bench->lock);
}

void bench_start(struct bench *bench, const struct bench_mode *mode)
{
	struct cohort_component_config config;
	int err;

	bench_configure(bench, mode, &config);
	err = cohort_component_start(&bench->component, &config);
	cr_assert_eq(err, 0, "%s: start: %s\n%s", mode->name, cohort_strerror(err), bench->journal);
	bench->port = cohort_component_port(bench->component);
}

void bench_stop(struct bench *bench)
{
	int err = cohort_component_stop(bench->component);

	cr_assert_eq(err, 0, "%s: stop: %s", bench->mode, cohort_strerror(err));
}

static void run_in(const struct bench_mode *mode, void (*scenario)(struct bench *bench),
		   const char *expected)
{
	struct bench *bench = malloc(sizeof(*bench));

	bench_init(bench);
	bench_start(bench, mode);
	scenario(bench);
	bench_stop(bench);
	cr_assert_str_eq(bench->journal, expected, "%s:\n%s\nexpected:\n%s", mode->name,
			 bench->journal, expected);
	cr_assert_eq(part_instances(), 0);
	bench_deinit(bench);
	free(bench);
}

void bench_run(void (*scenario)(struct bench *bench), const char *expected)
{
	struct census before;
	char why[1024] = "";

	cr_assert_eq(census_take(&before, 0, NULL), 0);
	for (const struct bench_mode *mode = bench_modes; mode->name; mode++) {
		run_in(mode, scenario, expected);
		cr_assert(census_settle(&before, why, sizeof(why)), "%s: %s", mode->name, why);
	}
}

static bool has_value(enum part_method method)
{
	return part_interface.methods[method].out->size >= sizeof(struct part_value);
}

void bench_call(struct bench *bench, enum part_method method, uint32_t value, int64_t timeout)
{
	struct part_value in = { value }, *out = NULL;
	int status = 0;
	int err = cohort_port_call(bench->port, &part_interface, method, &in, (void **)&out,
				   &status, timeout);

	bench_say(bench, "%s %u: %d %d %u", part_interface.methods[method].name, value, err, status,
		  !err && !status && has_value(method) ? out->value : 0);
	if (!err)
		cohort_out_free(out);
}
