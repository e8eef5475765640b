/*
 * Mode process: workers that fail to start, die, are started again, and are stopped, at every moment.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "component/common/subject.h"
#include "support/support.h"

#define PATIENCE COHORT_MS(PATIENCE_MS)
#define SOON COHORT_MS(50) /* for what does not come */
#define STATES_MAX 64
#define EXITED(n) ((n) << 8)

/*
 * Built with a sanitizer there is no shared library, and a component's object has the sanitizer's
 * symbols.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* --- The scene ---------------------------------------------------------------------------------------- */

static struct census before;
static char programs[PATH_MAX], executable[PATH_MAX + 64], folder[TEMP_DIR_MAX];
static struct cohort_component_config config;
static struct cohort_component *component;
static struct event said, running, failed, restarting;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static enum cohort_component_state states[STATES_MAX];
static unsigned nstates, uninformed;
static char log_text[8192];

static int on_said(void *self, struct cohort_job *job, const void *in, void *out)
{
	(void)self;
	(void)job;
	(void)in;
	(void)out;
	event_signal(&said);
	return 0;
}

static void on_changed(struct cohort_component *c, enum cohort_component_state state, void *user)
{
	struct cohort_component_info now = { .size = sizeof(now) };
	int err = cohort_component_info(c, &now);

	(void)user;
	pthread_mutex_lock(&lock);
	uninformed += err != 0;
	if (nstates < STATES_MAX)
		states[nstates++] = state;
	pthread_mutex_unlock(&lock);
	if (state == COHORT_COMPONENT_RUNNING)
		event_signal(&running);
	if (state == COHORT_COMPONENT_FAILED)
		event_signal(&failed);
	if (state == COHORT_COMPONENT_RESTARTING)
		event_signal(&restarting);
}

static void on_log(struct cohort_component *c, const char *text, void *user)
{
	size_t used;

	(void)c;
	(void)user;
	pthread_mutex_lock(&lock);
	used = strlen(log_text);
	snprintf(log_text + used, sizeof(log_text) - used, "%s\n", text);
	pthread_mutex_unlock(&lock);
}

static bool was_logged(const char *text)
{
	bool found;

	pthread_mutex_lock(&lock);
	found = strstr(log_text, text);
	pthread_mutex_unlock(&lock);
	return found;
}

static void use_executable(const char *name)
{
	snprintf(executable, sizeof(executable), "%s/%s", programs, name);
	config.executable = executable;
	config.path = NULL;
}

