/*
 * The sandbox of a worker, probed from inside. What this system does not have is skipped, and says
 * so.
 */
#include "component/sandbox.h"

#include <dlfcn.h>
#include <link.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>

#include "cohort.h"
#include "component/namespaces.h"
#include "component/seccomp.h"
#include "confined.h"
#include "probes.h"
#include "support/support.h"

/* --- The settings ------------------------------------------------------------------------------ */

Test(sandbox, settings_survive_their_text)
{
	const struct sandbox_settings all = {
		.options = COHORT_SANDBOX_FULL,
		.policy = COHORT_SANDBOX_WEAKEN,
		.max_memory = UINT64_MAX,
		.max_files = 4711,
		.max_cpu = UINT64_MAX,
	};
	struct sandbox_settings read = { .object = "x" };
	char text[SANDBOX_SETTINGS_SIZE];

	cr_assert_eq(sandbox_settings_format(&all, text, sizeof(text)), 0);
	cr_assert_eq(sandbox_settings_parse(&read, text), 0);
	cr_assert_eq(read.options, all.options);
	cr_assert_eq(read.policy, all.policy);
	cr_assert_eq(read.max_memory, all.max_memory);
	cr_assert_eq(read.max_files, all.max_files);
	cr_assert_eq(read.max_cpu, all.max_cpu);
	cr_assert_null(read.object);
}

Test(sandbox, settings_that_do_not_fit_are_not_written)
{
	const struct sandbox_settings none = { 0 };
	char text[sizeof("0:0:0:0:0")];

	cr_assert_eq(sandbox_settings_format(&none, text, sizeof(text)), 0);
	cr_assert_str_eq(text, "0:0:0:0:0");
	cr_assert_eq(sandbox_settings_format(&none, text, sizeof(text) - 1), -ENOSPC);
	cr_assert_eq(sandbox_settings_format(&none, NULL, 0), -ENOSPC);
}

Test(sandbox, text_that_is_no_settings_is_refused)
{
	static const char *const texts[] = {
		"",
		"0",
		"0:0:0:0",
		"0:0:0:0:",
		"0:0:0:0:0:",
		"0:0:0:0:0:0",
		"0:0:0:0:0 ",
		" 0:0:0:0:0",
		":0:0:0:0",
		"0x1:0:0:0:0",
		"-1:0:0:0:0",
		"A:0:0:0:0",
		"0;0:0:0:0",
		"400:0:0:0:0",
		"0:2:0:0:0",
		"100000000:0:0:0:0",
		"0:100000000:0:0:0",
		"0:0:10000000000000000:0:0",
		"0:0:0:0:00000000000000000",
	};
	struct sandbox_settings settings = { .options = 7 };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_expect_eq(sandbox_settings_parse(&settings, texts[i]), -EINVAL, "\"%s\"",
			     texts[i]);
	cr_assert_eq(settings.options, 7);
}

Test(sandbox, each_option_has_a_name)
{
	for (unsigned bit = 0; bit < COHORT_SANDBOX_COUNT; bit++)
		cr_expect_str_neq(cohort_sandbox_name(UINT32_C(1) << bit), "?");
	cr_assert_str_eq(cohort_sandbox_name(COHORT_SANDBOX_NETWORK), "network namespace");
	cr_assert_str_eq(cohort_sandbox_name(0), "?");
	cr_assert_str_eq(cohort_sandbox_name(COHORT_SANDBOX_FULL), "?");
	cr_assert_str_eq(cohort_sandbox_name(COHORT_SANDBOX_FULL + 1), "?");
}

Test(sandbox, unknown_options_and_policies_are_refused)
{
	struct sandbox_settings settings = { .options = COHORT_SANDBOX_FULL + 1 };
	struct sandbox_report report;

	cr_assert_eq(sandbox_before_load(&settings, &report), -EINVAL);
	settings.options = 0;
	settings.policy = COHORT_SANDBOX_WEAKEN + 1;
	cr_assert_eq(sandbox_before_load(&settings, &report), -EINVAL);
}

