/*
 * Switching tasks: the registers that a function call keeps, and FP/SIMD.
 * The C side is thread.c.
 */
#include <asm_offsets.h>

	.arch	armv8-a
	.cfi_sections .debug_frame
	.text

/*
 * struct task *switch_registers(struct task *prev, struct task *next)
 *
 * Saves what the procedure call standard keeps (AAPCS64 6.1.1) and goes on as next.  The saved pc is a
 * return address, so that a debugger unwinds a sleeping task from it.
 *
 *	register  holds                                  until
 *	x0        prev, also the result in next          the end
 *	x9        next's struct arch_thread              the end
 */
	.globl	switch_registers
	.type	switch_registers, %function
switch_registers:
	.cfi_startproc
	add	x8, x0, #TASK_ARCH
	add	x9, x1, #TASK_ARCH
	mov	x10, sp
	stp	x19, x20, [x8, #THREAD_X19]
	stp	x21, x22, [x8, #THREAD_X19 + 16]
	stp	x23, x24, [x8, #THREAD_X19 + 32]
	stp	x25, x26, [x8, #THREAD_X19 + 48]
	stp	x27, x28, [x8, #THREAD_X19 + 64]
	stp	x29, x10, [x8, #THREAD_FP]
	str	x30, [x8, #THREAD_PC]
	ldp	x19, x20, [x9, #THREAD_X19]
	ldp	x21, x22, [x9, #THREAD_X19 + 16]
	ldp	x23, x24, [x9, #THREAD_X19 + 32]
	ldp	x25, x26, [x9, #THREAD_X19 + 48]
	ldp	x27, x28, [x9, #THREAD_X19 + 64]
	ldp	x29, x10, [x9, #THREAD_FP]
	ldr	x30, [x9, #THREAD_PC]
	mov	sp, x10
	msr	tpidr_el1, x1
	ret
	.cfi_endproc
	.size	switch_registers, . - switch_registers

/* A new task's first instruction: x0 = who ran before, SP at its trap frame. */
	.globl	thread_entry
	.type	thread_entry, %function
thread_entry:
	.cfi_startproc
	.cfi_undefined x30
	bl	task_first_run
	b	return_to_user
	.cfi_endproc
	.size	thread_entry, . - thread_entry

/* void fp_save(struct arch_fp *to) */
	.globl	fp_save
	.type	fp_save, %function
fp_save:
	.cfi_startproc
	stp	q0, q1, [x0, #32 * 0]
	stp	q2, q3, [x0, #32 * 1]
	stp	q4, q5, [x0, #32 * 2]
	stp	q6, q7, [x0, #32 * 3]
	stp	q8, q9, [x0, #32 * 4]
	stp	q10, q11, [x0, #32 * 5]
	stp	q12, q13, [x0, #32 * 6]
	stp	q14, q15, [x0, #32 * 7]
	stp	q16, q17, [x0, #32 * 8]
	stp	q18, q19, [x0, #32 * 9]
	stp	q20, q21, [x0, #32 * 10]
	stp	q22, q23, [x0, #32 * 11]
	stp	q24, q25, [x0, #32 * 12]
	stp	q26, q27, [x0, #32 * 13]
	stp	q28, q29, [x0, #32 * 14]
	stp	q30, q31, [x0, #32 * 15]
	mrs	x1, fpsr
	mrs	x2, fpcr
	str	w1, [x0, #FP_FPSR]
	str	w2, [x0, #FP_FPSR + 4]
	ret
	.cfi_endproc
	.size	fp_save, . - fp_save

/* void fp_load(const struct arch_fp *from) */
	.globl	fp_load
	.type	fp_load, %function
fp_load:
	.cfi_startproc
	ldp	q0, q1, [x0, #32 * 0]
	ldp	q2, q3, [x0, #32 * 1]
	ldp	q4, q5, [x0, #32 * 2]
	ldp	q6, q7, [x0, #32 * 3]
	ldp	q8, q9, [x0, #32 * 4]
	ldp	q10, q11, [x0, #32 * 5]
	ldp	q12, q13, [x0, #32 * 6]
	ldp	q14, q15, [x0, #32 * 7]
	ldp	q16, q17, [x0, #32 * 8]
	ldp	q18, q19, [x0, #32 * 9]
	ldp	q20, q21, [x0, #32 * 10]
	ldp	q22, q23, [x0, #32 * 11]
	ldp	q24, q25, [x0, #32 * 12]
	ldp	q26, q27, [x0, #32 * 13]
	ldp	q28, q29, [x0, #32 * 14]
	ldp	q30, q31, [x0, #32 * 15]
	ldr	w1, [x0, #FP_FPSR]
	ldr	w2, [x0, #FP_FPSR + 4]
	msr	fpsr, x1
	msr	fpcr, x2
	ret
	.cfi_endproc
	.size	fp_load, . - fp_load
