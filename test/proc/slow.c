/*
 * Processes that are slow, stopped, or ask for more than is good for them: nobody else may notice.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proc/common/scene.h"

#define MEMBERS 16
#define BROADCASTS 100000
#define ROUNDS 21
#define WINDOW 1000 /* broadcasts between two looks at whether the others keep up */

/*
 * A call that must not wait for anybody takes less than this, on any machine: whom it would wait for
 * moves only when the test says so.
 */
#define SHORT COHORT_SECONDS(10)

/* A sanitizer keeps books of its own about memory, which grow. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_GROWTH_KB (16 * 16384)
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MEMORY_GROWTH_KB (16 * 16384)
#endif
#endif
#ifndef MEMORY_GROWTH_KB
#define MEMORY_GROWTH_KB 16384
#endif

static long memory_kb(void)
{
	char line[128];
	long kb = 0;
	FILE *f = fopen("/proc/self/status", "re");

	cr_assert_not_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %ld", &kb) == 1)
			break;
	fclose(f);
	return kb;
}

struct crowd {
	struct scene scene;
	struct host host;
	struct child child[MEMBERS];
	cohort_peer peer[MEMBERS];
};

static void crowd_open(struct crowd *crowd, enum cohort_overrun overrun)
{
	scene_open(&crowd->scene);
	host_init(&crowd->host, COHORT_ROLE_PRIMARY);
	crowd->host.config.overrun = overrun;
	host_open(&crowd->host, &crowd->scene);
	for (int i = 0; i < MEMBERS; i++)
		crowd->peer[i] = host_peer(&crowd->host, member_open(&crowd->child[i], "secondary",
								     &crowd->scene, NULL));
}

static void crowd_close(struct crowd *crowd)
{
	for (int i = 0; i < MEMBERS; i++)
		member_close(&crowd->child[i]);
	host_close(&crowd->host);
	scene_close(&crowd->scene);
}

/* An answer means that all that was sent before has been handled: that is how the others keep up. */
static void let_others_catch_up(struct crowd *crowd)
{
	for (int i = 1; i < MEMBERS; i++)
		host_echo(&crowd->host, crowd->peer[i]);
}

/* Tells everybody the numbers below `count`, and asserts that only the first one, which is stopped, misses any. */
static void broadcast_past_the_first(struct crowd *crowd, uint64_t count)
{
	struct cohort_missed missed[MEMBERS];
	struct cohort_message message = COHORT_MESSAGE("sequence", NULL, sizeof(uint64_t));

	for (uint64_t n = 0; n < count; n++) {
		struct cohort_delivery delivery = COHORT_DELIVERY_INIT;

		message.data = &n;
		delivery.missed = missed;
		delivery.capacity = MEMBERS;
		cr_assert_eq(cohort_broadcast(crowd->host.c, &message, 0, &delivery), 0);
		cr_assert_leq(delivery.nmissed, 1);
		cr_assert(!delivery.nmissed || missed[0].peer == crowd->peer[0]);
		cr_assert_geq(delivery.delivered, MEMBERS - 1);
		if (n % WINDOW == WINDOW - 1)
			let_others_catch_up(crowd);
	}
}

Test(slow, a_stopped_process_misses_broadcasts_and_is_told_how_many_while_fifteen_get_them_all)
{
	static struct crowd crowd;
	const uint64_t count = BROADCASTS;
	long memory;

	crowd_open(&crowd, COHORT_OVERRUN_LOSE);
	member_stop(&crowd.child[0]);
	memory = memory_kb();
	broadcast_past_the_first(&crowd, count);
	cr_assert_lt(memory_kb() - memory, MEMORY_GROWTH_KB);
	for (int i = 1; i < MEMBERS; i++) {
		member_await_sequence(&crowd.child[i], count);
		cr_assert_eq(number_after(&crowd.child[i], "lost"), 0);
	}
	member_go_on(&crowd.child[0]);
	member_await_sequence(&crowd.child[0], count);
	cr_assert_gt(number_after(&crowd.child[0], "lost"), 0);
	cr_assert_eq(number_after(&crowd.child[0], "because"), COHORT_LOST_OVERRUN);
	cr_assert_eq(event_count(&crowd.host.left), 0);
	crowd_close(&crowd);
}

