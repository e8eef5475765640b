/*
 * A worker process: what it is born with, how it is signalled and reaped, and that nothing of it stays.
 */
#include "component/worker.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "component/sandbox.h"
#include "support/support.h"

/* Those of libc itself, which no program can have: posix_spawn() sets them to be ignored. */
#define INTERNAL_SIGNALS UINT64_C(0x180000000)

static struct census before;
static struct worker worker;
static char program[PATH_MAX];
static const char *environment[4];
static struct cohort_sandbox sandbox;
static struct worker_settings settings;

static void setup(void)
{
	const char *folder = getenv("COHORT_TEST_PROGRAMS");

	cr_assert(folder, "COHORT_TEST_PROGRAMS is not set");
	snprintf(program, sizeof(program), "%s/unwell", folder);
	sandbox = (struct cohort_sandbox){ .options = COHORT_SANDBOX_ENVIRONMENT,
					   .environment = environment };
	settings =
		(struct worker_settings){ .program = program, .log_fd = -1, .sandbox = &sandbox };
	worker = (struct worker)WORKER_INIT;
	cr_assert_eq(census_take(&before, 0, NULL), 0);
}

static void teardown(void)
{
	char why[CENSUS_NAMES_MAX];

	worker_end(&worker);
	worker_end(&worker);
	cr_assert(census_settle(&before, why, sizeof(why)), "%s", why);
}

static void start(const char *what)
{
	int err;

	worker_end(&worker);
	environment[0] = what;
	err = worker_start(&worker, &settings);
	cr_assert_eq(err, 0, "cannot start %s: %d", program, err);
}

/* Waits until it has ended, and takes its status. */
static int status(void)
{
	struct pollfd entry = { .fd = worker.pidfd, .events = POLLIN };

	if (worker.pidfd >= 0) /* else nobody of ours is behind its number any more */
		poll(&entry, 1, PATIENCE_MS);
	cr_assert(worker_reap(&worker), "it still runs");
	return worker.status;
}

/* What it printed, all of it. */
static char *output_of(const char *what, int log[2])
{
	static char text[16384];
	size_t used = 0;
	ssize_t got;

	cr_assert_eq(pipe2(log, O_CLOEXEC), 0);
	settings.log_fd = log[1];
	start(what);
	close(log[1]);
	while ((got = read(log[0], text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)got;
	text[used] = '\0';
	close(log[0]);
	return text;
}

static bool says(const char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether the line is there. */
static bool says(const char *text, const char *format, ...)
{
	char line[PATH_MAX + 64] = "\n", whole[16386] = "\n";
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line + 1, sizeof(line) - 2, format, arguments);
	va_end(arguments);
	strcat(line, "\n");
	strncat(whole, text, sizeof(whole) - 2);
	return strstr(whole, line);
}

static unsigned count(const char *text, const char *prefix)
{
	unsigned n = 0;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		n += strncmp(line, prefix, strlen(prefix)) == 0;
	}
	return n;
}

/* The argument that follows this one. */
static const char *argument_after(const char *text, const char *name)
{
	static char value[128];
	const char *at = strstr(text, name);

	cr_assert(at, "no %s in %s", name, text);
	cr_assert_eq(sscanf(at + strlen(name), " argument %127s", value), 1);
	return value;
}

Test(worker, ends_with_the_status_that_it_gave, .init = setup, .fini = teardown)
{
	start("UNWELL=exit 7");
	cr_assert_eq(status(), 7 << 8);
	cr_assert(worker_reap(&worker), "the second time as well");
	cr_assert_eq(worker.status, 7 << 8);
}

Test(worker, ends_with_0, .init = setup, .fini = teardown)
{
	start("UNWELL=exit 0");
	cr_assert_eq(status(), 0);
}

Test(worker, ends_with_the_signal_that_killed_it, .init = setup, .fini = teardown)
{
	start("UNWELL=raise 11");
	cr_assert_eq(status() & 0x7f, SIGSEGV);
}

Test(worker, is_signalled_while_it_runs, .init = setup, .fini = teardown)
{
	start("UNWELL=pause");
	cr_assert_not(worker_has_ended(&worker));
	cr_assert_not(worker_reap(&worker));
	cr_assert_eq(worker_signal(&worker, SIGTERM), 0);
	cr_assert_eq(status(), SIGTERM);
	cr_assert(worker_has_ended(&worker));
	cr_assert_eq(worker_signal(&worker, SIGTERM), -ESRCH);
}

Test(worker, is_killed_at_its_end_if_it_still_runs, .init = setup, .fini = teardown)
{
	start("UNWELL=pause");
	worker_end(&worker);
	cr_assert_eq(worker.status, SIGKILL);
}

/* Sees the end of a process before its parent can, and looks when it is told to. */
static pid_t trace(pid_t pid, const int told[2])
{
	char byte;
	pid_t tracer = fork();

	if (tracer)
		return tracer;
	close(told[1]);
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL))
		_exit(errno);
	kill(pid, SIGKILL);
	if (read(told[0], &byte, 1) != 0 || waitpid(pid, NULL, __WALL) != pid)
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

