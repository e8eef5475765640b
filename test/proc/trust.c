/*
 * Who may join, who a peer is, and whom a secondary trusts: the kernel says.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/common/raw.h"

static bool skip_without_root(void)
{
	return geteuid() != 0;
}

static void expect_failure_of(const struct scene *s, const char *role, const char *option,
			      int error)
{
	struct child child;

	program_start(&child, "member", role, s, "open=0", option, NULL);
	member_expect(&child, "failed");
	cr_assert_eq(number_after(&child, "failed"), error, "%s", child.line);
	child_end(&child);
}

static void expect_failure(const struct scene *s, const char *option, int error)
{
	expect_failure_of(s, "secondary", option, error);
}

Test(trust, only_its_own_user_and_root_may_observe_a_primary_whom_everybody_may_join)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct scene scene;
	struct host host;
	struct child child;
	struct cohort *c;

	if (skip_without_root())
		cr_skip_test("only root can become another user");
	scene_open_for(&scene, 0);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host.config.mode = 0666;
	host_open(&host, &scene);
	expect_failure_of(&scene, "observer", "uid=65534", -EACCES);
	member_open(&child, "secondary", &scene, "uid=65534", NULL);
	config.role = COHORT_ROLE_OBSERVER;
	config.handshake_timeout = PATIENCE;
	cr_assert_eq(cohort_open(&c, scene.path, &config), 0);
	cr_assert_eq(cohort_peers(c, NULL, 0, PATIENCE), 1);
	cr_assert_eq(cohort_close(c), 0);
	member_close(&child);
	host_close(&host);
	scene_close(&scene);
}

Test(trust, the_mode_of_the_socket_keeps_other_users_out)
{
	struct scene scene;
	struct host host;
	struct stat status;

	if (skip_without_root())
		cr_skip_test("only root can become another user");
	scene_open_for(&scene, 0);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host_open(&host, &scene);
	cr_assert_eq(stat(scene.path, &status), 0);
	cr_assert_eq(status.st_mode & 07777, 0600);
	expect_failure(&scene, "uid=65534", -EACCES);
	cr_assert_eq(host_counters(&host).refused_peers, 0, "it came as far as the primary");
	host_close(&host);
	scene_close(&scene);
}

Test(trust, a_user_whom_the_primary_does_not_allow_is_refused)
{
	struct scene scene;
	struct host host;
	uid_t allowed = 12345;

	if (skip_without_root())
		cr_skip_test("only root can become another user");
	scene_open_for(&scene, 0);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host.config.mode = 0666;
	host.config.allow_uids = &allowed;
	host.config.nallow_uids = 1;
	host_open(&host, &scene);
	expect_failure(&scene, "uid=65534", -EACCES);
	cr_assert_eq(host_counters(&host).refused_peers, 1);
	cr_assert_eq(event_count(&host.joined), 0);
	host_close(&host);
	scene_close(&scene);
}

Test(trust, a_user_whom_the_primary_allows_joins_and_is_seen_as_that_user)
{
	struct cohort_peer_info who = { .size = sizeof(who) };
	struct scene scene;
	struct host host;
	struct child child;
	uid_t allowed = NOBODY_UID;

	if (skip_without_root())
		cr_skip_test("only root can become another user");
	scene_open_for(&scene, 0);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host.config.mode = 0666;
	host.config.allow_uids = &allowed;
	host.config.nallow_uids = 1;
	host_open(&host, &scene);
	member_open(&child, "secondary", &scene, "uid=65534", NULL);
	cr_assert_eq(cohort_peers(host.c, &who, 1, 0), 1);
	cr_assert_eq(who.uid, NOBODY_UID);
	cr_assert_eq(who.pid, child.pid);
	member_close(&child);
	host_close(&host);
	scene_close(&scene);
}

static int refuse(struct cohort *c, const struct cohort_peer_info *who, void *user)
{
	struct host *host = user;

	(void)c;
	pthread_mutex_lock(&host->lock);
	host->ticks += who->uid == getuid() && who->pid > 0;
	pthread_mutex_unlock(&host->lock);
	return -EACCES;
}

Test(trust, the_application_can_refuse_who_it_likes)
{
	struct scene scene;
	struct host host;

	scene_open(&scene);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host.config.allow = refuse;
	host_open(&host, &scene);
	expect_failure(&scene, NULL, -EACCES);
	host_close(&host);
	cr_assert_eq(host.ticks, 1, "it was asked %lu times with the right user", host.ticks);
	scene_close(&scene);
}

Test(trust, a_forged_hello_does_not_change_who_the_sender_is)
{
	struct cohort_peer_info who = { .size = sizeof(who) };
	struct scene scene;
	struct child primary;
	struct host host;
	char line[64];
	int sock;

	scene_open(&scene);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host_open(&host, &scene);
	sock = raw_connect(&scene);
	cr_assert(raw_join(sock, 1));
	cr_assert(event_wait_for(&host.joined, 1, PATIENCE_MS));
	cr_assert_eq(cohort_peers(host.c, &who, 1, 0), 1);
	cr_assert_eq(who.pid, getpid());
	cr_assert_eq(who.uid, getuid());
	close(sock);
	host_close(&host);

	member_open(&primary, "primary", &scene, NULL);
	sock = raw_connect(&scene);
	cr_assert(raw_join(sock, (uint32_t)primary.pid));
	member_expect(&primary, "joined");
	member_do(&primary, "peer ", "peers");
	snprintf(line, sizeof(line), " %d %u", (int)getpid(), (unsigned)getuid());
	cr_assert_not_null(strstr(primary.line, line), "%s", primary.line);
	close(sock);
	member_close(&primary);
	scene_close(&scene);
}

Test(trust, a_handler_sees_the_process_that_really_asks)
{
	struct scene scene;
	struct child primary, secondary;
	char line[64];
	unsigned number;

	scene_open(&scene);
	member_open(&primary, "primary", &scene, NULL);
	number = member_open(&secondary, "secondary", &scene, NULL);
	member_do(&secondary, "request 0 0", "request primary hello 10000 0 - x");
	member_expect(&primary, "hello");
	snprintf(line, sizeof(line), "hello %u %d %u", number, (int)secondary.pid,
		 (unsigned)getuid());
	cr_assert_str_eq(primary.line, line);
	member_close(&secondary);
	member_close(&primary);
	scene_close(&scene);
}

Test(trust, a_secondary_refuses_a_primary_of_another_user_if_it_was_told_to_look)
{
	struct scene scene;
	struct child primary, secondary;

	if (skip_without_root())
		cr_skip_test("only root can become another user");
	scene_open_for(&scene, NOBODY_UID);
	member_open(&primary, "primary", &scene, "uid=65534", NULL);
	expect_failure(&scene, "primary-uid=0", -EACCES);
	member_open(&secondary, "secondary", &scene, "primary-uid=65534", NULL);
	member_close(&secondary);
	member_open(&secondary, "secondary", &scene, NULL);
	member_close(&secondary);
	member_await(&primary, "left", 2);
	member_close(&primary);
	scene_close(&scene);
}
