/*
 * What opening says to a configuration, a name or a descriptor that cannot be right.
 */
#include <criterion/criterion.h>
#include <sched.h>

#include "api/verbs.h"

TestSuite(arguments_of_open, .timeout = 120);

/* Both roles refuse a configuration in which one field has this value. */
#define REFUSED(field, value)                              \
	do {                                               \
		struct side primary_ = s->primary;         \
		struct side secondary_ = s->secondary[0];  \
		primary_.config.field = (value);           \
		secondary_.config.field = (value);         \
		refused(&primary_, #field " = " #value);   \
		refused(&secondary_, #field " = " #value); \
	} while (0)

static void refused(struct side *side, const char *what)
{
	int err = side_open(side);
	int pair[2];

	cr_expect_eq(err, -EINVAL, "%s, role %d: open returned %d", what, (int)side->config.role,
		     err);
	cr_expect_null(side->c);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	err = cohort_open_fd(&side->c, pair[0], &side->config);
	cr_expect_eq(err, -EINVAL, "%s, role %d: open_fd returned %d", what, (int)side->config.role,
		     err);
	cr_assert(is_open(pair[0]), "%s: the descriptor was taken", what);
	close(pair[0]);
	close(pair[1]);
}

Test(arguments_of_open, sizes_out_of_range_are_refused)
{
	struct stage *s = stage_new();

	REFUSED(size, 0);
	REFUSED(size, 1);
	REFUSED(ring_size, 8 << 10);
	REFUSED(ring_size, (256 << 10) + 1);
	REFUSED(ring_size, 128 << 20);
	REFUSED(bulk_size, 32 << 10);
	REFUSED(bulk_size, 3 << 20);
	REFUSED(bulk_size, (size_t)2 << 30);
	REFUSED(max_body, ((size_t)1 << 30) + 1);
	REFUSED(handler_threads, 9);
	REFUSED(stack_size, 4096);
	REFUSED(thread_name, "01234567890");
	stage_close(s);
}

Test(arguments_of_open, words_without_a_meaning_are_refused)
{
	struct stage *s = stage_new();

	REFUSED(role, (enum cohort_role)0);
	REFUSED(role, (enum cohort_role)4);
	REFUSED(flags, UINT32_C(1) << 31);
	REFUSED(overrun, (enum cohort_overrun)7);
	REFUSED(log_level, (enum cohort_log_level)9);
	REFUSED(mode, 010000);
	REFUSED(sched_policy, 77);
	stage_close(s);
}

Test(arguments_of_open, negative_times_are_refused)
{
	struct stage *s = stage_new();

	REFUSED(open_timeout, -1);
	REFUSED(close_timeout, -1);
	REFUSED(handshake_timeout, -1);
	REFUSED(slow_handler, -1);
	REFUSED(spin, -1);
	stage_close(s);
}

Test(arguments_of_open, counts_without_an_array_are_refused)
{
	struct stage *s = stage_new();

	REFUSED(actions, NULL);
	REFUSED(nallow_uids, 1);
	REFUSED(nallow_gids, 1);
	stage_close(s);
}

Test(arguments_of_open, bad_actions_are_refused)
{
	static const char *const names[] = { NULL,	"",	"a b", "cohort.mine",
					     "caf\xc3", "\x1f", "note" };
	struct stage *s = stage_new();
	const struct cohort_action good = s->primary.actions[0];
	struct cohort_action actions[2] = { good, good };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		actions[1].name = names[i];
		s->primary.config.nactions = 2;
		s->secondary[0].config.nactions = 2;
		REFUSED(actions, actions);
	}
	actions[1].name = "good";
	actions[1].size = 0;
	REFUSED(actions, actions);
	actions[1].size = sizeof(actions[1]);
	actions[1].handler = NULL;
	REFUSED(actions, actions);
	stage_close(s);
}

Test(arguments_of_open, missing_ones_are_refused)
{
	struct stage *s = stage_new();
	struct cohort *c = NULL;

	cr_expect_eq(cohort_open(NULL, s->path, &s->primary.config), -EINVAL);
	cr_expect_eq(cohort_open(&c, NULL, &s->primary.config), -EINVAL);
	cr_expect_eq(cohort_open(&c, "", &s->primary.config), -EINVAL);
	cr_expect_eq(cohort_open(&c, s->path, NULL), -EINVAL);
	cr_expect_eq(cohort_open_fd(NULL, 0, &s->primary.config), -EINVAL);
	cr_expect_eq(cohort_open_fd(&c, 0, NULL), -EINVAL);
	cr_expect_eq(cohort_adopt(NULL, 0), -EINVAL);
	cr_expect_null(c);
	stage_close(s);
}

/* open_fd by both roles and adopt refuse this descriptor and leave it open. */
static void fd_refused(struct stage *s, int fd, int error)
{
	struct cohort *c = NULL;

	cr_expect_eq(cohort_open_fd(&c, fd, &s->secondary[0].config), error);
	cr_expect_eq(cohort_open_fd(&c, fd, &s->secondary[1].config), error);
	cr_expect_eq(cohort_adopt(s->primary.c, fd), error);
	cr_expect_null(c);
	if (fd >= 0)
		cr_assert_eq(close(fd), 0);
}

Test(arguments_of_open, descriptors_that_are_no_such_socket_are_refused)
{
	struct stage *s = stage_open(0);
	int pair[2];

	s->secondary[1].config.role = COHORT_ROLE_PRIMARY;
	fd_refused(s, -1, -EBADF);
	fd_refused(s, make_memfd(), -ENOTSOCK);
	fd_refused(s, socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), -EPROTOTYPE);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	fd_refused(s, pair[0], -EPROTOTYPE);
	fd_refused(s, pair[1], -EPROTOTYPE);
	stage_close(s);
}