Test(worker, is_not_left_a_zombie_by_who_traces_it, .init = setup, .fini = teardown)
{
	int told[2], status;
	pid_t tracer;

	start("UNWELL=pause");
	cr_assert_eq(pipe2(told, O_CLOEXEC), 0);
	tracer = trace(worker.pid, told);
	close(told[0]);
	while (!worker_has_ended(&worker) && waitpid(tracer, &status, WNOHANG) == 0)
		worker_wait(&worker, now_ns() + COHORT_MS(10));
	if (!worker_has_ended(&worker)) {
		close(told[1]);
		cr_skip_test("no process may be traced here: %s", strerror(WEXITSTATUS(status)));
	}
	cr_assert_not(worker_reap(&worker), "its tracer has not seen its end");
	close(told[1]);
	cr_assert_eq(waitpid(tracer, &status, 0), tracer);
	cr_assert_eq(status, 0);
	cr_assert(worker_reap(&worker));
	cr_assert_eq(worker.status, SIGKILL);
}

/* It ends all the same, and what is known of it. */
Test(worker, is_given_up_with_a_tracer_that_never_looks, .init = setup, .fini = teardown)
{
	int told[2];
	pid_t tracer;

	start("UNWELL=pause");
	cr_assert_eq(pipe2(told, O_CLOEXEC), 0);
	tracer = trace(worker.pid, told);
	close(told[0]);
	worker_end(&worker);
	close(told[1]);
	cr_assert_eq(waitpid(tracer, NULL, 0), tracer);
	while (waitpid(-1, NULL, 0) > 0) /* it is nobody's any more */
		;
}

Test(worker, none_at_all_has_ended, .init = setup, .fini = teardown)
{
	cr_assert(worker_has_ended(&worker));
	cr_assert(worker_reap(&worker));
	cr_assert_eq(worker.status, -1);
	cr_assert_eq(worker_signal(&worker, SIGTERM), -ESRCH);
}

Test(worker, has_its_channel_as_descriptor_3_and_no_other, .init = setup, .fini = teardown)
{
	int log[2];
	const char *text = output_of("UNWELL=describe", log);

	cr_assert_eq(count(text, "fd "), 4, "%s", text);
	cr_assert(says(text, "fd 0 /dev/null"), "%s", text);
	cr_assert_eq(count(text, "fd 1 pipe:"), 1, "%s", text);
	cr_assert_eq(count(text, "fd 2 pipe:"), 1, "%s", text);
	cr_assert_eq(count(text, "fd 3 socket:"), 1, "%s", text);
	cr_assert_eq(status(), 0);
}