static void use_object(const char *name)
{
	static char path[PATH_MAX + 64], worker[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/../objects/%s", programs, name);
	snprintf(worker, sizeof(worker), "%s/../../cohort-worker", programs);
	config.executable = NULL;
	config.path = path;
	config.worker = worker;
}

static void use_unwell(const char *what)
{
	static const char *environment[2];

	environment[0] = what;
	config.sandbox.options |= COHORT_SANDBOX_ENVIRONMENT;
	config.sandbox.environment = environment;
	use_executable("unwell");
}

static void configure(void)
{
	static const struct cohort_interface *const uses[] = { &subject_interface };
	static const struct subject_events_functions functions = { { on_said } };
	static const struct cohort_service services[] = { { &subject_events, &functions } };

	config = (struct cohort_component_config)COHORT_COMPONENT_CONFIG_INIT;
	config.mode = "process";
	config.uses = uses;
	config.nuses = 1;
	config.services = services;
	config.nservices = 1;
	config.start_timeout = config.stop_timeout = config.call_timeout = PATIENCE;
	config.restart_delay = COHORT_MS(1);
	config.changed = on_changed;
	config.log = on_log;
	use_executable("subject");
}

static void setup(void)
{
	const char *given = getenv("COHORT_TEST_PROGRAMS");

	cr_assert(given, "COHORT_TEST_PROGRAMS is not set");
	snprintf(programs, sizeof(programs), "%s", given);
	cr_assert_eq(temp_dir_make(folder), 0);
	event_init(&said);
	event_init(&running);
	event_init(&failed);
	event_init(&restarting);
	nstates = uninformed = 0;
	log_text[0] = '\0';
	component = NULL;
	configure();
	cr_assert_eq(census_take(&before, 0, NULL), 0);
}

static void stop(void)
{
	cr_assert_eq(cohort_component_stop(component), 0);
	component = NULL;
}

static void teardown(void)
{
	char why[CENSUS_NAMES_MAX];

	stop();
	cr_assert(census_settle(&before, why, sizeof(why)), "%s", why);
	event_deinit(&restarting);
	event_deinit(&failed);
	event_deinit(&running);
	event_deinit(&said);
	temp_dir_remove(folder);
}

#define PROCESS_TEST(name) Test(process, name, .init = setup, .fini = teardown)

static int try_start(void)
{
	return cohort_component_start(&component, &config);
}

static void start(void)
{
	int err = try_start();

	cr_assert_eq(err, 0, "cannot start: %d: %s", err, log_text);
}

static struct cohort_component_info info(void)
{
	struct cohort_component_info now = { .size = sizeof(now) };

	cr_assert_eq(cohort_component_info(component, &now), 0);
	return now;
}

static void await(struct event *event, unsigned long n)
{
	cr_assert(event_wait_for(event, n, PATIENCE_MS), "only %lu of %lu: %s", event_count(event),
		  n, log_text);
}

/* --- Calls ----------------------------------------------------------------------------------------------- */

struct answer {
	int err;
	int64_t number;
	char text[1024];
};

static struct answer ask_within(int64_t timeout, uint32_t method, int64_t number, const char *text)
{
	const struct subject_words in = { number, text };
	struct answer answer = { 0 };
	void *out = NULL;

	answer.err = cohort_port_call(cohort_component_port(component), &subject_interface, method,
				      &in, &out, NULL, timeout);
	if (!answer.err) {
		const struct subject_words *words = out;

		answer.number = words->number;
		snprintf(answer.text, sizeof(answer.text), "%s", words->text ? words->text : "");
	}
	cohort_out_free(out);
	return answer;
}

static struct answer ask(uint32_t method, int64_t number, const char *text)
{
	return ask_within(COHORT_METHOD_TIMEOUT, method, number, text);
}

static void echoes(void)
{
	struct answer answer = ask(SUBJECT_ECHO, 7, "hello");

	cr_assert_eq(answer.err, 0, "no echo: %d: %s", answer.err, log_text);
	cr_assert_eq(answer.number, 7);
	cr_assert_str_eq(answer.text, "hello");
}

static int note(int64_t number)
{
	const struct subject_words in = { number, "" };

	return cohort_port_send(cohort_component_port(component), &subject_interface, SUBJECT_NOTE,
				&in, PATIENCE);
}

/* A call on a thread of its own. */
struct caller {
	pthread_t thread;
	pid_t tid; /* of an announced one */
	uint32_t method;
	int64_t number;
	struct answer answer;
	int64_t ended;
	struct cohort_component_info
		info; /* when it returned, unless it ended with the component */
};

static void *call_run(void *arg)
{
	struct caller *caller = arg;

	caller->answer = ask(caller->method, caller->number, "");
	caller->ended = now_ns();
	if (caller->answer.err != -ESHUTDOWN)
		caller->info = info();
	return NULL;
}

static void call_begin(struct caller *caller, uint32_t method, int64_t number)
{
	*caller = (struct caller){ .method = method, .number = number };
	cr_assert_eq(pthread_create(&caller->thread, NULL, call_run, caller), 0);
}

static void call_end(struct caller *caller)
{
	pthread_join(caller->thread, NULL);
}

/* --- Processes ----------------------------------------------------------------------------------------------- */

static int pidfd_of(pid_t pid)
{
	int pidfd = pidfd_open(pid, 0);

	cr_assert_geq(pidfd, 0, "process %d is not there", (int)pid);
	return pidfd;
}

static void ends(int pidfd)
{
	struct pollfd entry = { .fd = pidfd, .events = POLLIN };

	cr_assert_eq(poll(&entry, 1, PATIENCE_MS), 1, "the process lives on");
	close(pidfd);
}

static void kill_worker(void)
{
	kill(info().pid, SIGKILL);
}

/* A file of which `subject` takes notice, once. */
static void make_file(char path[PATH_MAX])
{
	int fd;

	snprintf(path, PATH_MAX, "%s/meant", folder);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	cr_assert_geq(fd, 0);
	close(fd);
}

static void await_taken(const char *path)
{
	int64_t deadline = now_ns() + PATIENCE;

	while (access(path, F_OK) == 0 && now_ns() < deadline)
		usleep(1000);
	cr_assert_neq(access(path, F_OK), 0, "nobody took %s", path);
}

/* Its options: what create() does whenever it finds the file. */
static const char *options_when(const char *what)
{
	static char options[PATH_MAX];

	snprintf(options, sizeof(options), "%s@%s/meant", what, folder);
	return options;
}

/* --- Starting -------------------------------------------------------------------------------------------- */

PROCESS_TEST(a_program_serves)
{
	start();
	echoes();
	cr_assert_eq(info().state, COHORT_COMPONENT_RUNNING);
	cr_assert_eq(info().generation, 1);
	cr_assert_eq(info().last_exit, -1);
	cr_assert_eq(ask(SUBJECT_PROCESS, 0, "").number, info().pid);
	cr_assert_neq(info().pid, getpid());
}

static void an_object_serves(const char *name)
{
	use_object(name);
	start();
	echoes();
	cr_assert_eq(note(3), 0);
	cr_assert_eq(note(4), 0);
	cr_assert_str_eq(ask(SUBJECT_NOTES, 0, "").text, "3 4");
	cr_assert_eq(ask(SUBJECT_HOLD, 0, "").err, 0);
	cr_assert_eq(event_count(&said), 1);
}

PROCESS_TEST(an_object_that_is_linked_with_nothing_serves)
{
	an_object_serves("subject.so");
}

PROCESS_TEST(an_object_that_is_linked_with_the_library_serves)
{
	if (SANITIZED)
		cr_skip_test("there is no shared library");
	an_object_serves("subject-linked.so");
}

static void refuses(int error, const char *reason)
{
	int err = try_start();

	cr_assert_eq(err, error, "%d, not %d: %s", err, error, log_text);
	cr_assert(was_logged(reason), "no \"%s\" in: %s", reason, log_text);
}

PROCESS_TEST(an_object_that_is_not_there_is_enoent)
{
	use_object("none.so");
	refuses(-ENOENT, "none.so");
}

PROCESS_TEST(an_object_without_a_component_is_elibbad)
{
	use_object("nothing.so");
	refuses(-ELIBBAD, "nothing.so");
}

PROCESS_TEST(what_is_no_object_is_elibbad)
{
	use_object("../programs/../../../../GNUmakefile");
	refuses(-ELIBBAD, "GNUmakefile");
}

PROCESS_TEST(a_worker_program_that_is_not_there_is_enoent)
{
	use_object("subject.so");
	config.worker = "/nonexistent/cohort-worker";
	refuses(-ENOENT, "/nonexistent/cohort-worker");
}

PROCESS_TEST(the_worker_program_is_found_in_the_path)
{
	char path[PATH_MAX + 16];

	use_object("subject.so");
	snprintf(path, sizeof(path), "%s/../..", programs);
	setenv("PATH", path, 1);
	config.worker = NULL;
	start();
	echoes();
}

PROCESS_TEST(a_worker_program_that_is_nowhere_is_enoent)
{
	use_object("subject.so");
	setenv("PATH", folder, 1);
	config.worker = NULL;
	refuses(-ENOENT, "cohort-worker");
}

PROCESS_TEST(a_worker_program_that_cannot_be_executed_is_eacces)
{
	char path[PATH_MAX];

	make_file(path);
	config.executable = path;
	refuses(-EACCES, path);
}

PROCESS_TEST(what_create_returns_is_returned)
{
	config.options = "fail 71"; /* EPROTO's number is not what an error of ours would be */
	cr_assert_eq(try_start(), -71);
}

PROCESS_TEST(a_worker_that_ends_in_create_is_epipe)
{
	int err;

	config.options = "exit 0";
	err = try_start();
	cr_assert_eq(err, -EPIPE, "%d", err);
	config.options = "raise 11";
	err = try_start();
	cr_assert_eq(err, -EPIPE, "%d", err);
}

PROCESS_TEST(a_worker_that_hangs_in_create_is_etimedout)
{
	config.options = "hang";
	config.start_timeout = COHORT_MS(300);
	cr_assert_eq(try_start(), -ETIMEDOUT);
}

static void unwell_is(const char *what, int error)
{
	int err;

	use_unwell(what);
	err = try_start();
	cr_assert_eq(err, error, "%s: %d, not %d", what, err, error);
}

PROCESS_TEST(a_worker_that_ends_before_it_is_ready_is_epipe)
{
	unwell_is("UNWELL=exit 0", -EPIPE);
	unwell_is("UNWELL=exit 1", -EPIPE);
	unwell_is("UNWELL=raise 9", -EPIPE);
	unwell_is("UNWELL=gone", -EPIPE);
	unwell_is("UNWELL=close", -EPIPE);
}

PROCESS_TEST(a_worker_that_says_nothing_is_etimedout)
{
	config.start_timeout = COHORT_MS(50);
	unwell_is("UNWELL=pause", -ETIMEDOUT);
	unwell_is("UNWELL=deaf", -ETIMEDOUT);
}

PROCESS_TEST(a_worker_that_says_nonsense_is_eproto)
{
	unwell_is("UNWELL=garbage", -EPROTO);
}

PROCESS_TEST(a_worker_has_no_descriptor_of_ours)
{
	int pipes[2][2];
	struct answer answer;

	cr_assert_eq(pipe(pipes[0]), 0); /* not close-on-exec */
	cr_assert_eq(pipe(pipes[1]), 0);
	start();
	answer = ask(SUBJECT_PROCESS, 0, "");
	cr_assert_str_eq(answer.text, "0 1 2");
	for (int i = 0; i < 4; i++)
		close(pipes[i / 2][i % 2]);
}

PROCESS_TEST(a_worker_has_the_environment_that_was_asked_for)
{
	static const char *const environment[] = { "SUBJECT=1", NULL };

	setenv("OTHER", "2", 1);
	config.sandbox.options = COHORT_SANDBOX_ENVIRONMENT;
	config.sandbox.environment = environment;
	start();
	cr_assert_str_eq(ask(SUBJECT_VARIABLE, 0, "SUBJECT").text, "1");
	cr_assert_str_eq(ask(SUBJECT_VARIABLE, 0, "OTHER").text, "-");
	cr_assert_eq(info().sandbox[9], COHORT_SANDBOX_APPLIED);
	cr_assert_eq(info().sandbox[1], COHORT_SANDBOX_NOT_ASKED);
}

/* A sanitizer needs more than the sandbox leaves. */
PROCESS_TEST(a_worker_that_is_locked_away_serves_and_says_what_was_applied)
{
	struct cohort_component_info now;

	if (SANITIZED)
		cr_skip_test("not with a sanitizer");
	config.sandbox.options = COHORT_SANDBOX_FULL;
	config.sandbox.policy = COHORT_SANDBOX_WEAKEN;
	use_object("subject.so");
	start();
	echoes();
	now = info();
	for (unsigned i = 0; i < COHORT_SANDBOX_COUNT; i++)
		cr_assert_neq(now.sandbox[i], COHORT_SANDBOX_NOT_ASKED, "option %u", i);
	cr_assert_eq(now.sandbox[5], COHORT_SANDBOX_APPLIED, "no_new_privs is always there");
}

static void *start_run(void *arg)
{
	*(int *)arg = try_start();
	return NULL;
}

PROCESS_TEST(a_worker_outlives_the_thread_that_started_the_component)
{
	pthread_t thread;
	int err = -1;

	cr_assert_eq(pthread_create(&thread, NULL, start_run, &err), 0);
	pthread_join(thread, NULL);
	cr_assert_eq(err, 0);
	echoes();
	echoes();
}

/* --- Dying ------------------------------------------------------------------------------------------------ */

/* A call that fails waits until it is known how the worker ended, but no longer than that. */
#define SETTLES_WITHIN COHORT_SECONDS(1)

/* What was known when a call had failed, which took so long at most. */
static void expect_exit(int status, int known, int64_t took)
{
	if (took < SETTLES_WITHIN)
		cr_assert_eq(known, status, "0x%x, not 0x%x", known, status);
	await(&failed, 1);
	cr_assert_eq(info().last_exit, status, "0x%x, not 0x%x", info().last_exit, status);
}

static void ends_with(const char *how, int number, int status)
{
	int64_t began = now_ns();
	int err = ask(SUBJECT_END, number, how).err;
	int64_t took = now_ns() - began;

	cr_assert_eq(err, -EPIPE, "%s %d: %d", how, number, err);
	expect_exit(status, info().last_exit, took);
	cr_assert_eq(info().state, COHORT_COMPONENT_FAILED);
	cr_assert_eq(info().last_error, -EPIPE);
	cr_assert_eq(info().pid, 0);
	cr_assert_eq(ask(SUBJECT_ECHO, 0, "").err, -ENOTCONN);
}

PROCESS_TEST(the_exit_status_is_known_when_the_call_has_failed)
{
	start();
	ends_with("exit", 3, EXITED(3));
}

PROCESS_TEST(the_exit_status_0_is_known_when_the_call_has_failed)
{
	start();
	ends_with("exit", 0, EXITED(0));
}

PROCESS_TEST(the_signal_is_known_when_the_call_has_failed)
{
	start();
	ends_with("raise", SIGSEGV, SIGSEGV);
}

PROCESS_TEST(a_worker_that_ends_its_session_is_killed)
{
	start();
	ends_with("close", 3600000, SIGKILL);
}

/* It ends by itself then, but that is no end that was asked for. */
PROCESS_TEST(a_worker_whose_session_ends_is_started_again)
{
	int err;

	config.restart = COHORT_RESTART_ON_FAILURE;
	start();
	err = ask(SUBJECT_END, 0, "close").err; /* the answer needs no socket */
	cr_assert(err == 0 || err == -EPIPE, "%d", err);
	await(&running, 2);
	echoes();
	cr_assert_eq(info().generation, 2);
}

PROCESS_TEST(all_calls_in_flight_fail_with_the_exit_status)
{
	struct caller callers[4];
	int in_flight = 0;
	int64_t killed;

	start();
	for (int i = 0; i < 4; i++)
		call_begin(&callers[i], SUBJECT_HOLD, -1);
	await(&said, 1);
	killed = now_ns();
	kill_worker();
	for (int i = 0; i < 4; i++) {
		call_end(&callers[i]);
		if (callers[i].answer.err == -ENOTCONN) /* its thread was late */
			continue;
		cr_assert_eq(callers[i].answer.err, -EPIPE);
		expect_exit(SIGKILL, callers[i].info.last_exit, callers[i].ended - killed);
		in_flight++;
	}
	cr_assert_geq(in_flight, 1);
}

struct outcome {
	struct event done;
	int error, last_exit;
	int64_t ended;
};

static void on_done(struct cohort_port *port, int error, int status, void *out, void *arg)
{
	struct outcome *outcome = arg;

	(void)port;
	(void)status;
	cohort_out_free(out);
	outcome->error = error;
	outcome->ended = now_ns();
	outcome->last_exit = info().last_exit;
	event_signal(&outcome->done);
}

PROCESS_TEST(an_asynchronous_call_fails_with_the_exit_status)
{
	const struct subject_words in = { -1, "" };
	struct outcome outcome = { .error = 1 };
	int64_t killed;
	int err;

	event_init(&outcome.done);
	start();
	err = cohort_port_call_async(cohort_component_port(component), &subject_interface,
				     SUBJECT_HOLD, &in, PATIENCE, on_done, &outcome);
	cr_assert_eq(err, 0, "%d", err);
	await(&said, 1);
	killed = now_ns();
	kill_worker();
	await(&outcome.done, 1);
	cr_assert_eq(outcome.error, -EPIPE);
	expect_exit(SIGKILL, outcome.last_exit, outcome.ended - killed);
	event_deinit(&outcome.done);
}

PROCESS_TEST(an_idle_worker_that_dies_is_noticed)
{
	start();
	kill_worker();
	await(&failed, 1);
	cr_assert_eq(info().last_exit, SIGKILL);
}

PROCESS_TEST(the_exit_status_is_not_known_when_the_application_ignores_sigchld)
{
	signal(SIGCHLD, SIG_IGN);
	config.restart = COHORT_RESTART_ALWAYS;
	config.wait_for_restart = true;
	start();
	cr_assert_eq(ask(SUBJECT_END, 3, "exit").err, -EPIPE);
	cr_assert_eq(info().last_exit, -1);
	echoes();
	stop();
	signal(SIGCHLD, SIG_DFL);
}

PROCESS_TEST(a_worker_ends_when_its_caller_is_killed)
{
	char subject[PATH_MAX + 64];
	char *const arguments[] = { (char[]){ "owner" }, subject, NULL };
	struct child owner;
	int pid, pidfd;

	snprintf(subject, sizeof(subject), "%s/subject", programs);
	cr_assert_eq(child_spawn(&owner, "owner", arguments), 0);
	cr_assert(child_expect(&owner, "worker ", PATIENCE_MS));
	cr_assert_eq(sscanf(owner.line, "worker %d", &pid), 1);
	pidfd = pidfd_of(pid);
	cr_assert_eq(child_kill(&owner, SIGKILL), 0);
	ends(pidfd);
	child_end(&owner);
}

/* --- Starting again ---------------------------------------------------------------------------------------- */

static unsigned replayed[STATES_MAX], nreplayed; /* of the supervising thread */

static int on_replay(struct cohort_component *c, uint32_t generation, void *user)
{
	(void)c;
	(void)user;
	if (nreplayed < STATES_MAX)
		replayed[nreplayed++] = generation;
	return 0;
}

PROCESS_TEST(a_worker_that_died_is_started_again)
{
	pid_t first;

	config.restart = COHORT_RESTART_ON_FAILURE;
	config.replay = on_replay;
	start();
	first = info().pid;
	cr_assert_eq(ask(SUBJECT_END, 1, "exit").err, -EPIPE);
	await(&running, 2);
	echoes();
	cr_assert_eq(info().generation, 2);
	cr_assert_neq(info().pid, first);
	cr_assert_eq(info().last_exit, EXITED(1));
	kill_worker();
	await(&running, 3);
	cr_assert_eq(info().generation, 3);
	stop();
	cr_assert_eq(nreplayed, 2);
	cr_assert_eq(replayed[0], 2);
	cr_assert_eq(replayed[1], 3);
}

PROCESS_TEST(its_states_are_told_in_their_order)
{
	static const enum cohort_component_state expected[] = {
		COHORT_COMPONENT_STARTING, COHORT_COMPONENT_RUNNING, COHORT_COMPONENT_RESTARTING,
		COHORT_COMPONENT_RUNNING, COHORT_COMPONENT_STOPPING
	};

	config.restart = COHORT_RESTART_ALWAYS;
	start();
	kill_worker();
	await(&running, 2);
	stop();
	cr_assert_eq(uninformed, 0);
	cr_assert_eq(nstates, 5);
	for (unsigned i = 0; i < 5; i++)
		cr_assert_eq(states[i], expected[i], "the %u.: %d", i, (int)states[i]);
}

PROCESS_TEST(an_exit_with_0_is_no_failure)
{
	config.restart = COHORT_RESTART_ON_FAILURE;
	start();
	ends_with("exit", 0, EXITED(0));
	cr_assert_eq(info().generation, 1);
}

PROCESS_TEST(always_is_after_an_exit_with_0_as_well)
{
	config.restart = COHORT_RESTART_ALWAYS;
	start();
	cr_assert_eq(ask(SUBJECT_END, 0, "exit").err, -EPIPE);
	await(&running, 2);
	echoes();
}

PROCESS_TEST(there_are_no_more_restarts_than_the_limit)
{
	config.restart = COHORT_RESTART_ALWAYS;
	config.restart_limit = 2;
	start();
	for (unsigned i = 1; i <= 2; i++) {
		kill_worker();
		await(&running, i + 1);
	}
	kill_worker();
	await(&failed, 1);
	cr_assert_eq(info().generation, 3);
	cr_assert_eq(ask(SUBJECT_ECHO, 0, "").err, -ENOTCONN);
}

PROCESS_TEST(a_worker_that_cannot_be_started_again_fails_in_the_end)
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s/program", folder);
	cr_assert_eq(symlink(executable, copy), 0);
	config.executable = copy;
	config.restart = COHORT_RESTART_ALWAYS;
	config.restart_limit = 3;
	start();
	unlink(copy);
	kill_worker();
	await(&failed, 1);
	cr_assert_eq(info().last_error, -ENOENT);
	cr_assert_eq(info().generation, 4);
	cr_assert_eq(info().last_exit, SIGKILL);
}

