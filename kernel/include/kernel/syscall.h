/*
 * System calls: one row each in kernel/syscall/syscalls.def.
 *
 * SYSCALL(nr, name, (type, arg), ...) yields the prototype long sys_NAME(type arg, ...), the table entry
 * and what decodes it.  Values come in x0..x5, the number in x8, the result goes to x0.
 */
#pragma once

#include <kernel/types.h>

struct trap_frame;

/* From the vector, interrupts on.  Writes the result to the frame before any signal frame is built. */
void syscall_dispatch(struct trap_frame *tf);
