/*
 * COHORT_OWN_LOOP: nothing runs but inside cohort_dispatch(), and cohort_fd() is readable as long
 * as something waits.
 */
#include <criterion/criterion.h>
#include <poll.h>

#include "api/verbs.h"

TestSuite(own_loop, .timeout = 120);

/* The primary, or the secondary, is driven by the test. */
static struct stage *stage_with_loop(bool primary)
{
	struct stage *s = stage_new();

	(primary ? &s->primary : &s->secondary[0])->config.flags |= COHORT_OWN_LOOP;
	return s;
}

static bool is_readable(struct side *side, int timeout)
{
	struct pollfd p = { .fd = cohort_fd(side->c), .events = POLLIN };

	return poll(&p, 1, timeout) == 1 && p.revents == POLLIN;
}

/* As a program's loop does it: sleep until readable, then dispatch. */
static void dispatch_until(struct side *side, enum deed deed, size_t n)
{
	int64_t end = now_ns() + PATIENCE;

	while (journal_count(&side->journal, deed) < n) {
		cr_assert(is_readable(side, PATIENCE_MS), "something waits but it is not readable");
		cr_assert_geq(cohort_dispatch(side->c, 0), 0);
		cr_assert_lt(now_ns(), end);
	}
}

static void dispatch_rest(struct side *side)
{
	while (is_readable(side, 0))
		cr_assert_geq(cohort_dispatch(side->c, 0), 0);
}

Test(own_loop, runs_handlers_only_in_dispatch)
{
	struct stage *s = stage_with_loop(true);

	stage_start(s, 1);
	dispatch_until(&s->primary, JOINED, 1);
	dispatch_rest(&s->primary);
	for (uint64_t i = 0; i < 100; i++)
		cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "note", i), 0);
	cr_assert_eq(journal_count(&s->primary.journal, CALLED), 0);
	cr_assert(is_readable(&s->primary, PATIENCE_MS));
	cr_assert(is_readable(&s->primary, 0), "it is not level-triggered");
	dispatch_until(&s->primary, CALLED, 100);
	dispatch_rest(&s->primary);
	cr_assert_eq(cohort_dispatch(s->primary.c, 0), 0);
	stage_close(s);
}

Test(own_loop, of_a_secondary_works_too)
{
	struct stage *s = stage_with_loop(false);

	stage_start(s, 1);
	cr_assert_eq(ask_async(&s->primary, id_of(&s->secondary[0]), "echo", 1, PATIENCE, NULL), 0);
	cr_assert_eq(tell_all(&s->primary, "note", 1, 0, NULL), 0);
	dispatch_until(&s->secondary[0], CALLED, 1);
	cr_assert(journal_await(&s->primary.journal, DONE, 1));
	cr_assert_eq(journal_entry(&s->primary.journal, DONE, 0).detail, 0);
	cr_assert_eq(journal_count(&s->secondary[0].journal, JOINED), 1);
	stage_close(s);
}

Test(own_loop, dispatch_says_how_much_it_served)
{
	struct stage *s = stage_with_loop(true);
	int served = 0, n;

	stage_start(s, 1);
	dispatch_until(&s->primary, JOINED, 1);
	dispatch_rest(&s->primary);
	for (uint64_t i = 0; i < 1000; i++)
		cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "note", i), 0);
	while (served < 1000) {
		cr_assert(is_readable(&s->primary, PATIENCE_MS));
		n = cohort_dispatch(s->primary.c, 0);
		cr_assert_geq(n, 0);
		served += n;
		cr_assert_eq(journal_count(&s->primary.journal, CALLED), (size_t)served);
	}
	cr_assert_eq(served, 1000);
	stage_close(s);
}

Test(own_loop, dispatch_waits_for_the_first_up_to_its_timeout)
{
	struct stage *s = stage_with_loop(true);
	int64_t begin;

	stage_start(s, 1);
	dispatch_until(&s->primary, JOINED, 1);
	dispatch_rest(&s->primary);
	begin = now_ns();
	cr_assert_eq(cohort_dispatch(s->primary.c, COHORT_MS(30)), 0);
	cr_assert_geq(now_ns() - begin, COHORT_MS(30));
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "note", 1), 0);
	cr_assert_eq(cohort_dispatch(s->primary.c, PATIENCE), 1);
	INVALID(cohort_dispatch(s->primary.c, -1));
	stage_close(s);
}

struct driver {
	struct side *side;
	int failed;
};

/* Drives a handle beside the test until a message "stop" comes. */
static void *drive(void *arg)
{
	struct driver *d = arg;

	while (journal_count(&d->side->journal, RELEASED) == 0 && !d->failed) {
		int n = cohort_dispatch(d->side->c, PATIENCE);

		d->failed = n < 0 ? n : 0;
	}
	return NULL;
}

static int on_stop(struct cohort_call *call, void *arg)
{
	(void)call;
	on_released(arg);
	return 0;
}

