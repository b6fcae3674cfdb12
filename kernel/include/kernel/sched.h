/*
 * The scheduler's own side: what kmain, the interrupt path and kernel/task/ call.
 * kernel/task/sched.c.  What everybody uses is in <kernel/task.h>.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/time.h>
#include <kernel/types.h>

enum { TICK_NS = NSEC_PER_SEC / HZ };

struct cpu;
struct task;



/* Starts scheduling on this CPU: its boot task becomes its idle task.  Timers work. */
void sched_init_cpu(struct cpu *cpu);

/* The CPU where t should run now: idle if there is one, where it ran last by preference. */
struct cpu *sched_choose_cpu(const struct task *t);
/* Whether nobody is runnable there; by the time the caller looks that may have changed. */
bool sched_cpu_idle(const struct cpu *cpu);
/* Looks for work on busier CPUs, for one that has none.  cpu->rq.lock held. */
bool sched_pull(struct cpu *cpu);
/* At a tick of a CPU with tasks waiting: wakes an idle CPU that could take one. */
void sched_kick_idle(struct cpu *cpu);
/* Takes a waiting t out of its queue and puts it into another; both locked. */
void sched_migrate(struct cpu *from, struct cpu *to, struct task *t);
/* Makes the CPU pass through schedule() soon. */
void sched_resched(struct cpu *cpu);
