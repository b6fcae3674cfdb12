/*
 * long registers_round(const struct cpu_regs *in, struct cpu_regs *out, long action, long arg)
 *
 * Loads every register of a program from *in, does one thing that enters the kernel, and stores every
 * register to *out.  x0 is the one register that the action may use: it begins as arg, and what it ends
 * as is returned.
 *
 * action 0: svc #0 (x8 comes from *in).  1: a load of the byte at arg.  2: spins until the byte at the
 * address in x1 is not zero.
 *
 * Layout of struct cpu_regs: x[31], sp, nzcv, fpcr, fpsr, padding (8 bytes each), v[32].
 */
#define REGS_SP   (31 * 8)
#define REGS_NZCV (32 * 8)
#define REGS_FPCR (33 * 8)
#define REGS_FPSR (34 * 8)
#define REGS_V    (36 * 8)

/* q registers by pairs: \op of qA, qB at [x0 + REGS_V + n * 16]. */
	.macro	all_vectors op
	\op	q0, q1, [x0, #REGS_V + 0]
	\op	q2, q3, [x0, #REGS_V + 32]
	\op	q4, q5, [x0, #REGS_V + 64]
	\op	q6, q7, [x0, #REGS_V + 96]
	\op	q8, q9, [x0, #REGS_V + 128]
	\op	q10, q11, [x0, #REGS_V + 160]
	\op	q12, q13, [x0, #REGS_V + 192]
	\op	q14, q15, [x0, #REGS_V + 224]
	\op	q16, q17, [x0, #REGS_V + 256]
	\op	q18, q19, [x0, #REGS_V + 288]
	\op	q20, q21, [x0, #REGS_V + 320]
	\op	q22, q23, [x0, #REGS_V + 352]
	\op	q24, q25, [x0, #REGS_V + 384]
	\op	q26, q27, [x0, #REGS_V + 416]
	\op	q28, q29, [x0, #REGS_V + 448]
	\op	q30, q31, [x0, #REGS_V + 480]
	.endm

	.macro	general_from_2 op
	\op	x2, x3, [x0, #16]
	\op	x4, x5, [x0, #32]
	\op	x6, x7, [x0, #48]
	\op	x8, x9, [x0, #64]
	\op	x10, x11, [x0, #80]
	\op	x12, x13, [x0, #96]
	\op	x14, x15, [x0, #112]
	\op	x16, x17, [x0, #128]
	\op	x18, x19, [x0, #144]
	\op	x20, x21, [x0, #160]
	\op	x22, x23, [x0, #176]
	\op	x24, x25, [x0, #192]
	\op	x26, x27, [x0, #208]
	\op	x28, x29, [x0, #224]
	.endm

/* Everything from [x0]; then x0 = arg, kept at [sp, #16]. */
	.macro	load_all
	all_vectors ldp
	ldr	x1, [x0, #REGS_FPCR]
	msr	fpcr, x1
	ldr	x1, [x0, #REGS_FPSR]
	msr	fpsr, x1
	ldr	x1, [x0, #REGS_NZCV]
	msr	nzcv, x1
	general_from_2 ldp
	ldr	x30, [x0, #240]
	ldr	x1, [x0, #8]
	ldr	x0, [sp, #16]
	.endm

	.text
	.globl	registers_round
	.type	registers_round, %function
registers_round:
	.cfi_startproc
	stp	x29, x30, [sp, #-256]!
	.cfi_def_cfa_offset 256
	.cfi_offset 29, -256
	.cfi_offset 30, -248
	mov	x29, sp
	stp	x19, x20, [sp, #32]
	stp	x21, x22, [sp, #48]
	stp	x23, x24, [sp, #64]
	stp	x25, x26, [sp, #80]
	stp	x27, x28, [sp, #96]
	stp	d8, d9, [sp, #112]
	stp	d10, d11, [sp, #128]
	stp	d12, d13, [sp, #144]
	stp	d14, d15, [sp, #160]
	mrs	x9, fpcr
	str	x9, [sp, #176]
	stp	x3, x1, [sp, #16]
	/* The SP that must come back. */
	mov	x9, sp
	str	x9, [sp, #184]
	cmp	x2, #1
	b.eq	1f
	b.hi	2f

	load_all
	svc	#0
	b	4f
1:	load_all
	ldrb	w0, [x0]
	b	4f
2:	load_all
3:	ldrb	w0, [x1]
	cbz	w0, 3b

4:	str	x0, [sp, #192]
	ldr	x0, [sp, #24]
	str	x1, [x0, #8]
	mrs	x1, nzcv
	str	x1, [x0, #REGS_NZCV]
	mrs	x1, fpcr
	str	x1, [x0, #REGS_FPCR]
	mrs	x1, fpsr
	str	x1, [x0, #REGS_FPSR]
	/* How far SP moved: zero. */
	ldr	x1, [sp, #184]
	str	x30, [x0, #240]
	mov	x30, sp
	sub	x1, x30, x1
	str	x1, [x0, #REGS_SP]
	general_from_2 stp
	all_vectors stp

	ldr	x0, [sp, #192]
	ldr	x9, [sp, #176]
	msr	fpcr, x9
	ldp	x19, x20, [sp, #32]
	ldp	x21, x22, [sp, #48]
	ldp	x23, x24, [sp, #64]
	ldp	x25, x26, [sp, #80]
	ldp	x27, x28, [sp, #96]
	ldp	d8, d9, [sp, #112]
	ldp	d10, d11, [sp, #128]
	ldp	d12, d13, [sp, #144]
	ldp	d14, d15, [sp, #160]
	ldp	x29, x30, [sp], #256
	ret
	.cfi_endproc
	.size	registers_round, . - registers_round

/* Writes over every register that a function may use and every vector: what a careless handler does. */
	.globl	registers_trash
	.type	registers_trash, %function
registers_trash:
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
	mov	x\n, #-\n
	.endr
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	movi	v\n\().16b, #0xa5
	.endr
	mov	x1, #0xf0000000
	msr	nzcv, x1
	mov	x1, #0x08000000
	msr	fpsr, x1
	ret
	.size	registers_trash, . - registers_trash
