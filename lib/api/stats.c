#include "cohort/stats.h"

#include "engine/channel.h"
#include "engine/query.h"

int cohort_stats(struct cohort *c, cohort_peer peer, struct cohort_counters *out)
{
	int err = channel_enter(c);

	if (err)
		return err;
	err = query_stats(c, peer, out);
	channel_leave(c);
	return err;
}

int cohort_remote_stats(struct cohort *c, cohort_peer peer, struct cohort_counters *out,
			int64_t timeout)
{
	int err = channel_enter(c);

	if (err)
		return err;
	err = query_remote_stats(c, peer, out, timeout);
	channel_leave(c);
	return err;
}
