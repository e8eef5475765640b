/*
 * Packets and their descriptors, and the kernel's oddities with them.
 */
#include "io/xfer.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/sock.h"

static int pair[2];
static struct xfer_in in;
static char buf[4096];

static void setup(void)
{
	cr_assert_eq(sock_pair(pair), 0);
	xfer_in_init(&in);
}

static void teardown(void)
{
	xfer_in_deinit(&in);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

static int send_text(int fd, const char *text, const int *fds, size_t nfds, unsigned flags)
{
	struct iovec part = { .iov_base = (char *)(uintptr_t)text, .iov_len = strlen(text) };

	return xfer_send(fd, &part, 1, fds, nfds, flags);
}

static void assert_packet(int result, const char *text, unsigned nfds)
{
	cr_assert_eq(result, 1);
	cr_assert_eq(in.length, strlen(text));
	cr_assert_eq(memcmp(buf, text, in.length), 0);
	cr_assert_eq(in.fds.count, nfds);
	cr_assert_not(in.truncated);
	cr_assert_not(in.fds_truncated);
}

static int next_packet(void)
{
	xfer_in_deinit(&in);
	return xfer_recv(pair[1], buf, sizeof(buf), &in);
}

static bool is_dev_null(int fd)
{
	struct stat ours;
	struct stat null;

	return fstat(fd, &ours) == 0 && stat("/dev/null", &null) == 0 &&
	       ours.st_rdev == null.st_rdev;
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Lowers the limit so far that `n` numbers below it are free. */
static struct rlimit leave_room_for(int n)
{
	struct rlimit old;
	struct rlimit tight;
	rlim_t limit = 0;

	for (int room = n; fcntl((int)limit, F_GETFD) >= 0 || room-- > 0;)
		limit++;
	getrlimit(RLIMIT_NOFILE, &old);
	tight = old;
	tight.rlim_cur = limit;
	setrlimit(RLIMIT_NOFILE, &tight);
	return old;
}

Test(xfer, parts_arrive_as_one_packet, .init = setup, .fini = teardown)
{
	struct iovec parts[] = { { "one ", 4 }, { NULL, 0 }, { "two", 3 } };

	cr_assert_eq(xfer_send(pair[0], parts, 3, NULL, 0, 0), 0);
	assert_packet(next_packet(), "one two", 0);
	cr_assert_not(in.has_credentials);
	cr_assert_eq(in.pidfd, -1);
	cr_assert_eq(next_packet(), -EAGAIN);
}

Test(xfer, descriptors_arrive_owned_and_close_on_exec, .init = setup, .fini = teardown)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fds[XFER_FDS_MAX];
	int before;

	for (int i = 0; i < XFER_FDS_MAX; i++)
		fds[i] = null;
	before = open_fds();
	cr_assert_eq(send_text(pair[0], "fds", fds, XFER_FDS_MAX, 0), 0);
	assert_packet(next_packet(), "fds", XFER_FDS_MAX);
	for (unsigned i = 0; i < in.fds.count; i++) {
		cr_assert(is_dev_null(in.fds.fd[i]));
		cr_assert(fcntl(in.fds.fd[i], F_GETFD) & FD_CLOEXEC);
	}
	xfer_in_deinit(&in);
	cr_assert_eq(open_fds(), before);
	close(null);
}

Test(xfer, too_many_or_closed_descriptors_are_refused_with_no_effect, .init = setup,
     .fini = teardown)
{
	int fds[XFER_FDS_MAX + 1] = { 0 };
	int closed[] = { 0, 1000 };

	cr_assert_eq(send_text(pair[0], "x", fds, XFER_FDS_MAX + 1, 0), -EINVAL);
	cr_assert_eq(send_text(pair[0], "x", closed, 2, 0), -EBADF);
	cr_assert_eq(next_packet(), -EAGAIN);
}

Test(xfer, a_full_socket_is_eagain_and_takes_more_once_read, .init = setup, .fini = teardown)
{
	int sent = 0;
	int err;

	while ((err = send_text(pair[0], "x", NULL, 0, 0)) == 0)
		sent++;
	cr_assert_eq(err, -EAGAIN);
	cr_assert_gt(sent, 16);
	for (int i = 0; i < sent; i++)
		assert_packet(next_packet(), "x", 0);
	cr_assert_eq(next_packet(), -EAGAIN);
	cr_assert_eq(send_text(pair[0], "x", NULL, 0, 0), 0);
}

Test(xfer, a_packet_that_can_never_fit_is_emsgsize, .init = setup, .fini = teardown)
{
	size_t size = 64 << 20;
	struct iovec part = { .iov_base = calloc(1, size), .iov_len = size };

	cr_assert_eq(xfer_send(pair[0], &part, 1, NULL, 0, 0), -EMSGSIZE);
	free(part.iov_base);
}

Test(xfer, a_packet_larger_than_the_buffer_says_how_large_it_was, .init = setup, .fini = teardown)
{
	cr_assert_eq(send_text(pair[0], "longer", NULL, 0, 0), 0);
	cr_assert_eq(xfer_recv(pair[1], buf, 2, &in), 1);
	cr_assert(in.truncated);
	cr_assert_eq(in.length, 6);
}

Test(xfer, end_of_stream_comes_after_what_was_sent, .init = setup, .fini = teardown)
{
	cr_assert_eq(send_text(pair[0], "last", NULL, 0, 0), 0);
	fd_close(&pair[0]);
	assert_packet(next_packet(), "last", 0);
	cr_assert_eq(next_packet(), 0);
	cr_assert_eq(next_packet(), 0);
}

Test(xfer, an_empty_packet_is_not_the_end, .init = setup, .fini = teardown)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	cr_assert_eq(send_text(pair[0], "", NULL, 0, 0), 0);
	cr_assert_eq(send_text(pair[0], "", &null, 1, 0), 0);
	cr_assert_eq(send_text(pair[0], "more", NULL, 0, 0), 0);
	assert_packet(next_packet(), "", 0);
	assert_packet(next_packet(), "", 1);
	assert_packet(next_packet(), "more", 0);
	cr_assert_eq(next_packet(), -EAGAIN);
	close(null);
}

