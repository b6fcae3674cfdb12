/* What each CPU has of its own.  kernel/task/smp.c, kernel/task/sched.c */
#pragma once

#include <arch/arch.h>
#include <kernel/fair.h>
#include <kernel/list.h>
#include <kernel/rbtree.h>
#include <kernel/spinlock.h>
#include <kernel/timer.h>
#include <kernel/types.h>

enum { CPUS_MAX = 8 };

struct task;
struct mm;

/* The runnable tasks of one CPU.  Fields: (l) run_queue.lock, taken with interrupts off */
struct run_queue {
	struct spinlock lock;
	struct fair_queue fair;   /* (l) those that wait */
	struct task *running;     /* (l) the one that runs, or the idle task; others may peek */
	u32 count;                /* (l) runnable, the running one included; 0: idle */
	u64 switches;             /* (l) */
};

/* Fields: (l) timer_queue.lock */
struct timer_queue {
	struct spinlock lock;
	struct rb_tree timers;    /* (l) struct timer.node by deadline */
	struct timer *first;      /* (l) the next to fire */
	struct timer *running;    /* (l) whose fire() runs now */
	nsec_t now;               /* when its interrupt came.  This CPU only */
	nsec_t again;             /* its next deadline, by timer_again(); 0: none.  This CPU only */
};

/* Functions that other CPUs want run here.  kernel/task/smp.c */
struct call_queue {
	struct spinlock lock;     /* irqsave */
	struct list calls;        /* (l) struct smp_call_item.node */
};

struct cpu {
	u32 id;                   /* dense, boot CPU is 0 */
	bool online;              /* (a) */
	u64 mpidr;
	struct task *idle;
	struct mm *mm;            /* whose TTBR0 is loaded; a kernel thread leaves it */
	struct run_queue rq;
	struct timer_queue timers;
	struct call_queue calls;
	struct timer tick;        /* armed while somebody runs: none while idle */
	bool tick_armed;          /* interrupts off, this CPU only */
	u32 irq_depth;
	bool in_nmi;              /* inside an interrupt that nothing masks: waits for no lock */
	bool irq_from_user;       /* the interrupt being handled was taken from EL0 */
	u64 irq_count;
	u64 tick_count;
	u64 idle_ns;
	nsec_t watchdog_touched;  /* when the scheduler last ran here or could have */
	nsec_t watchdog_armed;    /* when its second timer was set, 0: set it at the next tick */
	nsec_t watchdog_limit;    /* how long it may be silent */
	bool watchdog_nmi;        /* (!) an interrupt that nothing masks watches it */
	u64 neighbour_ticks;      /* its tick_count when this CPU last saw it change */
	nsec_t neighbour_changed;
	struct arch_cpu arch;
};

extern struct cpu cpus[CPUS_MAX];
extern u32 cpu_count;             /* online CPUs; cpus[0 .. cpu_count-1] */

/* The CPU that runs this.  Preemption off. */
#define this_cpu() (current->cpu)
