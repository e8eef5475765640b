/*
 * main.c: the command line, and the order of things: read, check, and only if nothing was wrong,
 * write.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "cohort/types.h"
#include "depfile.h"
#include "diagnostics.h"
#include "emit.h"
#include "imports.h"
#include "memory.h"
#include "outputs.h"
#include "print.h"

#define DONE 0
#define FAILED 1
#define USAGE 2

enum kind {
	HEADER,
	SOURCE,
	DOC,
	FUZZ,
	DEPFILE,
	NKINDS
};

/* What getopt_long() returns for the other options. */
enum {
	INCLUDE = NKINDS,
	CHECK,
	PRINT,
	HELP,
	VERSION
};

static const struct option options[] = {
	{ "header", required_argument, NULL, HEADER },
	{ "source", required_argument, NULL, SOURCE },
	{ "doc", required_argument, NULL, DOC },
	{ "fuzz", required_argument, NULL, FUZZ },
	{ "depfile", required_argument, NULL, DEPFILE },
	{ "include", required_argument, NULL, INCLUDE },
	{ "check", no_argument, NULL, CHECK },
	{ "print", no_argument, NULL, PRINT },
	{ "help", no_argument, NULL, HELP },
	{ "version", no_argument, NULL, VERSION },
	{ NULL, 0, NULL, 0 },
};

struct command {
	const char *path[NKINDS]; /* of each output, or NULL */
	const char **folders, **includes;
	size_t nfolders, nincludes;
	bool check, print;
	const char *input;
};

static const char help[] =
	"usage: cohort-idl [options] FILE.mojom\n"
	"\n"
	"Compiles an interface to C.\n"
	"\n"
	"  -I DIR             where imports are looked for, after the importing file's folder\n"
	"  --header FILE      write the header: types and functions\n"
	"  --source FILE      write the source: the tables that the header declares\n"
	"  --doc FILE         write a description of the interface, in Markdown\n"
	"  --fuzz FILE        write a program that tries the decoders\n"
	"  --depfile FILE     write what the outputs depend on, for make\n"
	"  --include HEADER   what the header includes, for types declared elsewhere\n"
	"  --check            write nothing; only say what is wrong\n"
	"  --print            print the interface itself, in its canonical form\n"
	"  -h, --help         this text\n"
	"  --version          the version\n"
	"\n"
	"FILE may be `-`: standard output. -I and --include may be given many times.\n"
	"Ends with 0: done; 1: something is wrong with the interface, or could not be written,\n"
	"and the outputs are as they were; 2: wrong arguments.\n";

static int usage(const char *text, const char *name)
{
	fprintf(stderr, "cohort-idl: %s%s\n`cohort-idl --help` says more.\n", text, name);
	return USAGE;
}

/* --- The command line ------------------------------------------------------------------------------ */

static int take_option(struct command *c, int option)
{
	switch (option) {
	case 'I':
		c->folders[c->nfolders++] = optarg;
		return DONE;
	case INCLUDE:
		c->includes[c->nincludes++] = optarg;
		return DONE;
	case CHECK:
		c->check = true;
		return DONE;
	case PRINT:
		c->print = true;
		return DONE;
	default:
		if (c->path[option])
			return usage("given twice: --", options[option].name);
		if (!*optarg)
			return usage("no file given: --", options[option].name);
		c->path[option] = optarg;
		return DONE;
	}
}

static int wrong_option(int found, char **argv)
{
	static char letter[2];

	letter[0] = (char)optopt;
	if (found == ':')
		return usage("a value is missing: ", argv[optind - 1]);
	if (optopt > VERSION)
		return usage("unknown option -", letter);
	return usage("wrong option: ", argv[optind - 1]);
}

static bool writes(const struct command *c)
{
	for (int k = 0; k < NKINDS; k++)
		if (c->path[k])
			return true;
	return false;
}

