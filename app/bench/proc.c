/*
 * proc.c: threads are the entries of task/, descriptors those of fd/. A memory file's size is the
 * furthest byte that any line of maps shows of its inode: rings are mapped twice in a row, so
 * adding the mappings up would count them twice.
 */
#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES_MAX 1024

extern char **environ;

static uint64_t switches_read(const char *tid)
{
	char path[300], line[128];
	uint64_t sum = 0, n;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", tid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "voluntary_ctxt_switches: %" SCNu64, &n) == 1 ||
		    sscanf(line, "nonvoluntary_ctxt_switches: %" SCNu64, &n) == 1)
			sum += n;
	fclose(file);
	return sum;
}

int proc_threads(struct proc_threads *out)
{
	struct proc_threads threads = { 0 };
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || atoi(entry->d_name) == gettid())
			continue;
		threads.count++;
		threads.switches += switches_read(entry->d_name);
	}
	closedir(dir);
	*out = threads;
	return 0;
}

int proc_fds(uint64_t *out)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	uint64_t count = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	*out = count - 1;
	return 0;
}

struct file {
	uint64_t inode;
	uint64_t end;
};

static int file_extend(struct file *files, size_t *count, uint64_t inode, uint64_t end)
{
	size_t i = 0;

	while (i < *count && files[i].inode != inode)
		i++;
	if (i == FILES_MAX)
		return -ENOSPC;
	if (i == *count) {
		(*count)++;
		files[i] = (struct file){ .inode = inode };
	}
	if (files[i].end < end)
		files[i].end = end;
	return 0;
}

int proc_memfd_bytes(uint64_t *out)
{
	static struct file files[FILES_MAX];
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	size_t count = 0;
	int r = 0;

	if (!maps)
		return -errno;
	while (r == 0 && fgets(line, sizeof(line), maps)) {
		uint64_t from, to, offset, inode;

		if (strstr(line, "/memfd:") &&
		    sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %" SCNu64, &from, &to,
			   &offset, &inode) == 4)
			r = file_extend(files, &count, inode, offset + (to - from));
	}
	fclose(maps);
	if (r < 0)
		return r;
	*out = 0;
	for (size_t i = 0; i < count; i++)
		*out += files[i].end;
	return 0;
}

static int strip(const char *from, const char *to)
{
	char *argv[] = { "strip", "-o", (char *)(size_t)to, (char *)(size_t)from, NULL };
	int status;
	pid_t pid;
	int r = posix_spawnp(&pid, "strip", NULL, NULL, argv, environ);

	if (r)
		return -r;
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ENOENT;
}

static int library_find(char *path, size_t size)
{
	static const char *const places[] = { "libcohort.so", "lib/libcohort.so", "../libcohort.so",
					      "../lib/libcohort.so" };
	char program[400];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (length < 0)
		return -errno;
	program[length] = '\0';
	dirname(program);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, size, "%s/%s", program, places[i]);
		if (access(path, R_OK) == 0)
			return 0;
	}
	return -ENOENT;
}

int proc_library_size(uint64_t *out)
{
	char library[512], stripped[] = "/tmp/cohort-bench-strip-XXXXXX";
	struct stat st;
	int r = library_find(library, sizeof(library));
	int fd;

	if (r < 0)
		return r;
	fd = mkostemp(stripped, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	r = strip(library, stripped);
	if (r == 0)
		r = stat(stripped, &st) ? -errno : 0;
	unlink(stripped);
	if (r == 0)
		*out = (uint64_t)st.st_size;
	return r;
}