PROCESS_TEST(calls_fail_while_there_is_no_worker)
{
	config.restart = COHORT_RESTART_ALWAYS;
	config.restart_delay = config.restart_delay_max = COHORT_SECONDS(3600);
	start();
	kill_worker();
	await(&restarting, 1);
	cr_assert_eq(ask(SUBJECT_ECHO, 0, "").err, -ENOTCONN);
	cr_assert_eq(note(1), -ENOTCONN);
	cr_assert_eq(info().state, COHORT_COMPONENT_RESTARTING);
}

PROCESS_TEST(calls_wait_for_the_next_worker_if_they_may)
{
	config.restart = COHORT_RESTART_ALWAYS;
	config.wait_for_restart = true;
	start();
	for (int i = 0; i < 5; i++) {
		cr_assert_eq(ask(SUBJECT_END, 1, "exit").err, -EPIPE);
		echoes();
	}
	cr_assert_eq(info().generation, 6);
}

PROCESS_TEST(calls_wait_no_longer_than_their_time)
{
	config.restart = COHORT_RESTART_ALWAYS;
	config.restart_delay = config.restart_delay_max = COHORT_SECONDS(3600);
	config.wait_for_restart = true;
	start();
	cr_assert_eq(ask(SUBJECT_END, 1, "exit").err, -EPIPE);
	cr_assert_eq(ask_within(SOON, SUBJECT_ECHO, 0, "").err, -ETIMEDOUT);
}