/* --- Probing -------------------------------------------------------------------------------------- */

static void run_probes(struct findings *findings)
{
	for (size_t i = 0; i < NPROBES; i++) {
		uint32_t stops = probes[i].stopped_by;
		bool stopped = false;

		for (uint32_t option = 1; option < COHORT_SANDBOX_FULL; option <<= 1)
			stopped = stopped || ((stops & option) && was_applied(findings, option));
		findings->values[i] = 1;
		if (stopped || (probes[i].works && !findings->settings.options))
			findings->values[i] = probes[i].run();
	}
}

static void judge_probe(const struct findings *findings, const struct probe *probe, int value)
{
	if (value == 1)
		return;
	if (!findings->settings.options)
		cr_expect_eq(value, 0, "%s: %s", probe->name, strerror(-value));
	else if ((probe->stopped_by & COHORT_SANDBOX_SECCOMP) &&
		 was_applied(findings, COHORT_SANDBOX_SECCOMP))
		cr_expect_eq(value, -EPERM, "%s: %d", probe->name, value);
	else
		cr_expect_lt(value, 0, "%s: it could", probe->name);
}

/* How many probes were made. */
static unsigned judge_probes(const struct findings *findings)
{
	unsigned made = 0;

	for (size_t i = 0; i < NPROBES; i++) {
		judge_probe(findings, &probes[i], findings->values[i]);
		made += findings->values[i] != 1;
	}
	return made;
}

static struct findings *probed(uint32_t options)
{
	struct findings *findings = findings_new(options);

	findings->settings.max_memory = PROBE_MEMORY;
	findings->settings.max_files = PROBE_FILES;
	probes_prepare();
	confine(findings, (struct confined){ .working = run_probes });
	probes_done();
	cr_assert_eq(findings->before, 0);
	cr_assert_eq(findings->after, 0);
	return findings;
}

/* Else what follows would say nothing about the sandbox. */
Test(sandbox, without_it_the_probes_succeed)
{
	struct findings *findings;

	confined_needs(0);
	findings = probed(0);
	cr_assert_geq(judge_probes(findings), 15);
	findings_free(findings);
}

Test(sandbox, the_full_set_stops_every_probe)
{
	struct findings *findings;

	confined_needs(COHORT_SANDBOX_FULL);
	findings = probed(COHORT_SANDBOX_FULL);
	judge_probes(findings);
	all_applied_or_skip(findings);
	cr_assert_eq(judge_probes(findings), NPROBES);
	findings_free(findings);
}

static void option_stops_its_probes(uint32_t options, unsigned expected)
{
	struct findings *findings;

	confined_needs(options);
	findings = probed(options);
	all_applied_or_skip(findings);
	cr_assert_eq(judge_probes(findings), expected);
	findings_free(findings);
}

/* 0 counts them: all that name one of the options. */
static unsigned probes_of(uint32_t options)
{
	unsigned n = 0;

	for (size_t i = 0; i < NPROBES; i++)
		n += (probes[i].stopped_by & options) != 0;
	return n;
}

#define STOPS(name, options)                                              \
	Test(sandbox, name)                                               \
	{                                                                 \
		option_stops_its_probes((options), probes_of((options))); \
	}

STOPS(landlock_alone_stops_its_probes, COHORT_SANDBOX_LANDLOCK)
STOPS(seccomp_alone_stops_its_probes, COHORT_SANDBOX_SECCOMP)
STOPS(limits_alone_stop_their_probes, COHORT_SANDBOX_LIMITS)
STOPS(user_namespace_alone_stops_its_probes, COHORT_SANDBOX_USER)
STOPS(mount_namespace_stops_its_probes, COHORT_SANDBOX_USER | COHORT_SANDBOX_MOUNT)
STOPS(pid_namespace_stops_its_probes, COHORT_SANDBOX_USER | COHORT_SANDBOX_PID)

static void run_needs(struct findings *findings)
{
	for (size_t i = 0; i < NNEEDS; i++)
		findings->values[i] =
			needs[i].works || was_applied(findings, COHORT_SANDBOX_SECCOMP)
				? needs[i].run()
				: 0;
}

