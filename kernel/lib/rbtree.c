/*
 * Red-black trees (Cormen et al., Introduction to Algorithms, chapter 13), with parent pointers and
 * NULL leaves, which count as black.  The rules: the root is black; a red node has black children;
 * every way from a node down to a NULL passes the same number of black nodes.
 */
#include <kernel/rbtree.h>

static inline bool rb_is_red(const struct rb_node *node)
{
	return node && node->color == RB_RED;
}

/* Puts `with` where `node` hangs; node's own links stay. */
static void rb_replace_child(struct rb_tree *tree, struct rb_node *node, struct rb_node *with)
{
	struct rb_node *parent = node->parent;

	if (!parent)
		tree->root = with;
	else if (parent->left == node)
		parent->left = with;
	else
		parent->right = with;
	if (with)
		with->parent = parent;
}

/*
 *	   node              up
 *	  /    \            /  \
 *	 a      up   ->  node   c
 *	       /  \      /  \
 *	      b    c    a    b
 */
static void rb_rotate_left(struct rb_tree *tree, struct rb_node *node)
{
	struct rb_node *up = node->right;

	rb_replace_child(tree, node, up);
	node->right = up->left;
	if (node->right)
		node->right->parent = node;
	up->left = node;
	node->parent = up;
	if (tree->update) {
		tree->update(node);
		tree->update(up);
	}
}

static void rb_rotate_right(struct rb_tree *tree, struct rb_node *node)
{
	struct rb_node *up = node->left;

	rb_replace_child(tree, node, up);
	node->left = up->right;
	if (node->left)
		node->left->parent = node;
	up->right = node;
	node->parent = up;
	if (tree->update) {
		tree->update(node);
		tree->update(up);
	}
}

void rb_update(struct rb_tree *tree, struct rb_node *node)
{
	if (!tree->update)
		return;
	for (; node; node = node->parent)
		tree->update(node);
}

void rb_insert_fixup(struct rb_tree *tree, struct rb_node *node)
{
	struct rb_node *parent, *grand, *uncle;

	rb_update(tree, node);
	if (!node->parent) {
		node->color = RB_BLACK;
		return;
	}
	while (rb_is_red(node->parent)) {
		parent = node->parent;
		grand = parent->parent;
		uncle = parent == grand->left ? grand->right : grand->left;
		if (rb_is_red(uncle)) {
			parent->color = uncle->color = RB_BLACK;
			grand->color = RB_RED;
			node = grand;
			continue;
		}
		if (parent == grand->left) {
			if (node == parent->right) {
				rb_rotate_left(tree, parent);
				parent = node;
			}
			rb_rotate_right(tree, grand);
		} else {
			if (node == parent->left) {
				rb_rotate_right(tree, parent);
				parent = node;
			}
			rb_rotate_left(tree, grand);
		}
		parent->color = RB_BLACK;
		grand->color = RB_RED;
		break;
	}
	tree->root->color = RB_BLACK;
}

/* The sibling of the short side is on the right.  Returns the node to go on with, NULL when done. */
static struct rb_node *rb_erase_step_left(struct rb_tree *tree, struct rb_node *parent)
{
	struct rb_node *sibling = parent->right;

	if (rb_is_red(sibling)) {
		sibling->color = RB_BLACK;
		parent->color = RB_RED;
		rb_rotate_left(tree, parent);
		sibling = parent->right;
	}
	if (!rb_is_red(sibling->left) && !rb_is_red(sibling->right)) {
		sibling->color = RB_RED;
		return parent;
	}
	if (!rb_is_red(sibling->right)) {
		sibling->left->color = RB_BLACK;
		sibling->color = RB_RED;
		rb_rotate_right(tree, sibling);
		sibling = parent->right;
	}
	sibling->color = parent->color;
	parent->color = RB_BLACK;
	sibling->right->color = RB_BLACK;
	rb_rotate_left(tree, parent);
	return NULL;
}

/* Its mirror image. */
static struct rb_node *rb_erase_step_right(struct rb_tree *tree, struct rb_node *parent)
{
	struct rb_node *sibling = parent->left;

	if (rb_is_red(sibling)) {
		sibling->color = RB_BLACK;
		parent->color = RB_RED;
		rb_rotate_right(tree, parent);
		sibling = parent->left;
	}
	if (!rb_is_red(sibling->left) && !rb_is_red(sibling->right)) {
		sibling->color = RB_RED;
		return parent;
	}
	if (!rb_is_red(sibling->left)) {
		sibling->right->color = RB_BLACK;
		sibling->color = RB_RED;
		rb_rotate_left(tree, sibling);
		sibling = parent->left;
	}
	sibling->color = parent->color;
	parent->color = RB_BLACK;
	sibling->left->color = RB_BLACK;
	rb_rotate_right(tree, parent);
	return NULL;
}

/* The ways through `node` (may be NULL, hence its parent) are one black node short. */
static void rb_erase_fixup(struct rb_tree *tree, struct rb_node *node, struct rb_node *parent)
{
	while (node != tree->root && !rb_is_red(node)) {
		if (node == parent->left)
			node = rb_erase_step_left(tree, parent);
		else
			node = rb_erase_step_right(tree, parent);
		if (!node)
			return;
		parent = node->parent;
	}
	if (node)
		node->color = RB_BLACK;
}

/* One that has others around it. */
static __noinline void rb_erase_among(struct rb_tree *tree, struct rb_node *node)
{
	struct rb_node *successor, *child, *parent;
	enum rb_color gone = node->color;

	if (!node->left || !node->right) {
		child = node->left ? node->left : node->right;
		parent = node->parent;
		rb_replace_child(tree, node, child);
	} else {
		/* The successor has no left child: it moves into node's place and colour. */
		for (successor = node->right; successor->left;)
			successor = successor->left;
		gone = successor->color;
		child = successor->right;
		parent = successor;
		if (successor != node->right) {
			parent = successor->parent;
			rb_replace_child(tree, successor, child);
			successor->right = node->right;
			successor->right->parent = successor;
		}
		rb_replace_child(tree, node, successor);
		successor->left = node->left;
		successor->left->parent = successor;
		successor->color = node->color;
	}
	rb_update(tree, parent);
	if (gone == RB_BLACK)
		rb_erase_fixup(tree, child, parent);
	node->parent = node->left = node->right = NULL;
}

void rb_erase(struct rb_tree *tree, struct rb_node *node)
{
	/* The last one, as a CPU's tick mostly is. */
	if (tree->root == node && !node->left && !node->right)
		tree->root = NULL;
	else
		rb_erase_among(tree, node);
}

struct rb_node *rb_first(const struct rb_tree *tree)
{
	struct rb_node *node = tree->root;

	while (node && node->left)
		node = node->left;
	return node;
}

struct rb_node *rb_last(const struct rb_tree *tree)
{
	struct rb_node *node = tree->root;

	while (node && node->right)
		node = node->right;
	return node;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *up;

	if (node->right) {
		for (up = node->right; up->left;)
			up = up->left;
		return up;
	}
	for (up = node->parent; up && node == up->right; up = up->parent)
		node = up;
	return up;
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	struct rb_node *up;

	if (node->left) {
		for (up = node->left; up->right;)
			up = up->right;
		return up;
	}
	for (up = node->parent; up && node == up->left; up = up->parent)
		node = up;
	return up;
}