PROCESS_TEST(calls_that_wait_fail_when_there_will_be_no_worker)
{
	config.restart = COHORT_RESTART_ALWAYS;
	config.restart_limit = 1;
	config.wait_for_restart = true;
	config.options = options_when("exit 1");
	start();
	{
		char path[PATH_MAX];

		make_file(path);
	}
	cr_assert_eq(ask(SUBJECT_END, 1, "exit").err, -EPIPE);
	cr_assert_eq(ask(SUBJECT_ECHO, 0, "").err, -ENOTCONN);
	await(&failed, 1);
}

/* --- Replay -------------------------------------------------------------------------------------------------- */

static struct caller other;

static int replay_while_another_calls(struct cohort_component *c, uint32_t generation, void *user)
{
	int err;

	(void)c;
	(void)generation;
	(void)user;
	call_begin(&other, SUBJECT_NOTES, 0);
	err = note(1);
	return err ? err : ask(SUBJECT_NOTES, 0, "").err || note(2);
}

PROCESS_TEST(other_calls_wait_until_the_state_was_replayed)
{
	config.restart = COHORT_RESTART_ALWAYS;
	config.wait_for_restart = true;
	config.replay = replay_while_another_calls;
	start();
	cr_assert_eq(note(9), 0);
	cr_assert_eq(ask(SUBJECT_END, 1, "exit").err, -EPIPE);
	await(&running, 2);
	call_end(&other);
	cr_assert_eq(other.answer.err, 0);
	cr_assert_str_eq(other.answer.text, "1 2");
}

