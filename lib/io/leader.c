/*
 * How leadership is decided.
 *
 * Between processes: a POSIX write lock (F_SETLK) on `<path>.lock`. Not flock() and not an
 * open-file-description lock: those belong to the open file, which a forked child shares, so a
 * primary killed while its child lives on would still seem to lead. A POSIX lock belongs to the
 * process and is never inherited.
 *
 * Within a process: a table, because the same process gets a POSIX lock as often as it asks. It
 * must be looked at *before* the lock file is opened: when a process closes any descriptor of a
 * file, all its locks on that file are gone. The key is the folder's device and inode and the
 * name in it, so that "./a", "/run/a" and a bind mount's path are the same leader.
 *
 * The lock file is unlinked at release, while locked. So who opened it just before may lock a
 * file that is in no folder any more, next to somebody who has made a new one. Hence after
 * locking, the descriptor and the folder's entry must be the same file, else start over.
 *
 * Releasing takes the lock again first. That changes nothing for the holder, and it fails for who
 * lost the lock (the host process can do that by closing a descriptor of its own for the same
 * file) to another process, whose file must not be unlinked.
 *
 * The lock file is opened relative to a descriptor of the folder, so that folder and key are the
 * same thing, whatever is renamed.
 */
#include "io/leader.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/fork.h"
#include "base/lock.h"
#include "io/path.h"

#define LEADER_SUFFIX ".lock"

/* How often others may take and release the path while we try. */
#define LEADER_TRIES 100

/*
 * Guards the table and every leader in it. Held for the whole of a take: two threads of this
 * process must not open the same lock file.
 */
static struct lock leader_lock = { .mutex = PTHREAD_MUTEX_INITIALIZER, .rank = LOCK_GLOBAL };
static struct leader *leader_table;

static void lock_name(const struct leader *leader, char out[NAME_MAX + 1])
{
	int length = (int)(NAME_MAX - strlen(LEADER_SUFFIX));

	snprintf(out, NAME_MAX + 1, "%.*s" LEADER_SUFFIX, length, leader->name);
}

/* Makes a leader that holds nothing yet but knows its key. */
static int leader_open_folder(struct leader *leader, const char *path)
{
	char folder[PATH_MAX];
	struct stat st;
	int err = path_split(path, folder, leader->name);

	if (err < 0)
		return err;
	if (strlen(leader->name) + strlen(LEADER_SUFFIX) > NAME_MAX)
		return -ENAMETOOLONG;
	leader->folder_fd = fd_own(open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (leader->folder_fd < 0 || fstat(leader->folder_fd, &st) < 0)
		return -errno;
	leader->folder_dev = st.st_dev;
	leader->folder_ino = st.st_ino;
	return 0;
}

static void leader_close(struct leader *leader)
{
	fd_close(&leader->fd);
	fd_close(&leader->folder_fd);
}

static bool table_has_locked(dev_t dev, ino_t ino, const char *name)
{
	for (const struct leader *l = leader_table; l; l = l->next)
		if (l->folder_dev == dev && l->folder_ino == ino && strcmp(l->name, name) == 0)
			return true;
	return false;
}

static void table_add_locked(struct leader *leader)
{
	leader->next = leader_table;
	leader_table = leader;
}

static void table_remove_locked(const struct leader *leader)
{
	struct leader **link = &leader_table;

	while (*link && *link != leader)
		link = &(*link)->next;
	if (*link)
		*link = leader->next;
}

/*
 * open() says EACCES both for a folder that we may not write and for a file that is not ours;
 * tell them apart.
 */
static int open_error(const struct leader *leader, const char *name, int e)
{
	struct stat st;

	if (e == ENXIO || e == EISDIR)
		return -EPERM;
	if (e != EACCES || fstatat(leader->folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -e;
	return st.st_uid != geteuid() ? -EPERM : -EACCES;
}

/* O_NONBLOCK: whatever else lies there must not keep us waiting. */
static int lock_file_open(struct leader *leader, const char *name)
{
	int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	struct stat st;

	leader->fd = fd_own(openat(leader->folder_fd, name, flags, 0600));
	if (leader->fd < 0)
		return open_error(leader, name, errno);
	if (fstat(leader->fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) && st.st_uid == geteuid() ? 0 : -EPERM;
}

static int lock_file_lock(const struct leader *leader)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(leader->fd, F_SETLK, &whole) == 0)
		return 0;
	if (errno == EACCES || errno == EAGAIN)
		return -EADDRINUSE;
	return errno == ENOLCK ? -ENOMEM : -errno;
}

/* Whether what is locked is what others will find. */
static bool lock_file_is_current(const struct leader *leader, const char *name)
{
	struct stat ours;
	struct stat theirs;

	if (fstat(leader->fd, &ours) < 0 ||
	    fstatat(leader->folder_fd, name, &theirs, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

/* 0, -EAGAIN when the file was unlinked meanwhile, or another error. */
static int lock_file_try(struct leader *leader, const char *name)
{
	int err = lock_file_open(leader, name);

	if (err == 0)
		err = lock_file_lock(leader);
	if (err == 0 && !lock_file_is_current(leader, name))
		err = -EAGAIN;
	if (err < 0)
		fd_close(&leader->fd);
	return err;
}

static int lock_file_take(struct leader *leader)
{
	char name[NAME_MAX + 1];
	int err = -EAGAIN;

	lock_name(leader, name);
	for (int i = 0; i < LEADER_TRIES && err == -EAGAIN; i++)
		err = lock_file_try(leader, name);
	return err;
}

static int leader_take_locked(struct leader *leader)
{
	int err;

	if (table_has_locked(leader->folder_dev, leader->folder_ino, leader->name))
		return -EADDRINUSE;
	err = lock_file_take(leader);
	if (err == 0)
		table_add_locked(leader);
	return err;
}

int leader_take(struct leader *leader, const char *path)
{
	int err;

	*leader = LEADER_NONE;
	if (fork_is_child())
		return -ECHILD;
	err = leader_open_folder(leader, path);
	if (err == 0) {
		lock_take(&leader_lock);
		err = leader_take_locked(leader);
		lock_drop(&leader_lock);
	}
	if (err < 0)
		leader_close(leader);
	return err;
}

static void lock_file_remove(const struct leader *leader)
{
	char name[NAME_MAX + 1];

	lock_name(leader, name);
	if (lock_file_lock(leader) == 0 && lock_file_is_current(leader, name))
		unlinkat(leader->folder_fd, name, 0);
}

void leader_release(struct leader *leader)
{
	if (!leader || leader->fd < 0)
		return;
	if (fork_is_child()) {
		*leader = LEADER_NONE;
		return;
	}
	lock_take(&leader_lock);
	table_remove_locked(leader);
	lock_file_remove(leader);
	leader_close(leader);
	lock_drop(&leader_lock);
}

bool leader_held_here(const char *path)
{
	char folder[PATH_MAX];
	char name[NAME_MAX + 1];
	struct stat st;
	bool held;

	if (fork_is_child() || path_split(path, folder, name) < 0 || stat(folder, &st) < 0)
		return false;
	lock_take(&leader_lock);
	held = table_has_locked(st.st_dev, st.st_ino, name);
	lock_drop(&leader_lock);
	return held;
}