Test(sandbox, the_full_set_leaves_what_a_worker_needs)
{
	struct findings *findings = findings_new(COHORT_SANDBOX_FULL);

	confined_needs(COHORT_SANDBOX_FULL);
	confine(findings, (struct confined){ .working = run_needs });
	for (size_t i = 0; i < NNEEDS; i++)
		cr_expect_eq(findings->values[i], 0, "%s: %s", needs[i].name,
			     strerror(-findings->values[i]));
	findings_free(findings);
}

/* --- The report ---------------------------------------------------------------------------------- */

/* An ordinary user gets no namespace without the one for users: then it must be said. */
static void reports_itself_only(uint32_t option)
{
	struct findings *findings = findings_new(option);
	unsigned mine = bit_of(option);

	confine(findings, (struct confined){ .working = NULL });
	for (unsigned bit = 0; bit < COHORT_SANDBOX_COUNT; bit++) {
		uint8_t outcome = findings->report.outcome[bit];

		if (bit != mine)
			cr_expect_eq(outcome, COHORT_SANDBOX_NOT_ASKED, "bit %u", bit);
		else
			cr_expect(outcome == COHORT_SANDBOX_APPLIED ||
					  outcome == COHORT_SANDBOX_UNAVAILABLE,
				  "%s: %u", cohort_sandbox_name(option), outcome);
		cr_expect_eq(findings->report.error[bit] < 0,
			     outcome == COHORT_SANDBOX_UNAVAILABLE);
	}
	findings_free(findings);
}

Test(sandbox, each_option_alone_is_reported_alone)
{
	confined_needs(COHORT_SANDBOX_FULL);
	for (uint32_t option = 1; option <= COHORT_SANDBOX_FULL; option <<= 1)
		reports_itself_only(option);
}

/* What holds everywhere, however the system is configured. */
Test(sandbox, what_every_kernel_has_is_applied)
{
	struct findings *findings = findings_new(COHORT_SANDBOX_PRIVILEGES | COHORT_SANDBOX_LIMITS |
						 COHORT_SANDBOX_ENVIRONMENT);

	confined_needs(COHORT_SANDBOX_LIMITS);
	confine(findings, (struct confined){ .working = NULL });
	cr_expect(was_applied(findings, COHORT_SANDBOX_PRIVILEGES));
	cr_expect(was_applied(findings, COHORT_SANDBOX_LIMITS));
	cr_expect(was_applied(findings, COHORT_SANDBOX_ENVIRONMENT));
	findings_free(findings);
}

static int write_zero(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = fd < 0 || write(fd, "0", 1) != 1 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

/* In a user namespace that may have none below it. */
static void confined_without_namespaces(struct findings *findings)
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		if (namespaces_enter_user() || write_zero("/proc/sys/user/max_user_namespaces"))
			_exit(77);
		confined_child(findings, (struct confined){ .working = NULL });
	}
	confined_wait(findings, pid);
	if (findings->status == 77 << 8)
		cr_skip_test("no user namespace to try this in");
	cr_assert(findings->complete);
}

static void namespace_is_forbidden(enum cohort_sandbox_policy policy, int before)
{
	struct findings *findings = findings_new(COHORT_SANDBOX_USER | COHORT_SANDBOX_PRIVILEGES);

	confined_needs(COHORT_SANDBOX_USER);
	findings->settings.policy = policy;
	confined_without_namespaces(findings);
	cr_assert_eq(findings->before, before);
	cr_assert_eq(findings->report.outcome[bit_of(COHORT_SANDBOX_USER)],
		     COHORT_SANDBOX_UNAVAILABLE);
	cr_assert_eq(findings->report.error[bit_of(COHORT_SANDBOX_USER)], -ENOSPC);
	cr_assert_eq(was_applied(findings, COHORT_SANDBOX_PRIVILEGES), !before);
	findings_free(findings);
}

