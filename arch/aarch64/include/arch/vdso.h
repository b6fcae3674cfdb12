/* The shared object that the kernel maps into every program.  arch/aarch64/vdso.c */
#pragma once

#include <kernel/types.h>

/* The image, vdso_image.S. */
extern const char vdso_image[], vdso_image_end[];

/* Offset of __kernel_rt_sigreturn from where it is mapped. */
u64 vdso_sigreturn_offset(void);
