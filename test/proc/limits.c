/*
 * No descriptors left: what needs one fails with an error that says so, all else goes on, and once there are
 * descriptors again everything works.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proc/common/scene.h"

#define OTHERS 2

/* `full`, which is told by `number` or as "primary", has no descriptors left; `asker` sends it some. */
static void receive_without_descriptors(struct child *full, struct child *asker, const char *to)
{
	member_do(asker, "send 0 1", "send %s sequence 1 10000 0", to);
	member_await_sequence(full, 1);
	member_do(full, "fill", "fill 0");

	member_do(asker, "request", "request %s echo 10000 4 - x", to);
	cr_assert_eq(number_after(asker, "request"), -EMFILE, "%s", asker->line);
	member_do(asker, "send 0 3", "send %s sequence 3 10000 1", to);
	member_await_sequence(full, 4);
	cr_assert_eq(number_after(full, "lost"), 3, "%s", full->line);
	cr_assert_eq(number_after(full, "because"), COHORT_LOST_DESCRIPTORS, "%s", full->line);
	member_do(asker, "request 0 0 0", "request %s echo 10000 0 - x", to);
	member_do(full, "events", "events");
	cr_assert_eq(number_after(full, "left"), 0, "the session has ended: %s", full->line);

	member_do(full, "free", "free");
	member_do(asker, "request 0 0 4", "request %s echo 10000 4 - x", to);
	member_do(asker, "send 0 3", "send %s sequence 3 10000 1", to);
	member_await_sequence(full, 7);
	cr_assert_eq(number_after(full, "fds"), 3, "%s", full->line);
}

Test(limits, a_primary_without_descriptors_rejects_those_it_is_sent_and_goes_on)
{
	struct scene scene;
	struct child primary, secondary;

	scene_open(&scene);
	member_open(&primary, "primary", &scene, NULL);
	member_open(&secondary, "secondary", &scene, NULL);
	receive_without_descriptors(&primary, &secondary, "primary");
	member_close(&secondary);
	member_close(&primary);
	scene_close(&scene);
}

Test(limits, a_secondary_without_descriptors_rejects_those_it_is_sent_and_goes_on)
{
	struct scene scene;
	struct child primary, secondary;
	char number[16];

	scene_open(&scene);
	member_open(&primary, "primary", &scene, NULL);
	snprintf(number, sizeof(number), "%u", member_open(&secondary, "secondary", &scene, NULL));
	member_expect(&primary, "joined");
	receive_without_descriptors(&secondary, &primary, number);
	member_close(&secondary);
	member_close(&primary);
	scene_close(&scene);
}

Test(limits, a_requester_without_descriptors_learns_that_its_answer_could_not_come)
{
	struct scene scene;
	struct child primary, secondary;

	scene_open(&scene);
	member_open(&primary, "primary", &scene, NULL);
	member_open(&secondary, "secondary", &scene, NULL);
	member_do(&secondary, "fill", "fill 0");
	member_do(&secondary, "request", "request primary echo 10000 4 - x");
	cr_assert_eq(number_after(&secondary, "request"), -ENOBUFS, "%s", secondary.line);
	member_do(&secondary, "request 0 0 0", "request primary echo 10000 0 - x");
	member_do(&secondary, "free", "free");
	member_do(&secondary, "request 0 0 4", "request primary echo 10000 4 - x");
	member_close(&secondary);
	member_close(&primary);
	scene_close(&scene);
}

/* Clock ticks that a process has used. */
static long cpu_ticks(pid_t pid)
{
	char path[64], text[1024] = "";
	unsigned long user, kernel;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	cr_assert_not_null(f);
	cr_assert_neq(fread(text, 1, sizeof(text) - 1, f), 0);
	fclose(f);
	cr_assert_eq(sscanf(strrchr(text, ')'),
			    ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			    &kernel),
		     2);
	return (long)(user + kernel);
}