static int replay_and_join(struct cohort_component *c, uint32_t generation, void *user)
{
	(void)c;
	(void)generation;
	(void)user;
	call_begin(&other, SUBJECT_ECHO, 0);
	call_end(&other);
	return 0;
}

PROCESS_TEST(other_calls_fail_until_the_state_was_replayed)
{
	config.restart = COHORT_RESTART_ALWAYS;
	config.replay = replay_and_join;
	start();
	kill_worker();
	await(&running, 2);
	cr_assert_eq(other.answer.err, -ENOTCONN);
	echoes();
}

static int replay_in_vain(struct cohort_component *c, uint32_t generation, void *user)
{
	(void)c;
	(void)generation;
	(void)user;
	return -EDOM;
}

PROCESS_TEST(a_replay_that_fails_is_a_failure_of_the_worker)
{
	config.restart = COHORT_RESTART_ALWAYS;
	config.restart_limit = 3;
	config.replay = replay_in_vain;
	start();
	kill_worker();
	await(&failed, 1);
	cr_assert_eq(info().last_error, -EDOM);
	cr_assert_eq(info().generation, 4);
	cr_assert_eq(info().pid, 0);
}

static struct cohort_component_info at_replay;

static int replay_until_death(struct cohort_component *c, uint32_t generation, void *user)
{
	int err = 0;

	(void)c;
	(void)user;
	if (generation == 2) {
		err = ask(SUBJECT_END, 5, "exit").err;
		at_replay = info();
	}
	return err;
}

PROCESS_TEST(a_worker_may_die_while_its_state_is_replayed)
{
	config.restart = COHORT_RESTART_ALWAYS;
	config.replay = replay_until_death;
	config.wait_for_restart = true;
	start();
	cr_assert_eq(ask(SUBJECT_END, 1, "exit").err, -EPIPE);
	echoes();
	cr_assert_eq(info().generation, 3);
	cr_assert_eq(info().last_exit, EXITED(5));
	stop();
	cr_assert_eq(at_replay.last_exit, EXITED(5), "not known when the call had failed");
}

static int next_in_replay, next_async_in_replay;

static void never_done(struct cohort_port *port, int error, int status, void *out, void *arg)
{
	(void)port;
	(void)error;
	(void)status;
	(void)arg;
	cohort_out_free(out);
}

static int replay_past_death(struct cohort_component *c, uint32_t generation, void *user)
{
	const struct subject_words in = { 0, "" };
	int err;

	(void)user;
	if (generation != 2)
		return 0;
	err = ask(SUBJECT_END, 5, "exit").err;
	next_in_replay = ask(SUBJECT_ECHO, 1, "").err;
	next_async_in_replay =
		cohort_port_call_async(cohort_component_port(c), &subject_interface, SUBJECT_ECHO,
				       &in, PATIENCE, never_done, NULL);
	return err;
}

PROCESS_TEST(a_replay_does_not_wait_for_the_worker_after_its_own)
{
	config.restart = COHORT_RESTART_ALWAYS;
	config.replay = replay_past_death;
	config.wait_for_restart = true;
	start();
	cr_assert_eq(ask(SUBJECT_END, 1, "exit").err, -EPIPE);
	await(&running, 2);
	echoes();
	cr_assert_eq(info().generation, 3);
	stop();
	cr_assert_eq(next_in_replay, -ENOTCONN);
	cr_assert_eq(next_async_in_replay, -ENOTCONN);
}

