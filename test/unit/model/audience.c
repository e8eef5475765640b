/*
 * Audiences: who is in, that a list which was borrowed never changes, and that every member is
 * referred to exactly as often as it is in a list.
 */
#include "model/audience.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define MEMBERS 40

struct member {
	_Atomic int refs;
};

static struct member member[MEMBERS];

static void ref(void *m)
{
	atomic_fetch_add(&((struct member *)m)->refs, 1);
}

static void unref(void *m)
{
	atomic_fetch_sub(&((struct member *)m)->refs, 1);
}

static const struct audience_members members = { ref, unref };
static struct audience_table table;

static void setup(void)
{
	memset(member, 0, sizeof(member));
	audience_table_init(&table, &members);
}

static void teardown(void)
{
	audience_table_deinit(&table);
	for (int i = 0; i < MEMBERS; i++)
		cr_assert_eq(atomic_load(&member[i].refs), 0, "member %d", i);
}

#define AUDIENCE_TEST(name) Test(audience, name, .init = setup, .fini = teardown)

static int add(const char *name, int i)
{
	return audience_add(&table, name, strlen(name), &member[i]);
}

static int leave(const char *name, int i)
{
	return audience_remove(&table, name, strlen(name), &member[i]);
}

static struct audience *get(const char *name)
{
	return audience_get(&table, name, strlen(name), hash_name(name, strlen(name)));
}

static size_t count(const char *name)
{
	return audience_count(&table, name, strlen(name));
}

AUDIENCE_TEST(of_a_name_that_nobody_announced_is_nobody)
{
	cr_assert_null(get("a"));
	cr_assert_eq(count("a"), 0);
	audience_put(NULL);
}

AUDIENCE_TEST(members_are_in_the_order_in_which_they_came)
{
	struct audience *a;

	for (int i = 0; i < 5; i++)
		cr_assert_eq(add("a", i), 0);
	a = get("a");
	cr_assert_eq(a->count, 5);
	for (int i = 0; i < 5; i++)
		cr_assert_eq(a->member[i], &member[i]);
	audience_put(a);
}

AUDIENCE_TEST(member_that_is_in_cannot_be_added_again)
{
	add("a", 0);
	cr_assert_eq(add("a", 0), -EEXIST);
	cr_assert_eq(count("a"), 1);
	cr_assert_eq(atomic_load(&member[0].refs), 1);
	cr_assert_eq(add("b", 0), 0);
	cr_assert_eq(atomic_load(&member[0].refs), 2);
}

AUDIENCE_TEST(member_that_is_not_in_cannot_be_removed)
{
	cr_assert_eq(leave("a", 0), -ENOENT);
	add("a", 0);
	cr_assert_eq(leave("a", 1), -ENOENT);
	cr_assert_eq(leave("b", 0), -ENOENT);
	cr_assert_eq(leave("", 0), -ENOENT);
	cr_assert_eq(count("a"), 1);
}

AUDIENCE_TEST(removed_member_is_let_go_and_the_others_keep_their_order)
{
	struct audience *a;

	for (int i = 0; i < 5; i++)
		add("a", i);
	cr_assert_eq(leave("a", 2), 0);
	cr_assert_eq(atomic_load(&member[2].refs), 0);
	a = get("a");
	cr_assert_eq(a->count, 4);
	cr_assert_eq(a->member[1], &member[1]);
	cr_assert_eq(a->member[2], &member[3]);
	audience_put(a);
	cr_assert_eq(add("a", 2), 0);
	a = get("a");
	cr_assert_eq(a->member[4], &member[2], "it is the last now");
	audience_put(a);
}

AUDIENCE_TEST(name_whose_last_member_left_is_nobodys)
{
	add("a", 0);
	cr_assert_eq(leave("a", 0), 0);
	cr_assert_null(get("a"));
	cr_assert_eq(count("a"), 0);
	for (unsigned i = 0; i < AUDIENCE_BUCKETS; i++)
		cr_assert_null(table.bucket[i]);
	cr_assert_eq(add("a", 0), 0);
	cr_assert_eq(count("a"), 1);
}

