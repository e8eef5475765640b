/*
 * Sockets: paths, permissions, and who is at the other end.
 */
#include "io/sock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "io/watch.h"

static char folder[32];
static char path[64];

static void setup(void)
{
	strcpy(folder, "/tmp/cohort-sock-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
}

static void teardown(void)
{
	unlink(path);
	rmdir(folder);
}

static void assert_flags(int fd)
{
	cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	cr_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

static int bind_and_listen(int backlog)
{
	int fd = -1;

	cr_assert_eq(sock_bind(path, 0600, (uid_t)-1, (gid_t)-1, &fd), 0);
	cr_assert_eq(sock_listen(fd, backlog), 0);
	return fd;
}

static mode_t mode_of(const char *file)
{
	struct stat st;

	cr_assert_eq(lstat(file, &st), 0);
	cr_assert(S_ISSOCK(st.st_mode));
	return st.st_mode & 07777;
}

Test(sock, pair_is_nonblocking_and_close_on_exec, .init = setup, .fini = teardown)
{
	int pair[2];

	cr_assert_eq(sock_pair(pair), 0);
	assert_flags(pair[0]);
	assert_flags(pair[1]);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

Test(sock, connect_and_accept_make_a_pair, .init = setup, .fini = teardown)
{
	int listener = bind_and_listen(4);
	int client = -1;
	int server = -1;
	char c = 'x';

	cr_assert_eq(sock_accept(listener, &server), -EAGAIN);
	cr_assert_eq(sock_connect(path, &client), 0);
	cr_assert_eq(sock_accept(listener, &server), 0);
	assert_flags(client);
	assert_flags(server);
	cr_assert_eq(send(client, &c, 1, MSG_NOSIGNAL), 1);
	cr_assert_eq(recv(server, &c, 1, 0), 1);
	fd_close(&client);
	fd_close(&server);
	fd_close(&listener);
}

Test(sock, a_bound_socket_refuses_until_it_listens, .init = setup, .fini = teardown)
{
	int listener = -1;
	int client = -1;

	cr_assert_eq(sock_bind(path, 0600, (uid_t)-1, (gid_t)-1, &listener), 0);
	cr_assert_eq(sock_connect(path, &client), -ECONNREFUSED);
	cr_assert_eq(client, -1);
	cr_assert_eq(sock_listen(listener, 1), 0);
	cr_assert_eq(sock_connect(path, &client), 0);
	fd_close(&client);
	fd_close(&listener);
}

Test(sock, mode_is_as_asked_whatever_the_umask, .init = setup, .fini = teardown)
{
	static const mode_t umasks[] = { 0, 022, 077, 0777 };
	static const mode_t modes[] = { 0600, 0660, 0666, 0200 };

	for (size_t u = 0; u < 4; u++) {
		for (size_t m = 0; m < 4; m++) {
			int fd = -1;

			umask(umasks[u]);
			cr_assert_eq(sock_bind(path, modes[m], (uid_t)-1, (gid_t)-1, &fd), 0);
			cr_assert_eq(mode_of(path), modes[m]);
			fd_close(&fd);
			unlink(path);
		}
	}
}

Test(sock, owner_and_group_are_as_asked, .init = setup, .fini = teardown)
{
	struct stat st;
	int fd = -1;
	int err;

	err = sock_bind(path, 0660, 65534, 65534, &fd);
	if (geteuid() != 0) {
		cr_assert_eq(err, -EPERM);
		cr_assert_neq(access(path, F_OK), 0);
		return;
	}
	cr_assert_eq(err, 0);
	cr_assert_eq(lstat(path, &st), 0);
	cr_assert_eq(st.st_uid, 65534);
	cr_assert_eq(st.st_gid, 65534);
	fd_close(&fd);
}

Test(sock, a_bind_that_may_not_set_the_owner_leaves_no_file, .init = setup, .fini = teardown)
{
	int fd = -1;

	if (geteuid() == 0) {
		cr_assert_eq(chmod(folder, 0777), 0);
		cr_assert_eq(setresuid(65534, 65534, 0), 0);
	}
	cr_assert_eq(sock_bind(path, 0600, 12345, (gid_t)-1, &fd), -EPERM);
	cr_assert_eq(fd, -1);
	cr_assert_neq(access(path, F_OK), 0);
	if (getuid() == 65534)
		cr_assert_eq(setresuid(0, 0, 0), 0);
}

Test(sock, a_path_of_107_bytes_works_and_108_is_too_long, .init = setup, .fini = teardown)
{
	char longest[SOCK_PATH_SIZE + 1];
	int fd = -1;

	memset(longest, 'x', sizeof(longest));
	memcpy(longest, folder, strlen(folder));
	longest[strlen(folder)] = '/';
	longest[108] = '\0';
	cr_assert_eq(sock_bind(longest, 0600, (uid_t)-1, (gid_t)-1, &fd), -ENAMETOOLONG);
	cr_assert_eq(sock_connect(longest, &fd), -ENAMETOOLONG);
	longest[107] = '\0';
	cr_assert_eq(sock_bind(longest, 0600, (uid_t)-1, (gid_t)-1, &fd), 0);
	cr_assert_eq(access(longest, F_OK), 0);
	unlink(longest);
	fd_close(&fd);
}

Test(sock, bind_tells_why_it_failed, .init = setup, .fini = teardown)
{
	int first = bind_and_listen(1);
	int fd = -1;

	cr_assert_eq(sock_bind(path, 0600, (uid_t)-1, (gid_t)-1, &fd), -EADDRINUSE);
	cr_assert_eq(sock_bind("", 0600, (uid_t)-1, (gid_t)-1, &fd), -EINVAL);
	cr_assert_eq(sock_bind("/tmp/cohort-none/s", 0600, (uid_t)-1, (gid_t)-1, &fd), -ENOENT);
	cr_assert_eq(fd, -1);
	cr_assert_eq(access(path, F_OK), 0);
	fd_close(&first);
}

Test(sock, connect_tells_why_it_failed, .init = setup, .fini = teardown)
{
	int stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = -1;

	cr_assert_eq(sock_connect(path, &fd), -ENOENT);
	strcpy(address.sun_path, path);
	cr_assert_eq(bind(stream, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(stream, 1), 0);
	cr_assert_eq(sock_connect(path, &fd), -ECONNREFUSED);
	close(stream);
	cr_assert_eq(sock_connect(path, &fd), -ECONNREFUSED);
	cr_assert_eq(sock_connect("", &fd), -EINVAL);
	cr_assert_eq(fd, -1);
}

Test(sock, connect_without_permission_is_eacces, .init = setup, .fini = teardown)
{
	int listener = -1;
	int client = -1;

	cr_assert_eq(sock_bind(path, 0, (uid_t)-1, (gid_t)-1, &listener), 0);
	cr_assert_eq(sock_listen(listener, 1), 0);
	if (geteuid() == 0) {
		cr_assert_eq(chmod(folder, 0777), 0);
		cr_assert_eq(setresuid(65534, 65534, 0), 0);
	}
	cr_assert_eq(sock_connect(path, &client), -EACCES);
	if (getuid() == 65534)
		cr_assert_eq(setresuid(0, 0, 0), 0);
	fd_close(&listener);
}

Test(sock, connect_to_a_full_backlog_is_eagain, .init = setup, .fini = teardown)
{
	int listener = bind_and_listen(0);
	int fds[8];
	int n = 0;
	int err;

	while ((err = sock_connect(path, &fds[n])) == 0 && n < 7)
		n++;
	cr_assert_eq(err, -EAGAIN);
	cr_assert_geq(n, 1);
	while (n > 0)
		fd_close(&fds[--n]);
	fd_close(&listener);
}

Test(sock, accept_without_a_descriptor_leaves_the_connection_waiting, .init = setup,
     .fini = teardown)
{
	struct rlimit old;
	struct rlimit none;
	int listener = bind_and_listen(4);
	int client = -1;
	int server = -1;

	cr_assert_eq(sock_connect(path, &client), 0);
	getrlimit(RLIMIT_NOFILE, &old);
	none = old;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	cr_assert_eq(sock_accept(listener, &server), -EMFILE);
	setrlimit(RLIMIT_NOFILE, &old);
	cr_assert_eq(sock_accept(listener, &server), 0);
	fd_close(&client);
	fd_close(&server);
	fd_close(&listener);
}

Test(sock, listening_is_seen_by_who_watches_the_folder, .init = setup, .fini = teardown)
{
	struct watch watch;
	int listener = -1;

	cr_assert_eq(sock_bind(path, 0600, (uid_t)-1, (gid_t)-1, &listener), 0);
	cr_assert_eq(watch_init(&watch, path), 0);
	cr_assert_not(watch_read(&watch));
	cr_assert_eq(sock_listen(listener, 1), 0);
	cr_assert(watch_read(&watch));
	watch_deinit(&watch);
	fd_close(&listener);
}

Test(sock, identify_names_the_process_that_connected, .init = setup, .fini = teardown)
{
	struct sock_identity identity = SOCK_IDENTITY_NONE;
	struct pollfd gone;
	int listener = bind_and_listen(4);
	int server = -1;
	int go[2];
	pid_t pid;

	cr_assert_eq(pipe2(go, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		int client = -1;
		char c;

		close(go[1]);
		if (sock_connect(path, &client) < 0 || read(go[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	close(go[0]);
	cr_assert_eq(poll(&(struct pollfd){ .fd = listener, .events = POLLIN }, 1, 10000), 1);
	cr_assert_eq(sock_accept(listener, &server), 0);
	cr_assert_eq(sock_identify(server, &identity), 0);
	cr_assert_eq(identity.pid, pid);
	cr_assert_eq(identity.uid, geteuid());
	cr_assert_eq(identity.gid, getegid());
	cr_assert_geq(identity.pidfd, 0);
	cr_assert(fcntl(identity.pidfd, F_GETFD) & FD_CLOEXEC);
	cr_assert_neq(identity.pidfd_inode, 0);
	gone = (struct pollfd){ .fd = identity.pidfd, .events = POLLIN };
	cr_assert_eq(poll(&gone, 1, 0), 0);
	close(go[1]);
	cr_assert_eq(poll(&gone, 1, 10000), 1);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	sock_identity_deinit(&identity);
	cr_assert_eq(identity.pidfd, -1);
	fd_close(&server);
	fd_close(&listener);
}

/* Kernels with pidfs still give a pidfd, readable at once; others say that it is gone. */
Test(sock, identify_of_a_process_that_is_gone_still_gives_its_ids, .init = setup, .fini = teardown)
{
	struct sock_identity identity = SOCK_IDENTITY_NONE;
	int listener = bind_and_listen(4);
	int server = -1;
	pid_t pid = fork();
	int err;

	if (pid == 0) {
		int client = -1;

		_exit(sock_connect(path, &client) < 0);
	}
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_assert_eq(sock_accept(listener, &server), 0);
	err = sock_identify(server, &identity);
	cr_assert(err == 0 || err == -ESRCH);
	cr_assert_eq(identity.pid, pid);
	cr_assert_eq(identity.uid, geteuid());
	cr_assert_eq(identity.pidfd < 0, err == -ESRCH);
	if (err == 0) {
		struct pollfd gone = { .fd = identity.pidfd, .events = POLLIN };

		cr_assert_eq(poll(&gone, 1, 10000), 1);
	}
	sock_identity_deinit(&identity);
	fd_close(&server);
	fd_close(&listener);
}

Test(sock, identify_of_what_is_not_connected_touches_nothing, .init = setup, .fini = teardown)
{
	struct sock_identity identity = SOCK_IDENTITY_NONE;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	cr_assert_eq(sock_identify(fd, &identity), -ENOTCONN);
	cr_assert_eq(sock_identify(-1, &identity), -EBADF);
	cr_assert_eq(identity.pid, -1);
	close(fd);
}

Test(sock, outq_is_zero_exactly_when_all_was_received, .init = setup, .fini = teardown)
{
	int pair[2];
	char c = 'x';

	cr_assert_eq(sock_pair(pair), 0);
	cr_assert_eq(sock_outq(pair[0]), 0);
	cr_assert_eq(send(pair[0], &c, 1, 0), 1);
	cr_assert_eq(send(pair[0], &c, 1, 0), 1);
	cr_assert_gt(sock_outq(pair[0]), 0);
	cr_assert_eq(recv(pair[1], &c, 1, 0), 1);
	cr_assert_gt(sock_outq(pair[0]), 0);
	cr_assert_eq(recv(pair[1], &c, 1, 0), 1);
	cr_assert_eq(sock_outq(pair[0]), 0);
	cr_assert_eq(sock_outq(-1), -EBADF);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

Test(sock, passcred_refuses_what_is_no_socket, .init = setup, .fini = teardown)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	cr_assert_eq(sock_passcred(fd), -ENOTSOCK);
	close(fd);
}
