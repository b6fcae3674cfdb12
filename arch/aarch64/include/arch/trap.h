/*
 * The trap frame: every register of the interrupted context, at the top of the kernel stack of a
 * task that came from EL0, or further down for an exception taken in the kernel.
 */
#pragma once

#include <kernel/types.h>

/*
 * Last word of the frame record that every trap frame contains.  Its first two words are zero, so
 * that an unwinder that follows frame pointers knows it has met a trap frame and not a call.
 */
enum trap_record_type {
	TRAP_RECORD_USER   = 1, /* taken from EL0: the kernel's part of the chain ends here */
	TRAP_RECORD_KERNEL = 2, /* taken from EL1: goes on with pc and x[29] */
};

struct trap_frame {
	u64 x[31];
	u64 sp;       /* of the interrupted context: SP_EL0 or the kernel's */
	u64 pc;
	u64 pstate;
	u64 esr;
	u64 far;
	u64 orig_x0;  /* first argument of the system call, which x[0] = result overwrites */
	s64 syscall;  /* its number, or -1 when not in a system call */
	u64 record[2];
	enum trap_record_type type;
	u32 reserved;
	u64 reserved2;
};

_Static_assert(sizeof(struct trap_frame) % 16 == 0, "the stack stays aligned");

/* Whether the frame was taken from EL0. */
static inline bool trap_from_user(const struct trap_frame *tf)
{
	return (tf->pstate & 0xf) == 0;
}

/* Whether the interrupted context had interrupts off. */
static inline bool trap_irqs_masked(const struct trap_frame *tf)
{
	return tf->pstate >> 7 & 1;
}

/* The C ends of the vectors (traps.c).  Interrupts are off when they are entered. */
void trap_el1_sync(struct trap_frame *tf);
void trap_el1_irq(struct trap_frame *tf);
void trap_el0_sync(struct trap_frame *tf);
void trap_el0_irq(struct trap_frame *tf);
/* FIQ: not masked by arch_irq_disable(). */
void trap_fiq(struct trap_frame *tf);
void trap_serror(struct trap_frame *tf);
/* Before a return to EL0 while current->work is not zero; interrupts off. */
void trap_user_work(struct trap_frame *tf);
void trap_bad_vector(struct trap_frame *tf, u64 vector);
void trap_stack_overflow(struct trap_frame *tf);
