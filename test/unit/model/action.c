/*
 * The table of actions: what may be in it, borrowing, and that `released` is called exactly once,
 * when nobody can run the handler any more.
 */
#include "model/action.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/hash.h"
#include "support/support.h"

static struct action_table table;
static _Atomic unsigned released;

static int handler(struct cohort_call *call, void *arg)
{
	(void)call;
	(void)arg;
	return 0;
}

static void on_released(void *arg)
{
	(void)arg;
	atomic_fetch_add(&released, 1);
}

static void setup(void)
{
	cr_assert_eq(action_table_init(&table), 0);
	atomic_store(&released, 0);
}

static void teardown(void)
{
	action_table_deinit(&table);
}

#define ACTION_TEST(name) Test(action, name, .init = setup, .fini = teardown)

static struct cohort_action action(const char *name)
{
	struct cohort_action a = COHORT_ACTION_INIT;

	a.name = name;
	a.handler = handler;
	a.released = on_released;
	return a;
}

static int add(const char *name)
{
	struct cohort_action a = action(name);

	return action_add(&table, &a);
}

static struct action *get(const char *name)
{
	return action_get(&table, name, strlen(name), hash_name(name, strlen(name)));
}

/* --- What may be an action -------------------------------------------------------------------- */

static int check_name(const char *name)
{
	struct cohort_action a = action(name);

	return action_check(&a);
}

ACTION_TEST(names_are_1_to_63_printable_characters_without_space)
{
	char name[66];

	memset(name, 'x', sizeof(name));
	name[63] = '\0';
	cr_assert_eq(check_name(name), 0);
	name[63] = 'x';
	name[64] = '\0';
	cr_assert_eq(check_name(name), -EINVAL);
	cr_assert_eq(check_name(""), -EINVAL);
	cr_assert_eq(check_name("!"), 0);
	cr_assert_eq(check_name("~"), 0);
	for (int c = 1; c < 256; c++)
		cr_assert_eq(check_name((char[]){ 'a', (char)c, 'b', '\0' }),
			     c > ' ' && c < 0x7f ? 0 : -EINVAL, "%d", c);
}

ACTION_TEST(names_of_the_library_are_reserved)
{
	cr_assert_eq(check_name("cohort."), -EINVAL);
	cr_assert_eq(check_name("cohort.ping"), -EINVAL);
	cr_assert_eq(check_name("cohort"), 0);
	cr_assert_eq(check_name("cohorts"), 0);
	cr_assert_eq(check_name("my.cohort.x"), 0);
}

ACTION_TEST(fields_that_cannot_be_are_refused)
{
	struct cohort_action a = action("a");
	char help[COHORT_HELP_MAX + 2];

	memset(help, 'h', sizeof(help));
	help[COHORT_HELP_MAX] = '\0';
	a.help = help;
	a.flags = COHORT_BLOCKING | COHORT_IN_PLACE;
	cr_assert_eq(action_check(&a), 0);
	help[COHORT_HELP_MAX] = 'h';
	help[COHORT_HELP_MAX + 1] = '\0';
	cr_assert_eq(action_check(&a), -EINVAL);
	a = action("a");
	a.flags = 0x80;
	cr_assert_eq(action_check(&a), -EINVAL);
	a = action("a");
	a.handler = NULL;
	cr_assert_eq(action_check(&a), -EINVAL);
	a = action("a");
	a.size--;
	cr_assert_eq(action_check(&a), -EINVAL);
	cr_assert_eq(check_name(NULL), -EINVAL);
	cr_assert_eq(add(""), -EINVAL);
	cr_assert_eq(table.count, 0);
}

/* --- The table -------------------------------------------------------------------------------- */

ACTION_TEST(what_was_added_is_found_as_it_was)
{
	struct cohort_action from = action("greet");
	struct action *a;

	from.flags = COHORT_BLOCKING;
	from.help = "says hello";
	from.arg = &from;
	cr_assert_eq(action_add(&table, &from), 0);
	a = get("greet");
	cr_assert_not_null(a);
	cr_assert_str_eq(a->name, "greet");
	cr_assert_str_eq(a->help, "says hello");
	cr_assert_eq(a->flags, COHORT_BLOCKING);
	cr_assert_eq(a->handler, handler);
	cr_assert_eq(a->arg, &from);
	cr_assert_eq(a->hash, hash_name("greet", 5));
	action_put(&table, a);
}

