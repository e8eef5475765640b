/*
 * A process is killed at every step of its session: before each call that it makes to the system.
 * The other side is told, its calls end with an error that says so, and it goes on with the next
 * peer as if nothing had been. `left` is called for each `joined`, nothing is left behind.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/common/scene.h"

TestSuite(death, .timeout = 600);

/* Ordinarily every so many steps; the long form takes each. */
#define STRIDE 7

/* A session of everything; what fails here fails because the other side is not there yet. */
static void live(enum side side)
{
	if (scene_open_side(side))
		return;
	if (side == PRIMARY)
		cohort_wait(scene_handle(side), NULL, 1, SHORT);
	scene_send(side, SMALL, 0);
	scene_send(side, BULK, SCENE_FDS);
	scene_request(side, "echo", 64, 1);
	scene_request(side, "echo", BULK, 0);
	scene_request(side, "slow", SMALL, 0);
	scene_send(side, LARGE, 0);
	scene_close_side(side);
}

_Noreturn static void be_victim(enum side side, unsigned n, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent) {
		inject_death(n);
		live(side);
		inject_death(0);
	}
	_exit(run_exit_status());
}

static pid_t start_victim(enum side side, unsigned n)
{
	pid_t parent = getpid(), victim = fork();

	if (victim == 0)
		be_victim(side, n, parent);
	EXPECT(victim > 0);
	return victim;
}

static void talk(enum side side)
{
	if (!scene_handle(side))
		return;
	scene_send(side, SMALL, 1);
	scene_request(side, "echo", 64, 0);
	scene_request(side, "echo", BULK, 1);
}

/* Whether the victim came to its end by itself. */
static bool talk_until_dead(enum side side, pid_t victim)
{
	int status = 0;

	while (waitpid(victim, &status, WNOHANG) == 0)
		talk(side);
	if (WIFEXITED(status))
		EXPECT(WEXITSTATUS(status) == 0);
	else
		EXPECT(WTERMSIG(status) == SIGKILL);
	talk(side);
	return WIFEXITED(status);
}

static int works(void)
{
	int err = scene_request(SECONDARY, "echo", BULK, SCENE_FDS);

	return err ? err : scene_request(PRIMARY, "echo", 64, 0);
}

struct death {
	enum side side; /* whose */
	unsigned n;
};

static void die_at(const void *arg)
{
	const struct death *death = arg;
	enum side survivor = death->side == PRIMARY ? SECONDARY : PRIMARY;
	pid_t victim;

	scene_begin(false);
	scene_other_process();
	victim = start_victim(death->side, death->n);
	scene_open_side(survivor);
	if (talk_until_dead(survivor, victim))
		run_finished();
	scene_alone();
	scene_end(works);
}

static unsigned die_everywhere(enum side side)
{
	const char *only = getenv("COHORT_FAULT_N");
	struct death death = { .side = side, .n = only ? (unsigned)atoi(only) : 1 };
	unsigned bad = 0;
	bool finished = false;
	char what[64];

	for (; !finished && bad < 5; death.n += getenv("COHORT_SOAK") ? 1 : STRIDE) {
		snprintf(what, sizeof(what), "killed at call %u", death.n);
		bad += !run_in_child(die_at, &death, what, &finished);
		if (only)
			break;
	}
	return bad;
}

Test(death, of_the_secondary_at_any_step_is_survived)
{
	cr_assert_eq(die_everywhere(SECONDARY), 0);
}

Test(death, of_the_primary_at_any_step_is_survived)
{
	cr_assert_eq(die_everywhere(PRIMARY), 0);
}
