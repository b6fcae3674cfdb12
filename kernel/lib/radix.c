/*
 * The tree behind <kernel/radix.h>.  A node's level says how many levels are below it, so the tree
 * grows by putting a new root above the old one and never moves an entry.
 *
 *	index bits:  ... | 11..6 | 5..0
 *	                 level 1   level 0 (slots are entries)
 */
#include <kernel/errno.h>
#include <kernel/radix.h>

enum { RADIX_LEVEL_MAX = 64 / RADIX_BITS };

void radix_init(struct radix *r, const struct radix_ops *ops)
{
	*r = (struct radix){ .ops = ops };
}

static inline u32 radix_slot(u64 index, u32 level)
{
	return (u32)(index >> (level * RADIX_BITS)) % RADIX_WAYS;
}

/* Whether a tree whose root is on this level has a place for the index. */
static inline bool radix_covers(u32 level, u64 index)
{
	return level >= RADIX_LEVEL_MAX || index >> ((level + 1) * RADIX_BITS) == 0;
}

/* The node on level 0 that would hold the index, or NULL. */
static struct radix_node *radix_leaf(const struct radix *r, u64 index)
{
	struct radix_node *node = r->root;

	if (!node || !radix_covers(node->level, index))
		return NULL;
	while (node && node->level > 0)
		node = node->slots[radix_slot(index, node->level)];
	return node;
}

void *radix_lookup(const struct radix *r, u64 index)
{
	struct radix_node *leaf = radix_leaf(r, index);

	return leaf ? leaf->slots[radix_slot(index, 0)] : NULL;
}

void *const *radix_neighbours(const struct radix *r, u64 index)
{
	struct radix_node *leaf = radix_leaf(r, index);

	return leaf ? leaf->slots : NULL;
}

static struct radix_node *radix_node_new(struct radix *r, u32 level)
{
	struct radix_node *node = r->ops->alloc(sizeof(*node));

	if (node)
		node->level = level;
	return node;
}

/* Raises the root until the index fits.  0 or -ENOMEM. */
static int radix_grow(struct radix *r, u64 index)
{
	struct radix_node *top;

	if (!r->root) {
		r->root = radix_node_new(r, 0);
		if (!r->root)
			return -ENOMEM;
	}
	while (!radix_covers(r->root->level, index)) {
		top = radix_node_new(r, r->root->level + 1);
		if (!top)
			return -ENOMEM;
		top->slots[0] = r->root;
		top->used = 1;
		r->root = top;
	}
	return 0;
}

/* Frees the empty nodes on the way to index, and roots that have only their first slot. */
static void radix_prune(struct radix *r, u64 index)
{
	struct radix_node *path[RADIX_LEVEL_MAX + 1] = { NULL };
	struct radix_node *node = r->root;
	u32 level;

	if (!node)
		return;
	if (!radix_covers(node->level, index))
		node = NULL;
	for (; node; node = node->level ? node->slots[radix_slot(index, node->level)] : NULL)
		path[node->level] = node;
	for (level = 0; level < r->root->level; level++) {
		if (!path[level])
			continue;
		if (path[level]->used)
			break;
		path[level + 1]->slots[radix_slot(index, level + 1)] = NULL;
		path[level + 1]->used--;
		r->ops->free(path[level]);
	}
	while (r->root && r->root->level > 0 && r->root->used == 1 && r->root->slots[0]) {
		node = r->root;
		r->root = node->slots[0];
		r->ops->free(node);
	}
	if (r->root->used == 0) {
		r->ops->free(r->root);
		r->root = NULL;
	}
}

int radix_insert(struct radix *r, u64 index, void *entry)
{
	struct radix_node *node, *child;
	void **slot;
	int err;

	if (!entry)
		return -EINVAL;
	err = radix_grow(r, index);
	if (err)
		goto out_prune;
	for (node = r->root; node->level > 0; node = child) {
		slot = &node->slots[radix_slot(index, node->level)];
		child = *slot;
		if (child)
			continue;
		child = radix_node_new(r, node->level - 1);
		if (!child) {
			err = -ENOMEM;
			goto out_prune;
		}
		*slot = child;
		node->used++;
	}
	slot = &node->slots[radix_slot(index, 0)];
	if (*slot)
		return -EEXIST;
	*slot = entry;
	node->used++;
	r->count++;
	return 0;

out_prune:
	/* Whatever was built on the way holds nothing. */
	radix_prune(r, index);
	return err;
}

void *radix_replace(struct radix *r, u64 index, void *entry)
{
	struct radix_node *leaf = radix_leaf(r, index);
	void *old;

	if (!leaf || !entry)
		return NULL;
	old = leaf->slots[radix_slot(index, 0)];
	if (old)
		leaf->slots[radix_slot(index, 0)] = entry;
	return old;
}

void *radix_remove(struct radix *r, u64 index)
{
	struct radix_node *leaf = radix_leaf(r, index);
	void *old;

	if (!leaf)
		return NULL;
	old = leaf->slots[radix_slot(index, 0)];
	if (!old)
		return NULL;
	leaf->slots[radix_slot(index, 0)] = NULL;
	leaf->used--;
	r->count--;
	if (leaf->used == 0)
		radix_prune(r, index);
	return old;
}

void *radix_next(const struct radix *r, u64 *index)
{
	struct radix_node *node = r->root;
	u64 at = *index;
	u64 step;
	u32 slot;

	while (node && radix_covers(r->root->level, at)) {
		slot = radix_slot(at, node->level);
		step = (u64)1 << (node->level * RADIX_BITS);
		if (node->slots[slot] && node->level > 0) {
			node = node->slots[slot];
			continue;
		}
		if (node->slots[slot]) {
			*index = at;
			return node->slots[slot];
		}
		/* Nothing below this slot: to the start of the next, from the root again. */
		at = (at & ~(step - 1)) + step;
		if (at == 0)
			return NULL;
		if (slot == RADIX_WAYS - 1 || node->level > 0)
			node = r->root;
	}
	return NULL;
}

void radix_destroy(struct radix *r)
{
	struct radix_node *path[RADIX_LEVEL_MAX + 2] = { NULL };
	struct radix_node *node;
	u32 level;
	u32 slot;

	if (!r->root)
		return;
	level = r->root->level;
	path[level] = r->root;
	/* Depth first; a slot is cleared when its child is entered, so no place need be remembered. */
	while ((node = path[level]) != NULL) {
		for (slot = 0; level > 0 && slot < RADIX_WAYS && !node->slots[slot]; slot++)
			;
		if (level > 0 && slot < RADIX_WAYS) {
			path[--level] = node->slots[slot];
			node->slots[slot] = NULL;
			continue;
		}
		r->ops->free(node);
		level++;
	}
	r->root = NULL;
	r->count = 0;
}
