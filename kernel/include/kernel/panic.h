/* Ends the machine, or warns that it should have.  kernel/debug/panic.c */
#pragma once

#include <kernel/compiler.h>

/*
 * A broken invariant: prints registers, backtrace, current task and the last log lines by polling,
 * stops the other CPUs and resets the machine (command line `panic=halt`: spins).  Any context.
 */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;

/*
 * What the machine was given cannot be used, which is no fault of the kernel's: says so in one line,
 * "Cannot boot: ...", and ends as panic() does.  Any context.
 */
void boot_refuse(const char *fmt, ...) __printf(1, 2) __noreturn;

void assert_failed(const char *file, int line, const char *expr) __noreturn;

#define PANIC_IF(cond)                                                                             \
	do {                                                                                       \
		if (unlikely(cond))                                                                \
			assert_failed(__FILE__, __LINE__, #cond);                                  \
	} while (0)

/* Checked in the debug profile only; the expression must have no side effect. */
#define ASSERT(cond)                                                                               \
	do {                                                                                       \
		if (CONFIG_DEBUG && unlikely(!(cond)))                                             \
			assert_failed(__FILE__, __LINE__, #cond);                                  \
	} while (0)
