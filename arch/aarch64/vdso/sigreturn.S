/*
 * Where a signal handler without SA_RESTORER returns to.  Debuggers and unwinders know it by its two
 * instructions, or by the CFI: SP points at struct rt_sigframe, whose registers are the caller's.
 */
	.text
	.cfi_startproc
	.cfi_signal_frame
	.cfi_return_column 32
	.cfi_def_cfa sp, 0
	/* rt_sigframe.uc.uc_mcontext.regs is at 128 + 176 + 8. */
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	.cfi_offset \n, (312 + \n * 8)
	.endr
	.cfi_offset 31, 560
	.cfi_offset 32, 568
	/* Unwinders look for the instruction before a return address: it must be in here too. */
	nop
	.globl	__kernel_rt_sigreturn
	.type	__kernel_rt_sigreturn, %function
__kernel_rt_sigreturn:
	mov	x8, #139			/* rt_sigreturn */
	svc	#0
	.cfi_endproc
	.size	__kernel_rt_sigreturn, . - __kernel_rt_sigreturn

	.section .note.Linux, "a", %note
	.long	6, 4, 0
	.asciz	"Linux"
	.balign	4
	.long	0x060100