Test(sandbox, what_is_not_available_here_is_gone_without)
{
	namespace_is_forbidden(COHORT_SANDBOX_WEAKEN, 0);
}

Test(sandbox, what_is_not_available_here_and_required_ends_it)
{
	namespace_is_forbidden(COHORT_SANDBOX_REQUIRE, -EPERM);
}

/* As in a container that forbids unshare(2) and more: a sandbox in one. */
static void confined_in_a_sandbox(struct findings *findings)
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || seccomp_allow_working())
			_exit(77);
		confined_child(findings, (struct confined){ .working = NULL });
	}
	confined_wait(findings, pid);
	if (findings->status == 77 << 8)
		cr_skip_test("not here: seccomp");
}

Test(sandbox, where_everything_is_forbidden_it_is_reported)
{
	struct findings *findings = findings_new(COHORT_SANDBOX_FULL);

	confined_needs(COHORT_SANDBOX_FULL);
	confined_in_a_sandbox(findings);
	cr_assert(findings->complete, "status %#x", findings->status);
	cr_assert_eq(findings->before, 0);
	cr_assert_eq(findings->after, 0);
	for (unsigned bit = 0; bit < COHORT_SANDBOX_COUNT; bit++) {
		if (UINT32_C(1) << bit != COHORT_SANDBOX_ENVIRONMENT)
			cr_expect_eq(findings->report.outcome[bit], COHORT_SANDBOX_UNAVAILABLE,
				     "bit %u: %u", bit, findings->report.outcome[bit]);
	}
	cr_expect(was_applied(findings, COHORT_SANDBOX_ENVIRONMENT));
	findings_free(findings);
}

static void *wait_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

static void start_thread(struct findings *findings)
{
	pthread_t thread;

	findings->values[0] = -pthread_create(&thread, NULL, wait_for_ever, NULL);
}

Test(sandbox, an_object_that_starts_a_thread_is_found_out)
{
	struct findings *findings = findings_new(COHORT_SANDBOX_LANDLOCK);

	confined_needs(COHORT_SANDBOX_LANDLOCK);
	findings->settings.policy = COHORT_SANDBOX_REQUIRE;
	confine(findings, (struct confined){ .loading = start_thread });
	if (findings->before)
		cr_skip_test("not here: Landlock");
	cr_assert_eq(findings->values[0], 0);
	cr_assert_eq(findings->after, -EPERM);
	cr_assert_eq(findings->report.outcome[bit_of(COHORT_SANDBOX_LANDLOCK)],
		     COHORT_SANDBOX_FAILED);
	cr_assert_eq(findings->report.error[bit_of(COHORT_SANDBOX_LANDLOCK)], -EBUSY);
	findings_free(findings);
}

/* A process that has a second thread cannot enter a namespace: a failure that each system has. */
static void confined_beside_a_thread(struct findings *findings)
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		start_thread(findings);
		confined_child(findings, (struct confined){ .working = NULL });
	}
	confined_wait(findings, pid);
	cr_assert(findings->complete);
}

Test(sandbox, what_is_required_and_fails_ends_it_with_a_report)
{
	struct findings *findings = findings_new(COHORT_SANDBOX_ENVIRONMENT | COHORT_SANDBOX_USER |
						 COHORT_SANDBOX_LIMITS | COHORT_SANDBOX_SECCOMP);

	confined_needs(COHORT_SANDBOX_FULL);
	findings->settings.policy = COHORT_SANDBOX_REQUIRE;
	confined_beside_a_thread(findings);
	cr_assert_eq(findings->before, -EPERM);
	cr_assert(was_applied(findings, COHORT_SANDBOX_ENVIRONMENT));
	cr_assert_eq(findings->report.error[bit_of(COHORT_SANDBOX_USER)], -EBUSY);
	cr_assert_eq(findings->report.error[bit_of(COHORT_SANDBOX_LIMITS)], -ECANCELED);
	cr_assert_eq(findings->report.error[bit_of(COHORT_SANDBOX_SECCOMP)], -ECANCELED);
	findings_free(findings);
}

