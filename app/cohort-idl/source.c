#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diagnostics.h"
#include "memory.h"
#include "utf8.h"

#define LARGEST ((size_t)16 << 20)
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct file *source_new(const char *path)
{
	struct file *file = node_new(sizeof(*file));

	file->path = path;
	file->module = "";
	file->c_prefix = "";
	return file;
}

static int read_all(int fd, char *to, size_t *length)
{
	size_t n = 0;
	ssize_t got = 1;

	while (got > 0 && n <= LARGEST) {
		got = read(fd, to + n, LARGEST + 1 - n);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got < 0)
			return -errno;
		else
			n += (size_t)got;
	}
	*length = n;
	return n > LARGEST ? -EFBIG : 0;
}

static int take_text(struct file *file, int fd)
{
	char *all = malloc(LARGEST + 1);
	size_t length = 0, skip;
	int err;

	if (!all)
		return -ENOMEM;
	err = read_all(fd, all, &length);
	if (!err) {
		skip = length >= 3 && memcmp(all, BYTE_ORDER_MARK, 3) == 0 ? 3 : 0;
		file->text = text_copy(all + skip, length - skip);
		file->length = length - skip;
	}
	free(all);
	return err;
}

static int check_kind(int fd, bool any)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return any || S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

int source_read(struct file *file, bool any)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (any ? 0 : O_NONBLOCK));
	int err;

	if (fd < 0)
		return -errno;
	err = check_kind(fd, any);
	if (!err)
		err = take_text(file, fd);
	close(fd);
	return err;
}

static bool control(const char *at, size_t left)
{
	unsigned char c = (unsigned char)*at;

	if (c == '\r')
		return left < 2 || at[1] != '\n';
	return (c < 0x20 && c != '\t' && c != '\n') || c == 0x7f;
}

static bool refused(struct place place, const char *at, size_t left)
{
	size_t n = utf8_length(at, left);
	unsigned char c = (unsigned char)*at;

	if (n == 0)
		error_at(place, "the file is not UTF-8: byte 0x%02x", c);
	else if (c == 0)
		error_at(place, "the file has a NUL byte");
	else if (control(at, left))
		error_at(place, "the file has a control character: 0x%02x", c);
	else if (utf8_turns_text(at, n))
		error_at(place, "the file has a character that changes the direction of text");
	else
		return false;
	return true;
}

bool source_verify(const struct file *file)
{
	struct place place = { file, 1, 1 };

	for (size_t i = 0; i < file->length;) {
		const char *at = file->text + i;

		if (refused(place, at, file->length - i))
			return false;
		if (*at == '\n')
			place = (struct place){ file, place.line + 1, 0 };
		place.column += (uint32_t)utf8_length(at, file->length - i);
		i += utf8_length(at, file->length - i);
	}
	return true;
}
