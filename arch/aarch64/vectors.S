/*
 * The exception vectors (Arm ARM D1.3.2).  Each slot saves the general registers into a struct
 * trap_frame on the kernel stack and branches to the common tail of its kind, whose CFI describes
 * that frame, so that a debugger goes on into what was interrupted.
 *
 * From EL1 a slot first looks at bit KSTACK_SHIFT of the new SP (<arch/layout.h>): set means that
 * the frame does not fit, and the report is made on the CPU's emergency stack.
 */
#include <arch/layout.h>
#include <arch/sysreg.h>
#include <asm_offsets.h>

	.cfi_sections .debug_frame

/* The trap frame at [sp]. */
	.macro	cfi_trap_frame
	.cfi_startproc
	.cfi_signal_frame
	.cfi_return_column 32
	.cfi_def_cfa sp, 0
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	.cfi_offset \n, (\n * 8)
	.endr
	.cfi_offset 31, TF_SP
	.cfi_offset 32, TF_PC
	.endm

	.macro	save_general
	stp	x0, x1, [sp, #16 * 0]
	stp	x2, x3, [sp, #16 * 1]
	stp	x4, x5, [sp, #16 * 2]
	stp	x6, x7, [sp, #16 * 3]
	stp	x8, x9, [sp, #16 * 4]
	stp	x10, x11, [sp, #16 * 5]
	stp	x12, x13, [sp, #16 * 6]
	stp	x14, x15, [sp, #16 * 7]
	stp	x16, x17, [sp, #16 * 8]
	stp	x18, x19, [sp, #16 * 9]
	stp	x20, x21, [sp, #16 * 10]
	stp	x22, x23, [sp, #16 * 11]
	stp	x24, x25, [sp, #16 * 12]
	stp	x26, x27, [sp, #16 * 13]
	stp	x28, x29, [sp, #16 * 14]
	.endm

	.macro	restore_general
	ldp	x0, x1, [sp, #16 * 0]
	ldp	x2, x3, [sp, #16 * 1]
	ldp	x4, x5, [sp, #16 * 2]
	ldp	x6, x7, [sp, #16 * 3]
	ldp	x8, x9, [sp, #16 * 4]
	ldp	x10, x11, [sp, #16 * 5]
	ldp	x12, x13, [sp, #16 * 6]
	ldp	x14, x15, [sp, #16 * 7]
	ldp	x16, x17, [sp, #16 * 8]
	ldp	x18, x19, [sp, #16 * 9]
	ldp	x20, x21, [sp, #16 * 10]
	ldp	x22, x23, [sp, #16 * 11]
	ldp	x24, x25, [sp, #16 * 12]
	ldp	x26, x27, [sp, #16 * 13]
	ldp	x28, x29, [sp, #16 * 14]
	.endm

/* After save_general: the rest of the frame, x29 on the frame record.  x21 = ESR. */
	.macro	save_special from_user
	.if	\from_user
	mrs	x22, sp_el0
	mov	x24, #RECORD_USER
	.else
	add	x22, sp, #TF_SIZE
	mov	x24, #RECORD_KERNEL
	.endif
	mrs	x20, elr_el1
	mrs	x23, spsr_el1
	mrs	x21, esr_el1
	stp	x30, x22, [sp, #TF_SP - 8]
	stp	x20, x23, [sp, #TF_PC]
	str	x21, [sp, #TF_ESR]
	stp	xzr, xzr, [sp, #TF_RECORD]
	str	x24, [sp, #TF_TYPE]
	add	x29, sp, #TF_RECORD
	.endm

/* A slot for an exception taken at EL1 on its own stack. */
	.macro	slot_el1 tail
	.balign	128
	sub	sp, sp, #TF_SIZE
	/* Without a free register: add and subtract, so that x0 and SP come back. */
	add	sp, sp, x0
	sub	x0, sp, x0
	tbnz	x0, #KSTACK_SHIFT, 1f
	sub	x0, sp, x0
	sub	sp, sp, x0
	save_general
	b	\tail
1:	b	stack_overflow_entry
	.endm

	.macro	slot_el0 tail
	.balign	128
	sub	sp, sp, #TF_SIZE
	save_general
	b	\tail
	.endm

	.macro	slot_bad vector
	.balign	128
	sub	sp, sp, #TF_SIZE
	save_general
	mov	x19, #\vector
	b	bad_vector_tail
	.endm

	.section .vectors, "ax"
	.balign	2048
	.globl	vectors
	.type	vectors, %function
vectors:
	slot_bad 0			/* EL1 on SP_EL0: never selected */
	slot_bad 1
	slot_bad 2
	slot_bad 3
	slot_el1 el1_sync_tail
	slot_el1 el1_irq_tail
	slot_el1 el1_fiq_tail
	slot_el1 el1_serror_tail
	slot_el0 el0_sync_tail
	slot_el0 el0_irq_tail
	slot_el0 el0_fiq_tail
	slot_el0 el0_serror_tail
	slot_bad 12			/* AArch32 at EL0: never entered */
	slot_bad 13
	slot_bad 14
	slot_bad 15
	.balign	128
	.globl	vectors_end
vectors_end:
	.size	vectors, . - vectors

	.text

	.macro	tail_begin name, from_user
	.type	\name, %function
\name:
	cfi_trap_frame
	save_special \from_user
	.endm

	.macro	tail_end name
	.cfi_endproc
	.size	\name, . - \name
	.endm

	tail_begin el1_sync_tail, 0
	mrs	x22, far_el1
	str	x22, [sp, #TF_FAR]
	msr	daifclr, #DAIF_F
	mov	x0, sp
	bl	trap_el1_sync
	b	return_to_kernel
	tail_end el1_sync_tail

	tail_begin el1_irq_tail, 0
	msr	daifclr, #DAIF_F
	mov	x0, sp
	bl	trap_el1_irq
	b	return_to_kernel
	tail_end el1_irq_tail

	/* F stays masked: one at a time. */
	tail_begin el1_fiq_tail, 0
	mov	x0, sp
	bl	trap_fiq
	b	return_to_kernel
	tail_end el1_fiq_tail

	tail_begin el1_serror_tail, 0
	mov	x0, sp
	bl	trap_serror
	b	return_to_kernel
	tail_end el1_serror_tail

	tail_begin el0_sync_tail, 1
	lsr	x24, x21, #26
	cmp	x24, #ESR_SVC
	b.ne	1f
	/* A system call: the one path that is short. */
	mov	x0, sp
	msr	daifclr, #(DAIF_I | DAIF_F)
	bl	syscall_dispatch
	b	return_to_user
1:	mrs	x22, far_el1
	str	x22, [sp, #TF_FAR]
	mov	x22, #-1
	stp	x0, x22, [sp, #TF_ORIG_X0]
	msr	daifclr, #DAIF_F
	mov	x0, sp
	bl	trap_el0_sync
	b	return_to_user
	tail_end el0_sync_tail

	tail_begin el0_irq_tail, 1
	mov	x22, #-1
	stp	x0, x22, [sp, #TF_ORIG_X0]
	msr	daifclr, #DAIF_F
	mov	x0, sp
	bl	trap_el0_irq
	b	return_to_user
	tail_end el0_irq_tail

	tail_begin el0_fiq_tail, 1
	mov	x22, #-1
	stp	x0, x22, [sp, #TF_ORIG_X0]
	mov	x0, sp
	bl	trap_fiq
	b	return_to_user
	tail_end el0_fiq_tail

	tail_begin el0_serror_tail, 1
	mov	x22, #-1
	stp	x0, x22, [sp, #TF_ORIG_X0]
	mov	x0, sp
	bl	trap_serror
	b	return_to_user
	tail_end el0_serror_tail

	tail_begin bad_vector_tail, 0
	mov	x0, sp
	mov	x1, x19
	bl	trap_bad_vector
	b	return_to_kernel
	tail_end bad_vector_tail

/* SP at the trap frame.  An exception from here on would overwrite ELR and SPSR. */
	.type	return_to_kernel, %function
return_to_kernel:
	cfi_trap_frame
	msr	daifset, #(DAIF_I | DAIF_F)
	ldp	x20, x21, [sp, #TF_PC]
	msr	elr_el1, x20
	msr	spsr_el1, x21
	ldr	x30, [sp, #TF_SP - 8]
	restore_general
	add	sp, sp, #TF_SIZE
	eret
	.cfi_endproc
	.size	return_to_kernel, . - return_to_kernel

	.globl	return_to_user
	.type	return_to_user, %function
return_to_user:
	cfi_trap_frame
1:	msr	daifset, #(DAIF_I | DAIF_F)
	mrs	x19, tpidr_el1
	ldr	w19, [x19, #TASK_WORK]
	cbnz	w19, 2f
	ldp	x20, x21, [sp, #TF_PC]
	ldp	x30, x22, [sp, #TF_SP - 8]
	msr	elr_el1, x20
	msr	spsr_el1, x21
	msr	sp_el0, x22
	restore_general
	add	sp, sp, #TF_SIZE
	eret
2:	mov	x0, sp
	msr	daifclr, #DAIF_F
	bl	trap_user_work
	b	1b
	.cfi_endproc
	.size	return_to_user, . - return_to_user

/*
 * The frame did not fit on the stack.  slot_el1 left x0 = address of the frame that did not fit and
 * SP = that + the interrupted x0.  In the kernel SP_EL0 and TPIDRRO_EL0 are free to hold two words
 * until there is a stack again: this CPU's emergency stack.
 */
	.type	stack_overflow_entry, %function
stack_overflow_entry:
	cfi_trap_frame
	msr	tpidrro_el0, x0
	sub	x0, sp, x0
	msr	sp_el0, x0
	mrs	x0, tpidr_el1
	ldr	x0, [x0, #TASK_CPU]
	ldr	x0, [x0, #CPU_EMERGENCY]
	mov	sp, x0
	sub	sp, sp, #TF_SIZE
	mrs	x0, sp_el0
	save_general
	save_special 0
	mrs	x22, far_el1
	str	x22, [sp, #TF_FAR]
	mrs	x22, tpidrro_el0
	add	x22, x22, #TF_SIZE
	str	x22, [sp, #TF_SP]
	mov	x0, sp
	bl	trap_stack_overflow

	/* It returns only where somebody waits for an overflow, with another pc and SP in the frame. */
	ldp	x20, x21, [sp, #TF_PC]
	msr	elr_el1, x20
	msr	spsr_el1, x21
	ldp	x30, x22, [sp, #TF_SP - 8]
	ldr	x23, [sp]
	msr	tpidrro_el0, x22
	msr	sp_el0, x23
	restore_general
	mrs	x0, tpidrro_el0
	mov	sp, x0
	msr	tpidrro_el0, xzr
	mrs	x0, sp_el0
	eret
	.cfi_endproc
	.size	stack_overflow_entry, . - stack_overflow_entry
