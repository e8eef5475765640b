/*
 * Descriptors travel with their message, all or none, close-on-exec, and are closed wherever nobody
 * took them.
 */
#include <criterion/criterion.h>
#include <poll.h>

#include "api/verbs.h"

TestSuite(descriptors, .timeout = 120);

static int sent[COHORT_FDS_MAX + 1];

/* Takes every descriptor; the number is how many are the right file and close-on-exec. */
static int on_take(struct cohort_call *call, void *arg)
{
	struct entry e = { .deed = CALLED, .fds = cohort_call_fds(call) };

	for (size_t i = 0; i < e.fds; i++) {
		int fd = cohort_call_fd_take(call, i);

		e.number += same_file(fd, sent[i]) && is_close_on_exec(fd) && fd != sent[i];
		close(fd);
	}
	journal_write(&((struct side *)arg)->journal, e);
	return 0;
}

static struct stage *stage_that_takes(void)
{
	struct stage *s = stage_new();

	side_add(&s->primary, "take", on_take);
	side_add(&s->secondary[0], "take", on_take);
	stage_start(s, 1);
	return s;
}

static int send_fds(struct side *from, cohort_peer to, const char *action, size_t n, uint32_t flags)
{
	struct cohort_message m = COHORT_MESSAGE(action, "x", 1);

	m.fds = sent;
	m.nfds = n;
	m.flags = flags;
	return cohort_send(from->c, to, &m, PATIENCE);
}

static void make_files(size_t n)
{
	for (size_t i = 0; i < n; i++)
		sent[i] = make_memfd();
}

static void close_files(size_t n)
{
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(close(sent[i]), 0);
}

static void descriptors_arrive(struct side *from, struct side *to, cohort_peer peer)
{
	static const size_t counts[] = { 1, 0, 2, 253, 16, 252 };

	make_files(253);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		cr_assert_eq(send_fds(from, peer, "take", counts[i], 0), 0);
		cr_assert(journal_await(&to->journal, CALLED, i + 1));
		cr_assert_eq(journal_entry(&to->journal, CALLED, i).fds, counts[i]);
		cr_assert_eq(journal_entry(&to->journal, CALLED, i).number, counts[i]);
	}
	close_files(253);
}

Test(descriptors, arrive_at_the_primary_in_their_order)
{
	struct stage *s = stage_that_takes();

	descriptors_arrive(&s->secondary[0], &s->primary, COHORT_PRIMARY);
	stage_close(s);
}

Test(descriptors, arrive_at_a_secondary_in_their_order)
{
	struct stage *s = stage_that_takes();

	descriptors_arrive(&s->primary, &s->secondary[0], id_of(&s->secondary[0]));
	stage_close(s);
}

Test(descriptors, more_than_253_are_refused)
{
	struct stage *s = stage_that_takes();

	make_files(254);
	cr_assert_eq(send_fds(&s->secondary[0], COHORT_PRIMARY, "take", 254, COHORT_GIVE_FDS),
		     -EINVAL);
	close_files(254);
	stage_close(s);
}

Test(descriptors, given_twice_arrive_twice)
{
	struct stage *s = stage_that_takes();

	make_files(1);
	sent[1] = sent[0];
	cr_assert_eq(send_fds(&s->secondary[0], COHORT_PRIMARY, "take", 2, 0), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).number, 2);
	close_files(1);
	stage_close(s);
}

Test(descriptors, that_are_not_open_are_refused_and_the_others_stay)
{
	struct stage *s = stage_that_takes();

	make_files(2);
	close(sent[1]);
	cr_assert_eq(send_fds(&s->secondary[0], COHORT_PRIMARY, "take", 2, COHORT_GIVE_FDS),
		     -EBADF);
	cr_assert(is_open(sent[0]));
	sent[1] = -1;
	cr_assert_eq(send_fds(&s->secondary[0], COHORT_PRIMARY, "take", 2, COHORT_GIVE_FDS),
		     -EBADF);
	cr_assert(is_open(sent[0]));
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "note", 7), 0);
	cr_assert_eq(journal_count(&s->primary.journal, CALLED), 1);
	close_files(1);
	stage_close(s);
}

Test(descriptors, of_every_kind_arrive)
{
	struct stage *s = stage_that_takes();
	int pair[2], tube[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	cr_assert_eq(pipe(tube), 0);
	sent[0] = open("/", O_PATH);
	sent[1] = open("/dev/null", O_RDWR);
	sent[2] = pair[0];
	sent[3] = pair[1];
	sent[4] = tube[0];
	sent[5] = tube[1];
	sent[6] = open("/", O_RDONLY | O_DIRECTORY);
	sent[7] = socket(AF_INET, SOCK_DGRAM, 0);
	cr_assert_eq(send_fds(&s->secondary[0], COHORT_PRIMARY, "take", 8, 0), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).number, 8);
	close_files(8);
	stage_close(s);
}