Test(worker, is_told_who_its_parent_is_and_what_to_take_away, .init = setup, .fini = teardown)
{
	struct sandbox_settings taken;
	int log[2];
	const char *text;

	settings.path = "/some/object.so";
	sandbox.max_files = 77;
	text = output_of("UNWELL=describe", log);
	cr_assert(says(text, "argument %s", program), "%s", text);
	cr_assert(says(text, "argument --protocol\nargument %d", WORKER_PROTOCOL), "%s", text);
	cr_assert(says(text, "argument --parent\nargument %d", (int)getpid()), "%s", text);
	cr_assert(says(text, "argument --path\nargument /some/object.so"), "%s", text);
	cr_assert_eq(sandbox_settings_parse(&taken, argument_after(text, "--sandbox")), 0);
	cr_assert_eq(taken.options, COHORT_SANDBOX_ENVIRONMENT);
	cr_assert_eq(taken.max_files, 77);
}

Test(worker, is_not_told_of_a_path_that_there_is_not, .init = setup, .fini = teardown)
{
	int log[2];

	cr_assert_eq(count(output_of("UNWELL=describe", log), "argument --path"), 0);
}

Test(worker, has_only_the_environment_that_was_asked_for, .init = setup, .fini = teardown)
{
	int log[2];
	const char *text;

	environment[1] = "ONE=1";
	text = output_of("UNWELL=describe", log);
	cr_assert(says(text, "variable UNWELL=describe\nvariable ONE=1"), "%s", text);
	cr_assert_eq(count(text, "variable "), 2, "%s", text);
}

Test(worker, has_the_environment_of_its_parent_if_none_was_asked_for, .init = setup,
     .fini = teardown)
{
	int log[2];
	const char *text;

	setenv("UNWELL", "describe", 1);
	setenv("TWO", "2", 1);
	sandbox.options = 0;
	text = output_of(NULL, log);
	cr_assert(says(text, "variable TWO=2"), "%s", text);
}

static void ignore(int signal)
{
	(void)signal;
}

Test(worker, inherits_nothing_of_how_signals_are_handled, .init = setup, .fini = teardown)
{
	int log[2];
	const char *text;
	sigset_t all;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR2, ignore);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	text = output_of("UNWELL=describe", log);
	cr_assert(says(text, "SigBlk:\t0000000000000000"), "%s", text);
	cr_assert_eq(strtoull(strstr(text, "SigIgn:") + 7, NULL, 16) & ~INTERNAL_SIGNALS, 0, "%s",
		     text);
	cr_assert(says(text, "leader 1"), "%s", text);
}

/* The test runs in a process of its own, whose standard descriptors it may do without. */
static void describes_itself_with(int log_fd)
{
	FILE *file = tmpfile();
	char text[8192];
	size_t length;

	cr_assert(file);
	if (log_fd != fileno(file))
		cr_assert_eq(dup2(fileno(file), log_fd), log_fd);
	settings.log_fd = log_fd;
	start("UNWELL=describe");
	cr_assert_eq(status(), 0);
	rewind(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	cr_assert_eq(count(text, "fd "), 4, "log %d: %s", log_fd, text);
	cr_assert(says(text, "fd 0 /dev/null"), "log %d: %s", log_fd, text);
	cr_assert_eq(count(text, "fd 3 socket:"), 1, "log %d: %s", log_fd, text);
}

/* The low numbers are those that the channel gets when the application closed them. */
Test(worker, its_log_may_have_any_number, .init = setup, .fini = teardown)
{
	int saved[4];

	for (int fd = 0; fd < 4; fd++) {
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
		close(fd);
		describes_itself_with(fd);
		close(fd);
		worker_end(&worker);
		if (saved[fd] < 0)
			continue;
		cr_assert_eq(dup2(saved[fd], fd), fd);
		close(saved[fd]);
	}
}

Test(worker, starts_with_no_standard_descriptor_open, .init = setup, .fini = teardown)
{
	int saved[3], ended;

	for (int fd = 0; fd < 3; fd++) {
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
		close(fd);
	}
	start("UNWELL=exit 3");
	ended = status();
	worker_end(&worker);
	for (int fd = 0; fd < 3; fd++) {
		dup2(saved[fd], fd);
		close(saved[fd]);
	}
	cr_assert_eq(ended, 3 << 8);
}

Test(worker, a_program_that_is_not_there_is_an_error, .init = setup, .fini = teardown)
{
	settings.program = "/nonexistent/worker";
	cr_assert_eq(worker_start(&worker, &settings), -ENOENT);
	settings.program = "no-program-has-this-name";
	cr_assert_eq(worker_start(&worker, &settings), -ENOENT);
	cr_assert_eq(worker.pid, 0, "written without success");
}

Test(worker, a_program_that_cannot_be_executed_is_an_error, .init = setup, .fini = teardown)
{
	char folder[TEMP_DIR_MAX], file[TEMP_DIR_MAX + 16];
	int fd;

	cr_assert_eq(temp_dir_make(folder), 0);
	snprintf(file, sizeof(file), "%s/program", folder);
	fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, "nonsense", 8), 8);
	close(fd);
	settings.program = file;
	cr_assert_eq(worker_start(&worker, &settings), -EACCES);
	cr_assert_eq(chmod(file, 0755), 0);
	cr_assert_eq(worker_start(&worker, &settings), -ENOEXEC);
	temp_dir_remove(folder);
}

