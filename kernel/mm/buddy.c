/*
 * The buddy system behind page_alloc().  A block of order n starts at a page number that is a multiple
 * of 2^n; the buddy of a block is the other half of the block one order up, found by flipping bit n.
 *
 * Invariant: a page is the head of a free block exactly if it is PAGE_FREE and on a list; pages inside
 * a block may say anything.  Two buddies of one order are never both free.
 */
#include <kernel/buddy.h>

#include <kernel/panic.h>

void buddy_init(struct buddy *b, struct page *pages, u64 first, u64 count)
{
	b->pages = pages;
	b->first = first;
	b->count = count;
	b->free = 0;
	b->orders = 0;
	for (u32 order = 0; order <= PAGE_ORDER_MAX; order++)
		list_init(&b->lists[order]);
}

static void buddy_link(struct buddy *b, struct page *p, u32 order)
{
	p->kind = PAGE_FREE;
	p->order = order;
	list_push_front(&b->lists[order], &p->node);
	b->orders |= 1u << order;
	b->free += 1UL << order;
}

static void buddy_unlink(struct buddy *b, struct page *p)
{
	u32 order = p->order;

	list_remove(&p->node);
	if (list_empty(&b->lists[order]))
		b->orders &= ~(1u << order);
	b->free -= 1UL << order;
}

struct page *buddy_take(struct buddy *b, u32 order)
{
	u32 fitting = b->orders >> order << order;
	struct page *p;
	u32 found;

	if (!fitting)
		return NULL;
	found = __builtin_ctz(fitting);
	p = list_first_entry(&b->lists[found], struct page, node);
	buddy_unlink(b, p);
	/* The upper halves go back; the lowest piece is taken. */
	while (found > order) {
		found--;
		buddy_link(b, p + (1UL << found), found);
	}
	p->order = order;
	return p;
}

/* The free block that could be joined with the one at pfn, or NULL. */
static struct page *buddy_of(const struct buddy *b, u64 pfn, u32 order)
{
	u64 n = (pfn ^ (1UL << order)) - b->first;
	struct page *p;

	if (n >= b->count)
		return NULL;
	p = &b->pages[n];
	if (p->kind != PAGE_FREE || p->order != order || !list_node_linked(&p->node))
		return NULL;
	return p;
}

void buddy_give(struct buddy *b, struct page *p, u32 order)
{
	u64 pfn = b->first + (u64)(p - b->pages);

	ASSERT(IS_ALIGNED(pfn, 1UL << order));
	while (order < PAGE_ORDER_MAX) {
		struct page *other = buddy_of(b, pfn, order);

		if (!other)
			break;
		buddy_unlink(b, other);
		pfn &= ~(1UL << order);
		order++;
	}
	buddy_link(b, &b->pages[pfn - b->first], order);
}

void buddy_give_range(struct buddy *b, u64 pfn, u64 end)
{
	while (pfn < end) {
		u32 order = PAGE_ORDER_MAX;

		while (!IS_ALIGNED(pfn, 1UL << order) || pfn + (1UL << order) > end)
			order--;
		buddy_give(b, &b->pages[pfn - b->first], order);
		pfn += 1UL << order;
	}
}
