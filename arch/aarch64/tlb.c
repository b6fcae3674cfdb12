/*
 * TLB maintenance (Arm ARM D8.13, C5.5).  Stores to tables are completed before the invalidation, and
 * that before anybody goes on: DSB ISHST, TLBI, DSB ISH, ISB.
 *
 * An address space that has run on this CPU only is flushed on this CPU only.
 */
#include <arch/tlb.h>

#include <arch/pte.h>
#include <arch/tlb_model.h>
#include <kernel/cpu.h>
#include <kernel/task.h>

/*
 * Beyond this many pages a whole ASID (or everything of the kernel) is flushed at once.  Every broadcast
 * waits for all CPUs, so far fewer of these are worth it: under an emulator each stops them all.
 */
enum { TLB_FLUSH_PAGES_MAX = 256, TLB_BROADCAST_PAGES_MAX = 4 };

#define tlbi(op, arg)   __asm__ volatile("tlbi " #op ", %0" : : "r"(arg) : "memory")
#define tlbi_all(op)    __asm__ volatile("tlbi " #op : : : "memory")

/* TLBI's operand: the ASID and the page number. */
static u64 tlbi_operand(u64 asid, vaddr_t va)
{
	return asid << 48 | ((va >> PAGE_SHIFT) & ((1UL << 44) - 1));
}

static void tlb_flush_kernel(vaddr_t va, u64 size)
{
	__asm__ volatile("dsb ishst" : : : "memory");
	if (size > TLB_BROADCAST_PAGES_MAX * PAGE_SIZE) {
		tlbi_all(vmalle1is);
	} else {
		for (vaddr_t end = va + size; va < end; va += PAGE_SIZE)
			tlbi(vaae1is, tlbi_operand(0, va));
	}
	__asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

static void tlb_flush_here(u64 asid, vaddr_t va, u64 size)
{
	__asm__ volatile("dsb nshst" : : : "memory");
	if (size > TLB_FLUSH_PAGES_MAX * PAGE_SIZE) {
		tlbi(aside1, tlbi_operand(asid, 0));
	} else {
		for (vaddr_t end = va + size; va < end; va += PAGE_SIZE)
			tlbi(vae1, tlbi_operand(asid, va));
	}
	__asm__ volatile("dsb nsh\n\tisb" : : : "memory");
}

static void tlb_flush_everywhere(u64 asid, vaddr_t va, u64 size)
{
	__asm__ volatile("dsb ishst" : : : "memory");
	if (size > TLB_BROADCAST_PAGES_MAX * PAGE_SIZE) {
		tlbi(aside1is, tlbi_operand(asid, 0));
	} else {
		for (vaddr_t end = va + size; va < end; va += PAGE_SIZE)
			tlbi(vae1is, tlbi_operand(asid, va));
	}
	__asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

void tlb_flush_range(const struct arch_mmu *mmu, vaddr_t va, u64 size)
{
	u64 asid = mmu->context & ASID_MASK;
	unsigned long flags;

	if (mmu == &kernel_mmu) {
		tlb_flush_kernel(va, size);
		TLB_MODEL(invalidate, mmu, va, size, true);
		return;
	}
	/* Neither may this task move nor the address space start elsewhere unseen in between. */
	flags = arch_irq_save();
	arch_mb();
	if (READ_ONCE(mmu->cpus) == 1UL << this_cpu()->id) {
		tlb_flush_here(asid, va, size);
		TLB_MODEL(invalidate, mmu, va, size, false);
	} else if (READ_ONCE(mmu->cpus)) {
		tlb_flush_everywhere(asid, va, size);
		TLB_MODEL(invalidate, mmu, va, size, true);
	}
	arch_irq_restore(flags);
}

void tlb_flush_page_here(const struct arch_mmu *mmu, vaddr_t va)
{
	unsigned long flags = arch_irq_save();

	tlb_flush_here(mmu->context & ASID_MASK, va, PAGE_SIZE);
	TLB_MODEL(invalidate, mmu, va, PAGE_SIZE, false);
	arch_irq_restore(flags);
}

void tlb_flush_local(void)
{
	__asm__ volatile("dsb nshst" : : : "memory");
	tlbi_all(vmalle1);
	__asm__ volatile("dsb nsh\n\tisb" : : : "memory");
	TLB_MODEL(invalidate_cpu, this_cpu()->id);
}
