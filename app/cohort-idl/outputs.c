/*
 * A file is written beside its place and then renamed, so that whoever reads it sees all or nothing.
 * What is no regular file, such as /dev/null, is written to as it is; and of a link it is the file
 * behind it that changes.
 */
#include "outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

int output_open(struct output *o, const char *path)
{
	*o = (struct output){ .path = path };
	o->stream = open_memstream(&o->data, &o->length);
	return o->stream ? 0 : -errno;
}

static int finish(struct output *o)
{
	FILE *stream = o->stream;

	o->stream = NULL;
	return fclose(stream) == 0 ? 0 : -errno;
}

static int write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, data, length);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			length -= (size_t)n;
		}
	}
	return 0;
}

/* With the permissions that a new file would have. */
static int write_temporary(struct output *o)
{
	mode_t mask = umask(0);
	int fd, err;

	umask(mask);
	o->temporary = text_format("%s.XXXXXX", o->path);
	fd = mkostemp(o->temporary, O_CLOEXEC);
	if (fd < 0) {
		o->temporary = NULL;
		return -errno;
	}
	err = fchmod(fd, 0666 & ~mask) == 0 ? write_all(fd, o->data, o->length) : -errno;
	if (close(fd) != 0 && !err)
		err = -errno;
	return err;
}

static int prepare(struct output *o)
{
	struct stat st;
	char *real;

	if (strcmp(o->path, "-") == 0)
		return 0;
	if (stat(o->path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return -EISDIR;
		if (!S_ISREG(st.st_mode))
			return 0;
		real = realpath(o->path, NULL);
		if (!real)
			return -errno;
		o->path = text_copy(real, strlen(real));
		free(real);
	}
	return write_temporary(o);
}

static int write_directly(const struct output *o)
{
	bool standard = strcmp(o->path, "-") == 0;
	int fd = standard ? STDOUT_FILENO : open(o->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int err;

	if (fd < 0)
		return -errno;
	err = write_all(fd, o->data, o->length);
	if (!standard)
		close(fd);
	return err;
}

static int commit(struct output *o)
{
	if (!o->temporary)
		return write_directly(o);
	if (rename(o->temporary, o->path) != 0)
		return -errno;
	o->temporary = NULL;
	return 0;
}

static int for_all(struct output *outputs, size_t n, int (*step)(struct output *o),
		   const char **failed)
{
	for (size_t i = 0; i < n; i++) {
		int err;

		*failed = outputs[i].path;
		err = step(&outputs[i]);
		if (err)
			return err;
	}
	return 0;
}

int outputs_write(struct output *outputs, size_t n, const char **failed)
{
	int err = for_all(outputs, n, finish, failed);

	if (!err)
		err = for_all(outputs, n, prepare, failed);
	return err ? err : for_all(outputs, n, commit, failed);
}

void outputs_close(struct output *outputs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (outputs[i].stream)
			fclose(outputs[i].stream);
		if (outputs[i].temporary)
			unlink(outputs[i].temporary);
		free(outputs[i].data);
	}
}
