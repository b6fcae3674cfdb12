/* Inside arch/: TLB maintenance and ASIDs.  arch/aarch64/tlb.c, asid.c */
#pragma once

#include <arch/arch.h>

enum { ASID_BITS = 16, ASID_MASK = 0xffff };

/*
 * Forgets the translations of [va, va + size) of an address space on every CPU that may have them.
 * On return nobody uses them.  Any context.
 */
void tlb_flush_range(const struct arch_mmu *mmu, vaddr_t va, u64 size);

/* Forgets everything on this CPU. */
void tlb_flush_local(void);
