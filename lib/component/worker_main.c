/*
 * What a worker does, from main() to its end:
 *
 *	reads its arguments
 *	guards itself		it is killed when its caller's supervising thread ends
 *	sandbox, first step	may fork: the new process goes on
 *	loads the component
 *	sandbox, second step
 *	says that it is ready	or why not: the first packet on the channel (ready.h)
 *	serves			until its caller says so, or has gone
 *	destroys its instance, ends
 *
 * Until it serves there is one thread: what the sandbox takes away is taken from a thread, not from
 * the process. Two things tell it that its caller is gone: the signal at its parent's death, which
 * nothing it runs can miss, and the end of the channel. The first is armed a moment after the
 * worker began to be, so who its parent is is looked at afterwards.
 *
 * The worker program has to be linked so that a component finds the functions of this library in it
 * (-rdynamic, with all of the library): a component may be linked with the shared library or with
 * nothing, and in both cases they must be the ones that serve it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cohort/component.h"
#include "component/check.h"
#include "component/host.h"
#include "component/load.h"
#include "component/ready.h"
#include "component/sandbox.h"
#include "component/worker.h"

#define EXIT_USAGE 2
#define PID_OPTION 3 /* COHORT_SANDBOX_PID, as a bit number */

#define OPEN_TIMEOUT COHORT_SECONDS(10) /* its caller has its own, and ends the worker then */

struct arguments {
	const char *protocol, *parent, *sandbox, *path;
};

struct work {
	const struct cohort_component_class *class;
	void *object;
	pid_t parent;
	struct sandbox_settings sandbox;
	struct sandbox_report report;
	struct ready ready;
	struct host *host;
};

/* --- Arguments ---------------------------------------------------------------------------------------- */

static const char **argument_find(struct arguments *a, const char *name)
{
	const struct {
		const char *name;
		const char **value;
	} known[] = {
		{ "--protocol", &a->protocol },
		{ "--parent", &a->parent },
		{ "--sandbox", &a->sandbox },
		{ "--path", &a->path },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].value;
	return NULL;
}

static bool arguments_parse(struct arguments *a, int argc, char **argv)
{
	for (int i = 1; i < argc; i += 2) {
		const char **value = argument_find(a, argv[i]);

		if (!value || i + 1 == argc)
			return false;
		*value = argv[i + 1];
	}
	return a->protocol && a->parent && a->sandbox;
}

static bool channel_is_there(void)
{
	socklen_t size = sizeof(int);
	int type = 0;

	return getsockopt(WORKER_CHANNEL, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
	       type == SOCK_SEQPACKET && fcntl(WORKER_CHANNEL, F_SETFD, FD_CLOEXEC) == 0;
}

/* Reads what is understood by the version of this library that started it, if that is this one's. */
static int work_init(struct work *work, const struct arguments *a)
{
	int protocol = atoi(a->protocol);

	if (protocol != WORKER_PROTOCOL) {
		ready_say(&work->ready, -EPROTO,
			  "the worker speaks protocol %d, and was started with %s", WORKER_PROTOCOL,
			  a->protocol);
		return -EPROTO;
	}
	if (sandbox_settings_parse(&work->sandbox, a->sandbox) < 0) {
		ready_say(&work->ready, -EINVAL, "the worker does not know the sandbox \"%s\"",
			  a->sandbox);
		return -EINVAL;
	}
	work->sandbox.object = a->path;
	work->parent = (pid_t)atol(a->parent);
	return 0;
}

/* --- Before it serves ----------------------------------------------------------------------------------- */

/* In a pid namespace of its own it has no number for its parent, which is its guard then. */
static bool parent_is_there(const struct work *work)
{
	return getppid() == work->parent ||
	       work->report.outcome[PID_OPTION] == COHORT_SANDBOX_APPLIED;
}

/* Its death goes unheard: there is nobody left. */
static void guard(const struct work *work)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!parent_is_there(work))
		_exit(EXIT_FAILURE);
}

/* Names what could not be applied; nothing if all was. */
static void sandbox_describe(struct work *work, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < COHORT_SANDBOX_COUNT && used < size; i++) {
		if (work->report.outcome[i] < COHORT_SANDBOX_UNAVAILABLE)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s: %s", used ? "; " : "",
					 cohort_sandbox_name(UINT32_C(1) << i),
					 strerror(-work->report.error[i]));
	}
}

static int sandbox_step(struct work *work,
			int (*step)(const struct sandbox_settings *, struct sandbox_report *))
{
	char text[READY_TEXT_MAX + 1];
	int err = step(&work->sandbox, &work->report);

	for (unsigned i = 0; i < COHORT_SANDBOX_COUNT; i++)
		work->ready.sandbox[i] = (enum cohort_sandbox_outcome)work->report.outcome[i];
	sandbox_describe(work, text, sizeof(text));
	ready_say(&work->ready, err, "%s", text);
	return err;
}

static int class_load(struct work *work)
{
	char why[READY_TEXT_MAX + 1] = "";
	int err = 0;

	if (!work->class && !work->sandbox.object) {
		ready_say(&work->ready, -EINVAL, "the worker was not told what to load");
		return -EINVAL;
	}
	if (!work->class)
		err = load_open(&work->object, &work->class, work->sandbox.object, why,
				sizeof(why));
	if (err)
		ready_say(&work->ready, err, "%s", why);
	return err;
}

static int class_accept(struct work *work)
{
	int err = check_class(work->class);

	if (err)
		ready_say(&work->ready, -ELIBBAD, "the class of the component is not valid");
	return err;
}

static int prepare(struct work *work)
{
	int err;

	guard(work);
	err = sandbox_step(work, sandbox_before_load);
	if (err)
		return err;
	guard(work);
	err = class_load(work);
	if (!err)
		err = class_accept(work);
	return err ? err : sandbox_step(work, sandbox_after_load);
}

/* --- Serving ---------------------------------------------------------------------------------------------- */

static void log_print(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "cohort-worker: %s\n", text);
}

/*
 * Functions that run are waited for as long as the caller lets it. A session that ends without
 * having been told to is a failure, after which there may be another worker.
 */
static int serve(struct work *work)
{
	const struct host_options options = { .open_timeout = OPEN_TIMEOUT,
					      .close_timeout = COHORT_FOREVER,
					      .thread_name = "worker",
					      .log = log_print };
	int err = host_open(work->host, WORKER_CHANNEL, &options);

	if (err) {
		fprintf(stderr, "cohort-worker: cannot open the channel: %s\n",
			cohort_strerror(err));
		return EXIT_FAILURE;
	}
	err = host_wait(work->host);
	host_close(work->host);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run(struct work *work)
{
	int err = ready_send(WORKER_CHANNEL, &work->ready);
	int status = EXIT_FAILURE;

	if (!err && !work->ready.error)
		status = serve(work);
	host_free(work->host);
	load_close(work->object);
	return status;
}

int cohort_worker_main(int argc, char **argv, const struct cohort_component_class *component)
{
	struct arguments arguments = { 0 };
	struct work work = { .class = component };
	int err;

	if (!arguments_parse(&arguments, argc, argv) || !channel_is_there()) {
		fputs("cohort-worker: is started by a program that runs a component, see "
		      "cohort-worker(1)\n",
		      stderr);
		return EXIT_USAGE;
	}
	err = work_init(&work, &arguments);
	if (!err)
		err = prepare(&work);
	if (!err)
		err = host_new(&work.host, work.class);
	if (err && !work.ready.error)
		ready_say(&work.ready, err, "%s", cohort_strerror(err));
	return run(&work);
}