/* --- Waiting for the next worker ---------------------------------------------------------------------------- */

/* A call that waits for what waits for it ends with its time: that fails the test before PATIENCE does. */
#define ENOUGH COHORT_SECONDS(10)

static void wait_for_next(void)
{
	config.restart = COHORT_RESTART_ALWAYS;
	config.wait_for_restart = true;
}

static void call_from_said(subject_function *function)
{
	static struct subject_events_functions functions;
	static const struct cohort_service services[] = { { &subject_events, &functions } };

	functions.of[SUBJECT_SAID] = function;
	config.services = services;
}

/* What came of a call that a callback made. */
struct nested {
	struct event made;
	int cause; /* what the callback was told */
	int err;
};

static struct nested nested;

static void nested_init(void)
{
	nested = (struct nested){ .cause = 1, .err = 1 };
	event_init(&nested.made);
}

static void nested_make(int cause, int64_t timeout)
{
	nested.cause = cause;
	nested.err = ask_within(timeout, SUBJECT_ECHO, 0, "").err;
	event_signal(&nested.made);
}

static void nested_end(void)
{
	await(&nested.made, 1);
	cr_assert_eq(nested.err, 0, "%d: %s", nested.err, log_text);
	event_deinit(&nested.made);
}

static void nested_in_done(struct cohort_port *port, int error, int status, void *out, void *arg)
{
	(void)port;
	(void)status;
	(void)arg;
	cohort_out_free(out);
	nested_make(error, ENOUGH);
}

static int call_async(uint32_t method, int64_t number, const char *text, int64_t timeout,
		      cohort_port_done *done, void *arg)
{
	const struct subject_words in = { number, text };

	return cohort_port_call_async(cohort_component_port(component), &subject_interface, method,
				      &in, timeout, done, arg);
}

PROCESS_TEST(a_callback_that_calls_is_answered_by_the_next_worker)
{
	nested_init();
	wait_for_next();
	start();
	cr_assert_eq(call_async(SUBJECT_END, SIGKILL, "raise", ENOUGH, nested_in_done, NULL), 0);
	nested_end();
	cr_assert_eq(nested.cause, -EPIPE, "%d", nested.cause);
	cr_assert_eq(info().generation, 2);
}

static int said_and_died(void *self, struct cohort_job *job, const void *in, void *out)
{
	(void)self;
	(void)job;
	(void)in;
	(void)out;
	nested_make(ask_within(ENOUGH, SUBJECT_END, SIGKILL, "raise").err, ENOUGH);
	return 0;
}

PROCESS_TEST(a_handler_of_an_event_that_calls_is_answered_by_the_next_worker)
{
	nested_init();
	wait_for_next();
	call_from_said(said_and_died);
	start();
	ask(SUBJECT_HOLD, 1, "");
	nested_end();
	cr_assert_eq(nested.cause, -EPIPE, "%d", nested.cause);
	cr_assert_eq(info().generation, 2);
}

static void changed_and_calls(struct cohort_component *c, enum cohort_component_state state,
			      void *user)
{
	if (state == COHORT_COMPONENT_RESTARTING)
		nested.err = ask_within(ENOUGH, SUBJECT_ECHO, 0, "").err;
	on_changed(c, state, user);
}

PROCESS_TEST(who_is_told_that_there_is_no_worker_does_not_wait_for_the_next_one)
{
	wait_for_next();
	config.changed = changed_and_calls;
	start();
	kill_worker();
	await(&restarting, 1);
	cr_assert_eq(nested.err, -ENOTCONN, "%d", nested.err);
	echoes();
}

static int said_in_replay(void *self, struct cohort_job *job, const void *in, void *out)
{
	(void)self;
	(void)job;
	(void)in;
	(void)out;
	nested_make(0, PATIENCE);
	return 0;
}

static int replay_with_event(struct cohort_component *c, uint32_t generation, void *user)
{
	(void)c;
	(void)generation;
	(void)user;
	return ask_within(ENOUGH, SUBJECT_HOLD, 1, "").err;
}

PROCESS_TEST(a_replay_may_call_what_sends_events_whose_handlers_call)
{
	nested_init();
	wait_for_next();
	config.replay = replay_with_event;
	call_from_said(said_in_replay);
	start();
	kill_worker();
	await(&running, 2);
	nested_end();
	cr_assert_eq(info().generation, 2);
}

PROCESS_TEST(a_callback_of_a_call_that_waited_in_vain_may_call)
{
	struct outcome next = { .error = 1 };

	nested_init();
	event_init(&next.done);
	wait_for_next();
	config.restart_delay = config.restart_delay_max = COHORT_MS(500);
	start();
	kill_worker();
	await(&restarting, 1);
	cr_assert_eq(call_async(SUBJECT_ECHO, 1, "", COHORT_MS(100), nested_in_done, NULL), 0);
	cr_assert_eq(call_async(SUBJECT_ECHO, 2, "", ENOUGH, on_done, &next), 0);
	echoes();
	nested_end();
	await(&next.done, 1);
	cr_assert_eq(next.error, 0, "%d", next.error);
	event_deinit(&next.done);
}

/* What came of many calls. */
struct tally {
	struct event done;
	_Atomic unsigned wrong; /* neither answered nor in flight when the worker died */
	_Atomic int first_wrong;
};

static void tally_count(struct cohort_port *port, int error, int status, void *out, void *arg)
{
	struct tally *tally = arg;

	(void)port;
	(void)status;
	cohort_out_free(out);
	if (error && error != -EPIPE && !tally->wrong++)
		tally->first_wrong = error;
	event_signal(&tally->done);
}

#define AT_ONCE 40 /* if each waited for SETTLES_WITHIN, that were longer than PATIENCE */

PROCESS_TEST(a_session_that_ends_is_noticed_by_the_first_call_that_fails_of_it)
{
	struct tally tally = { .wrong = 0 };

	event_init(&tally.done);
	wait_for_next();
	start();
	cr_assert_eq(call_async(SUBJECT_END, 60000, "close", COHORT_SECONDS(3600), tally_count,
				&tally),
		     0);
	for (int i = 0; i < AT_ONCE; i++)
		cr_assert_eq(call_async(SUBJECT_ECHO, i, "", COHORT_SECONDS(3600), tally_count,
					&tally),
			     0);
	await(&restarting, 1);
	echoes();
	await(&tally.done, AT_ONCE + 1);
	event_deinit(&tally.done);
}

