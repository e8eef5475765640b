/*
 * leader: who may be primary at a path. Exactly one holder for each path, among processes and
 * within this one.
 *
 * Only the holder may unlink and bind the socket at the path.
 */
#ifndef COHORT_IO_LEADER_H
#define COHORT_IO_LEADER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * An entry of the process-wide table while it is held: must not move or be copied between take
 * and release. All fields are guarded by the table's lock.
 */
struct leader {
	struct leader *next;
	int fd;	       /* of the lock file, -1 when nothing is held */
	int folder_fd; /* where the lock file lies, whatever is renamed meanwhile */
	dev_t folder_dev;
	ino_t folder_ino;
	char name[NAME_MAX + 1]; /* the socket's file name in the folder */
};

#define LEADER_NONE ((struct leader){ .fd = -1, .folder_fd = -1 })

/*
 * 0: held until leader_release(), or until the process ends.
 * -EADDRINUSE: another process holds it, or another leader of this process does. Nothing was
 * touched.
 * -ENOENT, -ENOTDIR, -EACCES, -EROFS: the folder is missing, none, or not writable. -ELOOP: the
 * lock file is a symbolic link.
 * -EPERM: the lock file is somebody else's, or no regular file. -ENAMETOOLONG, -EINVAL: the path
 * names no file.
 * -EAGAIN: others came and went so fast that no attempt succeeded. -ECHILD: this is a forked
 * child.
 */
int leader_take(struct leader *leader, const char *path);

/*
 * Unlinks the lock file, then gives the lock up; nothing happens if none is held. In a forked
 * child it only forgets: the lock is the parent's, and the child's copies of the descriptors were
 * closed when it was forked.
 */
void leader_release(struct leader *leader);

/* Whether a leader of this process holds the path, however it is spelt. Never in a forked child. */
bool leader_held_here(const char *path);

#endif
