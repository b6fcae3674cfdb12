/*
 * The exception table: kernel instructions that may fault, and where to go on when they do.  Sorted
 * by the linker's input order only, so it is searched from end to end; it has a few dozen rows.
 */
#pragma once

#ifdef __ASSEMBLY__

/* The instruction at `insn` may fault; then execution goes on at `fixup`. */
	.macro	extable insn, fixup
	.pushsection .extable, "a"
	.balign	4
	.long	\insn - .
	.long	\fixup - .
	.popsection
	.endm

#else

#include <kernel/types.h>

/* Both relative to their own address, so that the table needs no relocation. */
struct extable_entry {
	s32 insn;
	s32 fixup;
};

/* Where to go on after a fault at pc; 0 when it was not expected. */
vaddr_t extable_find(vaddr_t pc);

#endif
