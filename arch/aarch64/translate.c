/* Asking the hardware itself about an address (Arm ARM C5.5: AT; D17.2.102: PAR_EL1). */
#include <arch/arch.h>

#include <kernel/errno.h>

enum par_bits {
	PAR_FAULT = 1 << 0,
};
#define PAR_ADDRESS 0x000ffffffffff000UL

#define at(op, va) __asm__ volatile("at " #op ", %0" : : "r"(va) : "memory")

int arch_translate(vaddr_t va, bool user, bool write, paddr_t *pa)
{
	unsigned long flags = arch_irq_save();
	u64 par;

	if (user && write)
		at(s1e0w, va);
	else if (user)
		at(s1e0r, va);
	else if (write)
		at(s1e1w, va);
	else
		at(s1e1r, va);
	__asm__ volatile("isb\n\tmrs %0, par_el1" : "=r"(par));
	arch_irq_restore(flags);
	if (par & PAR_FAULT)
		return -EFAULT;
	*pa = (par & PAR_ADDRESS) | (va & (PAGE_SIZE - 1));
	return 0;
}
