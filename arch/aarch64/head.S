/*
 * Entry: the arm64 boot protocol (Documentation/arm64/booting: MMU off, D-cache off for us, x0 =
 * device tree) to kmain() at its linked address.  Secondary CPUs come here through PSCI CPU_ON.
 *
 * The primary's path: _start -> entry_drop_el -> .bss -> early_mmu_init() -> entry_mmu_on ->
 * entry_high -> kmain(dtb).  Nothing before entry_mmu_on may use an absolute address.
 *
 *	register  holds                                      until
 *	x20       physical address of the device tree        kmain
 *	x21       struct cpu_entry of this CPU (physical)    the MMU is on
 *	x22       x1 as passed by the loader                 recorded
 */
#include <arch/layout.h>
#include <arch/sysreg.h>
#include <asm_offsets.h>

	.cfi_sections .debug_frame

/* ---- Image header: first bytes of the file ------------------------------------------------- */
	.section .head.text, "ax"
	.globl	image_header
	.type	image_header, %object
image_header:
	b	_start			/* code0 */
	.long	0			/* code1 */
	.quad	0			/* text_offset: from a 2 MiB boundary */
	.quad	__image_size
	.quad	0b1010			/* flags: little endian, 4 KiB pages, anywhere in RAM */
	.quad	0
	.quad	0
	.quad	0
	.ascii	"ARM\x64"
	.long	0
	.size	image_header, . - image_header

/* ---- Primary CPU ---------------------------------------------------------------------------- */
	.globl	_start
	.type	_start, %function
