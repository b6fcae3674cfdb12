/* Finds CPUs that hang.  kernel/task/watchdog.c */
#pragma once

#include <kernel/backtrace.h>
#include <kernel/compiler.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/types.h>

struct cpu;
struct trap_frame;

enum watchdog_kind {
	WATCHDOG_NONE,
	WATCHDOG_PREEMPT_OFF, /* interrupts come, but the scheduler may not run */
	WATCHDOG_IRQS_OFF,    /* not even the tick comes */
	WATCHDOG_SILENT,      /* the same, seen from another CPU where there is no other way */
};

enum { WATCHDOG_DEPTH = 16 };

/* The last hang that was found, for the debugger and the stage. */
struct watchdog_report {
	enum watchdog_kind kind;
	u32 count;                    /* of reports since boot */
	u32 cpu;
	char task[TASK_NAME_MAX];
	nsec_t since;                 /* when the CPU was last known to be well */
	nsec_t found;
	int depth;                    /* entries in use, innermost first; 0: the CPU could not be asked */
	struct backtrace_entry entries[WATCHDOG_DEPTH];
};
extern struct watchdog_report watchdog_last;

/* How long a CPU may be silent: cpu.watchdog_limit, which takes effect with the CPU's next tick. */
#define WATCHDOG_LIMIT_NS (8 * (nsec_t)NSEC_PER_SEC)

/* Starts watching this CPU.  Its interrupt controller is up; interrupts off. */
void watchdog_init_cpu(struct cpu *cpu);
/* This CPU is well, and something will run on it now.  Interrupts off. */
void watchdog_pet(struct cpu *cpu, nsec_t now);
/* The tick of this CPU.  Interrupts off. */
void watchdog_tick(struct cpu *cpu, nsec_t now);
/* The interrupt that nothing masks.  tf: what it interrupted. */
void watchdog_nmi(struct trap_frame *tf);
/* Somebody else has found the machine broken: no more reports. */
void watchdog_disable(void);
/* The handler of IPI_BACKTRACE: says where this CPU is. */
void watchdog_answer(void *arg);
