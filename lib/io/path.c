/*
 * A pure function of name and environment, but for the folder in /tmp, which is made when
 * missing. There the check matters: anybody could have made a folder of that name first. /tmp is
 * sticky, so one that is ours stays ours after the check.
 *
 * secure_getenv(): a set-user-id program must not let its caller say where its sockets lie. An
 * empty variable counts as unset, as the XDG rules want it.
 */
#include "io/path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool name_is_printable(const char *name)
{
	for (; *name; name++)
		if (*name <= ' ' || *name > '~')
			return false;
	return true;
}

static int name_check(const char *name)
{
	if (strlen(name) > PATH_NAME_MAX)
		return -ENAMETOOLONG;
	if (!name_is_printable(name) || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EINVAL;
	return 0;
}

static int folder_check_private(const char *folder)
{
	struct stat st;

	if (lstat(folder, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return -EPERM;
	return 0;
}

static int folder_of_tmp(char *out, size_t size)
{
	snprintf(out, size, "/tmp/cohort-%lu", (unsigned long)geteuid());
	if (mkdir(out, 0700) < 0 && errno != EEXIST)
		return -errno;
	return folder_check_private(out);
}

/* The first `length` bytes of a variable. */
static int folder_copy(char *out, size_t size, const char *value, size_t length)
{
	if (value[0] != '/')
		return -EINVAL;
	if (length >= size)
		return -ENAMETOOLONG;
	memcpy(out, value, length);
	out[length] = '\0';
	return 0;
}

static const char *environment(const char *variable)
{
	const char *value = secure_getenv(variable);

	return value && *value ? value : NULL;
}

int path_folder(char out[SOCK_PATH_SIZE])
{
	const size_t size = SOCK_PATH_SIZE;
	const char *value = environment("RUNTIME_DIRECTORY");

	if (value)
		return folder_copy(out, size, value, strcspn(value, ":"));
	value = environment("XDG_RUNTIME_DIR");
	if (value)
		return folder_copy(out, size, value, strlen(value));
	if (geteuid() == 0)
		return folder_copy(out, size, "/run", strlen("/run"));
	return folder_of_tmp(out, size);
}

static int path_as_given(const char *name, char out[SOCK_PATH_SIZE])
{
	size_t length = strlen(name);

	if (length >= SOCK_PATH_SIZE)
		return -ENAMETOOLONG;
	memcpy(out, name, length + 1);
	return 0;
}

/* The process may change its folder while the channel is open: from here on that changes nothing. */
static int path_absolute(const char *path, char out[SOCK_PATH_SIZE])
{
	char absolute[SOCK_PATH_SIZE];
	size_t length;

	if (path[0] == '/')
		return path_as_given(path, out);
	if (!getcwd(absolute, sizeof(absolute)))
		return errno == ERANGE ? -ENAMETOOLONG : -errno;
	length = strlen(absolute);
	if (length + 1 + strlen(path) >= SOCK_PATH_SIZE)
		return -ENAMETOOLONG;
	absolute[length] = '/';
	strcpy(absolute + length + 1, path);
	return path_as_given(absolute, out);
}

int path_resolve(const char *name, char out[SOCK_PATH_SIZE])
{
	char folder[SOCK_PATH_SIZE];
	char path[SOCK_PATH_SIZE + PATH_NAME_MAX + sizeof("/.sock")];
	int err;

	if (!*name)
		return -EINVAL;
	if (strchr(name, '/'))
		return path_absolute(name, out);
	err = name_check(name);
	if (err < 0)
		return err;
	err = path_folder(folder);
	if (err < 0)
		return err;
	snprintf(path, sizeof(path), "%s/%s.sock", folder, name);
	return path_as_given(path, out);
}

int path_split(const char *path, char folder[PATH_MAX], char name[NAME_MAX + 1])
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t length = slash ? (size_t)(slash - path) : 0;

	if (!*base || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
		return -EINVAL;
	if (length >= PATH_MAX || strlen(base) > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(folder, path, length);
	folder[length] = '\0';
	if (length == 0)
		strcpy(folder, slash ? "/" : ".");
	strcpy(name, base);
	return 0;
}
