/*
 * Running a function on another stack, in the expectation that it overflows it.  For stage 20.
 */
	.cfi_sections .debug_frame
	.text

/*
 * void arch_overflow_probe(void (*fn)(void), void *top, vaddr_t *pc, vaddr_t *sp)
 *
 * Writes to *pc and *sp where the handler of the overflow goes on (trap_expected.overflow_pc, _sp),
 * and calls fn on the stack that ends at `top`.  Returns after the overflow, or when fn returns.
 *
 *	register  holds
 *	x19       SP of the caller's stack, until fn has returned
 */
	.global	arch_overflow_probe
	.type	arch_overflow_probe, %function
arch_overflow_probe:
	.cfi_startproc
	stp	x29, x30, [sp, #-96]!
	.cfi_def_cfa_offset 96
	.cfi_offset 29, -96
	.cfi_offset 30, -88
	mov	x29, sp
	.cfi_def_cfa x29, 96
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	mov	x19, sp
	adr	x9, 1f
	str	x9, [x2]
	str	x19, [x3]
	mov	sp, x1
	blr	x0
	mov	sp, x19
	/* The handler comes here with SP already ours, and nothing else. */
1:	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	.cfi_def_cfa sp, 0
	ret
	.cfi_endproc
	.size	arch_overflow_probe, . - arch_overflow_probe
