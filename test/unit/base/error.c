/* Texts of errors. */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/error.h"

Test(error, either_sign_has_the_same_text)
{
	cr_assert_str_eq(error_text(-EAGAIN), "no room now; nothing was done");
	cr_assert_eq(error_text(EAGAIN), error_text(-EAGAIN));
	cr_assert_eq(error_text(-ENOSPC), error_text(ENOSPC));
}

Test(error, zero_is_success)
{
	cr_assert_str_eq(error_text(0), "success");
}

Test(error, the_outcomes_of_a_call_say_how_far_it_got)
{
	cr_assert_str_eq(error_text(-ENOTCONN), "no session with that peer");
	cr_assert_str_eq(error_text(-ESTALE), "the peer id is of a session that is over");
	cr_assert_str_eq(error_text(-EPIPE), "peer died; it may have run");
	cr_assert_not_null(strstr(error_text(-EDEADLK), "did not run"));
	cr_assert_not_null(strstr(error_text(-EBUSY), "did not run"));
	cr_assert_not_null(strstr(error_text(-ETIMEDOUT), "may have run"));
	cr_assert_not_null(strstr(error_text(-ECANCELED), "may have run"));
	cr_assert_not_null(strstr(error_text(-ESHUTDOWN), "may have run"));
}

Test(error, other_errors_have_the_system_text)
{
	cr_assert_str_eq(error_text(-ENOSPC), "No space left on device");
}

Test(error, numbers_which_are_no_error_are_unknown)
{
	cr_assert_str_eq(error_text(100000), "unknown error");
	cr_assert_str_eq(error_text(-100000), "unknown error");
	cr_assert_str_eq(error_text(INT_MIN), "unknown error");
	cr_assert_str_eq(error_text(INT_MAX), "unknown error");
}

Test(error, every_number_has_a_text)
{
	for (int e = -200; e <= 200; e++) {
		cr_assert_not_null(error_text(e));
		cr_assert_neq(error_text(e)[0], '\0');
	}
}
