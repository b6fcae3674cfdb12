/* Who called whom: chains of frames, across exceptions.  kernel/debug/backtrace.c */
#pragma once

#include <kernel/types.h>

struct task;
struct trap_frame;

/* One step: a return address, or the place of an exception when `tf` is its frame. */
struct backtrace_entry {
	vaddr_t pc;
	const struct trap_frame *tf;
};

/* Collects up to `max` entries, innermost first; any context.  Number collected. */
int backtrace_here(struct backtrace_entry *entries, int max);
int backtrace_trap(const struct trap_frame *tf, struct backtrace_entry *entries, int max);
/* Of a task that does not run. */
int backtrace_task(const struct task *t, struct backtrace_entry *entries, int max);

/*
 * Where an entry is looked up: a return address may be the first byte after its function, so the call
 * before it counts.
 */
vaddr_t backtrace_symbol_pc(const struct backtrace_entry *e);

/* Prints them to the log, one line each.  Any context. */
void backtrace_print(const struct backtrace_entry *entries, int count);
void backtrace_print_here(void);
void backtrace_print_trap(const struct trap_frame *tf);
void backtrace_print_task(const struct task *t);