/* Something for a depfile to name as its target. */
static bool has_target(const struct command *c)
{
	for (int k = 0; k < DEPFILE; k++)
		if (c->path[k] && strcmp(c->path[k], "-") != 0)
			return true;
	return false;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	if (strcmp(a, "-") == 0 || strcmp(b, "-") == 0)
		return false;
	if (strcmp(a, b) == 0)
		return true;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

static int check_paths(const struct command *c)
{
	for (int k = 0; k < NKINDS; k++)
		for (int other = 0; c->path[k] && other < k; other++)
			if (c->path[other] && same_file(c->path[k], c->path[other]))
				return usage("two outputs are the same file: ", c->path[k]);
	return DONE;
}

static int check_command(const struct command *c)
{
	if (c->check + c->print + writes(c) == 0)
		return usage("nothing to do: give an output, --check or --print", "");
	if (c->check + c->print + writes(c) > 1)
		return usage("--check and --print go with nothing else", "");
	if (c->path[DEPFILE] && !has_target(c))
		return usage("--depfile needs an output that is a file", "");
	return check_paths(c);
}

/* Returns -1: go on; else how to end. */
static int command_parse(struct command *c, int argc, char **argv)
{
	int option, status = DONE;

	c->folders = node_new(((size_t)argc + 1) * sizeof(*c->folders));
	c->includes = node_new(((size_t)argc + 1) * sizeof(*c->includes));
	opterr = 0;
	while (!status && (option = getopt_long(argc, argv, ":I:h", options, NULL)) != -1) {
		if (option == HELP || option == 'h')
			return fputs(help, stdout) < 0 ? FAILED : DONE;
		if (option == VERSION)
			return printf("cohort-idl %d.%d.%d\n", COHORT_VERSION_MAJOR,
				      COHORT_VERSION_MINOR, COHORT_VERSION_PATCH) < 0;
		status = option == '?' || option == ':' ? wrong_option(option, argv)
							: take_option(c, option);
	}
	if (status)
		return status;
	if (optind + 1 != argc)
		return usage(optind == argc ? "no file given" : "more than one file given", "");
	c->input = argv[optind];
	status = check_command(c);
	return status ? status : -1;
}

/* --- Outputs --------------------------------------------------------------------------------------- */

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The header beside a source. */
static const char *header_beside(const char *path)
{
	const char *name = base(path), *dot = strrchr(name, '.');

	return text_format("%.*s.h", (int)(dot && dot > name ? (size_t)(dot - name) : strlen(name)),
			   name);
}

static const char *header_name(const struct command *c)
{
	if (c->path[HEADER] && strcmp(c->path[HEADER], "-") != 0)
		return base(c->path[HEADER]);
	if (c->path[SOURCE] && strcmp(c->path[SOURCE], "-") != 0)
		return header_beside(c->path[SOURCE]);
	return text_format("%s.h", base(c->input));
}

static int write_depfile(const struct command *c, const struct file *files, FILE *to)
{
	const char *targets[NKINDS];
	size_t n = 0;

	for (int k = 0; k < DEPFILE; k++)
		if (c->path[k] && strcmp(c->path[k], "-") != 0)
			targets[n++] = c->path[k];
	depfile(files, targets, n, to);
	return 0;
}

static int emit(const struct command *c, const struct file *files, enum kind kind, FILE *to)
{
	static int (*const emitters[])(const struct file *, const struct emit_options *,
				       FILE *) = { emit_header, emit_source, emit_doc, emit_fuzz };
	const struct emit_options how = {
		.header_name = header_name(c),
		.includes = c->includes,
		.nincludes = c->nincludes,
		.output_name = base(c->path[kind]),
	};

	return kind == DEPFILE ? write_depfile(c, files, to) : emitters[kind](files, &how, to);
}

static int cannot_write(const char *path, int err)
{
	fprintf(stderr, "cohort-idl: %s cannot be written: %s\n", path, strerror(-err));
	return FAILED;
}

/* Each output of the command, into memory. */
static int make_outputs(const struct command *c, const struct file *files, struct output *outputs,
			size_t *n)
{
	for (int k = 0; k < NKINDS; k++) {
		int err;

		if (!c->path[k])
			continue;
		err = output_open(&outputs[*n], c->path[k]);
		if (!err) {
			(*n)++;
			err = emit(c, files, (enum kind)k, outputs[*n - 1].stream);
		}
		if (err)
			return cannot_write(c->path[k], err);
	}
	return DONE;
}

static int write_outputs(const struct command *c, const struct file *files)
{
	struct output outputs[NKINDS];
	const char *failed;
	size_t n = 0;
	int status = make_outputs(c, files, outputs, &n), err;

	if (!status) {
		err = outputs_write(outputs, n, &failed);
		if (err)
			status = cannot_write(failed, err);
	}
	outputs_close(outputs, n);
	return status;
}

/* An output that is also read would be lost if it were written. */
static int spare_inputs(const struct command *c, const struct file *files)
{
	for (const struct file *file = files; file; file = file->next)
		for (int k = 0; k < NKINDS; k++)
			if (c->path[k] && same_file(c->path[k], file->path))
				return usage("an output is also an input: ", c->path[k]);
	return DONE;
}

static int print_file(const struct file *file)
{
	print(file, stdout);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return DONE;
	return cannot_write("standard output", -errno);
}

static int compile(const struct command *c)
{
	struct file *files = imports_load(c->input, c->folders, c->nfolders);
	int status;

	check(files);
	diagnostics_print(files, stderr);
	if (diagnostics_count() > 0)
		return FAILED;
	status = spare_inputs(c, files);
	if (status || c->check)
		return status;
	return c->print ? print_file(files) : write_outputs(c, files);
}

int main(int argc, char **argv)
{
	struct command command = { 0 };
	int status = command_parse(&command, argc, argv);

	return status < 0 ? compile(&command) : status;
}
