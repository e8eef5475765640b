/*
 * report.c: the table and the JSON file, both made from the same medians.
 *
 * A ratio is the median of a metric divided by the median of its baseline: below 1 is better for a
 * time, above 1 for a rate. A series without a baseline, or whose baseline was not measured in this
 * run, has no ratio; one with two baselines has two, which are two objects in the JSON file.
 */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

struct summary {
	double median;
	double least;
	double most;
};

static struct report_series *series_find(const struct report *report,
					 const struct bench_workload *workload, const char *system,
					 const char *metric)
{
	for (size_t i = 0; i < report->count; i++) {
		struct report_series *series = &report->series[i];

		if (series->workload == workload && strcmp(series->system->name, system) == 0 &&
		    strcmp(series->metric, metric) == 0)
			return series;
	}
	return NULL;
}

static struct report_series *series_new(struct report *report)
{
	if (report->count == report->capacity) {
		size_t capacity = report->capacity ? report->capacity * 2 : 64;
		void *grown = realloc(report->series, capacity * sizeof(*report->series));

		if (!grown)
			return NULL;
		report->series = grown;
		report->capacity = capacity;
	}
	memset(&report->series[report->count], 0, sizeof(*report->series));
	return &report->series[report->count++];
}

int report_add(struct report *report, const struct bench_workload *workload,
	       const struct bench_system *system, const char *metric, const char *unit,
	       double value)
{
	struct report_series *series = series_find(report, workload, system->name, metric);

	if (!series) {
		series = series_new(report);
		if (!series)
			return -ENOMEM;
		series->workload = workload;
		series->system = system;
		snprintf(series->metric, sizeof(series->metric), "%s", metric);
		snprintf(series->unit, sizeof(series->unit), "%s", unit);
	}
	if (series->count < BENCH_ROUNDS_MAX)
		series->values[series->count++] = value;
	return 0;
}

int report_skip(struct report *report, const struct bench_workload *workload,
		const struct bench_system *system, const char *why)
{
	struct report_series *series = series_new(report);

	if (!series)
		return -ENOMEM;
	series->workload = workload;
	series->system = system;
	snprintf(series->why, sizeof(series->why), "%s", why);
	return 0;
}

void report_deinit(struct report *report)
{
	free(report->series);
	memset(report, 0, sizeof(*report));
}

static double series_median(const struct report_series *series)
{
	double values[BENCH_ROUNDS_MAX];

	memcpy(values, series->values, sizeof(values));
	return stats_median(values, series->count);
}

/*
 * What baseline `index` of the workload is to this series; NULL if nothing: it is another metric's,
 * not measured, or itself.
 */
static const struct report_series *baseline_find(const struct report *report,
						 const struct report_series *series, size_t index)
{
	const struct bench_baseline *baseline = &series->workload->baselines[index];
	const struct report_series *of;

	if (strcmp(baseline->metric, series->metric) != 0)
		return NULL;
	of = series_find(report, series->workload, baseline->of_system, baseline->of_metric);
	return of == series || (of && series_median(of) <= 0) ? NULL : of;
}

static double series_ratio(const struct report_series *series, const struct report_series *of)
{
	return series_median(series) / series_median(of);
}

static void summary_make(struct summary *summary, const struct report_series *series)
{
	summary->median = series_median(series);
	summary->least = summary->most = series->values[0];
	for (size_t i = 1; i < series->count; i++) {
		if (series->values[i] < summary->least)
			summary->least = series->values[i];
		if (series->values[i] > summary->most)
			summary->most = series->values[i];
	}
}

static const char *number_format(char *text, size_t size, double value)
{
	if (value >= 1e6)
		snprintf(text, size, "%.2f M", value / 1e6);
	else if (value >= 1e4)
		snprintf(text, size, "%.1f k", value / 1e3);
	else if (value >= 100)
		snprintf(text, size, "%.0f", value);
	else if (value == 0 || value >= 0.01)
		snprintf(text, size, "%.2f", value);
	else
		snprintf(text, size, "%.2g", value);
	return text;
}

void report_print_head(FILE *out)
{
	fprintf(out, "%-12s %-24s %-18s %10s %-7s %10s %10s  %s\n", "workload", "system", "metric",
		"median", "unit", "least", "most", "ratio to baseline");
}

static void series_print(const struct report *report, const struct report_series *series, FILE *out)
{
	struct summary summary;
	char median[32], least[32], most[32];

	summary_make(&summary, series);
	fprintf(out, "%-12s %-24s %-18s %10s %-7s %10s %10s", series->workload->name,
		series->system->name, series->metric,
		number_format(median, sizeof(median), summary.median), series->unit,
		number_format(least, sizeof(least), summary.least),
		number_format(most, sizeof(most), summary.most));
	for (size_t i = 0; i < series->workload->nbaselines; i++) {
		const struct report_series *of = baseline_find(report, series, i);

		if (of)
			fprintf(out, "  %.2f of %s %s", series_ratio(series, of), of->system->name,
				of->metric);
	}
	fputc('\n', out);
}

void report_print_workload(const struct report *report, const struct bench_workload *workload,
			   FILE *out)
{
	for (size_t s = 0; s < workload->nsystems; s++)
		for (size_t i = 0; i < report->count; i++)
			if (report->series[i].system == &workload->systems[s] &&
			    !report->series[i].why[0])
				series_print(report, &report->series[i], out);
	fflush(out);
}

static void row_print_json(const struct report_series *series, const struct report_series *of,
			   FILE *out)
{
	fprintf(out, "  {\"workload\": \"%s\", \"system\": \"%s\", \"metric\": \"%s\", ",
		series->workload->name, series->system->name, series->metric);
	fprintf(out, "\"value\": %.9g, \"unit\": \"%s\", ", series_median(series), series->unit);
	if (of)
		fprintf(out, "\"baseline\": \"%s %s\", \"ratio\": %.6g, ", of->system->name,
			of->metric, series_ratio(series, of));
	else
		fprintf(out, "\"baseline\": null, \"ratio\": null, ");
	fprintf(out, "\"rounds\": %zu}", series->count);
}

static void skipped_print_json(const struct report_series *series, FILE *out)
{
	fprintf(out, "  {\"workload\": \"%s\", \"system\": \"%s\", \"metric\": null, ",
		series->workload->name, series->system->name);
	fprintf(out, "\"value\": null, \"why\": \"%s\"}", series->why);
}

/* One row for each baseline, or one without any. */
static void series_print_json(const struct report *report, const struct report_series *series,
			      FILE *out)
{
	const char *separator = "";

	for (size_t i = 0; i < series->workload->nbaselines; i++) {
		const struct report_series *of = baseline_find(report, series, i);

		if (!of)
			continue;
		fputs(separator, out);
		row_print_json(series, of, out);
		separator = ",\n";
	}
	if (!*separator)
		row_print_json(series, NULL, out);
}

void report_print_json(const struct report *report, FILE *out)
{
	fputs("[\n", out);
	if (bench_program.preface_json)
		bench_program.preface_json(out);
	for (size_t i = 0; i < report->count; i++) {
		if (report->series[i].why[0])
			skipped_print_json(&report->series[i], out);
		else
			series_print_json(report, &report->series[i], out);
		fputs(i + 1 < report->count ? ",\n" : "\n", out);
	}
	fputs("]\n", out);
}