Test(sandbox, what_is_not_required_and_fails_weakens_it)
{
	struct findings *findings = findings_new(COHORT_SANDBOX_USER | COHORT_SANDBOX_ENVIRONMENT);

	confined_needs(COHORT_SANDBOX_FULL);
	confined_beside_a_thread(findings);
	cr_assert_eq(findings->before, 0);
	cr_assert_eq(findings->after, 0);
	cr_assert_eq(findings->report.outcome[bit_of(COHORT_SANDBOX_USER)], COHORT_SANDBOX_FAILED);
	cr_assert(was_applied(findings, COHORT_SANDBOX_ENVIRONMENT));
	findings_free(findings);
}

/* --- The single options ------------------------------------------------------------------------------ */

/* Runs it under these options, or skips the test. To be freed. */
static struct findings *inside(uint32_t options, void (*working)(struct findings *))
{
	struct findings *findings = findings_new(options);

	confined_needs(options);
	confine(findings, (struct confined){ .working = working });
	all_applied_or_skip(findings);
	return findings;
}

static void look_at_user(struct findings *findings)
{
	findings->values[0] = (int)geteuid();
	findings->values[1] = (int)getegid();
	findings->values[2] = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	findings->values[3] = result_of(syscall(SYS_setgroups, 0, NULL));
}

Test(sandbox, a_user_is_itself_in_its_namespace_without_capabilities)
{
	struct findings *findings = inside(COHORT_SANDBOX_USER, look_at_user);

	cr_assert_eq(findings->values[0], (int)geteuid());
	cr_assert_eq(findings->values[1], (int)getegid());
	cr_assert_eq(findings->values[2], 1);
	cr_assert_eq(findings->values[3], -EPERM);
	findings_free(findings);
}

static int interface_flags(int fd, const char *name)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(fd, SIOCGIFFLAGS, &request) ? -errno : request.ifr_flags;
}

static void look_at_network(struct findings *findings)
{
	struct if_nameindex *interfaces = if_nameindex();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	while (interfaces && interfaces[findings->values[0]].if_index)
		findings->values[0]++;
	findings->values[1] = interface_flags(fd, "lo");
	if_freenameindex(interfaces);
	close(fd);
}

Test(sandbox, a_network_namespace_has_a_loopback_that_is_down)
{
	struct findings *findings =
		inside(COHORT_SANDBOX_USER | COHORT_SANDBOX_NETWORK, look_at_network);

	cr_assert_geq(findings->values[0], 1);
	cr_assert_geq(findings->values[1], 0);
	cr_assert(findings->values[1] & IFF_LOOPBACK);
	cr_assert(!(findings->values[1] & IFF_UP));
	findings_free(findings);
}

static int shared_memory;

static void look_at_ipc(struct findings *findings)
{
	struct shmid_ds info;

	findings->values[0] = shmctl(shared_memory, IPC_STAT, &info) ? -errno : 0;
}

Test(sandbox, an_ipc_namespace_has_nothing_of_others)
{
	struct findings *findings = findings_new(COHORT_SANDBOX_USER | COHORT_SANDBOX_IPC);

	confined_needs(COHORT_SANDBOX_IPC);
	shared_memory = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	if (shared_memory < 0)
		cr_skip_test("no System V shared memory here");
	confine(findings, (struct confined){ .working = look_at_ipc });
	shmctl(shared_memory, IPC_RMID, NULL);
	all_applied_or_skip(findings);
	cr_assert_eq(findings->values[0], -EINVAL);
	findings_free(findings);
}

static void look_at_root(struct findings *findings)
{
	findings->values[0] = probe_create();
	findings->values[1] = result_of(mkdir("/folder", 0700));
	findings->values[2] = access("/proc", F_OK) ? -errno : 0;
	findings->values[3] = access("../../etc", F_OK) ? -errno : 0;
	findings->values[4] = result_of(chroot("."));
}

