/*
 * The first translation tables, built by the primary CPU with its MMU off.  Called from head.S once.
 *
 * Runs at physical addresses: an address of a symbol is its physical address here, no pointer that
 * the linker stored may be followed, and accesses are aligned (-mstrict-align).  The tables made
 * here are the final ones: the image page by page with each section's own permissions, its alias and the
 * device tree's two blocks in the linear map, and one identity-mapped page of code for the switch.
 * RAM is added to the linear map by arch_map_linear() when the device tree has been read.
 */
#include <arch/arch.h>
#include <arch/boot.h>
#include <arch/early_mmu.h>
#include <arch/pte.h>
#include <kernel/compiler.h>
#include <kernel/sections.h>

/* Read by secondary CPUs before their MMU is on, so it has no company that changes later. */
struct boot_record boot_record __section(".boot.data");
paddr_t idmap_l0 __section(".boot.data");
struct arch_mmu kernel_mmu __section(".boot.data");
paddr_t early_tables_next __section(".boot.data");

STATIC_ASSERT(offsetof(struct arch_mmu, root) == 0, "head.S reads it");

enum { EARLY_DTB_MAGIC = (int)0xd00dfeed };

static paddr_t early_table_new(void)
{
	paddr_t table = early_tables_next;
	u64 *entry = (u64 *)table;

	early_tables_next += PAGE_SIZE;
	for (int i = 0; i < PT_ENTRIES; i++)
		entry[i] = 0;
	return table;
}

/* The entry for `va` at `level`, with the tables above it made as needed. */
static pte_t *early_entry(paddr_t l0, vaddr_t va, int level)
{
	pte_t *table = (pte_t *)l0;

	for (int l = 0; l < level; l++) {
		pte_t *e = &table[pt_index(va, l)];

		if (!pte_is_valid(*e))
			e->val = early_table_new() | PTE_TABLE | PTE_VALID;
		table = (pte_t *)pte_addr(*e);
	}
	return &table[pt_index(va, level)];
}

static void early_map_pages(paddr_t l0, vaddr_t va, paddr_t start, paddr_t stop, u64 attrs)
{
	for (paddr_t pa = start; pa < stop; pa += PAGE_SIZE, va += PAGE_SIZE)
		early_entry(l0, va, 3)->val = pa | attrs;
}

/* One section of the image, given by its physical bounds. */
static void early_map_section(paddr_t l0, const char *start, const char *stop, u64 attrs)
{
	vaddr_t va = IMAGE_BASE + ((paddr_t)start - boot_record.phys_base);

	early_map_pages(l0, va, (paddr_t)start, (paddr_t)stop, attrs);
}

/* Where the device tree ends, as far as its header can be believed (Devicetree Specification 5.2). */
static paddr_t early_dtb_end(void)
{
	const u32 *header = (const u32 *)boot_record.dtb;
	u32 size = __builtin_bswap32(header[1]);

	if (__builtin_bswap32(header[0]) != (u32)EARLY_DTB_MAGIC)
		size = 2 * sizeof(u32);
	return boot_record.dtb + MIN(size, (u32)BLOCK_SIZE);
}

/* One block of RAM, read-only; by pages where some of it (the image's alias) is mapped already. */
static void early_map_block(paddr_t l0, paddr_t pa)
{
	pte_t *entry = early_entry(l0, LINEAR_BASE + pa, 2);

	if (!pte_is_table(*entry, 2)) {
		entry->val = pa | (PTE_KERNEL_RO & ~(u64)PTE_TABLE);
		return;
	}
	for (paddr_t end = pa + BLOCK_SIZE; pa < end; pa += PAGE_SIZE) {
		entry = early_entry(l0, LINEAR_BASE + pa, 3);
		if (!pte_is_valid(*entry))
			entry->val = pa | PTE_KERNEL_RO;
	}
}

/* The device tree is at most 2 MiB and may straddle a block's end. */
static void early_map_dtb(paddr_t l0)
{
	paddr_t end = early_dtb_end();

	for (paddr_t pa = ALIGN_DOWN(boot_record.dtb, BLOCK_SIZE); pa < end; pa += BLOCK_SIZE)
		early_map_block(l0, pa);
}

/* The image in the linear map, by pages from the start: what must not change cannot be changed there. */
static void early_map_alias(paddr_t l0)
{
	paddr_t text = (paddr_t)_text, data = (paddr_t)_data;

	early_map_pages(l0, LINEAR_BASE + text, text, (paddr_t)__rodata_end, PTE_KERNEL_RO);
	early_map_pages(l0, LINEAR_BASE + data, data, (paddr_t)_end, PTE_KERNEL_RW);
}

/* Drops stale clean cache lines over memory that was written around the cache. */
static void early_cache_invalidate(const void *start, const void *stop)
{
	for (paddr_t p = ALIGN_DOWN((paddr_t)start, 64); p < (paddr_t)stop; p += 64)
		__asm__ volatile("dc ivac, %0" : : "r"(p) : "memory");
	__asm__ volatile("dsb sy" : : : "memory");
}

/* Fills the tables that entry_mmu_on() installs.  Runs with the MMU off, once. */
void early_mmu_init(void)
{
	paddr_t kernel;

	early_tables_next = (paddr_t)__early_tables_start;
	idmap_l0 = early_table_new();
	early_map_pages(idmap_l0, (vaddr_t)__idmap_start, (paddr_t)__idmap_start,
			(paddr_t)__idmap_end, PTE_KERNEL_RX);

	kernel = early_table_new();
	kernel_mmu.root = kernel;
	early_map_section(kernel, _text, _etext, PTE_KERNEL_RX);
	early_map_section(kernel, __rodata_start, __rodata_end, PTE_KERNEL_RO);
	early_map_section(kernel, _data, _end, PTE_KERNEL_RW);
	early_map_alias(kernel);
	early_map_dtb(kernel);

	early_cache_invalidate(_data, __boot_data_end);
	early_cache_invalidate(__bss_start, _end);
}
