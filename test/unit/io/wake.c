/*
 * The wake descriptor.
 */
#include "io/wake.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

static bool is_readable(const struct wake *wake)
{
	struct pollfd one = { .fd = wake_fd(wake), .events = POLLIN };

	return poll(&one, 1, 0) == 1;
}

Test(wake, is_readable_from_signal_to_clear)
{
	struct wake wake;

	cr_assert_eq(wake_init(&wake), 0);
	cr_assert_not(is_readable(&wake));
	wake_signal(&wake);
	wake_signal(&wake);
	cr_assert(is_readable(&wake));
	wake_clear(&wake);
	cr_assert_not(is_readable(&wake));
	wake_clear(&wake);
	wake_deinit(&wake);
	cr_assert_eq(wake_fd(&wake), -1);
}

Test(wake, a_full_counter_does_not_block)
{
	const uint64_t most = UINT64_MAX - 1;
	struct wake wake;

	cr_assert_eq(wake_init(&wake), 0);
	cr_assert_eq(write(wake_fd(&wake), &most, sizeof(most)), (ssize_t)sizeof(most));
	wake_signal(&wake);
	cr_assert(is_readable(&wake));
	wake_deinit(&wake);
}
