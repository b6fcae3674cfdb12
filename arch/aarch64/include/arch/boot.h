/* What the entry code wrote down before there was a console; reported later by the stages. */
#pragma once

#include <kernel/types.h>
#include <arch/layout.h>

/*
 * How one CPU came to EL1.  Fields after sctlr are read back after they were set, 0 from EL1.  Written
 * around the cache, so that each has cache lines of its own.
 */
struct cpu_entry {
	u64 el;      /* exception level at entry: 1 or 2 */
	u64 sctlr;   /* SCTLR of that level at entry: the MMU is off */
	u64 hcr;
	u64 cptr;
	u64 mdcr;
	u64 vmpidr;
	u64 cnthctl;
	u64 icc_sre; /* 0 where the CPU has no GIC system registers */
	u64 spsr;
} __attribute__((aligned(128)));

enum boot_point {
	BOOT_ENTERED,  /* _start */
	BOOT_AT_EL1,
	BOOT_HAS_STACK,
	BOOT_MMU_ON,
	BOOT_NR_POINTS,
};

struct boot_record {
	u64 time[BOOT_NR_POINTS]; /* CNTVCT at each point */
	paddr_t dtb;              /* x0 at entry */
	u64 x1, x2, x3;           /* zero, says the protocol */
	paddr_t phys_base;        /* where the image was loaded */
	u64 bss_before[2];        /* first and last word of .bss, dirtied at entry ... */
	u64 bss_after[2];         /* ... and read back when .bss had been zeroed */
	struct cpu_entry cpus[NR_CPUS];
};

extern struct boot_record boot_record;
extern char boot_stack[KSTACK_SIZE];

/* Handed to a secondary CPU through PSCI; cleaned to memory, since that CPU reads it uncached. */
struct cpu_start {
	paddr_t entry; /* its struct cpu_entry */
	vaddr_t stack; /* top of its idle task's stack */
	vaddr_t idle;  /* its idle task, the first `current` */
	u64 id;        /* its number in cpus[] */
};

/* Where PSCI lets a secondary CPU begin, with its MMU off (head.S). */
void entry_secondary(void);

/* Stacks on which an overflow of another stack is reported. */
extern char emergency_stacks[NR_CPUS][KSTACK_ALIGN];

/* What the entry code calls at the high address, before kmain() or secondary_main(). */
void arch_init_boot(void);
void arch_init_cpu(u32 id);
