/* First look at an exception, in C. */
#include <arch/arch.h>

void trap_el1_sync(struct trap_frame *tf)
{
	for (;;)
		arch_wait_for_interrupt();
}

void trap_el1_irq(struct trap_frame *tf)
{
	trap_el1_sync(tf);
}

void trap_el0_sync(struct trap_frame *tf)
{
	trap_el1_sync(tf);
}

void trap_el0_irq(struct trap_frame *tf)
{
	trap_el1_sync(tf);
}

void trap_serror(struct trap_frame *tf)
{
	trap_el1_sync(tf);
}

void trap_bad_vector(struct trap_frame *tf, u64 vector)
{
	trap_el1_sync(tf);
}

void trap_stack_overflow(struct trap_frame *tf)
{
	trap_el1_sync(tf);
}