_start:
	.cfi_startproc
	.cfi_undefined x30
	msr	spsel, #1
	msr	daifset, #0xf
	mov	x20, x0
	mov	x22, x1
	adrp	x21, boot_record
	add	x21, x21, :lo12:boot_record
	mrs	x9, cntvct_el0
	str	x9, [x21, #BOOT_TIME]
	str	x20, [x21, #BOOT_DTB]
	stp	x22, x2, [x21, #BOOT_X1]
	str	x3, [x21, #BOOT_X3]
	adrp	x9, _text
	str	x9, [x21, #BOOT_PHYS]
	add	x21, x21, #BOOT_CPUS

	bl	entry_drop_el
	mrs	x9, cntvct_el0
	adrp	x10, boot_record
	add	x10, x10, :lo12:boot_record
	str	x9, [x10, #BOOT_TIME + 8]

	/* RAM may happen to be zero: dirty both ends first, so that stage boot.stack sees the work. */
	adrp	x11, boot_record
	add	x11, x11, :lo12:boot_record
	adrp	x9, __bss_start
	adrp	x10, __bss_stop
	add	x10, x10, :lo12:__bss_stop
	str	x11, [x9]
	str	x11, [x10, #-8]
	ldr	x12, [x9]
	ldr	x13, [x10, #-8]
	stp	x12, x13, [x11, #BOOT_BSS_BEFORE]

	/* .bss: a multiple of 64 bytes, zeroed by plain stores (DC ZVA needs the MMU on). */
1:	stp	xzr, xzr, [x9], #16
	stp	xzr, xzr, [x9], #16
	stp	xzr, xzr, [x9], #16
	stp	xzr, xzr, [x9], #16
	cmp	x9, x10
	b.lo	1b
	adrp	x9, __bss_start
	ldr	x12, [x9]
	ldr	x13, [x10, #-8]
	stp	x12, x13, [x11, #BOOT_BSS_AFTER]

	adrp	x9, boot_stack
	ldr	x10, =KSTACK_CANARY
	str	x10, [x9]
	add	x9, x9, #KSTACK_SIZE
	mov	sp, x9
	mov	x29, xzr
	mov	x30, xzr
	adrp	x10, boot_record
	add	x10, x10, :lo12:boot_record
	mrs	x9, cntvct_el0
	str	x9, [x10, #BOOT_TIME + 16]

	bl	early_mmu_init

	adrp	x0, idmap_l0
	ldr	x0, [x0, :lo12:idmap_l0]
	adrp	x1, kernel_mmu
	ldr	x1, [x1, :lo12:kernel_mmu]
	ldr	x30, =entry_high
	b	entry_mmu_on
	.cfi_endproc
	.size	_start, . - _start

/*
 * Leaves EL2 for EL1h, writing down what was found and what was set in [x21] (struct cpu_entry).
 * At EL1 it only checks that the MMU is off.  Clobbers x9 to x12.
 */
	.type	entry_drop_el, %function
entry_drop_el:
	.cfi_startproc
	mrs	x9, CurrentEL
	lsr	x9, x9, #2
	str	x9, [x21, #ENTRY_EL]
	mov	x10, #SCTLR_RES1 & 0xffff
	movk	x10, #SCTLR_RES1 >> 16, lsl #16
	cmp	x9, #2
	b.eq	2f

	mrs	x11, sctlr_el1
	str	x11, [x21, #ENTRY_SCTLR]
	tbnz	x11, #0, entry_refused		/* the loader left the MMU on */
	msr	sctlr_el1, x10
	isb
	ret

2:	mrs	x11, sctlr_el2
	str	x11, [x21, #ENTRY_SCTLR]
	tbnz	x11, #0, entry_refused
	msr	sctlr_el1, x10

	/* EL1 is AArch64, nothing is trapped, no stage 2, no VHE. */
	mov	x10, #HCR_RW
	orr	x10, x10, #(3 << HCR_APK_API_SHIFT)
	msr	hcr_el2, x10
	isb
	mrs	x11, hcr_el2
	str	x11, [x21, #ENTRY_HCR]
	msr	hstr_el2, xzr
	msr	vttbr_el2, xzr

	mov	x10, #CPTR_EL2_NO_TRAPS
	msr	cptr_el2, x10
	mrs	x11, cptr_el2
	str	x11, [x21, #ENTRY_CPTR]

	/* MDCR_EL2: all event counters belong to EL1, no debug traps. */
	mov	x10, xzr
	mrs	x11, id_aa64dfr0_el1
	ubfx	x12, x11, #8, #4		/* PMUVer: 0 none, 15 not ours */
	cbz	x12, 3f
	cmp	x12, #15
	b.eq	3f
	mrs	x10, pmcr_el0
	ubfx	x10, x10, #11, #5
3:	msr	mdcr_el2, x10
	mrs	x11, mdcr_el2
	str	x11, [x21, #ENTRY_MDCR]

	mrs	x10, midr_el1
	msr	vpidr_el2, x10
	mrs	x10, mpidr_el1
	msr	vmpidr_el2, x10
	mrs	x11, vmpidr_el2
	str	x11, [x21, #ENTRY_VMPIDR]

	/* EL1 and EL0 use the counters and timers; the virtual counter is the physical one. */
	mov	x10, #(CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN)
	msr	cnthctl_el2, x10
	mrs	x11, cnthctl_el2
	str	x11, [x21, #ENTRY_CNTHCTL]
	msr	cntvoff_el2, xzr

	mrs	x10, id_aa64pfr0_el1
	ubfx	x10, x10, #24, #4		/* GIC: system register interface */
	cbz	x10, 4f
	mov	x10, #(ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB | ICC_SRE_ENABLE)
	msr	S3_4_C12_C9_5, x10		/* ICC_SRE_EL2 */
	isb
	mrs	x11, S3_4_C12_C9_5
	str	x11, [x21, #ENTRY_ICC_SRE]
	tbz	x11, #0, 4f			/* the GIC is used through memory */
	msr	S3_4_C12_C11_0, xzr		/* ICH_HCR_EL2 */

4:	mov	x10, #(PSTATE_DAIF | PSTATE_EL1h)
	msr	spsr_el2, x10
	mrs	x11, spsr_el2
	str	x11, [x21, #ENTRY_SPSR]
	msr	elr_el2, x30
	eret
	.cfi_endproc
	.size	entry_drop_el, . - entry_drop_el

/* Entered against the protocol: nothing can be printed yet; a debugger finds the CPU here. */
	.globl	entry_refused
	.type	entry_refused, %function
entry_refused:
	wfi
	b	entry_refused
	.size	entry_refused, . - entry_refused

/*
 * Secondary CPUs: x0 = physical address of their struct cpu_start (PSCI context id).
 *
 *	register  holds                                  until
 *	x19       struct cpu_start (physical)            the MMU is on
 *	x23       its stack's top (virtual)              entry_secondary_high
 *	x24       its idle task (virtual)                entry_secondary_high
 *	x25       its number                             secondary_main
 */
	.globl	entry_secondary
	.type	entry_secondary, %function
entry_secondary:
	.cfi_startproc
	.cfi_undefined x30
	msr	spsel, #1
	msr	daifset, #0xf
	mov	x19, x0
	ldr	x21, [x19, #START_ENTRY]
	bl	entry_drop_el
	ldp	x23, x24, [x19, #START_STACK]
	ldr	x25, [x19, #START_ID]
	mov	x29, xzr
	adrp	x0, idmap_l0
	ldr	x0, [x0, :lo12:idmap_l0]
	adrp	x1, kernel_mmu
	ldr	x1, [x1, :lo12:kernel_mmu]
	ldr	x30, =entry_secondary_high
	b	entry_mmu_on
	.cfi_endproc
	.size	entry_secondary, . - entry_secondary

	.ltorg

/* ---- The identity-mapped page ----------------------------------------------------------------- */
	.section .idmap.text, "ax"
/*
 * Turns the MMU on.  x0 = TTBR0 (identity), x1 = TTBR1, x30 = where to go on, at its high address.
 * The tables have been written by this or an earlier CPU.  Clobbers x2 to x5.
 */
	.globl	entry_mmu_on
	.type	entry_mmu_on, %function
entry_mmu_on:
	ldr	x2, =MAIR_VALUE
	msr	mair_el1, x2
	ldr	x2, =(TCR_T0SZ_48 | TCR_IRGN0_WBWA | TCR_ORGN0_WBWA | TCR_SH0_INNER | \
		      TCR_T1SZ_48 | TCR_IRGN1_WBWA | TCR_ORGN1_WBWA | TCR_SH1_INNER | TCR_TG1_4K)
	mrs	x3, id_aa64mmfr0_el1
	ubfx	x4, x3, #0, #4			/* PARange; 48 bits is the most TG0 = 4K needs */
	mov	x5, #5
	cmp	x4, x5
	csel	x4, x4, x5, lo
	orr	x2, x2, x4, lsl #TCR_IPS_SHIFT
	ubfx	x4, x3, #5, #1			/* ASIDBits is 0 or 2: AS = 16-bit if it can */
	orr	x2, x2, x4, lsl #TCR_AS16_SHIFT
	orr	x2, x2, #(1 << TCR_TBI0_SHIFT)
	msr	tcr_el1, x2
	msr	ttbr0_el1, x0
	msr	ttbr1_el1, x1
	dsb	sy
	isb
	tlbi	vmalle1
	ic	iallu
	dsb	nsh
	isb
	ldr	x2, =SCTLR_MMU_ON
	mrs	x3, id_aa64mmfr1_el1
	ubfx	x3, x3, #20, #4			/* PAN: set it on every entry (SPAN = 0) */
	cbz	x3, 1f
	bic	x2, x2, #SCTLR_SPAN
1:	msr	sctlr_el1, x2
	isb
	ret
	.ltorg
	.size	entry_mmu_on, . - entry_mmu_on

/* ---- At the linked address --------------------------------------------------------------------- */
	.text
	.type	entry_high, %function
entry_high:
	.cfi_startproc
	.cfi_undefined x30
	adrp	x9, boot_record
	add	x9, x9, :lo12:boot_record
	mrs	x10, cntvct_el0
	str	x10, [x9, #BOOT_TIME + 24]
	adrp	x9, boot_stack
	add	sp, x9, #KSTACK_SIZE
	adrp	x9, vectors
	add	x9, x9, :lo12:vectors
	msr	vbar_el1, x9
	adrp	x9, boot_tasks
	add	x9, x9, :lo12:boot_tasks
	msr	tpidr_el1, x9
	isb
	mov	x29, xzr
	mov	x30, xzr
	bl	arch_init_boot
	mov	w0, wzr
	bl	arch_init_cpu
	mov	x0, x20
	bl	kmain
	b	entry_refused
	.cfi_endproc
	.size	entry_high, . - entry_high

	.type	entry_secondary_high, %function
entry_secondary_high:
	.cfi_startproc
	.cfi_undefined x30
	mov	sp, x23
	msr	tpidr_el1, x24
	adrp	x9, vectors
	add	x9, x9, :lo12:vectors
	msr	vbar_el1, x9
	isb
	mov	x29, xzr
	mov	x30, xzr
	mov	x0, x25
	bl	arch_init_cpu
	mov	x0, x25
	bl	secondary_main
	b	entry_refused
	.cfi_endproc
	.size	entry_secondary_high, . - entry_secondary_high

/* The first stack, with an overflow guard by convention only: SP's bit KSTACK_SHIFT. */
	.section .noinit.stacks, "aw", %nobits
	.balign	KSTACK_ALIGN
	.globl	boot_stack
	.type	boot_stack, %object
boot_stack:
	.space	KSTACK_SIZE
	.size	boot_stack, . - boot_stack

/* One for each CPU, to report an overflow of the current stack from. */
	.balign	KSTACK_ALIGN
	.globl	emergency_stacks
	.type	emergency_stacks, %object
emergency_stacks:
	.space	KSTACK_ALIGN * NR_CPUS
	.size	emergency_stacks, . - emergency_stacks
