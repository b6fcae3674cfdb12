/* Several CPUs: bringing them up, and asking them to do something.  kernel/task/smp.c */
#pragma once

#include <kernel/compiler.h>
#include <kernel/irq.h>
#include <kernel/types.h>

/* Brings every CPU of the device tree online.  On CPU 0, once, after sched_init().  May sleep. */
void smp_init(void);

/* Runs fn(arg) once on each online CPU of the mask, interrupts off there, and waits for all. Interrupts
 * on; may not hold spin locks.  Bit n is cpus[n]; this CPU may be among them. */
void smp_call(u64 cpu_mask, void (*fn)(void *arg), void *arg);

/* The bits of all online CPUs. */
u64 smp_online_mask(void);

/* Stops the other CPUs for good, for the end or a panic: waits two seconds at most, takes no lock. */
void smp_stop_others(void);
