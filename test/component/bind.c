/*
 * Two sides that were not compiled with the same interface: they talk if one only has more at the end,
 * else the start fails and says why. The same in every mode.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "component/common/bench.h"

/* One interface, as it was, as it became, and as it must not become. */

struct old_value {
	uint32_t value;
};

struct new_value {
	uint32_t value;
	uint32_t factor; /* 3 if it is not told */
	const char *text;
};

struct bad_value {
	uint64_t value;
};

#define SCALAR(name, KIND, ctype)                                    \
	static const struct cohort_type name = { COHORT_KIND_##KIND, \
						 sizeof(ctype),      \
						 _Alignof(ctype),    \
						 0,                  \
						 0,                  \
						 0,                  \
						 NULL,               \
						 NULL,               \
						 NULL,               \
						 NULL,               \
						 NULL,               \
						 NULL }

SCALAR(type_u32, UINT32, uint32_t);
SCALAR(type_u64, UINT64, uint64_t);
SCALAR(type_string, STRING, const char *);

static const uint32_t three = 3;

static const struct cohort_field old_fields[] = {
	{ "value", &type_u32, offsetof(struct old_value, value), NULL },
};
static const struct cohort_field new_fields[] = {
	{ "value", &type_u32, offsetof(struct new_value, value), NULL },
	{ "factor", &type_u32, offsetof(struct new_value, factor), &three },
	{ "text", &type_string, offsetof(struct new_value, text), NULL },
};
static const struct cohort_field bad_fields[] = {
	{ "value", &type_u64, offsetof(struct bad_value, value), NULL },
};

#define VALUE(which)                                                         \
	static const struct cohort_type which##_type = {                     \
		.kind = COHORT_KIND_STRUCT,                                  \
		.size = sizeof(struct which##_value),                        \
		.align = _Alignof(struct which##_value),                     \
		.count = sizeof(which##_fields) / sizeof(which##_fields[0]), \
		.name = "test.Value",                                        \
		.fields = which##_fields,                                    \
	}

VALUE(old);
VALUE(new);
VALUE(bad);

struct functions {
	part_function *of[2];
};

static int invoke_first(const void *functions, void *self, struct cohort_job *job, const void *in,
			void *out)
{
	return ((const struct functions *)functions)->of[0](self, job, in, out);
}

static int invoke_second(const void *functions, void *self, struct cohort_job *job, const void *in,
			 void *out)
{
	return ((const struct functions *)functions)->of[1](self, job, in, out);
}

static const struct cohort_method old_methods[] = {
	{ "multiply", 0, -1, &old_type, &old_type, invoke_first },
};
static const struct cohort_method new_methods[] = {
	{ "multiply", 0, -1, &new_type, &new_type, invoke_first },
	{ "say", 0, -1, &new_type, &new_type, invoke_second },
};
static const struct cohort_method bad_methods[] = {
	{ "multiply", 0, -1, &bad_type, &bad_type, invoke_first },
};
static const struct cohort_interface old_interface = { "test.Small", 0, 1, old_methods };
static const struct cohort_interface new_interface = { "test.Small", 0, 2, new_methods };
static const struct cohort_interface bad_interface = { "test.Small", 0, 1, bad_methods };
static const struct cohort_interface other_interface = { "test.Large", 0, 1, old_methods };

static int multiply_old(void *self, struct cohort_job *job, const void *in, void *out)
{
	(void)self;
	(void)job;
	((struct old_value *)out)->value = ((const struct old_value *)in)->value * 2;
	return 0;
}

static int multiply_new(void *self, struct cohort_job *job, const void *in, void *out)
{
	const struct new_value *value = in;
	struct new_value *product = out;

	(void)self;
	(void)job;
	product->value = value->value * value->factor;
	product->text = "multiplied";
	return 0;
}

static const struct functions old_functions = { { multiply_old, NULL } };
static const struct functions new_functions = { { multiply_new, multiply_new } };

static int create(struct cohort_port *caller, const char *options, void **self)
{
	(void)options;
	*self = caller;
	return 0;
}

#define CLASS(which)                                                 \
	static const struct cohort_service which##_services[] = {    \
		{ &which##_interface, &which##_functions },          \
	};                                                           \
	static const struct cohort_component_class which##_class = { \
		sizeof(struct cohort_component_class),               \
		#which,                                              \
		which##_services,                                    \
		1,                                                   \
		NULL,                                                \
		0,                                                   \
		create,                                              \
		NULL,                                                \
	}

CLASS(old);
CLASS(new);

/* On a busy machine any handler may be slow, and is logged by another thread than the rest. */
static void on_log(struct cohort_component *component, const char *text, void *user)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	(void)component;
	if (strncmp(text, "the handler of ", 15) == 0)
		return;
	pthread_mutex_lock(&lock);
	strcat(strcat(user, text), "\n");
	pthread_mutex_unlock(&lock);
}

