/*
 * Translation table descriptors: VMSAv8-64, 4 KiB granule, 48 bits (Arm ARM D8.3).
 * A pte_t is one word with a name, so that the debugger prints it and C does not mix it up.
 */
#pragma once

#include <kernel/types.h>
#include <arch/layout.h>

typedef struct {
	u64 val;
} pte_t;

/* Bits of a descriptor. */
enum pte_bit {
	PTE_VALID  = 1UL << 0,
	PTE_TABLE  = 1UL << 1,  /* levels 0 to 2: a table, not a block; level 3: always set */
	PTE_USER   = 1UL << 6,  /* AP[1]: EL0 may access */
	PTE_RDONLY = 1UL << 7,  /* AP[2] */
	PTE_SHARED = 3UL << 8,  /* inner shareable */
	PTE_AF     = 1UL << 10, /* access flag: clear faults */
	PTE_NG     = 1UL << 11, /* not global: tagged with the ASID */
	PTE_PXN    = 1UL << 53, /* EL1 does not execute */
	PTE_UXN    = 1UL << 54, /* EL0 does not execute */
	PTE_SOFT0  = 1UL << 55, /* ours: bits 55 to 58 are ignored by the hardware */
	PTE_SOFT1  = 1UL << 56,
	PTE_ADDR   = 0x0000fffffffff000UL,
};

/* Index into MAIR_EL1 (MAIR_VALUE in <arch/sysreg.h>). */
enum pte_memtype {
	MEM_DEVICE_nGnRnE = 0,
	MEM_DEVICE_nGnRE  = 1,
	MEM_NORMAL_NC     = 2,
	MEM_NORMAL        = 3,
};

#define PTE_ATTR(type) ((u64)(type) << 2)

/* What the kernel's own pages are. */
#define PTE_KERNEL_BASE (PTE_VALID | PTE_TABLE | PTE_AF | PTE_SHARED | PTE_UXN | \
			 PTE_ATTR(MEM_NORMAL))
#define PTE_KERNEL_RX   (PTE_KERNEL_BASE | PTE_RDONLY)
#define PTE_KERNEL_RO   (PTE_KERNEL_BASE | PTE_RDONLY | PTE_PXN)
#define PTE_KERNEL_RW   (PTE_KERNEL_BASE | PTE_PXN)
#define PTE_DEVICE      (PTE_VALID | PTE_TABLE | PTE_AF | PTE_UXN | PTE_PXN | \
			 PTE_ATTR(MEM_DEVICE_nGnRE))

enum {
	PT_ENTRIES = 512,
	PT_LEVELS  = 4,
};

/* The part of an address that one entry of a table at `level` translates, as a shift. */
static inline unsigned int pt_level_shift(int level)
{
	return PAGE_SHIFT + 9 * (3 - level);
}

static inline unsigned int pt_index(vaddr_t va, int level)
{
	return (va >> pt_level_shift(level)) & (PT_ENTRIES - 1);
}

static inline bool pte_is_valid(pte_t pte)
{
	return pte.val & PTE_VALID;
}

/* Whether a valid descriptor at `level` points to a further table. */
static inline bool pte_is_table(pte_t pte, int level)
{
	return level < 3 && (pte.val & (PTE_VALID | PTE_TABLE)) == (PTE_VALID | PTE_TABLE);
}

static inline paddr_t pte_addr(pte_t pte)
{
	return pte.val & PTE_ADDR;
}