static pthread_t start_driving(struct driver *d, struct side *side)
{
	*d = (struct driver){ .side = side };
	return thread_start(drive, d);
}

static void stop_driving(struct driver *d, pthread_t thread, struct side *from, cohort_peer to)
{
	cr_assert_eq(tell(from, to, "stop", 0), 0);
	thread_join(thread);
	cr_assert_eq(d->failed, 0, "dispatch returned %d", d->failed);
}

Test(own_loop, is_driven_by_one_thread_at_a_time)
{
	struct stage *s = stage_with_loop(true);
	struct driver d;
	pthread_t thread;

	side_add(&s->primary, "stop", on_stop);
	stage_start(s, 1);
	thread = start_driving(&d, &s->primary);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "hold", 1), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	EXPECT(-EBUSY, cohort_dispatch(s->primary.c, PATIENCE));
	gate_open(&s->gate);
	stop_driving(&d, thread, &s->secondary[0], COHORT_PRIMARY);
	stage_close(s);
}

static int ask_on(struct side *side, cohort_peer to, const char *action, uint64_t number,
		  int64_t timeout)
{
	struct cohort_message m = COHORT_MESSAGE(action, &number, sizeof(number));
	struct cohort_reply *reply = NULL;
	int err = cohort_request(side->c, to, &m, timeout, &reply);

	if (!err)
		err = cohort_reply_status(reply);
	cohort_reply_free(reply);
	return err;
}

static int on_descend(struct cohort_call *call, void *arg)
{
	uint64_t depth = call_number(call);

	return depth ? ask_on(arg, cohort_call_peer(call), "descend", depth - 1, PATIENCE) : 0;
}

/* The primary is driven; the secondary has threads. */
static struct stage *stage_of_descent(struct driver *d, pthread_t *thread)
{
	struct stage *s = stage_with_loop(true);

	side_add(&s->primary, "stop", on_stop);
	side_add(&s->primary, "descend", on_descend);
	side_add(&s->secondary[0], "descend", on_descend);
	stage_start(s, 1);
	*thread = start_driving(d, &s->primary);
	return s;
}

Test(own_loop, handler_that_waits_serves_the_others_on_its_own_stack)
{
	struct driver d;
	pthread_t thread;
	struct stage *s = stage_of_descent(&d, &thread);

	for (uint64_t depth = 0; depth < 8; depth++)
		cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "descend", depth), 0,
			     "depth %lu", (unsigned long)depth);
	stop_driving(&d, thread, &s->secondary[0], COHORT_PRIMARY);
	stage_close(s);
}

Test(own_loop, too_deep_a_handler_fails_at_once)
{
	struct driver d;
	pthread_t thread;
	struct stage *s = stage_of_descent(&d, &thread);

	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "descend", 100), -EDEADLK);
	cr_assert_eq(ask(&s->secondary[0], COHORT_PRIMARY, "descend", 4), 0);
	stop_driving(&d, thread, &s->secondary[0], COHORT_PRIMARY);
	stage_close(s);
}

static int on_tell_back(struct cohort_call *call, void *arg)
{
	struct side *side = arg;
	int err;

	side_write_call(side, call);
	err = tell(side, cohort_call_peer(call), "note", 0);
	journal_write(&side->journal, (struct entry){ .deed = err ? LOST : DONE, .detail = err });
	return err;
}

/* The second runs on the stack of the first, which cannot go on before it. */
Test(own_loop, handlers_that_wait_for_the_same_room_do_not_wait_for_one_another)
{
	struct driver d;
	pthread_t thread;
	struct stage *s = stage_with_loop(true);
	struct side *primary = &s->primary, *secondary = &s->secondary[0];

	primary->config.ring_size = 16384;
	side_add(primary, "stop", on_stop);
	side_add(primary, "tell-back", on_tell_back);
	stage_start(s, 1);
	thread = start_driving(&d, primary);
	cr_assert_eq(tell(primary, id_of(secondary), "hold", 1), 0);
	cr_assert(journal_await(&secondary->journal, CALLED, 1));
	while (tell_within(primary, id_of(secondary), "note", 0, 0) == 0)
		;
	cr_assert_eq(tell(secondary, COHORT_PRIMARY, "tell-back", 1), 0);
	cr_assert_eq(tell(secondary, COHORT_PRIMARY, "tell-back", 2), 0);
	cr_assert(journal_await(&primary->journal, CALLED, 2));
	gate_open(&s->gate);
	cr_assert(journal_await(&primary->journal, DONE, 2), "one of them found no room");
	stop_driving(&d, thread, secondary, COHORT_PRIMARY);
	stage_close(s);
}

static int on_slow(struct cohort_call *call, void *arg)
{
	int64_t end = now_ns() + COHORT_US(500);

	(void)call;
	(void)arg;
	while (now_ns() < end)
		;
	return 0;
}

