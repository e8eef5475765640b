/*
 * getrandom(2) is asked directly: it needs no descriptor, and gives all of a request of up to 256
 * bytes unless a signal comes; the loop takes care of the rest.
 */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

int random_bytes(void *buf, size_t len)
{
	unsigned char *next = buf;
	ssize_t n;

	while (len > 0) {
		n = getrandom(next, len, 0);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			next += n;
			len -= (size_t)n;
		}
	}
	return 0;
}
