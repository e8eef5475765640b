/*
 * The component's side of a channel whose other side is late.
 */
#include "component/host.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/support.h"

static int create(struct cohort_port *caller, const char *options, void **self)
{
	(void)caller;
	(void)options;
	*self = NULL;
	return 0;
}

static const struct cohort_component_class class = { .size = sizeof(class),
						     .name = "test.Nothing",
						     .create = create };

Test(host, waits_for_its_caller_as_long_as_it_may)
{
	struct host_options options = { .open_timeout = COHORT_MS(1500), .thread_name = "host" };
	int64_t began = now_ns();
	struct host *host;
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	cr_assert_eq(host_new(&host, &class), 0);
	cr_assert_eq(host_open(host, pair[1], &options), -ETIMEDOUT);
	cr_assert_geq(now_ns() - began, options.open_timeout);
	host_free(host);
	close(pair[0]);
	close(pair[1]);
}
