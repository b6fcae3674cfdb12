/* Inside arch/: the assembly that thread.c drives.  arch/aarch64/switch.S */
#pragma once

#include <arch/arch.h>

/* Saves prev's kept registers and goes on as next; returns, there, who ran before. */
struct task *switch_registers(struct task *prev, struct task *next);

/* The saved pc of a task that has not run yet. */
void thread_entry(void);

/* All FP/SIMD registers to and from memory. */
void fp_save(struct arch_fp *to);
void fp_load(const struct arch_fp *from);