Test(worker, is_started_in_the_path_if_it_has_no_folder, .init = setup, .fini = teardown)
{
	setenv("PATH", getenv("COHORT_TEST_PROGRAMS"), 1);
	settings.program = "unwell";
	start("UNWELL=exit 5");
	cr_assert_eq(status(), 5 << 8);
}

Test(worker, a_log_that_is_closed_is_an_error, .init = setup, .fini = teardown)
{
	settings.log_fd = 987;
	cr_assert_eq(worker_start(&worker, &settings), -EBADF);
}

/* Nobody keeps the status of a child then. */
Test(worker, its_status_is_not_known_when_the_application_ignores_sigchld, .init = setup,
     .fini = teardown)
{
	signal(SIGCHLD, SIG_IGN);
	start("UNWELL=exit 7");
	cr_assert_eq(status(), -1);
	start("UNWELL=pause");
	cr_assert_not(worker_reap(&worker));
	worker_signal(&worker, SIGKILL);
	cr_assert_eq(status(), -1);
}

Test(worker, its_status_is_not_known_when_the_application_reaps_it, .init = setup, .fini = teardown)
{
	start("UNWELL=exit 7");
	cr_assert_eq(waitpid(-1, NULL, 0), worker.pid);
	cr_assert_eq(status(), -1);
}

Test(worker, what_it_started_ends_with_it, .init = setup, .fini = teardown)
{
	struct pollfd entry = { .events = POLLIN };
	int log[2], child;

	cr_assert_eq(pipe2(log, O_CLOEXEC), 0);
	settings.log_fd = log[1];
	start("UNWELL=parent");
	close(log[1]);
	{
		char text[64] = "";

		cr_assert_gt(read(log[0], text, sizeof(text) - 1), 0);
		cr_assert_eq(sscanf(text, "child %d", &child), 1, "%s", text);
	}
	entry.fd = pidfd_open(child, 0);
	cr_assert_geq(entry.fd, 0);
	cr_assert_eq(status(), 0);
	cr_assert_eq(poll(&entry, 1, PATIENCE_MS), 1, "the child of the worker lives on");
	close(entry.fd);
	close(log[0]);
}

Test(worker, its_channel_is_closed_with_it_unless_it_was_taken, .init = setup, .fini = teardown)
{
	int channel;

	start("UNWELL=pause");
	channel = worker_channel_take(&worker);
	cr_assert_eq(worker.channel, -1);
	worker_end(&worker);
	cr_assert_eq(close(channel), 0);
}