Test(slow, a_stopped_process_is_disconnected_if_that_is_the_policy)
{
	static struct crowd crowd;

	crowd_open(&crowd, COHORT_OVERRUN_DISCONNECT);
	member_stop(&crowd.child[0]);
	for (uint64_t n = 0; n < BROADCASTS && !event_count(&crowd.host.left); n += WINDOW) {
		struct cohort_message message = COHORT_MESSAGE("sequence", NULL, sizeof(uint64_t));

		for (uint64_t i = n; i < n + WINDOW; i++) {
			message.data = &i;
			cr_assert_eq(cohort_broadcast(crowd.host.c, &message, 0, NULL), 0);
		}
		let_others_catch_up(&crowd);
	}
	cr_assert(event_wait_for(&crowd.host.left, 1, PATIENCE_MS));
	cr_assert_eq(host_last_left(&crowd.host), crowd.peer[0]);
	cr_assert_eq(host_reason(&crowd.host), COHORT_LEFT_OVERRUN);
	cr_assert_eq(event_count(&crowd.host.left), 1);
	member_go_on(&crowd.child[0]);
	member_expect(&crowd.child[0], "left ");
	cr_assert_str_eq(strrchr(crowd.child[0].line, ' '), " 4", "%s", crowd.child[0].line);
	crowd_close(&crowd);
}

Test(slow, a_send_to_a_stopped_process_returns_at_its_deadline)
{
	struct scene scene;
	struct host host;
	struct child child;
	cohort_peer peer;
	int64_t began, took;
	uint64_t n = 0;

	scene_open(&scene);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host_open(&host, &scene);
	peer = host_peer(&host, member_open(&child, "secondary", &scene, NULL));
	member_stop(&child);
	while (host_send(&host, peer, "sequence", n, 0, 0) == 0)
		n++;
	cr_assert_gt(n, 0);
	cr_assert_eq(host_send(&host, peer, "sequence", n, 0, 0), -EAGAIN);
	began = now_ns();
	cr_assert_eq(host_send(&host, peer, "sequence", n, 0, COHORT_MS(200)), -EAGAIN);
	took = now_ns() - began;
	cr_assert_geq(took, COHORT_MS(200));
	cr_assert_lt(took, COHORT_MS(200) + SHORT);
	member_go_on(&child);
	cr_assert_eq(host_send(&host, peer, "sequence", n, 0, PATIENCE), 0);
	member_await_sequence(&child, n + 1);
	cr_assert_eq(number_after(&child, "lost"), 0);
	member_close(&child);
	host_close(&host);
	scene_close(&scene);
}

struct waker {
	struct child *child;
	atomic_int waits; /* broadcasts that have begun */
};

/* Not before the second broadcast had time to find no room. */
static void *go_on_later(void *arg)
{
	struct waker *waker = arg;
	struct timespec pause = { 0, 100000000 };

	while (waker->waits < 2)
		sched_yield();
	nanosleep(&pause, NULL);
	member_go_on(waker->child);
	return NULL;
}

/* A body in a memfd, and descriptors: two frames. */
Test(slow, a_broadcast_with_time_waits_for_a_stopped_process_to_read_its_socket)
{
	struct scene scene;
	struct host host;
	struct child child;
	struct waker waker = { .child = &child };
	pthread_t thread;
	unsigned char body[40000] = { 0 };
	int fd = 2;

	scene_open(&scene);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host.config.ring_size = 16384;
	host.config.bulk_size = 65536;
	host_open(&host, &scene);
	member_open(&child, "secondary", &scene, NULL);
	cr_assert_eq(cohort_wait(host.c, "sequence", 1, PATIENCE), 0);
	member_stop(&child);
	cr_assert_eq(pthread_create(&thread, NULL, go_on_later, &waker), 0);
	for (uint64_t i = 0; i < 2; i++) {
		struct cohort_message m = COHORT_MESSAGE("sequence", body, sizeof(body));
		struct cohort_delivery delivery = COHORT_DELIVERY_INIT;

		m.fds = &fd;
		m.nfds = 1;
		memcpy(body, &i, sizeof(i));
		waker.waits++;
		cr_assert_eq(cohort_broadcast(host.c, &m, PATIENCE, &delivery), 0);
		cr_assert_eq(delivery.delivered, 1, "%u missed it", (unsigned)delivery.nmissed);
	}
	pthread_join(thread, NULL);
	member_await_sequence(&child, 2);
	member_close(&child);
	host_close(&host);
	scene_close(&scene);
}

