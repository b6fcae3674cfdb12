/*
 * A task is a thread: a kernel stack, saved registers, a place in a run queue.  kernel/task/task.c
 * What a group of threads has in common is a process, <kernel/proc.h>.
 *
 * Fields: (!) set at creation  (c) current only  (q) run queue lock  (a) atomic
 */
#pragma once

#include <arch/arch.h>
#include <kernel/atomic.h>
#include <kernel/errno.h>
#include <kernel/list.h>
#include <kernel/rbtree.h>
#include <kernel/signal_types.h>
#include <kernel/spinlock.h>
#include <kernel/types.h>

struct cpu;
struct proc;
struct mm;
struct fd_table;
struct fs_context;
struct trap_frame;

enum { TASK_NAME_MAX = 16 };
#define NSEC_NEVER (~(nsec_t)0)

/*
 * RUNNING -> INTERRUPTIBLE/UNINTERRUPTIBLE -> RUNNING (by a wake) ; RUNNING -> STOPPED -> RUNNING (by
 * SIGCONT or SIGKILL) ; RUNNING -> DEAD, once.
 */
enum task_state {
	TASK_RUNNING,         /* runs or is in a run queue */
	TASK_INTERRUPTIBLE,   /* sleeps, a signal wakes it */
	TASK_UNINTERRUPTIBLE, /* sleeps, only its event wakes it */
	TASK_KILLABLE,        /* sleeps, its event or SIGKILL wakes it */
	TASK_STOPPED,         /* stopped by a signal */
	TASK_DEAD,
};

/* Looked at on every return to EL0, one load: any bit set takes the slow path. */
enum task_work {
	WORK_RESCHED = 1 << 0, /* somebody better is runnable */
	WORK_SIGNAL  = 1 << 1, /* a signal may be deliverable */
	WORK_TRACE   = 1 << 2,
};

struct task {
	u32 work;                     /* (a) enum task_work */
	u32 preempt_count;            /* (c) zero: may be preempted */
	struct cpu *cpu;              /* (q) where it runs or last ran */
	void *kstack;                 /* (!) lowest address of its kernel stack: KSTACK_SIZE, KSTACK_ALIGN */
	struct arch_thread arch;      /* saved registers, FP state, TLS pointer */

	enum task_state state;        /* (a) */
	bool on_cpu;                  /* (a) its registers are live on some CPU */
	bool on_rq;                   /* (q) */
	struct rb_node rq_node;       /* (q) */
	u64 vruntime;                 /* (q) weighted ns */
	u64 exec_start;               /* (q) */
	u64 runtime_ns;               /* (q) total CPU time; user part in utime_ns */
	u64 utime_ns, stime_ns;
	u64 switches_voluntary, switches_forced;
	int nice;
	u64 cpu_mask;                 /* allowed CPUs */

	pid_t tid;                    /* (!) */
	char name[TASK_NAME_MAX];
	struct proc *proc;            /* (!) NULL for a kernel thread */
	struct mm *mm;                /* user address space; NULL for a kernel thread */
	struct fd_table *fds;         /* shared with CLONE_FILES */
	struct fs_context *fs;        /* cwd, root, umask; shared with CLONE_FS */
	struct task_signals sig;      /* mask, pending, altstack */
	pid_t __user *clear_child_tid;
	void __user *robust_list;

	atomic_t refs;
	int exit_code;                /* wait status */
	struct list_node all;         /* on all_tasks */
	struct list_node thread;      /* on proc->threads */
	void (*entry)(void *);        /* kernel thread */
	void *entry_arg;
};

#define current ((struct task *)arch_current())

/* The first `current` of each CPU, known to the entry code; task_init_boot() completes it. */
extern struct task idle_tasks[NR_CPUS];

extern struct list all_tasks;         /* every task; tasks_lock */
extern struct spinlock tasks_lock;

/* Makes the running boot context of this CPU a task (its idle task).  Once per CPU. */
void task_init_boot(struct cpu *cpu);

/*
 * Makes a task, not yet runnable, that will run entry(arg) on its own kernel stack.  The caller holds
 * the one reference.  May sleep.  0 or -ENOMEM.
 */
int task_create(const char *name, void (*entry)(void *), void *arg, struct task **out);
/* The same, started at once on a CPU of the scheduler's choice. */
int kthread_run(const char *name, void (*entry)(void *), void *arg, struct task **out);
/* Makes a new task runnable for the first time.  Any context. */
void task_start(struct task *t);
void task_get(struct task *t);
/* Drops a reference; the last one frees the stack and the task.  Any context with preemption on. */
void task_put(struct task *t);
/* Ends the current task.  Never returns; the stack is freed by whoever runs next. */
void task_exit(int code) __noreturn;

void task_set_state(enum task_state s);      /* of current, with a full barrier */
/* Gives the CPU up as the state says.  Not with a spin lock held. */
void schedule(void);
/*
 * schedule() with an end: 0 when woken, -ETIMEDOUT at the deadline (absolute monotonic ns, NSEC_NEVER
 * for none), -ERESTARTSYS when the state is interruptible and a signal is pending.
 */
int task_sleep_until(nsec_t deadline);
/* Makes t runnable if it sleeps in one of the states that may be woken.  True if it did.  Any context. */
bool task_wake(struct task *t);
bool task_wake_state(struct task *t, u32 state_mask);
void task_yield(void);
/* Switches if WORK_RESCHED is set and preemption is allowed.  Called on interrupt return to EL1. */
void preempt_schedule_irq(void);
/* The tick: accounting and time slices.  Interrupts off. */
void sched_tick(void);
void sched_set_affinity(struct task *t, u64 mask);
void sched_set_nice(struct task *t, int nice);

static inline void preempt_disable(void)
{
	current->preempt_count++;
	barrier();
}

/* Re-enables preemption and switches at once when that is due. */
void preempt_enable(void);

/* The registers that the task had at EL0: the trap frame at the top of its kernel stack. */
struct trap_frame *task_trap_frame(const struct task *t);
