/*
 * Options: each subcommand has a table of them, which the parser and the help text are made of.
 */
#ifndef COHORT_OPTIONS_H
#define COHORT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct option_spec {
	const char *name;  /* without "--" */
	char letter;	   /* of the short form, or 0 */
	const char *value; /* what follows it, for the help text; NULL: nothing does */
	const char *help;  /* one line */
	/*
	 * Reads `text` (NULL if nothing follows) into *to: 0, or a negative errno if it is not
	 * valid. The option_*() functions below are such.
	 */
	int (*take)(void *to, const char *text);
	void *to;
};

#define OPTION_JSON(to)                                                            \
	{                                                                          \
		"json", 'j', NULL, "print one JSON object a line", option_flag, to \
	}
#define OPTION_TIMEOUT(to)                                                                        \
	{                                                                                         \
		"timeout", 't', "TIME", "how long to wait for the primary (5 s)", option_time, to \
	}
#define OPTION_END                              \
	{                                       \
		NULL, 0, NULL, NULL, NULL, NULL \
	}

struct option_usage {
	const char *synopsis; /* "peers [--json] CHANNEL" */
	const char *text;     /* what it does; lines of up to 80 columns, each ended by a newline */
	int least, most;      /* how many words may follow the options */
};

/* What is left when the options have been taken. */
struct option_words {
	int count;
	char **word; /* of argv */
	int status;  /* how to end, when options_parse() returned false */
};

/*
 * Takes the options out of argv. Options may stand anywhere before "--". Returns false when there
 * is nothing left to do: help was asked for and printed, or the arguments are wrong and that was
 * said.
 */
bool options_parse(const struct option_usage *usage, const struct option_spec *specs, int argc,
		   char **argv, struct option_words *words);

/* Words that were given with one option, in order; empty it with option_list_free(). */
struct option_list {
	size_t count;
	const char **item;
};

int option_flag(void *to_bool, const char *text);
int option_text(void *to_string, const char *text); /* const char * */
int option_count(void *to_count, const char *text); /* uint64_t, at least 1 */
int option_time(void *to_ns, const char *text);	    /* int64_t: see parse_time() */
int option_peer(void *to_peer, const char *text);   /* cohort_peer: see parse_peer() */
int option_append(void *to_list, const char *text); /* struct option_list */

void option_list_free(struct option_list *list);

#endif
