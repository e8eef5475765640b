/* Deadlines: pure arithmetic, so all of it is checked at its edges. */
#include <criterion/criterion.h>

#include "base/clock.h"

Test(clock, now_does_not_go_back)
{
	int64_t first = clock_now();

	cr_assert_gt(first, 0);
	cr_assert_geq(clock_now(), first);
}

Test(clock, a_deadline_is_the_timeout_after_now)
{
	cr_assert_eq(deadline_after(1000, 0), 1000);
	cr_assert_eq(deadline_after(1000, 5), 1005);
}

Test(clock, a_negative_timeout_counts_as_zero)
{
	cr_assert_eq(deadline_after(1000, -1), 1000);
	cr_assert_eq(deadline_after(1000, INT64_MIN), 1000);
}

Test(clock, a_deadline_saturates_at_never)
{
	cr_assert_eq(deadline_after(1, INT64_MAX - 1), DEADLINE_NEVER);
	cr_assert_eq(deadline_after(1000, INT64_MAX - 10), DEADLINE_NEVER);
	cr_assert_eq(deadline_after(0, DEADLINE_NEVER), DEADLINE_NEVER);
	cr_assert_eq(deadline_after(-1, DEADLINE_NEVER), DEADLINE_NEVER);
}

Test(clock, the_time_left_is_never_negative)
{
	cr_assert_eq(deadline_left(1000, 1005), 5);
	cr_assert_eq(deadline_left(1000, 1000), 0);
	cr_assert_eq(deadline_left(1000, 999), 0);
	cr_assert_eq(deadline_left(1000, INT64_MIN), 0);
}

Test(clock, the_time_left_until_never_is_never)
{
	cr_assert_eq(deadline_left(1000, DEADLINE_NEVER), DEADLINE_NEVER);
	cr_assert_eq(deadline_left(INT64_MIN, 1), DEADLINE_NEVER);
}

Test(clock, the_earlier_deadline_wins)
{
	cr_assert_eq(deadline_min(1, 2), 1);
	cr_assert_eq(deadline_min(2, 1), 1);
	cr_assert_eq(deadline_min(DEADLINE_NEVER, 7), 7);
}

Test(clock, a_deadline_becomes_a_timespec)
{
	struct timespec ts;

	deadline_to_timespec(3 * CLOCK_NS_PER_S + 17, &ts);
	cr_assert_eq(ts.tv_sec, 3);
	cr_assert_eq(ts.tv_nsec, 17);
	deadline_to_timespec(-1, &ts);
	cr_assert_eq(ts.tv_sec, 0);
	cr_assert_eq(ts.tv_nsec, 0);
}

Test(clock, milliseconds_are_rounded_up)
{
	cr_assert_eq(deadline_to_ms(0, 0), 0);
	cr_assert_eq(deadline_to_ms(5, 1), 0);
	cr_assert_eq(deadline_to_ms(0, 1), 1);
	cr_assert_eq(deadline_to_ms(0, CLOCK_NS_PER_MS), 1);
	cr_assert_eq(deadline_to_ms(0, CLOCK_NS_PER_MS + 1), 2);
}

Test(clock, milliseconds_are_minus_one_for_never_and_cut_when_too_many)
{
	cr_assert_eq(deadline_to_ms(0, DEADLINE_NEVER), -1);
	cr_assert_eq(deadline_to_ms(0, DEADLINE_NEVER - 1), INT_MAX);
}
