/*
 * Opening by name: what may lie at the path, what is in the way, and who comes first.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/un.h>

#include "api/verbs.h"

TestSuite(open, .timeout = 120);

static int open_at(struct side *side, const char *path)
{
	return cohort_open(&side->c, path, &side->config);
}

Test(open, second_primary_is_refused_and_the_first_does_not_notice)
{
	struct stage *s = stage_open(1);
	struct cohort *second = NULL;

	for (int i = 0; i < 10; i++)
		EXPECT(-EADDRINUSE, cohort_open(&second, s->path, &s->primary.config));
	cr_assert_null(second);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	cr_assert_eq(side_open(&s->secondary[1]), 0);
	cr_assert_eq(journal_count(&s->secondary[0].journal, LEFT), 0);
	stage_close(s);
}

Test(open, second_primary_is_refused_however_its_path_is_written)
{
	struct stage *s = stage_open(0);
	struct cohort *second = NULL;
	char path[TEMP_DIR_MAX + 8];

	snprintf(path, sizeof(path), "%s/./s", s->folder);
	EXPECT(-EADDRINUSE, cohort_open(&second, path, &s->primary.config));
	cr_assert_null(second);
	stage_close(s);
}

/* A socket file that nobody listens on any more. */
static void leave_socket(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(name.sun_path, path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	close(fd);
}

static void leave_file(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	cr_assert_geq(fd, 0);
	close(fd);
}

Test(open, stale_socket_and_lock_are_replaced)
{
	struct stage *s = stage_new();
	char lock[TEMP_DIR_MAX + 8];

	snprintf(lock, sizeof(lock), "%s.lock", s->path);
	leave_socket(s->path);
	leave_file(lock);
	s->secondary[0].config.open_timeout = 0;
	EXPECT(-ECONNREFUSED, side_open(&s->secondary[0]));
	s->secondary[0].config.open_timeout = PATIENCE;
	stage_start(s, 1);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	stage_close(s);
}

/* A path of exactly this length. */
static const char *path_of(const struct stage *s, size_t length)
{
	static char path[200];
	size_t begin = (size_t)snprintf(path, sizeof(path), "%s/", s->folder);

	memset(path + begin, 'p', length - begin);
	path[length] = '\0';
	return path;
}

Test(open, path_of_107_bytes_works_and_one_of_108_does_not)
{
	struct stage *s = stage_new();

	EXPECT(-ENAMETOOLONG, open_at(&s->primary, path_of(s, 108)));
	EXPECT(-ENAMETOOLONG, open_at(&s->secondary[0], path_of(s, 108)));
	EXPECT(0, open_at(&s->primary, path_of(s, 107)));
	EXPECT(0, open_at(&s->secondary[0], path_of(s, 107)));
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	stage_close(s);
}

static void expect_path_errors(struct stage *s, struct side *side)
{
	char path[TEMP_DIR_MAX + 32];

	snprintf(path, sizeof(path), "%s/missing/s", s->folder);
	EXPECT(-ENOENT, open_at(side, path));
	snprintf(path, sizeof(path), "%s/file/s", s->folder);
	EXPECT(-ENOTDIR, open_at(side, path));
	snprintf(path, sizeof(path), "%s/loop/s", s->folder);
	EXPECT(-ELOOP, open_at(side, path));
	cr_assert_null(side->c);
}

Test(open, path_that_leads_nowhere_is_an_error)
{
	struct stage *s = stage_new();
	char file[TEMP_DIR_MAX + 32], loop[TEMP_DIR_MAX + 32];

	snprintf(file, sizeof(file), "%s/file", s->folder);
	snprintf(loop, sizeof(loop), "%s/loop", s->folder);
	leave_file(file);
	cr_assert_eq(symlink("loop", loop), 0);
	s->secondary[0].config.open_timeout = 0;
	expect_path_errors(s, &s->primary);
	expect_path_errors(s, &s->secondary[0]);
	cr_assert_eq(unlink(file), 0);
	cr_assert_eq(unlink(loop), 0);
	stage_close(s);
}

Test(open, lock_that_is_a_symbolic_link_is_not_followed)
{
	struct stage *s = stage_new();
	char lock[TEMP_DIR_MAX + 8], target[TEMP_DIR_MAX + 8];

	snprintf(lock, sizeof(lock), "%s.lock", s->path);
	snprintf(target, sizeof(target), "%s/target", s->folder);
	cr_assert_eq(symlink(target, lock), 0);
	EXPECT(-ELOOP, side_open(&s->primary));
	cr_assert_neq(access(target, F_OK), 0);
	cr_assert_eq(unlink(lock), 0);
	stage_close(s);
}

Test(open, folder_may_be_reached_through_a_symbolic_link)
{
	struct stage *s = stage_new();
	char link[TEMP_DIR_MAX + 8], path[TEMP_DIR_MAX + 16];

	snprintf(link, sizeof(link), "%s/link", s->folder);
	snprintf(path, sizeof(path), "%s/s", link);
	cr_assert_eq(symlink(".", link), 0);
	cr_assert_eq(open_at(&s->primary, path), 0);
	cr_assert_eq(side_open(&s->secondary[0]), 0);
	EXPECT(0, open_at(&s->secondary[1], path));
	side_close(&s->secondary[1]);
	side_close(&s->secondary[0]);
	side_close(&s->primary);
	cr_assert_eq(unlink(link), 0);
	stage_close(s);
}

Test(open, name_without_a_slash_lies_in_the_runtime_folder)
{
	struct stage *s = stage_new();
	char path[TEMP_DIR_MAX + 16];

	cr_assert_eq(setenv("XDG_RUNTIME_DIR", "/nowhere", 1), 0);
	cr_assert_eq(setenv("RUNTIME_DIRECTORY", s->folder, 1), 0);
	snprintf(path, sizeof(path), "%s/camera.sock", s->folder);
	cr_assert_eq(open_at(&s->primary, "camera"), 0);
	cr_assert_eq(open_at(&s->secondary[0], "camera"), 0);
	cr_assert_eq(open_at(&s->secondary[1], path), 0);
	cr_assert_eq(unsetenv("RUNTIME_DIRECTORY"), 0);
	cr_assert_eq(setenv("XDG_RUNTIME_DIR", s->folder, 1), 0);
	cr_assert_eq(open_at(&s->secondary[2], "camera"), 0);
	INVALID(open_at(&s->secondary[3], "cam era"));
	INVALID(open_at(&s->secondary[3], "."));
	stage_close(s);
}

Test(open, socket_has_the_mode_that_was_asked_for)
{
	struct stage *s = stage_open(0);
	struct stat st;

	cr_assert_eq(stat(s->path, &st), 0);
	cr_assert_eq(st.st_mode, S_IFSOCK | 0600);
	side_close(&s->primary);
	s->primary.config.mode = 0660;
	cr_assert_eq(side_open(&s->primary), 0);
	cr_assert_eq(stat(s->path, &st), 0);
	cr_assert_eq(st.st_mode, S_IFSOCK | 0660);
	stage_close(s);
}

Test(open, secondary_without_time_fails_when_nobody_is_there)
{
	struct stage *s = stage_new();

	s->secondary[0].config.open_timeout = 0;
	EXPECT(-ENOENT, side_open(&s->secondary[0]));
	s->secondary[0].config.open_timeout = COHORT_MS(50);
	EXPECT(-ENOENT, side_open(&s->secondary[0]));
	cr_assert_null(s->secondary[0].c);
	stage_close(s);
}

static void *open_secondary(void *arg)
{
	struct side *side = arg;
	int err = side_open(side);

	journal_write(&side->journal, (struct entry){ .deed = DONE, .detail = err });
	return NULL;
}

Test(open, secondary_with_time_waits_for_its_primary)
{
	struct stage *s = stage_new();
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		threads[i] = thread_start(open_secondary, &s->secondary[i]);
	cr_assert_eq(side_open(&s->primary), 0);
	for (size_t i = 0; i < 4; i++) {
		thread_join(threads[i]);
		cr_assert_eq(journal_entry(&s->secondary[i].journal, DONE, 0).detail, 0);
		cr_assert_eq(ask(&s->secondary[i], COHORT_PRIMARY, "echo", 1), 0);
	}
	stage_close(s);
}

Test(open, more_than_max_peers_are_refused_until_one_leaves)
{
	struct stage *s = stage_new();

	s->primary.config.max_peers = 2;
	stage_start(s, 2);
	s->secondary[2].config.open_timeout = 0;
	EXPECT(-EUSERS, side_open(&s->secondary[2]));
	cr_assert_eq(stats_of(&s->primary, COHORT_ALL).refused_peers, 1);
	side_close(&s->secondary[0]);
	cr_assert(journal_await(&s->primary.journal, LEFT, 1));
	/* Its place is free when its callback has returned: then the thread serves another. */
	cr_assert_eq(ask(&s->secondary[1], COHORT_PRIMARY, "note", 1), 0);
	s->secondary[2].config.open_timeout = PATIENCE;
	EXPECT(0, side_open(&s->secondary[2]));
	stage_close(s);
}

Test(open, that_fails_leaves_nothing_behind)
{
	struct stage *s = stage_new();

	EXPECT(0, side_open(&s->primary));
	for (int i = 0; i < 50; i++) {
		struct cohort *c = NULL;

		EXPECT(-EADDRINUSE, cohort_open(&c, s->path, &s->primary.config));
	}
	side_close(&s->primary);
	stage_close(s);
}

static void is_untouched(const char *path)
{
	char text[16] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(read(fd, text, sizeof(text) - 1), 8);
	cr_assert_str_eq(text, "precious");
	close(fd);
}

Test(open, of_a_primary_does_not_touch_what_is_no_socket)
{
	struct stage *s = stage_new();
	int fd = open(s->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	cr_assert_eq(write(fd, "precious", 8), 8);
	close(fd);
	cr_assert_eq(side_open(&s->primary), -ENOTSOCK);
	is_untouched(s->path);
	s->primary.config.role = COHORT_ROLE_AUTO;
	cr_assert_eq(side_open(&s->primary), -ENOTSOCK);
	is_untouched(s->path);
	cr_assert_eq(unlink(s->path), 0);
	stage_close(s);
}
