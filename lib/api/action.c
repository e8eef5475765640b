#include "cohort/action.h"

#include <errno.h>

#include "engine/announce.h"
#include "engine/channel.h"

int cohort_register(struct cohort *c, const struct cohort_action *action)
{
	int err = action ? channel_enter(c) : -EINVAL;

	if (err)
		return err;
	err = c->observes ? -EOPNOTSUPP : announce_register(c, action);
	channel_leave(c);
	return err;
}

int cohort_unregister(struct cohort *c, const char *name)
{
	int err = name ? channel_enter(c) : -EINVAL;

	if (err)
		return err;
	err = c->observes ? -EOPNOTSUPP : announce_unregister(c, name);
	channel_leave(c);
	return err;
}
