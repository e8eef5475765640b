/*
 * Watching for a socket to appear.
 */
#include "io/watch.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[32];
static char path[64];
static char other[64];
static struct watch watch;

static void setup(void)
{
	strcpy(folder, "/tmp/cohort-wtch-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	cr_assert_eq(watch_init(&watch, path), 0);
}

static void teardown(void)
{
	watch_deinit(&watch);
	watch_deinit(NULL);
	unlink(path);
	unlink(other);
	rmdir(folder);
}

static void make(const char *file)
{
	close(open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
}

Test(watch, sees_its_own_name_and_no_other, .init = setup, .fini = teardown)
{
	cr_assert_not(watch_read(&watch));
	make(other);
	cr_assert_not(watch_read(&watch));
	make(path);
	cr_assert(watch_read(&watch));
	cr_assert_not(watch_read(&watch));
	cr_assert_not(watch.lost);
}

Test(watch, sees_a_rename_into_place_and_a_change_of_permissions, .init = setup, .fini = teardown)
{
	make(other);
	cr_assert_eq(rename(other, path), 0);
	cr_assert(watch_read(&watch));
	cr_assert_eq(chmod(path, 0666), 0);
	cr_assert(watch_read(&watch));
	unlink(path);
	cr_assert_not(watch.lost);
}

Test(watch, sees_its_folder_go, .init = setup, .fini = teardown)
{
	cr_assert_eq(rmdir(folder), 0);
	cr_assert(watch_read(&watch));
	cr_assert(watch.lost);
}

Test(watch, a_missing_folder_is_enoent, .init = setup, .fini = teardown)
{
	struct watch none;

	cr_assert_eq(watch_init(&none, "/tmp/cohort-none/s"), -ENOENT);
	cr_assert_eq(watch_fd(&none), -1);
	cr_assert_eq(watch_init(&none, ""), -EINVAL);
	watch_deinit(&none);
}

Test(watch, is_close_on_exec_and_nonblocking, .init = setup, .fini = teardown)
{
	cr_assert(fcntl(watch_fd(&watch), F_GETFD) & FD_CLOEXEC);
	cr_assert(fcntl(watch_fd(&watch), F_GETFL) & O_NONBLOCK);
}

/* How many events the kernel keeps for one who does not read them. */
static int queue_length(void)
{
	FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
	int length = 0;

	cr_assert_not_null(file);
	cr_assert_eq(fscanf(file, "%d", &length), 1);
	fclose(file);
	return length;
}

Test(watch, events_lost_by_the_kernel_count_as_ours, .init = setup, .fini = teardown)
{
	int events = queue_length() + 1000;
	char name[96];
	bool seen = false;

	if (events > 500000)
		cr_skip_test("the kernel keeps more events than this test makes");
	/* Two names by turns, because equal events in a row are merged. */
	for (int i = 0; i < events; i++) {
		snprintf(name, sizeof(name), "%s/o%d", folder, i & 1);
		make(name);
		unlink(name);
	}
	for (int i = 0; i < events && !seen; i++)
		seen = watch_read(&watch);
	cr_assert(seen);
	cr_assert_not(watch.lost);
}
