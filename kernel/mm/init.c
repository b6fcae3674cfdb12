/*
 * The start of memory management, from the machine's description to kmalloc() and vmap_alloc().
 * Called once by kmain(), before there are interrupts or other CPUs.
 */
#include <kernel/page.h>

#include <arch/arch.h>
#include <kernel/machine.h>
#include <kernel/mm.h>
#include <kernel/slab.h>

u64 memory_free_at_start;

void memory_init(void)
{
	for (u32 i = 0; i < machine.memory_count; i++)
		arch_map_linear(machine.memory[i].base, machine.memory[i].size);
	page_init();
	kmalloc_init();
	mm_setup();
}

void memory_mark_start(void)
{
	cache_drain();
	memory_free_at_start = page_free_count() + kernel_mmu.table_count;
}
