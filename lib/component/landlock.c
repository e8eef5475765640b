/*
 * landlock.c: rule sets by the bare system calls, for the headers of a system know no more than its
 * kernel did, and libc has no wrappers.
 *
 * Everything that the running kernel can restrict is restricted: it tells its ABI version, and each
 * version has added rights. A right that is not named in the rule set is not restricted, so
 * naming too few would be silent; naming one that the kernel does not know is -EINVAL.
 *
 * What loading may read is a list of folders, not the files that the object needs: which these are
 * is known once the dynamic linker has read them. The folder of each object that is loaded already
 * is on it, so that it also works where libraries lie somewhere else. A folder that does not exist
 * is not an error, it holds no library.
 */
#include "component/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same on every architecture. */
#define CREATE_RULESET 444
#define ADD_RULE 445
#define RESTRICT_SELF 446

#define CREATE_RULESET_VERSION 1U
#define RULE_PATH_BENEATH 1

#define FS_EXECUTE (UINT64_C(1) << 0)
#define FS_READ_FILE (UINT64_C(1) << 2)
#define FS_READ_DIR (UINT64_C(1) << 3)
#define FS_OF_ABI_1 ((UINT64_C(1) << 13) - 1)
#define FS_REFER (UINT64_C(1) << 13)
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)
#define NET_BIND_AND_CONNECT_TCP UINT64_C(3)
#define SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS UINT64_C(3)

struct ruleset {
	uint64_t fs;
	uint64_t net;	 /* ABI 4; must be zero before: the kernel allows a longer tail of zeros */
	uint64_t scoped; /* ABI 6 */
};

struct path_beneath {
	uint64_t allowed;
	int32_t folder;
} __attribute__((packed));

/* Those that distributions use, and what the dynamic linker keeps about them. */
static const char *const library_places[] = {
	"/lib",	      "/lib32",	    "/lib64",		"/usr/lib",
	"/usr/lib32", "/usr/lib64", "/usr/local/lib",	"/usr/local/lib64",
	"/nix/store", "/gnu/store", "/etc/ld.so.cache",
};

/* The ABI version, from 1, or a negative errno. */
static int landlock_abi(void)
{
	long abi = syscall(CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);

	return abi < 0 ? -errno : (int)abi;
}

static struct ruleset everything_of(int abi)
{
	struct ruleset all = { .fs = FS_OF_ABI_1 };

	if (abi >= 2)
		all.fs |= FS_REFER;
	if (abi >= 3)
		all.fs |= FS_TRUNCATE;
	if (abi >= 4)
		all.net = NET_BIND_AND_CONNECT_TCP;
	if (abi >= 5)
		all.fs |= FS_IOCTL_DEV;
	if (abi >= 6)
		all.scoped = SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS;
	return all;
}

/* A rule set that allows nothing: a descriptor, or a negative errno. */
static int ruleset_open(void)
{
	int abi = landlock_abi();
	struct ruleset all;
	long fd;

	if (abi < 0)
		return abi;
	all = everything_of(abi);
	fd = syscall(CREATE_RULESET, &all, sizeof(all), 0);
	return fd < 0 ? -errno : (int)fd;
}

static int ruleset_restrict(int ruleset)
{
	int err = syscall(RESTRICT_SELF, ruleset, 0) ? -errno : 0;

	close(ruleset);
	return err;
}

static int allow_reading(int ruleset, int place)
{
	struct path_beneath rule = { FS_EXECUTE | FS_READ_FILE | FS_READ_DIR, place };

	if (syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	rule.allowed &= ~FS_READ_DIR; /* not a folder */
	return syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) ? -errno : 0;
}

static int allow_path(int ruleset, const char *path)
{
	int place = open(path, O_PATH | O_CLOEXEC);
	int err;

	if (place < 0)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : 0;
	err = allow_reading(ruleset, place);
	close(place);
	return err;
}

/* A name without a folder is searched for in the system's. */
static int allow_folder_of(int ruleset, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	size_t length;

	if (!slash)
		return 0;
	length = slash == path ? 1 : (size_t)(slash - path);
	if (length >= sizeof(folder))
		return -ENAMETOOLONG;
	memcpy(folder, path, length);
	folder[length] = '\0';
	return allow_path(ruleset, folder);
}

static int allow_folder_of_loaded(struct dl_phdr_info *info, size_t size, void *ruleset)
{
	(void)size;
	return allow_folder_of(*(int *)ruleset, info->dlpi_name);
}

static int allow_system(int ruleset)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(library_places) / sizeof(library_places[0]) && !err; i++)
		err = allow_path(ruleset, library_places[i]);
	return err;
}

/* It may be a link to another folder: what lies beside it and what lies beside its target. */
static int allow_object(int ruleset, const char *object)
{
	char target[PATH_MAX];
	int err = allow_folder_of(ruleset, object);

	if (!err && strchr(object, '/') && realpath(object, target))
		err = allow_folder_of(ruleset, target);
	return err;
}

int landlock_only_libraries(const char *object)
{
	int ruleset = ruleset_open();
	int err;

	if (ruleset < 0)
		return ruleset;
	err = allow_system(ruleset);
	if (!err)
		err = dl_iterate_phdr(allow_folder_of_loaded, &ruleset);
	if (!err && object)
		err = allow_object(ruleset, object);
	if (!err)
		return ruleset_restrict(ruleset);
	close(ruleset);
	return err;
}

int landlock_no_files(void)
{
	int ruleset = ruleset_open();

	return ruleset < 0 ? ruleset : ruleset_restrict(ruleset);
}
