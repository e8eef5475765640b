/*
 * Broadcasts: they reach those that registered the action, all in one order, each with its own
 * descriptors.
 */
#include <criterion/criterion.h>

#include "api/verbs.h"

TestSuite(broadcast, .timeout = 120);

Test(broadcast, reaches_every_secondary_and_not_the_primary_itself)
{
	struct stage *s = stage_open(4);
	struct cohort_delivery delivery = COHORT_DELIVERY_INIT;

	cr_assert_eq(tell_all(&s->primary, "note", 9, 0, &delivery), 0);
	cr_assert_eq(delivery.delivered, 4);
	cr_assert_eq(delivery.nmissed, 0);
	for (size_t i = 0; i < 4; i++) {
		cr_assert(journal_await(&s->secondary[i].journal, CALLED, 1));
		cr_assert_eq(journal_entry(&s->secondary[i].journal, CALLED, 0).number, 9);
		cr_assert_eq(journal_entry(&s->secondary[i].journal, CALLED, 0).detail, 0);
	}
	cr_assert_eq(journal_count(&s->primary.journal, CALLED), 0);
	stage_close(s);
}

Test(broadcast, reaches_only_those_that_registered_the_action)
{
	struct stage *s = stage_new();
	struct cohort_delivery delivery = COHORT_DELIVERY_INIT;

	side_add(&s->secondary[1], "special", on_note);
	stage_start(s, 3);
	cr_assert_eq(tell_all(&s->primary, "special", 1, PATIENCE, &delivery), 0);
	cr_assert_eq(delivery.delivered, 1);
	cr_assert_eq(delivery.nmissed, 0);
	cr_assert_eq(tell_all(&s->primary, "note", 2, PATIENCE, &delivery), 0);
	cr_assert_eq(delivery.delivered, 3);
	for (size_t i = 0; i < 3; i++)
		cr_assert(journal_await(&s->secondary[i].journal, CALLED, i == 1 ? 2 : 1));
	cr_assert_eq(journal_entry(&s->secondary[0].journal, CALLED, 0).number, 2);
	cr_assert_eq(journal_count(&s->secondary[0].journal, LOST), 0);
	stage_close(s);
}

Test(broadcast, without_receivers_succeeds)
{
	struct stage *s = stage_open(0);
	struct cohort_delivery delivery = COHORT_DELIVERY_INIT;

	delivery.delivered = 7;
	delivery.nmissed = 7;
	cr_assert_eq(tell_all(&s->primary, "note", 1, 0, NULL), 0);
	cr_assert_eq(tell_all(&s->primary, "note", 1, PATIENCE, &delivery), 0);
	cr_assert_eq(delivery.delivered, 0);
	cr_assert_eq(delivery.nmissed, 0);
	stage_close(s);
}

Test(broadcast, is_the_primarys_alone)
{
	struct stage *s = stage_open(2);
	struct cohort_delivery delivery = COHORT_DELIVERY_INIT;

	delivery.delivered = 7;
	cr_assert_eq(tell_all(&s->secondary[0], "note", 1, 0, &delivery), -EPERM);
	cr_assert_eq(delivery.delivered, 7);
	stage_close(s);
}

struct caster {
	struct side *primary;
	uint64_t first;
	uint64_t count;
	uint64_t failed;
};

static void *cast(void *arg)
{
	struct caster *c = arg;
	struct cohort_delivery delivery = COHORT_DELIVERY_INIT;

	for (uint64_t i = 0; i < c->count; i++)
		c->failed += tell_all(c->primary, "note", c->first + i, PATIENCE, &delivery) ||
			     delivery.nmissed;
	return NULL;
}

Test(broadcast, from_two_threads_arrives_everywhere_in_the_same_order)
{
	struct stage *s = stage_open(4);
	struct caster a = { &s->primary, 0, 3000, 0 };
	struct caster b = { &s->primary, 1000000, 3000, 0 };
	pthread_t threads[] = { thread_start(cast, &a), thread_start(cast, &b) };
	uint64_t *first;
	size_t n;

	thread_join(threads[0]);
	thread_join(threads[1]);
	cr_assert_eq(a.failed + b.failed, 0);
	for (size_t i = 0; i < 4; i++)
		cr_assert(journal_await(&s->secondary[i].journal, CALLED, 6000));
	first = journal_numbers(&s->secondary[0].journal, CALLED, &n);
	cr_assert_eq(n, 6000);
	for (size_t i = 1; i < 4; i++) {
		uint64_t *others = journal_numbers(&s->secondary[i].journal, CALLED, &n);

		cr_assert_eq(n, 6000);
		for (size_t k = 0; k < n; k++)
			cr_assert_eq(others[k], first[k], "secondary %zu differs at %zu", i, k);
		free(others);
	}
	free(first);
	stage_close(s);
}

