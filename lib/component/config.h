/*
 * A copy of a configuration: strings and tables are the arena's, what they point to is not.
 */
#ifndef COMPONENT_CONFIG_H
#define COMPONENT_CONFIG_H

#include "cohort/component.h"

/* -ENOMEM */
int config_copy(struct cohort_component_config *to, const struct cohort_component_config *from,
		struct cohort_arena *arena);

#endif
