#include "component/common/subject.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NOTES_MAX 64
#define TEXT_MAX 1024

/* --- Tables --------------------------------------------------------------------------------------- */

static const struct cohort_type type_int64 = { .kind = COHORT_KIND_INT64, .size = 8, .align = 8 };
static const struct cohort_type type_text = { .kind = COHORT_KIND_STRING,
					      .size = sizeof(char *),
					      .align = _Alignof(char *) };

static const struct cohort_field words_fields[] = {
	{ "number", &type_int64, offsetof(struct subject_words, number), NULL },
	{ "text", &type_text, offsetof(struct subject_words, text), NULL },
};

static const struct cohort_type type_words = { .kind = COHORT_KIND_STRUCT,
					       .size = sizeof(struct subject_words),
					       .align = _Alignof(struct subject_words),
					       .count = 2,
					       .name = "test.Words",
					       .fields = words_fields };

#define INVOKE(table, n)                                                                 \
	static int invoke_##n(const void *functions, void *self, struct cohort_job *job, \
			      const void *in, void *out)                                 \
	{                                                                                \
		return ((const struct table *)functions)->of[n](self, job, in, out);     \
	}

INVOKE(subject_functions, SUBJECT_ECHO)
INVOKE(subject_functions, SUBJECT_NOTE)
INVOKE(subject_functions, SUBJECT_NOTES)
INVOKE(subject_functions, SUBJECT_PROCESS)
INVOKE(subject_functions, SUBJECT_VARIABLE)
INVOKE(subject_functions, SUBJECT_HOLD)
INVOKE(subject_functions, SUBJECT_END)
INVOKE(subject_events_functions, SUBJECT_SAID)

#define METHOD(n, name, flags) [n] = { name, flags, -1, &type_words, &type_words, invoke_##n }

static const struct cohort_method subject_methods[] = {
	METHOD(SUBJECT_ECHO, "echo", 0),	 METHOD(SUBJECT_NOTE, "note", COHORT_METHOD_ONEWAY),
	METHOD(SUBJECT_NOTES, "notes", 0),	 METHOD(SUBJECT_PROCESS, "process", 0),
	METHOD(SUBJECT_VARIABLE, "variable", 0), METHOD(SUBJECT_HOLD, "hold", 0),
	METHOD(SUBJECT_END, "end", 0),
};

static const struct cohort_method event_methods[] = {
	METHOD(SUBJECT_SAID, "said", COHORT_METHOD_ONEWAY),
};

const struct cohort_interface subject_interface = { "test.Subject", 0, SUBJECT_METHODS,
						    subject_methods };
const struct cohort_interface subject_events = { "test.SubjectEvents", COHORT_INTERFACE_EVENTS,
						 SUBJECT_EVENTS, event_methods };

/* --- The component --------------------------------------------------------------------------------- */

struct subject {
	struct cohort_port *caller;
	const char *options;
	int64_t notes[NOTES_MAX];
	size_t count, noted; /* those in `notes`; all */
};

static void sleep_ms(int64_t ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

static int echo(void *self, struct cohort_job *job, const void *in, void *out)
{
	(void)self;
	(void)job;
	*(struct subject_words *)out = *(const struct subject_words *)in;
	return 0;
}

static int note(void *self, struct cohort_job *job, const void *in, void *out)
{
	struct subject *subject = self;

	(void)job;
	(void)out;
	subject->noted++;
	if (subject->count < NOTES_MAX)
		subject->notes[subject->count++] = ((const struct subject_words *)in)->number;
	return 0;
}

static int notes(void *self, struct cohort_job *job, const void *in, void *out)
{
	struct subject_words *answer = out;
	struct subject *subject = self;
	char *text = cohort_job_alloc(job, TEXT_MAX);
	size_t used = 0;

	(void)in;
	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < subject->count && used < TEXT_MAX; i++)
		used += (size_t)snprintf(text + used, TEXT_MAX - used, "%s%lld", i ? " " : "",
					 (long long)subject->notes[i]);
	answer->text = text;
	return 0;
}

/* The channel, and what the library has made for it. */
static bool is_of_library(const char *target)
{
	return strncmp(target, "socket:", 7) == 0 || strncmp(target, "anon_inode:", 11) == 0 ||
	       strncmp(target, "/memfd:", 7) == 0;
}

