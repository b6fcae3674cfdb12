/*
 * The kernel's own address space: the linear map of RAM and the windows on devices.  Called by kmain()
 * when the device tree names RAM, and by drivers for their registers.
 *
 * Tables come from the early pool (kernel.ld), before and after there is a page allocator, so that
 * mapping a device never fails and never counts as an allocation.
 */
#include <arch/pagetable.h>

#include <arch/boot.h>
#include <arch/early_mmu.h>
#include <kernel/panic.h>
#include <kernel/sections.h>

static vaddr_t io_next = IO_BASE;

paddr_t arch_image_phys(const void *p)
{
	return boot_record.phys_base + (u64)((const char *)p - _text);
}

/* The level of the largest piece of the linear map that may start at pa. */
static int linear_level(paddr_t pa, u64 left)
{
	for (int level = 1; level < 3; level++) {
		u64 size = 1UL << pt_level_shift(level);
		paddr_t image = ALIGN_DOWN(boot_record.phys_base, size);
		bool has_image = pa >= image && pa < arch_image_phys(_end);
		int found;
		pte_t *entry;

		if (!IS_ALIGNED(pa, size) || left < size || has_image)
			continue;
		/* A block cannot go where a table already is (the device tree's, mapped early). */
		entry = pt_walk(&kernel_mmu, LINEAR_BASE + pa, &found);
		if (found < level || (found == level && !pte_is_table(*entry, level)))
			return level;
	}
	return 3;
}

void arch_map_linear(paddr_t base, u64 size)
{
	paddr_t end = ALIGN_DOWN(base + size, PAGE_SIZE);
	paddr_t pa = ALIGN_UP(base, PAGE_SIZE);
	pte_t *entry;

	while (pa < end) {
		int level = linear_level(pa, end - pa);
		bool text = pa >= boot_record.phys_base && pa < arch_image_phys(__rodata_end);
		u64 attrs = pte_attrs(text ? PT_READ : PT_READ | PT_WRITE, level);

		PANIC_IF(pt_make(&kernel_mmu, LINEAR_BASE + pa, level, &entry));
		pte_write(&kernel_mmu, entry, LINEAR_BASE + pa, level, (pte_t){ pa | attrs });
		pa += 1UL << pt_level_shift(level);
	}
	pt_publish();
}

volatile void *arch_map_device(paddr_t pa, u64 size)
{
	paddr_t first = ALIGN_DOWN(pa, PAGE_SIZE);
	u64 length = ALIGN_UP(pa + size, PAGE_SIZE) - first;
	vaddr_t va = __atomic_fetch_add(&io_next, length + PAGE_SIZE, __ATOMIC_RELAXED);

	PANIC_IF(va + length > IO_END);
	PANIC_IF(pt_map(&kernel_mmu, va, first, length, PT_READ | PT_WRITE | PT_DEVICE, false));
	return (volatile void *)(va + (pa - first));
}
