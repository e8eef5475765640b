/*
 * Types of parameters and results.
 */
#ifndef TEST_COMPONENT_TABLES_H
#define TEST_COMPONENT_TABLES_H

#include "cohort/codec.h"

extern const struct cohort_type type_all, type_nothing, type_value, type_status, type_of_handle,
	type_table;

#endif
