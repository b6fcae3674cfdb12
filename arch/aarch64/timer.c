/*
 * The virtual timer of this CPU (Arm ARM D11.2) and the PMU's instruction counter (D12).  Called by
 * kernel/task's timers with interrupts off; the interrupt itself (INTID 27) comes through the GIC.
 */
#include <arch/arch.h>

enum cntv_ctl {
	CNTV_ENABLE = 1 << 0,
	CNTV_IMASK  = 1 << 1,
};

enum pmu {
	PMCR_E            = 1 << 0,
	PMCR_P            = 1 << 1, /* event counters to zero */
	PMEV_INST_RETIRED = 0x08,
};

void arch_timer_init(void)
{
	u64 cntkctl = 1 << 1; /* EL0VCTEN: the vDSO reads CNTVCT at EL0 */

	__asm__ volatile("msr cntkctl_el1, %0" : : "r"(cntkctl));
	arch_timer_stop();
}

void arch_timer_set(u64 count)
{
	__asm__ volatile("msr cntv_cval_el0, %0\n\tmsr cntv_ctl_el0, %1\n\tisb"
			 : : "r"(count), "r"((u64)CNTV_ENABLE));
}

void arch_timer_stop(void)
{
	__asm__ volatile("msr cntv_ctl_el0, %0\n\tisb" : : "r"((u64)CNTV_IMASK));
}

/* The EL1 physical timer, which nobody else uses: the watchdog's. */
void arch_watchdog_set(u64 count)
{
	__asm__ volatile("msr cntp_cval_el0, %0\n\tmsr cntp_ctl_el0, %1\n\tisb"
			 : : "r"(count), "r"((u64)CNTV_ENABLE));
}

void arch_watchdog_stop(void)
{
	__asm__ volatile("msr cntp_ctl_el0, %0\n\tisb" : : "r"((u64)CNTV_IMASK));
}

bool arch_has_pmu(void)
{
	u64 dfr0;

	__asm__("mrs %0, id_aa64dfr0_el1" : "=r"(dfr0));
	dfr0 = dfr0 >> 8 & 0xf;
	return dfr0 != 0 && dfr0 != 0xf;
}

void arch_instructions_start(void)
{
	if (!arch_has_pmu())
		return;
	__asm__ volatile("msr pmevtyper0_el0, %0" : : "r"((u64)PMEV_INST_RETIRED));
	__asm__ volatile("msr pmcntenset_el0, %0" : : "r"(1UL));
	__asm__ volatile("msr pmcr_el0, %0\n\tisb" : : "r"((u64)(PMCR_E | PMCR_P)));
}

u64 arch_instructions(void)
{
	u64 n;

	if (!arch_has_pmu())
		return 0;
	__asm__ volatile("isb\n\tmrs %0, pmevcntr0_el0" : "=r"(n) : : "memory");
	return n & 0xffffffff;
}