Test(broadcast, keeps_its_place_among_messages_to_one_peer)
{
	struct stage *s = stage_open(2);
	cohort_peer peer = id_of(&s->secondary[0]);

	for (uint64_t i = 0; i < 2000; i += 2) {
		cr_assert_eq(tell(&s->primary, peer, "note", i), 0);
		cr_assert_eq(tell_all(&s->primary, "note", i + 1, PATIENCE, NULL), 0);
	}
	cr_assert(journal_await(&s->secondary[0].journal, CALLED, 2000));
	for (size_t i = 0; i < 2000; i++)
		cr_assert_eq(journal_entry(&s->secondary[0].journal, CALLED, i).number, i);
	stage_close(s);
}

static int on_check_file(struct cohort_call *call, void *arg)
{
	struct side *side = arg;
	int fd = cohort_call_fd_take(call, 0);
	size_t length;
	const void *body = cohort_call_data(call, &length);
	char text[4] = "";
	struct entry e = { .deed = CALLED, .length = length };

	e.number = pread(fd, text, 4, 0) == 4 && !memcmp(text, "file", 4) &&
		   pattern_matches(body, length, 3);
	close(fd);
	journal_write(&side->journal, e);
	return 0;
}

/* Each receiver gets the body, whatever its size, and a descriptor of its own. */
static void broadcast_a_file(size_t length)
{
	struct stage *s = stage_new();
	struct cohort_delivery delivery = COHORT_DELIVERY_INIT;
	char *body = malloc(length + 1);
	struct cohort_message m = COHORT_MESSAGE("file", body, length);
	int fd = make_memfd();

	pattern_fill(body, length, 3);
	cr_assert_eq(write(fd, "file", 4), 4);
	m.fds = &fd;
	m.nfds = 1;
	m.flags = COHORT_GIVE_FDS;
	for (size_t i = 0; i < 3; i++)
		side_add(&s->secondary[i], "file", on_check_file);
	stage_start(s, 3);
	cr_assert_eq(cohort_broadcast(s->primary.c, &m, PATIENCE, &delivery), 0);
	cr_assert_eq(delivery.delivered, 3);
	cr_assert(!is_open(fd));
	for (size_t i = 0; i < 3; i++) {
		cr_assert(journal_await(&s->secondary[i].journal, CALLED, 1));
		cr_assert_eq(journal_entry(&s->secondary[i].journal, CALLED, 0).number, 1);
		cr_assert_eq(journal_entry(&s->secondary[i].journal, CALLED, 0).length, length);
	}
	free(body);
	stage_close(s);
}

Test(broadcast, carries_descriptors_and_a_body_that_fits_the_ring)
{
	broadcast_a_file(1000);
}

Test(broadcast, carries_descriptors_and_a_large_body)
{
	broadcast_a_file(1 << 20);
}

Test(broadcast, carries_descriptors_and_a_huge_body)
{
	broadcast_a_file(5 << 20);
}

Test(broadcast, reaches_an_action_that_was_registered_later_until_it_is_removed)
{
	struct stage *s = stage_open(1);
	struct cohort_action action = COHORT_ACTION_INIT;
	struct cohort_delivery delivery = COHORT_DELIVERY_INIT;

	action.name = "later";
	action.handler = on_note;
	action.arg = &s->secondary[0];
	cr_assert_eq(register_at(&s->secondary[0], &action), 0);
	cr_assert_eq(tell_all(&s->primary, "later", 1, PATIENCE, &delivery), 0);
	cr_assert_eq(delivery.delivered, 1);
	cr_assert(journal_await(&s->secondary[0].journal, CALLED, 1));
	cr_assert_eq(cohort_unregister(s->secondary[0].c, "later"), 0);
	while (delivery.delivered)
		cr_assert_eq(tell_all(&s->primary, "later", 2, PATIENCE, &delivery), 0);
	cr_assert_eq(journal_count(&s->secondary[0].journal, CALLED), 1);
	stage_close(s);
}

Test(broadcast, sent_while_a_peer_leaves_reaches_the_others)
{
	struct stage *s = stage_open(3);
	struct caster c = { &s->primary, 0, 2000, 0 };
	pthread_t thread = thread_start(cast, &c);

	side_close(&s->secondary[0]);
	cr_assert_eq(side_open(&s->secondary[0]), 0);
	side_close(&s->secondary[0]);
	thread_join(thread);
	for (size_t i = 1; i < 3; i++) {
		cr_assert(journal_await(&s->secondary[i].journal, CALLED, 2000));
		cr_assert_eq(journal_count(&s->secondary[i].journal, LOST), 0);
	}
	stage_close(s);
}
