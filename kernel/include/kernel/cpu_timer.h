/* Timers of CPU time.  kernel/proc/cpu_timer.c */
#pragma once

#include <kernel/proc.h>

/* A tick found p running and p->cpu_timers is set.  Interrupts off. */
void cpu_timers_tick(struct proc *p);

/* ITIMER_VIRTUAL and ITIMER_PROF of p: what is left (0: off) and the interval, in ns of CPU time. */
void cpu_timer_get(struct proc *p, int which, nsec_t *left, nsec_t *interval);
void cpu_timer_set(struct proc *p, int which, nsec_t value, nsec_t interval);
