/*
 * How sockets are made.
 *
 * Binding in three steps. A socket that does not listen refuses everybody, so owner and mode can
 * be set after bind() without a window. The mode is also given to the socket's inode before
 * bind(): unix_bind() makes the file with it (less the umask), so the file is never more open
 * than asked; the chmod afterwards is needed only where the umask took bits away. Neither it nor
 * the chown follows a symbolic link: a root primary in somebody's folder must not be made to open
 * up another file.
 *
 * Listening makes no event of the file system, and a secondary that the bind woke may have been
 * refused already. So sock_listen() touches the file, which those who watch the folder see as
 * IN_ATTRIB.
 *
 * Connecting is non-blocking and yet complete: an AF_UNIX connect() puts the socket into the
 * listener's backlog or fails, with EAGAIN if that is full. There is no EINPROGRESS.
 */
#include "io/sock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

/* Linux 6.5; the headers of Debian 12 do not have them. */
#define SOCK_SO_PASSPIDFD 76
#define SOCK_SO_PEERPIDFD 77

static_assert(SOCK_PATH_SIZE == sizeof(((struct sockaddr_un *)0)->sun_path),
	      "a path is what an address holds");

int sock_pair(int pair[2])
{
	int made[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, made) < 0)
		return -errno;
	pair[0] = fd_own(made[0]);
	pair[1] = fd_own(made[1]);
	return 0;
}

static int sock_open(int *out)
{
	int fd = fd_own(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));

	if (fd < 0)
		return -errno;
	*out = fd;
	return 0;
}

/* An empty path is refused because bind() would take it for an abstract name of its own choice. */
static int sock_address(const char *path, struct sockaddr_un *address, socklen_t *length)
{
	size_t n = strlen(path);

	if (n == 0)
		return -EINVAL;
	if (n >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, n);
	*length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
	return 0;
}

/*
 * glibc 2.36 does the chmod through /proc; where that is missing a umask that takes nothing away
 * still works.
 */
static int file_set_mode(const char *path, mode_t mode)
{
	struct stat st;

	if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if ((st.st_mode & 07777) == mode)
		return 0;
	return fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int file_set_access(const char *path, mode_t mode, uid_t owner, gid_t group)
{
	if ((owner != (uid_t)-1 || group != (gid_t)-1) && lchown(path, owner, group) < 0)
		return -errno;
	return file_set_mode(path, mode);
}

static int socket_bind(int fd, const char *path, mode_t mode)
{
	struct sockaddr_un address;
	socklen_t length;
	int err = sock_address(path, &address, &length);

	if (err < 0)
		return err;
	if (fchmod(fd, mode) < 0 || bind(fd, (struct sockaddr *)&address, length) < 0)
		return -errno;
	return 0;
}

int sock_bind(const char *path, mode_t mode, uid_t owner, gid_t group, int *out)
{
	int fd = -1;
	int err = sock_open(&fd);

	if (err < 0)
		return err;
	mode &= 0777;
	err = socket_bind(fd, path, mode);
	if (err < 0)
		goto fail;
	err = file_set_access(path, mode, owner, group);
	if (err < 0) {
		unlink(path);
		goto fail;
	}
	*out = fd;
	return 0;
fail:
	fd_close(&fd);
	return err;
}

/*
 * A hint for those who watch; that it fails (the folder was moved, the process changed its
 * directory) costs them time only.
 */
static void sock_touch(int fd)
{
	struct sockaddr_un address = { 0 };
	socklen_t length = sizeof(address) - 1;

	if (getsockname(fd, (struct sockaddr *)&address, &length) == 0 && address.sun_path[0])
		(void)utimensat(AT_FDCWD, address.sun_path, NULL, AT_SYMLINK_NOFOLLOW);
}

int sock_listen(int fd, int backlog)
{
	if (listen(fd, backlog) < 0)
		return -errno;
	sock_touch(fd);
	return 0;
}

/* A stream or datagram socket at the path is as little a channel as one where nobody listens. */
static int connect_error(int e)
{
	return e == EPROTOTYPE ? -ECONNREFUSED : -e;
}

static int socket_connect(int fd, const char *path)
{
	struct sockaddr_un address;
	socklen_t length;
	int err = sock_address(path, &address, &length);

	if (err < 0)
		return err;
	while (connect(fd, (struct sockaddr *)&address, length) < 0)
		if (errno != EINTR)
			return connect_error(errno);
	return 0;
}

int sock_connect(const char *path, int *out)
{
	int fd = -1;
	int err = sock_open(&fd);

	if (err < 0)
		return err;
	err = socket_connect(fd, path);
	if (err < 0) {
		fd_close(&fd);
		return err;
	}
	*out = fd;
	return 0;
}

int sock_accept(int listener, int *out)
{
	int fd;

	do
		fd = fd_own(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd < 0)
		return -errno;
	*out = fd;
	return 0;
}

/*
 * By number, as before Linux 6.5. The number may have been given to another process meanwhile;
 * nothing here can tell.
 */
static int pidfd_by_number(pid_t pid, int *out)
{
	int fd;

	if (pid <= 0) /* in a pid namespace that cannot be seen from here */
		return -ESRCH;
	fd = fd_own((int)syscall(SYS_pidfd_open, pid, 0));
	if (fd < 0)
		return errno == EINVAL ? -ESRCH : -errno;
	*out = fd;
	return 0;
}

static int peer_pidfd(int fd, pid_t pid, int *out)
{
	int pidfd = -1;
	socklen_t length = sizeof(pidfd);

	if (getsockopt(fd, SOL_SOCKET, SOCK_SO_PEERPIDFD, &pidfd, &length) == 0) {
		*out = fd_own(pidfd);
		return 0;
	}
	if (errno == ENOPROTOOPT)
		return pidfd_by_number(pid, out);
	/* EINVAL: how kernels before 6.15 say that it is gone. */
	return errno == EINVAL ? -ESRCH : -errno;
}

static int peer_credentials(int fd, struct ucred *out)
{
	struct ucred ucred;
	socklen_t length = sizeof(ucred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &ucred, &length) < 0)
		return -errno;
	if (ucred.pid == 0 && ucred.uid == (uid_t)-1)
		return -ENOTCONN;
	*out = ucred;
	return 0;
}

int sock_identify(int fd, struct sock_identity *out)
{
	struct sock_identity identity = SOCK_IDENTITY_NONE;
	struct ucred ucred = { .pid = -1 };
	struct stat st;
	int err = peer_credentials(fd, &ucred);

	if (err < 0)
		return err;
	err = peer_pidfd(fd, ucred.pid, &identity.pidfd);
	if (err < 0 && err != -ESRCH)
		return err;
	identity.pid = ucred.pid;
	identity.uid = ucred.uid;
	identity.gid = ucred.gid;
	if (identity.pidfd >= 0 && fstat(identity.pidfd, &st) == 0)
		identity.pidfd_inode = st.st_ino;
	*out = identity;
	return err;
}

void sock_identity_deinit(struct sock_identity *identity)
{
	if (identity)
		fd_close(&identity->pidfd);
}

int sock_passcred(int fd)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SOCK_SO_PASSPIDFD, &on, sizeof(on)) < 0 &&
	    errno != ENOPROTOOPT)
		return -errno;
	return 0;
}

int sock_outq(int fd)
{
	int bytes;

	return ioctl(fd, SIOCOUTQ, &bytes) < 0 ? -errno : bytes;
}