Test(sandbox, the_root_is_empty_and_read_only)
{
	struct findings *findings =
		inside(COHORT_SANDBOX_USER | COHORT_SANDBOX_MOUNT, look_at_root);

	cr_assert_eq(findings->values[0], -ENOENT);
	cr_assert_eq(findings->values[1], -EROFS);
	cr_assert_eq(findings->values[2], -ENOENT);
	cr_assert_eq(findings->values[3], -ENOENT);
	cr_assert_eq(findings->values[4], -EPERM);
	findings_free(findings);
}

static void look_at_privileges(struct findings *findings)
{
	findings->values[0] = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

Test(sandbox, no_new_privs_is_set)
{
	struct findings *findings = inside(COHORT_SANDBOX_PRIVILEGES, look_at_privileges);

	cr_assert_eq(findings->values[0], 1);
	findings_free(findings);
}

static int soft_limit(__rlimit_resource_t resource)
{
	struct rlimit limit;

	return getrlimit(resource, &limit) ? -errno : (int)limit.rlim_cur;
}

static void look_at_limits(struct findings *findings)
{
	findings->values[0] = soft_limit(RLIMIT_CORE);
	findings->values[1] = soft_limit(RLIMIT_AS);
	findings->values[2] = soft_limit(RLIMIT_NOFILE);
	findings->values[3] = soft_limit(RLIMIT_CPU);
}

Test(sandbox, limits_have_defaults)
{
	struct findings *findings = inside(COHORT_SANDBOX_LIMITS, look_at_limits);

	cr_assert_eq(findings->values[0], 0);
	cr_assert_eq(findings->values[1], 1 << 30);
	cr_assert_leq(findings->values[2], 1024);
	cr_assert_eq(findings->values[3], (int)RLIM_INFINITY);
	findings_free(findings);
}

static void use_up_time(struct findings *findings)
{
	(void)findings;
	for (volatile unsigned n = 0;; n++)
		;
}

/* CPU time of its own, however slow the machine is. */
Test(sandbox, processor_time_ends_with_a_signal_that_says_so)
{
	struct findings *findings = findings_new(COHORT_SANDBOX_LIMITS);

	confined_needs(COHORT_SANDBOX_LIMITS);
	findings->settings.max_cpu = 1;
	confined_wait(findings,
		      confined_start(findings, (struct confined){ .working = use_up_time }));
	cr_assert(WIFSIGNALED(findings->status));
	cr_assert_eq(WTERMSIG(findings->status), SIGXCPU);
	findings_free(findings);
}

/* --- Loading ------------------------------------------------------------------------------------------ */

/* One of libc's own that is not loaded already. */
#define SOME_LIBRARY "libBrokenLocale.so.1"

static char object_path[160];

static int load(const char *path)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	return object ? dlclose(object) : -ENOENT;
}

static void load_library(struct findings *findings)
{
	findings->values[0] = load(SOME_LIBRARY);
	findings->values[1] = load(object_path);
	findings->values[2] = probe_open();
	findings->values[3] = probe_create();
}

