/*
 * Ownership of file descriptors.
 *
 * Every descriptor of the library is close-on-exec and registered while the library owns it, in one
 * bitmap of the process (a bit for each number below 1 << 20; a larger number is not registered and
 * works otherwise). A forked child closes what is registered, so that a child which never execs
 * does not keep sockets and shared memory of its parent alive. fd_own() registers, and fd_disown()
 * hands a descriptor to the application, which keeps it across a fork like any of its own.
 *
 * A registration ends before the descriptor is closed: afterwards its number may belong to somebody
 * else already. A fork between those two steps, or between creating a descriptor and fd_own(),
 * leaves the child with one descriptor more: harmless, and it ends with the child or its exec.
 *
 * A struct fdlist carries the descriptors of one message. It owns those which nobody has taken.
 */
#ifndef COHORT_BASE_FD_H
#define COHORT_BASE_FD_H

#include <stddef.h>

#define FDLIST_MAX 253 /* what the kernel passes along with one message */

struct fdlist {
	unsigned count;
	int fd[FDLIST_MAX]; /* -1: taken */
};

/* Closes *fd and sets it to -1; -1 is ignored. Keeps errno. */
void fd_close(int *fd);

/* Returns *fd and leaves -1 there. Still registered. */
static inline int fd_steal(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

/* Duplicates fd into *out, registered: 0 or a negative errno. */
int fd_dup(int fd, int *out);

/* Registers fd and returns it. A negative number is returned untouched, and so is errno: the
 * result of the call which made the descriptor can be passed directly. */
int fd_own(int fd);

/* Ends the registration: fd belongs to the application from now on. */
void fd_disown(int fd);

/* Closes every registered descriptor: for a forked child. Async-signal-safe. Keeps errno. */
void fd_close_owned(void);

static inline void fdlist_init(struct fdlist *list)
{
	list->count = 0;
}

/* Appends fd, which the list owns from now on: 0, or -EMSGSIZE if full (then it does not). */
int fdlist_push(struct fdlist *list, int fd);

/* Gives the descriptor at index to the caller, registered as it was: 0, or -ENOENT if there is none
 * or it has been taken. The others keep their index. */
int fdlist_take(struct fdlist *list, unsigned index, int *out);

/* Closes all which have not been taken; the list is empty then. */
void fdlist_close(struct fdlist *list);

/* Moves all of src into dst, with their indices. What dst held is overwritten, not closed. */
void fdlist_move(struct fdlist *dst, struct fdlist *src);

#endif
