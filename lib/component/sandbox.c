/*
 * sandbox.c: two tables of steps, in their order, and who is told how each went.
 *
 * The order: the user namespace gives the privileges for the others. The pid namespace comes when
 * nothing but namespaces has been done, so that the process that stays behind is not limited. Then
 * what only the worker is to suffer; seccomp last, for it forbids the rest. In the second table the
 * empty root needs a capability, and what is left of them goes next.
 *
 * Most of the kernel's restrictions are one thread's, and go to those that it starts. So there must
 * be no other: both tables ask the kernel. unshare(CLONE_THREAD) does nothing, and does it only for
 * a process of one thread; where a container forbids even that, /proc counts them.
 */
#include "component/sandbox.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "component/keeper.h"
#include "component/landlock.h"
#include "component/namespaces.h"
#include "component/seccomp.h"

#define DEFAULT_MEMORY (UINT64_C(1) << 30)
#define DEFAULT_FILES 1024

/* Who has its privileges back gets out of these. */
#define CONFINED                                                               \
	(COHORT_SANDBOX_USER | COHORT_SANDBOX_NETWORK | COHORT_SANDBOX_MOUNT | \
	 COHORT_SANDBOX_PID | COHORT_SANDBOX_IPC | COHORT_SANDBOX_LIMITS)

struct step {
	uint32_t options; /* any of which asks for it */
	bool one_thread;  /* holds for the calling thread only */
	int (*take)(const struct sandbox_settings *settings);
};

/* --- Names and text --------------------------------------------------------------------------- */

const char *cohort_sandbox_name(uint32_t option)
{
	switch (option) {
	case COHORT_SANDBOX_USER:
		return "user namespace";
	case COHORT_SANDBOX_NETWORK:
		return "network namespace";
	case COHORT_SANDBOX_MOUNT:
		return "mount namespace";
	case COHORT_SANDBOX_PID:
		return "pid namespace";
	case COHORT_SANDBOX_IPC:
		return "ipc namespace";
	case COHORT_SANDBOX_PRIVILEGES:
		return "no_new_privs";
	case COHORT_SANDBOX_LANDLOCK:
		return "Landlock";
	case COHORT_SANDBOX_SECCOMP:
		return "seccomp";
	case COHORT_SANDBOX_LIMITS:
		return "limits";
	case COHORT_SANDBOX_ENVIRONMENT:
		return "environment";
	default:
		return "?";
	}
}

static bool settings_are_valid(const struct sandbox_settings *settings)
{
	return !(settings->options & ~COHORT_SANDBOX_FULL) &&
	       settings->policy <= COHORT_SANDBOX_WEAKEN;
}

int sandbox_settings_format(const struct sandbox_settings *settings, char *text, size_t size)
{
	int n = snprintf(text, size, "%" PRIx32 ":%" PRIx32 ":%" PRIx64 ":%" PRIx64 ":%" PRIx64,
			 settings->options, settings->policy, settings->max_memory,
			 settings->max_files, settings->max_cpu);

	return n < 0 || (size_t)n >= size ? -ENOSPC : 0;
}

/* The value of a hexadecimal digit, or -1. */
static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads a number and the character that must end it; *text then stands behind that, or on the '\0'. */
static bool read_number(const char **text, char end, uint64_t max, uint64_t *out)
{
	const char *at = *text;
	uint64_t value = 0;

	for (; digit_value(*at) >= 0; at++) {
		if (at - *text == 16)
			return false;
		value = value << 4 | (uint64_t)digit_value(*at);
	}
	if (at == *text || *at != end || value > max)
		return false;
	*text = at + (end != '\0');
	*out = value;
	return true;
}

