/*
 * sock: AF_UNIX SOCK_SEQPACKET sockets: made, bound, listened on, connected, accepted, and asked
 * who is at the other end.
 *
 * Every descriptor that comes out of here is non-blocking, close-on-exec and registered with
 * fd_own(); close it with fd_close(). Functions return 0 or a negative errno; an error leaves
 * nothing behind, neither a descriptor nor a file.
 */
#ifndef COHORT_IO_SOCK_H
#define COHORT_IO_SOCK_H

#include <stdint.h>
#include <sys/types.h>

/* The longest path that a socket address holds with its terminating zero. */
#define SOCK_PATH_SIZE 108

/* Who is at the other end, as the kernel says. It owns its pidfd. */
struct sock_identity {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	int pidfd; /* readable once the process is gone; -1 when it was gone already */
	/* With pidfs (Linux 6.9) one number a process, before that one for all; 0: no pidfd. */
	uint64_t pidfd_inode;
};

#define SOCK_IDENTITY_NONE \
	((struct sock_identity){ .pid = -1, .uid = (uid_t)-1, .gid = (gid_t)-1, .pidfd = -1 })

/* A connected pair. */
int sock_pair(int pair[2]);

/*
 * A bound socket that does not listen yet: nobody can connect before sock_listen(). Owner or
 * group -1 is left alone.
 * -EADDRINUSE: something lies at the path (only the holder of the lock knows whether it may be
 * unlinked).
 * -EINVAL: the path is empty. -ENAMETOOLONG: it has more than 107 bytes. Else what bind, chown or
 * chmod said.
 */
int sock_bind(const char *path, mode_t mode, uid_t owner, gid_t group, int *out);
int sock_listen(int fd, int backlog);

/*
 * Connects at once or not at all. -ENOENT: no socket there; -ECONNREFUSED: nobody listens, or
 * what listens is of another type;
 * -EACCES: not allowed; -EAGAIN: the listener's backlog is full, try again later.
 */
int sock_connect(const char *path, int *out);

/*
 * -EAGAIN: nobody waits. -EMFILE, -ENFILE: no descriptor left, and the one who connected still
 * waits in the backlog.
 */
int sock_accept(int listener, int *out);

/*
 * Who connected (or, on a connected socket, who listened; on a pair, who made it). -ESRCH: that
 * process is gone: pid, uid and gid are filled in, the pidfd is -1. On other errors `out` is not
 * touched.
 */
int sock_identify(int fd, struct sock_identity *out);
void sock_identity_deinit(struct sock_identity *identity);

/* Every packet received from now on names its sender, by pidfd too where the kernel can. */
int sock_passcred(int fd);

/*
 * How much of what was sent lies unread in the kernel, in the kernel's own count (0 exactly when
 * all was received).
 */
int sock_outq(int fd);

#endif
