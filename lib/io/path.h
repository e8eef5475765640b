/*
 * path: where a channel's socket lies.
 *
 *   a name with '/'      it is the path, as given
 *   a name without '/'   <folder>/<name>.sock; the folder is the first that there is of
 *       $RUNTIME_DIRECTORY   systemd's; of a list with colons the first entry
 *       $XDG_RUNTIME_DIR
 *       /run                 for root
 *       /tmp/cohort-<uid>    made with mode 0700; must be a folder, the user's own, closed to
 *                            all others
 *
 * A variable that is empty counts as unset; a set-user-id program ignores them both.
 */
#ifndef COHORT_IO_PATH_H
#define COHORT_IO_PATH_H

#include <limits.h>

#include "io/sock.h"

/* The longest channel name without '/'. */
#define PATH_NAME_MAX 63

/*
 * -EINVAL: the name is empty, "." or "..", has a byte that is not printable ASCII or is a space,
 * or the variable that decides is not an absolute path. -ENAMETOOLONG: a name of more than 63
 * bytes, or a path of more than 107. For /tmp/cohort-<uid>: -ELOOP: it is a symbolic link;
 * -ENOTDIR: no folder; -EPERM: someone else's, or open to others.
 */
int path_resolve(const char *name, char out[SOCK_PATH_SIZE]);

/* The folder in which channels without '/' in their names lie. Errors as above. */
int path_folder(char out[SOCK_PATH_SIZE]);

/*
 * The folder that a path lies in ("." or "/" if it names none) and the name there. -EINVAL: it
 * names no file; -ENAMETOOLONG.
 */
int path_split(const char *path, char folder[PATH_MAX], char name[NAME_MAX + 1]);

#endif
