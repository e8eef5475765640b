#include "body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"
#include "parse.h"
#include "table.h"
#include "tool.h"

#define LENGTH_MAX ((size_t)1 << 30) /* no channel takes more */

int body_attach_fd(void *to, const char *text)
{
	struct body *b = to;
	uint64_t number;
	int err = parse_number(text, &number);

	if (!err && (number > INT32_MAX || b->nattachments == COHORT_FDS_MAX))
		err = -ERANGE;
	if (!err)
		b->attachments[b->nattachments++].fd = (int)number;
	return err;
}

int body_attach_file(void *to, const char *text)
{
	struct body *b = to;

	if (b->nattachments == COHORT_FDS_MAX)
		return -ERANGE;
	b->attachments[b->nattachments++].path = text;
	return 0;
}

static int file_open(struct body *b, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return tool_fail(0, "%s: %s", path, strerror(errno));
	b->fds[b->nfds++] = fd;
	return 0;
}

/* What was inherited is not close-on-exec: so it is none of the tool's own. */
static int fd_check(struct body *b, int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || (flags & FD_CLOEXEC))
		return tool_fail(0, "--fd %d: %s", fd, strerror(EBADF));
	b->fds[b->nfds++] = fd;
	return 0;
}

static int attachments_open(struct body *b)
{
	int status = 0;

	for (size_t i = 0; i < b->nattachments && !status; i++) {
		status = b->attachments[i].path ? file_open(b, b->attachments[i].path)
						: fd_check(b, b->attachments[i].fd);
	}
	return status;
}

static int stdin_read(struct body *b)
{
	size_t capacity = 0;
	ssize_t n;

	do {
		int err = interrupt_wait(STDIN_FILENO, COHORT_FOREVER);

		if (err < 0)
			return err;
		if (b->length == capacity) {
			capacity = capacity ? 2 * capacity : 65536;
			b->bytes = tool_realloc(b->bytes, capacity);
		}
		n = read(STDIN_FILENO, b->bytes + b->length, capacity - b->length);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		b->length += n > 0 ? (size_t)n : 0;
		if (b->length > LENGTH_MAX)
			return -EMSGSIZE;
	} while (n != 0);
	return 0;
}

static int bytes_load(struct body *b, const char *text)
{
	int err;

	if (b->from_stdin && text)
		return tool_usage("DATA and --stdin exclude each other");
	if (b->from_stdin) {
		err = stdin_read(b);
		return err ? tool_fail(err, "standard input") : 0;
	}
	b->length = text ? strlen(text) : 0;
	b->bytes = tool_alloc(b->length);
	if (text)
		memcpy(b->bytes, text, b->length);
	return 0;
}

static int hex_decode(struct body *b)
{
	unsigned char *bytes;

	if (parse_hex((const char *)b->bytes, b->length, &bytes, &b->length))
		return tool_usage("the body is not pairs of hexadecimal digits");
	free(b->bytes);
	b->bytes = bytes;
	return 0;
}

int body_load(struct body *b, const char *text)
{
	int status = bytes_load(b, text);

	if (!status && b->hex)
		status = hex_decode(b);
	return status ? status : attachments_open(b);
}

void body_free(struct body *b)
{
	for (size_t i = 0; i < b->nfds; i++)
		if (b->attachments[i].path)
			close(b->fds[i]);
	free(b->bytes);
	*b = (struct body){ 0 };
}

void body_attach(const struct body *b, struct cohort_message *message)
{
	message->data = b->bytes;
	message->length = b->length;
	message->fds = b->fds;
	message->nfds = b->nfds;
}

static void hex_print(const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		printf("%02x", bytes[i]);
	putchar('\n');
}

/* Newlines and tabs are all that a text may do to a terminal. */
static void terminal_print(const char *bytes, size_t length)
{
	for (size_t i = 0, n; i < length; i += n) {
		n = 0;
		while (i + n < length && bytes[i + n] != '\n' && bytes[i + n] != '\t')
			n++;
		print_escaped(stdout, bytes + i, n);
		if (i + n < length)
			putchar(bytes[i + n++]);
	}
}

void body_print(const void *data, size_t length, bool hex, bool exactly)
{
	const char *bytes = data;
	bool terminal = isatty(STDOUT_FILENO);

	if (hex) {
		hex_print(data, length);
		return;
	}
	if (terminal)
		terminal_print(bytes, length);
	else
		fwrite(bytes, 1, length, stdout);
	if ((terminal || !exactly) && !(length && bytes[length - 1] == '\n'))
		putchar('\n');
}