/* --- Floods ----------------------------------------------------------------------------------------------- */

/* The answers are large and carry a descriptor: they would pile up here if the asker were trusted to take them. */
static int on_give(struct cohort_call *call, void *arg)
{
	static const char body[4000];
	struct cohort_message answer = COHORT_MESSAGE(NULL, body, sizeof(body));
	int fd = 2, err;

	(void)arg;
	answer.fds = &fd;
	answer.nfds = 1;
	err = cohort_call_reply(call, 0, &answer);
	return err < 0 ? err : 0;
}

static unsigned descriptors_now(void)
{
	static struct census census;

	cr_assert_eq(census_take(&census, 0, NULL), 0);
	return census.descriptors;
}

Test(slow, who_floods_requests_and_never_reads_the_answers_hurts_only_itself)
{
	struct scene scene;
	struct host host;
	struct child flooder, other;
	unsigned descriptors;
	long memory;

	scene_open(&scene);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host_add(&host, "give", on_give, NULL, 0);
	host_open(&host, &scene);
	member_open(&flooder, "secondary", &scene, "own-loop=1", NULL);
	member_open(&other, "secondary", &scene, NULL);
	descriptors = descriptors_now();
	memory = memory_kb();

	member_do(&flooder, "flood ", "flood give 100000 0");
	cr_assert_leq(number_after(&flooder, "flood -11 "), 128, "%s", flooder.line);
	member_stop(&flooder);
	for (int i = 0; i < 100; i++)
		member_do(&other, "request 0 0", "request primary echo 20000 1 - x");
	cr_assert_leq(descriptors_now(), descriptors + 2 * COHORT_FDS_MAX);
	cr_assert_lt(memory_kb() - memory, MEMORY_GROWTH_KB);

	member_kill(&flooder);
	cr_assert(event_wait_for(&host.left, 1, PATIENCE_MS));
	member_do(&other, "request 0 0", "request primary echo 20000 1 - x");
	member_close(&other);
	host_close(&host);
	scene_close(&scene);
}

static int on_tick(struct cohort_call *call, void *arg)
{
	struct timespec pause = { 0, 200000 };
	struct host *host = arg;

	(void)call;
	pthread_mutex_lock(&host->lock);
	host->ticks++;
	pthread_mutex_unlock(&host->lock);
	event_signal(&host->calls);
	nanosleep(&pause, NULL);
	return 0;
}

/* Answers how many ticks ran since it ran last, negated. */
static int on_measure(struct cohort_call *call, void *arg)
{
	struct host *host = arg;
	unsigned long ticks;

	(void)call;
	pthread_mutex_lock(&host->lock);
	ticks = host->ticks;
	host->ticks = 0;
	pthread_mutex_unlock(&host->lock);
	return ticks < INT_MAX ? -(int)ticks : -INT_MAX;
}

