/*
 * Stages 14, 21 and 22: the linear map, and tables against AT and the walker.  The user tables here
 * are no process's; they are loaded for the length of a stage.
 */
#include <arch/arch.h>
#include <kernel/errno.h>
#include <kernel/machine.h>
#include <kernel/page.h>
#include <kernel/sections.h>
#include <kernel/stage.h>

/* User addresses far from each other and from 0. */
#define PLACE_A 0x0000123456789000UL
#define PLACE_B 0x00007fff40000000UL

/* Walks the linear map over [base, base + size) leaf by leaf. */
static void linear_check_range(paddr_t base, u64 size)
{
	struct pt_leaf leaf;
	paddr_t pa = base;

	while (pa < base + size) {
		EXPECT_OK(pt_lookup(&kernel_mmu, LINEAR_BASE + pa, &leaf));
		EXPECT_EQ(leaf.pa + (LINEAR_BASE + pa - leaf.va), pa);
		EXPECT_EQ(leaf.flags & (PT_USER | PT_EXEC | PT_DEVICE), 0);
		EXPECT(leaf.flags & PT_READ);
		pa += leaf.size - (LINEAR_BASE + pa - leaf.va);
	}
}

void stage_mm_linear(void)
{
	volatile void *window = arch_map_device(machine.gic_distributor.base, PAGE_SIZE);
	const struct phys_range *ram = &machine.memory[machine.memory_count - 1];
	struct pt_leaf leaf;
	paddr_t pa;

	for (u32 i = 0; i < machine.memory_count; i++)
		linear_check_range(machine.memory[i].base, machine.memory[i].size);
	EXPECT_EQ(pt_lookup(&kernel_mmu, LINEAR_BASE + ram->base + ram->size, &leaf), -ENOENT);

	/* The hardware agrees at both ends, and for writing. */
	EXPECT_OK(arch_translate(LINEAR_BASE + ram->base, false, false, &pa));
	EXPECT_EQ(pa, ram->base);
	EXPECT_OK(arch_translate(LINEAR_BASE + ram->base + ram->size - 8, false, true, &pa));
	EXPECT_EQ(pa, ram->base + ram->size - 8);

	EXPECT_OK(pt_lookup(&kernel_mmu, (vaddr_t)window, &leaf));
	EXPECT_EQ(leaf.flags, PT_READ | PT_WRITE | PT_DEVICE);
	EXPECT_EQ(leaf.pa, ALIGN_DOWN(machine.gic_distributor.base, PAGE_SIZE));
}

/* What table and hardware say about a page at va: mapped to `pa`, for reading, perhaps for writing. */
static void table_check(struct arch_mmu *mmu, vaddr_t va, paddr_t pa, bool writable)
{
	struct pt_leaf leaf;
	paddr_t found;

	EXPECT_OK(pt_lookup(mmu, va, &leaf));
	EXPECT_EQ(leaf.pa + (va - leaf.va), pa);
	EXPECT_EQ(!!(leaf.flags & PT_WRITE), writable);
	EXPECT_OK(arch_translate(va, true, false, &found));
	EXPECT_EQ(found, pa);
	EXPECT_EQ(arch_translate(va, true, true, &found), writable ? 0 : -EFAULT);
	/* EL1 translates by the same tables. */
	EXPECT_OK(arch_translate(va, false, false, &found));
	EXPECT_EQ(found, pa);
}

static void table_check_absent(struct arch_mmu *mmu, vaddr_t va)
{
	struct pt_leaf leaf;
	paddr_t found;

	EXPECT_EQ(pt_lookup(mmu, va, &leaf), -ENOENT);
	EXPECT_EQ(arch_translate(va, true, false, &found), -EFAULT);
}

