#include "cohort/channel.h"

#include <errno.h>
#include <unistd.h>

#include "engine/channel.h"

int cohort_open(struct cohort **out, const char *name, const struct cohort_config *config)
{
	return out && name ? channel_open(out, name, -1, config) : -EINVAL;
}

int cohort_open_fd(struct cohort **out, int fd, const struct cohort_config *config)
{
	int err;

	if (!out || !config || config->size != sizeof(*config) || config->role == COHORT_ROLE_AUTO)
		return -EINVAL;
	err = channel_check_socket(fd);
	return err ? err : channel_open(out, NULL, fd, config);
}

int cohort_adopt(struct cohort *c, int fd)
{
	int err = channel_enter(c);

	if (err)
		return err;
	err = c->role == COHORT_ROLE_PRIMARY ? io_adopt(c, fd) : -EPERM;
	if (!err)
		close(fd);
	channel_leave(c);
	return err;
}

int cohort_close(struct cohort *c)
{
	return channel_close(c);
}
