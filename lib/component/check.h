/*
 * Whether what the application gave is fit to be used: the tables of a class, and a configuration.
 */
#ifndef COMPONENT_CHECK_H
#define COMPONENT_CHECK_H

#include "cohort/component.h"

/* All of these: 0 or -EINVAL. */
int check_class(const struct cohort_component_class *class);
int check_services(const struct cohort_service *services, size_t count);
int check_uses(const struct cohort_interface *const *uses, size_t count);
/* What holds in every mode; not the mode itself, not the class. */
int check_config(const struct cohort_component_config *config);

#endif
