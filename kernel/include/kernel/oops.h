/* The kernel did something wrong: says so, and ends the task that it happened to.  kernel/debug/oops.c */
#pragma once

#include <kernel/compiler.h>

struct trap_frame;

/*
 * Reports a fault of the kernel at `tf` with registers and backtrace, then ends the current process as if
 * by SIGSEGV.  Where there is no process to end (interrupt, idle or kernel thread, init) it panics.  Locks
 * that the task held stay taken.  From the exception handlers only.
 */
void oops(const struct trap_frame *tf, const char *fmt, ...) __printf(2, 3) __noreturn;
