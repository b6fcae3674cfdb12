/*
 * The only code that touches user memory: unprivileged loads and stores, so that the access is checked
 * as the program's own would be, with or without PAN.  Called through <kernel/uaccess.h>.
 *
 * Each copy returns the number of bytes it did not do.  A fault that the address space can resolve is
 * resolved and the instruction runs again; otherwise the exception table leads to the byte loop, which
 * does what is left up to the very byte that faults.
 *
 *	register  holds                                  until
 *	x0        destination                            the end, then the result
 *	x1        source                                 the end
 *	x2        bytes left                             the end
 *	x3 - x6   data                                   stored
 */
#include <arch/extable.h>

	.arch	armv8-a
	.cfi_sections .debug_frame
	.section .text.usercopy, "ax"

	.macro	user_insn fixup, insn:vararg
8888:	\insn
	extable	8888b, \fixup
	.endm

	.globl	arch_copy_from_user
	.type	arch_copy_from_user, %function
arch_copy_from_user:
	.cfi_startproc
	subs	x2, x2, #32
	b.lo	2f
1:	user_insn 3f, ldtr x3, [x1]
	user_insn 3f, ldtr x4, [x1, #8]
	user_insn 3f, ldtr x5, [x1, #16]
	user_insn 3f, ldtr x6, [x1, #24]
	stp	x3, x4, [x0]
	stp	x5, x6, [x0, #16]
	add	x1, x1, #32
	add	x0, x0, #32
	subs	x2, x2, #32
	b.hs	1b
2:	adds	x2, x2, #32
	b.eq	6f
	subs	x2, x2, #8
	b.lo	4f
5:	user_insn 7f, ldtr x3, [x1]
	str	x3, [x0], #8
	add	x1, x1, #8
	subs	x2, x2, #8
	b.hs	5b
4:	adds	x2, x2, #8
	b.eq	6f
9:	user_insn 6f, ldtrb w3, [x1]
	strb	w3, [x0], #1
	add	x1, x1, #1
	subs	x2, x2, #1
	b.ne	9b
6:	mov	x0, x2
	ret
3:	add	x2, x2, #32
	b	9b
7:	add	x2, x2, #8
	b	9b
	.cfi_endproc
	.size	arch_copy_from_user, . - arch_copy_from_user

	.globl	arch_copy_to_user
	.type	arch_copy_to_user, %function
arch_copy_to_user:
	.cfi_startproc
	subs	x2, x2, #32
	b.lo	2f
1:	ldp	x3, x4, [x1]
	ldp	x5, x6, [x1, #16]
	user_insn 3f, sttr x3, [x0]
	user_insn 3f, sttr x4, [x0, #8]
	user_insn 3f, sttr x5, [x0, #16]
	user_insn 3f, sttr x6, [x0, #24]
	add	x1, x1, #32
	add	x0, x0, #32
	subs	x2, x2, #32
	b.hs	1b
2:	adds	x2, x2, #32
	b.eq	6f
	subs	x2, x2, #8
	b.lo	4f
5:	ldr	x3, [x1]
	user_insn 7f, sttr x3, [x0]
	add	x1, x1, #8
	add	x0, x0, #8
	subs	x2, x2, #8
	b.hs	5b
4:	adds	x2, x2, #8
	b.eq	6f
9:	ldrb	w3, [x1]
	user_insn 6f, sttrb w3, [x0]
	add	x1, x1, #1
	add	x0, x0, #1
	subs	x2, x2, #1
	b.ne	9b
6:	mov	x0, x2
	ret
3:	add	x2, x2, #32
	b	9b
7:	add	x2, x2, #8
	b	9b
	.cfi_endproc
	.size	arch_copy_to_user, . - arch_copy_to_user

/* size_t arch_clear_user(void *to, size_t n): x1 = bytes left. */
	.globl	arch_clear_user
	.type	arch_clear_user, %function
arch_clear_user:
	.cfi_startproc
	subs	x1, x1, #16
	b.lo	2f
1:	user_insn 3f, sttr xzr, [x0]
	user_insn 3f, sttr xzr, [x0, #8]
	add	x0, x0, #16
	subs	x1, x1, #16
	b.hs	1b
2:	adds	x1, x1, #16
	b.eq	6f
9:	user_insn 6f, sttrb wzr, [x0]
	add	x0, x0, #1
	subs	x1, x1, #1
	b.ne	9b
6:	mov	x0, x1
	ret
3:	add	x1, x1, #16
	b	9b
	.cfi_endproc
	.size	arch_clear_user, . - arch_clear_user

/*
 * Loads and stores that may fault and are not resolved: 0 or -EFAULT.  Outside .text.usercopy, so that a
 * fault in them never reaches the address space.
 *
 * int arch_probe_read(const void *p, u8 *byte)
 * int arch_probe_read_word(const void *p, u64 *word)
 * int arch_probe_write(void *p, u8 byte)
 */
	.text
	.globl	arch_probe_read
	.type	arch_probe_read, %function
arch_probe_read:
	.cfi_startproc
	user_insn 1f, ldrb w2, [x0]
	strb	w2, [x1]
	mov	w0, wzr
	ret
1:	mov	w0, #-14
	ret
	.cfi_endproc
	.size	arch_probe_read, . - arch_probe_read

	.globl	arch_probe_write
	.type	arch_probe_write, %function
arch_probe_write:
	.cfi_startproc
	user_insn 1f, strb w1, [x0]
	mov	w0, wzr
	ret
1:	mov	w0, #-14
	ret
	.cfi_endproc
	.size	arch_probe_write, . - arch_probe_write

	.globl	arch_probe_read_word
	.type	arch_probe_read_word, %function
arch_probe_read_word:
	.cfi_startproc
	user_insn 1f, ldr x2, [x0]
	str	x2, [x1]
	mov	w0, wzr
	ret
1:	mov	w0, #-14
	ret
	.cfi_endproc
	.size	arch_probe_read_word, . - arch_probe_read_word
