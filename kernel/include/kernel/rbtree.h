/*
 * Intrusive red-black trees.  The caller descends and compares, then links:
 *
 *	struct rb_node **link = &tree->root, *parent = NULL;
 *	while (*link) { parent = *link; link = key < ... ? &parent->left : &parent->right; }
 *	rb_insert(tree, node, parent, link);
 *
 * A tree may carry an `update` callback: it recomputes what a node says about its subtree from the
 * node itself and its children (the largest free gap below it, say).  It is called bottom-up
 * wherever the shape changed; when an object's own value changes, call rb_update().  Caller locks.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/types.h>

enum rb_color { RB_RED, RB_BLACK };

struct rb_node {
	struct rb_node *parent;
	struct rb_node *left;
	struct rb_node *right;
	enum rb_color color;
};

struct rb_tree {
	struct rb_node *root;
	void (*update)(struct rb_node *node); /* or NULL */
};

#define RB_INIT { NULL, NULL }
#define rb_entry(node, type, member) container_of(node, type, member)

/* Links node as *link below parent, without colours; rb_insert_fixup must follow. */
static inline void rb_link(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
	node->parent = parent;
	node->left = node->right = NULL;
	node->color = RB_RED;
	*link = node;
}

/* Restores the rules of the tree after rb_link. */
void rb_insert_fixup(struct rb_tree *tree, struct rb_node *node);

/* rb_link and rb_insert_fixup in one. */
static inline void rb_insert(struct rb_tree *tree, struct rb_node *node, struct rb_node *parent,
			     struct rb_node **link)
{
	rb_link(node, parent, link);
	rb_insert_fixup(tree, node);
}

/* Takes the node out of the tree. */
void rb_erase(struct rb_tree *tree, struct rb_node *node);

/* Calls update from node up to the root. */
void rb_update(struct rb_tree *tree, struct rb_node *node);

/* In order; NULL at the end. */
struct rb_node *rb_first(const struct rb_tree *tree);
struct rb_node *rb_last(const struct rb_tree *tree);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

#define rb_for_each(node, tree) for ((node) = rb_first(tree); (node); (node) = rb_next(node))