static void library_path(char *path, size_t size)
{
	void *object = dlopen(SOME_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	struct link_map *map = NULL;

	if (!object)
		cr_skip_test("no %s here", SOME_LIBRARY);
	cr_assert_eq(dlinfo(object, RTLD_DI_LINKMAP, &map), 0);
	snprintf(path, size, "%s", map->l_name);
	dlclose(object);
}

static void copy_file(const char *from, const char *to)
{
	static char bytes[1 << 20];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	ssize_t n = read(in, bytes, sizeof(bytes));

	cr_assert(n > 0 && write(out, bytes, (size_t)n) == n);
	close(in);
	close(out);
}

/* Loads a copy in a folder of its own, by a link in another folder if asked. */
static struct findings *loaded(uint32_t options, bool name_object, bool by_link)
{
	struct findings *findings = findings_new(options);
	char folder[TEMP_DIR_MAX], links[TEMP_DIR_MAX], library[256], copy[160];

	confined_needs(options);
	library_path(library, sizeof(library));
	probes_prepare();
	cr_assert_eq(temp_dir_make(folder), 0);
	cr_assert_eq(temp_dir_make(links), 0);
	snprintf(copy, sizeof(copy), "%s/object.so", folder);
	copy_file(library, copy);
	snprintf(object_path, sizeof(object_path), "%s/object.so", by_link ? links : folder);
	if (by_link)
		cr_assert_eq(symlink(copy, object_path), 0);
	findings->settings.object = name_object ? object_path : NULL;
	confine(findings, (struct confined){ .loading = load_library });
	temp_dir_remove(folder);
	temp_dir_remove(links);
	probes_done();
	return findings;
}

Test(sandbox, an_object_loads_under_the_full_set)
{
	struct findings *findings = loaded(COHORT_SANDBOX_FULL, true, false);

	cr_assert_eq(findings->values[0], 0);
	cr_assert_eq(findings->values[1], 0);
	findings_free(findings);
}

Test(sandbox, an_object_loads_through_a_link)
{
	struct findings *findings = loaded(COHORT_SANDBOX_FULL, true, true);

	cr_assert_eq(findings->values[0], 0);
	cr_assert_eq(findings->values[1], 0);
	findings_free(findings);
}

Test(sandbox, nothing_but_libraries_is_read_while_it_loads)
{
	struct findings *findings = loaded(COHORT_SANDBOX_LANDLOCK, false, false);

	all_applied_or_skip(findings);
	cr_assert_eq(findings->values[0], 0);
	cr_assert_eq(findings->values[1], -ENOENT);
	cr_assert_eq(findings->values[2], -EACCES);
	cr_assert_eq(findings->values[3], -EACCES);
	findings_free(findings);
}

static void probe_while_loading(struct findings *findings)
{
	findings->values[0] = probe_create();
	findings->values[1] = probe_internet();
	findings->values[2] = probe_fork();
	findings->values[3] = probe_execve();
	findings->values[4] = probe_mount();
	findings->values[5] = probe_unshare();
	findings->values[6] = probe_open();
}

Test(sandbox, seccomp_holds_while_it_loads)
{
	struct findings *findings = findings_new(COHORT_SANDBOX_SECCOMP);

	confined_needs(COHORT_SANDBOX_SECCOMP);
	probes_prepare();
	confine(findings, (struct confined){ .loading = probe_while_loading });
	probes_done();
	all_applied_or_skip(findings);
	for (int i = 0; i < 6; i++)
		cr_expect_eq(findings->values[i], -EPERM, "%d: %d", i, findings->values[i]);
	cr_expect_eq(findings->values[6], 0);
	findings_free(findings);
}

#ifdef __x86_64__
static void call_as_x32(struct findings *findings)
{
	findings->values[0] = (int)syscall(0x40000000L | SYS_getpid);
}

Test(sandbox, a_call_of_another_architecture_kills)
{
	struct findings *findings = findings_new(COHORT_SANDBOX_SECCOMP);

	confined_needs(COHORT_SANDBOX_SECCOMP);
	confined_wait(findings,
		      confined_start(findings, (struct confined){ .working = call_as_x32 }));
	all_applied_or_skip(findings);
	cr_assert(!findings->complete);
	cr_assert(WIFSIGNALED(findings->status) && WTERMSIG(findings->status) == SIGSYS, "%#x",
		  findings->status);
	findings_free(findings);
}
#endif

/* --- The channel --------------------------------------------------------------------------------------- */

#define LARGE ((size_t)16 << 20)
#define MANY 253

static int channel_end;

/* Gives back what came: the body and the descriptors. */
static int echo(struct cohort_call *call, void *arg)
{
	struct cohort_message back = COHORT_MESSAGE_INIT;
	int fds[MANY];

	(void)arg;
	back.data = cohort_call_data(call, &back.length);
	back.nfds = cohort_call_fds(call);
	back.fds = fds;
	back.flags = COHORT_GIVE_FDS;
	for (size_t i = 0; i < back.nfds; i++)
		fds[i] = cohort_call_fd_take(call, i);
	return cohort_call_reply(call, 0, &back);
}

static void left(struct cohort *c, cohort_peer peer, enum cohort_reason reason, void *user)
{
	(void)c, (void)peer, (void)reason;
	event_signal(user);
}

static void serve(struct findings *findings)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct cohort_action action = COHORT_ACTION_INIT;
	struct cohort *c = NULL;
	struct event gone;

	event_init(&gone);
	action.name = "echo";
	action.handler = echo;
	config.actions = &action;
	config.nactions = 1;
	config.left = left;
	config.user = &gone;
	config.open_timeout = config.handshake_timeout = COHORT_MS(PATIENCE_MS);
	findings->values[0] = cohort_open_fd(&c, channel_end, &config);
	if (findings->values[0])
		return;
	findings->values[1] = event_wait_for(&gone, 1, PATIENCE_MS);
	findings->values[2] = cohort_close(c);
}