/* Others do, who always want more: dispatching meanwhile does not cost it its place. */
Test(own_loop, handler_that_waits_for_room_has_its_turn_before_who_came_later)
{
	struct driver d;
	struct sender sender;
	pthread_t thread, senders[2];
	struct stage *s = stage_with_loop(true);
	struct side *primary = &s->primary, *secondary = &s->secondary[0];

	primary->config.ring_size = 16384;
	side_add(primary, "stop", on_stop);
	side_add(primary, "tell-back", on_tell_back);
	side_add(secondary, "slow", on_slow);
	stage_start(s, 1);
	thread = start_driving(&d, primary);
	sender = (struct sender){ .side = primary, .to = id_of(secondary) };
	for (size_t i = 0; i < 2; i++)
		senders[i] = thread_start(send_on, &sender);
	while (tell_within(primary, sender.to, "slow", 0, 0) == 0)
		;
	for (size_t i = 1; i <= 3; i++) {
		cr_assert_eq(tell(secondary, COHORT_PRIMARY, "tell-back", i), 0);
		cr_assert(journal_await(&primary->journal, DONE, i), "it found no room");
	}
	sender.stop = true;
	for (size_t i = 0; i < 2; i++)
		thread_join(senders[i]);
	stop_driving(&d, thread, secondary, COHORT_PRIMARY);
	stage_close(s);
}

static int on_once(struct cohort_call *call, void *arg)
{
	struct side *side = arg;

	(void)call;
	return cohort_unregister(side->c, "once") == COHORT_DRAINING ? 0 : -EIO;
}

static void on_released_ask(void *arg)
{
	struct side *side = arg;
	cohort_peer peer = id_of(&side->stage->secondary[0]);
	int err = ask_on(side, peer, "echo", 1, 4 * PATIENCE);

	journal_write(&side->journal, (struct entry){ .deed = DONE, .detail = err });
}

/* The answer is seen when it comes, not at the deadline. */
Test(own_loop, released_may_ask_the_peer_whose_message_was_the_last)
{
	struct driver d;
	pthread_t thread;
	struct stage *s = stage_with_loop(true);

	side_add(&s->primary, "stop", on_stop);
	side_add(&s->primary, "once", on_once)->released = on_released_ask;
	stage_start(s, 1);
	thread = start_driving(&d, &s->primary);
	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "once", 1), 0);
	cr_assert(journal_await(&s->primary.journal, DONE, 1));
	stop_driving(&d, thread, &s->secondary[0], COHORT_PRIMARY);
	stage_close(s);
}

static int on_ask_back(struct cohort_call *call, void *arg)
{
	return ask_on(arg, cohort_call_peer(call), "echo", 1, COHORT_MS(100));
}

Test(own_loop, call_outside_handlers_serves_nothing)
{
	struct stage *s = stage_with_loop(true);

	side_add(&s->secondary[0], "ask_back", on_ask_back);
	stage_start(s, 1);
	cr_assert_eq(ask(&s->primary, id_of(&s->secondary[0]), "ask_back", 1), -ETIMEDOUT);
	cr_assert_eq(journal_count(&s->primary.journal, JOINED), 0);
	stage_close(s);
}

static int on_dispatch(struct cohort_call *call, void *arg)
{
	struct side *side = arg;

	(void)call;
	while (journal_count(&side->journal, CALLED) < 3)
		if (cohort_dispatch(side->c, PATIENCE) < 0)
			return -EIO;
	return 0;
}

Test(own_loop, handler_may_dispatch_itself)
{
	struct stage *s = stage_with_loop(true);

	side_add(&s->primary, "dispatch", on_dispatch);
	stage_start(s, 1);
	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "dispatch", 0, PATIENCE, NULL), 0);
	for (uint64_t i = 0; i < 3; i++)
		cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "note", i), 0);
	dispatch_until(&s->primary, CALLED, 3);
	cr_assert(journal_await(&s->secondary[0].journal, DONE, 1));
	cr_assert_eq(journal_entry(&s->secondary[0].journal, DONE, 0).detail, 0);
	stage_close(s);
}

Test(own_loop, is_told_who_left)
{
	struct stage *s = stage_with_loop(true);

	stage_start(s, 2);
	side_close(&s->secondary[0]);
	dispatch_until(&s->primary, LEFT, 1);
	cr_assert_eq(journal_count(&s->primary.journal, JOINED), 2);
	stage_close(s);
}

Test(own_loop, close_calls_back_what_was_asked)
{
	struct stage *s = stage_with_loop(false);

	stage_start(s, 1);
	cr_assert_eq(ask_async(&s->secondary[0], COHORT_PRIMARY, "hold", 1, PATIENCE, NULL), 0);
	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
	side_close(&s->secondary[0]);
	cr_assert_eq(journal_count(&s->secondary[0].journal, DONE), 1);
	cr_assert_eq(journal_entry(&s->secondary[0].journal, DONE, 0).detail, -ESHUTDOWN);
	stage_close(s);
}
