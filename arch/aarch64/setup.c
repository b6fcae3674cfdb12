/*
 * The processor's state that C relies on: called by the entry code on each CPU, before anything else
 * in C runs at the linked address.
 */
#include <arch/arch.h>

#include <arch/asid.h>
#include <arch/boot.h>
#include <arch/features.h>
#include <arch/sysreg.h>
#include <arch/tlb.h>
#include <kernel/cpu.h>

/* On the boot CPU, first. */
void arch_init_boot(void)
{
	features_detect();
	asid_init();
	for (int i = 0; i < NR_CPUS; i++)
		cpus[i].arch.emergency_stack = (vaddr_t)emergency_stacks[i] + KSTACK_SIZE;
}

/* On each CPU: the identity map goes, FP works, the program may read the counter, debug is off. */
void arch_init_cpu(u32 id)
{
	/* What it wrote before its cache was on, for whoever reads it. */
	if (id)
		arch_dcache_invalidate(&boot_record.cpus[id], sizeof(boot_record.cpus[id]));
	arch_mmu_switch(NULL);
	tlb_flush_local();
	__asm__ volatile("msr cpacr_el1, %0" : : "r"((u64)CPACR_FPEN));
	__asm__ volatile("msr cntkctl_el1, %0" : : "r"((u64)CNTKCTL_EL0VCTEN));
	__asm__ volatile("msr mdscr_el1, xzr");
	__asm__ volatile("msr tpidrro_el0, xzr");
	if (arch_has_pmu())
		__asm__ volatile("msr pmuserenr_el0, xzr");
	if (arch_has_pan())
		__asm__ volatile(".inst 0xd500419f"); /* msr pan, #1 */
	__asm__ volatile("isb" : : : "memory");
}
