/*
 * The census reads /proc. Children are found by the parent's number in every /proc/PID/stat: the
 * kernel's own list, /proc/PID/task/TID/children, is optional and documented to miss some while
 * others exit.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support/support.h"

#define PROC_PATH_MAX (NAME_MAX + 32)
#define SETTLE_STEP_NS 2000000
#define THREAD_EXITING 0x4

__attribute__((format(printf, 3, 4))) static void append(char *text, size_t size,
							 const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
}

/*
 * Calls `visit` for each entry of a folder but "." and "..". Returns how many it took, or a
 * negative errno.
 */
static int folder_walk(const char *path, bool (*visit)(DIR *, const char *, void *), void *arg)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	int taken = 0;

	if (!folder)
		return -errno;
	while ((entry = readdir(folder))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		taken += visit(folder, entry->d_name, arg);
	}
	closedir(folder);
	return taken;
}

static bool visit_any(DIR *folder, const char *name, void *arg)
{
	(void)folder;
	(void)name;
	(void)arg;
	return true;
}

/* Takes a descriptor, and notes what it is, unless it is the one that this very listing costs. */
static bool visit_descriptor(DIR *folder, const char *name, void *arg)
{
	struct census *census = arg;
	char target[PATH_MAX];
	ssize_t length;

	if (census->pid == getpid() && atoi(name) == dirfd(folder))
		return false;
	length = readlinkat(dirfd(folder), name, target, sizeof(target));
	append(census->names, sizeof(census->names), "%s %.*s\n", name,
	       length > 0 ? (int)length : 0, target);
	return true;
}

/*
 * Field `number` of a stat file in /proc, counted as proc(5) does, from the third on: they follow
 * the name, which is in parentheses and may hold any byte. -1: there is no such process or thread,
 * any more.
 */
static long stat_field(const char *path, int number)
{
	char text[512];
	const char *at;
	size_t length;
	FILE *file = fopen(path, "re");

	if (!file)
		return -1;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	at = strrchr(text, ')');
	for (int i = 2; at && i < number; i++)
		at = strchr(at + 1, ' ');
	return at ? strtol(at + 1, NULL, 10) : -1;
}

static bool visit_child(DIR *folder, const char *name, void *arg)
{
	const struct census *census = arg;
	char path[PROC_PATH_MAX];

	(void)folder;
	snprintf(path, sizeof(path), "/proc/%s/stat", name);
	return isdigit((unsigned char)name[0]) && stat_field(path, 4) == census->pid;
}

/*
 * A thread that pthread_join() has returned for stays in the list until the kernel has done with
 * it, but is marked as on its way out (PF_EXITING of linux/sched.h) before the join can return.
 */
static bool visit_thread(DIR *folder, const char *name, void *arg)
{
	const struct census *census = arg;
	char path[2 * PROC_PATH_MAX];
	long flags;

	(void)folder;
	snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", census->pid, name);
	flags = stat_field(path, 9);
	return flags >= 0 && !(flags & THREAD_EXITING);
}

static int count_mappings(const char *path)
{
	char line[PATH_MAX];
	FILE *file = fopen(path, "re");
	int count = 0;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file))
		count += strstr(line, "/memfd:") != NULL;
	fclose(file);
	return count;
}

/* Stores a count; a process that is gone has no folder in /proc. */
static int keep(unsigned *where, int count)
{
	if (count < 0)
		return count == -ENOENT ? -ESRCH : count;
	*where = (unsigned)count;
	return 0;
}

static int take_process(struct census *census)
{
	char path[PROC_PATH_MAX];
	int error;

	snprintf(path, sizeof(path), "/proc/%d/fd", census->pid);
	error = keep(&census->descriptors, folder_walk(path, visit_descriptor, census));
	if (error)
		return error;
	snprintf(path, sizeof(path), "/proc/%d/task", census->pid);
	error = keep(&census->threads, folder_walk(path, visit_thread, census));
	if (error)
		return error;
	snprintf(path, sizeof(path), "/proc/%d/maps", census->pid);
	error = keep(&census->mappings, count_mappings(path));
	if (error)
		return error;
	return keep(&census->children, folder_walk("/proc", visit_child, census));
}

int census_take(struct census *census, pid_t pid, const char *folder)
{
	struct census taken = { .pid = pid ? pid : getpid() };
	int error;

	snprintf(taken.folder, sizeof(taken.folder), "%s", folder ? folder : "");
	error = take_process(&taken);
	if (!error && folder)
		error = keep(&taken.files, folder_walk(folder, visit_any, NULL));
	if (!error)
		*census = taken;
	return error;
}

/* The lines of `after` that are not among those of `before`. */
static void append_new_names(const char *before, const char *after, char *why, size_t size)
{
	char line[PATH_MAX];
	const char *end;

	for (; (end = strchr(after, '\n')); after = end + 1) {
		snprintf(line, sizeof(line), "%.*s", (int)(end + 1 - after), after);
		if (!strstr(before, line))
			append(why, size, "  new: %s", line);
	}
}

static bool same(const char *what, unsigned before, unsigned after, char *why, size_t size)
{
	if (before != after)
		append(why, size, "%s: %u before, %u after\n", what, before, after);
	return before == after;
}

bool census_equal(const struct census *before, const struct census *after, char *why, size_t size)
{
	bool equal = true;

	why[0] = '\0';
	equal &= same("threads", before->threads, after->threads, why, size);
	equal &= same("children", before->children, after->children, why, size);
	equal &= same("mappings of memfds", before->mappings, after->mappings, why, size);
	equal &= same("files", before->files, after->files, why, size);
	if (!same("descriptors", before->descriptors, after->descriptors, why, size)) {
		append_new_names(before->names, after->names, why, size);
		equal = false;
	}
	return equal;
}

bool census_settle(const struct census *before, char *why, size_t size)
{
	const struct timespec step = { .tv_nsec = SETTLE_STEP_NS };
	int64_t deadline = now_ns() + (int64_t)PATIENCE_MS * 1000000;
	struct census after;
	int error;

	for (;;) {
		error = census_take(&after, before->pid, before->folder[0] ? before->folder : NULL);
		if (!error && census_equal(before, &after, why, size))
			return true;
		if (error)
			snprintf(why, size, "no census: %s\n", strerror(-error));
		if (now_ns() >= deadline)
			return false;
		nanosleep(&step, NULL);
	}
}
