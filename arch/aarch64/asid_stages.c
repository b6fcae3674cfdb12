/* Stage 23: address space identifiers, watched by a model of the TLBs. */
#include <arch/arch.h>

#include <arch/asid.h>
#include <arch/pagetable.h>
#include <arch/tlb.h>
#include <arch/tlb_model.h>
#include <kernel/errno.h>
#include <kernel/page.h>
#include <kernel/stage.h>

static paddr_t stage_page(void)
{
	struct page *page;

	EXPECT_OK(page_alloc(0, ALLOC_ZERO, &page));
	return page_phys(page);
}

/* The tables (by the walker) and the CPU (by AT) say that va is pa with these permissions. */
static void expect_mapped(const struct arch_mmu *mmu, vaddr_t va, paddr_t pa, u64 size,
			  enum pt_flags flags)
{
	bool readable = flags & (PT_READ | PT_WRITE | PT_EXEC);
	struct pt_leaf leaf;
	paddr_t found = 0;

	EXPECT_OK(pt_lookup(mmu, va, &leaf));
	EXPECT_EQ(leaf.pa + (va - leaf.va), pa);
	EXPECT_EQ(leaf.size, size);
	EXPECT_EQ((int)leaf.flags, (int)flags);
	EXPECT_EQ(arch_translate(va, true, false, &found), readable ? 0 : -EFAULT);
	if (readable)
		EXPECT_EQ(found, pa);
	EXPECT_EQ(arch_translate(va, true, true, &found), flags & PT_WRITE ? 0 : -EFAULT);
}

enum { STAGE_ASIDS = 12, STAGE_SPACES = 20, STAGE_ROUNDS = 3 };

/* One address space of the stage: a page of its own at the same address as the others'. */
struct stage_space {
	struct arch_mmu mmu;
	paddr_t page;
};

static struct stage_space stage_spaces[STAGE_SPACES];

/* Runs in each address space in turn: it sees its own page, and changes its table in every way. */
static void stage_asid_round(vaddr_t va)
{
	const enum pt_flags rw = PT_USER | PT_READ | PT_WRITE;

	for (int i = 0; i < STAGE_SPACES; i++) {
		struct stage_space *s = &stage_spaces[i];

		arch_mmu_switch(&s->mmu);
		EXPECT_NE(s->mmu.context & ASID_MASK, 0UL);
		EXPECT_LT(s->mmu.context & ASID_MASK, (u64)STAGE_ASIDS);
		expect_mapped(&s->mmu, va, s->page, PAGE_SIZE, rw);
		EXPECT_OK(pt_protect(&s->mmu, va, PAGE_SIZE, PT_USER | PT_READ));
		EXPECT_OK(pt_unmap(&s->mmu, va, PAGE_SIZE, NULL, NULL));
		EXPECT_OK(pt_map(&s->mmu, va, s->page, PAGE_SIZE, PT_USER | PT_READ, false));
		EXPECT_OK(pt_replace(&s->mmu, va, s->page, rw));
	}
}

/* The checker sees what it is there for: an entry is taken away without a flush. */
static void expect_model_catches(struct stage_space *s, vaddr_t va)
{
	int level;
	pte_t *entry, kept;

	arch_mmu_switch(&s->mmu);
	entry = pt_walk(&s->mmu, va, &level);
	kept = *entry;
	EXPECT_EQ(tlb_model.violations, 0u);
	pte_write(&s->mmu, entry, va, level, (pte_t){ 0 });
	pte_write(&s->mmu, entry, va, level, kept);
	EXPECT_GT(tlb_model.violations, 0u);
	EXPECT_EQ((int)tlb_model.first, (int)TLB_MADE_STALE);
	tlb_flush_range(&s->mmu, va, PAGE_SIZE);
}

void stage_mm_asid(void)
{
	u64 free_before = page_free_count(), generation = asid_current_generation();
	vaddr_t va = 0x400000;
	u32 asids;

	tlb_model_start();
	asids = asid_set_count(STAGE_ASIDS);
	for (int i = 0; i < STAGE_SPACES; i++) {
		struct stage_space *s = &stage_spaces[i];

		s->page = stage_page();
		EXPECT_OK(pt_create(&s->mmu));
		EXPECT_OK(pt_map(&s->mmu, va, s->page, PAGE_SIZE, PT_USER | PT_READ | PT_WRITE, false));
	}
	for (int round = 0; round < STAGE_ROUNDS; round++)
		stage_asid_round(va);
	EXPECT_GE(asid_current_generation(), generation + (2UL << ASID_BITS));
	EXPECT_EQ((int)tlb_model.first, (int)TLB_OK);
	EXPECT_EQ(tlb_model.violations, 0u);
	EXPECT_EQ(tlb_model.loads, (u32)(STAGE_SPACES * STAGE_ROUNDS));
	EXPECT_GT(tlb_model.stores, tlb_model.loads * 4);
	expect_model_catches(&stage_spaces[0], va);

	arch_mmu_switch(NULL);
	tlb_model_stop();
	asid_set_count(asids);
	for (int i = 0; i < STAGE_SPACES; i++) {
		pt_destroy(&stage_spaces[i].mmu);
		page_put(page_from_phys(stage_spaces[i].page));
	}
	EXPECT_EQ(page_free_count(), free_before);
}
