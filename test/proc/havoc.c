/*
 * Processes are killed at random moments while all of them work as hard as they can, and come and go in the middle of
 * broadcasts. Afterwards the sums must agree: what was accepted was handled or reported lost, and nobody holds more
 * than before.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "proc/common/scene.h"
#include "proc/common/tally.h"

#define WORKERS 3
#define VISITORS 4
#define TALLY_PATH_MAX 128
#define MOMENT_US 20000
#define LARGE_EVERY 64 /* worker.c: each message of so many is a large one */

struct havoc {
	struct scene scene;
	struct child primary, worker[WORKERS];
	char tally_path[WORKERS][TALLY_PATH_MAX];
	struct tally *tally[WORKERS];
	struct census quiet[WORKERS + 1];
};

static struct tally *tally_make(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	void *map;

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, sizeof(struct tally)), 0);
	map = mmap(NULL, sizeof(struct tally), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	cr_assert_neq(map, MAP_FAILED);
	close(fd);
	return map;
}

static void tally_name(struct havoc *h, int i)
{
	char path[TALLY_PATH_MAX];

	cr_assert_lt(snprintf(path, sizeof(path), "%s/tally-%d", h->scene.folder, i),
		     TALLY_PATH_MAX);
	memcpy(h->tally_path[i], path, sizeof(path));
}

static void worker_start(struct havoc *h, int i)
{
	char option[TALLY_PATH_MAX + 8];

	snprintf(option, sizeof(option), "tally=%s", h->tally_path[i]);
	atomic_store(&h->tally[i]->tried, 0);
	atomic_store(&h->tally[i]->accepted, 0);
	program_start(&h->worker[i], "worker", "secondary", &h->scene, "open=20000", option, NULL);
	member_expect(&h->worker[i], "open ");
}

static void primary_start(struct havoc *h)
{
	program_start(&h->primary, "worker", "primary", &h->scene, NULL);
	member_expect(&h->primary, "open ");
}

static void havoc_open(struct havoc *h)
{
	scene_open(&h->scene);
	primary_start(h);
	for (int i = 0; i < WORKERS; i++) {
		tally_name(h, i);
		h->tally[i] = tally_make(h->tally_path[i]);
		worker_start(h, i);
	}
}

static void expect_report(struct child *child)
{
	member_do(child, "report", "report");
	cr_assert_eq(number_after(child, "disorder"), 0, "%s", child->line);
	cr_assert_eq(number_after(child, "wrong"), 0, "%s", child->line);
}

static void quit(struct child *child)
{
	member_do(child, "close 0", "quit");
	cr_assert_eq(child_wait(child, 3 * PATIENCE_MS), 0);
	child_end(child);
}

static void havoc_close(struct havoc *h)
{
	for (int i = 0; i < WORKERS; i++)
		quit(&h->worker[i]);
	quit(&h->primary);
	for (int i = 0; i < WORKERS; i++) {
		munmap(h->tally[i], sizeof(struct tally));
		unlink(h->tally_path[i]);
	}
	scene_close(&h->scene);
}

static void all_go(struct havoc *h)
{
	cr_assert(child_say(&h->primary, "go"));
	for (int i = 0; i < WORKERS; i++)
		cr_assert(child_say(&h->worker[i], "go"));
}

static void all_pause(struct havoc *h)
{
	member_do(&h->primary, "paused", "pause");
	for (int i = 0; i < WORKERS; i++)
		member_do(&h->worker[i], "paused", "pause");
	expect_report(&h->primary);
	for (int i = 0; i < WORKERS; i++)
		expect_report(&h->worker[i]);
}

/*
 * Waits until this one has sent and received a little of everything, large messages of each of its peers too, and so
 * holds all that it will ever need.
 */
static void warm_up(struct child *child, int peers)
{
	int64_t end = now_ns() + COHORT_MS(3 * PATIENCE_MS);

	do
		expect_report(child);
	while ((number_after(child, "handled") < 2 * LARGE_EVERY ||
		number_after(child, "answered") < 20 || number_after(child, "heard") < peers) &&
	       now_ns() < end);
	cr_assert_geq(number_after(child, "handled"), 2 * LARGE_EVERY, "%s", child->line);
	cr_assert_eq(number_after(child, "heard"), peers, "%s", child->line);
}

static void census_of_all(struct havoc *h)
{
	cr_assert_eq(census_take(&h->quiet[WORKERS], h->primary.pid, NULL), 0);
	for (int i = 0; i < WORKERS; i++)
		cr_assert_eq(census_take(&h->quiet[i], h->worker[i].pid, NULL), 0);
}

static bool no_more_than(const struct census *now, const struct census *quiet)
{
	return now->descriptors <= quiet->descriptors && now->threads <= quiet->threads &&
	       now->mappings <= quiet->mappings && now->children <= quiet->children;
}

/*
 * Who still lives holds no more than it held when all first paused. It may be less: some things are made when they
 * are first needed, and the last sessions were short.
 */
