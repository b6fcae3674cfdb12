/* The vDSO, as it was linked (arch/aarch64/vdso/), inside the kernel's read-only data. */
	.section .rodata, "a"
	.balign	8
	.globl	vdso_image
	.type	vdso_image, %object
vdso_image:
	.incbin	"vdso.so"
	.globl	vdso_image_end
vdso_image_end:
	.size	vdso_image, . - vdso_image
