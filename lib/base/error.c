/*
 * The library gives some errno values a meaning narrower than the system's, above all how far a
 * call got: those have a text here. The others have the text of libc, untranslated, since a
 * translation may allocate and depends on the locale.
 */
#include "base/error.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

static const struct {
	int error;
	const char *text;
} texts[] = {
	{ 0, "success" },

	/* It did not run. */
	{ EAGAIN, "no room now; nothing was done" },
	{ ENOTCONN, "no session with that peer" },
	{ ESTALE, "the peer id is of a session that is over" },
	{ ENOENT, "no such action, call, peer or descriptor" },
	{ EDEADLK, "waiting here could never end; it did not run" },
	{ EBUSY, "too many open calls; it did not run" },
	{ EMSGSIZE, "too large, or too many descriptors" },
	{ EINVAL, "invalid argument" },
	{ EPERM, "not permitted, or not in this role" },
	{ EEXIST, "the name is taken" },
	{ ECHILD, "the handle belongs to the parent process" },
	{ EALREADY, "already done, or already under way" },

	/* It may have run. */
	{ ETIMEDOUT, "the deadline has passed; it may have run" },
	{ ECANCELED, "cancelled; it may have run" },
	{ EPIPE, "peer died; it may have run" },
	{ ESHUTDOWN, "the channel is closing; it may have run" },

	/* Opening a channel. */
	{ EADDRINUSE, "the channel has a primary already" },
	{ ECONNREFUSED, "the channel has no primary" },
	{ EACCES, "access denied" },
	{ EPROTO, "peer broke the protocol" },
	{ EPROTONOSUPPORT, "peer speaks an incompatible version of the protocol" },
	{ EUSERS, "the channel has all the peers it may have" },
	{ EOPNOTSUPP, "not supported here" },

	/* Resources. */
	{ ENOMEM, "out of memory" },
	{ ENOBUFS, "too much is waiting to be sent; the outcome was lost" },
	{ EMFILE, "out of descriptors" },
	{ ENFILE, "the system is out of descriptors" },
};

const char *error_text(int e)
{
	const char *text;

	if (e < 0 && e != INT_MIN)
		e = -e;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].error == e)
			return texts[i].text;
	}
	text = strerrordesc_np(e);
	return text ? text : "unknown error";
}
