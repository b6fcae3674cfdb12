/* Inside arch/: aborts and the signals of faults.  arch/aarch64/fault.c */
#pragma once

#include <kernel/types.h>

struct trap_frame;

/* A data or instruction abort taken from EL0, or in the kernel.  Interrupts off at entry. */
void fault_user_abort(struct trap_frame *tf);
void fault_kernel_abort(struct trap_frame *tf);

/*
 * Sends a fault signal to the current task and keeps the syndrome for its frame; logs one line when
 * nothing will handle it.  Interrupts on.
 */
void fault_signal(struct trap_frame *tf, int sig, int code, vaddr_t address);
