/*
 * The page allocator: reference-counted blocks over the buddy system, with a cache of single pages for
 * each CPU so that page faults neither split blocks nor meet on the lock.  Called by everybody, from
 * any context.
 *
 * Invariants: a page is in the buddy's lists, in one hot cache, or has at least one reference.
 * Reserved pages hold one reference of their own and are never freed.
 *
 * The last pages are not for everybody: user memory stops first, then the kernel, so that what may not
 * sleep (ALLOC_ATOMIC) and what frees memory still finds some.  There is one zone and no reclaim;
 * Linux has zones by DMA reach and NUMA node, and writes back or swaps before it gives up.
 */
#include <kernel/page.h>

#include <arch/arch.h>
#include <kernel/errno.h>
#include <kernel/page_zone.h>
#include <kernel/panic.h>
#include <kernel/task.h>

struct page *page_array;
u64 page_first_pfn, page_count;
struct page_zone page_zone = { .lock = SPINLOCK_INIT("page_zone") };

/* How many free pages must remain after an allocation of this kind. */
static u64 page_floor(enum alloc_flags flags)
{
	if (flags & ALLOC_ATOMIC)
		return 0;
	return flags & ALLOC_USER ? page_zone.reserve * 2 : page_zone.reserve;
}

static struct page *page_take(u32 order, enum alloc_flags flags)
{
	struct page *p = NULL;
	irqflags_t irq = spin_lock_irqsave(&page_zone.lock);

	if (page_zone.buddy.free >= page_floor(flags) + (1UL << order))
		p = buddy_take(&page_zone.buddy, order);
	spin_unlock_irqrestore(&page_zone.lock, irq);
	return p;
}

/* Moves up to a batch from the buddy to this CPU's hot cache.  Interrupts off. */
static void page_hot_fill(struct page_hot *hot, enum alloc_flags flags)
{
	struct page *p;

	spin_lock(&page_zone.lock);
	while (hot->count < PAGE_HOT_BATCH && page_zone.buddy.free > page_floor(flags)) {
		p = buddy_take(&page_zone.buddy, 0);
		if (!p)
			break;
		hot->pages[hot->count++] = p;
	}
	spin_unlock(&page_zone.lock);
}

/* Gives the `n` pages that were freed longest ago back to the buddy.  Interrupts off. */
static void page_hot_shrink(struct page_hot *hot, u32 n)
{
	spin_lock(&page_zone.lock);
	for (u32 i = 0; i < n; i++)
		buddy_give(&page_zone.buddy, hot->pages[i], 0);
	spin_unlock(&page_zone.lock);
	hot->count -= n;
	for (u32 i = 0; i < hot->count; i++)
		hot->pages[i] = hot->pages[i + n];
}

static struct page *page_take_hot(enum alloc_flags flags)
{
	irqflags_t irq = arch_irq_save();
	struct page_hot *hot = &page_zone.hot[this_cpu()->id];
	struct page *p = NULL;

	if (unlikely(!hot->count))
		page_hot_fill(hot, flags);
	if (likely(hot->count))
		p = hot->pages[--hot->count];
	arch_irq_restore(irq);
	return p;
}

int page_alloc(u32 order, enum alloc_flags flags, struct page **out)
{
	struct page *p = order ? page_take(order, flags) : page_take_hot(flags);

	if (unlikely(!p))
		return -ENOMEM;
	p->kind = PAGE_KERNEL;
	p->order = order;
	p->flags = 0;
	p->private = 0;
	atomic_store_relaxed(&p->refs, 1);
	if (flags & ALLOC_ZERO)
		arch_zero(page_virt(p), PAGE_SIZE << order);
	*out = p;
	return 0;
}

static void page_free_hot(struct page *p)
{
	irqflags_t irq = arch_irq_save();
	struct page_hot *hot = &page_zone.hot[this_cpu()->id];

	if (unlikely(hot->count == PAGE_HOT_MAX))
		page_hot_shrink(hot, PAGE_HOT_BATCH);
	hot->pages[hot->count++] = p;
	arch_irq_restore(irq);
}

static void page_free(struct page *p)
{
	irqflags_t irq;

	if (unlikely(p->kind == PAGE_FREE || p->kind == PAGE_RESERVED))
		panic("page: the last reference to %s page %#llx was dropped",
		      p->kind == PAGE_FREE ? "free" : "reserved", (unsigned long long)page_phys(p));
	ASSERT(!list_node_linked(&p->node));
	p->kind = PAGE_FREE;
	if (likely(p->order == 0)) {
		page_free_hot(p);
		return;
	}
	irq = spin_lock_irqsave(&page_zone.lock);
	buddy_give(&page_zone.buddy, p, p->order);
	spin_unlock_irqrestore(&page_zone.lock, irq);
}

void page_put(struct page *p)
{
	int refs = __atomic_sub_fetch(&p->refs.value, 1, __ATOMIC_ACQ_REL);

	if (likely(refs > 0))
		return;
	if (unlikely(refs < 0))
		panic("page: %#llx dropped once too often", (unsigned long long)page_phys(p));
	page_free(p);
}

void page_drain_hot(void)
{
	irqflags_t irq = arch_irq_save();
	struct page_hot *hot = &page_zone.hot[this_cpu()->id];

	page_hot_shrink(hot, hot->count);
	arch_irq_restore(irq);
}

u64 page_free_count(void)
{
	u64 n = page_zone.buddy.free;

	for (u32 cpu = 0; cpu < CPUS_MAX; cpu++)
		n += READ_ONCE(page_zone.hot[cpu].count);
	return n;
}

u64 page_total_count(void)
{
	return page_zone.total;
}

paddr_t virt_to_phys(const void *p)
{
	vaddr_t va = (vaddr_t)p;

	if (va >= IMAGE_BASE)
		return arch_image_phys(p);
	ASSERT(va >= LINEAR_BASE && va < LINEAR_END);
	return va - LINEAR_BASE;
}
