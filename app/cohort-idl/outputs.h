/*
 * The files that a run writes: made in memory, and written only when all of them are complete. So a
 * run that fails leaves what was there.
 */
#ifndef COHORT_IDL_OUTPUTS_H
#define COHORT_IDL_OUTPUTS_H

#include <stddef.h>
#include <stdio.h>

struct output {
	const char *path; /* "-": standard output */
	FILE *stream;	  /* to write it to */
	char *data;
	size_t length;
	char *temporary; /* beside it, or NULL */
};

/* 0 or a negative errno. */
int output_open(struct output *output, const char *path);
/* Writes all of them. 0, or a negative errno; *failed is then the path that it is about. */
int outputs_write(struct output *outputs, size_t n, const char **failed);
void outputs_close(struct output *outputs, size_t n);

#endif
