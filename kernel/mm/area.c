/*
 * The tree of areas.  Each area also says how much is free right below it, and the largest such gap in
 * its subtree, so that room is found without a walk over all areas.  Called by kernel/mm with mm.lock
 * held.
 *
 * Invariant: area.gap = area.start - end of the area below (0 for the lowest).
 */
#include <kernel/area.h>

#include <kernel/panic.h>

static struct area *area_of(struct rb_node *node)
{
	return node ? rb_entry(node, struct area, node) : NULL;
}

/* Recomputes gap_max from the area itself and its children. */
static void area_update(struct rb_node *node)
{
	struct area *a = area_of(node);
	u64 max = a->gap;

	if (node->left)
		max = MAX(max, area_of(node->left)->gap_max);
	if (node->right)
		max = MAX(max, area_of(node->right)->gap_max);
	a->gap_max = max;
}

void areas_init(struct rb_tree *areas)
{
	areas->root = NULL;
	areas->update = area_update;
}

struct area *area_next(const struct area *a)
{
	return area_of(rb_next(&a->node));
}

struct area *area_prev(const struct area *a)
{
	return area_of(rb_prev(&a->node));
}

struct area *area_find_from(const struct rb_tree *areas, vaddr_t va)
{
	struct rb_node *node = areas->root;
	struct area *best = NULL;

	while (node) {
		struct area *a = area_of(node);

		if (a->end > va) {
			best = a;
			if (a->start <= va)
				break;
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return best;
}

struct area *area_find(const struct rb_tree *areas, vaddr_t va)
{
	struct area *a = area_find_from(areas, va);

	return a && a->start <= va ? a : NULL;
}

bool area_range_free(const struct rb_tree *areas, vaddr_t start, vaddr_t end)
{
	struct area *a = area_find_from(areas, start);

	return !a || a->start >= end;
}

/* Says anew what is free below the area, which may be NULL. */
static void area_set_gap(struct rb_tree *areas, struct area *a)
{
	struct area *below;

	if (!a)
		return;
	below = area_prev(a);
	a->gap = a->start - (below ? below->end : 0);
	rb_update(areas, &a->node);
}

void area_insert(struct rb_tree *areas, struct area *a)
{
	struct rb_node **link = &areas->root, *parent = NULL;

	while (*link) {
		parent = *link;
		ASSERT(a->end <= area_of(parent)->start || a->start >= area_of(parent)->end);
		link = a->start < area_of(parent)->start ? &parent->left : &parent->right;
	}
	a->gap = 0;
	a->gap_max = 0;
	rb_insert(areas, &a->node, parent, link);
	area_set_gap(areas, a);
	area_set_gap(areas, area_next(a));
}

void area_remove(struct rb_tree *areas, struct area *a)
{
	struct area *above = area_next(a);

	rb_erase(areas, &a->node);
	area_set_gap(areas, above);
}

void area_resize(struct rb_tree *areas, struct area *a, vaddr_t start, vaddr_t end)
{
	ASSERT(start < end);
	a->start = start;
	a->end = end;
	area_set_gap(areas, a);
	area_set_gap(areas, area_next(a));
}

/* As area_find_gap(), among the gaps below the areas of a subtree.  As deep as the tree: some 20 calls. */
static vaddr_t area_gap_in(struct rb_node *node, u64 length, vaddr_t low, vaddr_t high)
{
	struct area *a = area_of(node);
	vaddr_t top, bottom, found;

	if (!a || a->gap_max < length)
		return 0;
	/* All gaps to the right lie above this area. */
	if (a->end < high) {
		found = area_gap_in(node->right, length, low, high);
		if (found)
			return found;
	}
	top = MIN(a->start, high);
	bottom = MAX(a->start - a->gap, low);
	if (top >= bottom && top - bottom >= length)
		return top - length;
	return a->start > low ? area_gap_in(node->left, length, low, high) : 0;
}

vaddr_t area_find_gap(const struct rb_tree *areas, u64 length, vaddr_t low, vaddr_t high)
{
	struct area *last = area_of(rb_last(areas));
	vaddr_t bottom = last ? MAX(last->end, low) : low;

	if (high >= bottom && high - bottom >= length)
		return high - length;
	return area_gap_in(areas->root, length, low, high);
}
