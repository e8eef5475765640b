/*
 * main.c: the benchmark's command line, and its loop: workload, round, system.
 *
 * The systems of a workload take turns within a round, so that whatever disturbs the machine for a
 * second disturbs all of them. A system that fails once is not run again; the others are, and the
 * exit status is 1.
 */
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench.h"
#include "process.h"
#include "report.h"
#include "role.h"

#define ROUND_QUICK_NS 40000000u
#define SYSTEMS_MAX 16

struct options {
	unsigned rounds;
	bool quick;
	bool list;
	const char *only;
	const char *system;
	const char *json;
};

struct bench {
	struct options options;
	struct report report;
	bool failed;
};

static void usage(FILE *out)
{
	fprintf(out,
		"usage: %s [--rounds N] [--only NAME] [--system PREFIX] [--json FILE] [--quick] [--list]\n"
		"  --rounds N      rounds of each workload, 1 to 101 (%u; 1 with --quick)\n"
		"  --only NAME     only this workload, or those whose names begin so\n"
		"  --system PREFIX only systems whose name begins so\n"
		"  --json FILE     where the results go (%s)\n"
		"  --quick         short rounds: does it work, not how fast is it\n"
		"  --list          print the workloads and their systems\n",
		bench_program.name, bench_program.rounds, bench_program.json);
}

static int options_parse(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{ "rounds", required_argument, NULL, 'r' },
		{ "only", required_argument, NULL, 'o' },
		{ "system", required_argument, NULL, 's' },
		{ "json", required_argument, NULL, 'j' },
		{ "quick", no_argument, NULL, 'q' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long rounds = 0;
	char *end = "";
	int c;

	*options = (struct options){ .only = "", .system = "", .json = bench_program.json };
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'r')
			rounds = strtoul(optarg, &end, 10);
		else if (c == 'o')
			options->only = optarg;
		else if (c == 's')
			options->system = optarg;
		else if (c == 'j')
			options->json = optarg;
		else if (c == 'q')
			options->quick = true;
		else if (c == 'l')
			options->list = true;
		else
			return c == 'h' ? 1 : -EINVAL;
		if (c == 'r' && (*end || rounds == 0 || rounds > BENCH_ROUNDS_MAX))
			return -EINVAL;
	}
	options->rounds = rounds ? (unsigned)rounds : options->quick ? 1 : bench_program.rounds;
	return optind == argc ? 0 : -EINVAL;
}

static void list_print(void)
{
	for (size_t w = 0; w < bench_program.nworkloads; w++) {
		const struct bench_workload *workload = &bench_program.workloads[w];

		printf("%-12s %s:", workload->name, workload->question);
		for (size_t s = 0; s < workload->nsystems; s++)
			printf(" %s", workload->systems[s].name);
		putchar('\n');
	}
}

/* Returns whether the system may run again. */
static bool outcome_take(struct bench *bench, const struct bench_workload *workload,
			 const struct bench_system *system, const struct process_outcome *outcome)
{
	if (outcome->verdict == PROCESS_SKIPPED) {
		printf("%-12s %-24s not measured: %s\n", workload->name, system->name,
		       outcome->why);
		if (report_skip(&bench->report, workload, system, outcome->why))
			bench->failed = true;
		return false;
	}
	if (outcome->verdict == PROCESS_FAILED) {
		fprintf(stderr, "bench: %s: %s: %s\n", workload->name, system->name, outcome->why);
		bench->failed = true;
		return false;
	}
	for (unsigned i = 0; i < outcome->nresults; i++) {
		const struct arena_result *result = &outcome->results[i];

		if (report_add(&bench->report, workload, system, result->metric, result->unit,
			       result->value))
			bench->failed = true;
	}
	return true;
}

static void workload_run(struct bench *bench, const struct bench_workload *workload)
{
	uint64_t round_ns = bench->options.quick ? ROUND_QUICK_NS : bench_program.round_ns;
	const char *only = bench->options.system;
	bool out[SYSTEMS_MAX] = { false };

	for (unsigned round = 0; round < bench->options.rounds; round++) {
		for (size_t s = 0; s < workload->nsystems && s < SYSTEMS_MAX; s++) {
			const struct bench_system *system = &workload->systems[s];
			struct process_outcome outcome;

			if (process_interrupted() || out[s] ||
			    strncmp(system->name, only, strlen(only)) != 0 ||
			    (system->rounds_max && round >= system->rounds_max))
				continue;
			process_run(workload, system, round_ns, &outcome);
			out[s] = !outcome_take(bench, workload, system, &outcome);
		}
	}
	report_print_workload(&bench->report, workload, stdout);
}

/* What --only asks for: the workload of that name, or those whose names begin so. */
static bool is_chosen(const char *name, const char *only)
{
	for (size_t w = 0; w < bench_program.nworkloads; w++)
		if (strcmp(bench_program.workloads[w].name, only) == 0)
			return strcmp(name, only) == 0;
	return strncmp(name, only, strlen(only)) == 0;
}

static void workloads_run(struct bench *bench)
{
	if (bench_program.preface)
		bench_program.preface(stdout);
	report_print_head(stdout);
	for (size_t w = 0; w < bench_program.nworkloads; w++)
		if (is_chosen(bench_program.workloads[w].name, bench->options.only))
			workload_run(bench, &bench_program.workloads[w]);
}

/* Makes the last folder of the path, as build/ may not be there yet. */
static FILE *json_open(const char *path)
{
	char copy[512];

	snprintf(copy, sizeof(copy), "%s", path);
	if (mkdir(dirname(copy), 0777) && errno != EEXIST)
		return NULL;
	return fopen(path, "w");
}

static int bench_run(struct bench *bench)
{
	FILE *json = json_open(bench->options.json);
	int r;

	if (!json) {
		fprintf(stderr, "bench: %s: %s\n", bench->options.json, strerror(errno));
		return EXIT_FAILURE;
	}
	r = process_init();
	if (r == 0) {
		workloads_run(bench);
		r = process_deinit();
	}
	if (r < 0)
		fprintf(stderr, "bench: the folder of the channels: %s\n", strerror(-r));
	report_print_json(&bench->report, json);
	report_deinit(&bench->report);
	if (fclose(json))
		r = -errno;
	return r < 0 || bench->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct bench bench = { .failed = false };
	int r;

	if (argc > 1 && strcmp(argv[1], "--role") == 0)
		return role_main(argc, argv);
	r = options_parse(&bench.options, argc, argv);
	if (r) {
		usage(r < 0 ? stderr : stdout);
		return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	if (bench.options.list) {
		list_print();
		return EXIT_SUCCESS;
	}
	return bench_run(&bench);
}
