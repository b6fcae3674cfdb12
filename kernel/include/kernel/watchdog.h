/* Finds CPUs that hang.  kernel/task/watchdog.c */
#pragma once

#include <kernel/compiler.h>
#include <kernel/types.h>

struct cpu;

/* The tick of this CPU.  Interrupts off. */
void watchdog_tick(struct cpu *cpu);
/* The handler of IPI_BACKTRACE. */
void watchdog_answer(void *arg);