Test(descriptors, stay_open_unless_they_were_given)
{
	struct stage *s = stage_that_takes();

	make_files(2);
	cr_assert_eq(send_fds(&s->secondary[0], COHORT_PRIMARY, "note", 2, 0), 0);
	cr_assert(is_open(sent[0]) && is_open(sent[1]));
	cr_assert_eq(send_fds(&s->secondary[0], COHORT_PRIMARY, "note", 2, COHORT_GIVE_FDS), 0);
	cr_assert(!is_open(sent[0]) && !is_open(sent[1]));
	cr_assert(journal_await(&s->primary.journal, CALLED, 2));
	stage_close(s);
}

Test(descriptors, given_to_a_call_that_fails_stay_the_callers)
{
	struct stage *s = stage_that_takes();
	struct cohort_message m = COHORT_MESSAGE("nobody", NULL, 0);

	make_files(1);
	m.fds = sent;
	m.nfds = 1;
	m.flags = COHORT_GIVE_FDS;
	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, -1), -EINVAL);
	cr_assert_eq(cohort_broadcast(s->secondary[0].c, &m, 0, NULL), -EPERM);
	cr_assert_eq(cohort_request(s->secondary[0].c, COHORT_PRIMARY, &m, 0, NULL), -ETIMEDOUT);
	m.length = 1;
	cr_assert_eq(cohort_send(s->secondary[0].c, COHORT_PRIMARY, &m, 0), -EINVAL);
	cr_assert(is_open(sent[0]));
	close_files(1);
	stage_close(s);
}

/* Whether the writing end of a pipe has been closed everywhere. */
static bool reaches_end(int reading)
{
	struct pollfd p = { .fd = reading, .events = POLLIN };
	char c;

	return poll(&p, 1, PATIENCE_MS) == 1 && read(reading, &c, 1) == 0;
}

/* Gives the writing end of a pipe to an action; returns the reading end. */
static int give_pipe(struct side *from, cohort_peer to, const char *action)
{
	int tube[2];

	cr_assert_eq(pipe2(tube, O_CLOEXEC), 0);
	sent[0] = tube[1];
	cr_assert_eq(send_fds(from, to, action, 1, COHORT_GIVE_FDS), 0);
	return tube[0];
}

Test(descriptors, that_the_handler_does_not_take_are_closed)
{
	struct stage *s = stage_open(1);
	int reading = give_pipe(&s->secondary[0], COHORT_PRIMARY, "note");

	cr_assert(reaches_end(reading));
	close(reading);
	stage_close(s);
}

Test(descriptors, of_a_message_that_nobody_handles_are_closed)
{
	struct stage *s = stage_open(1);
	int reading = give_pipe(&s->primary, id_of(&s->secondary[0]), "nobody");

	cr_assert(reaches_end(reading));
	cr_assert(journal_await(&s->secondary[0].journal, LOST, 1));
	close(reading);
	stage_close(s);
}

Test(descriptors, that_are_not_served_before_close_are_closed)
{
	struct stage *s = stage_new();
	int reading;

	s->primary.config.close_timeout = 0;
	stage_start(s, 1);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "hold", 1), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	reading = give_pipe(&s->secondary[0], COHORT_PRIMARY, "note");
	gate_open(&s->gate);
	side_close(&s->primary);
	side_close(&s->secondary[0]);
	cr_assert(reaches_end(reading));
	close(reading);
	stage_close(s);
}

/* What a handler may do with descriptor 0; the number tells whether all went as it must. */
static int on_try(struct cohort_call *call, void *arg)
{
	int fd = cohort_call_fd_take(call, 0);
	bool right = fd >= 0 && cohort_call_fd_take(call, 0) == -EALREADY &&
		     cohort_call_fd_take(call, 1) == -EINVAL && cohort_call_fds(call) == 1;

	journal_write(&((struct side *)arg)->journal,
		      (struct entry){ .deed = CALLED, .number = right, .detail = fd });
	return 0;
}

Test(descriptors, can_be_taken_once_and_stay_after_the_handler)
{
	struct stage *s = stage_new();
	int fd;

	side_add(&s->primary, "try", on_try);
	stage_start(s, 1);
	make_files(1);
	cr_assert_eq(send_fds(&s->secondary[0], COHORT_PRIMARY, "try", 1, 0), 0);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "note", 1), 0);
	cr_assert_eq(journal_entry(&s->primary.journal, CALLED, 0).number, 1);
	fd = journal_entry(&s->primary.journal, CALLED, 0).detail;
	cr_assert(same_file(fd, sent[0]));
	close(fd);
	close_files(1);
	stage_close(s);
}
