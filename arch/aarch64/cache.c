/*
 * Cache maintenance by virtual address (Arm ARM B2.4.4, D7.5).  Line sizes come from CTR_EL0.
 */
#include <arch/arch.h>

static u64 dcache_line(void)
{
	u64 ctr;

	__asm__("mrs %0, ctr_el0" : "=r"(ctr));
	return 4UL << (ctr >> 16 & 0xf);
}

static u64 icache_line(void)
{
	u64 ctr;

	__asm__("mrs %0, ctr_el0" : "=r"(ctr));
	return 4UL << (ctr & 0xf);
}

#define CACHE_FOR_EACH(op, p, size, line)                                                          \
	do {                                                                                       \
		u64 line_ = (line);                                                                \
		for (vaddr_t a_ = ALIGN_DOWN((vaddr_t)(p), line_); a_ < (vaddr_t)(p) + (size);     \
		     a_ += line_)                                                                  \
			__asm__ volatile(op ", %0" : : "r"(a_) : "memory");                        \
	} while (0)

void arch_icache_sync(const void *p, u64 size)
{
	CACHE_FOR_EACH("dc cvau", p, size, dcache_line());
	__asm__ volatile("dsb ish" : : : "memory");
	CACHE_FOR_EACH("ic ivau", p, size, icache_line());
	__asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

void arch_dcache_clean(const void *p, u64 size)
{
	CACHE_FOR_EACH("dc civac", p, size, dcache_line());
	__asm__ volatile("dsb sy" : : : "memory");
}

void arch_dcache_invalidate(const void *p, u64 size)
{
	CACHE_FOR_EACH("dc ivac", p, size, dcache_line());
	__asm__ volatile("dsb sy" : : : "memory");
}
