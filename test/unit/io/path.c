/*
 * Where names lead.
 */
#include "io/path.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char out[SOCK_PATH_SIZE];

/* A user that nobody else is, not even another run of this test: its folder in /tmp is ours to play with. */
static uid_t nobody_else;
static char folder[64];

static void setup(void)
{
	nobody_else = 54329 + (uid_t)getpid() % 10000;
	snprintf(folder, sizeof(folder), "/tmp/cohort-%u", (unsigned)nobody_else);
	if (geteuid() == 0)
		rmdir(folder); /* of one that did not come to its end */
	unsetenv("RUNTIME_DIRECTORY");
	unsetenv("XDG_RUNTIME_DIR");
	strcpy(out, "untouched");
}

static void assert_path(const char *name, const char *expected)
{
	cr_assert_eq(path_resolve(name, out), 0);
	cr_assert_str_eq(out, expected);
}

static void assert_error(const char *name, int err)
{
	cr_assert_eq(path_resolve(name, out), err, "%s", name);
	cr_assert_str_eq(out, "untouched");
}

Test(path, a_name_with_a_slash_is_a_path, .init = setup)
{
	assert_path("/a/b c", "/a/b c");
}

/* Where the process is later makes no difference. */
Test(path, a_relative_path_becomes_absolute, .init = setup)
{
	char longest[SOCK_PATH_SIZE];

	cr_assert_eq(chdir("/tmp"), 0);
	assert_path("./x", "/tmp/./x");
	assert_path("a/b", "/tmp/a/b");
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "./", 2);
	longest[SOCK_PATH_SIZE - sizeof("/tmp/")] = '\0';
	cr_assert_eq(path_resolve(longest, out), 0);
	cr_assert_eq(strlen(out), SOCK_PATH_SIZE - 1);
	strcpy(out, "untouched");
	longest[SOCK_PATH_SIZE - sizeof("/tmp/")] = 'x';
	longest[SOCK_PATH_SIZE - sizeof("/tmp")] = '\0';
	assert_error(longest, -ENAMETOOLONG);
}

Test(path, the_environment_decides_in_order, .init = setup)
{
	setenv("XDG_RUNTIME_DIR", "/xdg", 1);
	assert_path("name", "/xdg/name.sock");
	setenv("RUNTIME_DIRECTORY", "/run/one:/run/two", 1);
	assert_path("name", "/run/one/name.sock");
	setenv("RUNTIME_DIRECTORY", "", 1);
	assert_path("name", "/xdg/name.sock");
}

Test(path, a_variable_that_is_no_absolute_path_is_reported, .init = setup)
{
	setenv("XDG_RUNTIME_DIR", "relative", 1);
	assert_error("name", -EINVAL);
	setenv("RUNTIME_DIRECTORY", ":/run", 1);
	assert_error("name", -EINVAL);
}

Test(path, names_are_checked, .init = setup)
{
	char name[PATH_NAME_MAX + 2];

	setenv("XDG_RUNTIME_DIR", "/x", 1);
	assert_error("", -EINVAL);
	assert_error(".", -EINVAL);
	assert_error("..", -EINVAL);
	assert_error("a b", -EINVAL);
	assert_error("a\n", -EINVAL);
	assert_error("\177", -EINVAL);
	assert_error("\303\244", -EINVAL);
	memset(name, 'n', sizeof(name));
	name[64] = '\0';
	assert_error(name, -ENAMETOOLONG);
	name[63] = '\0';
	cr_assert_eq(path_resolve(name, out), 0);
	assert_path("...", "/x/....sock");
	assert_path("~!", "/x/~!.sock");
}

Test(path, paths_of_107_bytes_fit_and_108_do_not, .init = setup)
{
	char longest[109];

	memset(longest, 'x', 108);
	longest[0] = '/';
	longest[108] = '\0';
	assert_error(longest, -ENAMETOOLONG);
	setenv("XDG_RUNTIME_DIR", longest, 1);
	assert_error("n", -ENAMETOOLONG);
	longest[107] = '\0';
	assert_path(longest, longest);
	longest[100] = '\0';
	setenv("XDG_RUNTIME_DIR", longest, 1);
	cr_assert_eq(path_resolve("n", out), 0);
	cr_assert_eq(strlen(out), 107);
	strcpy(out, "untouched");
	assert_error("nn", -ENAMETOOLONG);
}

Test(path, root_without_an_environment_uses_run, .init = setup)
{
	if (geteuid() == 0)
		assert_path("name", "/run/name.sock");
}

/* Becomes a user of its own where that is possible; else there is nothing to play with. */
static bool become_nobody_else(void)
{
	if (geteuid() != 0)
		return false;
	cr_assert_eq(setresuid(nobody_else, nobody_else, 0), 0);
	cr_assert_neq(access(folder, F_OK), 0);
	return true;
}

static void become_root(void)
{
	cr_assert_eq(setresuid(0, 0, 0), 0);
}

Test(path, a_user_gets_a_private_folder_in_tmp, .init = setup)
{
	struct stat st;
	char expected[128];

	if (!become_nobody_else())
		return;
	snprintf(expected, sizeof(expected), "%s/name.sock", folder);
	assert_path("name", expected);
	cr_assert_eq(lstat(folder, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0700);
	assert_path("name", expected);
	rmdir(folder);
	become_root();
}

Test(path, a_folder_in_tmp_that_is_not_private_is_refused, .init = setup)
{
	if (!become_nobody_else())
		return;
	cr_assert_eq(symlink("/tmp", folder), 0);
	assert_error("name", -ELOOP);
	unlink(folder);
	cr_assert_eq(mkfifo(folder, 0600), 0);
	assert_error("name", -ENOTDIR);
	unlink(folder);
	cr_assert_eq(mkdir(folder, 0700), 0);
	cr_assert_eq(chmod(folder, 0710), 0);
	assert_error("name", -EPERM);
	rmdir(folder);
	become_root();
}

Test(path, a_folder_in_tmp_of_somebody_else_is_refused, .init = setup)
{
	if (geteuid() != 0)
		return;
	cr_assert_eq(mkdir(folder, 0700), 0);
	cr_assert_eq(setresuid(nobody_else, nobody_else, 0), 0);
	assert_error("name", -EPERM);
	become_root();
	rmdir(folder);
}

Test(path, split_finds_folder_and_name, .init = setup)
{
	static const char *const cases[][3] = {
		{ "/a/b/c", "/a/b", "c" }, { "c", ".", "c" },	{ "/c", "/", "c" },
		{ "a/c", "a", "c" },	   { "./c", ".", "c" }, { "a//c", "a/", "c" },
	};
	char dir[PATH_MAX];
	char name[NAME_MAX + 1];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cr_assert_eq(path_split(cases[i][0], dir, name), 0);
		cr_assert_str_eq(dir, cases[i][1]);
		cr_assert_str_eq(name, cases[i][2]);
	}
	cr_assert_eq(path_split("a/", dir, name), -EINVAL);
	cr_assert_eq(path_split("", dir, name), -EINVAL);
	cr_assert_eq(path_split("a/..", dir, name), -EINVAL);
}
