/*
 * Feeds the compiler with broken input, each in a process of its own: files cut off at every byte,
 * and with bytes changed, lost and repeated. Whatever it says of them, it must end by itself, and what
 * it accepts it must be able to write.
 *
 * usage: hostile STEP MUTANTS FILE...
 *
 * STEP is how many bytes are cut off at a time, MUTANTS how many others are made of each file.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cohort-idl/check.h"
#include "cohort-idl/diagnostics.h"
#include "cohort-idl/emit.h"
#include "cohort-idl/imports.h"
#include "cohort-idl/print.h"

#define LARGEST 65536
#define LONG 1024
#define LIMIT 20 /* seconds for one input: then it hangs */

struct input {
	char bytes[LARGEST];
	size_t length;
};

static uint64_t state;
static unsigned long accepted, refused;

static size_t below(size_t n)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(state >> 33) % n;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Returns 0: accepted, 1: refused. */
static int compile(const char *path, FILE *to)
{
	const struct emit_options how = { .header_name = "x.h", .output_name = "x" };
	struct file *file = imports_load(path, NULL, 0);

	check(file);
	diagnostics_print(file, to);
	if (diagnostics_count() > 0)
		return 1;
	print(file, to);
	emit_header(file, &how, to);
	emit_source(file, &how, to);
	emit_doc(file, &how, to);
	emit_fuzz(file, &how, to);
	return 0;
}

/* A file in memory, so that there is nothing to clean up. */
static int file_of(const struct input *input)
{
	int fd = memfd_create("input", 0);

	if (fd < 0 || write(fd, input->bytes, input->length) != (ssize_t)input->length)
		die("input");
	return fd;
}

static bool ended_well(int status)
{
	return WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 1);
}

/* Shows what it was about: printf's format, for a shell. */
static void complain(const char *name, const struct input *input, int status)
{
	printf("%s, status %d, with: ", name, status);
	for (size_t i = 0; i < input->length; i++)
		printf("\\%03o", (unsigned char)input->bytes[i]);
	putchar('\n');
	exit(1);
}

static void try_input(const char *name, const struct input *input, FILE *nowhere)
{
	int fd = file_of(input), status;
	char path[32];
	pid_t child;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fflush(NULL);
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		alarm(LIMIT);
		_exit(compile(path, nowhere));
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	close(fd);
	if (!ended_well(status))
		complain(name, input, status);
	*(WEXITSTATUS(status) == 0 ? &accepted : &refused) += 1;
}

static void read_input(const char *path, struct input *input)
{
	FILE *file = fopen(path, "r");

	if (!file)
		die(path);
	input->length = fread(input->bytes, 1, LARGEST, file);
	fclose(file);
}

/* Of long files, which are many small parts in a row, fewer. */
static void try_prefixes(const char *path, const struct input *whole, size_t step, FILE *nowhere)
{
	static struct input part;

	if (whole->length > LONG)
		step *= 8;
	part = *whole;
	for (size_t n = whole->length % step; n <= whole->length; n += step) {
		part.length = n;
		try_input(path, &part, nowhere);
	}
}

static void mutate(struct input *input)
{
	static const char signs[] = "{}()<>[]=;,.?@-\"/*\\\n0x9a_A\0\xff";
	size_t at = below(input->length), n = 1 + below(8);

	if (n > input->length - at)
		n = input->length - at;
	switch (below(4)) {
	case 0:
		input->bytes[at] = signs[below(sizeof(signs) - 1)];
		break;
	case 1: /* lost */
		memmove(input->bytes + at, input->bytes + at + n, input->length - at - n);
		input->length -= n;
		break;
	case 2: /* repeated */
		if (input->length + n > LARGEST)
			break;
		memmove(input->bytes + at + n, input->bytes + at, input->length - at);
		input->length += n;
		break;
	default: /* from elsewhere */
		memmove(input->bytes + at, input->bytes + below(input->length - n + 1), n);
	}
}

static void try_mutants(const char *path, const struct input *whole, size_t mutants, FILE *nowhere)
{
	static struct input mutant;

	for (size_t i = 0; i < mutants; i++) {
		mutant = *whole;
		for (size_t changes = 1 + below(3); changes > 0 && mutant.length > 0; changes--)
			mutate(&mutant);
		try_input(path, &mutant, nowhere);
	}
}

int main(int argc, char **argv)
{
	static struct input input;
	size_t step, mutants;
	FILE *nowhere = fopen("/dev/null", "w");

	if (argc < 4 || !nowhere)
		return 2;
	step = strtoul(argv[1], NULL, 10);
	mutants = strtoul(argv[2], NULL, 10);
	for (int i = 3; i < argc; i++) {
		state = (uint64_t)i;
		read_input(argv[i], &input);
		try_prefixes(argv[i], &input, step, nowhere);
		try_mutants(argv[i], &input, mutants, nowhere);
	}
	printf("%lu accepted, %lu refused\n", accepted, refused);
	return 0;
}
