/*
 * Doubly linked intrusive lists.  A `struct list` is the head, a `struct list_node` sits in the
 * object.  An unlinked node has NULL pointers, so zeroed memory is an unlinked node; a head must be
 * initialised.  The caller locks.  With CONFIG_DEBUG every link is checked before it is changed.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/types.h>

struct list_node {
	struct list_node *prev;
	struct list_node *next;
};

struct list {
	struct list_node head; /* head.next is the first, head.prev the last */
};

#define LIST_INIT(name) { { &(name).head, &(name).head } }

/* Stops the machine: `node` of `list operation` is not linked as it must be. */
__noreturn void list_corrupt(const struct list_node *node, const char *what);

static inline void list_init(struct list *list)
{
	list->head.prev = list->head.next = &list->head;
}

static inline bool list_empty(const struct list *list)
{
	return list->head.next == &list->head;
}

/* Whether the node is on a list. */
static inline bool list_node_linked(const struct list_node *node)
{
	return node->next != NULL;
}

static inline void list_link_between(struct list_node *node, struct list_node *prev,
				     struct list_node *next)
{
	if (CONFIG_DEBUG && node->next)
		list_corrupt(node, "added while on a list");
	if (CONFIG_DEBUG && (prev->next != next || next->prev != prev))
		list_corrupt(prev, "neighbours disagree");
	node->prev = prev;
	node->next = next;
	prev->next = node;
	next->prev = node;
}

static inline void list_push_front(struct list *list, struct list_node *node)
{
	list_link_between(node, &list->head, list->head.next);
}

static inline void list_push_back(struct list *list, struct list_node *node)
{
	list_link_between(node, list->head.prev, &list->head);
}

/* Puts node before (after) `where`, which is on a list. */
static inline void list_insert_before(struct list_node *where, struct list_node *node)
{
	list_link_between(node, where->prev, where);
}

static inline void list_insert_after(struct list_node *where, struct list_node *node)
{
	list_link_between(node, where, where->next);
}

/* Takes the node off its list; it must be on one. */
static inline void list_remove(struct list_node *node)
{
	if (CONFIG_DEBUG && !node->next)
		list_corrupt(node, "removed while on no list");
	if (CONFIG_DEBUG && (node->prev->next != node || node->next->prev != node))
		list_corrupt(node, "neighbours disagree");
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->prev = node->next = NULL;
}

/* Neighbours on `list`, or NULL at its end. */
static inline struct list_node *list_first(const struct list *list)
{
	return list_empty(list) ? NULL : list->head.next;
}

static inline struct list_node *list_last(const struct list *list)
{
	return list_empty(list) ? NULL : list->head.prev;
}

static inline struct list_node *list_next(const struct list *list, const struct list_node *node)
{
	return node->next == &list->head ? NULL : node->next;
}

static inline struct list_node *list_prev(const struct list *list, const struct list_node *node)
{
	return node->prev == &list->head ? NULL : node->prev;
}

/* Takes the first node off, or NULL. */
static inline struct list_node *list_pop_front(struct list *list)
{
	struct list_node *node = list_first(list);

	if (node)
		list_remove(node);
	return node;
}

/* Moves all of `from` behind the last of `to`; `from` is empty afterwards. */
static inline void list_splice_back(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->head.next->prev = to->head.prev;
	to->head.prev->next = from->head.next;
	from->head.prev->next = &to->head;
	to->head.prev = from->head.prev;
	list_init(from);
}

/* The number of nodes: walks the list, for checks and tests. */
size_t list_length(const struct list *list);

#define list_entry(node, type, member) container_of(node, type, member)
#define list_first_entry(list, type, member)                                                       \
	({                                                                                         \
		struct list_node *first_ = list_first(list);                                       \
		first_ ? list_entry(first_, type, member) : (type *)NULL;                          \
	})
#define list_pop_front_entry(list, type, member)                                                   \
	({                                                                                         \
		struct list_node *first_ = list_pop_front(list);                                   \
		first_ ? list_entry(first_, type, member) : (type *)NULL;                          \
	})

/* `entry` (a pointer to the containing struct) walks the list; it must not be removed. */
#define list_for_each(entry, list, member)                                                         \
	for ((entry) = list_entry((list)->head.next, __typeof__(*(entry)), member);                \
	     &(entry)->member != &(list)->head;                                                    \
	     (entry) = list_entry((entry)->member.next, __typeof__(*(entry)), member))

#define list_for_each_reverse(entry, list, member)                                                 \
	for ((entry) = list_entry((list)->head.prev, __typeof__(*(entry)), member);                \
	     &(entry)->member != &(list)->head;                                                    \
	     (entry) = list_entry((entry)->member.prev, __typeof__(*(entry)), member))

/* As above, but `entry` may be removed or freed; `after` holds the next one. */
#define list_for_each_safe(entry, after, list, member)                                             \
	for ((entry) = list_entry((list)->head.next, __typeof__(*(entry)), member),                \
	    (after) = list_entry((entry)->member.next, __typeof__(*(entry)), member);              \
	     &(entry)->member != &(list)->head;                                                    \
	     (entry) = (after),                                                                    \
	    (after) = list_entry((after)->member.next, __typeof__(*(entry)), member))
