/* The intrusive list. */
#include <criterion/criterion.h>

#include "base/list.h"

struct item {
	int value;
	struct list_node node;
};

static int value_of(const struct list_node *node)
{
	return LIST_ENTRY(node, struct item, node)->value;
}

static void fill(struct list *list, struct item *items, int count)
{
	list_init(list);
	for (int i = 0; i < count; i++) {
		items[i].value = i;
		list_add_tail(list, &items[i].node);
	}
}

Test(list, a_new_list_is_empty)
{
	struct list list;

	list_init(&list);
	cr_assert(list_empty(&list));
	cr_assert_null(list_first(&list));
	cr_assert_null(list_pop(&list));
}

Test(list, the_tail_is_last_and_the_head_first)
{
	struct item items[3];
	struct item front = { .value = -1 };
	struct list list;
	struct list_node *node;
	int expected = -1;

	fill(&list, items, 3);
	list_add_head(&list, &front.node);
	LIST_FOR_EACH(node, &list)
		cr_assert_eq(value_of(node), expected++);
	cr_assert_eq(expected, 3);
}

Test(list, pop_gives_them_in_order_and_unlinked)
{
	struct item items[3];
	struct list list;

	fill(&list, items, 3);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(list_first(&list), &items[i].node);
		cr_assert_eq(list_pop(&list), &items[i].node);
		cr_assert_not(list_is_linked(&items[i].node));
	}
	cr_assert(list_empty(&list));
}

Test(list, all_move_in_order_and_none_stays)
{
	struct item items[3];
	struct list from, to;
	struct list_node *node;
	int expected = 0;

	fill(&from, items, 3);
	list_init(&to);
	list_move_all(&to, &from);
	cr_assert(list_empty(&from));
	LIST_FOR_EACH(node, &to)
		cr_assert_eq(value_of(node), expected++);
	cr_assert_eq(expected, 3);
	for (int i = 0; i < 3; i++)
		list_remove(&items[i].node);
	cr_assert(list_empty(&to));
	list_move_all(&to, &from);
	cr_assert(list_empty(&to), "of nothing comes nothing");
}

Test(list, removing_from_the_middle_closes_the_gap)
{
	struct item items[3];
	struct list list;

	fill(&list, items, 3);
	cr_assert(list_is_linked(&items[1].node));
	list_remove(&items[1].node);
	cr_assert_not(list_is_linked(&items[1].node));
	cr_assert_eq(list_pop(&list), &items[0].node);
	cr_assert_eq(list_pop(&list), &items[2].node);
}

Test(list, removing_an_unlinked_node_does_nothing)
{
	struct item item = { .value = 0 };

	list_remove(&item.node);
	cr_assert_not(list_is_linked(&item.node));
}

Test(list, a_removed_node_can_be_added_again)
{
	struct item items[2];
	struct list list;

	fill(&list, items, 2);
	list_remove(&items[0].node);
	list_add_tail(&list, &items[0].node);
	cr_assert_eq(list_pop(&list), &items[1].node);
	cr_assert_eq(list_pop(&list), &items[0].node);
}

Test(list, the_safe_walk_survives_removal_of_each_node)
{
	struct item items[4];
	struct list list;
	struct list_node *node;
	struct list_node *following;
	int seen = 0;

	fill(&list, items, 4);
	LIST_FOR_EACH_SAFE(node, following, &list) {
		cr_assert_eq(value_of(node), seen++);
		list_remove(node);
	}
	cr_assert_eq(seen, 4);
	cr_assert(list_empty(&list));
}
