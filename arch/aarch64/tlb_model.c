/*
 * What the TLBs may hold, by the architecture's rules and not by any implementation: a valid entry of
 * tables that a CPU has loaded may be cached there under its ASID until a TLBI that covers it; an entry
 * that changes leaves the old translation behind as stale.  pagetable.c, tlb.c and asid.c report stores,
 * invalidations and loads; a violation is counted and the first is kept.
 *
 * For one CPU's worth of work at a time (the stages): no lock.
 */
#include <arch/tlb_model.h>

#include <arch/tlb.h>
#include <kernel/cpu.h>
#include <kernel/string.h>
#include <kernel/task.h>

enum { TLB_STALE_MAX = 128, TLB_ASIDS_MAX = 64 };

/* A translation that is no longer in the tables but may be in TLBs. */
struct tlb_stale {
	bool kernel;
	u64 asid;
	vaddr_t va;
	u64 size;
	u64 cpus;       /* that may hold it; 0: a free slot */
};

struct tlb_model tlb_model;
bool tlb_model_on;

static struct tlb_stale tlb_stale[TLB_STALE_MAX];
static paddr_t tlb_asid_owner[NR_CPUS][TLB_ASIDS_MAX]; /* root that may be cached there, 0: none */

static void tlb_model_violation(enum tlb_violation what, u64 asid, vaddr_t va)
{
	if (tlb_model.violations++)
		return;
	tlb_model.first = what;
	tlb_model.first_va = va;
	tlb_model.first_asid = asid;
}

void tlb_model_start(void)
{
	tlb_flush_local();
	memset(tlb_stale, 0, sizeof(tlb_stale));
	memset(tlb_asid_owner, 0, sizeof(tlb_asid_owner));
	tlb_model = (struct tlb_model){ 0 };
	tlb_model_on = true;
}

void tlb_model_stop(void)
{
	tlb_model_on = false;
}

static u64 tlb_model_asid(const struct arch_mmu *mmu)
{
	return mmu->context & ASID_MASK;
}

/* CPUs that may have walked these tables since they last forgot the ASID. */
static u64 tlb_model_cpus(const struct arch_mmu *mmu)
{
	u64 cpus = 0;

	if (mmu == &kernel_mmu)
		return ~0UL;
	for (u32 i = 0; i < NR_CPUS; i++) {
		if (tlb_asid_owner[i][tlb_model_asid(mmu) % TLB_ASIDS_MAX] == mmu->root)
			cpus |= 1UL << i;
	}
	return cpus;
}

static bool tlb_stale_matches(const struct tlb_stale *s, const struct arch_mmu *mmu, vaddr_t va,
			      u64 size)
{
	bool kernel = mmu == &kernel_mmu;

	return s->cpus && s->kernel == kernel && (kernel || s->asid == tlb_model_asid(mmu)) &&
	       s->va < va + size && va < s->va + s->size;
}

void tlb_model_check(const struct arch_mmu *mmu, vaddr_t va, u64 size, enum tlb_violation what)
{
	for (int i = 0; i < TLB_STALE_MAX; i++) {
		if (tlb_stale_matches(&tlb_stale[i], mmu, va, size))
			tlb_model_violation(what, tlb_model_asid(mmu), tlb_stale[i].va);
	}
}

static void tlb_stale_add(const struct arch_mmu *mmu, vaddr_t va, u64 size)
{
	u64 cpus = tlb_model_cpus(mmu);

	for (int i = 0; cpus && i < TLB_STALE_MAX; i++) {
		if (tlb_stale[i].cpus)
			continue;
		tlb_stale[i] = (struct tlb_stale){ .kernel = mmu == &kernel_mmu,
						   .asid = tlb_model_asid(mmu),
						   .va = va, .size = size, .cpus = cpus };
		return;
	}
	if (cpus)
		tlb_model_violation(TLB_OVERFLOW, tlb_model_asid(mmu), va);
}

void tlb_model_store(const struct arch_mmu *mmu, vaddr_t va, int level, pte_t old, pte_t new)
{
	u64 size = 1UL << pt_level_shift(level);

	tlb_model.stores++;
	if (old.val == new.val)
		return;
	if (pte_is_valid(old) && pte_is_valid(new) && pte_addr(old) != pte_addr(new))
		tlb_model_violation(TLB_CHANGED_VALID, tlb_model_asid(mmu), va);
	if (!pte_is_valid(old) && pte_is_valid(new))
		tlb_model_check(mmu, va, size, TLB_MADE_STALE);
	if (pte_is_valid(old))
		tlb_stale_add(mmu, va, size);
}

void tlb_model_invalidate(const struct arch_mmu *mmu, vaddr_t va, u64 size, bool everywhere)
{
	u64 cpus = everywhere ? ~0UL : 1UL << this_cpu()->id;

	tlb_model.invalidations++;
	for (int i = 0; i < TLB_STALE_MAX; i++) {
		/* By page: only what lies within the range is surely gone. */
		if (tlb_stale_matches(&tlb_stale[i], mmu, va, size))
			tlb_stale[i].cpus &= ~cpus;
	}
}

void tlb_model_invalidate_cpu(u32 cpu)
{
	tlb_model.invalidations++;
	for (int i = 0; i < TLB_STALE_MAX; i++)
		tlb_stale[i].cpus &= ~(1UL << cpu);
	memset(tlb_asid_owner[cpu], 0, sizeof(tlb_asid_owner[cpu]));
}

void tlb_model_load(u32 cpu, const struct arch_mmu *mmu)
{
	u64 asid = tlb_model_asid(mmu);
	paddr_t *owner = &tlb_asid_owner[cpu][asid % TLB_ASIDS_MAX];

	tlb_model.loads++;
	if (asid >= TLB_ASIDS_MAX)
		tlb_model_violation(TLB_OVERFLOW, asid, 0);
	if (*owner && *owner != mmu->root)
		tlb_model_violation(TLB_ASID_REUSED, asid, 0);
	*owner = mmu->root;
	for (int i = 0; i < TLB_STALE_MAX; i++) {
		const struct tlb_stale *s = &tlb_stale[i];

		if (!s->kernel && s->asid == asid && (s->cpus & 1UL << cpu))
			tlb_model_violation(TLB_USED_STALE, asid, s->va);
	}
}
