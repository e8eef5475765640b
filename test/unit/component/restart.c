/*
 * Restarting: which ends of a worker are followed by another, how many, and how soon.
 */
#include "component/restart.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>

#define EXITED(n) ((n) << 8)

static struct restart restart;

static void begin(struct cohort_component_config config)
{
	cr_assert_eq(restart_init(&restart, &config), 0);
}

static void teardown(void)
{
	restart_deinit(&restart);
}

static struct cohort_component_config config_of(enum cohort_restart policy)
{
	struct cohort_component_config config = COHORT_COMPONENT_CONFIG_INIT;

	config.restart = policy;
	return config;
}

static bool restarts(int status)
{
	int64_t delay;

	return restart_next(&restart, 0, status, &delay);
}

static int64_t delay_at(int64_t now)
{
	int64_t delay = -1;

	cr_assert(restart_next(&restart, now, SIGKILL, &delay));
	return delay;
}

Test(restart, never_means_never, .fini = teardown)
{
	begin(config_of(COHORT_RESTART_NEVER));
	cr_assert_not(restarts(SIGSEGV));
	cr_assert_not(restarts(EXITED(1)));
	cr_assert_not(restarts(EXITED(0)));
	cr_assert_not(restarts(-1));
}

Test(restart, on_failure_means_all_but_an_exit_with_0, .fini = teardown)
{
	begin(config_of(COHORT_RESTART_ON_FAILURE));
	cr_assert(restarts(SIGSEGV));
	cr_assert(restarts(EXITED(1)));
	cr_assert(restarts(-1));
	cr_assert_not(restarts(EXITED(0)));
}

Test(restart, always_includes_an_exit_with_0, .fini = teardown)
{
	begin(config_of(COHORT_RESTART_ALWAYS));
	cr_assert(restarts(EXITED(0)));
	cr_assert(restarts(SIGSEGV));
}

Test(restart, ends_at_the_limit, .fini = teardown)
{
	struct cohort_component_config config = config_of(COHORT_RESTART_ALWAYS);

	config.restart_limit = 3;
	begin(config);
	for (int i = 0; i < 3; i++)
		cr_assert(restarts(1));
	cr_assert_not(restarts(1));
	cr_assert_not(restarts(1));
}

Test(restart, without_a_limit_goes_on, .fini = teardown)
{
	begin(config_of(COHORT_RESTART_ALWAYS));
	for (int i = 0; i < 1000; i++)
		cr_assert(restarts(1));
}

Test(restart, only_those_within_the_window_count, .fini = teardown)
{
	struct cohort_component_config config = config_of(COHORT_RESTART_ALWAYS);
	int64_t delay = -1;

	config.restart_limit = 2;
	config.restart_window = 100;
	begin(config);
	delay_at(1000);
	delay_at(1060);
	cr_assert_not(restart_next(&restart, 1099, 1, &delay));
	cr_assert_eq(delay, -1, "written without success");
	delay_at(1100); /* the first is out of the window, the second is not */
	cr_assert_not(restart_next(&restart, 1159, 1, &delay));
	delay_at(1160);
}

Test(restart, each_waits_twice_as_long_up_to_the_most, .fini = teardown)
{
	static const int64_t expected[] = { 10, 20, 40, 80, 100, 100 };
	struct cohort_component_config config = config_of(COHORT_RESTART_ALWAYS);

	config.restart_delay = 10;
	config.restart_delay_max = 100;
	begin(config);
	for (unsigned i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		cr_assert_eq(delay_at(i), expected[i], "the %u.", i);
}

Test(restart, the_delay_begins_anew_after_a_quiet_window, .fini = teardown)
{
	struct cohort_component_config config = config_of(COHORT_RESTART_ALWAYS);

	config.restart_delay = 10;
	config.restart_delay_max = 100;
	config.restart_window = 1000;
	begin(config);
	cr_assert_eq(delay_at(0), 10);
	cr_assert_eq(delay_at(500), 20);
	cr_assert_eq(delay_at(1200), 20);
	cr_assert_eq(delay_at(9000), 10);
}

Test(restart, the_longest_delays_do_not_overflow, .fini = teardown)
{
	struct cohort_component_config config = config_of(COHORT_RESTART_ALWAYS);

	config.restart_delay = 1;
	config.restart_delay_max = COHORT_FOREVER;
	begin(config);
	for (unsigned i = 0; i < 200; i++)
		cr_assert_gt(delay_at(i), 0);
	cr_assert_eq(delay_at(200), COHORT_FOREVER);
}

Test(restart, no_delay_stays_none, .fini = teardown)
{
	struct cohort_component_config config = config_of(COHORT_RESTART_ALWAYS);

	config.restart_delay = 0;
	begin(config);
	for (unsigned i = 0; i < 10; i++)
		cr_assert_eq(delay_at(i), 0);
}

static void refuses(struct cohort_component_config config)
{
	struct restart bad;

	cr_assert_eq(restart_init(&bad, &config), -EINVAL);
	restart_deinit(&bad);
}

Test(restart, what_makes_no_sense_is_refused)
{
	struct cohort_component_config config = config_of(COHORT_RESTART_ALWAYS);

	config.restart_delay = -1;
	refuses(config);
	config.restart_delay = 0;
	config.restart_delay_max = -1;
	refuses(config);
	config.restart_delay_max = 0;
	config.restart_window = -1;
	refuses(config);
	config.restart_window = 0;
	config.restart_limit = RESTART_LIMIT_MAX + 1;
	refuses(config);
	config.restart_limit = 0;
	config.restart = (enum cohort_restart)3;
	refuses(config);
}