Test(arguments_of_open, a_pair_of_sockets_has_no_automatic_role)
{
	struct stage *s = stage_new();
	struct cohort *c = NULL;
	int pair[2];

	s->primary.config.role = COHORT_ROLE_AUTO;
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	cr_assert_eq(cohort_open_fd(&c, pair[0], &s->primary.config), -EINVAL);
	close(pair[0]);
	close(pair[1]);
	stage_close(s);
}

Test(arguments_of_open, only_a_primary_adopts)
{
	struct stage *s = stage_open(1);
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	cr_assert_eq(cohort_adopt(s->secondary[0].c, pair[0]), -EPERM);
	close(pair[0]);
	close(pair[1]);
	stage_close(s);
}

Test(arguments_of_open, everything_may_be_configured_at_once)
{
	static const uid_t uids[] = { 1, 2 };
	static const gid_t gids[] = { 3 };
	struct stage *s = stage_new();
	cpu_set_t cpus;
	struct side *sides[] = { &s->primary, &s->secondary[0] };

	cr_assert_eq(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	for (size_t i = 0; i < 2; i++) {
		struct cohort_config *config = &sides[i]->config;

		config->ring_size = 16 << 10;
		config->bulk_size = 64 << 10;
		config->max_body = 1 << 20;
		config->handler_threads = 8;
		config->max_peers = 4;
		config->allow_uids = uids;
		config->nallow_uids = 2;
		config->allow_gids = gids;
		config->nallow_gids = 1;
		config->mode = 0660;
		config->spin = 0;
		config->cpus = &cpus;
		config->cpus_size = sizeof(cpus);
		config->sched_policy = SCHED_OTHER;
		config->stack_size = 256 << 10;
		config->thread_name = "0123456789";
	}
	stage_start(s, 1);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "echo", 1), 0);
	cr_assert_eq(ask(&s->primary, id_of(&s->secondary[0]), "echo", 1), 0);
	stage_close(s);
}