Test(xfer, an_empty_packet_with_a_descriptor_is_not_the_end_when_the_sender_is_gone, .init = setup,
     .fini = teardown)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	cr_assert_eq(send_text(pair[0], "", &null, 1, 0), 0);
	cr_assert_eq(send_text(pair[0], "more", NULL, 0, 0), 0);
	fd_close(&pair[0]);
	assert_packet(next_packet(), "", 1);
	assert_packet(next_packet(), "more", 0);
	cr_assert_eq(next_packet(), 0);
	close(null);
}

Test(xfer, an_empty_packet_with_credentials_is_not_the_end_when_the_sender_is_gone, .init = setup,
     .fini = teardown)
{
	cr_assert_eq(sock_passcred(pair[1]), 0);
	cr_assert_eq(send_text(pair[0], "", NULL, 0, 0), 0);
	cr_assert_eq(send_text(pair[0], "more", NULL, 0, 0), 0);
	fd_close(&pair[0]);
	assert_packet(next_packet(), "", 0);
	assert_packet(next_packet(), "more", 0);
	cr_assert_eq(next_packet(), 0);
}

Test(xfer, data_after_a_reset_is_still_received, .init = setup, .fini = teardown)
{
	cr_assert_eq(send_text(pair[1], "never read", NULL, 0, 0), 0);
	cr_assert_eq(send_text(pair[0], "one", NULL, 0, 0), 0);
	cr_assert_eq(send_text(pair[0], "two", NULL, 0, 0), 0);
	fd_close(&pair[0]);
	assert_packet(next_packet(), "one", 0);
	assert_packet(next_packet(), "two", 0);
	cr_assert_eq(next_packet(), 0);
}

Test(xfer, send_to_who_is_gone_is_epipe_and_keeps_what_had_arrived, .init = setup, .fini = teardown)
{
	cr_assert_eq(send_text(pair[1], "never read", NULL, 0, 0), 0);
	cr_assert_eq(send_text(pair[0], "one", NULL, 0, 0), 0);
	fd_close(&pair[0]);
	cr_assert_eq(send_text(pair[1], "x", NULL, 0, 0), -EPIPE);
	cr_assert_eq(send_text(pair[1], "x", NULL, 0, 0), -EPIPE);
	assert_packet(next_packet(), "one", 0);
	cr_assert_eq(next_packet(), 0);
}

