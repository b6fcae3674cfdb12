/* Stages 13, 15, 16, 25 and 26: the memory map, the page allocator, and that every page comes back. */
#include <kernel/page.h>

#include <arch/arch.h>
#include <kernel/errno.h>
#include <kernel/machine.h>
#include <kernel/mm.h>
#include <kernel/page_zone.h>
#include <kernel/sections.h>
#include <kernel/slab.h>
#include <kernel/stage.h>
#include <kernel/vmap.h>

/* Whether the device tree itself says that this is RAM. */
static bool tree_has_memory(const struct phys_range *r)
{
	int node = -1;

	while ((node = dt_find_type(&machine_dt, node, "memory")) >= 0) {
		paddr_t base;
		u64 size;

		for (u32 i = 0; !dt_reg(&machine_dt, node, i, &base, &size); i++) {
			if (base <= r->base && r->base + r->size <= base + size)
				return true;
		}
	}
	return false;
}

static bool page_is_reserved(paddr_t pa)
{
	const struct page *p = page_from_phys(pa);

	return p && p->kind == PAGE_RESERVED;
}

void stage_mm_map(void)
{
	u64 pages = 0, reserved = 0;

	EXPECT_GE(machine.memory_count, 1u);
	for (u32 i = 0; i < machine.memory_count; i++) {
		EXPECT(tree_has_memory(&machine.memory[i]));
		pages += machine.memory[i].size >> PAGE_SHIFT;
	}
	/* The smallest machine there is: 64 MiB, the largest piece of which must be ours. */
	EXPECT_GE(pages, (64UL << 20) >> PAGE_SHIFT);

	for (u32 i = 0; i < machine.reserved_count; i++) {
		const struct phys_range *r = &machine.reserved[i];

		EXPECT(page_is_reserved(r->base));
		EXPECT(page_is_reserved(r->base + r->size / 2));
		EXPECT(page_is_reserved(r->base + r->size - 1));
	}
	EXPECT(page_is_reserved(virt_to_phys(_text)));
	EXPECT(page_is_reserved(virt_to_phys(_end) - 1));
	EXPECT(page_is_reserved((vaddr_t)machine_dt.blob - LINEAR_BASE));
	EXPECT(page_is_reserved((vaddr_t)page_array - LINEAR_BASE));
	if (machine.initrd.size)
		EXPECT(page_is_reserved(machine.initrd.base));

	for (u64 i = 0; i < page_count; i++)
		reserved += page_array[i].kind == PAGE_RESERVED;
	EXPECT_EQ(reserved + page_total_count(), page_count);
	EXPECT_LE(page_total_count(), pages);
}

/* Everything that one can have, chained by page.node: biggest blocks first.  Pages taken. */
static u64 page_take_all(enum alloc_flags flags, struct list *taken)
{
	u64 n = 0;

	for (u32 order = PAGE_ORDER_MAX + 1; order-- > 0;) {
		struct page *p;

		while (!page_alloc(order, flags, &p)) {
			list_push_back(taken, &p->node);
			n += 1UL << order;
		}
	}
	return n;
}

static void page_put_all(struct list *taken)
{
	struct page *p;

	while ((p = list_pop_front_entry(taken, struct page, node)))
		page_put(p);
}

static void buddy_lengths(size_t lengths[PAGE_ORDER_MAX + 1])
{
	page_drain_hot();
	for (u32 order = 0; order <= PAGE_ORDER_MAX; order++)
		lengths[order] = list_length(&page_zone.buddy.lists[order]);
}

void stage_mm_buddy(void)
{
	size_t before[PAGE_ORDER_MAX + 1], after[PAGE_ORDER_MAX + 1];
	struct list taken = LIST_INIT(taken);
	u64 free = page_free_count();
	struct page *p;

	buddy_lengths(before);
	/* A split: of a block of eight, the buddies of what is taken remain. */
	for (u32 order = 0; order <= PAGE_ORDER_MAX; order++) {
		EXPECT_OK(page_alloc(order, 0, &p));
		EXPECT_EQ(page_pfn(p) % (1UL << order), 0u);
		EXPECT_EQ(p->order + 0u, order);
		EXPECT_LE(page_free_count(), free - (1UL << order));
		page_put(p);
	}
	EXPECT_EQ(page_free_count(), free);

	EXPECT_EQ(page_take_all(ALLOC_ATOMIC, &taken), free);
	EXPECT_EQ(page_free_count(), 0u);
	EXPECT_EQ(page_alloc(0, ALLOC_ATOMIC, &p), -ENOMEM);
	page_put_all(&taken);
	EXPECT_EQ(page_free_count(), free);

	/* Joined to blocks as large as at first. */
	buddy_lengths(after);
	for (u32 order = 0; order <= PAGE_ORDER_MAX; order++)
		EXPECT_EQ(after[order], before[order]);
}

void stage_mm_page_refs(void)
{
	struct page *p, *others[32];
	u64 free = page_free_count();

	for (u32 order = 0; order < 3; order++) {
		EXPECT_OK(page_alloc(order, 0, &p));
		EXPECT_EQ(page_refs(p), 1);
		page_get(p);
		page_get(p);
		page_put(p);
		page_put(p);
		/* Two gone, one left: still ours. */
		EXPECT_EQ(page_refs(p), 1);
		EXPECT(p->kind == PAGE_KERNEL);
		EXPECT_EQ(page_free_count(), free - (1UL << order));
		for (u32 i = 0; i < ARRAY_SIZE(others); i++) {
			EXPECT_OK(page_alloc(0, 0, &others[i]));
			EXPECT(others[i] < p || others[i] >= p + (1UL << order));
		}
		for (u32 i = 0; i < ARRAY_SIZE(others); i++)
			page_put(others[i]);
		page_put(p);
		EXPECT(p->kind == PAGE_FREE);
		EXPECT_EQ(page_free_count(), free);
	}
}

void stage_mm_oom(void)
{
	struct list taken = LIST_INIT(taken);
	struct mm *mm, *copy;
	struct page *p;
	u64 free;

	EXPECT_OK(mm_create(&mm));
	cache_drain();
	vmap_stack_drain();
	free = page_free_count();
	page_take_all(0, &taken);
	EXPECT_GT(page_free_count(), 0u);

	EXPECT_EQ(page_alloc(0, 0, &p), -ENOMEM);
	EXPECT_EQ(page_alloc(0, ALLOC_USER, &p), -ENOMEM);
	EXPECT(kmalloc(PAGE_SIZE, 0) == NULL);
	EXPECT(kmalloc(4UL << 20, 0) == NULL);
	EXPECT(vmap_alloc(16 * PAGE_SIZE, "oom") == NULL);
	EXPECT(vmap_stack_alloc() == NULL);
	EXPECT_EQ(mm_fork(mm, &copy), -ENOMEM);
	/* What may not sleep still finds some. */
	EXPECT_OK(page_alloc(0, ALLOC_ATOMIC, &p));
	page_put(p);

	page_put_all(&taken);
	cache_drain();
	EXPECT_EQ(page_free_count(), free);
	EXPECT_OK(mm_fork(mm, &copy));
	mm_put(copy);
	mm_put(mm);
}

void stage_mm_accounting(void)
{
	cache_drain();
	vmap_stack_drain();
	EXPECT_EQ(cache_page_count(), 0u);
	EXPECT_EQ(vmap_stack_count(), 0u);
	EXPECT(list_empty(&all_vmaps));
	EXPECT(list_empty(&all_mms));
	/* Tables of the kernel's half stay, once made. */
	EXPECT_EQ(page_free_count() + kernel_mmu.table_count, memory_free_at_start);
}