ACTION_TEST(names_are_copied)
{
	char name[] = "mine", help[] = "help";
	struct cohort_action from = action(name);
	struct action *a;

	from.help = help;
	action_add(&table, &from);
	name[0] = help[0] = 'X';
	a = get("mine");
	cr_assert_not_null(a);
	cr_assert_str_eq(a->help, "help");
	action_put(&table, a);
}

ACTION_TEST(name_that_is_taken_cannot_be_added)
{
	cr_assert_eq(add("a"), 0);
	cr_assert_eq(add("a"), -EEXIST);
	cr_assert_eq(table.count, 1);
	cr_assert_eq(atomic_load(&released), 0, "the one that was refused is still its caller's");
}

ACTION_TEST(names_that_only_begin_alike_are_different)
{
	cr_assert_eq(add("a"), 0);
	cr_assert_null(get("ab"));
	cr_assert_null(get(""));
	cr_assert_null(action_get(&table, "a", 0, hash_name("a", 1)));
	cr_assert_eq(add("ab"), 0);
	cr_assert_eq(table.count, 2);
}

ACTION_TEST(hash_that_is_not_the_names_finds_nothing)
{
	uint32_t hash = hash_name("a", 1);

	add("a");
	cr_assert_null(action_get(&table, "a", 1, hash + 1));
	cr_assert_null(action_get(&table, "a", 1, hash + ACTION_BUCKETS));
}

ACTION_TEST(thousands_of_names_share_the_buckets)
{
	char name[16];

	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		cr_assert_eq(add(name), 0);
	}
	for (int i = 0; i < 3000; i += 2) {
		snprintf(name, sizeof(name), "n%d", i);
		cr_assert_eq(action_remove(&table, name, false), 0);
	}
	for (int i = 0; i < 3000; i++) {
		struct action *a;

		snprintf(name, sizeof(name), "n%d", i);
		a = get(name);
		cr_assert_eq(a != NULL, i % 2, "%s", name);
		if (a)
			action_put(&table, a);
	}
	cr_assert_eq(table.count, 1500);
	cr_assert_eq(atomic_load(&released), 1500);
}

static void count_visit(const struct action *a, void *arg)
{
	*(size_t *)arg += a->name[0] == 'v';
}

ACTION_TEST(each_is_visited_once)
{
	size_t n = 0;

	add("va");
	add("vb");
	add("x");
	action_each(&table, count_visit, &n);
	cr_assert_eq(n, 2);
}

ACTION_TEST(table_that_goes_releases_what_is_in_it)
{
	add("a");
	add("b");
	action_table_deinit(&table);
	cr_assert_eq(atomic_load(&released), 2);
	action_table_init(&table);
}

/* --- Removing --------------------------------------------------------------------------------- */

ACTION_TEST(removed_one_is_released_and_its_name_is_free)
{
	add("a");
	cr_assert_eq(action_remove(&table, "a", true), 0);
	cr_assert_eq(atomic_load(&released), 1);
	cr_assert_null(get("a"));
	cr_assert_eq(add("a"), 0);
}

ACTION_TEST(name_that_is_not_there_cannot_be_removed)
{
	cr_assert_eq(action_remove(&table, "a", true), -ENOENT);
	add("a");
	cr_assert_eq(action_remove(&table, "a", false), 0);
	cr_assert_eq(action_remove(&table, "a", false), -ENOENT);
	cr_assert_eq(atomic_load(&released), 1);
}

ACTION_TEST(one_in_use_drains_and_its_last_user_releases_it)
{
	struct action *one, *two;

	add("a");
	one = get("a");
	two = get("a");
	cr_assert_eq(action_remove(&table, "a", false), COHORT_DRAINING);
	cr_assert(atomic_load(&one->removed));
	cr_assert_null(get("a"), "nobody else gets it");
	action_put(&table, one);
	cr_assert_eq(atomic_load(&released), 0);
	action_put(&table, two);
	cr_assert_eq(atomic_load(&released), 1);
}

ACTION_TEST(one_that_drains_leaves_its_name_to_the_next)
{
	struct action *old, *new;

	add("a");
	old = get("a");
	action_remove(&table, "a", false);
	cr_assert_eq(add("a"), 0);
	new = get("a");
	cr_assert_neq(old, new);
	action_put(&table, old);
	cr_assert_eq(atomic_load(&released), 1);
	action_put(&table, new);
	cr_assert_eq(atomic_load(&released), 1);
	cr_assert_eq(action_remove(&table, "a", true), 0);
	cr_assert_eq(atomic_load(&released), 2);
}

