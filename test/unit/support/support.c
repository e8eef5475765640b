#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/support.h"

#define WHY_MAX 1024

static char why[WHY_MAX];
static struct census before;

static void spawn_shell(struct child *child, const char *script)
{
	char *const argv[] = { "sh", "-c", (char *)(uintptr_t)script, NULL };

	cr_assert_eq(child_spawn(child, "/bin/sh", argv), 0);
}

static void take_before(const char *folder)
{
	cr_assert_eq(census_take(&before, 0, folder), 0);
}

/* What a census of this process says now. */
static bool differs(const char *expected)
{
	struct census after;

	cr_assert_eq(census_take(&after, 0, before.folder[0] ? before.folder : NULL), 0);
	return !census_equal(&before, &after, why, sizeof(why)) && strstr(why, expected);
}

static bool settles(void)
{
	return census_settle(&before, why, sizeof(why));
}

Test(temp, a_folder_is_made_and_removed_with_what_is_in_it)
{
	char path[TEMP_DIR_MAX];
	char inner[TEMP_DIR_MAX + 16];
	struct stat status;

	cr_assert_eq(temp_dir_make(path), 0);
	snprintf(inner, sizeof(inner), "%s/inner", path);
	cr_expect_eq(mkdir(inner, 0700), 0);
	cr_expect_eq(temp_dir_remove(path), 0);
	cr_expect_eq(stat(path, &status), -1);
	cr_expect_eq(temp_dir_remove(path), -ENOENT);
}

Test(census, two_in_a_row_are_equal)
{
	take_before(NULL);
	cr_expect(settles(), "%s", why);
}

Test(census, a_new_descriptor_is_named)
{
	int fd;

	take_before(NULL);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	cr_expect(differs("/dev/null"), "%s", why);
	close(fd);
	cr_expect(settles(), "%s", why);
}

static void *wait_for_end(void *arg)
{
	event_wait_for(arg, 1, PATIENCE_MS);
	return NULL;
}

Test(census, a_thread_counts_until_it_has_ended)
{
	struct event end;
	pthread_t thread;

	event_init(&end);
	take_before(NULL);
	cr_assert_eq(pthread_create(&thread, NULL, wait_for_end, &end), 0);
	cr_expect(differs("threads"), "%s", why);
	event_signal(&end);
	pthread_join(thread, NULL);
	cr_expect(settles(), "%s", why);
	event_deinit(&end);
}

static void *return_at_once(void *arg)
{
	return arg;
}

/* The kernel lists a thread for a moment longer than pthread_join() waits: about once in a thousand. */
Test(census, a_thread_that_was_joined_does_not_count)
{
	pthread_t thread;

	take_before(NULL);
	for (int i = 0; i < 5000; i++) {
		cr_assert_eq(pthread_create(&thread, NULL, return_at_once, NULL), 0);
		pthread_join(thread, NULL);
		cr_assert(!differs("threads"), "%s", why);
	}
}

Test(census, a_child_counts_until_it_has_been_waited_for)
{
	struct child child;

	take_before(NULL);
	spawn_shell(&child, "exit 0");
	cr_expect(differs("children"), "%s", why);
	child_end(&child);
	cr_expect(settles(), "%s", why);
}

Test(census, a_mapped_memfd_counts_after_its_descriptor_is_closed)
{
	int fd = memfd_create("census", MFD_CLOEXEC);
	void *mapping;

	cr_assert_eq(ftruncate(fd, 4096), 0);
	take_before(NULL);
	mapping = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	cr_expect(differs("mappings"), "%s", why);
	munmap(mapping, 4096);
	cr_expect(settles(), "%s", why);
	close(fd);
}

Test(census, a_file_in_the_folder_counts)
{
	char path[TEMP_DIR_MAX];
	char file[TEMP_DIR_MAX + 16];

	cr_assert_eq(temp_dir_make(path), 0);
	take_before(path);
	snprintf(file, sizeof(file), "%s/file", path);
	close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	cr_expect(differs("files"), "%s", why);
	cr_expect_eq(temp_dir_remove(path), 0);
}

Test(census, another_process_can_be_counted)
{
	struct census other;
	struct child child;

	spawn_shell(&child, "echo ready; read line");
	cr_expect(child_expect(&child, "ready", PATIENCE_MS));
	cr_expect_eq(census_take(&other, child.pid, NULL), 0);
	cr_expect_eq(other.threads, 1);
	cr_expect(other.descriptors >= 2);
	child_end(&child);
}

Test(census, a_process_that_is_gone_is_esrch)
{
	struct child child;
	pid_t pid;

	spawn_shell(&child, "exit 0");
	pid = child.pid;
	child_end(&child);
	cr_expect_eq(census_take(&before, pid, NULL), -ESRCH);
}

Test(child, reads_and_answers_line_by_line)
{
	struct child child;

	spawn_shell(&child, "read line; echo noise; echo \"got $line\"; echo last");
	cr_expect(child_say(&child, "%s %d", "number", 7));
	cr_expect(child_expect(&child, "got ", PATIENCE_MS));
	cr_expect_str_eq(child.line, "got number 7");
	cr_expect(child_expect(&child, "", PATIENCE_MS));
	cr_expect_str_eq(child.line, "last");
	child_end(&child);
}

Test(child, expecting_what_does_not_come_ends_at_the_deadline_or_the_end_of_output)
{
	struct child child;

	spawn_shell(&child, "echo one; read line");
	cr_expect_not(child_expect(&child, "two", 10));
	child_hush(&child);
	cr_expect_not(child_expect(&child, "two", PATIENCE_MS));
	child_end(&child);
}

Test(child, output_is_readable_after_a_kill)
{
	struct child child;

	spawn_shell(&child, "echo early; read line");
	cr_expect(child_expect(&child, "early", PATIENCE_MS));
	cr_expect_eq(child_wait(&child, 0), -ETIMEDOUT);
	cr_expect_eq(child_kill(&child, SIGKILL), 0);
	cr_expect_eq(WTERMSIG(child_wait(&child, PATIENCE_MS)), SIGKILL);
	cr_expect_eq(WTERMSIG(child_wait(&child, PATIENCE_MS)), SIGKILL);
	cr_expect_not(child_say(&child, "anybody there?"));
	child_end(&child);
}

Test(child, an_exit_status_is_returned)
{
	struct child child;

	spawn_shell(&child, "exit 7");
	cr_expect_eq(WEXITSTATUS(child_wait(&child, PATIENCE_MS)), 7);
	child_end(&child);
	child_end(&child);
}

Test(child, a_program_that_does_not_exist_exits_with_127)
{
	struct child child;

	cr_assert_eq(child_spawn(&child, "/no/such/program", NULL), 0);
	cr_expect_eq(WEXITSTATUS(child_wait(&child, PATIENCE_MS)), 127);
	child_end(&child);
}

Test(child, nothing_is_left_of_one)
{
	struct child child;

	take_before(NULL);
	spawn_shell(&child, "read line");
	child_end(&child);
	cr_expect(settles(), "%s", why);
}

static void *signal_thrice(void *arg)
{
	for (int i = 0; i < 3; i++)
		event_signal(arg);
	return NULL;
}

Test(event, waits_for_the_nth_signal)
{
	struct event event;
	pthread_t thread;

	event_init(&event);
	cr_assert_eq(pthread_create(&thread, NULL, signal_thrice, &event), 0);
	cr_expect(event_wait_for(&event, 3, PATIENCE_MS));
	pthread_join(thread, NULL);
	cr_expect_eq(event_count(&event), 3);
	cr_expect_not(event_wait_for(&event, 4, 10));
	event_deinit(&event);
}
