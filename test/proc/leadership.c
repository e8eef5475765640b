/*
 * Who leads: a second primary, what dead ones leave behind, paths that cannot be, secondaries that are first, and
 * sixteen processes that all would lead.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "proc/common/scene.h"

#define AUTOS 16
#define SOCKET_PATH_MAX 107

static int try_to_lead(const struct scene *s)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct cohort *c;
	int err;

	config.role = COHORT_ROLE_PRIMARY;
	err = cohort_open(&c, s->path, &config);
	return err ? err : cohort_close(c);
}

Test(leadership, a_second_primary_is_refused_and_the_first_does_not_notice)
{
	struct scene scene;
	struct host host;
	struct child second, secondary;
	cohort_peer peer;

	scene_open(&scene);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host_open(&host, &scene);
	peer = host_peer(&host, member_open(&secondary, "secondary", &scene, NULL));
	program_start(&second, "member", "primary", &scene, NULL);
	member_expect(&second, "failed");
	cr_assert_eq(number_after(&second, "failed"), -EADDRINUSE, "%s", second.line);
	child_end(&second);
	cr_assert_eq(try_to_lead(&scene), -EADDRINUSE);
	host_echo(&host, peer);
	cr_assert_eq(event_count(&host.left), 0);
	member_do(&secondary, "request 0 0", "request primary echo 10000 0 - x");
	member_close(&secondary);
	member_open(&secondary, "secondary", &scene, NULL);
	member_close(&secondary);
	host_close(&host);
	scene_close(&scene);
}

Test(leadership, what_a_killed_primary_left_is_no_obstacle)
{
	struct scene scene;
	struct child first, second, secondary;

	scene_open(&scene);
	member_open(&first, "primary", &scene, NULL);
	member_kill(&first);
	cr_assert_eq(access(scene.path, F_OK), 0, "it left no socket: this tests nothing");
	member_open(&second, "primary", &scene, NULL);
	member_open(&secondary, "secondary", &scene, NULL);
	member_close(&secondary);
	member_close(&second);
	scene_close(&scene);
}

static void touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	cr_assert_geq(fd, 0);
	close(fd);
}

static void lock_path(const struct scene *s, char path[TEMP_DIR_MAX + 8])
{
	snprintf(path, TEMP_DIR_MAX + 8, "%s.lock", s->path);
}

Test(leadership, a_stale_lock_file_is_no_obstacle)
{
	char lock[TEMP_DIR_MAX + 8];
	struct scene scene;

	scene_open(&scene);
	lock_path(&scene, lock);
	touch(lock);
	cr_assert_eq(try_to_lead(&scene), 0);
	scene_close(&scene);
}

Test(leadership, a_lock_file_that_is_a_symbolic_link_is_not_followed)
{
	char lock[TEMP_DIR_MAX + 8], target[TEMP_DIR_MAX + 8];
	struct scene scene;

	scene_open(&scene);
	lock_path(&scene, lock);
	snprintf(target, sizeof(target), "%s/victim", scene.folder);
	touch(target);
	cr_assert_eq(symlink(target, lock), 0);
	cr_assert_eq(try_to_lead(&scene), -ELOOP);
	cr_assert_eq(unlink(lock), 0);
	cr_assert_eq(unlink(target), 0, "the file behind the link is gone");
	scene_close(&scene);
}

Test(leadership, a_lock_file_of_another_user_is_refused)
{
	char lock[TEMP_DIR_MAX + 8];
	struct scene scene;

	if (geteuid())
		cr_skip_test("only root can make a file of another user");
	scene_open(&scene);
	lock_path(&scene, lock);
	touch(lock);
	cr_assert_eq(chown(lock, NOBODY_UID, (gid_t)-1), 0);
	cr_assert_eq(try_to_lead(&scene), -EPERM);
	cr_assert_eq(unlink(lock), 0);
	scene_close(&scene);
}

Test(leadership, a_missing_folder_is_an_error)
{
	struct scene scene, missing;

	scene_open(&scene);
	missing = scene;
	cr_assert_lt(snprintf(missing.path, sizeof(missing.path), "%s/no/s", scene.folder),
		     (int)sizeof(missing.path));
	cr_assert_eq(try_to_lead(&missing), -ENOENT);
	scene_close(&scene);
}

Test(leadership, a_folder_that_is_a_file_is_an_error)
{
	char file[TEMP_DIR_MAX + 8];
	struct scene scene, wrong;

	scene_open(&scene);
	wrong = scene;
	snprintf(file, sizeof(file), "%s/f", scene.folder);
	touch(file);
	cr_assert_lt(snprintf(wrong.path, sizeof(wrong.path), "%s/f/s", scene.folder),
		     (int)sizeof(wrong.path));
	cr_assert_eq(try_to_lead(&wrong), -ENOTDIR);
	cr_assert_eq(unlink(file), 0);
	scene_close(&scene);
}

Test(leadership, a_folder_that_cannot_be_written_is_an_error)
{
	struct scene scene;
	struct child child;

	if (geteuid())
		cr_skip_test("only root can become another user");
	scene_open_for(&scene, 0);
	program_start(&child, "member", "primary", &scene, "uid=65534", NULL);
	member_expect(&child, "failed");
	cr_assert_eq(number_after(&child, "failed"), -EACCES, "%s", child.line);
	child_end(&child);
	scene_close(&scene);
}

Test(leadership, a_path_of_107_bytes_works_and_one_of_108_is_too_long)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	char path[SOCKET_PATH_MAX + 2];
	struct scene scene;
	struct cohort *c;
	size_t length;

	scene_open(&scene);
	length = strlen(scene.folder);
	memcpy(path, scene.folder, length);
	path[length] = '/';
	memset(path + length + 1, 'x', sizeof(path) - length - 2);
	path[SOCKET_PATH_MAX + 1] = '\0';
	config.role = COHORT_ROLE_PRIMARY;
	cr_assert_eq(cohort_open(&c, path, &config), -ENAMETOOLONG);
	path[SOCKET_PATH_MAX] = '\0';
	cr_assert_eq(cohort_open(&c, path, &config), 0);
	cr_assert_eq(cohort_close(c), 0);
	scene_close(&scene);
}

Test(leadership, a_secondary_that_is_first_and_may_not_wait_fails_at_once)
{
	struct scene scene;
	struct child child;

	scene_open(&scene);
	program_start(&child, "member", "secondary", &scene, "open=0", NULL);
	member_expect(&child, "failed");
	cr_assert_eq(number_after(&child, "failed"), -ENOENT, "%s", child.line);
	child_end(&child);
	scene_close(&scene);
}

Test(leadership, a_secondary_that_is_first_waits_for_the_primary)
{
	struct scene scene;
	struct child primary, secondary;

	scene_open(&scene);
	program_start(&secondary, "member", "secondary", &scene, "open=60000", NULL);
	member_expect(&secondary, "opening");
	member_open(&primary, "primary", &scene, NULL);
	member_expect(&secondary, "open ");
	member_do(&secondary, "request 0 0", "request primary echo 10000 0 - x");
	member_close(&secondary);
	member_close(&primary);
	scene_close(&scene);
}

Test(leadership, a_secondary_stops_waiting_when_its_time_is_over)
{
	struct scene scene;
	struct host host;
	int64_t began = now_ns();

	scene_open(&scene);
	host_init(&host, COHORT_ROLE_SECONDARY);
	host.config.open_timeout = COHORT_MS(200);
	cr_assert_eq(cohort_open(&host.c, scene.path, &host.config), -ENOENT);
	cr_assert_geq(now_ns() - began, COHORT_MS(200));
	cr_assert_lt(now_ns() - began, COHORT_SECONDS(5));
	cr_assert_null(host.c);
	host_close(&host); /* of no handle: 0 */
	scene_close(&scene);
}