Test(xfer, descriptors_past_the_limit_are_lost_and_said_to_be, .init = setup, .fini = teardown)
{
	int fds[8] = { 0 };
	struct rlimit old;
	int before = open_fds();

	cr_assert_eq(send_text(pair[0], "fds", fds, 8, 0), 0);
	old = leave_room_for(3);
	cr_assert_eq(next_packet(), -EMFILE);
	setrlimit(RLIMIT_NOFILE, &old);
	cr_assert(in.fds_truncated);
	cr_assert_eq(in.length, 3);
	cr_assert_eq(memcmp(buf, "fds", 3), 0);
	cr_assert_eq(in.fds.count, 3);
	xfer_in_deinit(&in);
	cr_assert_eq(open_fds(), before);
	cr_assert_eq(next_packet(), -EAGAIN);
	cr_assert_eq(send_text(pair[0], "again", fds, 8, 0), 0);
	assert_packet(next_packet(), "again", 8);
}

Test(xfer, a_packet_arrives_without_any_of_its_descriptors, .init = setup, .fini = teardown)
{
	int fds[2] = { 0 };
	struct rlimit old;

	cr_assert_eq(sock_passcred(pair[1]), 0);
	cr_assert_eq(send_text(pair[0], "", fds, 2, 0), 0);
	old = leave_room_for(0);
	cr_assert_eq(next_packet(), -EMFILE);
	setrlimit(RLIMIT_NOFILE, &old);
	cr_assert_eq(in.fds.count, 0);
	cr_assert_eq(in.pidfd, -1);
	cr_assert_eq(in.length, 0);
	cr_assert_eq(next_packet(), -EAGAIN);
}

Test(xfer, credentials_name_the_sender_not_the_maker_of_the_pair, .init = setup, .fini = teardown)
{
	int status;
	pid_t pid;

	cr_assert_eq(sock_passcred(pair[1]), 0);
	pid = fork();
	if (pid == 0)
		_exit(send_text(pair[0], "hello", NULL, 0, XFER_CREDENTIALS) != 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
	assert_packet(next_packet(), "hello", 0);
	cr_assert(in.has_credentials);
	cr_assert_eq(in.credentials.pid, pid);
	cr_assert_eq(in.credentials.uid, geteuid());
	cr_assert_eq(in.credentials.gid, getegid());
}

Test(xfer, credentials_and_descriptors_travel_together, .init = setup, .fini = teardown)
{
	int fds[XFER_FDS_MAX] = { 0 };

	cr_assert_eq(sock_passcred(pair[1]), 0);
	cr_assert_eq(send_text(pair[0], "all", fds, XFER_FDS_MAX, XFER_CREDENTIALS), 0);
	assert_packet(next_packet(), "all", XFER_FDS_MAX);
	cr_assert(in.has_credentials);
	cr_assert_eq(in.credentials.pid, getpid());
	if (in.pidfd >= 0)
		cr_assert(fcntl(in.pidfd, F_GETFD) & FD_CLOEXEC);
}

/*
 * The limit counts for a user without privileges, whatever process of his it is: as root become one
 * that hardly anybody else is.
 */
static bool become_user(void)
{
	uid_t uid = 10000 + (uid_t)getpid() % 50000;

	if (geteuid() != 0)
		return false;
	cr_assert_eq(setresuid(uid, uid, 0), 0);
	return true;
}

Test(xfer, too_many_descriptors_in_flight_are_eagain, .init = setup, .fini = teardown)
{
	struct rlimit tight = { .rlim_cur = 64, .rlim_max = 1024 };
	int fds[60] = { 0 };
	bool was_root = become_user();
	int stored[2];
	int err;

	setrlimit(RLIMIT_NOFILE, &tight);
	cr_assert_eq(sock_pair(stored), 0);
	cr_assert_eq(send_text(stored[0], "x", fds, 60, 0), 0);
	err = send_text(stored[0], "x", fds, 60, 0);
	if (err == 0)
		err = send_text(stored[0], "x", fds, 60, 0);
	cr_assert_eq(err, -EAGAIN);
	fd_close(&stored[0]);
	fd_close(&stored[1]);
	cr_assert_eq(send_text(pair[0], "x", fds, 60, 0), 0);
	if (was_root)
		cr_assert_eq(setresuid(0, 0, 0), 0);
}
