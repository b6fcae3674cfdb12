/*
 * Clearing and copying whole pages, the two most frequent jobs of a page fault.  Called by kernel/mm on
 * normal memory with the MMU on; any context.  Leaf functions: no frame, only x0 to x10.
 */
#include <arch/layout.h>

	.cfi_sections .debug_frame
	.text

/*
 * void arch_zero(void *to, size_t n): both multiples of 64.
 *
 * DC ZVA clears a block without reading it into the cache.  DCZID_EL0 (Arm ARM D19.2.37) says 4 where
 * it is allowed and works on 64 bytes, as on every core we know; else pairs of zeroes are stored.
 *
 *	register  holds
 *	x0        next byte to clear
 *	x1        end
 */
	.global	arch_zero
	.type	arch_zero, %function
arch_zero:
	.cfi_startproc
	add	x1, x0, x1
	mrs	x2, dczid_el0
	cmp	x2, #4
	b.ne	2f
	/* Whole pages by 1024 bytes a round. */
	sub	x3, x1, #1024
	cmp	x0, x3
	b.hi	1f
0:	.rept	16
	dc	zva, x0
	add	x0, x0, #64
	.endr
	cmp	x0, x3
	b.ls	0b
1:	cmp	x0, x1
	b.hs	3f
	dc	zva, x0
	add	x0, x0, #64
	b	1b
2:	cmp	x0, x1
	b.hs	3f
	stp	xzr, xzr, [x0]
	stp	xzr, xzr, [x0, #16]
	stp	xzr, xzr, [x0, #32]
	stp	xzr, xzr, [x0, #48]
	add	x0, x0, #64
	b	2b
3:	ret
	.cfi_endproc
	.size	arch_zero, . - arch_zero

/*
 * void arch_page_copy(void *to, const void *from): one page, both page aligned.
 *
 *	register  holds
 *	x0, x1    next bytes to write, to read
 *	x2        end of the destination
 *	x3 - x10  bytes on their way
 */
	.global	arch_page_copy
	.type	arch_page_copy, %function
arch_page_copy:
	.cfi_startproc
	add	x2, x0, #PAGE_SIZE
0:	.rept	4
	ldp	x3, x4, [x1], #16
	ldp	x5, x6, [x1], #16
	ldp	x7, x8, [x1], #16
	ldp	x9, x10, [x1], #16
	stp	x3, x4, [x0], #16
	stp	x5, x6, [x0], #16
	stp	x7, x8, [x0], #16
	stp	x9, x10, [x0], #16
	.endr
	cmp	x0, x2
	b.lo	0b
	ret
	.cfi_endproc
	.size	arch_page_copy, . - arch_page_copy
