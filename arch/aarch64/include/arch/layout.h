/*
 * Where things are in the virtual address space.  Shared by C, assembly and the linker script.
 *
 *	0x0000_0000_0000_0000	user, TTBR0 (48 bits)
 *	0xffff_0000_0000_0000	linear map: virtual = physical + LINEAR_BASE
 *	0xffff_8000_0000_0000	vmap area: kernel stacks, large buffers
 *	0xffff_a000_0000_0000	device registers (ioremap)
 *	0xffff_c000_0000_0000	the kernel's image
 */
#pragma once

#ifdef __ASSEMBLY__
#define LAYOUT_CONST(x) x
#else
#define LAYOUT_CONST(x) x##UL
#endif

#define PAGE_SHIFT	12
#define PAGE_SIZE	(LAYOUT_CONST(1) << PAGE_SHIFT)
#define BLOCK_SHIFT	21 /* a level 2 block: 2 MiB */
#define BLOCK_SIZE	(LAYOUT_CONST(1) << BLOCK_SHIFT)
#define GIB_SHIFT	30 /* a level 1 block: 1 GiB */
#define GIB_SIZE	(LAYOUT_CONST(1) << GIB_SHIFT)

#define TASK_SIZE	LAYOUT_CONST(0x0001000000000000)
#define LINEAR_BASE	LAYOUT_CONST(0xffff000000000000)
#define LINEAR_END	LAYOUT_CONST(0xffff800000000000)
#define VMAP_BASE	LAYOUT_CONST(0xffff800000000000)
#define VMAP_END	LAYOUT_CONST(0xffffa00000000000)
#define IO_BASE		LAYOUT_CONST(0xffffa00000000000)
#define IO_END		LAYOUT_CONST(0xffffa00040000000)
#define IMAGE_BASE	LAYOUT_CONST(0xffffc00000000000)

/*
 * Kernel stacks.  A stack starts at a multiple of twice its size, so that bit KSTACK_SHIFT of SP
 * is clear inside a stack and set right below it: the vectors detect an overflow by that bit.
 */
#define KSTACK_SHIFT	14
#define KSTACK_SIZE	(LAYOUT_CONST(1) << KSTACK_SHIFT)
#define KSTACK_ALIGN	(KSTACK_SIZE * 2)
#define KSTACK_CANARY	LAYOUT_CONST(0xca1217cafe57acc5)

#define NR_CPUS		8
