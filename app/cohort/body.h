/*
 * What a message carries: bytes, from an argument or standard input, and descriptors.
 */
#ifndef COHORT_TOOL_BODY_H
#define COHORT_TOOL_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "cohort.h"
#include "options.h"

struct body {
	bool hex;	 /* the bytes are given as hexadecimal digits */
	bool from_stdin; /* they are standard input */
	/* kept in the order in which they were given, until all arguments have been read */
	struct {
		const char *path; /* or NULL: */
		int fd;
	} attachments[COHORT_FDS_MAX];
	size_t nattachments;

	unsigned char *bytes;
	size_t length;
	int fds[COHORT_FDS_MAX];
	size_t nfds;
};

#define BODY_OPTIONS(b)                                                                              \
	{ "hex", 'x', NULL, "bodies are pairs of hexadecimal digits", option_flag, &(b)->hex },      \
		{ "stdin", 'i', NULL, "the body is standard input", option_flag, &(b)->from_stdin }, \
		{ "fd", 'f', "N", "attach descriptor N (repeatable)", body_attach_fd, b },           \
	{                                                                                            \
		"file", 'F', "PATH", "attach PATH, opened for reading (repeatable)",                 \
			body_attach_file, b                                                          \
	}

int body_attach_fd(void *to_body, const char *text);
int body_attach_file(void *to_body, const char *text);

/*
 * Reads the bytes and opens the files. `text` is the argument that has the bytes, or NULL. Returns
 * 0, or says what is wrong and returns the status to end with. body_free() in any case.
 */
int body_load(struct body *b, const char *text);
void body_free(struct body *b);

/* Lets a message carry it; the body must outlive the message. */
void body_attach(const struct body *b, struct cohort_message *message);

/*
 * Prints a body for people: as it is if standard output is no terminal and `exactly`, else with a
 * newline at its end; a terminal gets no control characters.
 */
void body_print(const void *bytes, size_t length, bool hex, bool exactly);

#endif