static void expect_clean(const struct census *quiet, const struct child *child)
{
	static struct census now;
	int64_t end = now_ns() + PATIENCE;

	do
		cr_assert_eq(census_take(&now, child->pid, NULL), 0);
	while (!no_more_than(&now, quiet) && now_ns() < end);
	cr_assert(no_more_than(&now, quiet),
		  "%u descriptors, %u threads, %u mappings; were %u, %u, %u\n%s", now.descriptors,
		  now.threads, now.mappings, quiet->descriptors, quiet->threads, quiet->mappings,
		  now.names);
}

/* The moment is random: this waits for nothing. */
static void random_moment(void)
{
	struct timespec pause = { 0, 1000 * (random() % MOMENT_US) };

	nanosleep(&pause, NULL);
}

/*
 * A secondary's stream, as the primary saw it: from the first message on, without a gap, up to the last that was
 * accepted; the one that was just being sent may or may not have come.
 */
static void expect_sums(struct havoc *h, int i)
{
	uint64_t seen;

	member_expect(&h->primary, "left ");
	cr_assert_eq(number_after(&h->primary, "disorder"), 0, "%s", h->primary.line);
	seen = (uint64_t)(number_after(&h->primary, "first") +
			  number_after(&h->primary, "handled") + number_after(&h->primary, "lost"));
	cr_assert_geq(seen, atomic_load(&h->tally[i]->accepted), "%s", h->primary.line);
	cr_assert_leq(seen, atomic_load(&h->tally[i]->tried), "%s", h->primary.line);
}

static void kill_a_secondary(struct havoc *h)
{
	int i = (int)(random() % WORKERS);

	member_kill(&h->worker[i]);
	expect_sums(h, i);
	worker_start(h, i);
}

static void kill_the_primary(struct havoc *h)
{
	member_kill(&h->primary);
	for (int i = 0; i < WORKERS; i++) {
		member_expect(&h->worker[i], "left ");
		cr_assert_eq(number_after(&h->worker[i], "disorder"), 0, "%s", h->worker[i].line);
	}
	primary_start(h);
	for (int i = 0; i < WORKERS; i++)
		member_expect(&h->worker[i], "joined");
}

static void wreak(void (*act)(struct havoc *), unsigned times)
{
	static struct havoc h;

	srandom(29);
	havoc_open(&h);
	all_go(&h);
	warm_up(&h.primary, WORKERS);
	for (int i = 0; i < WORKERS; i++)
		warm_up(&h.worker[i], 1);
	all_pause(&h);
	census_of_all(&h);
	for (unsigned n = 0; n < times; n++) {
		all_go(&h);
		random_moment();
		act(&h);
		all_pause(&h);
		if (n % 10 != 9)
			continue;
		expect_clean(&h.quiet[WORKERS], &h.primary);
		for (int i = 0; i < WORKERS; i++)
			expect_clean(&h.quiet[i], &h.worker[i]);
	}
	havoc_close(&h);
}

Test(havoc, secondaries_killed_under_load_leave_no_trace_and_the_sums_agree)
{
	wreak(kill_a_secondary, rounds(20, 500));
}

Test(havoc, primaries_killed_under_load_leave_no_trace_and_the_sums_agree)
{
	wreak(kill_the_primary, rounds(10, 500));
}

/* --- Coming and going ------------------------------------------------------------------------------------- */

struct broadcaster {
	struct host *host;
	_Atomic bool quit;
	int error;
};

static void *broadcast_on_and_on(void *arg)
{
	struct broadcaster *b = arg;
	uint64_t number = 0;
	struct cohort_message message = COHORT_MESSAGE("sequence", &number, sizeof(number));

	while (!atomic_load(&b->quit) && !b->error) {
		b->error = cohort_broadcast(b->host->c, &message, 0, NULL);
		number++;
		sched_yield();
	}
	return NULL;
}

Test(havoc, secondaries_come_and_go_in_the_middle_of_broadcasts)
{
	const unsigned each = rounds(250, 5000);
	struct broadcaster broadcaster;
	struct child visitor[VISITORS];
	struct scene scene;
	struct host host;
	pthread_t thread;
	char option[32], line[64];

	scene_open(&scene);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host_open(&host, &scene);
	broadcaster = (struct broadcaster){ .host = &host };
	cr_assert_eq(pthread_create(&thread, NULL, broadcast_on_and_on, &broadcaster), 0);
	snprintf(option, sizeof(option), "rounds=%u", each);
	for (int i = 0; i < VISITORS; i++)
		program_start(&visitor[i], "visitor", "secondary", &scene, "open=20000", option,
			      NULL);
	snprintf(line, sizeof(line), "visited %u disorder 0 error 0", each);
	for (int i = 0; i < VISITORS; i++) {
		cr_assert(child_expect(&visitor[i], "visited", soak() ? 600000 : 6 * PATIENCE_MS));
		cr_assert_str_eq(visitor[i].line, line);
		cr_assert_eq(child_wait(&visitor[i], PATIENCE_MS), 0);
		child_end(&visitor[i]);
	}
	atomic_store(&broadcaster.quit, true);
	pthread_join(thread, NULL);
	cr_assert_eq(broadcaster.error, 0);
	cr_assert(event_wait_for(&host.left, VISITORS * each, PATIENCE_MS));
	cr_assert_eq(event_count(&host.joined), VISITORS * each);
	cr_assert_eq(event_count(&host.left), VISITORS * each);
	host_close(&host);
	scene_close(&scene);
}
