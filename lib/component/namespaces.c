/*
 * namespaces.c: the user namespace comes first, for in it one has the privileges that the others
 * need. It is tried out in a child: where the system allows unshare(2) but refuses the mapping (as
 * AppArmor can) the process would be left as nobody, and there is no way back.
 *
 * The empty root is a read-only tmpfs without a file. Putting it in place by pivot_root(2) once the
 * component is loaded would be the usual way, but then Landlock already holds, and a process under
 * Landlock cannot change mounts at all. So the tmpfs is made before, kept as a descriptor of a mount
 * that hangs nowhere, and chroot(2), which Landlock does not mind, goes there. One leaves a chroot
 * with an open folder or with CAP_SYS_CHROOT: capabilities are dropped next, and folders that a
 * component opened while it was loaded are those that Landlock let it open.
 */
#include "component/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int empty_root = -1;

static int enter(int flag)
{
	return unshare(flag) ? -errno : 0;
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int map_id(const char *path, unsigned id)
{
	char text[32];

	snprintf(text, sizeof(text), "%u %u 1", id, id);
	return write_text(path, text);
}

static int enter_user_namespace(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int err = enter(CLONE_NEWUSER);

	if (!err)
		err = write_text("/proc/self/setgroups", "deny");
	if (!err)
		err = map_id("/proc/self/uid_map", uid);
	return err ? err : map_id("/proc/self/gid_map", gid);
}

/* How it would go: 0 or a negative errno. */
static int try_user_namespace(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(-enter_user_namespace());
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

int namespaces_enter_user(void)
{
	int err = try_user_namespace();

	return err ? err : enter_user_namespace();
}

int namespaces_enter_network(void)
{
	return enter(CLONE_NEWNET);
}

int namespaces_enter_ipc(void)
{
	return enter(CLONE_NEWIPC);
}

/* Mounts it over a folder, holds on to it, and takes it from there again. */
static int make_empty_root(const char *folder)
{
	int err = 0;
	int fd;

	if (mount("none", folder, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "size=4k,nr_inodes=1,mode=555"))
		return -errno;
	fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		err = -errno;
	if (umount2(folder, MNT_DETACH) && !err)
		err = -errno;
	if (err && fd >= 0)
		close(fd);
	else if (!err)
		empty_root = fd;
	return err;
}

/* Any folder would do; one of these exists wherever a program was loaded. */
static int make_empty_root_somewhere(void)
{
	static const char *const folders[] = { "/usr", "/lib", "/lib64", "/proc", "/nix", "/gnu" };
	int err = -ENOENT;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && err == -ENOENT; i++)
		err = make_empty_root(folders[i]);
	return err;
}

int namespaces_enter_mount(void)
{
	int err = enter(CLONE_NEWNS);

	if (!err && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err = -errno;
	return err ? err : make_empty_root_somewhere();
}

int namespaces_empty_root(void)
{
	int err = 0;

	if (fchdir(empty_root) || chroot("."))
		err = -errno;
	close(empty_root);
	empty_root = -1;
	return err;
}

/* No libc wraps this. Without no_new_privs a set-user-id program would bring them back. */
int namespaces_drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_capset, &header, none))
		return -errno;
	return 0;
}
