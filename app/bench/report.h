/*
 * report.h: everything that was measured: a series of values for each (workload, system, metric),
 * one value a round.
 */
#ifndef COHORT_BENCH_REPORT_H
#define COHORT_BENCH_REPORT_H

#include <stddef.h>
#include <stdio.h>

#include "bench.h"

struct report_series {
	const struct bench_workload *workload;
	const struct bench_system *system;
	char why[192]; /* not empty: it was not measured, and there are no values */
	char metric[32];
	char unit[16];
	size_t count;
	double values[BENCH_ROUNDS_MAX];
};

struct report {
	struct report_series *series;
	size_t count;
	size_t capacity;
};

/* Adds one round's value; returns 0 or -ENOMEM. */
int report_add(struct report *report, const struct bench_workload *workload,
	       const struct bench_system *system, const char *metric, const char *unit,
	       double value);

/* The system was not measured; returns 0 or -ENOMEM. */
int report_skip(struct report *report, const struct bench_workload *workload,
		const struct bench_system *system, const char *why);

void report_deinit(struct report *report);

void report_print_head(FILE *out);
void report_print_workload(const struct report *report, const struct bench_workload *workload,
			   FILE *out);
void report_print_json(const struct report *report, FILE *out);

#endif
