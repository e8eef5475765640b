/*
 * Whose descriptors are whose, when a function does with them what it likes. In every mode the caller
 * keeps its own, gets one of its own, and nothing is left open.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "component/common/part.h"
#include "component/common/tables.h"
#include "support/support.h"

static part_function *behaviour;

static int invoke(const void *functions, void *self, struct cohort_job *job, const void *in,
		  void *out)
{
	(void)functions;
	return behaviour(self, job, in, out);
}

static const struct cohort_method methods[] = {
	{ "pass", 0, -1, &type_of_handle, &type_of_handle, invoke },
};
static const struct cohort_interface interface = { "test.Pass", 0, 1, methods };
static const struct cohort_interface *const uses[] = { &interface };
static const struct cohort_service services[] = { { &interface, methods } };

static int create(struct cohort_port *caller, const char *options, void **self)
{
	(void)options;
	*self = caller;
	return 0;
}

static const struct cohort_component_class class = {
	sizeof(class), "pass", services, 1, NULL, 0, create, NULL,
};

static int file(void)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	cr_assert_eq(pwrite(fd, "x", 1, 0), 1);
	return fd;
}

static bool is_file(int fd)
{
	char c = 0;

	return pread(fd, &c, 1, 0) == 1 && c == 'x';
}

static void call_in(const char *mode, int expected)
{
	struct cohort_component_config config = COHORT_COMPONENT_CONFIG_INIT;
	struct part_handle in = { file() }, *out;
	struct cohort_component *component;
	int err;

	config.mode = mode;
	config.component = &class;
	config.uses = uses;
	config.nuses = 1;
	config.start_timeout = config.call_timeout = COHORT_SECONDS(30);
	cr_assert_eq(cohort_component_start(&component, &config), 0);
	err = cohort_port_call(cohort_component_port(component), &interface, 0, &in, (void **)&out,
			       NULL, COHORT_METHOD_TIMEOUT);
	cr_assert_eq(err, expected, "%s: %s", mode, cohort_strerror(err));
	cr_assert(is_file(in.handle), "%s", mode);
	if (!err) {
		cr_assert_neq(out->handle, in.handle, "%s", mode);
		cr_assert(is_file(out->handle), "%s", mode);
		cohort_out_free(out);
	}
	cr_assert_eq(cohort_component_stop(component), 0);
	cr_assert_eq(close(in.handle), 0);
}

static void everywhere(part_function *function, int expected)
{
	static const char *const modes[] = { "direct", "thread", "loopback" };
	struct census before;
	char why[1024] = "";

	behaviour = function;
	cr_assert_eq(census_take(&before, 0, NULL), 0);
	for (size_t i = 0; i < 3; i++) {
		call_in(modes[i], expected);
		cr_assert(census_settle(&before, why, sizeof(why)), "%s: %s", modes[i], why);
	}
}

static int give_back(void *self, struct cohort_job *job, const void *in, void *out)
{
	(void)self;
	(void)job;
	*(struct part_handle *)out = *(const struct part_handle *)in;
	return 0;
}

Test(descriptors, a_function_may_give_back_what_it_did_not_take)
{
	everywhere(give_back, 0);
}

static int take_and_give_back(void *self, struct cohort_job *job, const void *in, void *out)
{
	int fd = cohort_job_fd_take(job, ((const struct part_handle *)in)->handle);

	(void)self;
	((struct part_handle *)out)->handle = fd;
	return fd < 0 ? fd : 0;
}

Test(descriptors, a_function_may_give_back_what_it_took)
{
	everywhere(take_and_give_back, 0);
}

static int take_twice(void *self, struct cohort_job *job, const void *in, void *out)
{
	int number = ((const struct part_handle *)in)->handle;
	int fd = cohort_job_fd_take(job, number), again = cohort_job_fd_take(job, number);

	(void)self;
	(void)out;
	close(fd);
	return again;
}

Test(descriptors, each_can_be_taken_once)
{
	everywhere(take_twice, -EINVAL);
}

static int fail_with_one(void *self, struct cohort_job *job, const void *in, void *out)
{
	(void)self;
	(void)job;
	(void)in;
	((struct part_handle *)out)->handle = file();
	return -EDOM;
}

Test(descriptors, what_a_function_that_fails_leaves_in_its_results_is_closed)
{
	everywhere(fail_with_one, -EDOM);
}

static int keep_and_answer(void *self, struct cohort_job *job, const void *in, void *out)
{
	const struct part_handle *kept;
	int err = cohort_job_keep(job, (const void **)&kept);

	(void)self;
	(void)in;
	(void)out;
	return err ? err : cohort_job_answer(job, 0, kept);
}

Test(descriptors, a_kept_job_may_be_answered_with_what_it_keeps)
{
	everywhere(keep_and_answer, 0);
}

static int keep_take_and_drop(void *self, struct cohort_job *job, const void *in, void *out)
{
	int err = cohort_job_keep(job, NULL), fd;

	(void)self;
	(void)out;
	if (err)
		return err;
	fd = cohort_job_fd_take(job, ((const struct part_handle *)in)->handle);
	if (fd >= 0)
		close(fd);
	cohort_job_drop(job);
	return 0;
}

Test(descriptors, a_function_that_kept_its_job_may_still_take_and_drop)
{
	everywhere(keep_take_and_drop, -ECANCELED);
}

static int answer_without(void *self, struct cohort_job *job, const void *in, void *out)
{
	int err = cohort_job_keep(job, NULL);

	(void)self;
	(void)in;
	(void)out;
	if (!err)
		cohort_job_answer(job, 0, NULL);
	return err;
}

Test(descriptors, an_answer_without_its_results_is_no_answer)
{
	everywhere(answer_without, -EBADMSG);
}
