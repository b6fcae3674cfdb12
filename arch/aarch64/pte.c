/*
 * How permissions are written into descriptors (Arm ARM D8.4) and read back.  Called by everything
 * that fills translation tables; pure.
 *
 * PTE_SOFT0 marks user pages, so that one that EL0 may not touch at all (PROT_NONE: AP[1] clear) is
 * still told from a kernel page.
 */
#include <arch/pagetable.h>

u64 pte_attrs(enum pt_flags flags, int level)
{
	u64 attrs = PTE_VALID | PTE_AF | PTE_PXN | PTE_UXN;

	if (level == 3)
		attrs |= PTE_TABLE;
	attrs |= flags & PT_DEVICE ? PTE_ATTR(MEM_DEVICE_nGnRE) : PTE_ATTR(MEM_NORMAL) | PTE_SHARED;
	if (!(flags & PT_WRITE))
		attrs |= PTE_RDONLY;
	if (flags & PT_USER) {
		attrs |= PTE_NG | PTE_SOFT0;
		if (flags & (PT_READ | PT_WRITE | PT_EXEC))
			attrs |= PTE_USER;
		if (flags & PT_EXEC)
			attrs &= ~PTE_UXN;
	} else if (flags & PT_EXEC) {
		attrs &= ~PTE_PXN;
	}
	return attrs;
}

enum pt_flags pte_flags(pte_t pte)
{
	enum pt_flags flags = 0;

	if (pte.val & PTE_SOFT0) {
		flags |= PT_USER;
		if (!(pte.val & PTE_USER))
			return flags;
	}
	flags |= PT_READ;
	if (!(pte.val & PTE_RDONLY))
		flags |= PT_WRITE;
	if (!(pte.val & (flags & PT_USER ? PTE_UXN : PTE_PXN)))
		flags |= PT_EXEC;
	if ((pte.val & PTE_ATTR(7)) == PTE_ATTR(MEM_DEVICE_nGnRE))
		flags |= PT_DEVICE;
	return flags;
}