ACTION_TEST(forgotten_one_is_not_released)
{
	add("a");
	action_forget(&table, "a");
	action_forget(&table, "a");
	cr_assert_eq(table.count, 0);
	cr_assert_eq(atomic_load(&released), 0);
}

ACTION_TEST(forgotten_one_in_use_is_freed_by_its_last_user)
{
	struct action *a;

	add("a");
	a = get("a");
	action_forget(&table, "a");
	cr_assert_null(get("a"));
	action_put(&table, a);
	cr_assert_eq(atomic_load(&released), 0);
}

struct remover {
	pthread_t thread;
	struct event done;
	int result;
};

static void *remove_and_wait(void *arg)
{
	struct remover *r = arg;

	r->result = action_remove(&table, "a", true);
	event_signal(&r->done);
	return NULL;
}

ACTION_TEST(remover_that_waits_returns_after_the_last_user)
{
	struct remover r = { .result = -1 };
	struct action *one, *two;

	event_init(&r.done);
	add("a");
	one = get("a");
	two = get("a");
	cr_assert_eq(pthread_create(&r.thread, NULL, remove_and_wait, &r), 0);
	while (!atomic_load(&one->removed))
		cpu_relax();
	action_put(&table, one);
	cr_assert_eq(event_count(&r.done), 0);
	cr_assert_eq(atomic_load(&released), 0);
	action_put(&table, two);
	cr_assert(event_wait_for(&r.done, 1, PATIENCE_MS));
	pthread_join(r.thread, NULL);
	cr_assert_eq(r.result, 0);
	cr_assert_eq(atomic_load(&released), 1);
	event_deinit(&r.done);
}

ACTION_TEST(two_removers_of_two_actions_do_not_take_each_others_wake)
{
	struct remover r = { .result = -1 };
	struct action *a, *b;

	event_init(&r.done);
	add("a");
	add("b");
	a = get("a");
	b = get("b");
	cr_assert_eq(pthread_create(&r.thread, NULL, remove_and_wait, &r), 0);
	while (!atomic_load(&a->removed))
		cpu_relax();
	cr_assert_eq(action_remove(&table, "b", false), COHORT_DRAINING);
	action_put(&table, b);
	cr_assert_eq(atomic_load(&released), 1);
	action_put(&table, a);
	cr_assert(event_wait_for(&r.done, 1, PATIENCE_MS));
	pthread_join(r.thread, NULL);
	cr_assert_eq(atomic_load(&released), 2);
	event_deinit(&r.done);
}

/* --- Threads ---------------------------------------------------------------------------------- */

#define USERS 3

/* The argument of an action: freed by released(), so that a late use is a use after free. */
struct life {
	_Atomic unsigned uses;
	_Atomic bool dead;
};

static _Atomic bool stop;
static _Atomic unsigned long used, broken;

static void end_life(void *arg)
{
	struct life *life = arg;

	if (atomic_exchange(&life->dead, true) || atomic_load(&life->uses))
		atomic_fetch_add(&broken, 1);
	atomic_fetch_add(&released, 1);
	free(life);
}

static void *use(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop)) {
		struct action *a = get("a");
		struct life *life;

		if (!a)
			continue;
		life = a->arg;
		atomic_fetch_add(&life->uses, 1);
		if (atomic_load(&life->dead))
			atomic_fetch_add(&broken, 1);
		atomic_fetch_sub(&life->uses, 1);
		atomic_fetch_add(&used, 1);
		action_put(&table, a);
	}
	return NULL;
}

ACTION_TEST(used_added_and_removed_at_once_is_released_once_each_time)
{
	const unsigned rounds = getenv("COHORT_SOAK") ? 1000000 : 20000;
	pthread_t users[USERS];

	atomic_store(&stop, false);
	for (int i = 0; i < USERS; i++)
		cr_assert_eq(pthread_create(&users[i], NULL, use, NULL), 0);
	for (unsigned i = 0; i < rounds; i++) {
		struct cohort_action a = action("a");
		int n;

		a.arg = calloc(1, sizeof(struct life));
		a.released = end_life;
		cr_assert_eq(action_add(&table, &a), 0);
		n = action_remove(&table, "a", i % 2);
		cr_assert(n == 0 || (n == COHORT_DRAINING && i % 2 == 0), "%d", n);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < USERS; i++)
		pthread_join(users[i], NULL);
	cr_assert_eq(atomic_load(&released), rounds);
	cr_assert_eq(atomic_load(&broken), 0);
}
