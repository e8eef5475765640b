/*
 * A channel by name is a socket NAME.sock with a lock file beside it, which other programs' sockets
 * in that folder do not have. Whether somebody serves it, connect() tells; the primary sees somebody
 * who came and said nothing.
 */
#include "engine/survey.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "io/path.h"
#include "io/sock.h"

#define ENDING ".sock"

static bool lies_in(DIR *folder, const char *name, const char *ending, mode_t type, struct stat *st)
{
	char file[NAME_MAX + 1];
	int n = snprintf(file, sizeof(file), "%s%s", name, ending);

	return n > 0 && (size_t)n < sizeof(file) &&
	       fstatat(dirfd(folder), file, st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (st->st_mode & S_IFMT) == type;
}

/* Without the ending; false: that is no channel. */
static bool channel_name(DIR *folder, const char *file, char name[PATH_NAME_MAX + 1], uid_t *owner)
{
	size_t length = strlen(file), ending = strlen(ENDING);
	struct stat socket, lock;

	if (length <= ending || length - ending > PATH_NAME_MAX ||
	    strcmp(file + length - ending, ENDING) != 0)
		return false;
	memcpy(name, file, length - ending);
	name[length - ending] = '\0';
	if (!lies_in(folder, file, "", S_IFSOCK, &socket) ||
	    !lies_in(folder, file, ".lock", S_IFREG, &lock))
		return false;
	*owner = socket.st_uid;
	return true;
}

static void ask_who(struct cohort_channel_info *channel)
{
	struct sock_identity who = SOCK_IDENTITY_NONE;
	int fd;

	if (sock_connect(channel->path, &fd))
		return;
	if (sock_identify(fd, &who) == 0) {
		channel->pid = who.pid;
		channel->uid = who.uid;
	}
	sock_identity_deinit(&who);
	fd_close(&fd);
}

static int survey_folder(DIR *folder, const char *path, struct cohort_channel_info *channels,
			 size_t capacity)
{
	char name[PATH_NAME_MAX + 1];
	struct dirent *entry;
	size_t count = 0;
	uid_t owner;

	while ((entry = readdir(folder))) {
		struct cohort_channel_info one = { .size = sizeof(one) };

		if (!channel_name(folder, entry->d_name, name, &owner))
			continue;
		snprintf(one.name, sizeof(one.name), "%s", name);
		if (snprintf(one.path, sizeof(one.path), "%s/%s", path, entry->d_name) >=
		    (int)sizeof(one.path))
			continue; /* cohort_open() could not have made it */
		one.uid = owner;
		if (count < capacity) {
			ask_who(&one);
			channels[count] = one;
		}
		count++;
	}
	return (int)count;
}

static int by_name(const void *a, const void *b)
{
	const struct cohort_channel_info *p = a, *q = b;

	return strcmp(p->name, q->name);
}

int survey_channels(struct cohort_channel_info *channels, size_t capacity)
{
	char path[SOCK_PATH_SIZE];
	DIR *folder;
	int n;

	if (capacity && (!channels || channels->size != sizeof(*channels)))
		return -EINVAL;
	n = path_folder(path);
	if (n)
		return n;
	folder = opendir(path);
	if (!folder)
		return errno == ENOENT ? 0 : -errno;
	n = survey_folder(folder, path, channels, capacity);
	closedir(folder);
	if (capacity)
		qsort(channels, (size_t)n < capacity ? (size_t)n : capacity, sizeof(*channels),
		      by_name);
	return n;
}
