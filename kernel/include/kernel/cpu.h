/* What each CPU has of its own.  kernel/task/smp.c */
#pragma once

#include <arch/arch.h>
#include <kernel/list.h>
#include <kernel/rbtree.h>
#include <kernel/spinlock.h>
#include <kernel/types.h>

enum { CPUS_MAX = 8 };

struct task;
struct mm;

/* The runnable tasks of one CPU.  Fields: (l) run_queue.lock */
struct run_queue {
	struct spinlock lock;
	struct rb_tree tasks;     /* (l) by virtual runtime */
	struct task *current_fair;
	u64 min_vruntime;         /* (l) */
	u32 count;                /* (l) runnable, the running one included */
	u64 switches;             /* (l) */
};

struct timer_queue {
	struct spinlock lock;
	struct rb_tree timers;    /* (l) struct timer.node by deadline */
	struct timer *first;
};

struct cpu {
	u32 id;                   /* dense, boot CPU is 0 */
	bool online;
	u64 mpidr;
	struct task *current;     /* what runs here, for other CPUs and the debugger */
	struct task *idle;
	struct mm *mm;            /* whose TTBR0 is loaded */
	struct run_queue rq;
	struct timer_queue timers;
	u32 irq_depth;
	u64 irq_count;
	u64 tick_count;
	u64 idle_ns;
	u64 watchdog_touched;     /* last time the scheduler ran here, ns */
	struct arch_cpu arch;
};

extern struct cpu cpus[CPUS_MAX];
extern u32 cpu_count;             /* online CPUs; cpus[0 .. cpu_count-1] */

/* The CPU that runs this.  Preemption off. */
#define this_cpu() (current->cpu)