#define ROUNDS 20
#define PARKED 20
#define LONG_TEXT 100000 /* is long to send: the worker dies meanwhile */

/* The first of them ends the worker that the others are sent to. */
static void park_calls(struct tally *tally)
{
	static char text[LONG_TEXT + 1];

	memset(text, 'x', LONG_TEXT);
	cr_assert_eq(call_async(SUBJECT_END, SIGKILL, "raise", PATIENCE, tally_count, tally), 0);
	for (int i = 0; i < PARKED; i++)
		cr_assert_eq(call_async(SUBJECT_ECHO, i, text, PATIENCE, tally_count, tally), 0);
}

PROCESS_TEST(calls_that_wait_are_sent_to_the_worker_after_the_next_if_that_one_dies)
{
	struct tally tally = { .wrong = 0 };

	event_init(&tally.done);
	wait_for_next();
	config.restart_delay = config.restart_delay_max = COHORT_MS(20);
	start();
	for (unsigned i = 1; i <= ROUNDS; i++) {
		unsigned long n = event_count(&restarting);

		kill_worker();
		await(&restarting, n + 1);
		park_calls(&tally);
		await(&tally.done, i * (PARKED + 1));
		echoes();
	}
	cr_assert_eq(tally.wrong, 0, "%u wrong, the first %d", tally.wrong, tally.first_wrong);
	event_deinit(&tally.done);
}

/* --- Stopping ------------------------------------------------------------------------------------------------- */

struct stopper {
	pthread_t thread;
	struct cohort_component *component;
	struct event stopped;
	int err;
};

static void *stop_run(void *arg)
{
	struct stopper *stopper = arg;

	stopper->err = cohort_component_stop(stopper->component);
	event_signal(&stopper->stopped);
	return NULL;
}

static void stop_begin(struct stopper *stopper, struct cohort_component *c)
{
	*stopper = (struct stopper){ .component = c };
	event_init(&stopper->stopped);
	cr_assert_eq(pthread_create(&stopper->thread, NULL, stop_run, stopper), 0);
}

static void stop_end(struct stopper *stopper)
{
	pthread_join(stopper->thread, NULL);
	cr_assert_eq(stopper->err, 0);
	event_deinit(&stopper->stopped);
}

PROCESS_TEST(what_was_sent_before_the_stop_is_served)
{
	char text[64] = "";
	int log[2];

	cr_assert_eq(pipe2(log, O_CLOEXEC), 0);
	config.log_fd = log[1];
	start();
	for (int i = 0; i < 200; i++)
		cr_assert_eq(note(i), 0);
	stop();
	close(log[1]);
	cr_assert_gt(read(log[0], text, sizeof(text) - 1), 0);
	cr_assert_str_eq(text, "noted 200\n");
	close(log[0]);
}

PROCESS_TEST(a_stopped_worker_is_gone)
{
	int pidfd;

	start();
	pidfd = pidfd_of(info().pid);
	stop();
	ends(pidfd);
}

/* A call that lingers in the worker, and ends with the component: nobody looks at that any more. */
static void linger_begin(struct caller *caller)
{
	call_begin(caller, SUBJECT_HOLD, 3600000);
	await(&said, 1);
}

static void stop_and_end(struct caller *caller)
{
	stop();
	call_end(caller);
	cr_assert_eq(caller->answer.err, -ESHUTDOWN);
}

PROCESS_TEST(a_worker_that_is_busy_is_terminated)
{
	struct caller caller;
	int pidfd;

	config.stop_timeout = SOON;
	start();
	pidfd = pidfd_of(info().pid);
	linger_begin(&caller);
	stop_and_end(&caller);
	ends(pidfd);
}

PROCESS_TEST(a_worker_that_ignores_sigterm_is_killed)
{
	struct caller caller;
	int pidfd;

	config.stop_timeout = SOON;
	start();
	pidfd = pidfd_of(info().pid);
	cr_assert_eq(ask(SUBJECT_END, SIGTERM, "ignore").err, 0);
	linger_begin(&caller);
	stop_and_end(&caller);
	ends(pidfd);
}

PROCESS_TEST(a_worker_that_is_stopped_itself_is_killed)
{
	config.stop_timeout = SOON;
	start();
	kill(info().pid, SIGSTOP);
	stop();
}

PROCESS_TEST(a_worker_that_dies_while_it_is_stopped_is_all_right)
{
	struct stopper stopper;
	int pidfd;

	start();
	pidfd = pidfd_of(info().pid);
	kill(info().pid, SIGSTOP);
	stop_begin(&stopper, component);
	cr_assert_not(event_wait_for(&stopper.stopped, 1, 20), "it does not wait for the worker");
	pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	stop_end(&stopper);
	component = NULL;
	ends(pidfd);
}

PROCESS_TEST(a_component_that_has_failed_is_stopped)
{
	start();
	kill_worker();
	await(&failed, 1);
}

PROCESS_TEST(a_component_is_stopped_while_it_waits_to_start_again)
{
	config.restart = COHORT_RESTART_ALWAYS;
	config.restart_delay = config.restart_delay_max = COHORT_SECONDS(3600);
	start();
	kill_worker();
	await(&restarting, 1);
}

PROCESS_TEST(a_component_is_stopped_while_its_next_worker_hangs_in_create)
{
	char path[PATH_MAX];

	config.options = options_when("hang");
	config.restart = COHORT_RESTART_ALWAYS;
	config.stop_timeout = SOON;
	start();
	make_file(path);
	kill_worker();
	await_taken(path);
}

/* The program that the link means is another one the second time. */
PROCESS_TEST(a_component_is_stopped_while_its_next_worker_is_not_ready)
{
	static const char *environment[2] = { "UNWELL=pause", NULL };
	char link[PATH_MAX], next[PATH_MAX], unwell[PATH_MAX + 64];

	snprintf(link, sizeof(link), "%s/program", folder);
	snprintf(next, sizeof(next), "%s/next", folder);
	snprintf(unwell, sizeof(unwell), "%s/unwell", programs);
	cr_assert_eq(symlink(executable, link), 0);
	cr_assert_eq(symlink(unwell, next), 0);
	config.executable = link;
	config.sandbox.options = COHORT_SANDBOX_ENVIRONMENT;
	config.sandbox.environment = environment;
	config.restart = COHORT_RESTART_ALWAYS;
	start();
	cr_assert_eq(rename(next, link), 0);
	kill_worker();
	for (int64_t deadline = now_ns() + PATIENCE; info().generation < 2 || info().pid == 0;) {
		cr_assert_lt(now_ns(), deadline);
		usleep(1000);
	}
}