void stage_mm_pagetable(void)
{
	enum pt_flags rw = PT_USER | PT_READ | PT_WRITE;
	unsigned long flags = arch_irq_save();
	struct arch_mmu mmu;
	struct page *page;
	paddr_t pa;

	EXPECT_OK(page_alloc(1, 0, &page));
	pa = page_phys(page);
	EXPECT_OK(pt_create(&mmu));
	arch_mmu_switch(&mmu);

	table_check_absent(&mmu, PLACE_A);
	EXPECT_OK(pt_map(&mmu, PLACE_A, pa, 2 * PAGE_SIZE, rw, false));
	table_check(&mmu, PLACE_A + 0x123, pa + 0x123, true);
	table_check(&mmu, PLACE_A + PAGE_SIZE, pa + PAGE_SIZE, true);
	table_check_absent(&mmu, PLACE_A + 2 * PAGE_SIZE);
	table_check_absent(&mmu, PLACE_A - 1);
	EXPECT_EQ(pt_map(&mmu, PLACE_A, pa, PAGE_SIZE, rw, false), -EEXIST);

	EXPECT_OK(pt_protect(&mmu, PLACE_A, PAGE_SIZE, PT_USER | PT_READ));
	table_check(&mmu, PLACE_A, pa, false);
	table_check(&mmu, PLACE_A + PAGE_SIZE, pa + PAGE_SIZE, true);

	/* Present, and nobody's at EL0. */
	EXPECT_OK(pt_protect(&mmu, PLACE_A, PAGE_SIZE, PT_USER));
	EXPECT_EQ(arch_translate(PLACE_A, true, false, &pa), -EFAULT);

	EXPECT_OK(pt_unmap(&mmu, PLACE_A, 2 * PAGE_SIZE, NULL, NULL));
	table_check_absent(&mmu, PLACE_A);
	table_check_absent(&mmu, PLACE_A + PAGE_SIZE);

	arch_mmu_switch(NULL);
	pt_destroy(&mmu);
	page_put(page);
	arch_irq_restore(flags);
}

/* Counts what pt_unmap() gives back. */
static void huge_gone(void *arg, const struct pt_leaf *leaf)
{
	u64 *bytes = arg;

	*bytes += leaf->size;
}

void stage_mm_huge(void)
{
	enum { ORDER = BLOCK_SHIFT - PAGE_SHIFT };
	vaddr_t hole = PLACE_B + 100 * PAGE_SIZE;
	unsigned long flags = arch_irq_save();
	struct arch_mmu mmu;
	struct pt_leaf leaf;
	struct page *page;
	u64 bytes = 0;
	paddr_t pa;

	EXPECT_OK(page_alloc(ORDER, 0, &page));
	pa = page_phys(page);
	EXPECT_OK(pt_create(&mmu));
	arch_mmu_switch(&mmu);
	EXPECT_OK(pt_map(&mmu, PLACE_B, pa, BLOCK_SIZE, PT_USER | PT_READ | PT_WRITE, true));
	EXPECT_OK(pt_lookup(&mmu, hole, &leaf));
	EXPECT_EQ(leaf.size, BLOCK_SIZE);
	table_check(&mmu, PLACE_B, pa, true);
	table_check(&mmu, PLACE_B + BLOCK_SIZE - 8, pa + BLOCK_SIZE - 8, true);

	/* One page out of it: what is left is mapped by pages, to the same places. */
	EXPECT_OK(pt_unmap(&mmu, hole, PAGE_SIZE, huge_gone, &bytes));
	EXPECT_EQ(bytes, PAGE_SIZE);
	table_check_absent(&mmu, hole);
	EXPECT_OK(pt_lookup(&mmu, hole - 1, &leaf));
	EXPECT_EQ(leaf.size, PAGE_SIZE);
	table_check(&mmu, hole - 8, pa + 100 * PAGE_SIZE - 8, true);
	table_check(&mmu, hole + PAGE_SIZE, pa + 101 * PAGE_SIZE, true);

	EXPECT_OK(pt_unmap(&mmu, PLACE_B, BLOCK_SIZE, huge_gone, &bytes));
	EXPECT_EQ(bytes, BLOCK_SIZE);
	table_check_absent(&mmu, PLACE_B);
	table_check_absent(&mmu, PLACE_B + BLOCK_SIZE - 8);

	arch_mmu_switch(NULL);
	pt_destroy(&mmu);
	page_put(page);
	arch_irq_restore(flags);
}
