/*
 * The CPU interface of a GICv3, which is system registers (Arm IHI 0069 chapter 12).  Group 1, EL1.
 * Only for kernel/drivers/gicv3.c; each acts on this CPU, interrupts off.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/types.h>

/* The encodings, for assemblers that do not know the names. */
#define ICC_PMR_EL1     "s3_0_c4_c6_0"
#define ICC_IAR0_EL1    "s3_0_c12_c8_0"
#define ICC_EOIR0_EL1   "s3_0_c12_c8_1"
#define ICC_BPR0_EL1    "s3_0_c12_c8_3"
#define ICC_IGRPEN0_EL1 "s3_0_c12_c12_6"
#define ICC_SGI1R_EL1   "s3_0_c12_c11_5"
#define ICC_IAR1_EL1    "s3_0_c12_c12_0"
#define ICC_EOIR1_EL1   "s3_0_c12_c12_1"
#define ICC_BPR1_EL1    "s3_0_c12_c12_3"
#define ICC_CTLR_EL1    "s3_0_c12_c12_4"
#define ICC_SRE_EL1     "s3_0_c12_c12_5"
#define ICC_IGRPEN1_EL1 "s3_0_c12_c12_7"

enum arch_gic_bits {
	ICC_SRE_EL1_SRE  = 1 << 0,
	ICC_IGRPEN1_ON   = 1 << 0,
	ICC_CTLR_EOIMODE = 1 << 1, /* clear: EOIR both drops the priority and deactivates */
};

/* Takes interrupts of a higher priority (lower number) than `priority_mask`.  False: no such interface. */
static inline bool arch_gic_cpu_enable(u8 priority_mask)
{
	u64 sre, zero = 0, mask = priority_mask, on = ICC_IGRPEN1_ON;

	__asm__ volatile("mrs %0, " ICC_SRE_EL1 : "=r"(sre));
	sre |= ICC_SRE_EL1_SRE;
	__asm__ volatile("msr " ICC_SRE_EL1 ", %0\n\tisb" : : "r"(sre));
	__asm__ volatile("mrs %0, " ICC_SRE_EL1 : "=r"(sre));
	if (!(sre & ICC_SRE_EL1_SRE))
		return false;
	__asm__ volatile("msr " ICC_PMR_EL1 ", %0" : : "r"(mask));
	__asm__ volatile("msr " ICC_BPR1_EL1 ", %0" : : "r"(zero));
	__asm__ volatile("msr " ICC_CTLR_EL1 ", %0" : : "r"(zero));
	__asm__ volatile("msr " ICC_IGRPEN1_EL1 ", %0\n\tisb" : : "r"(on));
	return true;
}

/* Acknowledges the most urgent pending interrupt: its INTID, or 1020 and up for none. */
static __always_inline u32 arch_gic_ack(void)
{
	u64 intid;

	/* The barrier completes the acknowledge before the handler touches the device (IHI 0069 4.1.1). */
	__asm__ volatile("mrs %0, " ICC_IAR1_EL1 "\n\tdsb sy" : "=r"(intid) : : "memory");
	return intid;
}

/* Completes what arch_gic_ack() returned. */
static __always_inline void arch_gic_eoi(u64 intid)
{
	__asm__ volatile("msr " ICC_EOIR1_EL1 ", %0\n\tisb" : : "r"(intid) : "memory");
}

/* Writes ICC_SGI1R_EL1; what was stored before is visible to the CPUs that take the interrupt. */
static inline void arch_gic_send_sgi(u64 sgi1r)
{
	__asm__ volatile("dsb ishst\n\tmsr " ICC_SGI1R_EL1 ", %0\n\tisb" : : "r"(sgi1r) : "memory");
}

/* Lets group 0 interrupts, which arrive as FIQs, through to this CPU. */
static inline void arch_gic_fiq_enable(void)
{
	u64 zero = 0, on = 1;

	__asm__ volatile("msr " ICC_BPR0_EL1 ", %0" : : "r"(zero));
	__asm__ volatile("msr " ICC_IGRPEN0_EL1 ", %0\n\tisb" : : "r"(on));
}

static inline u32 arch_gic_fiq_ack(void)
{
	u64 intid;

	__asm__ volatile("mrs %0, " ICC_IAR0_EL1 "\n\tdsb sy" : "=r"(intid) : : "memory");
	return intid;
}

static inline void arch_gic_fiq_eoi(u64 intid)
{
	__asm__ volatile("msr " ICC_EOIR0_EL1 ", %0\n\tisb" : : "r"(intid) : "memory");
}
