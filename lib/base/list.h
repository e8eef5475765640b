/*
 * Intrusive doubly linked list.
 *
 * The node lies inside the object which is listed, so that listing allocates nothing and cannot
 * fail, and removing needs no search. The list is a ring through its own head. A node knows whether
 * it is linked: its pointers are NULL when it is not, so zeroed memory is an unlinked node.
 */
#ifndef COHORT_BASE_LIST_H
#define COHORT_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
	struct list_node *prev;
	struct list_node *next;
};

struct list {
	struct list_node head;
};

/* The object of `type` whose field `member` is the node. */
#define LIST_ENTRY(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* Visits each node, a struct list_node *; the list must not change meanwhile. */
#define LIST_FOR_EACH(node, list) \
	for ((node) = (list)->head.next; (node) != &(list)->head; (node) = (node)->next)

/* The same; the visited node may be removed or freed. `following` is a second node pointer. */
#define LIST_FOR_EACH_SAFE(node, following, list)                                             \
	for ((node) = (list)->head.next, (following) = (node)->next; (node) != &(list)->head; \
	     (node) = (following), (following) = (node)->next)

static inline void list_init(struct list *list)
{
	list->head.prev = &list->head;
	list->head.next = &list->head;
}

static inline void list_node_init(struct list_node *node)
{
	node->prev = NULL;
	node->next = NULL;
}

static inline bool list_is_linked(const struct list_node *node)
{
	return node->next != NULL;
}

static inline bool list_empty(const struct list *list)
{
	return list->head.next == &list->head;
}

static inline void list_insert_between(struct list_node *prev, struct list_node *node,
				       struct list_node *next)
{
	node->prev = prev;
	node->next = next;
	prev->next = node;
	next->prev = node;
}

static inline void list_add_tail(struct list *list, struct list_node *node)
{
	list_insert_between(list->head.prev, node, &list->head);
}

static inline void list_add_head(struct list *list, struct list_node *node)
{
	list_insert_between(&list->head, node, list->head.next);
}

/* Takes the node out of the list it is in; nothing happens if it is in none. */
static inline void list_remove(struct list_node *node)
{
	if (!list_is_linked(node))
		return;
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_node_init(node);
}

/* The first node, or NULL. */
static inline struct list_node *list_first(const struct list *list)
{
	return list_empty(list) ? NULL : list->head.next;
}

/* Takes out the first node and returns it, or NULL. */
static inline struct list_node *list_pop(struct list *list)
{
	struct list_node *node = list_first(list);

	if (node)
		list_remove(node);
	return node;
}

/* Puts all nodes of `from`, in their order, into `to`, which is empty. */
static inline void list_move_all(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	list_insert_between(from->head.prev, &to->head, from->head.next);
	list_init(from);
}

#endif
