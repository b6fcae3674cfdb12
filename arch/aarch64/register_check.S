/*
 * Registers that other code must not change, filled and compared: for the stages.
 * Called by stage bodies in threads, with whatever happens in between.
 */
	.arch	armv8-a
	.cfi_sections .debug_frame
	.text

/*
 * u64 arch_check_kept_registers(u64 seed, void (*between)(void))
 *
 * Calls between() with x19 to x28 = seed + 19 to seed + 28; how many came back changed (AAPCS64 6.1.1).
 *
 *	register  holds                          until
 *	[sp, #96] seed                           the end
 *	x0        number of changed registers    the end
 */
	.globl	arch_check_kept_registers
	.type	arch_check_kept_registers, %function
arch_check_kept_registers:
	.cfi_startproc
	stp	x29, x30, [sp, #-112]!
	.cfi_def_cfa_offset 112
	.cfi_offset 29, -112
	.cfi_offset 30, -104
	mov	x29, sp
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	.cfi_offset 19, -96
	.cfi_offset 20, -88
	.cfi_offset 21, -80
	.cfi_offset 22, -72
	.cfi_offset 23, -64
	.cfi_offset 24, -56
	.cfi_offset 25, -48
	.cfi_offset 26, -40
	.cfi_offset 27, -32
	.cfi_offset 28, -24
	str	x0, [sp, #96]
	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
	add	x\n, x0, #\n
	.endr
	blr	x1
	ldr	x1, [sp, #96]
	mov	x0, xzr
	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
	add	x2, x1, #\n
	cmp	x2, x\n
	cinc	x0, x0, ne
	.endr
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #112
	.cfi_def_cfa_offset 0
	ret
	.cfi_endproc
	.size	arch_check_kept_registers, . - arch_check_kept_registers

/*
 * u64 arch_check_fp_registers(u64 seed, u64 spins)
 *
 * Fills both halves of v0 to v31 with seed + number, spins, and says how many registers changed.
 *
 *	register  holds                          until
 *	x0        seed                           the end
 *	x1        rounds left                    the spin is over
 *	x2        number of changed registers    the end
 */
	.globl	arch_check_fp_registers
	.type	arch_check_fp_registers, %function
arch_check_fp_registers:
	.cfi_startproc
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	add	x3, x0, #\n
	dup	v\n\().2d, x3
	.endr
1:	subs	x1, x1, #1
	b.ne	1b
	mov	x2, xzr
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	add	x3, x0, #\n
	umov	x4, v\n\().d[0]
	umov	x5, v\n\().d[1]
	cmp	x3, x4
	ccmp	x3, x5, #0, eq
	cinc	x2, x2, ne
	.endr
	mov	x0, x2
	ret
	.cfi_endproc
	.size	arch_check_fp_registers, . - arch_check_fp_registers
