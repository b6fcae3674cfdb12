/*
 * Address space identifiers: which user tables this CPU uses, and the tag of their translations.
 * Called by the scheduler through mm_switch(), interrupts off.
 *
 * A context is a generation and an ASID.  Within a generation an ASID belongs to one address space.
 * When they run out a new generation begins: what is loaded on some CPU keeps its number, every other
 * address space gets a new one when it next runs, and each CPU flushes its TLB before it uses one of
 * the new generation.  ASID 0 is the empty table's.
 */
#include <arch/asid.h>

#include <arch/boot.h>
#include <arch/tlb.h>
#include <arch/tlb_model.h>
#include <kernel/bitmap.h>
#include <kernel/cpu.h>
#include <kernel/sections.h>
#include <kernel/spinlock.h>
#include <kernel/string.h>
#include <kernel/task.h>

static struct spinlock asid_lock = SPINLOCK_INIT("asid");
static u64 asid_generation = 1UL << ASID_BITS;       /* (asid_lock), in the context's place */
static u32 asid_count = 256;                         /* (asid_lock) numbers in use: 8 or 16 bits */
static u32 asid_hint = 1;                            /* (asid_lock) */
static u64 asid_taken[(1 << ASID_BITS) / 64];        /* (asid_lock) of this generation */
static u64 asid_flush_cpus;                          /* (asid_lock) CPUs that have to flush first */
static u64 empty_table[512] __aligned(PAGE_SIZE);    /* never written */

void asid_init(void)
{
	u64 mmfr0;

	__asm__("mrs %0, id_aa64mmfr0_el1" : "=r"(mmfr0));
	asid_count = (mmfr0 >> 4 & 0xf) == 2 ? 1 << 16 : 1 << 8;
	asid_taken[0] |= 1;
}

/* How many ASIDs there are; returns what it was.  Fewer make a roll-over quick to reach, for its test. */
u32 asid_set_count(u32 count)
{
	unsigned long flags = spin_lock_irqsave(&asid_lock);
	u32 old = asid_count;

	asid_count = count;
	spin_unlock_irqrestore(&asid_lock, flags);
	return old;
}

u64 asid_current_generation(void)
{
	return READ_ONCE(asid_generation);
}

static bool asid_take(u32 asid)
{
	u64 bit = 1UL << (asid % 64);

	if (asid_taken[asid / 64] & bit)
		return false;
	asid_taken[asid / 64] |= bit;
	return true;
}

/* A context of an older generation that some CPU still uses goes on under the same number. */
static bool asid_keep_reserved(u64 old, u64 now)
{
	bool found = false;

	for (u32 i = 0; i < NR_CPUS; i++) {
		if (cpus[i].arch.reserved_context == old) {
			cpus[i].arch.reserved_context = now;
			found = true;
		}
	}
	return found;
}

static void asid_roll_over(void)
{
	asid_generation += 1UL << ASID_BITS;
	memset(asid_taken, 0, sizeof(asid_taken));
	asid_taken[0] = 1;
	for (u32 i = 0; i < NR_CPUS; i++) {
		u64 used = __atomic_exchange_n(&cpus[i].arch.context, 0, __ATOMIC_RELAXED);

		/* 0: rolled over twice without a switch there; what was reserved still is. */
		if (!used)
			used = cpus[i].arch.reserved_context;
		cpus[i].arch.reserved_context = used;
		if (used)
			asid_take(used & ASID_MASK);
	}
	asid_flush_cpus = ~0UL;
	asid_hint = 1;
}

/* The next free number; there are more of them than CPUs, so one turns up after a roll-over. */
static u32 asid_find_free(void)
{
	for (;;) {
		for (u32 asid = asid_hint; asid < asid_count; asid++) {
			if (asid_take(asid)) {
				asid_hint = asid + 1;
				return asid;
			}
		}
		asid_roll_over();
	}
}

static void asid_new_context(struct arch_mmu *mmu)
{
	u64 old = mmu->context;

	if (old) {
		u64 now = asid_generation | (old & ASID_MASK);

		if (asid_keep_reserved(old, now) || asid_take(old & ASID_MASK)) {
			mmu->context = now;
			return;
		}
	}
	u32 asid = asid_find_free();

	WRITE_ONCE(mmu->cpus, 0);
	WRITE_ONCE(mmu->context, asid_generation | asid);
}

/* Makes mmu's context current and this CPU's, or waits for the lock behind a roll-over. */
static void asid_check(struct cpu *cpu, struct arch_mmu *mmu)
{
	u64 used = __atomic_load_n(&cpu->arch.context, __ATOMIC_RELAXED);
	u64 context = READ_ONCE(mmu->context);
	unsigned long flags;

	/* A roll-over sets the CPU's context to 0, so that this exchange fails. */
	if (used && !((context ^ READ_ONCE(asid_generation)) >> ASID_BITS) &&
	    __atomic_compare_exchange_n(&cpu->arch.context, &used, context, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;

	flags = spin_lock_irqsave(&asid_lock);
	if ((mmu->context ^ asid_generation) >> ASID_BITS)
		asid_new_context(mmu);
	if (asid_flush_cpus & 1UL << cpu->id) {
		asid_flush_cpus &= ~(1UL << cpu->id);
		tlb_flush_local();
	}
	__atomic_store_n(&cpu->arch.context, mmu->context, __ATOMIC_RELAXED);
	spin_unlock_irqrestore(&asid_lock, flags);
}

static void ttbr0_write(u64 ttbr0)
{
	__asm__ volatile("msr ttbr0_el1, %0\n\tisb" : : "r"(ttbr0) : "memory");
}

void arch_mmu_switch(struct arch_mmu *next)
{
	struct cpu *cpu;

	if (!next) {
		ttbr0_write(boot_record.phys_base + ((vaddr_t)empty_table - (vaddr_t)_text));
		return;
	}
	cpu = this_cpu();
	asid_check(cpu, next);
	if (!(READ_ONCE(next->cpus) & 1UL << cpu->id)) {
		__atomic_fetch_or(&next->cpus, 1UL << cpu->id, __ATOMIC_RELAXED);
		/* Who changes the tables sees this CPU in cpus, or this CPU sees the change. */
		__asm__ volatile("dsb ish" : : : "memory");
	}
	TLB_MODEL(load, cpu->id, next);
	ttbr0_write(next->root | (next->context & ASID_MASK) << 48);
}
