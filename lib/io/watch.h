/*
 * watch: waits for a file to appear at a path, by inotify on the folder. A hint, never a proof:
 * whoever is woken looks again.
 */
#ifndef COHORT_IO_WATCH_H
#define COHORT_IO_WATCH_H

#include <limits.h>
#include <stdbool.h>

struct watch {
	int fd;
	bool lost; /* the folder itself went away: only a new watch sees anything */
	char name[NAME_MAX + 1];
};

#define WATCH_NONE ((struct watch){ .fd = -1 })

/*
 * Look for the file *after* this, else its coming may fall between. -ENOENT: no such folder;
 * -EMFILE, -ENOSPC, -ENOSYS: no inotify to be had. On any error the caller polls.
 */
int watch_init(struct watch *watch, const char *path);
void watch_deinit(struct watch *watch);
int watch_fd(const struct watch *watch);

/*
 * Reads what has happened and says whether to look again: the file may have appeared, changed its
 * permissions, or begun to listen (sock_listen() touches it for that), or events were lost, or
 * the folder was. Never blocks.
 */
bool watch_read(struct watch *watch);

#endif
