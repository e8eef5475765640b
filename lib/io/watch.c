/*
 * The folder is watched, not the file, which does not exist yet. bind() is IN_CREATE, a rename
 * into place IN_MOVED_TO; chmod, chown and the touch of sock_listen() are IN_ATTRIB. That last
 * one matters: who connects at IN_CREATE may come before listen().
 */
#include "io/watch.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/fd.h"
#include "io/path.h"

#define WATCH_BUFFER_SIZE (16 * (sizeof(struct inotify_event) + NAME_MAX + 1))
#define WATCH_FILE (IN_CREATE | IN_MOVED_TO | IN_ATTRIB)
#define WATCH_FOLDER (IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define WATCH_LOST (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

int watch_init(struct watch *watch, const char *path)
{
	char folder[PATH_MAX];
	int err;

	*watch = WATCH_NONE;
	err = path_split(path, folder, watch->name);
	if (err < 0)
		return err;
	watch->fd = fd_own(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
	if (watch->fd < 0)
		return -errno;
	if (inotify_add_watch(watch->fd, folder, WATCH_FILE | WATCH_FOLDER) < 0) {
		err = -errno;
		fd_close(&watch->fd);
	}
	return err;
}

void watch_deinit(struct watch *watch)
{
	if (watch)
		fd_close(&watch->fd);
}

int watch_fd(const struct watch *watch)
{
	return watch->fd;
}

/* IN_ATTRIB without a name is the folder's own: it may have been opened to us. */
static bool event_is_ours(const struct watch *watch, const struct inotify_event *event)
{
	if (event->mask & (WATCH_LOST | IN_Q_OVERFLOW))
		return true;
	return event->len == 0 || strcmp(event->name, watch->name) == 0;
}

static bool watch_take_event(struct watch *watch, const struct inotify_event *event)
{
	if (event->mask & WATCH_LOST)
		watch->lost = true;
	return event_is_ours(watch, event);
}

static bool watch_take_events(struct watch *watch, const char *buffer, size_t length)
{
	bool ours = false;

	while (length >= sizeof(struct inotify_event)) {
		const struct inotify_event *event = (const void *)buffer;
		size_t size = sizeof(*event) + event->len;

		ours |= watch_take_event(watch, event);
		buffer += size;
		length -= size;
	}
	return ours;
}

/*
 * One buffer a call: in a folder where others make files all the time, "until it is empty" could
 * be never.
 */
bool watch_read(struct watch *watch)
{
	_Alignas(struct inotify_event) char buffer[WATCH_BUFFER_SIZE];
	ssize_t got;

	do
		got = read(watch->fd, buffer, sizeof(buffer));
	while (got < 0 && errno == EINTR);
	return got > 0 && watch_take_events(watch, buffer, (size_t)got);
}