int sandbox_settings_parse(struct sandbox_settings *settings, const char *text)
{
	struct sandbox_settings read = { 0 };
	uint64_t options, policy;

	if (!read_number(&text, ':', UINT32_MAX, &options) ||
	    !read_number(&text, ':', UINT32_MAX, &policy) ||
	    !read_number(&text, ':', UINT64_MAX, &read.max_memory) ||
	    !read_number(&text, ':', UINT64_MAX, &read.max_files) ||
	    !read_number(&text, '\0', UINT64_MAX, &read.max_cpu))
		return -EINVAL;
	read.options = (uint32_t)options;
	read.policy = (uint32_t)policy;
	if (!settings_are_valid(&read))
		return -EINVAL;
	*settings = read;
	return 0;
}

/* --- The steps -------------------------------------------------------------------------------- */

static int enter_user(const struct sandbox_settings *settings)
{
	(void)settings;
	return namespaces_enter_user();
}

static int enter_network(const struct sandbox_settings *settings)
{
	(void)settings;
	return namespaces_enter_network();
}

static int enter_ipc(const struct sandbox_settings *settings)
{
	(void)settings;
	return namespaces_enter_ipc();
}

static int enter_mount(const struct sandbox_settings *settings)
{
	(void)settings;
	return namespaces_enter_mount();
}

static int enter_pid(const struct sandbox_settings *settings)
{
	(void)settings;
	return keeper_fork();
}

/* Of the spawner's doing. */
static int has_environment(const struct sandbox_settings *settings)
{
	(void)settings;
	return 0;
}

static int forbid_new_privileges(const struct sandbox_settings *settings)
{
	(void)settings;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

/* Both limits, or what the hard one leaves. `grace`: by how much the hard one is above. */
static int set_limit(int resource, uint64_t value, rlim_t grace)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)resource, &limit))
		return -errno;
	if (value < limit.rlim_max && limit.rlim_max - value > grace)
		limit.rlim_max = value + grace;
	limit.rlim_cur = value < limit.rlim_max ? value : limit.rlim_max;
	return setrlimit((__rlimit_resource_t)resource, &limit) ? -errno : 0;
}

/* Of processor time the hard limit is a second later: SIGXCPU tells better than SIGKILL what it was. */
static int limit_resources(const struct sandbox_settings *settings)
{
	uint64_t memory = settings->max_memory ? settings->max_memory : DEFAULT_MEMORY;
	uint64_t files = settings->max_files ? settings->max_files : DEFAULT_FILES;
	int err = set_limit(RLIMIT_CORE, 0, 0);

	if (!err)
		err = set_limit(RLIMIT_AS, memory, 0);
	if (!err)
		err = set_limit(RLIMIT_NOFILE, files, 0);
	if (!err && settings->max_cpu)
		err = set_limit(RLIMIT_CPU, settings->max_cpu, 1);
	return err;
}

static int only_libraries(const struct sandbox_settings *settings)
{
	int err = forbid_new_privileges(settings);

	return err ? err : landlock_only_libraries(settings->object);
}

static int allow_loading(const struct sandbox_settings *settings)
{
	int err = forbid_new_privileges(settings);

	return err ? err : seccomp_allow_loading();
}

static int enter_empty_root(const struct sandbox_settings *settings)
{
	(void)settings;
	return namespaces_empty_root();
}

static int drop_capabilities(const struct sandbox_settings *settings)
{
	(void)settings;
	return namespaces_drop_capabilities();
}

static int no_files(const struct sandbox_settings *settings)
{
	(void)settings;
	return landlock_no_files();
}

static int allow_working(const struct sandbox_settings *settings)
{
	(void)settings;
	return seccomp_allow_working();
}

static const struct step before_load[] = {
	{ COHORT_SANDBOX_ENVIRONMENT, false, has_environment },
	{ COHORT_SANDBOX_USER, true, enter_user },
	{ COHORT_SANDBOX_NETWORK, true, enter_network },
	{ COHORT_SANDBOX_IPC, true, enter_ipc },
	{ COHORT_SANDBOX_MOUNT, true, enter_mount },
	{ COHORT_SANDBOX_PID, true, enter_pid },
	{ COHORT_SANDBOX_LIMITS, false, limit_resources },
	{ COHORT_SANDBOX_PRIVILEGES, true, forbid_new_privileges },
	{ COHORT_SANDBOX_LANDLOCK, true, only_libraries },
	{ COHORT_SANDBOX_SECCOMP, false, allow_loading },
};

