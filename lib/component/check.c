/*
 * check.c: everything is looked at before anything happens, so that a mistake is -EINVAL without effect
 * and not a crash in another thread.
 */
#include "component/check.h"

#include <errno.h>
#include <string.h>

#define METHODS_MAX 65536

static bool is_method(const struct cohort_method *method, bool events)
{
	return method->name && *method->name && method->in && method->out && method->invoke &&
	       method->in->kind == COHORT_KIND_STRUCT && method->out->kind == COHORT_KIND_STRUCT &&
	       !(method->flags & ~COHORT_METHOD_ONEWAY) && method->timeout >= -1 &&
	       (!events || method->flags & COHORT_METHOD_ONEWAY);
}

static bool is_interface(const struct cohort_interface *interface)
{
	if (!interface || !interface->name || !*interface->name ||
	    interface->flags & ~COHORT_INTERFACE_EVENTS || interface->nmethods > METHODS_MAX ||
	    (interface->nmethods && !interface->methods))
		return false;
	for (uint32_t i = 0; i < interface->nmethods; i++)
		if (!is_method(&interface->methods[i], interface->flags & COHORT_INTERFACE_EVENTS))
			return false;
	return true;
}

static bool same_name(const struct cohort_interface *a, const struct cohort_interface *b)
{
	return !strcmp(a->name, b->name);
}

int check_services(const struct cohort_service *services, size_t count)
{
	if (count && !services)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		if (!is_interface(services[i].interface) || !services[i].functions)
			return -EINVAL;
		for (size_t k = 0; k < i; k++)
			if (same_name(services[i].interface, services[k].interface))
				return -EINVAL;
	}
	return 0;
}

int check_uses(const struct cohort_interface *const *uses, size_t count)
{
	if (count && !uses)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		if (!is_interface(uses[i]))
			return -EINVAL;
		for (size_t k = 0; k < i; k++)
			if (same_name(uses[i], uses[k]))
				return -EINVAL;
	}
	return 0;
}

int check_class(const struct cohort_component_class *class)
{
	if (!class || class->size != sizeof(*class) || !class->name || !*class->name ||
	    !class->create)
		return -EINVAL;
	if (check_services(class->services, class->nservices))
		return -EINVAL;
	return check_uses(class->uses, class->nuses);
}

static bool is_path(const char *path)
{
	return !path || *path;
}

static bool one_of_three(const struct cohort_component_config *config)
{
	return !!config->component + !!config->path + !!config->executable == 1;
}

static bool has_valid_times(const struct cohort_component_config *config)
{
	return config->start_timeout >= 0 && config->stop_timeout >= 0 &&
	       config->call_timeout >= 0 && config->restart_window >= 0 &&
	       config->restart_delay >= 0 && config->restart_delay_max >= 0;
}

static bool has_valid_sandbox(const struct cohort_sandbox *sandbox)
{
	return !(sandbox->options & ~COHORT_SANDBOX_FULL) &&
	       (sandbox->policy == COHORT_SANDBOX_REQUIRE ||
		sandbox->policy == COHORT_SANDBOX_WEAKEN);
}

static bool has_valid_restart(const struct cohort_component_config *config)
{
	switch (config->restart) {
	case COHORT_RESTART_NEVER:
	case COHORT_RESTART_ON_FAILURE:
	case COHORT_RESTART_ALWAYS:
		return config->restart_delay <= config->restart_delay_max;
	}
	return false;
}

int check_config(const struct cohort_component_config *config)
{
	if (!config || config->size != sizeof(*config) || !one_of_three(config) ||
	    !is_path(config->path) || !is_path(config->executable) || !is_path(config->worker) ||
	    config->log_fd < -1)
		return -EINVAL;
	if (!has_valid_times(config) || !has_valid_sandbox(&config->sandbox) ||
	    !has_valid_restart(config))
		return -EINVAL;
	if (check_services(config->services, config->nservices))
		return -EINVAL;
	return check_uses(config->uses, config->nuses);
}
