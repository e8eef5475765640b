/* The interfaces of a file: tables of functions, and the functions that call them. */
#ifndef COHORT_IDL_EMIT_INTERFACE_H
#define COHORT_IDL_EMIT_INTERFACE_H

#include "ast.h"

#include <stdio.h>

/* In the header: what serves an interface, and what calls it. */
void put_interfaces(const struct file *file, FILE *to);
/* In the source: their tables. */
void put_interface_tables(const struct file *file, FILE *to);

/* As declarations of C, without an end: for the manual. */
void put_function_member(const struct declaration *interface, const struct method *method,
			 FILE *to);
void put_proxy_declarations(const struct declaration *interface, const struct method *method,
			    FILE *to);

#endif
