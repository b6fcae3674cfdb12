/* Inside arch/: exceptions that a stage provokes and looks at.  arch/aarch64/traps.c */
#pragma once

#include <arch/trap.h>

/* The vector table, vectors.S. */
extern char vectors[];

/* One CPU at a time; set and read by the stages. */
struct trap_expected {
	u32 hits;                          /* deliberate exceptions taken */
	u64 esr;                           /* of the last BRK BRK_STAGE */
	vaddr_t pc;
	void (*on_brk)(void);              /* called by the handler of each BRK BRK_STAGE */
	vaddr_t overflow_pc, overflow_sp;  /* where to go on after a stack overflow; 0: panic */
	struct trap_frame overflow_frame;  /* what was interrupted by it */
};

extern struct trap_expected trap_expected;

/*
 * Calls fn on the stack that ends at `top` and returns after it overflowed: *pc and *sp are where the
 * handler goes on.  kstack_probe.S
 */
void arch_overflow_probe(void (*fn)(void), void *top, vaddr_t *pc, vaddr_t *sp);