/* The caller's side calls `used`. The log goes to `text`. */
static int start(struct cohort_component **out, const char *mode,
		 const struct cohort_component_class *class, const struct cohort_interface *used,
		 char *text)
{
	struct cohort_component_config config = COHORT_COMPONENT_CONFIG_INIT;

	*text = '\0';
	config.mode = mode;
	config.component = class;
	config.uses = &used;
	config.nuses = 1;
	config.start_timeout = config.call_timeout = COHORT_SECONDS(30);
	config.log = on_log;
	config.user = text;
	return cohort_component_start(out, &config);
}

static const char *const modes[] = { "direct", "thread", "loopback" };

#define EACH(mode)                                 \
	for (size_t each_ = 0; each_ < 3; each_++) \
		for (const char *mode = modes[each_], *once_ = mode; once_; once_ = NULL)

static void refused(const struct cohort_component_class *class, const struct cohort_interface *used,
		    const char *part)
{
	struct cohort_component *component;
	char text[2048], first[2048] = "";

	EACH(mode)
	{
		cr_assert_eq(start(&component, mode, class, used, text), -EPROTO, "%s", mode);
		cr_assert(strstr(text, part), "%s: %s", mode, text);
		if (!*first)
			strcpy(first, text);
		cr_assert_str_eq(text, first, "%s", mode);
	}
}

Test(bind, an_interface_that_is_not_served_is_refused_by_name)
{
	refused(&old_class, &other_interface,
		"interface test.Large: the other side does not serve it");
}

Test(bind, a_field_of_another_type_is_refused_by_name)
{
	refused(&old_class, &bad_interface, "interface test.Small: the other side has another ");
	refused(&old_class, &bad_interface, "test.Small.multiply");
}

static int create_nothing(struct cohort_port *caller, const char *options, void **self)
{
	(void)caller;
	(void)options;
	(void)self;
	return -EDOM;
}

Test(bind, what_the_other_side_says_reaches_no_terminal)
{
	struct cohort_component_class class = old_class;
	struct cohort_component *component;
	char text[2048];

	class.name = "a\033[2Jb\nc\177";
	class.create = create_nothing;
	EACH(mode)
	{
		cr_assert_eq(start(&component, mode, &class, &old_interface, text), -EDOM, "%s",
			     mode);
		cr_assert(strstr(text, "component a?[2Jb?c?: create: "), "%s: %s", mode, text);
	}
}

Test(bind, an_old_caller_and_a_new_component_understand_each_other)
{
	struct cohort_component *component;
	struct old_value in = { 5 }, *out;
	char text[2048];

	EACH(mode)
	{
		cr_assert_eq(start(&component, mode, &new_class, &old_interface, text), 0, "%s: %s",
			     mode, text);
		cr_assert_eq(cohort_port_call(cohort_component_port(component), &old_interface, 0,
					      &in, (void **)&out, NULL, COHORT_METHOD_TIMEOUT),
			     0, "%s", mode);
		cr_assert_eq(out->value, 15, "%s: %u", mode, out->value);
		cohort_out_free(out);
		cr_assert_eq(cohort_component_stop(component), 0);
	}
}

Test(bind, a_new_caller_misses_what_an_old_component_does_not_have)
{
	struct new_value in = { 5, 7, "text" }, *out;
	struct cohort_component *component;
	struct cohort_port *port;
	char text[2048];

	EACH(mode)
	{
		cr_assert_eq(start(&component, mode, &old_class, &new_interface, text), 0, "%s: %s",
			     mode, text);
		port = cohort_component_port(component);
		cr_assert_eq(cohort_port_call(port, &new_interface, 0, &in, (void **)&out, NULL,
					      COHORT_METHOD_TIMEOUT),
			     0, "%s", mode);
		cr_assert_eq(out->value, 10, "%s: %u", mode, out->value);
		cr_assert_eq(out->factor, 3, "%s: %u", mode, out->factor);
		cohort_out_free(out);
		cr_assert_eq(cohort_port_call(port, &new_interface, 1, &in, NULL, NULL,
					      COHORT_METHOD_TIMEOUT),
			     -ENOSYS, "%s", mode);
		cr_assert_eq(cohort_port_send(port, &new_interface, 1, &in, COHORT_METHOD_TIMEOUT),
			     -ENOSYS, "%s", mode);
		cr_assert_eq(cohort_component_stop(component), 0);
	}
}

Test(bind, an_interface_that_was_not_named_at_the_start_cannot_be_called)
{
	struct cohort_component *component;
	struct old_value in = { 5 };
	char text[2048];

	EACH(mode)
	{
		cr_assert_eq(start(&component, mode, &old_class, &old_interface, text), 0);
		cr_assert_eq(cohort_port_call(cohort_component_port(component), &other_interface, 0,
					      &in, NULL, NULL, COHORT_METHOD_TIMEOUT),
			     -ENOSYS, "%s", mode);
		cr_assert_eq(cohort_component_stop(component), 0);
	}
}