static struct event replaying;

static int replay_for_ever(struct cohort_component *c, uint32_t generation, void *user)
{
	(void)c;
	(void)generation;
	(void)user;
	event_signal(&replaying);
	return ask(SUBJECT_HOLD, 3600000, "").err;
}

PROCESS_TEST(a_component_is_stopped_while_its_state_is_replayed)
{
	event_init(&replaying);
	config.restart = COHORT_RESTART_ALWAYS;
	config.replay = replay_for_ever;
	config.stop_timeout = SOON;
	start();
	kill_worker();
	await(&replaying, 1);
	await(&said, 1);
	stop();
	event_deinit(&replaying);
}

static void *announced_call(void *arg)
{
	((struct caller *)arg)->tid = gettid();
	event_signal(&replaying);
	return call_run(arg);
}

/* The component may go only when the call is in it: it sleeps there. */
static void await_asleep(pid_t tid)
{
	int64_t deadline = now_ns() + PATIENCE;
	char path[64], state = '?';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
	while (state != 'S') {
		cr_assert_lt(now_ns(), deadline, "it is %c", state);
		file = fopen(path, "re");
		cr_assert_not_null(file);
		cr_assert_eq(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
		fclose(file);
		sched_yield();
	}
}

PROCESS_TEST(a_call_that_waits_for_a_worker_ends_with_the_component)
{
	struct caller caller;

	config.restart = COHORT_RESTART_ALWAYS;
	config.restart_delay = config.restart_delay_max = COHORT_SECONDS(3600);
	config.wait_for_restart = true;
	start();
	linger_begin(&caller);
	kill_worker();
	await(&restarting, 1);
	call_end(&caller);
	cr_assert_eq(caller.answer.err, -EPIPE);
	caller.method = SUBJECT_ECHO;
	event_init(&replaying);
	cr_assert_eq(pthread_create(&caller.thread, NULL, announced_call, &caller), 0);
	await(&replaying, 1);
	await_asleep(caller.tid);
	stop_and_end(&caller);
	event_deinit(&replaying);
}

/* Stopped workers (SIGSTOP) end when the test lets them. */
PROCESS_TEST(four_components_are_stopped_each_in_its_own_time)
{
	struct stopper stoppers[4];
	struct cohort_component *components[4];
	int pidfds[4];

	for (int i = 0; i < 4; i++) {
		start();
		components[i] = component;
		pidfds[i] = pidfd_of(info().pid);
		pidfd_send_signal(pidfds[i], SIGSTOP, NULL, 0);
	}
	component = NULL;
	for (int i = 0; i < 4; i++)
		stop_begin(&stoppers[i], components[i]);
	for (int i = 3; i >= 0; i--) {
		for (int k = 0; k <= i; k++)
			cr_assert_eq(event_count(&stoppers[k].stopped), 0, "%d before its worker",
				     k);
		pidfd_send_signal(pidfds[i], SIGCONT, NULL, 0);
		cr_assert(event_wait_for(&stoppers[i].stopped, 1, PATIENCE_MS),
			  "%d waits for another's worker", i);
		ends(pidfds[i]);
	}
	for (int i = 0; i < 4; i++)
		stop_end(&stoppers[i]);
}

/* --- Havoc -------------------------------------------------------------------------------------------------- */

#define KILLS 300
#define KILLS_LEAST 11 /* of a slow machine, which has longer for them */
#define HAVOC_SECONDS 5

struct havoc {
	pthread_t thread;
	_Atomic bool over;
	_Atomic unsigned answered;
	unsigned wrong;
	int first_wrong;
};

static bool is_fair(int err)
{
	return err == -EPIPE || err == -ENOTCONN;
}

static void *havoc_run(void *arg)
{
	struct havoc *havoc = arg;

	while (!havoc->over) {
		struct answer answer = ask(SUBJECT_ECHO, 5, "text");

		havoc->answered += !answer.err;
		if (!answer.err ? answer.number != 5 : !is_fair(answer.err)) {
			havoc->first_wrong = havoc->wrong++ ? havoc->first_wrong : answer.err;
		}
	}
	return NULL;
}

static bool goes_on(unsigned kills, int64_t began)
{
	int64_t took = now_ns() - began;

	return kills < KILLS &&
	       took < (kills < KILLS_LEAST ? PATIENCE : COHORT_SECONDS(HAVOC_SECONDS));
}

/* The last worker may have been killed while it was asked. */
static void echoes_at_last(void)
{
	int64_t deadline = now_ns() + PATIENCE;

	while (ask(SUBJECT_ECHO, 0, "").err)
		cr_assert_lt(now_ns(), deadline, "no worker serves: %s", log_text);
}

PROCESS_TEST(workers_killed_at_any_moment_leave_nothing)
{
	struct havoc havoc = { .over = false };
	int64_t began = now_ns();
	unsigned seed = (unsigned)began, kills = 0;

	config.restart = COHORT_RESTART_ALWAYS;
	config.restart_delay = 0;
	config.wait_for_restart = true;
	config.replay = on_replay;
	start();
	cr_assert_eq(pthread_create(&havoc.thread, NULL, havoc_run, &havoc), 0);
	while (goes_on(kills, began)) {
		pid_t pid = info().pid;

		usleep((useconds_t)rand_r(&seed) % 15000);
		if (pid > 0)
			kills += kill(pid, SIGKILL) == 0;
	}
	cr_assert_geq(kills, KILLS_LEAST);
	echoes_at_last();
	for (int64_t deadline = now_ns() + PATIENCE; !havoc.answered && now_ns() < deadline;)
		usleep(1000);
	havoc.over = true;
	pthread_join(havoc.thread, NULL);
	cr_assert_eq(havoc.wrong, 0, "%u wrong, the first %d", havoc.wrong, havoc.first_wrong);
	cr_assert_gt(havoc.answered, 0);
}