/* Sends so much that the primary always has something to do for it. */
static void flood_with_ticks(struct host *host, struct child *flooder)
{
	unsigned long before = event_count(&host->calls);

	cr_assert(child_say(flooder, "send primary tick 100000000 60000 0"));
	cr_assert(event_wait_for(&host->calls, before + 100, PATIENCE_MS));
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

/*
 * How many handlers of others ran in each round trip of one who asks. That counts what ran while
 * this test and the one who asks got no processor, too, so of all rounds the middle one is taken.
 */
static int handlers_between(struct child *asker)
{
	int between[ROUNDS];

	member_do(asker, "request 0 ", "request primary measure 20000 0 - x");
	for (int i = 0; i < ROUNDS; i++) {
		member_do(asker, "request 0 ", "request primary measure 20000 0 - x");
		between[i] = -(int)number_after(asker, "request 0 ");
	}
	qsort(between, ROUNDS, sizeof(between[0]), by_number);
	return between[ROUNDS / 2];
}

static void saturate(unsigned nflooders)
{
	struct scene scene;
	struct host host;
	struct child flooder[MEMBERS], other;
	int between;

	scene_open(&scene);
	host_init(&host, COHORT_ROLE_PRIMARY);
	host_add(&host, "tick", on_tick, &host, 0);
	host_add(&host, "measure", on_measure, &host, 0);
	host_open(&host, &scene);
	member_open(&other, "secondary", &scene, NULL);
	for (unsigned i = 0; i < nflooders; i++) {
		member_open(&flooder[i], "secondary", &scene, NULL);
		flood_with_ticks(&host, &flooder[i]);
	}

	between = handlers_between(&other);
	cr_assert_leq(between, (int)nflooders * 500, "%d handlers of others ran first", between);

	for (unsigned i = 0; i < nflooders; i++)
		member_kill(&flooder[i]);
	member_close(&other);
	host_close(&host);
	scene_close(&scene);
}

Test(slow, who_saturates_the_primary_lets_others_in_after_a_few_handlers)
{
	saturate(1);
}

Test(slow, several_who_saturate_the_primary_let_others_in_after_a_few_handlers)
{
	saturate(3);
}

/* --- A handler that does not return ------------------------------------------------------------------------ */

struct stuck {
	struct scene scene;
	struct host host;
	struct child asker, other;
	cohort_peer other_peer;
};

/* The asker's handler holds the primary's handler thread until the test lets it go. */
static void stuck_open(struct stuck *s, const char *action)
{
	scene_open(&s->scene);
	host_init(&s->host, COHORT_ROLE_PRIMARY);
	host_open(&s->host, &s->scene);
	member_open(&s->asker, "secondary", &s->scene, NULL);
	s->other_peer = host_peer(&s->host, member_open(&s->other, "secondary", &s->scene, NULL));
	member_do(&s->asker, "async 0 1", "async primary %s 60000 1", action);
	cr_assert(event_wait_for(&s->host.held, 1, PATIENCE_MS));
}

static void stuck_close(struct stuck *s)
{
	sem_post(&s->host.release);
	member_expect(&s->asker, "done 1 0");
	member_close(&s->asker);
	member_close(&s->other);
	host_close(&s->host);
	scene_close(&s->scene);
}

Test(slow, a_handler_that_sleeps_does_not_keep_a_new_secondary_from_joining)
{
	struct stuck s;
	struct child late;
	int64_t began;

	stuck_open(&s, "hold");
	began = now_ns();
	member_open(&late, "secondary", &s.scene, NULL);
	cr_assert_lt(now_ns() - began, SHORT);
	cr_assert_eq(cohort_peers(s.host.c, NULL, 0, 0), 3);
	member_do(&late, "peers 3", "peers");
	member_close(&late);
	stuck_close(&s);
}

Test(slow, a_handler_that_sleeps_does_not_delay_a_request_to_another_process)
{
	struct stuck s;
	int64_t began;

	stuck_open(&s, "hold");
	began = now_ns();
	host_echo(&s.host, s.other_peer);
	cr_assert_lt(now_ns() - began, SHORT);
	stuck_close(&s);
}

Test(slow, a_handler_that_sleeps_does_not_delay_deadlines)
{
	struct stuck s;
	int64_t began, took;

	stuck_open(&s, "hold");
	began = now_ns();
	cr_assert_eq(host_ask(&s.host, s.other_peer, "keep", "", COHORT_MS(200), NULL), -ETIMEDOUT);
	took = now_ns() - began;
	cr_assert_geq(took, COHORT_MS(200));
	cr_assert_lt(took, SHORT);
	member_do(&s.other, "request -110", "request primary echo 200 0 - x");
	stuck_close(&s);
}

Test(slow, a_handler_that_sleeps_does_not_hide_a_death)
{
	struct stuck s;
	int64_t end = now_ns() + PATIENCE;

	stuck_open(&s, "hold");
	cr_assert_eq(child_kill(&s.other, SIGKILL), 0);
	while (cohort_peers(s.host.c, NULL, 0, 0) > 1 && now_ns() < end)
		child_wait(&s.other, 1);
	cr_assert_eq(cohort_peers(s.host.c, NULL, 0, 0), 1);
	cr_assert_eq(host_send(&s.host, s.other_peer, "sequence", 0, 0, 0), -ESTALE);
	child_end(&s.other);
	member_open(&s.other, "secondary", &s.scene, NULL);
	stuck_close(&s);
}

Test(slow, other_actions_of_a_peer_are_served_while_its_blocking_action_sleeps)
{
	struct stuck s;

	stuck_open(&s, "hold-blocking");
	for (int i = 0; i < 10; i++)
		member_do(&s.asker, "request 0 0", "request primary echo 20000 0 - x");
	member_do(&s.other, "request 0 0", "request primary echo 20000 0 - x");
	stuck_close(&s);
}
