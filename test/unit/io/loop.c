/*
 * The epoll loop and the wake descriptor.
 */
#include "io/loop.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "io/wake.h"

#define SOON (clock_now() + 10 * CLOCK_NS_PER_S)

static struct loop loop;
static struct wake wake;

static void setup(void)
{
	cr_assert_eq(loop_init(&loop), 0);
	cr_assert_eq(wake_init(&wake), 0);
}

static void teardown(void)
{
	wake_deinit(&wake);
	loop_deinit(&loop);
	wake_deinit(NULL);
	loop_deinit(NULL);
}

Test(loop, an_event_carries_its_tag_and_stays_until_it_is_cleared, .init = setup, .fini = teardown)
{
	struct loop_event event;

	cr_assert_eq(loop_add(&loop, wake_fd(&wake), EPOLLIN, UINT64_MAX), 0);
	cr_assert_eq(loop_wait(&loop, &event, 1, 0), 0);
	wake_signal(&wake);
	wake_signal(&wake);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(loop_wait(&loop, &event, 1, SOON), 1);
		cr_assert_eq(event.tag, UINT64_MAX);
		cr_assert_eq(event.events, EPOLLIN);
	}
	wake_clear(&wake);
	wake_clear(&wake);
	cr_assert_eq(loop_wait(&loop, &event, 1, 0), 0);
}

Test(loop, change_and_remove_do_what_they_say, .init = setup, .fini = teardown)
{
	struct loop_event event;

	wake_signal(&wake);
	cr_assert_eq(loop_change(&loop, wake_fd(&wake), EPOLLIN, 1), -ENOENT);
	cr_assert_eq(loop_remove(&loop, wake_fd(&wake)), -ENOENT);
	cr_assert_eq(loop_add(&loop, wake_fd(&wake), EPOLLIN, 1), 0);
	cr_assert_eq(loop_add(&loop, wake_fd(&wake), EPOLLIN, 1), -EEXIST);
	cr_assert_eq(loop_change(&loop, wake_fd(&wake), EPOLLIN, 2), 0);
	cr_assert_eq(loop_wait(&loop, &event, 1, SOON), 1);
	cr_assert_eq(event.tag, 2);
	cr_assert_eq(loop_remove(&loop, wake_fd(&wake)), 0);
	cr_assert_eq(loop_wait(&loop, &event, 1, 0), 0);
}

Test(loop, wait_returns_at_the_deadline_and_not_before, .init = setup, .fini = teardown)
{
	struct loop_event event;
	int64_t deadline = clock_now() + 3 * CLOCK_NS_PER_MS / 2;

	cr_assert_eq(loop_wait(&loop, &event, 1, deadline), 0);
	cr_assert_geq(clock_now(), deadline);
	cr_assert_eq(loop_wait(&loop, &event, 1, INT64_MIN), 0);
}

Test(loop, one_wait_brings_at_most_what_was_asked_for, .init = setup, .fini = teardown)
{
	struct loop_event events[LOOP_WAIT_MAX + 6];
	struct wake many[LOOP_WAIT_MAX + 6];

	for (unsigned i = 0; i < LOOP_WAIT_MAX + 6; i++) {
		cr_assert_eq(wake_init(&many[i]), 0);
		wake_signal(&many[i]);
		cr_assert_eq(loop_add(&loop, wake_fd(&many[i]), EPOLLIN | EPOLLET, i), 0);
	}
	cr_assert_eq(loop_wait(&loop, events, 2, SOON), 2);
	cr_assert_eq(loop_wait(&loop, events, LOOP_WAIT_MAX + 6, SOON), LOOP_WAIT_MAX);
	cr_assert_eq(loop_wait(&loop, events, LOOP_WAIT_MAX + 6, SOON), 4);
	for (unsigned i = 0; i < LOOP_WAIT_MAX + 6; i++)
		wake_deinit(&many[i]);
}

static void on_alarm(int signal)
{
	(void)signal;
}

Test(loop, a_signal_ends_a_wait_with_no_events, .init = setup, .fini = teardown)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval storm = { { 0, 100 }, { 0, 100 } };
	struct itimerval calm = { { 0, 0 }, { 0, 0 } };
	struct loop_event event;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &storm, NULL);
	for (int i = 0; i < 20; i++)
		cr_assert_eq(loop_wait(&loop, &event, 1, DEADLINE_NEVER), 0);
	setitimer(ITIMER_REAL, &calm, NULL);
}

static void *signal_it(void *arg)
{
	wake_signal(arg);
	return NULL;
}

Test(loop, a_wake_from_another_thread_ends_a_wait_without_deadline, .init = setup, .fini = teardown)
{
	struct loop_event event;
	pthread_t thread;

	cr_assert_eq(loop_add(&loop, wake_fd(&wake), EPOLLIN, 5), 0);
	cr_assert_eq(pthread_create(&thread, NULL, signal_it, &wake), 0);
	cr_assert_eq(loop_wait(&loop, &event, 1, DEADLINE_NEVER), 1);
	cr_assert_eq(event.tag, 5);
	wake_clear(&wake);
	pthread_join(thread, NULL);
}

Test(loop, descriptors_are_close_on_exec, .init = setup, .fini = teardown)
{
	cr_assert(fcntl(loop.fd, F_GETFD) & FD_CLOEXEC);
	cr_assert(fcntl(wake.fd, F_GETFD) & FD_CLOEXEC);
}
