/*
 * Short ways to the leaf entries of user memory, for fork, exit and page faults, which visit many of
 * them.  Called by kernel/mm with the address space's lock held.
 *
 * Invariant: user tables are ordinary pages, in the linear map, and hold no blocks.
 */
#include <arch/pagetable.h>

static pte_t *user_table(pte_t entry)
{
	return (pte_t *)(LINEAR_BASE + pte_addr(entry));
}

int pt_entry(struct arch_mmu *mmu, vaddr_t va, pte_t **out)
{
	pte_t *table = (pte_t *)(LINEAR_BASE + mmu->root);

	for (int level = 0; level < 3; level++) {
		pte_t entry = table[pt_index(va, level)];

		if (unlikely(!pte_is_valid(entry)))
			return pt_make(mmu, va, 3, out);
		table = user_table(entry);
	}
	*out = &table[pt_index(va, 3)];
	return 0;
}

/* The first address after va that belongs to another entry at `level`; at most end. */
static vaddr_t user_table_end(vaddr_t va, vaddr_t end, int level)
{
	u64 size = 1UL << pt_level_shift(level);
	vaddr_t next = ALIGN_DOWN(va, size) + size;

	return next < end ? next : end;
}

pte_t *pt_slice(const struct arch_mmu *mmu, vaddr_t va, vaddr_t end, vaddr_t *next)
{
	pte_t *table = (pte_t *)(LINEAR_BASE + mmu->root);

	for (int level = 0; level < 3; level++) {
		pte_t entry = table[pt_index(va, level)];

		if (!pte_is_valid(entry)) {
			*next = user_table_end(va, end, level);
			return NULL;
		}
		table = user_table(entry);
	}
	*next = user_table_end(va, end, 2);
	return &table[pt_index(va, 3)];
}

pte_t pte_make(paddr_t pa, enum pt_flags flags)
{
	return (pte_t){ pa | pte_attrs(flags, 3) };
}
