/* Inside arch/: what the files about translation tables share.  <arch/arch.h> has the operations. */
#pragma once

#include <arch/arch.h>
#include <arch/pte.h>

/* The table at physical address pa, wherever it is mapped. */
pte_t *pt_table(paddr_t pa);

/*
 * The entry that decides about va and its level: the first one from the root that is not a table.
 */
pte_t *pt_walk(const struct arch_mmu *mmu, vaddr_t va, int *level);

/*
 * The entry for va at `level`, tables above it made as needed.  0, -ENOMEM, or -EEXIST when a block
 * is in the way.
 */
int pt_make(struct arch_mmu *mmu, vaddr_t va, int level, pte_t **out);

/* Attributes of a page or (level < 3) block with these permissions. */
u64 pte_attrs(enum pt_flags flags, int level);
enum pt_flags pte_flags(pte_t pte);