Test(limits,
     a_primary_without_descriptors_refuses_secondaries_without_spinning_and_later_takes_them)
{
	struct scene scene;
	struct child primary, secondary, late[OTHERS];
	long ticks;

	scene_open(&scene);
	member_open(&primary, "primary", &scene, NULL);
	member_open(&secondary, "secondary", &scene, NULL);
	member_do(&primary, "fill", "fill 0");
	ticks = cpu_ticks(primary.pid);
	for (int i = 0; i < OTHERS; i++)
		program_start(&late[i], "member", "secondary", &scene, "open=1000", NULL);
	for (int i = 0; i < OTHERS; i++) {
		member_expect(&late[i], "failed -");
		child_end(&late[i]);
	}
	cr_assert_lt(cpu_ticks(primary.pid) - ticks, sysconf(_SC_CLK_TCK),
		     "it used a second or more");
	member_do(&secondary, "request 0 0", "request primary echo 10000 0 - x");

	member_do(&primary, "free", "free");
	for (int i = 0; i < OTHERS; i++) {
		member_open(&late[i], "secondary", &scene, "open=20000", NULL);
		member_do(&late[i], "request 0 0 1", "request primary echo 10000 1 - x");
		member_close(&late[i]);
	}
	member_close(&secondary);
	member_close(&primary);
	scene_close(&scene);
}

/* Its place is free when the callback that says `left` has returned: who comes before that is refused. */
static void open_in_the_free_place(struct child *child, const struct scene *s)
{
	int64_t end = now_ns() + COHORT_MS(PATIENCE_MS);

	for (;;) {
		program_start(child, "member", "secondary", s, NULL);
		do
			member_expect(child, "");
		while (strncmp(child->line, "open ", 5) && strncmp(child->line, "failed ", 7));
		if (child->line[0] == 'o')
			return;
		cr_assert_eq(number_after(child, "failed"), -EUSERS, "%s", child->line);
		cr_assert_lt(now_ns(), end, "the place is never free");
		child_end(child);
	}
}

Test(limits, a_primary_that_is_full_refuses_one_more_and_takes_it_when_one_has_left)
{
	struct scene scene;
	struct child primary, first, second;

	scene_open(&scene);
	member_open(&primary, "primary", &scene, "peers=1", NULL);
	member_open(&first, "secondary", &scene, NULL);
	program_start(&second, "member", "secondary", &scene, "open=0", NULL);
	member_expect(&second, "failed");
	cr_assert_eq(number_after(&second, "failed"), -EUSERS, "%s", second.line);
	child_end(&second);
	member_close(&first);
	member_expect(&primary, "left");
	open_in_the_free_place(&second, &scene);
	member_close(&second);
	member_close(&primary);
	scene_close(&scene);
}

/*
 * The kernel counts descriptors in flight for each user, all its processes together: whoever lets one peer have them
 * all can send to nobody any more. Root is not counted, so this must also be run as somebody else.
 */
static void one_never_reads(uid_t uid)
{
	struct scene scene;
	struct child primary, deaf, other;
	unsigned deaf_number, other_number;
	char option[32], *user = uid ? option : NULL;
	long long taken;

	snprintf(option, sizeof(option), "uid=%u", (unsigned)uid);
	if (user)
		scene_open_for(&scene, uid);
	else
		scene_open(&scene);
	member_open(&primary, "primary", &scene, "nofile=512", user, NULL);
	deaf_number = member_open(&deaf, "secondary", &scene, "nofile=512", user, NULL);
	other_number = member_open(&other, "secondary", &scene, "nofile=512", user, NULL);
	member_expect(&primary, "joined");
	member_expect(&primary, "joined");
	member_stop(&deaf);

	member_do(&primary, "send", "send %u sequence 1000 0 3", deaf_number);
	cr_assert_eq(number_after(&primary, "send"), -EAGAIN, "%s", primary.line);
	taken = number_after(&primary, "send -11 ");
	cr_assert_gt(taken, 0);
	cr_assert_leq(taken * 3, COHORT_FDS_MAX);
	for (int i = 0; i < 100; i++)
		member_do(&primary, "request 0 0 10", "request %u echo 10000 10 - x", other_number);
	member_do(&other, "request 0 0 10", "request primary echo 10000 10 - x");

	member_go_on(&deaf);
	member_await_sequence(&deaf, (uint64_t)taken);
	cr_assert_eq(number_after(&deaf, "fds"), taken * 3, "%s", deaf.line);
	member_close(&deaf);
	member_close(&other);
	member_close(&primary);
	scene_close(&scene);
}

Test(limits, who_never_reads_its_socket_gets_an_error_and_others_their_descriptors)
{
	one_never_reads(0);
}

Test(limits, who_never_reads_its_socket_gets_an_error_and_others_their_descriptors_without_root)
{
	if (geteuid())
		cr_skip_test("the other test is this one already");
	one_never_reads(10000 + (uid_t)getpid() % 50000); /* hardly anybody else is that one */
}
