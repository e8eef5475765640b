/*
 * The outputs. Each function writes one completely, from files that check() has found good; the same
 * input gives the same bytes.
 */
#ifndef COHORT_IDL_EMIT_H
#define COHORT_IDL_EMIT_H

#include "ast.h"

#include <stdio.h>

struct emit_options {
	const char
		*header_name; /* what the source and the fuzz target include, as in #include "" */
	const char *const *includes; /* headers of the user's, with the types declared elsewhere */
	size_t nincludes;
	const char *
		output_name; /* of what is written, without folders; "-" if it is standard output */
};

/* 0 or a negative errno: what writing to `to` failed with, or -ENOMEM. */
int emit_header(const struct file *file, const struct emit_options *options, FILE *to);
int emit_source(const struct file *file, const struct emit_options *options, FILE *to);
int emit_doc(const struct file *file, const struct emit_options *options, FILE *to);
int emit_fuzz(const struct file *file, const struct emit_options *options, FILE *to);

#endif