Test(leadership, a_socket_that_nobody_serves_is_a_refused_connection)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct host host;
	struct scene scene;
	int fd;

	scene_open(&scene);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	cr_assert_geq(fd, 0);
	strcpy(address.sun_path, scene.path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	host_init(&host, COHORT_ROLE_SECONDARY);
	cr_assert_eq(cohort_open(&host.c, scene.path, &host.config), -ECONNREFUSED);
	host_close(&host);
	cr_assert_eq(unlink(scene.path), 0);
	scene_close(&scene);
}

Test(leadership, of_sixteen_processes_that_start_at_once_exactly_one_leads)
{
	struct child child[AUTOS];
	struct scene scene;
	int leader = -1, leaders = 0;

	scene_open(&scene);
	for (int i = 0; i < AUTOS; i++)
		program_start(&child[i], "member", "auto", &scene, "open=60000", NULL);
	for (int i = 0; i < AUTOS; i++) {
		member_expect(&child[i], "open ");
		if (strstr(child[i].line, "primary"))
			leader = i, leaders++;
	}
	cr_assert_eq(leaders, 1, "%d lead", leaders);
	member_do(&child[leader], "wait 0", "wait sequence %d 20000", AUTOS - 1);
	member_do(&child[leader], "broadcast 0 1500 0", "broadcast 100 10000");
	for (int i = 0; i < AUTOS; i++) {
		if (i == leader)
			continue;
		member_await_sequence(&child[i], 100);
		member_close(&child[i]);
	}
	member_close(&child[leader]);
	scene_close(&scene);
}
