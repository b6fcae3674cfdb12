/*
 * The start of the page allocator: finds room for the page array, clears it, marks what is taken and
 * frees the rest in the largest blocks.  Called once by kmain(), with one CPU and no allocator.
 *
 * Costs little more than clearing 64 bytes for each page, which is why an entry of zeroes is an
 * ordinary page inside a block.
 */
#include <kernel/page.h>

#include <arch/arch.h>
#include <kernel/log.h>
#include <kernel/machine.h>
#include <kernel/page_zone.h>
#include <kernel/panic.h>

enum { RESERVE_SHARE = 256, RESERVE_MIN = 32, RESERVE_MAX = 1024 };

/* A range of page numbers, [first, end). */
struct pfn_range {
	u64 first, end;
};

/* Every page that a reserved range touches. */
static struct pfn_range range_around(const struct phys_range *r)
{
	return (struct pfn_range){ r->base >> PAGE_SHIFT,
				   (r->base + r->size + PAGE_SIZE - 1) >> PAGE_SHIFT };
}

/* Moves *pfn behind a reserved range that [*pfn, end) meets; false when there is none. */
static bool range_skip_reserved(u64 *pfn, u64 end)
{
	for (u32 i = 0; i < machine.reserved_count; i++) {
		struct pfn_range r = range_around(&machine.reserved[i]);

		if (r.first < end && r.end > *pfn) {
			*pfn = r.end;
			return true;
		}
	}
	return false;
}

/* The first run of `count` pages of RAM that nothing is in. */
static u64 page_array_place(u64 count)
{
	for (u32 i = 0; i < machine.memory_count; i++) {
		const struct phys_range *ram = &machine.memory[i];
		u64 pfn = ram->base >> PAGE_SHIFT;

		while (range_skip_reserved(&pfn, pfn + count))
			;
		if (pfn + count <= (ram->base + ram->size) >> PAGE_SHIFT)
			return pfn;
	}
	boot_refuse("page: no room for %llu pages of page array", (unsigned long long)count);
}

static void page_reserve(struct pfn_range r)
{
	u64 end = MIN(r.end, page_first_pfn + page_count);

	for (u64 pfn = MAX(r.first, page_first_pfn); pfn < end; pfn++) {
		struct page *p = &page_array[pfn - page_first_pfn];

		p->kind = PAGE_RESERVED;
		atomic_store_relaxed(&p->refs, 1);
	}
}

/* Where the first reserved page in [pfn, end) is, found by ranges, not by pages; end without one. */
static u64 reserved_next(u64 pfn, u64 end, struct pfn_range array)
{
	if (array.end > pfn && array.first < end)
		end = MAX(array.first, pfn);
	for (u32 i = 0; i < machine.reserved_count; i++) {
		struct pfn_range r = range_around(&machine.reserved[i]);

		if (r.end > pfn && r.first < end)
			end = MAX(r.first, pfn);
	}
	return end;
}

/* Gives the unreserved parts of one range of RAM to the buddy. */
static void page_give_ram(const struct phys_range *ram, struct pfn_range array)
{
	u64 pfn = ram->base >> PAGE_SHIFT;
	u64 end = (ram->base + ram->size) >> PAGE_SHIFT;

	while (pfn < end) {
		u64 stop = reserved_next(pfn, end, array);

		buddy_give_range(&page_zone.buddy, pfn, stop);
		pfn = stop;
		while (pfn < end && page_array[pfn - page_first_pfn].kind == PAGE_RESERVED)
			pfn++;
	}
}

/* Holes between ranges of RAM belong to nobody. */
static void page_reserve_holes(void)
{
	for (u32 i = 1; i < machine.memory_count; i++) {
		const struct phys_range *a = &machine.memory[i - 1], *b = &machine.memory[i];

		page_reserve((struct pfn_range){ (a->base + a->size) >> PAGE_SHIFT,
						 b->base >> PAGE_SHIFT });
	}
}

/* The share of all pages that is kept for those who may not fail. */
static u64 page_reserve_size(u64 total)
{
	u64 n = total / RESERVE_SHARE;

	if (n < RESERVE_MIN)
		return RESERVE_MIN;
	return n > RESERVE_MAX ? RESERVE_MAX : n;
}

void page_init(void)
{
	const struct phys_range *last = &machine.memory[machine.memory_count - 1];
	struct pfn_range array;
	u64 bytes;

	page_first_pfn = machine.memory[0].base >> PAGE_SHIFT;
	page_count = ((last->base + last->size) >> PAGE_SHIFT) - page_first_pfn;
	bytes = ALIGN_UP(page_count * sizeof(struct page), PAGE_SIZE);
	array.first = page_array_place(bytes >> PAGE_SHIFT);
	array.end = array.first + (bytes >> PAGE_SHIFT);
	page_array = phys_to_virt(array.first << PAGE_SHIFT);
	arch_zero(page_array, bytes);

	page_reserve(array);
	page_reserve_holes();
	for (u32 i = 0; i < machine.reserved_count; i++)
		page_reserve(range_around(&machine.reserved[i]));

	buddy_init(&page_zone.buddy, page_array, page_first_pfn, page_count);
	for (u32 i = 0; i < machine.memory_count; i++)
		page_give_ram(&machine.memory[i], array);
	page_zone.total = page_zone.buddy.free;
	page_zone.reserve = page_reserve_size(page_zone.total);
	log_info("page: %llu of %llu pages free, page array %llu KiB",
		 (unsigned long long)page_zone.total, (unsigned long long)page_count,
		 (unsigned long long)bytes >> 10);
}

void page_release_reserved(paddr_t base, u64 size)
{
	u64 pfn = ALIGN_UP(base, PAGE_SIZE) >> PAGE_SHIFT;
	u64 end = (base + size) >> PAGE_SHIFT;
	irqflags_t irq = spin_lock_irqsave(&page_zone.lock);

	for (; pfn < end; pfn++) {
		struct page *p = page_from_phys(pfn << PAGE_SHIFT);

		PANIC_IF(!p || p->kind != PAGE_RESERVED);
		atomic_store_relaxed(&p->refs, 0);
		p->kind = PAGE_FREE; /* it may end up inside a larger block */
		buddy_give(&page_zone.buddy, p, 0);
		page_zone.total++;
	}
	spin_unlock_irqrestore(&page_zone.lock, irq);
}
