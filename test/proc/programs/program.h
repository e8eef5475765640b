/*
 * What the programs that tests start have in common: the command line, and lines on standard output.
 *
 *	PROGRAM ROLE PATH [KEY=VALUE...]
 *
 * ROLE is primary, secondary or auto. Without PATH's '/' it is a name. The keys are those of option_set() below.
 */
#ifndef COHORT_PROC_PROGRAM_H
#define COHORT_PROC_PROGRAM_H

#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cohort.h"

struct options {
	const char *path;
	struct cohort_config config;
	uid_t allow_uid;
	const char *tally; /* a file for counters that outlive the process */
	unsigned rounds;
	bool quiet; /* no lines for joined and left */
};

/* One line, written at once, so that lines of several threads and of a process that dies stay whole. */
__attribute__((format(printf, 1, 2))) static inline void say(const char *format, ...)
{
	char line[1024];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line) - 1, format, arguments);
	va_end(arguments);
	if (length < 0 || length >= (int)sizeof(line) - 1)
		length = (int)sizeof(line) - 2;
	line[length++] = '\n';
	if (write(STDOUT_FILENO, line, (size_t)length) != length)
		_exit(120); /* the test is gone */
}

static inline unsigned peer_number(cohort_peer peer)
{
	return (unsigned)(peer & UINT32_MAX);
}

static inline uint64_t call_number(const struct cohort_call *call)
{
	uint64_t number = 0;
	size_t length;
	const void *data = cohort_call_data(call, &length);

	memcpy(&number, data, length < sizeof(number) ? length : sizeof(number));
	return number;
}

/* Becomes another user for good. What the change resets is set again: who looks in, and who it dies with. */
static inline void become(uid_t uid)
{
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		_exit(121);
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static inline void limit_descriptors(unsigned long n)
{
	struct rlimit limit = { n, n };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		_exit(122);
}

static inline void log_line(struct cohort *c, enum cohort_log_level level, int error,
			    const char *text, void *user)
{
	(void)c;
	(void)user;
	say("log %d %d %s", (int)level, error, text);
}

static inline bool option_set(struct options *o, const char *key, const char *value)
{
	struct cohort_config *config = &o->config;
	unsigned long number = strtoul(value, NULL, 10);

	if (!strcmp(key, "open"))
		config->open_timeout = COHORT_MS(number);
	else if (!strcmp(key, "handlers"))
		config->handler_threads = (uint32_t)number;
	else if (!strcmp(key, "ring"))
		config->ring_size = number;
	else if (!strcmp(key, "peers"))
		config->max_peers = (uint32_t)number;
	else if (!strcmp(key, "mode"))
		config->mode = (mode_t)strtoul(value, NULL, 8);
	else if (!strcmp(key, "allow"))
		o->allow_uid = (uid_t)number, config->allow_uids = &o->allow_uid,
		config->nallow_uids = 1;
	else if (!strcmp(key, "primary-uid"))
		config->primary_uid = (uid_t)number, config->flags |= COHORT_CHECK_PRIMARY_UID;
	else if (!strcmp(key, "own-loop"))
		config->flags |= COHORT_OWN_LOOP;
	else if (!strcmp(key, "once"))
		config->flags |= COHORT_NO_RECONNECT;
	else if (!strcmp(key, "log"))
		config->log = log_line, config->log_level = (enum cohort_log_level)number;
	else if (!strcmp(key, "uid"))
		become((uid_t)number);
	else if (!strcmp(key, "nofile"))
		limit_descriptors(number);
	else if (!strcmp(key, "tally"))
		o->tally = value;
	else if (!strcmp(key, "rounds"))
		o->rounds = (unsigned)number;
	else if (!strcmp(key, "quiet"))
		o->quiet = true;
	else
		return false;
	return true;
}

static inline enum cohort_role role_of(const char *word)
{
	if (!strcmp(word, "primary"))
		return COHORT_ROLE_PRIMARY;
	if (!strcmp(word, "observer"))
		return COHORT_ROLE_OBSERVER;
	return !strcmp(word, "auto") ? COHORT_ROLE_AUTO : COHORT_ROLE_SECONDARY;
}

/* Handlers may end with a crash: no core files. A line to a test that has gone is an error, not a signal. */
static inline void options_parse(struct options *o, int argc, char **argv)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	signal(SIGPIPE, SIG_IGN);
	*o = (struct options){ .config = config };
	o->config.handshake_timeout = COHORT_SECONDS(30); /* tests count who comes */
	if (argc < 3)
		_exit(123);
	o->config.role = role_of(argv[1]);
	o->path = argv[2];
	for (int i = 3; i < argc; i++) {
		char *equals = strchr(argv[i], '=');

		if (!equals)
			_exit(124);
		*equals = '\0';
		if (!option_set(o, argv[i], equals + 1))
			_exit(125);
	}
}

#endif
