#include "cohort/message.h"

#include "engine/channel.h"
#include "engine/send.h"

int cohort_send(struct cohort *c, cohort_peer to, const struct cohort_message *message,
		int64_t timeout)
{
	int err = channel_check(c);

	return err ? err : send_message(c, to, message, timeout);
}

int cohort_broadcast(struct cohort *c, const struct cohort_message *message, int64_t timeout,
		     struct cohort_delivery *delivery)
{
	int err = channel_enter(c);

	if (err)
		return err;
	err = send_broadcast(c, message, timeout, delivery);
	channel_leave(c);
	return err;
}