struct joined {
	struct event event;
	cohort_peer peer;
};

static void joined(struct cohort *c, cohort_peer peer, void *user)
{
	struct joined *joined = user;

	(void)c;
	joined->peer = peer;
	event_signal(&joined->event);
}

static void ask(struct cohort *c, cohort_peer peer, const void *body, size_t length, const int *fds,
		size_t nfds)
{
	struct cohort_message message = COHORT_MESSAGE("echo", body, length);
	struct cohort_reply *reply = NULL;
	size_t got = 0;
	int err;

	message.fds = fds;
	message.nfds = nfds;
	err = cohort_request(c, peer, &message, COHORT_SECONDS(30), &reply);
	cr_assert_eq(err, 0, "%s", strerror(-err));
	cr_assert_eq(cohort_reply_status(reply), 0);
	cr_assert(memcmp(cohort_reply_data(reply, &got), body, length) == 0);
	cr_assert_eq(got, length);
	cr_assert_eq(cohort_reply_fds(reply), nfds);
	cohort_reply_free(reply);
}

static void call_worker(struct cohort *c, cohort_peer peer)
{
	unsigned char *body = malloc(LARGE);
	int fds[MANY];

	cr_assert_not_null(body);
	for (size_t i = 0; i < LARGE; i++)
		body[i] = (unsigned char)(i * 31 >> 3);
	for (int i = 0; i < MANY; i++)
		cr_assert_geq(fds[i] = memfd_create("sandbox-test", MFD_CLOEXEC), 0);
	ask(c, peer, "small", 5, NULL, 0);
	ask(c, peer, body, LARGE, NULL, 0);
	ask(c, peer, "many", 4, fds, MANY);
	ask(c, peer, body, LARGE, fds, MANY);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	free(body);
}

static void lead(int fd)
{
	struct joined who = { .peer = 0 };
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct cohort *c = NULL;

	event_init(&who.event);
	config.role = COHORT_ROLE_PRIMARY;
	config.joined = joined;
	config.user = &who;
	config.handshake_timeout = COHORT_MS(PATIENCE_MS);
	cr_assert_eq(cohort_open_fd(&c, fd, &config), 0);
	cr_assert(event_wait_for(&who.event, 1, PATIENCE_MS));
	call_worker(c, who.peer);
	cr_assert_eq(cohort_close(c), 0);
	event_deinit(&who.event);
}

Test(sandbox, a_secondary_serves_under_the_full_set)
{
	struct findings *findings = findings_new(COHORT_SANDBOX_FULL);
	int pair[2];
	pid_t pid;

	confined_needs(COHORT_SANDBOX_FULL);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	channel_end = pair[1];
	pid = confined_start(findings, (struct confined){ .working = serve });
	close(pair[1]);
	lead(pair[0]);
	confined_wait(findings, pid);
	cr_assert(findings->complete && findings->status == 0, "status %#x", findings->status);
	cr_assert_eq(findings->values[0], 0);
	cr_assert_eq(findings->values[1], 1);
	cr_assert_eq(findings->values[2], 0);
	all_applied_or_skip(findings);
	findings_free(findings);
}