static void list_descriptors(char *text)
{
	bool open[256] = { false };
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	char target[256];

	while (folder && (entry = readdir(folder))) {
		ssize_t length =
			readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);
		int fd = atoi(entry->d_name);

		if (length <= 0 || fd == dirfd(folder) || fd < 0 || fd > 255)
			continue;
		target[length] = '\0';
		open[fd] = !is_of_library(target);
	}
	if (folder)
		closedir(folder);
	for (int fd = 0; fd < 256; fd++)
		if (open[fd])
			sprintf(text + strlen(text), "%s%d", *text ? " " : "", fd);
}

static int process(void *self, struct cohort_job *job, const void *in, void *out)
{
	struct subject_words *answer = out;
	char *text = cohort_job_alloc(job, TEXT_MAX);

	(void)self;
	(void)in;
	if (!text)
		return -ENOMEM;
	list_descriptors(text);
	answer->number = getpid();
	answer->text = text;
	return 0;
}

static int variable(void *self, struct cohort_job *job, const void *in, void *out)
{
	const char *value = getenv(((const struct subject_words *)in)->text);

	(void)self;
	(void)job;
	((struct subject_words *)out)->text = value ? value : "-";
	return 0;
}

static int hold(void *self, struct cohort_job *job, const void *in, void *out)
{
	const struct subject_words *words = in;
	struct subject *subject = self;

	(void)out;
	cohort_port_send(subject->caller, &subject_events, SUBJECT_SAID, words, COHORT_SECONDS(5));
	if (words->number >= 0)
		sleep_ms(words->number);
	while (words->number < 0 && !cohort_job_cancelled(job))
		sleep_ms(1);
	return 0;
}

/* The library's threads block all signals, and a sanitizer handles some of them. */
static void crash(int number)
{
	sigset_t set;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* a core would be in the exit status */
	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	raise(number);
}

/* Ends its session, and goes on. */
static void leave_session(int64_t ms)
{
	for (int fd = 3; fd < 256; fd++)
		shutdown(fd, SHUT_RDWR);
	sleep_ms(ms);
}

static int end(void *self, struct cohort_job *job, const void *in, void *out)
{
	const struct subject_words *words = in;

	(void)self;
	(void)job;
	(void)out;
	if (strcmp(words->text, "exit") == 0)
		_exit((int)words->number);
	if (strcmp(words->text, "raise") == 0)
		crash((int)words->number);
	else if (strcmp(words->text, "close") == 0)
		leave_session(words->number);
	else if (strcmp(words->text, "ignore") == 0)
		signal((int)words->number, SIG_IGN);
	else
		return -EINVAL;
	return 0;
}

static const struct subject_functions functions = { { echo, note, notes, process, variable, hold,
						      end } };

const struct cohort_service subject_services[1] = { { &subject_interface, &functions } };
const struct cohort_interface *const subject_uses[1] = { &subject_events };

/* The number behind a word, if it is that word. */
static bool says(const char *options, const char *word, int *number)
{
	size_t length = strlen(word);

	*number = 0;
	if (strncmp(options, word, length) != 0)
		return false;
	*number = atoi(options + length);
	return true;
}

static bool is_meant(const char *options)
{
	const char *file = strchr(options, '@');

	return !file || unlink(file + 1) == 0;
}

static int misbehave(const char *options)
{
	int number;

	if (says(options, "fail ", &number))
		return -number;
	if (says(options, "exit ", &number))
		_exit(number);
	if (says(options, "raise ", &number))
		crash(number);
	while (says(options, "hang", &number))
		pause();
	return 0;
}

int subject_create(struct cohort_port *caller, const char *options, void **self)
{
	struct subject *subject;
	int err = is_meant(options) ? misbehave(options) : 0;

	if (err)
		return err;
	subject = calloc(1, sizeof(*subject));
	if (!subject)
		return -ENOMEM;
	subject->caller = caller;
	subject->options = strdup(options);
	*self = subject;
	return 0;
}

void subject_destroy(void *self)
{
	struct subject *subject = self;
	int number;

	if (subject->options && says(subject->options, "slow ", &number))
		sleep_ms(number);
	printf("noted %zu\n", subject->noted);
	fflush(stdout);
	free((char *)(uintptr_t)subject->options);
	free(subject);
}