static const struct step after_load[] = {
	{ COHORT_SANDBOX_MOUNT, true, enter_empty_root },
	{ CONFINED, true, drop_capabilities },
	{ COHORT_SANDBOX_LANDLOCK, true, no_files },
	{ COHORT_SANDBOX_SECCOMP, false, allow_working },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* --- Taking them ------------------------------------------------------------------------------ */

/* What a kernel says that was built or configured without it, or a container that forbids it. */
static enum cohort_sandbox_outcome outcome_of(int err)
{
	switch (err) {
	case 0:
		return COHORT_SANDBOX_APPLIED;
	case -ENOSYS:
	case -EOPNOTSUPP:
	case -EPERM:
	case -EACCES:
	case -ENOSPC:
	case -EUSERS:
	case -EINVAL:
	case -ENOENT:
		return COHORT_SANDBOX_UNAVAILABLE;
	default:
		return COHORT_SANDBOX_FAILED;
	}
}

static void record(struct sandbox_report *report, uint32_t options, int err)
{
	for (unsigned bit = 0; bit < COHORT_SANDBOX_COUNT; bit++) {
		if (options & UINT32_C(1) << bit) {
			report->outcome[bit] = (uint8_t)outcome_of(err);
			report->error[bit] = err;
		}
	}
}

/* The options that have not failed yet. */
static uint32_t holding(const struct sandbox_report *report)
{
	uint32_t options = 0;

	for (unsigned bit = 0; bit < COHORT_SANDBOX_COUNT; bit++) {
		if (report->outcome[bit] == COHORT_SANDBOX_APPLIED)
			options |= UINT32_C(1) << bit;
	}
	return options;
}

/* A folder has a link from each one in it, from itself and from the one above. */
static bool has_one_task(void)
{
	struct stat st;

	return stat("/proc/self/task", &st) || st.st_nlink <= 3;
}

static bool is_alone(void)
{
	if (unshare(CLONE_THREAD) == 0)
		return true;
	return errno != EINVAL && has_one_task();
}

/*
 * Takes the steps that one of the options asks for, and records how they went. Under
 * COHORT_SANDBOX_REQUIRE the first that fails is the last one taken.
 */
static int take_steps(const struct step *steps, size_t count, uint32_t options,
		      const struct sandbox_settings *settings, struct sandbox_report *report)
{
	bool alone = is_alone();
	bool give_up = false;

	for (size_t i = 0; i < count; i++) {
		uint32_t asked = steps[i].options & options;
		int err = -ECANCELED;

		if (!asked)
			continue;
		if (!give_up)
			err = steps[i].one_thread && !alone ? -EBUSY : steps[i].take(settings);
		record(report, asked, err);
		give_up = give_up || (err && settings->policy == COHORT_SANDBOX_REQUIRE);
	}
	return give_up ? -EPERM : 0;
}

/* The children that the first steps wait for must not be reaped by the kernel. */
int sandbox_before_load(const struct sandbox_settings *settings, struct sandbox_report *report)
{
	memset(report, 0, sizeof(*report));
	if (!settings_are_valid(settings))
		return -EINVAL;
	if (settings->options & (COHORT_SANDBOX_USER | COHORT_SANDBOX_PID))
		signal(SIGCHLD, SIG_DFL);
	return take_steps(before_load, COUNT(before_load), settings->options, settings, report);
}

int sandbox_after_load(const struct sandbox_settings *settings, struct sandbox_report *report)
{
	return take_steps(after_load, COUNT(after_load), holding(report), settings, report);
}