AUDIENCE_TEST(list_that_was_borrowed_never_changes)
{
	struct audience *before, *after;

	add("a", 0);
	add("a", 1);
	before = get("a");
	add("a", 2);
	leave("a", 0);
	after = get("a");
	cr_assert_neq(before, after);
	cr_assert_eq(before->count, 2);
	cr_assert_eq(before->member[0], &member[0]);
	cr_assert_eq(atomic_load(&member[0].refs), 1, "the borrowed list keeps it");
	cr_assert_eq(after->count, 2);
	cr_assert_eq(after->member[0], &member[1]);
	audience_put(before);
	cr_assert_eq(atomic_load(&member[0].refs), 0);
	cr_assert_eq(atomic_load(&member[1].refs), 1);
	audience_put(after);
}

AUDIENCE_TEST(list_that_was_borrowed_outlives_the_table)
{
	struct audience *a;

	add("a", 0);
	a = get("a");
	audience_table_deinit(&table);
	audience_table_init(&table, &members);
	cr_assert_eq(a->member[0], &member[0]);
	cr_assert_eq(atomic_load(&member[0].refs), 1);
	audience_put(a);
}

AUDIENCE_TEST(list_can_be_borrowed_many_times)
{
	struct audience *a[10];

	add("a", 0);
	for (int i = 0; i < 10; i++)
		a[i] = get("a");
	leave("a", 0);
	for (int i = 0; i < 10; i++) {
		cr_assert_eq(a[i], a[0]);
		cr_assert_eq(atomic_load(&member[0].refs), 1);
		audience_put(a[i]);
	}
	cr_assert_eq(atomic_load(&member[0].refs), 0);
}

AUDIENCE_TEST(names_are_told_apart_by_length_and_hash)
{
	add("ab", 0);
	add("abc", 1);
	cr_assert_eq(count("ab"), 1);
	cr_assert_eq(count("a"), 0);
	cr_assert_null(audience_get(&table, "ab", 2, hash_name("ab", 2) + AUDIENCE_BUCKETS));
}

AUDIENCE_TEST(names_and_members_at_random_agree_with_a_plain_table)
{
	static bool in[300][MEMBERS];
	char name[16];

	srandom(1);
	for (int i = 0; i < 50000; i++) {
		int n = (int)(random() % 300), m = (int)(random() % MEMBERS), err;

		snprintf(name, sizeof(name), "n%d", n);
		if (random() % 2) {
			err = add(name, m);
			cr_assert_eq(err, in[n][m] ? -EEXIST : 0);
			in[n][m] = true;
		} else {
			err = leave(name, m);
			cr_assert_eq(err, in[n][m] ? 0 : -ENOENT);
			in[n][m] = false;
		}
	}
	for (int n = 0; n < 300; n++) {
		size_t want = 0;

		for (int m = 0; m < MEMBERS; m++)
			want += in[n][m];
		snprintf(name, sizeof(name), "n%d", n);
		cr_assert_eq(count(name), want);
	}
	for (int m = 0; m < MEMBERS; m++) {
		int want = 0;

		for (int n = 0; n < 300; n++)
			want += in[n][m];
		cr_assert_eq(atomic_load(&member[m].refs), want);
	}
}

/* --- Threads: as in a channel, a lock guards the table, and lists are given back without it ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic bool stop;
static _Atomic unsigned long broken;

static void *walk(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop)) {
		struct audience *a;

		pthread_mutex_lock(&lock);
		a = get("a");
		pthread_mutex_unlock(&lock);
		for (size_t i = 0; a && i < a->count; i++) {
			if (atomic_load(&((struct member *)a->member[i])->refs) <= 0)
				atomic_fetch_add(&broken, 1);
		}
		audience_put(a);
	}
	return NULL;
}

AUDIENCE_TEST(list_that_is_walked_while_it_is_replaced_holds_its_members)
{
	const int rounds = getenv("COHORT_SOAK") ? 1000000 : 30000;
	pthread_t walker[2];
	unsigned seed = 1;

	for (int i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&walker[i], NULL, walk, NULL), 0);
	for (int i = 0; i < rounds; i++) {
		int m = rand_r(&seed) % MEMBERS;

		pthread_mutex_lock(&lock);
		if (add("a", m) == -EEXIST)
			leave("a", m);
		pthread_mutex_unlock(&lock);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(walker[i], NULL);
	cr_assert_eq(atomic_load(&broken), 0);
}
